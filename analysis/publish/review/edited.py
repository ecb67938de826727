"""What an author edited between two versions: rows, choices, claims, code and prose."""

from __future__ import annotations

import csv
import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from analysis.publish.result_set import FOLDER
from analysis.publish.review.repository import FileEdit, Repository
from analysis.snapshot.edits import RowEdits, compare_rows, rows_by_key

__all__ = ["Edits", "Entry", "find_edits", "statements"]

CLAIMS = "claims.toml"
PROSE = (".qmd", ".md", ".bib", ".cff")
_FOLLOW = (f"{FOLDER}/", "docs/exhibits.md")
"""Written by a command from the rest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a TOML file under its dotted name; empty where a version has none."""

    file: str
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Edits:
    """What was edited, by kind: claims are named ``ID.field``, prose is text that is read."""

    rows: Mapping[str, RowEdits]
    choices: tuple[Entry, ...]
    claims: tuple[Entry, ...]
    code: tuple[FileEdit, ...]
    prose: tuple[FileEdit, ...]


def find_edits(repository: Repository, base: str, head: str) -> Edits:
    """Compare the files of two versions, except those that a command writes from the others."""
    follow = (*_FOLLOW, f"{repository.data}manifest.json")
    files = [e for e in repository.edits(base, head) if not e.path.startswith(follow)]
    data = [
        edit
        for edit in files
        if edit.path.startswith(repository.data) and edit.path.endswith((".csv", ".toml"))
    ]
    rows: dict[str, RowEdits] = {}
    entries: list[Entry] = []
    for edit in data:
        old, new = repository.text(base, edit.before) or "", repository.text(head, edit.path) or ""
        if edit.path.endswith(".csv"):
            rows[edit.path] = _row_edits(PurePosixPath(edit.path).name, old, new)
        else:
            entries += _entry_edits(edit.path, old, new)
    others = [edit for edit in files if edit not in data]
    return Edits(
        rows,
        tuple(e for e in entries if not e.file.endswith(CLAIMS)),
        tuple(e for e in entries if e.file.endswith(CLAIMS)),
        tuple(e for e in others if not e.path.endswith(PROSE)),
        tuple(e for e in others if e.path.endswith(PROSE)),
    )


def _row_edits(name: str, old: str, new: str) -> RowEdits:
    """Compare rows by key; a version that is no readable table counts as empty."""
    return compare_rows(*(rows_by_key(name, _plain_rows(text)) for text in (old, new)))


def _plain_rows(text: str) -> pd.DataFrame:
    """Return the rows of a committed table as they are; none if one has too few or many fields."""
    header, *rows = [*csv.reader(StringIO(text))] or [[]]
    whole = all(len(row) == len(header) for row in rows)
    return pd.DataFrame(rows if whole else [], columns=header, dtype=str)


def _entry_edits(file: str, old: str, new: str) -> Iterator[Entry]:
    before, after = (dict(_flat(_toml(text))) for text in (old, new))
    for name in [*after, *(n for n in before if n not in after)]:
        if before.get(name) != after.get(name):
            shown = (_shown(found[name]) if name in found else "" for found in (before, after))
            yield Entry(file, name.removeprefix("claim."), *shown)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return {"not readable": str(error)}  # of an old version; this one has been computed with


def _flat(value: object, name: str = "") -> Iterator[tuple[str, Any]]:
    """Walk to the values under dotted names; an entry of a list is named by its id or place."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _flat(below, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for place, item in enumerate(value, start=1):
            below = {key: v for key, v in item.items() if key != "id"}
            yield from _flat(below, f"{name}.{item.get('id', place)}")
    else:
        yield name, value


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def statements(repository: Repository, commit: str) -> dict[str, str]:
    """Return the statement of every claim of a version by its id, in the words of its item."""
    found: dict[str, str] = {}
    for path in repository.files(commit, repository.data):
        if PurePosixPath(path).name == CLAIMS:
            for name, value in _flat(_toml(repository.text(commit, path) or "")):
                key, _, part = name.partition("claim.")[2].rpartition(".")
                if part == "statement":
                    found.setdefault(key, str(value))
    return found
