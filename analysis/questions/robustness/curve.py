"""The specification curve of a claim: every estimate, and the curve under joint nulls.

After Simonsohn, Simmons and Nelson (2020, Nature Human Behaviour 4): the specifications share their
data, so that their number proves nothing; what counts is how rarely data without an effect give
such a curve. Here such data are placebo calendars, and calendars with flipped signs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from analysis.questions.robustness.cars import CHOICES, OUTSIDE, Tables, claim_tables
from analysis.questions.robustness.designs import (
    Days,
    Episodes,
    claim_days,
    curve_claims,
    name_scores,
)
from analysis.questions.robustness.joint_placebo import joint_flips, joint_shifts, placements
from analysis.questions.robustness.rule import CurveSummary, summarise_curve
from analysis.results.formats import brackets
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel

__all__ = ["GRID", "Curve", "Nulls", "curves", "joint_p"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
GRID = np.linspace(0.0, 1.0, 201)  # ranks at which the sorted curve is compared with its nulls
CHUNK = 16  # tables at a time: what they draw stays in the cache


@dataclass(frozen=True)
class Nulls:
    """Curves without an effect, one a draw.

    Attributes
    ----------
    median, share_sign, share_significant : (B,)
        As in :class:`CurveSummary`.
    sorted : (G, B)
        Estimates at the ranks of :data:`GRID`.
    """

    median: Floats
    share_sign: Floats
    share_significant: Floats
    sorted: Floats


@dataclass(frozen=True)
class JointP:
    """Joint p-values of a curve's summary; NaN without testable specifications.

    Attributes
    ----------
    median : float
        Two-sided with equal tails: twice the smaller tail of the null distribution.
    share_sign, share_significant : float
        One-sided: draws with at least the observed share in the claimed direction.
    """

    median: float
    share_sign: float
    share_significant: float


@dataclass(frozen=True)
class Curve:
    """All specifications of one claim.

    Attributes
    ----------
    specifications : DataFrame
        One row a specification: the choices, ``coding``, ``estimate`` (fraction; NaN below three
        episodes), ``t``, ``p``, ``episodes``. The first row is the ledger's.
    summary : CurveSummary
        What is read off them.
    placebo, flips : Nulls
        The curve on joint placebo calendars, and with the signs of whole clusters flipped.
    measured : str
        What a slope is on, in words; "" for another portfolio.
    """

    claim: str
    specifications: pd.DataFrame
    summary: CurveSummary
    placebo: Nulls
    flips: Nulls
    measured: str


@dataclass(frozen=True)
class _Responses:
    """SCAR by table, episode and draw, and what stands beside it; (S, E, B) each.

    ``beside`` is the CAR, or with ``one`` statistic one over the forecast error; both are zero
    where ``known`` is.
    """

    beside: Floats
    scar: Floats
    known: Floats
    one: bool

    def times(self, signs: Floats) -> _Responses:
        """Multiply by signs of episodes and draws, (E, B)."""
        shape = (len(self.known), *signs.shape)
        known, beside = (np.broadcast_to(part, shape) for part in (self.known, self.beside))
        return _Responses(
            beside if self.one else beside * signs, self.scar * signs, known, self.one
        )


@dataclass(frozen=True)
class _Tested:
    """Estimates (fraction), t, its degrees of freedom and episodes; any shape, NaN below three."""

    estimate: Floats
    t: Floats
    df: Ints
    episodes: Ints


def curves(panel: Panel) -> list[Curve]:
    """Compute the curve of every claim of ``study.curve`` with shared draws."""
    choices = panel.snapshot.choices
    rules, size = choices.curve.claims, choices.inference.size
    claims = curve_claims(panel)
    one = panel.rules.statistic == "scar"
    days = {
        name: claim_days(panel, claims[name], own.codings, own.windows)
        for name, own in rules.items()
    }
    moves = placements(panel, days.values())
    rng = np.random.default_rng(choices.inference.seed)
    shifts = joint_shifts(moves, choices.curve.draws, rng)
    flips = joint_flips(moves, choices.curve.draws, rng)
    found = []
    for claim, table in claim_tables(panel).items():
        asked = days[claim]
        specifications = _observed(table, asked, one)
        shift = np.stack([shifts[int(cluster)] for cluster in asked.cluster])
        moved = np.maximum(asked.position[:, None] + shift, OUTSIDE)
        found.append(
            Curve(
                claim,
                specifications,
                summarise_curve(specifications, size),
                _nulls(table, asked, moved, None, size, one),
                _nulls(table, asked, asked.position[:, None], flips, size, one),
                name_scores(claims[claim]),
            )
        )
    return found


def joint_p(observed: CurveSummary, nulls: Nulls) -> JointP:
    """Compare the observed curve with the curves of a null; each p is (1 + hits) / (1 + draws)."""
    below = _tail(-observed.median, -nulls.median)
    return JointP(
        median=min(1.0, 2 * min(below, _tail(observed.median, nulls.median))),
        share_sign=_tail(observed.share_sign, nulls.share_sign),
        share_significant=_tail(observed.share_significant, nulls.share_significant),
    )


def _tail(observed: float, null: Floats) -> float:
    known = null[np.isfinite(null)]
    if np.isnan(observed) or known.size == 0:
        return float("nan")
    # Ties count, whatever rounding does to them.
    slack = 1e-12 * max(abs(observed), 1e-12)
    return float((1 + (known >= observed - slack).sum()) / (1 + known.size))


def _observed(tables: Tables, days: Days, one: bool) -> pd.DataFrame:
    """Test every specification on the events as they are."""
    choices = pd.DataFrame(list(tables.rows), columns=list(CHOICES))
    choices["window"] = choices["window"].map(brackets)  # as the paper writes them
    frames: dict[str, list[pd.DataFrame]] = {coding: [] for coding in days.codings}
    for window, whole in _parts(tables, len(choices), one):
        own = choices[choices["window"] == brackets(window)]
        drawn = _drawn(whole, window, days, days.position[:, None], one)
        for coding, (episodes, responses) in zip(days.codings, drawn, strict=True):
            tested = _test(responses, episodes.second)
            t = tested.t[:, 0]
            frame = own.assign(
                coding=coding,
                estimate=tested.estimate[:, 0],
                t=t,
                p=2 * stats.t.sf(np.abs(t), tested.df[:, 0]),
                episodes=tested.episodes[:, 0],
            )
            frames[coding].append(frame)
    ordered = [pd.concat(parts).sort_index() for parts in frames.values()]
    return pd.concat(ordered, ignore_index=True)


def _nulls(
    tables: Tables,
    days: Days,
    positions: Ints,
    flips: Mapping[int, Floats] | None,
    size: float,
    one: bool,
) -> Nulls:
    """Compute the curve of every draw: on other sessions, or with flipped signs."""
    estimates, sides = [], []
    for window, part in _parts(tables, CHUNK, one):
        for episodes, drawn in _drawn(part, window, days, positions, one):
            responses = drawn
            if flips is not None:
                signs = np.stack([flips[int(c)] for c in episodes.cluster])
                responses = drawn.times(signs)
            tested = _test(responses, episodes.second)
            df = np.maximum(tested.df, 0)
            with np.errstate(invalid="ignore"):
                critical = special.stdtrit(np.arange(df.max(initial=0) + 1), 1 - size / 2)[df]
                hit = np.abs(tested.t) > critical
            estimates.append(tested.estimate)
            sides.append(np.where(hit, np.sign(tested.estimate), 0.0).astype(np.int8))
    return _gathered(np.concatenate(estimates), np.concatenate(sides))


def _parts(
    tables: Tables, size: int, one: bool
) -> Iterator[tuple[tuple[int, int], tuple[Floats, Floats]]]:
    """Yield some specifications of one window at a time, all but the coding, by session.

    What stands beside the SCAR, and the SCAR: see :class:`_Responses`.
    """
    by_window: dict[object, list[int]] = {}
    for choices, row in tables.rows.items():
        by_window.setdefault(choices[CHOICES.index("window")], []).append(row)
    for window, rows in by_window.items():
        for start in range(0, len(rows), size):
            car, scar = (values[rows[start : start + size]] for values in (tables.car, tables.scar))
            yield cast("tuple[int, int]", window), (scar / car if one else car, scar)


def _drawn(
    part: tuple[Floats, Floats],
    window: tuple[int, int],
    days: Days,
    positions: Ints,
    one: bool,
) -> Iterator[tuple[Episodes, _Responses]]:
    """Yield the episodes of each coding with their responses on the sessions drawn, (D, B)."""
    beside, scar = (np.take(values, positions, axis=1) for values in part)
    known = np.isfinite(scar)
    beside, scar = (np.where(known, values, 0.0) for values in (beside, scar))
    seen = known.astype(float)
    for coding in days.codings:
        episodes = days.episodes[coding, window]
        yield episodes, _by_episode(beside, scar, seen, episodes, one)


def _by_episode(
    beside: Floats, scar: Floats, seen: Floats, episodes: Episodes, one: bool
) -> _Responses:
    """Average the days seen within episodes, (S, D, B) to (S, E, B); CAR and SCAR times factor."""
    count = _totals(seen, episodes)
    share, factor = 1 / np.maximum(count, 1.0), episodes.factor[:, None]
    known = (count > 0).astype(float)
    scaled = _totals(beside, episodes) * (share if one else share * factor)
    return _Responses(scaled, _totals(scar, episodes) * share * factor, known, one)


def _totals(values: Floats, episodes: Episodes) -> Floats:
    """Sum over the few days of each episode, whole rows of draws at a time."""
    tables, _, draws = values.shape
    totals = np.empty((tables, len(episodes.days), draws))
    for episode, (first, *others) in enumerate(episodes.days):
        totals[:, episode] = values[:, first]
        for day in others:
            totals[:, episode] += values[:, day]
    return totals


def _test(responses: _Responses, second: npt.NDArray[np.bool_]) -> _Tested:
    """Test the mean over episodes, or the difference of two sides, by table and draw.

    As :func:`analysis.study.outcomes.compare_episodes`.
    The episodes of the second side come last.
    """
    ahead = int((~second).sum())
    count, beside, mean, variance = _moments(responses, slice(ahead))
    episodes, fewest, both = count, count, beside
    effect = beside / np.maximum(count, 1)
    if second.any():
        more, lower, other, spread = _moments(responses, slice(ahead, None))
        effect, mean, variance = (
            effect - lower / np.maximum(more, 1),
            mean - other,
            variance + spread,
        )
        episodes, fewest, both = count + more, np.minimum(count, more), beside + lower
    enough = fewest >= FEWEST
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(enough, mean / np.sqrt(variance), np.nan)
        shown = mean / (both / episodes) if responses.one else effect
    return _Tested(np.where(enough, shown, np.nan), t, fewest - 1, episodes)


def _moments(responses: _Responses, side: slice) -> tuple[Ints, Floats, Floats, Floats]:
    """Return episodes, the sum of what is beside, mean SCAR and its squared error on one side."""
    scar = responses.scar[:, side]
    count = responses.known[:, side].sum(axis=1).astype(np.int64)
    least = np.maximum(count, 2)  # fewer are not tested
    mean = scar.sum(axis=1) / least
    squares = np.einsum("seb,seb->sb", scar, scar) - least * mean**2
    variance = np.maximum(squares, 0.0) / (least - 1) / least
    return count, responses.beside[:, side].sum(axis=1), mean, variance


def _gathered(estimates: Floats, sides: npt.NDArray[np.int8]) -> Nulls:
    """Summarise (N, B) estimates and significant signs by draw; untestable ones are left out."""
    ordered = np.sort(np.ascontiguousarray(estimates.T), axis=1)  # NaN last
    count = np.isfinite(ordered).sum(axis=1)
    last = np.maximum(count - 1, 0)[:, None]
    middle = np.concatenate([last // 2, (last + 1) // 2], axis=1)
    rank = np.rint(GRID * last).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Nulls(
            median=np.take_along_axis(ordered, middle, axis=1).mean(axis=1),
            share_sign=(estimates > 0).sum(axis=0) / count,
            share_significant=(sides > 0).sum(axis=0) / count,
            sorted=np.take_along_axis(ordered, rank, axis=1).T,
        )
