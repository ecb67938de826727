"""One published result by its key, whatever kind it is."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.errors import ResultsError
from analysis.publish.review.result_set import ResultSet
from analysis.publish.review.usage import Kind

__all__ = ["Published", "find_entry", "stated"]


@dataclass(frozen=True, slots=True)
class Published:
    """A result with its kind and what its JSON file says of it."""

    key: str
    kind: Kind
    entry: Mapping[str, Any]


def find_entry(results: ResultSet, key: str) -> Published:
    """Find a number, a claim, a figure or a table.

    Raises
    ------
    ResultsError
        If nothing has this key; the message names the nearest ones.
    """
    kinds: dict[Kind, Mapping[str, Any]] = {
        "number": results.numbers,
        "claim": results.verdicts,
        "figure": results.figures,
        "table": results.table_sources,
    }
    for kind, entries in kinds.items():
        if key in entries:
            return Published(key, kind, entries[key])
    known = {name.lower(): name for entries in kinds.values() for name in entries}
    if key not in known.values() and key.lower() in known:
        return find_entry(results, known[key.lower()])
    near = difflib.get_close_matches(key.lower(), known, n=5, cutoff=0.6)
    hint = f"nearest: {', '.join(known[name] for name in near)}" if near else "none is near"
    raise ResultsError(
        f"{key}: expected the key of a number, claim, figure or table, or the number of a table or "
        f"figure in the paper; {hint}"
    )


def stated(results: ResultSet, published: Published) -> str:
    """Return what a version of the results says under a key, as one comparable line."""
    key = published.key
    if published.kind == "number":
        return repr(results.numbers[key]["value"])
    if published.kind == "claim":
        return str(results.verdicts[key]["verdict"])
    if published.kind == "figure":
        return f"data {results.figures[key].get('digest', 'not hashed')[:12]}"
    return f"table of {len(results.tables[key].splitlines())} lines"
