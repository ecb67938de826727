"""Blocks of an event study on a dask.distributed cluster: the same blocks, the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from analysis.errors import UserDataError
from analysis.estimators.blocks import Runner, in_order
from analysis.interrupts import unheard

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["dask_runner", "on_cluster"]

R = TypeVar("R")

BATCH = 4  # blocks in one call over the network: some 4,000 events
AHEAD = 32  # calls under way at a time, so that neither side piles up blocks
WORKERS = 2  # of a local cluster


@contextmanager
def on_cluster(scheduler: str | None = None) -> Iterator[Runner]:
    """Yield a runner on a cluster.

    `scheduler` is an address such as ``tcp://host:8786``; without one a local cluster of two worker
    processes is started, and stopped at the end.

    Raises
    ------
    UserDataError
        If dask.distributed is not installed or nobody answers at the address.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UserDataError(
            "--backend dask: expected dask.distributed to be installed, found none; "
            "install it with pip install 'rare-earth-headlines[cluster]' or leave the option out"
        ) from None
    if scheduler is None:
        options = {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": None}
        with ExitStack() as stack:
            with unheard():
                cluster = stack.enter_context(LocalCluster(**options))
                client = stack.enter_context(Client(cluster))
            yield dask_runner(client)
        return
    try:
        client = Client(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise UserDataError(
            f"--scheduler: expected a dask scheduler at {scheduler}, found: {error}; "
            "correct the address or start the scheduler"
        ) from None
    with client:
        yield dask_runner(client)


def dask_runner(client: Client) -> Runner:
    """Return a runner on the workers of a client.

    A worker that dies is no loss: the scheduler gives its blocks, and the panel if nobody else
    holds it, to another one.
    """

    def run(work: Callable[..., R], common: Any, tasks: Iterable[tuple[Any, ...]]) -> Iterator[R]:
        held = client.submit(_itself, common, pure=False)  # sent once, then passed on by workers
        batches = _batches(tasks)
        for results in in_order(
            lambda batch: client.submit(_each, work, held, batch, pure=False), batches, AHEAD
        ):
            yield from results

    return run


def _batches(tasks: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    todo = iter(tasks)
    while batch := list(islice(todo, BATCH)):
        yield batch


def _itself(common: Any) -> Any:
    return common


def _each(work: Callable[..., R], common: Any, batch: list[tuple[Any, ...]]) -> list[R]:
    return [work(common, *task) for task in batch]
