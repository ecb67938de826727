"""All cells of the study of size: rejections counted over processes, the same for any number."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.estimators.significance import LEVEL
from analysis.processes import workers
from analysis.questions.size.design import Cell, Design, Settings, cells
from analysis.questions.size.draws import replications
from analysis.questions.size.rejections import batch_p_values

__all__ = ["Task", "count_rejections", "rejections", "tasks"]

Task = tuple[Cell, range]

_shared: list[tuple[Design, Settings]] = []  # what a worker process is started with


def tasks(design: Design, settings: Settings, asked: int) -> list[Task]:
    """List the batches of all cells, `asked` replications each."""
    counts = {cell: replications(cell, design, asked) for cell in cells(design, settings)}
    return [
        (cell, range(start, min(start + settings.batch, count)))
        for cell, count in counts.items()
        for start in range(0, count, settings.batch)
    ]


def rejections(
    work: list[Task], design: Design, settings: Settings, processes: int
) -> Iterator[pd.DataFrame]:
    """Yield the rejections of each batch in order; see :func:`count_rejections`."""
    if processes == 1:
        yield from (count_rejections(task, design, settings) for task in work)
        return
    with workers(processes, _start, design, settings, preload=[__name__]) as submit:
        answers = [submit(_work, task) for task in work]
        yield from (answer.result() for answer in answers)


def count_rejections(task: Task, design: Design, settings: Settings) -> pd.DataFrame:
    """Count the rejections at 5% in one batch.

    Returns
    -------
    DataFrame, one row a test
        ``case, law, effect, test``; ``replications`` in which the test was not refused, and
        ``rejections`` among them.
    """
    cell, rows = task
    found = batch_p_values(cell, design, settings, rows)
    return pd.DataFrame(
        {
            "case": cell.case.name,
            "law": cell.law,
            "effect": cell.effect,
            "test": found.columns,
            "replications": found.notna().sum().to_numpy(),
            # A p such as 6/120 is 0.05 but for rounding.
            "rejections": (found <= LEVEL + 1e-12).sum().to_numpy(),
        }
    )


def _start(design: Design, settings: Settings) -> None:
    """Keep in a worker what all its batches share."""
    _shared[:] = [(design, settings)]


def _work(task: Task) -> pd.DataFrame:
    """Count the rejections of one batch in a worker."""
    return count_rejections(task, *_shared[0])
