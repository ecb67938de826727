"""Placebo sessions of the study: what a claim's episodes would have shown on quiet days.

An episode moves as a whole: its days keep their distances, portfolios and signs. It may go where
all its days lie more than the episode distance from every listed event and the firms of its
portfolios have a fit and, if the claim uses clean windows, no confounder in the window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.estimators.arrays import Bools, Floats
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.placebo import clear_sessions, placebo_p
from analysis.reads import once
from analysis.snapshot.eligibility import find_news, list_left_out
from analysis.snapshot.load import Snapshot
from analysis.snapshot.rules import Rules
from analysis.study.panel import Panel

__all__ = [
    "EpisodeNull",
    "claim_placebo",
    "clean_sessions",
    "cumulated",
    "day_placebo",
    "drawn_jointly",
    "moved_episodes",
    "moved_paths",
    "normal_scores",
    "quiet_sessions",
    "t_statistics",
]


@dataclass(frozen=True)
class EpisodeNull:
    """What the episodes of a test would show on every session.

    Attributes
    ----------
    groups : tuple of DataFrame, (K, T) each
        One for a mean, two for a difference; indexed by episode, a column for the session of the
        episode's first day, standardised response, NaN where the episode cannot go.
    """

    groups: tuple[pd.DataFrame, ...]

    @property
    def sessions(self) -> tuple[int, int]:
        """Fewest and most sessions that an episode can go to."""
        counts = pd.concat([g.notna().sum(axis=1) for g in self.groups])
        return int(counts.min()), int(counts.max())

    @property
    def df(self) -> int:
        """Degrees of freedom of the test: the smaller number of episodes less one."""
        return min(len(g) for g in self.groups) - 1


def quiet_sessions(panel: Panel, distance: int | None = None) -> Bools:
    """Mark the sessions beyond a distance, by default that of episodes, of listed events. (T,)."""
    if distance is None:
        distance = panel.snapshot.choices.episodes.distance
    return once(panel.snapshot, ("quiet", distance), lambda: _mark_quiet(panel.snapshot, distance))


def _mark_quiet(snapshot: Snapshot, distance: int) -> Bools:
    sessions = snapshot.sessions
    listed = sessions.get_indexer(pd.DatetimeIndex(snapshot.events["day0"]))
    quiet = np.zeros(len(sessions), dtype=bool)
    quiet[clear_sessions(len(sessions), listed, distance, distance)] = True
    quiet.flags.writeable = False
    return quiet


def clean_sessions(panel: Panel, ticker: str, first: int, last: int) -> Bools:
    """Mark the sessions whose window ``[first, last]`` no confounder of a ticker touches. (T,).

    A day 0 on which an event names the ticker in a column that the rules look into is not clean.
    """
    snapshot, rules = panel.snapshot, panel.rules
    if ticker not in snapshot.choices.firms.studied:  # no confounder touches a fund
        return np.ones(len(snapshot.sessions), dtype=bool)
    key = "clean", rules.contamination, rules.deal, rules.leave_out, ticker, first, last
    return once(snapshot, key, lambda: _mark_clean(snapshot, rules, ticker, first, last))


def _mark_clean(snapshot: Snapshot, rules: Rules, ticker: str, first: int, last: int) -> Bools:
    sessions = snapshot.sessions
    at = np.arange(len(sessions))
    hits, _ = find_news(snapshot, ticker, at + first, at + last, rules)
    named = sessions.isin(list_left_out(snapshot.events, rules).get(ticker, ()))
    clean = np.asarray(~np.any(hits, axis=1) & ~named)
    clean.flags.writeable = False
    return clean


def cumulated(fitted: EventStudy) -> Floats:
    """Cumulate abnormal returns forwards and backwards from day -1, where they are zero. (N, L)."""
    paths = np.cumsum(fitted.ar, axis=1)
    before = int(np.flatnonzero(fitted.event_time == -1)[0])
    anchored: Floats = paths - paths[:, [before]]
    return anchored


def _moved(
    panel: Panel, days: pd.DataFrame, values: Mapping[str, Floats]
) -> Iterator[tuple[int, Floats]]:
    """Yield every episode with the mean of its days' values, moved to every session."""
    position = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(days["day0"]))
    for episode, part in days.assign(position=position).groupby("episode"):
        offsets = part["position"] - part["position"].min()
        shifted = []
        for name, later, sign in zip(part["members"], offsets, part["sign"], strict=True):
            moved = np.full_like(values[name], np.nan)
            moved[: len(moved) - later] = values[name][later:] * sign
            shifted.append(moved)
        yield int(str(episode)), np.mean(shifted, axis=0)


def moved_episodes(panel: Panel, days: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Move every episode to every session.

    Parameters
    ----------
    days : DataFrame
        From :func:`analysis.study.episodes.chosen_days`: ``episode``, ``day0``, ``sign``,
        ``members``.
    responses : DataFrame, (T, compositions)
        By composition, as ``members`` names them.

    Returns
    -------
    DataFrame, (K, T)
        Indexed by episode; see :class:`EpisodeNull`.
    """
    values = {str(name): column.to_numpy() for name, column in responses.items()}
    return pd.DataFrame.from_dict(dict(_moved(panel, days, values)), orient="index")


def moved_paths(panel: Panel, days: pd.DataFrame, paths: Mapping[str, Floats]) -> list[Floats]:
    """Move every episode's mean path, (T, L) by composition, to the sessions where it can go.

    Returns
    -------
    list of array, (sessions, L)
        One an episode; an episode that can go nowhere is left out.
    """
    moved = (mean[np.isfinite(mean).all(axis=1)] for _, mean in _moved(panel, days, paths))
    return [each for each in moved if len(each)]


def t_statistics(groups: Sequence[Floats]) -> Floats:
    """Return the t across episodes of each draw, or the two-sample t for two groups. (D,).

    Parameters
    ----------
    groups : one or two arrays, (D, K)
    """
    means = [g.mean(axis=1) for g in groups]
    variance = np.sum([g.var(axis=1, ddof=1) / g.shape[1] for g in groups], axis=0)
    difference = means[0] - means[1] if len(groups) == 2 else means[0]
    with np.errstate(divide="ignore"):  # all episodes on one session: no spread
        t: Floats = difference / np.sqrt(variance)
    return t


def normal_scores(t: npt.ArrayLike, df: float) -> Floats:
    """Return |t| as the normal quantile with the same p, so that tests of unequal df compare."""
    log_half = stats.t.logsf(np.abs(np.asarray(t, dtype=float)), df)
    return np.asarray(-stats.norm.ppf(np.exp(np.clip(log_half, -700, None))))


def drawn(null: EpisodeNull, draws: int, rng: np.random.Generator) -> Floats:
    """Draw one session for each episode, independently, and return the t of each draw. (draws,).

    Empty if an episode can go nowhere.
    """
    if null.sessions[0] == 0:
        return np.empty(0)
    values = []
    for group in null.groups:
        columns = [row[~np.isnan(row)] for row in group.to_numpy()]
        values.append(np.stack([c[rng.integers(0, c.size, draws)] for c in columns], axis=1))
    return t_statistics(values)


def drawn_jointly(
    nulls: Mapping[str, EpisodeNull], draws: int, rng: np.random.Generator
) -> dict[str, Floats]:
    """Draw one session for each episode, the same for all tests, and return normal scores.

    An episode goes where it can go in every test that holds it. Tests with an episode that has no
    such session are left out.

    Returns
    -------
    dict of array, (draws,)
        See :func:`normal_scores`.
    """
    usable: dict[int, Bools] = {}
    for null in nulls.values():
        for group in null.groups:
            for episode, row in zip(group.index, group.to_numpy(), strict=True):
                usable[episode] = usable.get(episode, np.ones(row.size, bool)) & ~np.isnan(row)
    picked = {
        episode: at[rng.integers(0, at.size, draws)]
        for episode in sorted(usable)
        if (at := np.flatnonzero(usable[episode])).size
    }
    scores = {}
    for name, null in nulls.items():
        if all(episode in picked for group in null.groups for episode in group.index):
            values = [
                np.stack([row[picked[e]] for e, row in zip(g.index, g.to_numpy(), strict=True)], 1)
                for g in null.groups
            ]
            scores[name] = normal_scores(t_statistics(values), null.df)
    return scores


def claim_placebo(
    observed: float, null: EpisodeNull, draws: int, rng: np.random.Generator
) -> float | None:
    """Return the placebo p of a t across episodes; None if an episode can go nowhere."""
    return _known_p(observed, drawn(null, draws, rng))


def _known_p(observed: float, elsewhere: Floats) -> float | None:
    p = placebo_p(observed, elsewhere).p
    return None if np.isnan(p) else p


def day_placebo(
    panel: Panel, by_session: pd.Series, observed: float, length: int = 1
) -> float | None:
    """Return the placebo p of a statistic of single days.

    Parameters
    ----------
    by_session : Series, (T,)
        The statistic of the `length` sessions that end on each session; NaN where there is none.
    observed : float
        The same on the days of the claim.

    Returns
    -------
    float or None
        Two-sided, over the sessions that are quiet all along; None if there is none.
    """
    quiet = pd.Series(quiet_sessions(panel)).rolling(length).sum().to_numpy() == length
    return _known_p(observed, by_session.to_numpy()[quiet])
