"""Tipping points: the smallest change of one sort that turns a verdict.

Whatever is changed, a test across episodes sees sums over them. A sort of change says what these
sums are for any set of its changes (:mod:`analysis.study.changes`); a rule makes verdicts of them;
the search is the same for all. Nothing is estimated again, and other claims keep their p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
import numpy.typing as npt
from scipy import special

from analysis.estimators.multiplicity import holm_beside
from analysis.snapshot.claims import Equivalence, OnEvents
from analysis.snapshot.load import Snapshot
from analysis.study.claim_kinds import judge_equivalence, lies_inside
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import NOT_TESTABLE, SIGN, Outcome, decide
from analysis.study.panel import Panel, build_panel

__all__ = [
    "DECISIVE",
    "EXACT",
    "REGISTERED",
    "Change",
    "Measured",
    "Rule",
    "Turn",
    "add_up",
    "leave_one_out",
    "measure",
    "search",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.str_]
Judge = Callable[["Measured"], Words]

EXACT = 3  # every set of so many changes is tried
BEAM = 16  # of larger sets: those that go on, of each of the ways a test can be pushed
AT_ONCE = 8192  # sets that are looked at together
DECISIVE = ("supported", "contradicted")
NO_SPREAD = 1e-12  # a variance below this share of the mean square is rounding


@dataclass(frozen=True)
class Change:
    """A sort of change: what can be changed, and what a test then sees.

    Attributes
    ----------
    name : str
        The sort: ``dropped``, ``recoded``, ``moved``, ``put back``.
    labels : tuple of str, (C,)
        What each change is: the events, and the new coding, day or firm.
    sums : callable
        From sets of changes, (N, C) booleans, to sums over episodes: see :func:`add_up`.
    """

    name: str
    labels: tuple[str, ...]
    sums: Callable[[Bools], Floats]


@dataclass(frozen=True)
class Measured:
    """What a test finds for each of N sets of changes; NaN where it cannot be made.

    Attributes
    ----------
    effect, se, df : array, (N,)
        Estimate in the unit of the claim, its standard error, degrees of freedom.
    t, p : array, (N,)
        Statistic of record and its two-sided p.
    """

    effect: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats

    @property
    def pushes(self) -> Floats:
        """How far each set pushes the test, one row a way of doing so. (5, N)."""
        return np.array([self.t, -self.t, self.effect, -self.effect, -self.se])


@dataclass(frozen=True)
class Rule:
    """The rule by which a claim is decided: how responses are averaged, tested and judged.

    Attributes
    ----------
    columns : tuple of str
        Columns of the claim's days that are averaged over each episode.
    measure : callable
        From sums over episodes of these to what the test finds.
    judge : callable
        Makes, of a claim, a panel and the p of the other claims of the family, a function from
        what a test finds to verdicts. None for the p: the claim is outside the family.
    build : callable
        Builds the panel of a snapshot, for events on another day.
    """

    columns: tuple[str, ...]
    measure: Callable[[Floats], Measured]
    judge: Callable[[OnEvents, Panel, Floats | None], Judge]
    build: Callable[[Snapshot], Panel] = build_panel


@dataclass(frozen=True)
class Turn:
    """The smallest change that turns a verdict.

    Attributes
    ----------
    size : int
        How many of the changes it takes; above :data:`EXACT` fewer might do.
    labels : tuple of str
        What they are, of the first such set in order.
    ways : int
        How many of the sets tried with as many changes turn it.
    verdict : str
        What it turns to.
    """

    size: int
    labels: tuple[str, ...]
    ways: int
    verdict: str


def add_up(values: Floats) -> Floats:
    """Add up what a test needs of the values of episodes.

    Parameters
    ----------
    values : array, (..., K, C)
        One row an episode, NaN where it is absent; one column each that a rule averages.

    Returns
    -------
    array, (..., 1 + 2C)
        The number of episodes, the sums of the columns, the sums of their squares.
    """
    there = ~np.isnan(values[..., :1])
    known = np.where(there, values, 0.0)
    parts = (there.sum(axis=-2), known.sum(axis=-2), (known**2).sum(axis=-2))
    return np.concatenate(parts, axis=-1)


def measure(sums: Floats) -> Measured:
    """Test as registered: t across episodes of the SCAR, effect and its error in CAR.

    Of two sides the difference, by Ibragimov and Müller (2016).

    Parameters
    ----------
    sums : array, (N, S, 5)
        Of ``scar`` and ``car``, one or two sides.
    """
    count, total, square = sums[..., :1], sums[..., 1:3], sums[..., 3:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        variance = (square - total * mean) / (count - 1)
        variance = np.where(variance > NO_SPREAD * square / count, variance, np.nan)
        se = np.sqrt((variance / count).sum(axis=1))
        effect = mean[:, 0] - mean[:, 1] if sums.shape[1] == 2 else mean[:, 0]
        t = effect[:, 0] / se[:, 0]
    fewest = count[..., 0].min(axis=1)
    t = np.where(fewest >= FEWEST, t, np.nan)
    df = fewest - 1
    return Measured(effect[:, 1], se[:, 1], df, t, 2 * special.stdtr(np.maximum(df, 1), -abs(t)))


def judge_as_registered(claim: OnEvents, panel: Panel, others: Floats | None) -> Judge:
    """Judge by the common rule, or that of equivalence; see :class:`Rule`."""
    size, sign = panel.snapshot.choices.inference.size, SIGN[claim.claimed]

    def one(effect: float, p: float, adjusted: float, inside: bool) -> str:
        if np.isnan(p):
            return NOT_TESTABLE
        if isinstance(claim, Equivalence):
            return judge_equivalence(inside, p < size)
        return decide(Outcome(effect, p=p, sign=sign), None if others is None else adjusted, size)

    def judge(measured: Measured) -> Words:
        p, adjusted = measured.p, holm_beside(measured.p, [] if others is None else others)
        inside = np.zeros(p.shape, dtype=bool)
        if isinstance(claim, Equivalence):
            half = special.stdtrit(measured.df, (1 + claim.interval) / 2) * measured.se
            inside = lies_inside(claim, measured.effect - half, measured.effect + half)
        # Of all sets on the same sides of the rule's thresholds one is judged.
        sides = [np.isnan(p), p < size, adjusted < size, measured.effect > 0, inside]
        kinds = np.array(sides).T @ (1 << np.arange(len(sides)))
        _, first, kind = np.unique(kinds, return_index=True, return_inverse=True)
        rows = zip(measured.effect[first], p[first], adjusted[first], inside[first], strict=True)
        return np.array([one(*row) for row in rows])[kind]

    return judge


REGISTERED = Rule(("scar", "car"), measure, judge_as_registered)


def search(
    change: Change,
    look: Callable[[Floats], Measured],
    judge: Judge,
    targets: Mapping[str, Callable[[Words], Bools]],
) -> dict[str, Turn]:
    """Find the smallest set of changes whose verdict is a target, for each target.

    Every set of up to :data:`EXACT` changes is tried. Larger ones grow from those that push the
    test furthest, either way; what they find is enough, but fewer might be.

    Parameters
    ----------
    change : Change
    look : callable
        From sums to what a test finds: ``Rule.measure``.
    judge : callable
        From there to verdicts.
    targets : mapping of str to callable
        Marks the verdicts that are looked for.

    Returns
    -------
    dict of str to Turn
        Targets that no set of changes reaches are left out.
    """
    found: dict[str, Turn] = {}
    count = len(change.labels)
    kept = np.zeros((1, count), dtype=bool)
    for size in range(1, count + 1):
        tried = _all_sets(count, size) if size <= EXACT else iter([_extended(kept)])
        hits: dict[str, list[tuple[Bools, str]]] = {name: [] for name in targets.keys() - found}
        best: list[Bools] = []
        for sets in tried:
            measured = look(change.sums(sets))
            verdicts = judge(measured)
            for name, of in hits.items():
                marked = targets[name](verdicts)
                of += zip(sets[marked], verdicts[marked], strict=True)
            best.append(sets[_furthest(measured)])
        for name, of in hits.items():
            if of:
                picked, verdict = of[0]
                labels = tuple(np.array(change.labels, dtype=object)[picked])
                found[name] = Turn(size, labels, len(of), str(verdict))
        if size >= EXACT and len(kept := np.concatenate(best)):
            kept = kept[_furthest(look(change.sums(kept)))]
        if len(found) == len(targets) or not len(kept):
            break
    return found


def _all_sets(count: int, size: int) -> Iterator[Bools]:
    """Yield all sets of so many changes, in order, as masks. (N, C) each."""
    every = combinations(range(count), size)
    while picks := list(islice(every, AT_ONCE)):
        masks = np.zeros((len(picks), count), dtype=bool)
        np.put_along_axis(masks, np.array(picks), values=True, axis=1)
        yield masks


def _extended(sets: Bools) -> Bools:
    """Add to each set every change that it lacks, each new set once."""
    longer = sets[:, None, :] | np.eye(sets.shape[1], dtype=bool)
    longer = longer[~np.take(sets, np.arange(sets.shape[1]), axis=1)]
    packed, first = np.unique(np.packbits(longer, axis=1), axis=0, return_index=True)
    return longer[np.sort(first)]


def _furthest(measured: Measured) -> npt.NDArray[np.int64]:
    """Return places of the sets that push the test furthest, of each way of doing so."""
    order = np.argsort(-measured.pushes, axis=1, kind="stable")[:, :BEAM]  # NaN comes last
    places = np.unique(order)
    return places[~np.isnan(measured.t[places])]


def leave_one_out(dropped: Change, look: Callable[[Floats], Measured]) -> Measured:
    """Test with each episode left out in turn."""
    return look(dropped.sums(np.eye(len(dropped.labels), dtype=bool)))
