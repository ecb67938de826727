"""What an edit by hand changed, row by row, against the copy that the manifest has on record."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from analysis.snapshot.files import digest, read_file, read_rows
from analysis.snapshot.manifest import Manifest
from analysis.snapshot.schema import SCHEMAS

__all__ = ["describe_edits", "row_changes"]

_VERSIONS = ("HEAD", "")  # the last commit, then what is staged for the next one


def describe_edits(folder: Path, manifest: Manifest) -> list[str]:
    """Say what differs from the files on record.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder.
    manifest : Manifest

    Returns
    -------
    list of str
        For each file with another hash one line with counts, then one line a row (a line, for
        TOML). Where git has no copy with the recorded hash, a line says so.
    """
    lines: list[str] = []
    for name, entry in manifest.files.items():
        new = read_file(folder / name)
        if digest(new) != entry.sha256:
            old = _recorded(folder, name, entry.sha256)
            lines += (
                [f"{name}: changed; git has no copy as on record, so rows cannot be compared"]
                if old is None
                else row_changes(name, old, new)
            )
    return lines


def _recorded(folder: Path, name: str, sha256: str) -> bytes | None:
    """Return the content with the recorded hash, from git; None where it has none."""
    for version in _VERSIONS:
        try:
            run = subprocess.run(
                ["git", "show", f"{version}:./{name}"], cwd=folder, capture_output=True, check=False
            )
        except OSError:  # no git on this machine
            return None
        if run.returncode == 0 and digest(run.stdout) == sha256:
            return run.stdout
    return None


def row_changes(name: str, old: bytes, new: bytes) -> list[str]:
    """Compare two versions of a data file.

    Parameters
    ----------
    name : str
        File name; a CSV file's rows are matched by the key of its schema.
    old, new : bytes

    Returns
    -------
    list of str
        One line with counts, then one line a row that was added, removed or changed.
    """
    if name not in SCHEMAS:
        return _line_changes(name, old.decode("utf-8"), new.decode("utf-8"))
    key = list(SCHEMAS[name].unique or [])
    before, after = (read_rows(name, text).set_index(key) for text in (old, new))
    added, removed = after.index.difference(before.index), before.index.difference(after.index)
    both = after.index.intersection(before.index)
    rows = [f"  added    {_key(row)}" for row in added]
    rows += [f"  removed  {_key(row)}" for row in removed]
    changed = [*_cells(before.loc[both], after.loc[both])]
    counts = f"{len(added)} added, {len(removed)} removed, {len(changed)} changed"
    return [f"{name}: {counts}", *rows, *changed]


def _line_changes(name: str, old: str, new: str) -> list[str]:
    lines = [
        f"  {line}"
        for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    return [f"{name}: {len(lines)} lines differ", *lines]


def _cells(before: pd.DataFrame, after: pd.DataFrame) -> Iterator[str]:
    """One line a row in which a cell differs; a column that only one version has counts too."""
    columns = after.columns.union(before.columns, sort=False)
    before, after = (frame.reindex(columns=columns, fill_value="") for frame in (before, after))
    differs = before.ne(after)
    for row in after.index[differs.any(axis=1)]:
        cells = [
            f"{column}: {before.loc[row, column]!r} → {after.loc[row, column]!r}"
            for column in columns[differs.loc[row]]
        ]
        yield f"  changed  {_key(row)}: {'; '.join(cells)}"


def _key(row: object) -> str:
    return " ".join(map(str, row)) if isinstance(row, tuple) else str(row)
