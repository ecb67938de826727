"""The readers of files that others wrote, each on a small file of its own kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from analysis.__main__ import main
from analysis.errors import StudyError
from analysis.publish.made_from import RECORD, moved
from analysis.publish.receipt import Receipt
from analysis.publish.release.describe import read_citation
from analysis.publish.result_set import read_folder
from analysis.publish.sources import read_sources
from analysis.snapshot.load import load_snapshot
from analysis.snapshot.manifest import read_manifest
from analysis.snapshot.reading import read
from analysis.userfiles.reading import read_events, read_factors, read_prices, read_series

__all__ = ["Reader", "list_readers"]

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 150  # rows: more take longer and break in no other way
BETA = (
    "beta --prices prices.csv --benchmark SPY --assets MP,CRML --window 30 --draws 19 --out o.json"
)
CORRELATE = (
    "correlate --data monthly.csv --unit month --x tonnes --y MP,REMX --x-as log_change "
    "--y-as log_change --draws 19 --out o.json"
)
EVENTS = (
    "event-study --prices prices.csv --events events.csv --benchmark SPY --estimation 30 --gap 2 "
    "--window=0,1 --tests patell,corrado,sign --out o.json"
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader with a sound file: ``read`` takes the folder in which ``file`` lies, corrupted.

    ``weight`` is how often it is drawn, since some take long; ``hashed`` that the file's hash is on
    record, so that no other content may pass.
    """

    name: str
    file: str
    folder: Path
    read: Callable[[Path], object]
    weight: int = 10
    hashed: bool = False


def list_readers(place: Path) -> list[Reader]:
    """Lay out sound files below a folder, and return the readers that work on them."""
    own, data, paper = (place / name for name in ("own", "data", "paper"))
    own.mkdir(parents=True)
    for name in ("prices.csv", "events.csv", "monthly.csv"):
        lines = (ROOT / "docs/example" / name).read_text("utf-8").splitlines(keepends=True)
        (own / name).write_text("".join(lines[:LONGEST]), "utf-8")
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("derived"))
    skip = shutil.ignore_patterns("_output", ".quarto", "figures")
    shutil.copytree(ROOT / "paper", paper, ignore=skip)
    for name in ("README.md", "CITATION.cff"):
        shutil.copy(ROOT / name, place / name)
    (place / "receipt.json").write_text(Receipt("a", "pandoc", {"x": "1"}, {}, {}).write(), "utf-8")
    record = paper / "results" / RECORD
    record.parent.mkdir()
    record.write_text('{"files": {"a": "1"}, "versions": {}, "results": {}}', "utf-8")
    inputs = {"files": {"a": "1"}, "versions": {}}
    return [
        Reader("prices", "prices.csv", own, lambda f: read_prices([f / "prices.csv"])),
        Reader("events", "events.csv", own, lambda f: read_events(f / "events.csv")),
        Reader("series", "monthly.csv", own, lambda f: read_series(f / "monthly.csv")),
        Reader("factors", "monthly.csv", own, lambda f: read_factors(f / "monthly.csv")),
        Reader("beta", "prices.csv", own, _command(BETA), 4),
        Reader("correlate", "monthly.csv", own, _command(CORRELATE), 4),
        Reader("event study", "prices.csv", own, _command(EVENTS), 4),
        Reader("event study, events", "events.csv", own, _command(EVENTS), 4),
        *(
            Reader(f"rows of {n}", n, data, _rows(n), 3)
            for n in ("events.csv", "universe.csv", "customs.csv", "confounders.csv")
        ),
        *(
            Reader(f"snapshot, {n}", n, data, lambda f: load_snapshot(f, check_hashes=False), 1)
            for n in ("events.csv", "universe.csv", "customs.csv", "study.toml", "claims.toml")
        ),
        Reader("snapshot with hashes", "customs.csv", data, load_snapshot, 1, hashed=True),
        Reader("manifest", "manifest.json", data, read_manifest, 20),
        Reader("results", "results/claims.json", paper, lambda f: read_folder(f / "results"), 3),
        Reader(
            "list of numbers", "results/keys.csv", paper, lambda f: read_folder(f / "results"), 3
        ),
        Reader("text", "sections/limits.qmd", paper, read_sources, 3),
        Reader("record", f"results/{RECORD}", paper, lambda f: moved(f / "results", inputs), 10),
        Reader("receipt", "receipt.json", place, lambda f: Receipt.read(f / "receipt.json"), 20),
        Reader("citation", "CITATION.cff", place, read_citation, 10),
    ]


def _rows(name: str) -> Callable[[Path], object]:
    return lambda folder: read(name, (folder / name).read_bytes())


def _command(words: str) -> Callable[[Path], None]:
    """Return what runs a command on the files of a folder, as a user does."""

    def run(folder: Path) -> None:
        asked = [str(folder / w) if w.endswith((".csv", ".json")) else w for w in words.split()]
        said = StringIO()
        with redirect_stdout(StringIO()), redirect_stderr(said):
            code = main(asked)
        lines = said.getvalue().splitlines()
        if code and not any(line.startswith("error: ") for line in lines):
            raise AssertionError(f"exit code {code} without an error: {lines}")
        if code:
            raise StudyError(" ".join(lines))

    return run
