"""The p-values of every test in every replication, and rejections counted over processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.across_episodes import across_episodes_t, sign_flip
from analysis.estimators.events.conformal import conformal
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.firm_events import draw_sample
from analysis.estimators.events.joint import equal_response_f, joint_f
from analysis.estimators.events.named_tests import ON_SAMPLES
from analysis.estimators.events.placebo import (
    PlaceboTable,
    clear_sessions,
    placebo_draws,
    placebo_p,
    placebo_table,
)
from analysis.estimators.events.portfolio import portfolio_study
from analysis.estimators.significance import LEVEL
from analysis.processes import workers
from analysis.questions.size.design import Cell, Design, Settings, cells
from analysis.questions.size.draws import Batch, draw, generator, replications

__all__ = ["TESTS", "batch_p_values", "count_rejections", "p_values", "rejections", "tasks"]

ONE_DATE = ("portfolio_t", "portfolio_t_risk", "joint_f", "equal_response_f", "conformal")
Task = tuple[Cell, range]
TESTS = (*ON_SAMPLES, *ONE_DATE, "across_episodes_t", "sign_flip", "placebo", "placebo_matched")

_shared: list[tuple[Design, Settings]] = []  # what a worker process is started with


@dataclass(frozen=True, slots=True)
class _Work:
    """What the replications of a batch share: one fit of all, one of all portfolios."""

    study: EventStudy
    joined: EventStudy
    scar: pd.Series
    table: PlaceboTable
    listed: np.ndarray[tuple[int], np.dtype[np.int64]]


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
        answers = [submit(_work_on, task) for task in work]
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


def _work_on(task: Task) -> pd.DataFrame:
    """Count the rejections of one batch in a worker."""
    return count_rejections(task, *_shared[0])


def batch_p_values(
    cell: Cell, design: Design, settings: Settings, rows: range, limit: int = 0
) -> pd.DataFrame:
    """Draw one batch of a cell and test it.

    Parameters
    ----------
    rows : range
        Replications of the cell; their first is part of the seed.
    limit : int
        Test only that many of them; 0 tests all. The draws are the same.

    Returns
    -------
    DataFrame, (R, tests)
        p-values; NaN where a test is refused.
    """
    rng = generator(settings, cell.seed, rows.start, 0)
    batch = draw(cell, design, settings, rows, rng)
    if limit:
        batch = _first(batch, limit)
    tests = generator(settings, cell.seed, rows.start, 1)
    return p_values(batch, cell.case.window, design, settings, tests)


def p_values(
    batch: Batch,
    window: tuple[int, int],
    design: Design,
    settings: Settings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Run every test on every replication of a batch over a window; (R, tests)."""
    work = _work(batch, window, design, settings)
    one_date = _one_date(work, window)
    starts = np.flatnonzero(np.diff(work.study.rows["replication"], prepend=-1))
    ends = np.append(starts[1:], len(work.study.rows))
    seeds = rng.spawn(len(starts))
    found = []
    for start, end, own in zip(starts, ends, seeds, strict=True):
        group = work.study.take(np.arange(start, end))
        sample = draw_sample(group, *window)
        row = {name: test(sample).p for name, test in ON_SAMPLES.items()}
        row["joint_f"] = joint_f(group, *window).p
        row["equal_response_f"] = equal_response_f(group, *window).p
        values = work.scar[group.rows["replication"].iloc[0]]
        row["across_episodes_t"] = across_episodes_t(values).p
        row["sign_flip"] = sign_flip(values, own).p
        found.append(row | _placebo(group, sample.scar.mean(), work, window, settings, own))
    return pd.DataFrame(found).join(one_date)[list(TESTS)]


def _work(batch: Batch, window: tuple[int, int], design: Design, settings: Settings) -> _Work:
    """Fit all firm-events of a batch, and all its portfolios, at once."""
    length, gap, minimum = design.estimation
    days = pd.DatetimeIndex(batch.returns.index)
    events = batch.events.assign(day0=days[batch.events["position"]])
    place = events["replication"].astype(str) + "|" + events["position"].astype(str)
    study = event_study(
        batch.returns,
        events.drop(columns="position").assign(portfolio=place),
        factors=(design.market,),
        model=design.model,
        length=length,
        gap=gap,
        minimum=minimum,
        window=window,
    )
    if len(study.skipped) or np.isnan(study.ar).any():
        raise ValueError(f"size study: a firm-event cannot be used: {study.skipped.head(1)}")
    joined = portfolio_study(study, "portfolio")
    label = study.rows.drop_duplicates("portfolio").set_index("portfolio")
    t = joined.car(*window)["t"].set_axis(joined.rows["portfolio"])
    scar = t.groupby([label["replication"], label["episode"]]).mean()
    reach = window[1] - window[0]
    dates = clear_sessions(len(days), batch.listed, reach, reach)
    dates = dates[dates >= gap + minimum - 1]
    firms = int(study.rows.groupby("portfolio").size().max())
    most = settings.dates if firms < 10 else settings.dates_many
    picked = np.linspace(0, len(dates) - 1, min(len(dates), most)).astype(np.int64)
    return _Work(study, joined, scar, placebo_table(study, *window, dates[picked]), batch.listed)


def _one_date(work: _Work, window: tuple[int, int]) -> pd.DataFrame:
    """Return the portfolio and conformal p of each replication; NaN with several day 0s."""
    first = work.study.rows.drop_duplicates("portfolio")
    names = ["portfolio_t", "portfolio_t_risk", "conformal"]
    if first["replication"].duplicated().any():
        return pd.DataFrame(np.nan, range(first["replication"].nunique()), names)
    order = first.set_index("portfolio")["replication"]
    risk = portfolio_study(work.study, "portfolio", "risk")
    columns = {
        "portfolio_t": work.joined.car(*window)["p"],
        "portfolio_t_risk": risk.car(*window)["p"],
        "conformal": conformal(work.joined, *window)["p"],
    }
    frame = pd.DataFrame(columns).set_axis(order[work.joined.rows["portfolio"]].to_numpy())
    return frame.sort_index()


def _placebo(
    group: EventStudy,
    observed: float,
    work: _Work,
    window: tuple[int, int],
    settings: Settings,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Hold the mean standardised CAR against placebo draws, plain and volatility-matched."""
    reach = window[1] - window[0]
    own = np.unique(group.position)
    table = work.table
    free = np.isin(table.sessions, clear_sessions(len(group.panel.sessions), own, reach, reach))
    kept = PlaceboTable(table.sessions[free], table.scar[free], table.sigma[free])
    found = {}
    for name, nearest in (("placebo", None), ("placebo_matched", settings.nearest)):
        null = placebo_draws(group, kept, settings.draws, rng, nearest=nearest).mean(axis=1)
        found[name] = placebo_p(observed, null).p
    return found


def _first(batch: Batch, count: int) -> Batch:
    """Return the first replications of a batch."""
    events = batch.events[batch.events["replication"] < count]
    benchmark = batch.returns.columns[-1]
    used = [c for c in batch.returns.columns if c in set(events["ticker"]) or c == benchmark]
    return Batch(batch.returns[used], events, batch.listed)
