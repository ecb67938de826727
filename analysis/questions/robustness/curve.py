"""The specification curve of a claim: every estimate, and the curve under joint nulls.

After Simonsohn, Simmons and Nelson (2020, Nature Human Behaviour 4): the specifications share their
data, so that their number proves nothing; what counts is how rarely data without an effect give
such a curve. Here such data are placebo calendars, and calendars with flipped signs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import cache, partial
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.questions.robustness.cars import CHOICES, OUTSIDE, Tables, claim_tables
from analysis.questions.robustness.designs import (
    Days,
    claim_days,
    curve_claims,
    name_scores,
)
from analysis.questions.robustness.joint_placebo import (
    Nulls,
    gather_nulls,
    joint_flips,
    joint_shifts,
    placements,
)
from analysis.questions.robustness.rule import CurveSummary, summarise_curve
from analysis.results.formats import brackets
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel

__all__ = ["Curve", "curves"]

CHUNK = 4  # tables at a time: what they draw stays in the cache


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
class _Asked:
    """What all codings of the events ask of one window.

    Attributes
    ----------
    days : list of (D_u,)
        Places of the days of each distinct episode among those of the claim.
    cluster : (U,)
        As in :class:`Episodes`.
    weights : (2, C, U)
        By side and coding: +1 or -1, what the response is multiplied by; 0 without the episode.
    """

    days: list[Ints]
    cluster: list[int]
    weights: Floats


@dataclass(frozen=True)
class _Tested:
    """Estimates (fraction), t, its degrees of freedom and episodes, by table, coding and draw.

    (S, C, B) each, the last two with one table, and one draw where signs are flipped; NaN below
    three episodes.
    """

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


def _observed(tables: Tables, days: Days, one: bool) -> pd.DataFrame:
    """Test every specification on the events as they are."""
    choices = pd.DataFrame(list(tables.rows), columns=list(CHOICES))
    choices["window"] = choices["window"].map(brackets)  # as the paper writes them
    estimate, t, df, episodes = np.empty((4, len(days.codings), len(choices)))
    for window, rows, part in _parts(tables, len(choices), one):
        tested = _test(part, _ask(days, window), days.position[:, None], None, one)
        for whole, own in zip((estimate, t, df, episodes), astuple(tested), strict=True):
            whole[:, rows] = own[..., 0].T
    p = 2 * np.asarray(stats.t.sf(np.abs(t), df))
    frames = [
        choices.assign(coding=c, estimate=estimate[at], t=t[at], p=p[at], episodes=episodes[at])
        for at, c in enumerate(days.codings)
    ]
    return pd.concat(frames, ignore_index=True).astype({"episodes": np.int64})


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
    ask = cache(partial(_ask, days))
    for window, _, part in _parts(tables, CHUNK, one):
        asked = ask(window)
        signs = None if flips is None else np.stack([flips[c] for c in asked.cluster])
        tested = _test(part, asked, positions, signs, one)
        df = np.maximum(tested.df, 0)
        with np.errstate(invalid="ignore"):
            critical = special.stdtrit(np.arange(df.max(initial=0) + 1), 1 - size / 2)[df]
            hit = np.abs(tested.t) > critical
        draws = tested.t.shape[-1]
        estimates.append(tested.estimate.reshape(-1, draws))
        side = np.where(hit, np.sign(tested.estimate), 0.0)
        sides.append(side.astype(np.int8).reshape(-1, draws))
    return gather_nulls(np.concatenate(estimates), np.concatenate(sides))


def _parts(
    tables: Tables, size: int, one: bool
) -> Iterator[tuple[tuple[int, int], list[int], tuple[Floats, Floats, Bools]]]:
    """Yield some specifications of one window at a time, all but the coding, by session.

    Their rows; and the CAR, or with ``one`` statistic one over the forecast error, and the SCAR,
    (S, T + 1), and where these are known, (1, T + 1): in the same places for all. They are zero
    elsewhere.
    """
    alike: dict[tuple[object, bytes], list[int]] = {}
    known = np.isfinite(tables.scar)
    for choices, row in tables.rows.items():
        window = choices[CHOICES.index("window")]
        alike.setdefault((window, known[row].tobytes()), []).append(row)
    for (window, _), rows in alike.items():
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            car, scar = (values[chosen] for values in (tables.car, tables.scar))
            there = known[chosen[:1]]
            beside, scar = (np.where(there, v, 0.0) for v in (scar / car if one else car, scar))
            yield cast("tuple[int, int]", window), chosen, (beside, scar, there)


def _ask(days: Days, window: tuple[int, int]) -> _Asked:
    """List the distinct episodes of all codings, and how each coding adds them up."""
    every = [days.episodes[coding, window] for coding in days.codings]
    weights = np.zeros((2, len(every), sum(len(each.days) for each in every)))
    found: dict[tuple[int, ...], int] = {}
    for coding, each in enumerate(every):
        of = zip(each.cluster, each.days, each.factor, each.second.astype(int), strict=True)
        for cluster, own, factor, side in of:
            place = found.setdefault((int(cluster), *own.tolist()), len(found))
            weights[side, coding, place] = factor
    own_days = [np.array(key[1:], dtype=np.int64) for key in found]
    return _Asked(own_days, [key[0] for key in found], weights[:, :, : len(found)])


def _test(
    part: tuple[Floats, Floats, Bools],
    asked: _Asked,
    positions: Ints,
    signs: Floats | None,
    one: bool,
) -> _Tested:
    """Test the mean over episodes, or the difference of two sides, by table, coding and draw.

    As :func:`analysis.study.outcomes.compare_episodes`, at positions (D, B); or at one draw of
    them with the ``signs`` of episodes flipped, (U, B).
    """
    taken = (np.take(values, positions, axis=1) for values in part)
    beside, scar, seen = (_totals(values, asked.days) for values in taken)
    share, known = 1 / np.maximum(seen, 1.0), (seen > 0).astype(float)
    means = known, beside * share, scar * share
    count, beside, mean, variance = _moments(*means, asked.weights[0], signs, one)
    effect = beside / np.maximum(count, 1)
    episodes, fewest, both = count, count, beside
    if asked.weights[1].any():
        more, lower, other, spread = _moments(*means, asked.weights[1], signs, one)
        effect, mean, variance = (
            effect - lower / np.maximum(more, 1),
            mean - other,
            variance + spread,
        )
        episodes, fewest, both = count + more, np.minimum(count, more), beside + lower
    enough = fewest >= FEWEST
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(enough, mean / np.sqrt(variance), np.nan)
        shown = mean / (both / episodes) if one else effect
    return _Tested(np.where(enough, shown, np.nan), t, fewest - 1, episodes)


def _totals(values: npt.NDArray[Any], days: list[Ints]) -> Floats:
    """Sum over the few days of each episode, whole rows of draws at a time; (S, U, B)."""
    tables, _, draws = values.shape
    totals = np.empty((tables, len(days), draws))
    for episode, (first, *others) in enumerate(days):
        totals[:, episode] = values[:, first]
        for day in others:
            totals[:, episode] += values[:, day]
    return totals


def _moments(
    known: Floats, beside: Floats, scar: Floats, weights: Floats, signs: Floats | None, one: bool
) -> tuple[Ints, Floats, Floats, Floats]:
    """Return episodes, the sum of what is beside, mean SCAR and its squared error on one side.

    The means of episodes are (S, U, B), zero where they are not ``known``, (1, U, B); the side has
    (C, U) ``weights``. A product adds up those of all codings. (S, C, B) each; episodes (1, C, B).
    """

    def add(values: Floats) -> Floats:
        signed = weights @ values if signs is None else (weights * values[:, None, :, 0]) @ signs
        return np.asarray(signed)

    held = np.abs(weights)
    count = (held @ known).astype(np.int64)
    least = np.maximum(count, 2)  # fewer are not tested
    mean = add(scar) / least
    squares = held @ scar**2 - least * mean**2  # which signs leave as they are
    variance = np.maximum(squares, 0.0) / (least - 1) / least
    return count, held @ beside if one else add(beside), mean, variance
