"""The search for the smallest set of changes that turns a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.study.tipping_rules import Judge, Measured, Words

__all__ = ["EXACT", "Change", "Turn", "search"]


EXACT = 3  # every set of so many changes is tried
BEAM = 16  # of larger sets: those that go on, of each of the ways a test can be pushed
AT_ONCE = 8192  # sets that are looked at together


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
        From sets of changes, (N, C) booleans, to sums over episodes of each side, (N, S, Q): see
        :func:`analysis.study.tipping_rules.add_up`.
    """

    name: str
    labels: tuple[str, ...]
    sums: Callable[[Bools], Floats]


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
    _, first = np.unique(np.packbits(longer, axis=1), axis=0, return_index=True)
    return longer[np.sort(first)]


def _furthest(measured: Measured) -> Ints:
    """Return places of the sets that push the test furthest, of each way of doing so."""
    order = np.argsort(-measured.pushes, axis=1, kind="stable")[:, :BEAM]  # NaN comes last
    places = np.unique(order)
    return places[~np.isnan(measured.t[places])]
