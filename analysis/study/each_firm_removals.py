"""What leaving episodes out does to the tests of a study firm by firm.

Each episode is left out in turn, and the smallest number is found whose removal turns a verdict.
Episodes go as wholes and the others stay as they are; all p-values, Holm's adjustment and the
effects that tests of what is left can find are recomputed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.multiplicity import holm_each
from analysis.estimators.significance import minimum_detectable
from analysis.snapshot.claims import OnEvents, Variance
from analysis.snapshot.load import Snapshot
from analysis.study.calendars import Calendars, Episodes
from analysis.study.each_firm_tests import LEAST, ROUNDING
from analysis.study.outcomes import NOT_TESTABLE, SIGN
from analysis.study.tipping_rules import Measured, measure
from analysis.study.tipping_search import Change, Turn, search
from analysis.study.verdicts import CANNOT

__all__ = ["remove_from_family", "remove_squares"]

Words = npt.NDArray[np.str_]
OPEN = "within noise"
AT_ONCE = 512  # sets of episodes whose rotations are looked at together


@dataclass(frozen=True)
class Removals:
    """What removing episodes does to one test.

    Attributes
    ----------
    verdict : str
        Supported, contradicted, cannot decide or within noise, of all episodes.
    estimates, p : array, (K,)
        With each of the test's own episodes left out in turn; the p is unadjusted.
    turn : Turn or None
        The smallest removal that turns the verdict; None if none does.
    """

    verdict: str
    estimates: Floats
    p: Floats
    turn: Turn | None


@dataclass(frozen=True)
class _Jointly(Measured):
    """One test of a family, with what the others make of its p and what it can find. (N,) each."""

    adjusted: Floats
    detectable: Floats


def name_episodes(calendar: Calendars, found: Episodes) -> pd.Series:
    """Name each episode of the first calendar by its events: ``"a + b"``, by label."""
    held = found.label[0] >= 0
    names = pd.Series(calendar.events["id"].to_numpy()[held]).groupby(found.label[0][held])
    return names.agg(" + ".join)


def remove_from_family(
    snapshot: Snapshot,
    calendar: Calendars,
    found: Episodes,
    claims: Mapping[str, OnEvents],
    spread: float,
) -> dict[str, Removals]:
    """Remove episodes from the tests whose p-values Holm's method adjusts.

    Parameters
    ----------
    calendar, found
        One calendar and its episodes.
    spread : float
        Standard deviation of the firms' mean CAR on quiet days (fraction).
    """
    masks = [
        np.stack([found.enter(events)[0] for events in claim.sides.values()])
        for claim in claims.values()
    ]
    there = np.flatnonzero(np.concatenate(masks).any(axis=0))
    values = found.values["scar"][0, there]
    terms = [[_terms(values, side[there]) for side in sides] for sides in masks]
    labels = tuple(name_episodes(calendar, found)[there])
    result = {}
    for place, (key, claim) in enumerate(claims.items()):
        change = Change("dropped", labels, lambda sets: _add(sets, terms))

        def look(added: Floats, place: int = place) -> _Jointly:
            return _look(snapshot, added, [len(each) for each in terms], place, spread)

        own = np.atleast_1d(masks[place].any(axis=0))[there]
        result[key] = _turn(change, look, _judge(snapshot, SIGN[claim.claimed]), own)
    return result


def _terms(values: Floats, mask: Bools) -> Floats:
    """What each episode adds to the sums that :func:`analysis.study.tipping_rules.measure` takes.

    The value takes the place of both columns there, so that the effect is in its unit. (C, 5).
    """
    parts = (np.ones(values.size), values, values, values**2, values**2)
    return np.asarray(np.stack(parts, axis=1) * mask[:, None])


def _add(sets: Bools, terms: Sequence[Sequence[Floats]]) -> Floats:
    """Add up what each set leaves, all sides of all tests in order. (N, S, 5)."""
    kept = (~sets).astype(float)
    return np.stack([kept @ side for sides in terms for side in sides], axis=1)


def _look(
    snapshot: Snapshot, added: Floats, sides: Sequence[int], place: int, spread: float
) -> _Jointly:
    """Measure all tests of the family and return one of them."""
    inference, ends = snapshot.choices.inference, np.cumsum(sides)
    each = [measure(added[:, e - n : e]) for e, n in zip(ends, sides, strict=True)]
    one = each[place]
    count = added[:, ends[place] - sides[place] : ends[place], 0]
    with np.errstate(divide="ignore"):
        se = spread * np.sqrt((1 / count).sum(axis=1))
    least = minimum_detectable(se, one.df, inference.power, inference.size)
    adjusted = holm_each([test.p for test in each])[place]
    return _Jointly(one.effect, one.se, one.df, one.t, one.p, adjusted, least)


def _judge(snapshot: Snapshot, sign: int) -> Callable[[Measured], Words]:
    """Judge by the registered rule, without the sign that noise names."""
    size, bound = snapshot.choices.inference.size, snapshot.choices.registered.bound["car"]

    def judge(found: Measured) -> Words:
        assert isinstance(found, _Jointly)
        rejected, agrees = found.adjusted < size, found.effect * sign > 0
        cases = [np.isnan(found.p), rejected & agrees, rejected, found.detectable > bound]
        return np.select(cases, [NOT_TESTABLE, "supported", "contradicted", CANNOT], OPEN)

    return judge


def _turn(
    change: Change,
    look: Callable[[Floats], Measured],
    judge: Callable[[Measured], Words],
    own: Bools,
) -> Removals:
    """Leave each of the own episodes out, and search for what turns the verdict."""
    size = len(change.labels)
    verdict = str(judge(look(change.sums(np.zeros((1, size), dtype=bool))))[0])
    one = look(change.sums(np.eye(size, dtype=bool)[own]))
    targets = {"turned": lambda to: (to != verdict) & (to != NOT_TESTABLE)}
    found = search(change, look, judge, targets)
    return Removals(verdict, one.effect, one.p, found.get("turned"))


def remove_squares(
    snapshot: Snapshot, calendar: Calendars, found: Episodes, moved: Episodes, claim: Variance
) -> Removals:
    """Remove episodes from a test on squares: from the calendar and from every rotation of it.

    An episode of a rotation goes with that of the calendar whose events it holds.

    Parameters
    ----------
    found, moved
        The episodes of the calendar and of its rotations.
    """
    enter = found.enter(claim.events)
    there, size = np.flatnonzero(enter[0]), snapshot.choices.inference.size
    squares = _Squares(found.values["square"][0, there], *_owned(found, moved, claim, there))

    def judge(measured: Measured) -> Words:
        cases = [np.isnan(measured.p), measured.p < size]
        return np.select(cases, [NOT_TESTABLE, "supported"], OPEN)

    labels = tuple(name_episodes(calendar, found)[there])
    change = Change("dropped", labels, lambda sets: sets.astype(float))
    whole = np.ones(there.size, dtype=bool)
    return _turn(change, lambda sets: squares.look(sets, size), judge, whole)


@dataclass(frozen=True)
class _Squares:
    """Mean squares of the calendar and of R rotations, and what each of J episodes adds to them.

    Attributes
    ----------
    own : array, (J,)
        Mean square of each episode.
    total, count : array, (R,)
        Sum and number of the episodes of each rotation.
    values, holds : array, (J, R)
        What of these belongs to each episode of the calendar.
    """

    own: Floats
    total: Floats
    count: Floats
    values: Floats
    holds: Floats

    def look(self, sets: Floats, size: float) -> Measured:
        """Return the mean square that each set leaves, and its p of rotations.

        Of many sets those are not rotated that cannot have a p of `size` or more: with as many
        episodes of no weight taken from every rotation they have not. They keep the p of these.
        """
        left = self.own.size - sets.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (self.own.sum() - sets @ self.own) / left
        p = self._at_most(mean, left) if len(sets) > AT_ONCE else np.ones(len(sets))
        asked = np.flatnonzero(p >= size)
        for first in range(0, asked.size, AT_ONCE):
            part = asked[first : first + AT_ONCE]
            p[part] = self._rotate(sets[part], mean[part])
        p = np.where(left >= LEAST, p, np.nan)
        return Measured(mean, np.zeros_like(mean), left - 1, -p, p)

    def _rotate(self, sets: Floats, mean: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            elsewhere = (self.total - sets @ self.values) / (self.count - sets @ self.holds)
        beyond = (elsewhere >= mean[:, None] * (1 - ROUNDING)).sum(axis=1)
        return np.asarray((1 + beyond) / (1 + (~np.isnan(elsewhere)).sum(axis=1)))

    def _at_most(self, mean: Floats, left: Floats) -> Floats:
        """Return what no p of rotations can exceed."""
        p = np.ones(mean.size)
        for still in np.unique(left):
            gone = self.own.size - still
            with np.errstate(divide="ignore", invalid="ignore"):
                largest = np.sort(self.total / np.maximum(self.count - gone, 0))
            of = left == still
            below = np.searchsorted(largest, mean[of] * (1 - ROUNDING))
            p[of] = (1 + largest.size - below) / (1 + largest.size)
        return p


def _owned(
    found: Episodes, moved: Episodes, claim: Variance, there: Ints
) -> tuple[Floats, Floats, Floats, Floats]:
    """Sum and number of the episodes of each rotation, (R,), and those of each episode, (J, R)."""
    rows, width = moved.label.shape
    enter = moved.enter(claim.events)
    value = np.where(enter, moved.values["square"], 0.0)
    column = np.full(width + 1, -1)
    column[there] = np.arange(there.size)
    owner = np.full((rows, width), -1)
    row, event = np.nonzero(moved.label >= 0)
    owner[row, moved.label[row, event]] = column[found.label[0, event]]
    kept = enter & (owner >= 0)
    flat = (owner * rows + np.arange(rows)[:, None])[kept]
    shape = (there.size, rows)
    values, holds = (
        np.asarray(np.bincount(flat, of[kept], minlength=there.size * rows), float).reshape(shape)
        for of in (value, enter.astype(float))
    )
    return value.sum(axis=1), enter.sum(axis=1).astype(float), values, holds
