"""What an edit by hand changed, row by row, against the copy that the manifest has on record."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.snapshot.files import digest, read_file
from analysis.snapshot.manifest import Manifest
from analysis.snapshot.reading import Reading, read, read_rows, read_text
from analysis.snapshot.schema import SCHEMAS

__all__ = [
    "Cell",
    "RowEdits",
    "compare_rows",
    "describe_edits",
    "recorded_copies",
    "row_changes",
    "rows_by_key",
]

SHOWN = 5
_VERSIONS = ("HEAD", "")  # the last commit, then what is staged for the next one


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with another content: key of its row, column, both contents."""

    row: str
    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowEdits:
    """How two versions of a table differ: keys of rows added and removed, cells that changed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    cells: tuple[Cell, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.cells)


def recorded_copies(folder: Path, manifest: Manifest) -> dict[str, bytes | None]:
    """Return the edited files of a data folder as they are on record.

    Returns
    -------
    dict of str to (bytes or None)
        By name of each file with another hash: what has the recorded one, in git or because only
        the form was changed; else None.
    """
    return {
        name: _recorded(folder, name, content, entry.sha256)
        for name, entry in manifest.files.items()
        if digest(content := read_file(folder / name)) != entry.sha256
    }


def describe_form(name: str, reading: Reading) -> list[str]:
    """Say what an edited file was saved with that the committed form has not."""
    lines = [f"{name}, row {row}: empty, dropped" for row in reading.dropped[:SHOWN]]
    if more := len(reading.dropped) - SHOWN:
        lines += [f"{name}: {more} more empty rows dropped"] * (more > 0)
    if reading.unlike:
        lines.append(
            f"{name}: read with {', '.join(reading.unlike)}; written anew in the form of the "
            "committed files, so that only edited rows differ"
        )
    return lines


def describe_edits(folder: Path, recorded: Mapping[str, bytes | None]) -> list[str]:
    """Say what differs from the :func:`recorded_copies` of the files in a data folder.

    Returns
    -------
    list of str
        For each file with another hash one line with counts, then one line a row (a line, for
        TOML). Where git has no copy with the recorded hash, the last commit's is compared.
    """
    lines: list[str] = []
    for name, old in recorded.items():
        new = read_file(folder / name)
        lines += describe_form(name, read(name, new))
        lines += (
            [f"{name}: changed; git has no earlier copy, so rows cannot be compared"]
            if old is None
            else row_changes(name, old, new)
        )
    return lines


def _recorded(folder: Path, name: str, content: bytes, sha256: str) -> bytes | None:
    """Return the content with the recorded hash, else that of the last commit; None without git."""
    if digest(tidy := read(name, content).content) == sha256:
        return tidy
    committed = None  # accepted twice before a commit: what the commit will show is compared
    for version in _VERSIONS:
        try:
            run = subprocess.run(
                ["git", "show", f"{version}:./{name}"], cwd=folder, capture_output=True, check=False
            )
        except OSError:  # no git on this machine
            return None
        if run.returncode == 0 and digest(run.stdout) == sha256:
            return run.stdout
        if run.returncode == 0 and committed is None:
            committed = run.stdout
    return committed


def row_changes(name: str, old: bytes, new: bytes) -> list[str]:
    """Compare two versions of a data file; rows are matched by the key of its schema.

    Returns
    -------
    list of str
        One line with counts, then one line a row that was added, removed or changed.
    """
    if name not in SCHEMAS:
        return _line_changes(name, read_text(name, old), read_text(name, new))
    edits = compare_rows(*(rows_by_key(name, read_rows(name, text)) for text in (old, new)))
    rows = [f"  added    {key}" for key in edits.added]
    rows += [f"  removed  {key}" for key in edits.removed]
    changed = [
        f"  changed  {key}: " + "; ".join(f"{c.column}: {c.old!r} → {c.new!r}" for c in cells)
        for key, cells in groupby(edits.cells, key=lambda cell: cell.row)
    ]
    counts = f"{len(edits.added)} added, {len(edits.removed)} removed, {len(changed)} changed"
    return [f"{name}: {counts}", *rows, *changed]


def rows_by_key(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a CSV file, cells as text, indexed by the key of its schema.

    A file without a schema, or a version of it without one of the key's columns, is indexed by all
    of its columns: then a changed row is one removed and one added.
    """
    key = list(SCHEMAS[name].unique or []) if name in SCHEMAS else []
    if not key or not set(key) <= set(rows.columns):
        key = list(rows.columns)
    labels: Any = rows[key].agg(" ".join, axis="columns") if len(rows) else []
    return rows.set_axis(pd.Index(labels, dtype=object), axis="index")


def compare_rows(before: pd.DataFrame, after: pd.DataFrame) -> RowEdits:
    """Compare two versions of a table whose cells are text and whose index holds unique keys.

    A column that only one version has counts as empty in the other.
    """
    before, after = (frame[~frame.index.duplicated()] for frame in (before, after))
    columns = after.columns.union(before.columns, sort=False)
    both = after.index.intersection(before.index)
    one, other = (f.reindex(columns=columns, fill_value="").loc[both] for f in (before, after))
    differs = one.ne(other)
    cells = tuple(
        Cell(str(row), str(column), str(one.loc[row, column]), str(other.loc[row, column]))
        for row in both[differs.any(axis=1)]
        for column in columns[differs.loc[row]]
    )
    added, removed = after.index.difference(before.index), before.index.difference(after.index)
    return RowEdits(tuple(map(str, added)), tuple(map(str, removed)), cells)


def _line_changes(name: str, old: str, new: str) -> list[str]:
    lines = [
        f"  {line}"
        for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    return [f"{name}: {len(lines)} lines differ", *lines]
