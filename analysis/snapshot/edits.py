"""What an edit by hand changed, row by row, against the copy that the manifest has on record."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from analysis.snapshot.files import digest, read_file
from analysis.snapshot.manifest import Manifest
from analysis.snapshot.reading import Reading, read, read_rows, read_text
from analysis.snapshot.schema import SCHEMAS

__all__ = ["describe_edits", "describe_form", "recorded_copies", "row_changes"]

SHOWN = 5
_VERSIONS = ("HEAD", "")  # the last commit, then what is staged for the next one


def recorded_copies(folder: Path, manifest: Manifest) -> dict[str, bytes | None]:
    """Return the edited files as they are on record.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder.
    manifest : Manifest

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
    """Say what differs from the files on record.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder.
    recorded : mapping of str to (bytes or None)
        From :func:`recorded_copies`.

    Returns
    -------
    list of str
        For each file with another hash one line with counts, then one line a row (a line, for
        TOML). Where git has no copy with the recorded hash, a line says so.
    """
    lines: list[str] = []
    for name, old in recorded.items():
        new = read_file(folder / name)
        lines += describe_form(name, read(name, new))
        lines += (
            [f"{name}: changed; git has no copy as on record, so rows cannot be compared"]
            if old is None
            else row_changes(name, old, new)
        )
    return lines


def _recorded(folder: Path, name: str, content: bytes, sha256: str) -> bytes | None:
    """Return the content with the recorded hash; None where there is none."""
    if digest(tidy := read(name, content).content) == sha256:
        return tidy
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
        return _line_changes(name, read_text(name, old), read_text(name, new))
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
