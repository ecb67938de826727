"""Event-study engines side by side: ``nox -s bench_engine``.

One simulated panel, market model, 250-session estimation, 11-session window. Ours is timed with
fits, AR, CAR and their standard errors, Patell, BMP and Kolari-Pynnönen; the packages with what
they compute.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from rich.console import Console
from rich.table import Table

from analysis.estimators.abnormal import event_study
from analysis.estimators.battery import run_tests

ESTIMATION, WINDOW, GAP = 250, (-5, 5), 11
SESSIONS, ASSETS = 2_000, 2_000
POOLED = ("patell", "bmp", "kp_patell", "kp_bmp")
RANKED = ("corrado", "corrado_zivney", "grank_t", "sign", "generalized_sign", "wilcoxon")
LOOP_LIMIT = 5_000  # loops take minutes beyond this; their rate does not change


def simulate(events: int) -> dict[str, np.ndarray]:
    """Draw a one-factor panel and distinct (asset, day) events."""
    rng = np.random.default_rng(20260818)
    market = rng.normal(0.0, 0.01, SESSIONS)
    beta = rng.uniform(0.5, 1.5, ASSETS)
    returns = market[:, None] * beta + rng.normal(0.0, 0.03, (SESSIONS, ASSETS))
    first, last = ESTIMATION + GAP + 10, SESSIONS - 10
    cells = rng.choice((last - first) * ASSETS, events, replace=False)
    return {
        "returns": returns,
        "market": market,
        "asset": cells % ASSETS,
        "day": first + cells // ASSETS,
    }


def frames(panel: dict[str, np.ndarray], count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the panel into the frames that our engine takes."""
    dates = pd.bdate_range("2010-01-04", periods=SESSIONS)
    names = pd.Index([f"A{i}" for i in range(ASSETS)])
    returns = pd.DataFrame(panel["returns"], dates, names)
    returns["M"] = panel["market"]
    events = pd.DataFrame(
        {"ticker": names[panel["asset"][:count]], "day0": dates[panel["day"][:count]]}
    )
    return returns, events


def ours(returns: pd.DataFrame, events: pd.DataFrame, tests: tuple[str, ...]) -> None:
    """Run our engine: fits, AR, CAR with standard errors and the named tests."""
    study = event_study(
        returns, events, factors=("M",), length=ESTIMATION, gap=GAP, minimum=200, window=WINDOW
    )
    study.car(*WINDOW)
    run_tests(study, *WINDOW, np.random.default_rng(1), tests=tests)


def statsmodels_loop(panel: dict[str, np.ndarray], count: int) -> None:
    """Fit each event by statsmodels OLS and predict its window with the forecast error."""
    for asset, day in zip(panel["asset"][:count], panel["day"][:count], strict=True):
        early = slice(day - GAP - ESTIMATION + 1, day - GAP + 1)
        late = slice(day + WINDOW[0], day + WINDOW[1] + 1)
        y, x = panel["returns"][:, asset], sm.add_constant(panel["market"])
        fit = sm.OLS(y[early], x[early]).fit()
        forecast = fit.get_prediction(x[late])
        np.cumsum(y[late] - forecast.predicted_mean) / forecast.se_obs


def blocked_product(panel: dict[str, np.ndarray], count: int) -> None:
    """Gather the same windows block by block and take one matrix product: a lower bound."""
    returns = np.ascontiguousarray(panel["returns"].T)
    offsets = np.arange(-GAP - ESTIMATION + 1, -GAP + 1)
    design = np.ones((ESTIMATION, 2))
    for start in range(0, count, 1024):
        part = slice(start, min(start + 1024, count))
        columns, days = panel["asset"][part], panel["day"][part]
        windows = returns[columns[:, None], days[:, None] + offsets]
        windows @ design


def timed(run: Callable[[], None], repeats: int) -> float:
    """Return the best of several runs in seconds."""
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return float(best)


def rival(python: str, panel: Path, package: str, count: int) -> float:
    """Time a package under its own interpreter."""
    script = Path(__file__).with_name("rival.py")
    command = [python, str(script), str(panel), package, str(count)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(run.stdout.strip().splitlines()[-1])["seconds"])


def main() -> None:
    """Print events a second of every engine and the ratios to the best package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[500, 5_000, 50_000])
    parser.add_argument(
        "--rival", nargs=2, action="append", default=[], metavar=("PACKAGE", "PYTHON")
    )
    options = parser.parse_args()
    console = Console()
    panel = simulate(max(options.events))
    table = Table("events", "engine", "seconds", "events/s", "against best package")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.npz"
        np.savez(file, **panel)
        for count in options.events:
            for row in _rows(panel, file, count, options.rival, console):
                table.add_row(*row)
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(
        f"{platform.platform()}, {platform.machine()}, Python {platform.python_version()}"
    )
    console.print(f"NumPy {np.__version__}; peak memory of this process {peak:.0f} MiB")


def _rows(
    panel: dict[str, np.ndarray], file: Path, count: int, rivals: list[list[str]], console: Console
) -> list[tuple[str, ...]]:
    returns, events = frames(panel, count)
    looped = min(count, LOOP_LIMIT)
    rates: dict[str, float] = {}
    with console.status(f"{count} events"):
        rates["ours, pooled tests"] = count / timed(lambda: ours(returns, events, POOLED), 3)
        rates["ours, rank tests too"] = count / timed(
            lambda: ours(returns, events, POOLED + RANKED), 3
        )
        rates["blocked matrix product"] = count / timed(lambda: blocked_product(panel, count), 3)
        rates["statsmodels loop"] = looped / timed(lambda: statsmodels_loop(panel, looped), 1)
        packages = {p: looped / rival(python, file, p, looped) for p, python in rivals}
    best = max(packages.values(), default=float("nan"))
    return [
        (f"{count:,}", name, f"{count / rate:.3f}", f"{rate:,.0f}", f"{rate / best:.1f}")
        for name, rate in (rates | packages).items()
    ]


if __name__ == "__main__":
    sys.exit(main())
