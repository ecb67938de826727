"""Schemas of the data files: columns, types, vocabularies, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.engines.pandas_engine import DateTime
from pandera.errors import SchemaErrors

from analysis.errors import SnapshotError
from analysis.snapshot.faults import fault

__all__ = [
    "ACTIONS",
    "CONFIDENCE",
    "DIRECTIONS",
    "KINDS",
    "ROLES",
    "SCHEMAS",
    "SCOPES",
    "STATUSES",
    "typed",
]

DIRECTIONS = ("tightening", "easing", "support", "disappointment")
SCOPES = ("sector", "macro", "firm", "other_metals", "abroad")
STATUSES = ("confirmatory", "seed", "selected_on_outcome", "found_beside")
CONFIDENCE = ("high", "medium", "low")
KINDS = ("earnings", "offering", "deal", "index", "listing", "other")
ROLES = (
    "producer",
    "pure_play",
    "peer",
    "sector_etf",
    "commodity_etf",
    "currency_etf",
    "market",
)
UNITS = ("t", "kg", "usd")
ACTIONS = ("dividend", "capital_gain", "split")
OPTIONAL = ("confounders.csv", "customs.csv")  # a study may have no such rows

# What a reader is told where pandera names its own rule instead of ours.
_EXPECTED = {
    "coerce_dtype('datetime64[ns]')": "a date as YYYY-MM-DD",
    "coerce_dtype('float64')": "a number",
    "coerce_dtype('int64')": "a whole number",
    "not_nullable": "a value",
    "multiple_fields_uniqueness": "a key that occurs once",
}
_HEADER = ("column_in_schema", "column_in_dataframe", "column_ordered")


def _date(*, empty: bool = False) -> pa.Column:
    kind = DateTime(to_datetime_kwargs={"format": "%Y-%m-%d"})  # type: ignore[call-arg]
    return pa.Column(kind, coerce=True, nullable=empty)


def _number(*checks: pa.Check, empty: bool = False) -> pa.Column:
    finite = pa.Check(np.isfinite, error="a finite number")
    return pa.Column(float, [finite, *checks], coerce=True, nullable=empty)


def _word(vocabulary: Sequence[str], *, empty: bool = False) -> pa.Column:
    allowed = [*vocabulary, ""] if empty else [*vocabulary]
    said = "one of " + ", ".join(vocabulary) + (" or nothing" if empty else "")
    return pa.Column(str, pa.Check.isin(allowed, error=said))


def _text(pattern: str = r"\S", said: str = "some text", **options: Any) -> pa.Column:
    return pa.Column(str, pa.Check.str_contains(pattern, error=said), **options)


def _note() -> pa.Column:
    return pa.Column(str)


def _ticker(**options: Any) -> pa.Column:
    return _text(r"^[A-Z]+$", "a ticker in capitals", **options)


def _code() -> pa.Column:
    return pa.Column(int, pa.Check.ge(0, error="an M49 code"), coerce=True)


def _between(frame: pd.DataFrame) -> pd.Series[bool]:
    outside = (frame["low"] > frame["value"]) | (frame["value"] > frame["high"])
    return (frame["low"].isna() == frame["high"].isna()) & ~outside


def _combined_in_february(frame: pd.DataFrame) -> pd.Series[bool]:
    return (frame["coverage"] != "jan_feb") | frame["month"].str.endswith("-02")


def _released_after_month(frame: pd.DataFrame) -> pd.Series[bool]:
    early: pd.Series[bool] = frame["release_date"].dt.strftime("%Y-%m") <= frame["month"]
    return ~early


def _first_before_last(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["last_priced"].isna() | (frame["first_priced"] <= frame["last_priced"])


def _announced_first(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["announced"] <= frame["day0"]


def _other_day(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["day0"] != frame["alternative_day0"]


def _other_direction(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["alternative_direction"] != frame["direction"]


_RULES: dict[str, tuple[Callable[[pd.DataFrame], pd.Series[bool]], list[str]]] = {
    # what must hold in a row: the check, the columns that it reads
    "low <= value <= high, or neither bound": (_between, ["low", "value", "high"]),
    "a jan_feb row under February": (_combined_in_february, ["month", "coverage"]),
    "a release after the month": (_released_after_month, ["month", "release_date"]),
    "first_priced on or before last_priced": (_first_before_last, ["first_priced", "last_priced"]),
    "day0 on or after the announcement": (_announced_first, ["announced", "day0"]),
    "an alternative_day0 other than day0": (_other_day, ["day0", "alternative_day0"]),
    "an alternative_direction other than direction": (
        _other_direction,
        ["direction", "alternative_direction"],
    ),
}


def _table(columns: dict[str, pa.Column], *rules: str, key: Sequence[str]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        columns,
        [pa.Check(_RULES[rule][0], error=rule) for rule in rules],
        strict=True,
        ordered=True,
        unique=[*key],
        report_duplicates="exclude_first",
    )


SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "prices.csv": _table(
        {
            "session": _date(),
            "ticker": _ticker(),
            "adjusted_close": _number(pa.Check.gt(0, error="a positive price")),
        },
        key=["session", "ticker"],
    ),
    "events.csv": _table(
        {
            "id": _text(r"^\d{4}-\d{2}-[a-z0-9-]+$", "an id as YYYY-MM-words"),
            "announced": _date(),
            "announced_time": _text(),
            "day0": _date(),
            "direction": _word(DIRECTIONS),
            "scheduled": _word(("yes", "no")),
            "headline": _text(),
            "scope": _word(SCOPES),
            "affected": _text(r"^(?:[A-Z]+(?:;[A-Z]+)*)?$", "tickers joined by ; or nothing"),
            "status": _word(STATUSES),
            "confidence": _word(CONFIDENCE),
            "second_direction": _word(DIRECTIONS),
            "second_confidence": _number(pa.Check.isin([1, 2, 3], error="1, 2 or 3")),
            "second_best": _word(DIRECTIONS, empty=True),
            "alternative_direction": _word(DIRECTIONS, empty=True),
            "alternative_day0": _date(empty=True),
            "source_title": _text(),
            "source_url": _text(r"^https?://", "an address"),
            "note": _note(),
        },
        "day0 on or after the announcement",
        "an alternative_day0 other than day0",
        "an alternative_direction other than direction",
        key=["id"],
    ),
    "confounders.csv": _table(
        {
            "ticker": _ticker(),
            "date": _date(),
            "kind": _word(KINDS),
            "first_priced": _date(empty=True),
            "last_priced": _date(empty=True),
            "note": _text(),
            "confidence": _word((*CONFIDENCE, "unverified")),
            "source_url": _text(r"^(?:https?://.*)?$", "an address or nothing"),
        },
        "first_priced on or before last_priced",
        key=["ticker", "date", "kind"],
    ),
    "universe.csv": _table(
        {
            "ticker": _ticker(),
            "name": _text(),
            "role": _word(ROLES),
            "listed_from": _date(empty=True),
            "flagship_project": _note(),
            "heavy_share": _number(
                pa.Check.in_range(0, 1, error="a share between 0 and 1"), empty=True
            ),
            "heavy_share_source": _note(),
            "listing_verified": _word(("yes", "no"), empty=True),
            "note": _note(),
        },
        key=["ticker"],
    ),
    "customs.csv": _table(
        {
            "month": _text(r"^\d{4}-(?:0[1-9]|1[0-2])$", "a month as YYYY-MM"),
            "series": _text(r"^[a-z_]+$", "a series name in small letters"),
            "coverage": _word(("month", "jan_feb")),
            "value": _number(pa.Check.ge(0, error="a number not below 0")),
            "low": _number(empty=True),
            "high": _number(empty=True),
            "unit": _word(UNITS),
            "status": _word(("reported", "derived")),
            "release_date": _date(empty=True),
            "source_title": _text(),
            "source_url": _text(r"^(?:https?://.*)?$", "an address or nothing"),
            "note": _note(),
        },
        "low <= value <= high, or neither bound",
        "a jan_feb row under February",
        "a release after the month",
        key=["month", "series", "coverage"],
    ),
    "prices_raw.csv": _table(
        {
            "session": _date(),
            "ticker": _ticker(),
            "close": _number(pa.Check.gt(0, error="a positive price")),
        },
        key=["session", "ticker"],
    ),
    "actions.csv": _table(
        {
            "session": _date(),
            "ticker": _ticker(),
            "kind": _word(ACTIONS),
            "value": _number(pa.Check.gt(0, error="a positive amount or ratio")),
        },
        key=["session", "ticker", "kind"],
    ),
    "comtrade.csv": _table(
        {
            "month": _text(r"^\d{4}-(?:0[1-9]|1[0-2])$", "a month as YYYY-MM"),
            "reporter": _code(),
            "flow": _word(("X", "M")),
            "partner": _code(),
            "commodity": _text(r"^\d{6}$", "six digits"),
            "value_usd": _number(pa.Check.ge(0, error="a number not below 0")),
            "net_weight_kg": _number(pa.Check.gt(0, error="a number above 0"), empty=True),
            "weight": _word(("reported", "estimated"), empty=True),
        },
        key=["month", "reporter", "flow", "partner", "commodity"],
    ),
}


def typed(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Check the text of a data file against its schema and return it with types.

    Parameters
    ----------
    name : str
        File name, a key of :data:`SCHEMAS`.
    rows : pandas.DataFrame
        Text columns indexed by line number, as :func:`analysis.snapshot.files.read_rows` gives.

    Returns
    -------
    pandas.DataFrame
        Same index; dates as ``datetime64``, numbers as ``float64``, an empty optional date or
        number as missing, an empty optional text as ``""``.

    Raises
    ------
    SnapshotError
        Naming the first faulty row and how many more there are.
    """
    schema = SCHEMAS[name]
    if rows.empty and len(rows.columns) and name not in OPTIONAL:
        raise fault(
            name, row=2, expected="at least one row", found="none",
            remedy="add the rows, or restore the file with git",
        )  # fmt: skip
    optional = [c for c, column in schema.columns.items() if column.nullable and c in rows]
    rows = rows.assign(**{c: rows[c].mask(rows[c] == "") for c in optional})
    try:
        return schema.validate(rows, lazy=True)
    except SchemaErrors as error:
        raise _first_fault(name, rows, error.failure_cases) from None


def _first_fault(name: str, rows: pd.DataFrame, cases: pd.DataFrame) -> SnapshotError:
    """Turn pandera's table of failures into one line about the first faulty row."""
    placed = cases[cases["index"].notna()]
    if placed.empty or cases["check"].isin(_HEADER).any():
        return fault(
            name,
            row=1,
            expected="the columns " + ", ".join(SCHEMAS[name].columns),
            found=", ".join(rows.columns) or "none",
            remedy="give the file these columns in this order",
        )
    row = int(placed["index"].min())
    # A cell that cannot be read also breaks the rules on its row: "Column" sorts before the rest.
    case = placed[placed["index"] == row].sort_values("schema_context", kind="stable").iloc[0]
    check = str(case["check"])
    if check in _RULES:
        columns = _RULES[check][1]
    elif check == "multiple_fields_uniqueness":
        columns = list(SCHEMAS[name].unique or [])
    else:
        columns = [str(case["column"])]
    more = placed["index"].nunique() - 1
    return fault(
        name,
        row=row,
        column=", ".join(columns),
        expected=_EXPECTED.get(check, check),
        found=", ".join(_shown(rows.loc[row, column]) for column in columns),
        remedy="correct it" + (f" (and {more} more rows)" if more else ""),
    )


def _shown(cell: object) -> str:
    return cell if isinstance(cell, str) and cell else "nothing"
