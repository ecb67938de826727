"""The committed outcome of the study of size, and whether it is still what the code gives.

There is one record under the rules by which the study decides and, below it in ``registered/``, one
under the registered rules. ``simulations/size.csv`` holds the counts, ``size.json`` what they were
made with: the settings, the calibration, and the p-values of the first replications of every cell,
the probe. A record is stale when settings or calibration differ or the probe, computed again, gives
other p-values. That finds a change of any estimator, simulator or datum that matters, and none that
does not.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ResultsError
from analysis.questions.size.design import Cell, Design, RuleSet, Settings, build_design, cells
from analysis.questions.size.draws import replications
from analysis.questions.size.rejections import batch_p_values
from analysis.study.panel import Panel, under
from analysis.whole import write_whole

__all__ = [
    "FOLDER",
    "REGISTERED",
    "Record",
    "design_of",
    "make_record",
    "probe",
    "read_record",
    "stale",
    "write_record",
]

FOLDER = Path(__file__).resolve().parents[3] / "simulations"
REGISTERED = "registered"  # the folder inside
PROBED = 2  # replications of each cell whose p-values are kept
REMEDY = "run `nox -s size` and commit simulations/"
COUNTS = ["case", "law", "effect", "test", "replications", "rejections"]


@dataclass(frozen=True, slots=True)
class Record:
    """Counts of rejections, one row a cell and test, and what they were made with."""

    counts: pd.DataFrame
    settings: dict[str, Any]
    calibration: dict[str, Any]
    probe: dict[str, dict[str, list[float | None]]]

    @property
    def rules(self) -> RuleSet:
        """The rules under which it was simulated; a record that names none is of the registered."""
        return "amended" if self.calibration.get("rules") == "amended" else "registered"


def design_of(record: Record, panel: Panel) -> Design:
    """Calibrate on a panel under the rules of a record."""
    choices = panel.snapshot.choices
    rules = choices.ruling if record.rules == "amended" else choices.registered
    return build_design(under(panel, rules))


def make_record(batches: Iterable[pd.DataFrame], design: Design, settings: Settings) -> Record:
    """Add up the batches and attach what the record needs to be checked."""
    joined = pd.concat(batches, ignore_index=True)
    counts = joined.groupby(COUNTS[:4], sort=False, as_index=False)[COUNTS[4:]].sum()
    probed = {cell.name: probe(cell, design, settings) for cell in cells(design, settings)}
    return Record(counts, _settings(settings), _calibration(design), probed)


def probe(cell: Cell, design: Design, settings: Settings) -> dict[str, list[float | None]]:
    """Return the p-values of the first replications of a cell by test; None where refused."""
    rows = range(min(settings.batch, replications(cell, design, settings.replications)))
    found = batch_p_values(cell, design, settings, rows, limit=PROBED)
    return {
        str(test): [None if math.isnan(p) else float(f"{p:.9g}") for p in found[test]]
        for test in found
    }


def stale(
    record: Record, design: Design, settings: Settings, names: Iterable[str] | None = None
) -> Iterator[str]:
    """Yield what a record says that the code and data of today do not.

    Parameters
    ----------
    names : iterable of str, optional
        Cells whose probe is computed again; by default all.
    """
    # Fewer replications make a record less precise, not stale; the paper prints their number.
    wanted = _settings(settings) | {"replications": record.settings.get("replications")}
    yield from _differences("setting", record.settings, wanted)
    recorded = {"rules": record.rules} | record.calibration
    yield from _differences("calibration", recorded, _calibration(design))
    by_name = {cell.name: cell for cell in cells(design, settings)}
    for name in sorted(set(by_name) ^ set(record.probe)):
        place = "record" if name in record.probe else "design"
        yield f"cell {name}: in the {place} alone; {REMEDY}"
    for name in names if names is not None else by_name:
        if name in record.probe and name in by_name:
            now = probe(by_name[name], design, settings)
            yield from _differences(f"cell {name}: p of", record.probe[name], now)


def read_record(folder: Path = FOLDER) -> Record:
    """Read the committed record.

    Raises
    ------
    ResultsError
        If a file is missing, is not what it should be, or the two do not belong together.
    """
    table, about = folder / "size.csv", folder / "size.json"
    try:
        text, document = table.read_bytes(), json.loads(about.read_text(encoding="utf-8"))
        counts = pd.read_csv(table)
        expected = document["sha256"]
        record = Record(counts, document["settings"], document["calibration"], document["probe"])
    except (OSError, ValueError, KeyError) as error:
        raise ResultsError(
            f"{folder}: expected size.csv and size.json of the study of size, found: {error}; "
            f"{REMEDY}"
        ) from error
    if hashlib.sha256(text).hexdigest() != expected or list(counts.columns) != COUNTS:
        raise ResultsError(
            f"{table}: expected the file that size.json describes, found another; {REMEDY}"
        )
    return record


def write_record(record: Record, folder: Path = FOLDER) -> None:
    """Write both files, each whole or not at all; a pair that does not match is not read."""
    text = record.counts.to_csv(index=False, lineterminator="\n")
    document = {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "settings": record.settings,
        "calibration": record.calibration,
        "probe": record.probe,
    }
    rendered = json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write_whole(folder, {"size.csv": text, "size.json": rendered})


def _settings(settings: Settings) -> dict[str, Any]:
    """Return the settings as JSON knows them."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(settings)))
    return plain


def _calibration(design: Design) -> dict[str, Any]:
    """Return what the real panel contributes, short enough to compare and to read."""
    return {
        "rules": design.rules,
        "firms": list(design.firms),
        "sigma": [_short(value) for value in design.sigma],
        "beta": [_short(value) for value in design.beta],
        "correlation": _short(design.correlation),
        "event_free_sessions": len(design.residuals),
        "estimation": list(design.estimation),
        "episodes": {case.name: case.episodes for case in design.cases},
        "windows": {case.name: list(case.window) for case in design.cases},
        "days": {k: int(v["position"].nunique()) for k, v in design.samples.items()},
        "firm_events": {k: len(v) for k, v in design.samples.items()},
        "placebo_dates": {k: int(v.size) for k, v in design.clear.items()},
    }


def _short(value: float) -> float:
    return float(f"{value:.9g}")


def _differences(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Name the entries that differ by more than rounding."""
    for key in sorted(set(old) | set(new)):
        before, after = old.get(key), new.get(key)
        if not _same(before, after):
            yield f"{kind} {key}: recorded {before}, now {after}; {REMEDY}"


def _same(a: object, b: object) -> bool:
    """Compare plain values, numbers to a relative 1e-6."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return bool(np.isclose(a, b, rtol=1e-6, atol=1e-9))
    return a == b
