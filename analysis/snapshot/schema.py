"""Schemas of the data files: columns, types, vocabularies, keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cache

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.engines.pandas_engine import DateTime

from analysis.snapshot.periods import PERIOD, PERIOD_CELL, end_periods

__all__ = [
    "ACTIONS",
    "BESIDE",
    "EARLIER",
    "FIGURES",
    "RULES",
    "SCHEMAS",
    "TICKER",
    "columns_of_type",
    "list_columns",
    "may_be_empty",
    "schema_of",
]

SCOPES = ("sector", "macro", "firm", "other_metals", "abroad")
STATUSES = ("confirmatory", "seed", "selected_on_outcome", "found_beside")
CONFIDENCE = ("high", "medium", "low")
KINDS = ("earnings", "offering", "deal", "index", "listing", "other")
DEALS = ("customer", "state")
HOURS = ("known", "approximate", "unknown")
TICKER = r"\^?[A-Z0-9][A-Z0-9.=_-]*"  # as Yahoo writes them: BRK-B, ^SOX, SAP.DE, EURUSD=X
ACTIONS = ("dividend", "capital_gain", "split")
_DIRECTIONS = ("direction", "second_direction", "second_best", "alternative_direction")
FIGURES = "customs.csv"  # unless study.toml names another file
EARLIER = "history/customs.csv"  # figures of years before the study, for what recurs every year


def _date(*, empty: bool = False) -> pa.Column:
    kind = DateTime(to_datetime_kwargs={"format": "%Y-%m-%d"})  # type: ignore[call-arg]
    return pa.Column(kind, coerce=True, nullable=empty)


def _number(*checks: pa.Check, empty: bool = False) -> pa.Column:
    finite = pa.Check(np.isfinite, error="a finite number")
    return pa.Column(float, [finite, *checks], coerce=True, nullable=empty)


def _word(vocabulary: Sequence[str], *, empty: bool = False) -> pa.Column:
    return pa.Column(str, _one_of(vocabulary, empty=empty))


def _one_of(vocabulary: Sequence[str], where: str = "", *, empty: bool = False) -> pa.Check:
    said = f"one of {', '.join(vocabulary)}{' or nothing' if empty else ''}{where}"
    return pa.Check.isin([*vocabulary, *([""] if empty else [])], error=said)


def _text(pattern: str = r"\S", said: str = "some text") -> pa.Column:
    return pa.Column(str, pa.Check.str_contains(pattern, error=said))


def _ticker() -> pa.Column:
    return _text(rf"^{TICKER}$", "a ticker in capitals")


def _tickers() -> pa.Column:
    return _text(rf"^(?:{TICKER}(?:;{TICKER})*)?$", "tickers joined by ; or nothing")


Rule = tuple[Callable[[pd.DataFrame], "pd.Series[bool]"], list[str]]
RULES: dict[str, Rule] = {  # what must hold in a row: the check, the columns that it reads
    "low <= value <= high, or neither bound": (
        lambda t: (
            (t["low"].isna() == t["high"].isna())
            & ~((t["low"] > t["value"]) | (t["value"] > t["high"]))
        ),
        ["low", "value", "high"],
    ),
    "a jan_feb row under February": (
        lambda t: (t["coverage"] != "jan_feb") | t["month"].str.fullmatch(r"\d{4}-02"),
        ["month", "coverage"],
    ),
    "the unit of the series' rows before": (
        lambda t: t["unit"] == t.groupby("series")["unit"].transform("first"),
        ["series", "unit"],
    ),
    "a release after the period": (
        lambda t: ~(t["release_date"] <= end_periods(t["month"])),
        ["month", "release_date"],
    ),
    "first_priced on or before last_priced": (
        lambda t: t["last_priced"].isna() | (t["first_priced"] <= t["last_priced"]),
        ["first_priced", "last_priced"],
    ),
    "day0 on or after the announcement": (
        lambda t: t["announced"] <= t["day0"],
        ["announced", "day0"],
    ),
    "an alternative_day0 other than day0": (
        lambda t: t["day0"] != t["alternative_day0"],
        ["day0", "alternative_day0"],
    ),
    "an alternative_direction other than direction": (
        lambda t: t["alternative_direction"] != t["direction"],
        ["direction", "alternative_direction"],
    ),
}


_M49 = pa.Column(int, pa.Check.ge(0, error="an M49 code"), coerce=True)


def _table(columns: dict[str, pa.Column], *rules: str, key: Sequence[str]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(
        columns,
        [pa.Check(RULES[rule][0], error=rule) for rule in rules],
        strict=True,
        ordered=True,
        unique=[*key],
        report_duplicates="exclude_first",
    )


class _Schemas(dict[str, pa.DataFrameSchema]):
    """By file name; a table of any other name holds the figures of a study (``customs.file``)."""

    def __missing__(self, name: str) -> pa.DataFrameSchema:
        if name.endswith(".csv"):
            return self[FIGURES]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return str(name).endswith(".csv")


_KNOWN: dict[str, pa.DataFrameSchema] = {
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
            "direction": _text(),
            "scheduled": _word(("yes", "no")),
            "headline": _text(),
            "scope": _word(SCOPES),
            "affected": _tickers(),
            "status": _word(STATUSES),
            "confidence": _word(CONFIDENCE),
            "second_direction": pa.Column(str),
            "second_confidence": _number(pa.Check.isin([1, 2, 3], error="1, 2 or 3"), empty=True),
            "second_best": pa.Column(str),
            "alternative_direction": pa.Column(str),
            "alternative_day0": _date(empty=True),
            "hour": _word(HOURS, empty=True),
            "session_certain": _word(("yes", "no"), empty=True),
            "actor": _text(r"^[a-z_]*$", "an actor in small letters or nothing"),
            "pause_days": _number(pa.Check.gt(0, error="a number of days"), empty=True),
            "leave_out": _tickers(),
            "doubted": _tickers(),
            "judgement": _word(("yes", "no"), empty=True),
            "source_title": _text(),
            "source_url": _text(r"^https?://", "an address"),
            "note": pa.Column(str),
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
            "deal": _word(DEALS, empty=True),
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
            "role": _text(r"^[a-z][a-z0-9_]*$", "a role in small letters"),
            "listed_from": _date(empty=True),
            "flagship_project": pa.Column(str),
            "heavy_share": _number(
                pa.Check.in_range(0, 1, error="a share between 0 and 1"), empty=True
            ),
            "heavy_share_source": pa.Column(str),
            "listing_verified": _word(("yes", "no"), empty=True),
            "note": pa.Column(str),
        },
        key=["ticker"],
    ),
    "customs.csv": _table(
        {
            "month": _text(PERIOD_CELL, PERIOD),
            "series": _text(r"^[a-z_]+$", "a series name in small letters"),
            "coverage": _word(("month", "jan_feb")),
            "value": _number(pa.Check.ge(0, error="a number not below 0")),
            "low": _number(empty=True),
            "high": _number(empty=True),
            "unit": _text(),
            "status": _word(("reported", "derived")),
            "release_date": _date(empty=True),
            "source_title": _text(),
            "source_url": _text(r"^(?:https?://.*)?$", "an address or nothing"),
            "note": pa.Column(str),
        },
        "low <= value <= high, or neither bound",
        "a jan_feb row under February",
        "the unit of the series' rows before",
        "a release after the period",
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
            "month": _text(r"^(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])$", "a month as YYYY-MM"),
            "reporter": _M49,
            "flow": _word(("X", "M")),
            "partner": _M49,
            "commodity": _text(r"^\d{6}$", "six digits"),
            "value_usd": _number(pa.Check.ge(0, error="a number not below 0")),
            "net_weight_kg": _number(pa.Check.gt(0, error="a number above 0"), empty=True),
            "weight": _word(("reported", "estimated"), empty=True),
        },
        key=["month", "reporter", "flow", "partner", "commodity"],
    ),
}

SCHEMAS = _Schemas(_KNOWN)
SCHEMAS[EARLIER] = SCHEMAS[FIGURES]


BESIDE: dict[str, dict[str, pa.Column]] = {  # columns that a study may add at the end of a file
    "prices.csv": {"source": _text()},
    "universe.csv": {
        "exchange": _text(r"^[A-Z0-9]{4}$", "one exchange by its ISO 10383 code"),
        "symbol": _text(r"^[A-Z0-9.^=-]*$", "a symbol as Yahoo has it, or nothing"),
    },
    "events.csv": {
        "kind": _text(r"^[a-z_]+$", "a kind of event in small letters"),
        "quotes_price": _word(("yes", "no")),
        "hour_open": _word(("yes", "no")),
    },
}
_OTHER_DAY0 = re.compile(r"day0_[a-z0-9]+")  # day 0 on another exchange, as study.toml names it
_MEASURE = re.compile(r"[a-z][a-z0-9_]*")  # of firms, for slope(a, column)


def list_columns(name: str, header: Iterable[str]) -> list[str]:
    """Return the columns of a data file in order: those of every study, then what this one adds.

    Columns whose cells may all be empty are there if the `header` has them.
    """
    found = [*header]
    lacking = set(_may_lack(name)).difference(found)
    added = [column for column in found if _beside(name, column)]
    return [*(c for c in SCHEMAS[name].columns if c not in lacking), *dict.fromkeys(added)]


@cache
def _may_lack(name: str) -> tuple[str, ...]:
    """Columns that a file may do without: nothing in a cell is as good as no column."""
    return tuple(c for c, column in SCHEMAS[name].columns.items() if _may_be_empty(column))


def _may_be_empty(column: pa.Column) -> bool:
    if str(column.dtype) in ("datetime64[ns]", "float64", "int64"):
        return bool(column.nullable)
    return all(bool(check(pd.Series([""])).check_passed) for check in column.checks)


def _beside(name: str, column: str) -> pa.Column | None:
    if name == "events.csv" and _OTHER_DAY0.fullmatch(column):
        return _date()
    known = BESIDE.get(name, {})
    if name == "universe.csv" and column not in {*known, *SCHEMAS[name].columns}:
        slip = get_close_matches(column, [*known, *SCHEMAS[name].columns], 1, 0.8)
        return pa.Column(str) if _MEASURE.fullmatch(column) and not slip else None
    return known.get(column)


def schema_of(
    name: str, directions: Sequence[str] = (), header: Iterable[str] = ()
) -> pa.DataFrameSchema:
    """Return the schema of a data file; the words of a direction are those of the study.

    Of the `header` it takes the columns that a study may add.
    """
    schema = SCHEMAS[name]
    if added := {c: column for c in header if (column := _beside(name, c))}:
        schema = schema.add_columns(added)
    if name != "events.csv" or not directions:
        return schema
    where = " ([directions] in study.toml)"
    return schema.update_columns(
        {c: {"checks": _one_of(directions, where, empty=c != "direction")} for c in _DIRECTIONS}
    )


def may_be_empty(name: str) -> bool:
    """Say whether a study may have no rows in a file: no news of firms, no figures."""
    return name == "confounders.csv" or SCHEMAS[name] is SCHEMAS[FIGURES]


def columns_of_type(name: str, header: Iterable[str], *types: str) -> list[str]:
    """Return the columns of a data file that have one of the types, such as ``float64``."""
    columns = schema_of(name, header=header).columns
    return [c for c, column in columns.items() if str(column.dtype) in types]
