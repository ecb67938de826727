"""Event-study engines side by side: ``nox -s bench_engine``.

One simulated panel, market model, 250-session estimation, 11-session window. Ours is timed from
the frames of returns and events to fits, AR, CAR with standard errors, Patell, BMP and
Kolari-Pynnönen, then with all rank tests too; the packages with what they compute from windows cut
beforehand. The matrix product gathers the same windows of returns and multiplies them by two
columns, once with index arrays and once from strided views. Each run of ours at 1,000,000 events
and at the three sizes is repeated in a process of its own for its peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.estimators.abnormal import event_study
from analysis.estimators.battery import run_tests

ESTIMATION, WINDOW, GAP = 250, (-5, 5), 11
SESSIONS, ASSETS = 2_000, 2_000
POOLED = ("patell", "bmp", "kp_patell", "kp_bmp")
RANKED = ("corrado", "corrado_zivney", "grank_t", "sign", "generalized_sign", "wilcoxon")
LOOP_LIMIT = 5_000  # loops take minutes beyond this; their rate does not change
OURS, OURS_RANKED = "ours, pooled tests", "ours, rank tests too"
INDEXED, STRIDED = "matrix product, index arrays", "matrix product, strided views"
LARGE = 1_000_000


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
    assert study.ar.shape == (len(events), WINDOW[1] - WINDOW[0] + 1)
    study.car(*WINDOW)
    run_tests(study, *WINDOW, np.random.default_rng(1), tests=tests)


def statsmodels_loop(panel: dict[str, np.ndarray], count: int) -> None:
    """Fit each event by statsmodels OLS and predict its window with the forecast error."""
    import statsmodels.api as sm

    for asset, day in zip(panel["asset"][:count], panel["day"][:count], strict=True):
        early = slice(day - GAP - ESTIMATION + 1, day - GAP + 1)
        late = slice(day + WINDOW[0], day + WINDOW[1] + 1)
        y, x = panel["returns"][:, asset], sm.add_constant(panel["market"])
        fit = sm.OLS(y[early], x[early]).fit()
        forecast = fit.get_prediction(x[late])
        np.cumsum(y[late] - forecast.predicted_mean) / forecast.se_obs


def blocked_product(panel: dict[str, np.ndarray], count: int, *, strided: bool = False) -> None:
    """Gather the same windows block by block and take one matrix product: a lower bound."""
    returns = np.ascontiguousarray(panel["returns"].T)
    offsets = np.arange(ESTIMATION)
    views = np.lib.stride_tricks.sliding_window_view(returns, ESTIMATION, axis=1)
    design = np.ones((ESTIMATION, 2))
    for start in range(0, count, 512):
        part = slice(start, min(start + 512, count))
        columns, early = panel["asset"][part], panel["day"][part] - GAP - ESTIMATION + 1
        if strided:
            windows = views[columns, early]
        else:
            windows = returns[columns[:, None], early[:, None] + offsets]
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


def alone(count: int) -> dict[str, float]:
    """Run ours with all tests in a process of its own: seconds and peak memory in MB."""
    command = [sys.executable, __file__, "--alone", str(count)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(run.stdout))


def _peak() -> float:
    """Return this process's own peak memory in MB.

    Not ``ru_maxrss``, which outlives exec: a child would report its parent's peak.
    """
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    found = next(line for line in lines if line.startswith("VmHWM:"))
    return int(found.split()[1]) * 1024 / 1e6


def _alone(count: int) -> None:
    returns, events = frames(simulate(count), count)
    seconds = timed(lambda: ours(returns, events, POOLED + RANKED), 1)
    print(json.dumps({"seconds": seconds, "peak": _peak()}))


def rates(
    panel: dict[str, np.ndarray], file: Path, count: int, rivals: list[list[str]]
) -> dict[str, float]:
    """Return events a second of every engine."""
    returns, events = frames(panel, count)
    looped = min(count, LOOP_LIMIT)
    return {
        OURS: count / timed(lambda: ours(returns, events, POOLED), 5),
        OURS_RANKED: count / timed(lambda: ours(returns, events, POOLED + RANKED), 3),
        INDEXED: count / timed(lambda: blocked_product(panel, count), 5),
        STRIDED: count / timed(lambda: blocked_product(panel, count, strided=True), 5),
        "statsmodels loop": looped / timed(lambda: statsmodels_loop(panel, looped), 1),
        **{name: looped / rival(python, file, name, looped) for name, python in rivals},
    }


def bars(
    found: dict[str, float], rivals: list[str], memory: dict[int, dict[str, float]]
) -> dict[str, tuple[bool | None, str]]:
    """Judge the largest of the three sizes and the memory; None where there is nothing to judge."""
    best = max((found[name] for name in rivals), default=None)
    times = found[OURS] / best if best else 0.0
    ratios = {name: found[name] / found[OURS] for name in (INDEXED, STRIDED)}
    few, many = min(memory), max(memory)
    linear = (
        memory[many]["seconds"] / many * sorted(memory)[-2] / memory[sorted(memory)[-2]]["seconds"]
    )
    grown = (memory[many]["peak"] - memory[few]["peak"]) * 1e6 / (many - few)
    return {
        "150 times the best package": (times >= 150 if best else None, f"{times:.0f} times"),
        "within 2 times the product (index arrays)": (
            ratios[INDEXED] <= 2,
            f"{ratios[INDEXED]:.1f}",
        ),
        "within 2 times the product (strided views)": (
            ratios[STRIDED] <= 2,
            f"{ratios[STRIDED]:.1f}",
        ),
        "100,000 events/s with rank tests": (
            found[OURS_RANKED] >= 1e5,
            f"{found[OURS_RANKED]:,.0f}",
        ),
        f"peak memory under 500 MB at {many:,}": (
            memory[many]["peak"] < 500,
            f"{memory[many]['peak']:.0f} MB, {grown:.0f} bytes an event",
        ),
        f"linear to {many:,}": (linear <= 1.5, f"{linear:.2f} times the time an event"),
    }


def main() -> int:
    """Print events a second of every engine, the ratios to the best package, and the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[500, 5_000, 50_000])
    parser.add_argument("--large", type=int, default=LARGE, help="events of the last run of ours")
    parser.add_argument(
        "--rival", nargs=2, action="append", default=[], metavar=("PACKAGE", "PYTHON")
    )
    parser.add_argument("--alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        _alone(options.alone)
        return 0
    console = Console(width=110)
    return report(console, options.events, options.large, options.rival)


def report(console: Console, sizes: list[int], large: int, rivals: list[list[str]]) -> int:
    """Run everything and print it; the exit code is 1 if a bar is missed."""
    panel = simulate(max(sizes))
    table = Table("events", "engine", "seconds", "events/s", "against best package")
    names = [name for name, _ in rivals]
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.npz"
        np.savez(file, **panel)
        for count in sorted(sizes):
            with console.status(f"{count} events"):
                found = rates(panel, file, count, rivals)
            best = max((found[name] for name in names), default=float("nan"))
            for name, rate in found.items():
                seconds, times = f"{count / rate:.3f}", f"{rate / best:.1f}"
                table.add_row(f"{count:,}", name, seconds, f"{rate:,.0f}", times)
    console.print(table)
    del panel
    memory = {}
    for count in sorted({*sizes, large}):
        with console.status(f"{count} events in a process of their own"):
            memory[count] = alone(count)
        seconds, peak = memory[count]["seconds"], memory[count]["peak"]
        console.print(
            f"ours, all tests, {count:>9,} events: {seconds:7.2f} s, {peak:4.0f} MB at most"
        )
    judged = bars(found, names, memory)
    words = {True: "met", False: "MISSED", None: "not judged"}
    console.print("; ".join(f"{bar}: {words[ok]} ({value})" for bar, (ok, value) in judged.items()))
    load = os.getloadavg()[0]
    console.print(
        f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}"
    )
    return int(any(ok is False for ok, _ in judged.values()))


if __name__ == "__main__":
    sys.exit(main())
