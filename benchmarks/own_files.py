"""The commands on a user's own files against their limits: part of ``nox -s bench_engine``.

5,000 events on at most 1,000 days, 3,000 firms over 1,300 sessions; a beta of 500 firms; a million
rows of a long table. Each runs in a process of its own, on invented numbers. Limits are those of
two quiet cores: processor seconds of all threads, and the peak of resident memory. The package is
taken as it is installed without extras: pandas loads pyarrow (40 MB) wherever it is found.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

FIRMS, SESSIONS, EVENTS, DAYS = 3_000, 1_300, 5_000, 1_000
INDEX_FIRMS, INDEX_SESSIONS = 500, 760
LONG_FIRMS, LONG_SESSIONS = 1_000, 1_000
MEASURED = """
import json, sys, time
sys.modules["pyarrow"] = None
{setup}
before = time.process_time()
{work}
spent = time.process_time() - before
lines = open("/proc/self/status", encoding="utf-8").read().split("VmHWM:")[1]
print("\\n" + json.dumps({{"seconds": spent, "peak": int(lines.split()[0]) * 1024 / 1e6}}))
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """What is measured, by which code, and its limits in seconds and MB, if it has them."""

    told: str
    work: str
    seconds: float
    peak: float = float("inf")
    setup: str = ""


def simulate(folder: Path) -> None:
    """Write the files."""
    rng = np.random.default_rng(20260818)

    def prices(firms: int, sessions: int) -> pd.DataFrame:
        market = rng.normal(0, 0.01, sessions)
        noise = rng.normal(0, 0.02, (sessions, firms))
        returns = np.column_stack([market[:, None] * rng.uniform(0.5, 1.5, firms) + noise, market])
        names = [*(f"F{i:04d}" for i in range(firms)), "MKT"]
        dates = pd.bdate_range("2015-01-05", periods=sessions, name="date")
        return pd.DataFrame(50 * np.cumprod(1 + returns, axis=0), dates, names)

    wide = prices(FIRMS, SESSIONS)
    wide.to_csv(folder / "prices.csv", float_format="%.5f")
    days = rng.choice(np.arange(200, SESSIONS - 20), DAYS, replace=False)
    cells = rng.choice(DAYS * FIRMS, EVENTS, replace=False)
    events = {"ticker": wide.columns[cells % FIRMS], "day0": wide.index[days[cells // FIRMS]]}
    pd.DataFrame(events).to_csv(folder / "events.csv", index=False)
    prices(INDEX_FIRMS, INDEX_SESSIONS).to_csv(folder / "index.csv", float_format="%.4f")
    long = prices(LONG_FIRMS - 1, LONG_SESSIONS).reset_index().melt("date", var_name="ticker")
    long.to_csv(folder / "long.csv", index=False, float_format="%.4f")


def reading(name: str) -> tuple[str, str]:
    """Return set-up and work of reading one file."""
    given = "import pathlib; from analysis.userfiles.reading import read_prices"
    return given, f"read_prices(pathlib.Path({name!r}))"


def bars(folder: Path) -> list[Bar]:
    """Return what is measured; reading is held against pandas on the same file."""
    wide, long = str(folder / "prices.csv"), str(folder / "long.csv")
    plain = measure(Bar("", f"pd.read_csv({wide!r})", 0, setup="import pandas as pd"), folder)
    study = ["event-study", "--prices", wide, "--events", str(folder / "events.csv"),
             "--benchmark", "MKT", "--quiet", "--out", str(folder / "r.json")]  # fmt: skip
    beta = ["beta", "--prices", str(folder / "index.csv"), "--benchmark", "MKT", "--quiet",
            "--out", str(folder / "b.json")]  # fmt: skip
    helped = "try:\n    main(['event-study', '--help'])\nexcept SystemExit:\n    pass"
    told = f"reading {Path(wide).stat().st_size / 1e6:.0f} MB, pandas {plain['seconds']:.2f} s"
    setup, work = reading(wide)
    spread, pivot = reading(long)
    main = "from analysis.__main__ import main"
    return [
        Bar(told, work, 2 * plain["seconds"], setup=setup),
        Bar(f"event-study, {EVENTS:,} events", f"{main}; main({study!r})", 3.5, 350),
        Bar(f"beta of {INDEX_FIRMS} firms", f"{main}; main({beta!r})", 10),
        Bar("event-study --help", f"{main}\n{helped}", 0.3),
        Bar("long table of 1,000,000 rows", pivot, 1, setup=spread),
    ]


def measure(bar: Bar, folder: Path) -> dict[str, float]:
    """Run one in a process of its own: processor seconds and peak memory in MB."""
    code = MEASURED.format(setup=bar.setup, work=bar.work)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    return dict(json.loads(run.stdout.splitlines()[-1]))


def main() -> int:
    """Print each with its limit; the exit code is 1 if one is missed."""
    console, missed = Console(width=110), 0
    printed = Table("step", "processor, s", "limit", "peak, MB", "limit", "judged")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with console.status("writing files"):
            simulate(folder)
        for bar in bars(folder):
            with console.status(bar.told):
                found = measure(bar, folder)
            met = found["seconds"] <= bar.seconds and found["peak"] <= bar.peak
            missed += not met
            limits = f"{bar.seconds:.2f}", f"{found['peak']:.0f}", f"{bar.peak:.0f}"
            printed.add_row(
                bar.told, f"{found['seconds']:.2f}", *limits, "met" if met else "MISSED"
            )
    console.print(printed)
    console.print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
