"""Time the resampling inference on a panel of the study's size: part of ``nox -s bench_engine``.

480 firm-events (six firms on 80 days), market model, 120 estimation sessions, window [0, +1]. The
bar: 10,000 joint placebo draws of the whole panel within 3 s on two cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.conformal import conformal
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.placebo import clear_sessions, placebo_draws, placebo_table
from analysis.estimators.events.portfolio import portfolio_study

FIRMS, DAYS, SPACING, DRAWS, WINDOW = 6, 80, 6, 10_000, (0, 1)


def simulated_study() -> EventStudy:
    """Draw a one-factor panel and place its events."""
    rng = np.random.default_rng(20260818)
    sessions = 200 + DAYS * SPACING + 20
    names = [f"A{i}" for i in range(FIRMS)]
    market = rng.normal(0.0, 0.01, sessions)
    noise = rng.normal(0.0, 0.05, (sessions, FIRMS))
    days = pd.bdate_range("2020-01-06", periods=sessions)
    returns = pd.DataFrame(market[:, None] + noise, days, names).assign(SPY=market)
    on = days[200 : 200 + DAYS * SPACING : SPACING]
    events = pd.DataFrame([(name, day) for day in on for name in names], columns=["ticker", "day0"])
    return event_study(returns, events, window=WINDOW)


def main() -> None:
    """Print wall and processor time of each step."""
    study = simulated_study()
    clear = clear_sessions(len(study.panel.sessions), study.position, *WINDOW)
    table = placebo_table(study, *WINDOW, clear)
    rng = np.random.default_rng(1)
    steps: dict[str, Callable[[], object]] = {
        f"placebo table, {clear.size} dates": lambda: placebo_table(study, *WINDOW, clear),
        f"{DRAWS:,} joint placebo draws": lambda: placebo_draws(study, table, DRAWS, rng),
        f"{DRAWS:,} volatility-matched draws": lambda: placebo_draws(
            study, table, DRAWS, rng, nearest=40
        ),
        f"conformal p of {DAYS} portfolios": lambda: conformal(
            portfolio_study(study, "day0"), *WINDOW
        ),
    }
    printed = Table("step", "wall, s", "processor, s", title=f"{len(study.rows)} firm-events")
    for name, step in steps.items():
        wall, processor = time.perf_counter(), time.process_time()
        step()
        spent = time.perf_counter() - wall, time.process_time() - processor
        printed.add_row(name, *(f"{seconds:.3f}" for seconds in spent))
    Console().print(printed)


if __name__ == "__main__":
    main()
