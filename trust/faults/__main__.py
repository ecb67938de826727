"""``nox -s faults``: runs under faults at random instants, and what they did that none may."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from analysis.snapshot.load import load_snapshot
from tests.snapshot.refresh.conftest import serve, today
from trust.faults.studies import WORDS, begin, try_next
from trust.faults.trials import ROOT
from trust.figures import add_record_option, keep

WHOLE = 300  # instants


def main() -> int:
    """Try, print; 1 if a run did what none may."""
    options = _parse()
    until = time.monotonic() + 60 * options.minutes
    chosen = options.only.split(",") if options.only else [*WORDS]
    counts: Counter[str] = Counter()
    faults = 0
    world = today(load_snapshot(ROOT / "data"))
    world.months = world.months[-2:]
    with tempfile.TemporaryDirectory(prefix="faults-") as place, serve(world) as port:
        os.environ["FAULTS_SOURCES"] = str(port)
        with ProcessPoolExecutor(
            options.jobs, get_context("spawn"), begin, (Path(place), chosen, options.seed, until)
        ) as pool:
            for number, (command, name, found) in enumerate(
                pool.map(try_next, range(options.instants))
            ):
                counts[name] += bool(name)
                for line in found:
                    print(f"instant {number}, {command}, {name}: {line}", flush=True)
                    faults += 1
    told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()) if count)
    told = f"{faults} faults: {told}"
    print(f"{counts.total()} instants, seed {options.seed}, {told}")
    if options.record:
        keep("faults", tried=counts.total(), whole=WHOLE, found=told, seed=options.seed)
    return int(bool(faults))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s faults --", description=__doc__)
    add = parser.add_argument
    add("--instants", type=int, default=WHOLE, help=f"runs under a fault (default: {WHOLE})")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="at a time (default: processors)")
    add("--seed", type=int, default=1, help="of faults and instants (default: 1)")
    add("--only", default="", metavar="COMMANDS", help=f"of {', '.join(WORDS)}")
    add_record_option(parser)
    add("--minutes", type=float, default=20, help="after which none is begun (default: 20)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
