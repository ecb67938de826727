"""Results of every kind under one name each: what they are compared by besides their values."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from analysis.publish.review.result_set import Entries, ResultSet

__all__ = ["DEFINITION", "PROVENANCE", "by_name", "count_shared", "entry_name", "find_renamed"]

DEFINITION = ("estimand", "unit", "format", "rule", "sample")
"""What an entry says of its meaning."""

PROVENANCE = ("function", "inputs")
"""What an entry says of its making, which is no result."""

ALIKE = 0.6
"""Names of a lost and a new result with the same content are this similar if it was renamed."""


def entry_name(kind: str, key: str) -> str:
    """Name a result among all kinds: a number by its key, anything else with its kind."""
    return key if kind == "number" else f"{kind} {key}"


def _kinds(results: ResultSet) -> Entries:
    """Return the results by kind; a table and a passage with its text as content."""
    tables = {
        key: {"text": text} | dict(results.table_sources.get(key, {}))
        for key, text in results.tables.items()
    }
    return {
        "number": results.numbers,
        "table": tables,
        "figure": results.figures,
        "claim": results.verdicts,
        "passage": {key: {"text": text} for key, text in results.passages.items()},
        "data set": results.datasets or {},
    }


def by_name(results: ResultSet) -> Entries:
    """Return every result under its name among all kinds."""
    return {
        entry_name(kind, key): entry
        for kind, entries in _kinds(results).items()
        for key, entry in entries.items()
    }


def count_shared(old: ResultSet, new: ResultSet) -> dict[str, int]:
    """Count by kind the results that both versions have."""
    before = _kinds(old)
    return {
        kind: len(before[kind].keys() & entries.keys()) for kind, entries in _kinds(new).items()
    }


def find_renamed(old: Entries, new: Entries) -> list[tuple[str, str]]:
    """Pair what is gone with what is new and says the same, the most similar names first.

    Parameters
    ----------
    old, new : mapping
        Results by name, of all kinds.

    Returns
    -------
    list of tuple of str
        Old and new name, in the order of the old ones.
    """
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    contents: dict[str, list[str]] = {}
    for name in sorted(come):
        contents.setdefault(_content(name, new[name]), []).append(name)
    pairs = sorted(
        ((difflib.SequenceMatcher(None, a, b).ratio(), a, b)
         for a in gone for b in contents.get(_content(a, old[a]), ())),
        key=lambda pair: (-pair[0], *pair[1:]),
    )  # fmt: skip
    found: dict[str, str] = {}
    for similarity, a, b in pairs:
        if similarity >= ALIKE and a not in found and b not in found.values():
            found[a] = b
    return sorted(found.items())


def _content(name: str, entry: Mapping[str, Any]) -> str:
    """Return what a result says besides its name, its words and its origin, as text."""
    aside = {*DEFINITION, *PROVENANCE, "alt", "file"} - {"format", "unit", "rule"}
    kind = name.partition(" ")[0] if " " in name else "number"
    said = {k: f"{v:.9g}" if isinstance(v, float) else v for k, v in entry.items()}
    return repr((kind, sorted((k, str(v)) for k, v in said.items() if k not in aside)))
