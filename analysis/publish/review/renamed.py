"""Results that seem to be the same ones under another name."""

from __future__ import annotations

import difflib

from analysis.publish.result_set import Entries, Entry

__all__ = ["DEFINITION", "PROVENANCE", "find_renamed"]

DEFINITION = ("estimand", "unit", "format", "rule", "sample")
"""What an entry says of its meaning."""

PROVENANCE = ("function", "inputs")
"""What an entry says of its making, which is no result."""

ALIKE = 0.6
"""Names of a lost and a new result with the same content are this similar if it was renamed."""


def find_renamed(old: Entries, new: Entries) -> list[tuple[str, str]]:
    """Pair what is gone with what is new and says the same, the most similar names first.

    Both hold results of all kinds by name; the pairs come in the order of the old names.
    """
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    contents: dict[str, list[str]] = {}
    for name in sorted(come):
        contents.setdefault(_content(name, new[name]), []).append(name)
    pairs = [
        (-difflib.SequenceMatcher(None, a, b).ratio(), a, b)
        for a in gone
        for b in contents.get(_content(a, old[a]), ())
    ]
    found: dict[str, str] = {}
    for unlike, a, b in sorted(pairs):
        if -unlike >= ALIKE and a not in found and b not in found.values():
            found[a] = b
    return sorted(found.items())


def _content(name: str, entry: Entry) -> str:
    """Return what a result says besides its name, its words and its origin, as text."""
    if "values" in entry:  # a number, published or listed
        return repr(("number", entry["values"]))
    aside = {*DEFINITION, *PROVENANCE, "alt", "file"} - {"format", "unit", "rule"}
    kind = name.partition(" ")[0] if " " in name else "number"
    said = {k: f"{v:.9g}" if isinstance(v, float) else v for k, v in entry.items()}
    return repr((kind, sorted((k, str(v)) for k, v in said.items() if k not in aside)))
