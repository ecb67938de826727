"""The published results of one version, read back from a folder, a commit or memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import ResultsError
from analysis.publish.number_rows import KEYS, read_listed, summarise

__all__ = ["FILES", "FOLDER", "MADE", "Entries", "Entry", "ResultSet", "parse", "read_folder"]

FOLDER = "paper/results"
Entry = Mapping[str, Any]
Entries = Mapping[str, Entry]

FILES = {  # kind: its file, the section in it
    "number": ("numbers.json", "numbers"),
    "table": ("tables.json", "tables"),
    "figure": ("figures.json", "figures"),
    "claim": ("claims.json", "verdicts"),
    "data set": ("datasets.json", "datasets"),
}
MADE = frozenset({".csv", ".html", ".json", ".md", ".svg"})
"""Suffixes of what is written into the folder."""

_LATER = ("table", "data set")  # kinds of which older versions have no file


@dataclass(frozen=True, slots=True)
class ResultSet:
    """What one version of the study says.

    Attributes
    ----------
    kinds : mapping of str to mapping
        ``number``, ``table``, ``figure``, ``claim``, ``passage``, ``data set``: key to entry. That
        of a table or passage has its Markdown as ``text``. A version without a record of data sets
        has no such kind. ``key`` is the list of all numbers, those that nobody cites as well.
    as_of : str
        ISO day of the data; empty where the numbers do not say.
    """

    kinds: Mapping[str, Entries]
    as_of: str = ""

    def __getitem__(self, kind: str) -> Entries:
        return self.kinds.get(kind, {})

    def only(self, kind: str, key: str) -> ResultSet:
        """Return what this version says under one key."""
        kinds = (kind, "key") if kind == "number" else (kind,)
        return ResultSet({of: {k: e for k, e in self[of].items() if k == key} for of in kinds})

    def by_name(self) -> Entries:
        """Return every result under its name among all kinds: a number's key, ``table firms``."""
        found = {
            key: {**entry, **self["number"].get(key, {})} for key, entry in self["key"].items()
        }
        return found | {
            f"{kind} {key}": entry
            for kind, entries in self.kinds.items()
            if kind not in ("number", "key")
            for key, entry in entries.items()
        }


def parse(texts: Mapping[str, str], at: str = "", folder: Path | str = FOLDER) -> ResultSet:
    """Parse the files of one version.

    Parameters
    ----------
    texts : mapping of str to str
        By path below ``paper/results``: the JSON files, tables and passages.
    at, folder : str
        Name the version in messages: ``HEAD``, a commit; the folder.

    Raises
    ------
    ResultsError
        If a file is missing, holds a merge conflict or is not JSON of the expected form.
    """
    places = {name: f"{folder}/{name}{at and f' at {at}'}" for name, _ in FILES.values()}
    for name, text in texts.items():
        _require_no_conflict(places.get(name, f"{folder}/{name}"), text)
    found: dict[str, Entries] = {}
    for kind, (name, section) in FILES.items():
        if name in texts:
            found[kind] = _entries(places[name], texts[name], section)
        elif kind not in _LATER:
            raise ResultsError(
                f"{places[name]}: expected committed results, found none; run "
                "nox -s paper there and commit them, or name another base"
            )
    markdown = {
        kind: {Path(n).stem: {"text": t} for n, t in sorted(texts.items()) if n.startswith(kind)}
        for kind in ("tables/", "passages/")
    }
    tables, sources = markdown["tables/"], found.get("table", {})
    kinds = found | {
        "table": {k: {**tables.get(k, {}), **sources.get(k, {})} for k in {**tables, **sources}},
        "passage": markdown["passages/"],
        "key": _keys(f"{folder}/{KEYS}{at and f' at {at}'}", texts, found["number"]),
    }
    order = ("number", "key", "table", "figure", "claim", "passage", "data set")
    data = json.loads(texts["numbers.json"]).get("data")
    as_of = data.get("as_of", "") if isinstance(data, dict) else ""
    return ResultSet({kind: kinds[kind] for kind in order if kind in kinds}, as_of)


def read_folder(folder: Path) -> ResultSet:
    """Read results as they are on disk; see :func:`parse`."""
    if not (folder / "numbers.json").is_file():
        raise ResultsError(
            f"{folder / 'numbers.json'}: expected results, found none; first run: nox -s paper"
        )
    files = [path for form in ("*.json", "*/*.md", KEYS) for path in folder.glob(form)]
    texts = {p.relative_to(folder).as_posix(): _text(p) for p in files}
    return parse(texts, folder=folder)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ResultsError(
            f"{path}: expected UTF-8 text, found: {error.reason}; run nox -s paper"
        ) from None


def _require_no_conflict(where: str, text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            raise ResultsError(
                f"{where}, line {number}: expected results, found a merge conflict; take either "
                "side of the file, run nox -s paper, and commit what it writes"
            )


def _keys(where: str, texts: Mapping[str, str], numbers: Entries) -> Entries:
    """Return the list of all numbers; a version without one has published every number."""
    if KEYS not in texts:
        return {key: summarise(entry) for key, entry in numbers.items()}
    try:
        return read_listed(texts[KEYS])
    except (ValueError, csv.Error) as error:
        raise ResultsError(
            f"{where}: expected key, function and two hashes in every row, found {error}; run "
            "nox -s paper"
        ) from None


def _entries(where: str, text: str, section: str) -> Entries:
    try:
        found: Entries = json.loads(text)[section]
        complete = all(isinstance(entry, dict) for entry in found.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(
            f"{where}: expected JSON with an object {section!r}, found: {error}; run nox -s paper"
        ) from None
    if not complete:
        raise ResultsError(f"{where}: expected an object for every key; run nox -s paper")
    return found
