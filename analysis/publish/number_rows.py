"""Numbers as rows: all of them for a reader, and the list of them that is committed.

``numbers.json`` holds what is cited. ``numbers.csv`` holds every number in full and is no committed
file; ``keys.csv`` is: a row a number with its function and hashes of what the other one says, so
that ``explain`` finds the question and ``diff`` sees which number moved.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["EVERY", "KEYS", "list_keys", "read_listed", "read_rows", "summarise", "write_rows"]

Numbers = Mapping[str, Mapping[str, Any]]

EVERY, KEYS = "numbers.csv", "keys.csv"
VALUES = ("value", "se", "low", "high", "level", "p", "n", "unit", "format")
WORDS = ("estimand", "sample")
COLUMNS = ("value", "text", "interval", *VALUES[1:], *WORDS, "function", "inputs")
LISTED = ("function", "values", "words")
_BETWEEN = "; "


def summarise(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return what the list says of a number: its function, a hash of its values and of its words.

    Floats have seven significant digits and ten decimals, which another machine's linear algebra
    does not reach.
    """
    return {"function": entry.get("function", "")} | {
        name: hashlib.sha256(
            repr([(part, _rounded(entry[part])) for part in parts if part in entry]).encode()
        ).hexdigest()[:12]
        for name, parts in (("values", VALUES), ("words", WORDS))
    }


def _rounded(value: object) -> str:
    zero = 0.0  # added, it takes the sign of a negative zero away
    return f"{round(value, 10) + zero:.7g}" if isinstance(value, float) else str(value)


def list_keys(numbers: Numbers) -> str:
    """Write ``keys.csv``: every number in the order of its key."""
    listed = {key: summarise(entry) for key, entry in numbers.items()}
    return _write(LISTED, ((key, *(listed[key][n] for n in LISTED)) for key in sorted(listed)))


def read_listed(text: str) -> dict[str, dict[str, str]]:
    """Read ``keys.csv`` back: function and hashes by key.

    Raises
    ------
    ValueError
        If a column or a cell is missing.
    """
    found = {}
    for row in csv.DictReader(io.StringIO(text)):
        if None in row or {row.get("key"), *(row.get(n) for n in LISTED)} & {None, ""}:
            raise ValueError(f"the row {','.join(str(cell) for cell in row.values())!r}")
        found[row["key"]] = {name: row[name] for name in LISTED}
    return found


def write_rows(numbers: Numbers) -> str:
    """Write ``numbers.csv``: every number with all that is said of it."""
    rows = ((key, *(_cell(numbers[key].get(name)) for name in COLUMNS)) for key in sorted(numbers))
    return _write(COLUMNS, rows)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return _BETWEEN.join(value)
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def read_rows(text: str) -> dict[str, dict[str, Any]]:
    """Read ``numbers.csv`` back, entry by entry as in ``numbers.json``."""
    return {
        row["key"]: {
            name: _value(name, row[name], row["format"]) for name in COLUMNS if row[name] != ""
        }
        for row in csv.DictReader(io.StringIO(text))
    }


def _value(name: str, cell: str, form: str) -> object:
    if name == "inputs":
        return cell.split(_BETWEEN)
    typed = name in VALUES[:7] and not (name == "value" and form in ("date", "text"))
    return json.loads(cell) if typed else cell


def _write(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("key", *columns))
    writer.writerows(rows)
    return written.getvalue()
