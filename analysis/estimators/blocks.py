"""Work on many events cut into blocks: each block fits the cache, so memory stays flat.

A runner decides where blocks are worked on. Whoever it is, blocks are the same and come back in
their order, so that results do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

__all__ = ["BLOCK", "Runner", "blocks", "here"]

R = TypeVar("R")

BLOCK = 256  # windows worked on at a time: two arrays of 250 sessions stay in the cache


class Runner(Protocol):
    """Calls ``work(common, *task)`` for each task and yields the results in order."""

    def __call__(
        self, work: Callable[..., R], common: Any, tasks: Iterable[tuple[Any, ...]]
    ) -> Iterator[R]: ...


def here(work: Callable[..., R], common: Any, tasks: Iterable[tuple[Any, ...]]) -> Iterator[R]:
    """Work on one task after the other in this process."""
    return (work(common, *task) for task in tasks)


def blocks(count: int, size: int | None = None) -> Iterator[slice]:
    """Yield slices that cut `count` rows into blocks of `size`; one empty slice for no rows."""
    size = size or BLOCK
    for start in range(0, max(count, 1), size):
        yield slice(start, min(start + size, count))
