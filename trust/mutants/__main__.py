"""``nox -s mutants``: how many of a sample of small changes the tests notice."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from trust.figures import add_record_option, keep
from trust.mutants.children import Job, import_early, run_jobs
from trust.mutants.choose import choose_within, find_imports, order_tests
from trust.mutants.operators import Mutant, apply, find_mutants
from trust.mutants.record import Record, hash_texts

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "build/mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
WHOLE = 400  # mutants
BUDGET = 25.0  # seconds of processor time a mutant, by what its tests take without a change
QUICK = 1.0  # seconds below which a test is asked before those that take longer
SLOWEST = 90.0  # seconds after which the other tests of a file are too slow to be asked
PATIENCE = 3.0  # times the expected seconds, and as many more: then a run is one without end


def main() -> int:
    """Draw, run, print; the exit code is 1 if the score is below the floor that was asked for."""
    options = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the children end, too
    until = time.monotonic() + 60 * options.minutes
    import_early()
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        clones = [_clone(Path(place) / str(number)) for number in range(options.jobs)]
        sources = {
            path.relative_to(clones[0]).as_posix(): path.read_text("utf-8")
            for path in sorted((clones[0] / "analysis").rglob("*.py"))
            if any(words in path.as_posix() for words in options.only.split(","))
        }
        every = [mutant for file, text in sources.items() for mutant in find_mutants(file, text)]
        drawn = random.Random(options.seed).sample(every, min(options.sample, len(every)))
        print(f"{len(drawn)} of {len(every)} mutants, seed {options.seed}", flush=True)
        record = Record.open(STATE / f"seed-{options.seed}{options.only and '-part'}.jsonl")
        asked = _ask_tests({mutant.file for mutant in drawn}, clones, until)
        if not any(asked.values()):
            sys.exit("error: expected tests that pass on the committed version, found none")
        keys = {_key(mutant, sources, asked, clones[0]): mutant for mutant in drawn}
        jobs = [
            Job(
                key,
                [*_find_files(asked[mutant.file])],
                PATIENCE * (5 + sum(asked[mutant.file].values())),
                mutant.file,
                apply(mutant, sources[mutant.file]),
                [*asked[mutant.file]],
            )
            for key, mutant in keys.items()
            if key not in record.entries and asked[mutant.file]
        ]
        for ended in run_jobs(jobs, clones, until):
            name = keys[ended.job.key].name
            record.add(ended.job.key, name=name, how=ended.how, seconds=round(ended.seconds, 1))
            if ended.how == "passed":
                print(f"survived  {name}", flush=True)
    score, told, tried = _report(keys, asked, record)
    if options.record:
        keep("mutants", tried=tried, whole=WHOLE, found=told, seed=options.seed)
    return int(score < options.floor)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s mutants --", description=__doc__)
    add = parser.add_argument
    add("--sample", type=int, default=WHOLE, help=f"mutants that are drawn (default: {WHOLE})")
    add("--seed", type=int, default=1, help="of the draw: the same seed goes on (default: 1)")
    add("--minutes", type=float, default=30, help="after which no more is begun (default: 30)")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="at a time (default: processors)")
    add("--only", default="", metavar="WORDS", help="modules with these in their path, by commas")
    add_record_option(parser)
    add("--floor", type=float, default=0, metavar="PERCENT", help="exit 1 below this score")
    return parser.parse_args()


def _clone(folder: Path) -> Path:
    """Clone what is committed, so that neither the work tree nor a kill matters."""
    words = ["git", "clone", "-q", "--shared", str(ROOT), str(folder)]
    subprocess.run(words, check=True)
    return folder


def _key(
    mutant: Mutant,
    sources: Mapping[str, str],
    asked: Mapping[str, Mapping[str, float]],
    clone: Path,
) -> str:
    """Name a mutant by its change, its module and the tests that were asked."""
    tests = [(clone / test).read_text("utf-8") for test in _find_files(asked[mutant.file])]
    place = f"{mutant.line}:{mutant.column}"
    return hash_texts([mutant.name, place, sources[mutant.file], *tests])


def _ask_tests(
    modules: set[str], clones: Sequence[Path], until: float
) -> dict[str, dict[str, float]]:
    """Choose the tests of each module: the quick ones first, of both the nearest.

    Files whose times are not known yet are run without a change; a test that fails so, or comes
    after :data:`SLOWEST`, is never asked. Returns the seconds that each is expected to take.
    """
    times = Record.open(STATE / "times.jsonl")
    package, tests = (find_imports(clones[0], folder) for folder in ("analysis", "tests"))
    keys = {test: hash_texts([test, (clones[0] / test).read_text("utf-8")]) for test in tests}
    order = {module: order_tests(module, package, tests) for module in modules}
    while True:
        asked: dict[str, dict[str, float]] = {}
        unknown: dict[str, None] = {}
        for module, near in sorted(order.items()):
            asked[module] = {}
            for test in near:
                if keys[test] not in times.entries:
                    unknown[test] = None
                    break
                told = times.entries[keys[test]]
                choose_within(asked[module], told["nodes"], told["setup"], BUDGET)
                if sum(asked[module].values()) > BUDGET - QUICK:
                    break
        jobs = [
            Job(keys[test], [test], SLOWEST, times=clones[0].parent / f"{keys[test]}.times")
            for test in unknown
        ]
        ended = 0
        for each in run_jobs(jobs, clones, until):
            file = each.job.times
            lines = file.read_text("utf-8").splitlines() if file and file.is_file() else []
            nodes = [json.loads(line) for line in lines]
            times.add(
                each.job.key,
                name=each.job.tests[0],
                how=each.how,
                seconds=round(each.seconds, 2),
                setup=max((setup for _, setup, _ in nodes), default=0.0),
                nodes={node: seconds for node, _, seconds in nodes},
            )
            ended += 1
        if not ended:
            break
    return {module: dict(sorted(asked[module].items(), key=_is_slow)) for module in asked}


def _is_slow(test: tuple[str, float]) -> bool:
    return test[1] >= QUICK


def _find_files(asked: Iterable[str]) -> list[str]:
    """Return the files of some tests, each once."""
    return sorted({test.partition("::")[0] for test in asked})


def _report(
    keys: Mapping[str, Mutant],
    asked: Mapping[str, Mapping[str, float]],
    record: Record,
) -> tuple[float, str, int]:
    """Print the score of each folder and of all, then what survived.

    Returns the score of all in percent, the words for it and the mutants that were run.
    """
    same = {entry["change"] for entry in tomllib.loads(EQUIVALENT.read_text("utf-8"))["mutant"]}
    counts: dict[str, Counter[str]] = {}
    survivors = []
    for key, mutant in keys.items():
        how = record.entries[key]["how"] if key in record.entries else "not run"
        if not asked[mutant.file]:
            how = "passed"  # no test can see it
        if how == "passed":
            how = "equivalent" if _unplaced(mutant) in same else "survived"
            if how == "survived":
                survivors.append(mutant.name)
        for part in (mutant.file.split("/")[1].removesuffix(".py"), "all"):
            counts.setdefault(part, Counter())[how] += 1
    score, told, rest, tried = 0.0, "none drawn", "", 0
    for part, count in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        caught, missed = count["failed"] + count["timeout"], count["survived"]
        score = 100 * caught / (caught + missed) if caught + missed else float("nan")
        told = f"{caught} of {caught + missed} caught, {score:.1f}%"
        rest = f"{count['equivalent']} equivalent, {count['not run']} not run"
        tried = caught + missed + count["equivalent"]
        print(f"{part:<12} {told:<32} {rest}")
    print("\n".join(["Survived:", *sorted(survivors)] if survivors else ["None survived."]))
    return score, f"{told}; {rest}", tried


def _unplaced(mutant: Mutant) -> str:
    """Name a change without its line, which moves: ``analysis/a.py: a < b → a <= b``."""
    return f"{mutant.file}: {' '.join(mutant.old.split())} → {mutant.new}"


if __name__ == "__main__":
    sys.exit(main())
