"""Writes ``paper/results/``: numbers, verdicts, tables, figures; each file whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ResultsError
from analysis.interrupts import postponed
from analysis.publish import tables
from analysis.publish.cited import keep_cited
from analysis.publish.number_rows import EVERY, KEYS, list_keys, read_rows, write_rows
from analysis.publish.result_set import FILES, MADE, read_folder
from analysis.results import Dataset, Figure, Findings, Number, Provenance, Verdict
from analysis.results.formats import format_value
from analysis.whole import put, staging, write_whole

__all__ = ["documents", "figure_digest", "publish_cited", "write_results"]

Described = tuple[str, dict[str, Any], Provenance]  # its key, what it says, where it comes from

SCHEMA = 1
RECORD_OF_READS = "observed_inputs"
"""The data set that says where results come from: no result, and another one where the code stands
outside of the study's folder."""


def write_results(
    findings: Findings,
    folder: Path,
    *,
    fingerprint: str,
    as_of: str,
    linked: bool = True,
    cited: Collection[str] | None = None,
) -> list[Path]:
    """Write everything the paper reads and return the files; those of an earlier run are removed.

    Parameters
    ----------
    findings : Findings
        What the analyses hand over.
    folder : Path
        ``paper/results``.
    fingerprint, as_of : str
        Hash of the snapshot that was read, and its ISO day.
    linked : bool
        Whether the page lies in the repository, so that its exhibits can lead to code and data.
    cited : collection of str, optional
        Keys of the numbers that a text cites; all where it is None. See :func:`.cited_numbers`.

    Raises
    ------
    ResultsError
        If a key is used twice.
    WriteError
        If the folder cannot be written.
    """
    # Imported late: the committed files are text, and their readers draw nothing.
    from analysis.publish import figures
    from analysis.publish.interactive import reader, rows

    texts = documents(findings, fingerprint=fingerprint, as_of=as_of, linked=linked, cited=cited)
    texts[EVERY] = write_rows(_every_number(findings))
    texts |= {f"{d.name}.csv": tables.csv_text(d.frame, 12) for d in findings.datasets}
    with staging(folder) as stage:
        drawings = stage / "figures"
        for name in ("figures", "passages", "tables"):
            (stage / name).mkdir()
        for name, text in texts.items():
            (stage / name).write_text(text, encoding="utf-8", newline="\n")
        for figure in findings.figures:
            for name, text in (figure.files or figures.draw_files(figure)).items():
                (drawings / name).write_text(text, encoding="utf-8", newline="\n")
        panels = {
            reader.NAME: reader.reader_fragment(findings),
            rows.NAME: rows.rows_fragment(findings),
        }
        for name, fragment in panels.items():
            if fragment is not None:
                (drawings / f"{name}.html").write_text(fragment, encoding="utf-8")
        with postponed():
            made = put(stage, folder)
            for old in set(folder.rglob("*")).difference(made):  # but not what another run stages
                hidden = old.relative_to(folder).parts[0].startswith(".")
                if old.suffix in MADE and not hidden:
                    old.unlink()
    return made


def publish_cited(folder: Path, cited: Collection[str]) -> bool:
    """Bring ``numbers.json`` to what a text cites by now; return whether it changed.

    Nothing is computed: the numbers are those of the last run, which wrote down all of them.
    """
    if not (folder / EVERY).is_file():
        return False
    before = (folder / FILES["number"][0]).read_text(encoding="utf-8")
    numbers = read_rows((folder / EVERY).read_text(encoding="utf-8"))
    kept = keep_cited(numbers, cited, read_folder(folder)["claim"])
    text = _json(json.loads(before) | {FILES["number"][1]: kept})
    if text != before:
        write_whole(folder, {FILES["number"][0]: text})
    return text != before


def documents(
    findings: Findings,
    *,
    fingerprint: str,
    as_of: str,
    linked: bool = True,
    cited: Collection[str] | None = None,
) -> dict[str, str]:
    """Return the committed files as text: what a pull request shows of the results.

    Returns
    -------
    dict of str to str
        By path below ``paper/results``: ``numbers.json``, ``claims.json``, ``figures.json``,
        ``tables.json``, ``datasets.json``, ``keys.csv``, the tables and the passages. The numbers
        are those that are ``cited``, by a text or a verdict, and all where that is None.
    """
    data: dict[str, Any] = {"fingerprint": fingerprint, "as_of": as_of}
    header = {"schema": SCHEMA, "data": data if linked else data | {"linked": False}}
    f = findings
    results = (d for d in f.datasets if d.name != RECORD_OF_READS)
    numbers = _every_number(findings)
    entries: dict[str, Iterable[Described]] = {
        "claim": ((v.key, _verdict(v), v.source) for v in f.verdicts),
        "figure": ((g.name, _figure(g), g.source) for g in f.figures),
        "table": ((t.name, {}, t.source) for t in f.tables),
        "data set": ((d.name, _dataset(d), d.source) for d in results),
    }
    found = {kind: _unique(kind, described) for kind, described in entries.items()}
    found["number"] = numbers if cited is None else keep_cited(numbers, cited, found["claim"])
    texts = {
        file: _json(header | {section: found[kind]}) for kind, (file, section) in FILES.items()
    }
    texts[KEYS] = list_keys(numbers)
    texts |= {f"tables/{t.name}.md": tables.markdown(t) for t in f.tables}
    return texts | {f"passages/{p.name}.md": f"{p.text.strip()}\n" for p in f.passages}


def _every_number(findings: Findings) -> dict[str, dict[str, Any]]:
    return _unique("number", ((n.key, _number(n), n.source) for n in findings.numbers))


def significant(value: float | int | str) -> float | int | str:
    """Round a float to 12 significant digits, what the last bits of a BLAS cannot change."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _number(number: Number) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "value": significant(number.value),
        "text": format_value(number.value, number.format),
        "unit": number.unit,
        "format": number.format,
        "estimand": number.estimand,
    }
    if number.low is not None and number.high is not None:
        low, high = (format_value(v, number.format) for v in (number.low, number.high))
        entry["interval"] = f"{low} to {high}"
    for name in ("se", "low", "high", "level", "p", "n"):
        value = getattr(number, name)
        if value is not None:
            entry[name] = significant(value)
    return entry


def _verdict(v: Verdict) -> dict[str, Any]:
    return {"verdict": v.verdict, "rule": v.rule, "evidence": v.evidence}


def _figure(figure: Figure) -> dict[str, Any]:
    file = f"figures/{figure.name}.svg"
    return {"alt": figure.alt, "file": file, "digest": figure_digest(figure)}


def figure_digest(figure: Figure) -> str:
    """Hash the data of a figure, so that a change shows although no figure is committed.

    Floats are rounded to the sixth digit below the largest of their column: finer than the eye
    sees, coarser than what another machine's linear algebra changes.
    """
    hashed = hashlib.sha256(figure.kind.encode())
    for name, frame in sorted(figure.data.items()):
        text = _rounded(frame, 6).to_csv(index=False, float_format="%.10g", lineterminator="\n")
        hashed.update(f"{name}\n{text}".encode())
    return hashed.hexdigest()


def _rounded(frame: pd.DataFrame, below: int) -> pd.DataFrame:
    """Round floats to a digit ``below`` the largest of their column."""
    rounded = frame.copy()
    for column in frame.select_dtypes("float"):
        size = frame[column].abs()
        largest = float(size[np.isfinite(size)].max()) if np.isfinite(size).any() else 0.0
        digits = below - math.floor(math.log10(largest)) if largest else 0
        rounded[column] = frame[column].round(digits) + 0.0  # no negative zero
    return rounded


def _dataset(dataset: Dataset) -> dict[str, Any]:
    """Describe a data set that is too long to commit: its rows, a hash of each column and of all.

    Floats have seven significant digits, at most ten below the largest of their column: another
    machine's linear algebra, and where it leads an optimiser, ends in later ones.
    """
    rounded = _rounded(dataset.frame, 10)
    texts = {str(name): tables.csv_text(rounded[name], 7) for name in rounded}
    columns = {n: hashlib.sha256(text.encode()).hexdigest()[:16] for n, text in texts.items()}
    together = hashlib.sha256("".join(f"{n} {d}\n" for n, d in columns.items()).encode())
    entry = {"file": f"{dataset.name}.csv", "rows": len(rounded), "columns": columns}
    return entry | {"digest": together.hexdigest()}


def _json(document: dict[str, Any]) -> str:
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return f"{text}\n"


def _unique(kind: str, results: Iterable[Described]) -> dict[str, dict[str, Any]]:
    found: dict[str, Any] = {}
    for key, entry, source in results:
        if key in found:
            raise ResultsError(f"the {kind} {key!r} is made twice; give one of them another name")
        origin = {"function": source.function, "inputs": list(source.inputs)}
        found[key] = entry | origin | {"sample": source.sample}
    return found
