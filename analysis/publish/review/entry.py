"""One published result by its key, whatever kind it is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from analysis.errors import ResultsError
from analysis.publish.result_set import Entry, ResultSet
from analysis.publish.review.usage import KINDS, Kind

__all__ = ["Published", "find_entry"]


@dataclass(frozen=True, slots=True)
class Published:
    """A result with its kind and what the published files say of it."""

    key: str
    kind: Kind
    entry: Entry

    @property
    def complete(self) -> bool:
        """Whether the published files say what it is, and not only that it is there."""
        return self.kind != "number" or "value" in self.entry

    def stated(self) -> str:
        """Return what is published, as one comparable line."""
        if self.kind == "number":
            return repr(self.entry["value"]) if self.complete else f"hash {self.entry['values']}"
        if self.kind == "claim":
            return str(self.entry["verdict"])
        if self.kind == "figure":
            return f"data {self.entry.get('digest', 'not hashed')[:12]}"
        return f"table of {len(self.entry['text'].splitlines())} lines"


def find_entry(results: ResultSet, key: str) -> Published:
    """Find a number, a claim, a figure or a table.

    Raises
    ------
    ResultsError
        If nothing has this key; the message names the nearest ones.
    """
    for kind in KINDS:
        if key in results[kind]:
            return Published(key, kind, results[kind][key])
    if key in results["key"]:
        return Published(key, "number", results["key"][key])
    known = {name.lower(): name for kind in (*KINDS, "key") for name in results[kind]}
    if key not in known.values() and key.lower() in known:
        return find_entry(results, known[key.lower()])
    near = difflib.get_close_matches(key.lower(), known, n=5, cutoff=0.6)
    hint = f"nearest: {', '.join(known[name] for name in near)}" if near else "none is near"
    raise ResultsError(
        f"{key}: expected the key of a number, claim, figure or table, or the number of a table or "
        f"figure in the paper; {hint}"
    )
