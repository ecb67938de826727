"""From the text of a table to its types: every cell as the schema wants it, or one line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pandas as pd
from pandera.errors import SchemaErrors

from analysis.errors import SnapshotError
from analysis.snapshot.faults import fault, guess
from analysis.snapshot.periods import PERIOD
from analysis.snapshot.schema import (
    BESIDE,
    RULES,
    SCHEMAS,
    columns_of_type,
    list_columns,
    may_be_empty,
    schema_of,
)

__all__ = ["typed"]

# What a reader is told where pandera names its own rule instead of ours.
_EXPECTED = {
    "coerce_dtype('datetime64[ns]')": "a date as YYYY-MM-DD",
    "coerce_dtype('float64')": "a number",
    "coerce_dtype('int64')": "a whole number",
    "not_nullable": "a value",
    "multiple_fields_uniqueness": "a key that occurs once",
}
NUMBERS = ("float64", "int64")
# Read by eye only: pandas takes 2025-2-4 for a date and 1_000 for a number.
_DATE = r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"
_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf)"
# Other ways to write a day or a month; where two fit, both are named.
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
         "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
         "%d-%b-%y", "%d-%b-%Y")  # fmt: skip
_MONTHS = ("%Y-%m", "%Y/%m", "%Y.%m", "%m.%Y", "%m/%Y", "%b-%y", "%b %y", "%b %Y", "%B %Y")
_FORMS = {  # what was expected: how it is written, how it may have been
    "a date as YYYY-MM-DD": ("%Y-%m-%d", _DAYS),
    "a month as YYYY-MM": ("%Y-%m", (*_MONTHS, *_DAYS)),
    PERIOD: ("%Y-%m", (*_MONTHS, *_DAYS)),
}
_SERIAL = re.compile(r"[2-5][0-9]{4}")  # a day from 1954 on, as spreadsheets count


def typed(name: str, rows: pd.DataFrame, directions: Sequence[str] = ()) -> pd.DataFrame:
    """Check the :func:`~analysis.snapshot.reading.read_rows` of a file against its schema.

    Parameters
    ----------
    name : str
        File name, a key of :data:`SCHEMAS`.
    rows : pandas.DataFrame
        Text columns indexed by line number.
    directions : sequence of str, optional
        Words that ``events.csv`` may use for the direction of news; any if not given.

    Returns
    -------
    pandas.DataFrame
        The rows with types, indexed by line number; dates as ``datetime64``, numbers as
        ``float64``, an empty optional date or number as missing, an empty optional text as ``""``.

    Raises
    ------
    SnapshotError
        Naming the first faulty row and how many more there are.
    """
    schema = schema_of(name, directions, rows.columns)
    if list(rows.columns) != list_columns(name, rows.columns):
        raise _header_fault(name, list(rows.columns))
    # a column that is left out is one of empty cells
    rows = rows.assign(**dict.fromkeys(set(schema.columns).difference(rows), ""))
    rows = rows[list(schema.columns)]
    if rows.empty and len(rows.columns) and not may_be_empty(name):
        remedy = "add the rows, or restore the file"
        raise fault(name, row=2, expected="at least one row", found="none", remedy=remedy)
    optional = [c for c, column in schema.columns.items() if column.nullable and c in rows]
    rows = rows.assign(**{c: rows[c].mask(rows[c] == "") for c in optional})
    patterns = dict.fromkeys(columns_of_type(name, rows.columns, "datetime64[ns]"), _DATE)
    patterns |= dict.fromkeys(columns_of_type(name, rows.columns, *NUMBERS), _NUMBER)
    strict = {
        c: rows[c].where(rows[c].isna() | rows[c].str.fullmatch(f"(?:{pattern})?"), "?" + rows[c])
        for c, pattern in patterns.items()
    }
    try:
        return schema.validate(rows.assign(**strict), lazy=True)
    except SchemaErrors as error:
        raise _first_fault(name, rows, error.failure_cases) from None


def _first_fault(name: str, rows: pd.DataFrame, cases: pd.DataFrame) -> SnapshotError:
    """Turn pandera's table of failures into one line about the first faulty row."""
    placed = cases[cases["index"].notna()]
    row = int(placed["index"].min())
    # A cell that cannot be read also breaks the rules on its row: "Column" sorts before the rest.
    case = placed[placed["index"] == row].sort_values("schema_context", kind="stable").iloc[0]
    check = str(case["check"])
    if check in RULES:
        columns = RULES[check][1]
    elif check == "multiple_fields_uniqueness":
        columns = list(SCHEMAS[name].unique or [])
    else:
        columns = [str(case["column"])]
    more = placed["index"].nunique() - 1
    cells = [_shown(rows.loc[row, column]) for column in columns]
    expected = _EXPECTED.get(check, check)
    return fault(
        name,
        row=row,
        column=", ".join(columns),
        expected=expected,
        found=", ".join(cells),
        remedy=_remedy(expected, cells[0]) + (f" (and {more} more rows)" if more else ""),
    )


def _header_fault(name: str, found: list[str]) -> SnapshotError:
    known = list_columns(name, found)
    missing = [column for column in known if column not in found]
    strange = [column for column in found if column not in known]
    steps = [f"add {', '.join(missing)}"] * bool(missing)
    steps += [f"remove {', '.join(map(repr, strange))}"] * bool(strange)
    more = [*missing, *BESIDE.get(name, ())]
    remedy = "".join(guess(column, more) for column in strange) + " and ".join(steps)
    if not found:
        remedy = "restore the file with git, or begin it with these columns"
    expected = f"the column{'s' * (len(missing) > 1)} {', '.join(missing)}"
    shown = ", ".join(map(repr, strange)) or "none"
    return fault(
        name,
        row=1,
        expected=expected if missing else "only known columns",
        found=shown,
        remedy=remedy,
    )


def _remedy(expected: str, cell: str) -> str:
    """What to write in place of a cell, where that can be told."""
    if expected.startswith("one of "):
        listed = expected.removeprefix("one of ").partition(" (")[0]
        words = listed.removesuffix(" or nothing").split(", ")
        return guess(cell, words) + "correct it"
    if expected == "a number" and re.search(r"[0-9]", cell):
        return "write it with a point for decimals and no other mark"
    if expected in _FORMS:
        written, forms = _FORMS[expected]
        days = sorted({f"{day:{written}}" for day in _days(cell, forms) if 1900 <= day.year < 2100})
        meant = f"did you mean {' or '.join(days)}? " if days else ""
        return f"{meant}write it in full, in a spreadsheet as text"
    return "correct it"


def _days(cell: str, forms: Sequence[str]) -> Iterator[datetime]:
    """Every day that a cell can mean."""
    for form in forms:
        with contextlib.suppress(ValueError):
            yield datetime.strptime(cell, form)
    with contextlib.suppress(ValueError):
        yield datetime.fromisoformat(cell)
    if _SERIAL.fullmatch(cell):
        yield datetime(1899, 12, 30) + timedelta(days=int(cell))


def _shown(cell: object) -> str:
    return cell if isinstance(cell, str) and cell else "nothing"
