"""The committed results of one version, read from a folder, a commit or memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import ResultsError

__all__ = ["FOLDER", "Entries", "ResultSet", "parse"]

FOLDER = "paper/results"
Entries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ResultSet:
    """What one version of the study says.

    Attributes
    ----------
    numbers, verdicts, figures : mapping
        Key to the entry of ``numbers.json``, ``claims.json``, ``figures.json``.
    tables : mapping of str to str
        Name to Markdown.
    table_sources : mapping
        Name of a table to where it comes from.
    passages : mapping of str to str
        Name to Markdown.
    datasets : mapping or None
        Name to the entry of ``datasets.json``; None where a version has no such record.
    """

    numbers: Entries
    verdicts: Entries
    figures: Entries
    tables: Mapping[str, str]
    table_sources: Entries
    passages: Mapping[str, str] = field(default_factory=dict)
    datasets: Entries | None = None

    def only(self, key: str) -> ResultSet:
        """Return what this version says under one key of a number, claim, figure or table."""
        parts = (self.numbers, self.verdicts, self.figures, self.tables, self.table_sources)
        return ResultSet(*({k: v for k, v in p.items() if k == key} for p in parts))  # type: ignore[arg-type]


def parse(
    read: Callable[[str], str | None],
    tables: Iterable[str],
    place: str,
    passages: Iterable[str] = (),
) -> ResultSet:
    """Parse the files of one version.

    Parameters
    ----------
    read : callable
        From a path below ``paper/results`` to its text, None where there is no such file.
    tables : iterable of str
        Names of the tables.
    place : str
        Names the version in messages: ``HEAD``, a commit, a folder.
    passages : iterable of str
        Names of the passages.

    Raises
    ------
    ResultsError
        If a file is missing, holds a merge conflict or is not JSON of the expected form.
    """

    def text(name: str) -> str:
        found = read(name)
        if found is None:
            raise ResultsError(
                f"{FOLDER}/{name} at {place}: expected committed results, found none; run "
                "nox -s paper there and commit them, or name another base"
            )
        _no_conflict(f"{FOLDER}/{name} at {place}", found)
        return found

    def entries(name: str, section: str) -> Entries:
        return _entries(f"{FOLDER}/{name} at {place}", text(name), section)

    return ResultSet(
        entries("numbers.json", "numbers"),
        entries("claims.json", "verdicts"),
        entries("figures.json", "figures"),
        {name: text(f"tables/{name}.md") for name in sorted(tables)},
        # Older versions have no such files.
        entries("tables.json", "tables") if read("tables.json") else {},
        {name: text(f"passages/{name}.md") for name in sorted(passages)},
        entries("datasets.json", "datasets") if read("datasets.json") else None,
    )


def _no_conflict(where: str, text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            raise ResultsError(
                f"{where}, line {number}: expected results, found a merge conflict; take either "
                "side of the file, run nox -s paper, and commit what it writes"
            )


def _entries(where: str, text: str, section: str) -> Entries:
    try:
        document = json.loads(text)
        found: Entries = document[section]
        keys = all(isinstance(entry, dict) for entry in found.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(
            f"{where}: expected JSON with an object {section!r}, found: {error}; run nox -s paper"
        ) from None
    if not keys:
        raise ResultsError(f"{where}: expected an object for every key; run nox -s paper")
    return found
