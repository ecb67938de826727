"""Event-study engines side by side: ``nox -s bench_engine``.

One simulated panel, market model, 250-session estimation, 11-session window. Ours is timed from
the frames of returns and events to fits, AR, CAR with standard errors, Patell, BMP and
Kolari-Pynnönen, then with all rank tests too; the packages with what they compute from windows cut
beforehand, and the loops on the first 5,000 events at most. The yardstick is one matrix product:
blocks of windows are copied out of the panel of returns, its transposition included, and each block
is multiplied by a matrix of two columns; once with index arrays and once from strided views.
Everything is the best of five runs but the loops, whose runs take seconds, of two.

For memory, the same numbers are computed in processes of their own with events in chunks of
50,000, whose abnormal returns and CARs are written to a file; the panel and the list of all events
are held. A last run holds all events at once and has the rank tests too.
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

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.named_tests import run_tests
from analysis.estimators.events.stream import stream_tests

ESTIMATION, WINDOW, GAP = 250, (-5, 5), 11
SESSIONS, ASSETS = 2_000, 2_000
POOLED = ("patell", "bmp", "kp_patell", "kp_bmp")
RANKED = ("corrado", "corrado_zivney", "grank_t", "sign", "generalized_sign", "wilcoxon")
LOOP_LIMIT = 5_000  # loops take minutes beyond this; their rate does not change
OURS, OURS_RANKED = "ours, pooled tests", "ours, rank tests too"
INDEXED, STRIDED = "matrix product, index arrays", "matrix product, strided views"
LARGE = 1_000_000
CHUNK = 50_000  # events held at a time where they are streamed
CHOICES = {"factors": ("M",), "length": ESTIMATION, "gap": GAP, "minimum": 200, "window": WINDOW}


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


DATES = pd.bdate_range("2010-01-04", periods=SESSIONS)
NAMES = pd.Index([f"A{i}" for i in range(ASSETS)])


def returns_of(panel: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the panel as the frame that our engine takes."""
    return pd.DataFrame(panel["returns"], DATES, NAMES).assign(M=panel["market"])


def events_of(panel: dict[str, np.ndarray], part: slice) -> pd.DataFrame:
    """Return some of the events as the frame that our engine takes."""
    tickers, dates = NAMES[panel["asset"][part]], DATES[panel["day"][part]]
    return pd.DataFrame({"ticker": tickers, "day0": dates})


def ours(returns: pd.DataFrame, events: pd.DataFrame, tests: tuple[str, ...]) -> None:
    """Run our engine: fits, AR, CAR with standard errors and the named tests."""
    study = event_study(returns, events, **CHOICES)
    assert study.ar.shape == (len(events), WINDOW[1] - WINDOW[0] + 1)
    study.car(*WINDOW)
    run_tests(study, *WINDOW, np.random.default_rng(1), tests=tests)


def streamed(panel: dict[str, np.ndarray], returns: pd.DataFrame, count: int) -> None:
    """Run our engine on events in chunks; abnormal returns and CARs go to a file."""
    with tempfile.TemporaryFile() as file:

        def write(study: EventStudy) -> None:
            study.ar.tofile(file)
            study.car(*WINDOW).to_numpy().tofile(file)

        starts = range(0, count, CHUNK)
        chunks = (events_of(panel, slice(a, min(a + CHUNK, count))) for a in starts)
        stream_tests(returns, chunks, *WINDOW, write, **CHOICES)


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


def alone(count: int, how: str) -> dict[str, float]:
    """Run ours in a process of its own: seconds and peak memory in MB."""
    command = [sys.executable, __file__, "--alone", str(count), how]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(run.stdout))


def _peak() -> float:
    """Return this process's own peak memory in MB.

    Not ``ru_maxrss``, which outlives exec: a child would report its parent's peak.
    """
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    found = next(line for line in lines if line.startswith("VmHWM:"))
    return int(found.split()[1]) * 1024 / 1e6


def _alone(count: int, how: str) -> None:
    panel = simulate(count)
    returns = returns_of(panel)
    # The peak from here on: that of drawing the panel is none of ours.
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    if how == "streamed":
        seconds = timed(lambda: streamed(panel, returns, count), 1)
    else:
        events = events_of(panel, slice(count))
        seconds = timed(lambda: ours(returns, events, POOLED + RANKED), 1)
    print(json.dumps({"seconds": seconds, "peak": _peak()}))


def rates(
    panel: dict[str, np.ndarray], file: Path, count: int, rivals: list[list[str]]
) -> dict[str, float]:
    """Return events a second of every engine."""
    returns, events = returns_of(panel), events_of(panel, slice(count))
    looped = min(count, LOOP_LIMIT)
    return {
        OURS: count / timed(lambda: ours(returns, events, POOLED), 5),
        OURS_RANKED: count / timed(lambda: ours(returns, events, POOLED + RANKED), 5),
        INDEXED: count / timed(lambda: blocked_product(panel, count), 5),
        STRIDED: count / timed(lambda: blocked_product(panel, count, strided=True), 5),
        "statsmodels loop": looped / timed(lambda: statsmodels_loop(panel, looped), 2),
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
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        _alone(int(options.alone[0]), options.alone[1])
        return 0
    console = Console(width=110)
    return report(console, options.events, options.large, options.rival)


def found_alone(console: Console, count: int, how: str) -> dict[str, float]:
    """Run ours in a process of its own and print what it took."""
    with console.status(f"{count} events in a process of their own"):
        found = alone(count, how)
    seconds, peak = found["seconds"], found["peak"]
    console.print(f"ours, {how}, {count:>9,} events: {seconds:7.2f} s, {peak:4.0f} MB at most")
    return found


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
        memory[count] = found_alone(console, count, "streamed")
    found_alone(console, large, "at once, rank tests too")
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
