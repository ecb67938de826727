"""Work on many events cut into blocks: each block fits the cache, so memory stays flat.

A runner decides where blocks are worked on. Whoever it is, blocks are the same and come back in
their order, so that results do not depend on it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

__all__ = ["Runner", "blocks", "here", "in_order", "side_by_side"]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

CELLS = 2**18  # days of all windows worked on at a time: few calls an event, and all in the cache
THREADS = min(os.cpu_count() or 1, 2)  # NumPy lets two run side by side, hardly more


class Runner(Protocol):
    """Calls ``work(common, *task)`` for each task and yields the results in order."""

    def __call__(
        self, work: Callable[..., R], common: Any, tasks: Iterable[tuple[Any, ...]]
    ) -> Iterator[R]:
        """Work on the tasks."""
        ...


class Awaited(Protocol[R_co]):
    """A result to come."""

    def result(self) -> R_co:
        """Wait for it."""
        ...


def here(work: Callable[..., R], common: Any, tasks: Iterable[tuple[Any, ...]]) -> Iterator[R]:
    """Work on the tasks in this process, one after the other."""
    yield from (work(common, *task) for task in tasks)


def side_by_side(run: Runner) -> Runner:
    """Return the runner for work that spends its time in few long calls of NumPy, as sorting does.

    Threads in the place of :func:`here`. Where calls are short, threads wait for one another
    longer than they work.
    """
    return _in_threads if run is here else run


def _in_threads(
    work: Callable[..., R], common: Any, tasks: Iterable[tuple[Any, ...]]
) -> Iterator[R]:
    """Work on the tasks in this process, two at a time if there is more than one."""
    todo = iter(tasks)
    first = list(islice(todo, 2))
    if len(first) < 2 or THREADS < 2:
        yield from (work(common, *task) for task in chain(first, todo))
        return
    pool = ThreadPoolExecutor(THREADS)
    try:
        yield from in_order(lambda task: pool.submit(work, common, *task), chain(first, todo), 16)
    finally:  # who is interrupted does not wait for what has not begun
        pool.shutdown(cancel_futures=True)


def in_order(submit: Callable[[Any], Awaited[R]], tasks: Iterable[Any], ahead: int) -> Iterator[R]:
    """Yield results in order, with no more than `ahead` tasks handed in before they are needed."""
    waiting: deque[Awaited[R]] = deque()
    for task in tasks:
        waiting.append(submit(task))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def blocks(count: int, width: int) -> Iterator[slice]:
    """Yield slices that cut `count` windows of `width` days into blocks of CELLS days or fewer.

    One window is a block at least; no windows are one empty slice.
    """
    size = max(CELLS // width, 1)
    for start in range(0, max(count, 1), size):
        yield slice(start, min(start + size, count))
