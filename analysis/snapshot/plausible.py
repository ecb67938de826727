"""Figures that break no rule and are hardly meant: told, or refused where no market moves so far.

Only what an edit brings is looked at; what is on record has been accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.cells import typed
from analysis.snapshot.faults import fault, guess
from analysis.snapshot.files import as_long, read_file
from analysis.snapshot.load import Snapshot
from analysis.snapshot.periods import name_periods
from analysis.snapshot.reading import read_rows

__all__ = ["jumps", "look_at_edits"]

JUMP = 1.9  # a session that multiplies or divides a price by more wants a second look
SLIP = 5.0  # and by more than this is taken for ten times, whatever the share did that day
SAME = 0.9  # likeness of two names from which on one is taken for a slip in the other
UNIT = 100.0  # a monthly figure that differs by more from its neighbours is in another unit
ONE, MANY = 1 - 1e-9, 30  # correlation of returns, over so many, that makes two series one
SHOWN = 5


def jumps(adjusted: pd.DataFrame, known: pd.DatetimeIndex) -> pd.DataFrame:
    """List sessions, but for known ones, that multiplied or divided a price by over :data:`JUMP`.

    Parameters
    ----------
    adjusted : pandas.DataFrame
        Adjusted closes, sessions × tickers.

    Returns
    -------
    pandas.DataFrame
        Columns ``session``, ``ticker``, ``return`` (fraction).
    """
    steps = adjusted.pct_change(fill_method=None)
    steps = steps[~steps.index.isin(known)]
    large = (steps + 1.0 > JUMP) | (steps + 1.0 < 1.0 / JUMP)
    return as_long(steps.where(large), "return")


def look_at_edits(snapshot: Snapshot, recorded: Mapping[str, bytes | None]) -> list[str]:
    """Hold the figures of edited files against their neighbours, and against the recorded copies.

    Returns
    -------
    list of str
        A line for each price that jumps and each export series that nothing is known of.

    Raises
    ------
    SnapshotError
        If a price is some ten times its neighbour and no row of ``confounders.csv`` names news on
        that firm and day, an export figure is in another unit than its neighbours and has no band,
        or the name of a series is one that is known but for a slip; if a ticker has the closes of
        another one times a number, for no test tells such series apart.
    """
    told: list[str] = []
    for name, look in (
        ("prices.csv", _look_at_prices),
        (snapshot.choices.customs.file, _look_at_customs),
    ):
        if name in recorded:
            rows = read_rows(name, read_file(snapshot.folder / name))
            told += look(snapshot, rows, _typed(name, recorded[name]))
    return told


def _typed(name: str, content: bytes | None) -> pd.DataFrame | None:
    """The table on record; None where there is none that can be read."""
    try:
        return None if content is None else typed(name, read_rows(name, content))
    except SnapshotError:
        return None


def _look_at_prices(
    snapshot: Snapshot, rows: pd.DataFrame, before: pd.DataFrame | None
) -> list[str]:
    _require_apart(snapshot.prices)
    every = pd.DatetimeIndex([])
    found = jumps(snapshot.prices, every)
    if before is not None:
        old = jumps(before.pivot_table("adjusted_close", "session", "ticker"), every)
        found = _unlike(found, old, list(found.columns))
    told = []
    moves = zip(found["session"], found["ticker"], found["return"], strict=True)
    for session, ticker, change in moves:
        at = (rows["session"] == f"{session:%Y-%m-%d}") & (rows["ticker"] == ticker)
        row, close = int(rows.index[at][0]), float(rows.loc[at, "adjusted_close"].iloc[0])
        before_it = float(snapshot.prices[ticker].shift().loc[session])
        factor = 1.0 + change
        if not 1.0 / SLIP < factor < SLIP and not _in_the_news(snapshot, session, ticker):
            raise fault(
                "prices.csv",
                row=row,
                column="adjusted_close",
                expected=f"a close of {ticker} near the {before_it:g} of the session before",
                found=f"{close:g}, {factor:.3g} times as much",
                remedy="correct the one that is wrong; a move that was real needs its news in "
                "confounders.csv, with this ticker and day",
            )
        told.append(
            f"prices.csv, row {row}: {ticker} moves {change:+.0%} on {session:%Y-%m-%d}; "
            "look at it in another source"
        )
    rest = [f"prices.csv: {len(told) - SHOWN} more moves as large"] * (len(told) > SHOWN)
    return told[:SHOWN] + rest


def _require_apart(prices: pd.DataFrame) -> None:
    """Refuse a ticker whose closes are those of another one times a number."""
    alike = prices.pct_change(fill_method=None).corr(min_periods=MANY)
    for place, ticker in enumerate(alike.columns):
        for other in alike.index[:place][alike[ticker].iloc[:place] > ONE]:
            factor = (prices[ticker] / prices[other]).median()
            raise fault(
                "prices.csv",
                expected=f"closes of {ticker} that are not those of another ticker",
                found=f"those of {other} times {factor:.4g}",
                remedy=f"give {ticker} its own, or take it out here, in universe.csv and "
                "study.toml",
            )


def _in_the_news(snapshot: Snapshot, session: pd.Timestamp, ticker: str) -> bool:
    news = snapshot.confounders[snapshot.confounders["ticker"] == ticker]
    return bool((news[["date", "first_priced"]] == session).any(axis=None))


def _look_at_customs(
    snapshot: Snapshot, rows: pd.DataFrame, before: pd.DataFrame | None
) -> list[str]:
    customs = snapshot.customs.set_index(rows.index)
    name, used = snapshot.choices.customs.file, set(snapshot.choices.customs.series)
    recorded = set() if before is None else set(before["series"])
    told = [*_new_series(name, customs, recorded, used)]
    slips = _in_another_unit(customs)
    if before is not None:
        key = ["series", "month", "coverage", "value"]
        slips = _unlike(slips.assign(month=name_periods(slips["month"])), before, key)
    if not slips.empty:
        row, slip = int(slips.index[0]), slips.iloc[0]
        raise fault(
            name,
            row=row,
            column="value",
            expected=f"a figure of {slip['series']} near its neighbours, {slip['near']:g}",
            found=f"{slip['value']:g} {slip['unit']}",
            remedy="correct it or its unit; a figure that was printed so needs low and high",
        )
    return told


def _in_another_unit(customs: pd.DataFrame) -> pd.DataFrame:
    """Rows :data:`UNIT` times above or below every neighbour in their series, best known first.

    Zero is near to everything. Columns of ``customs`` and ``near``, the mean of the neighbours.
    """
    ordered = customs.sort_values("month", kind="stable")
    values = ordered.groupby(["series", "coverage"])["value"]
    near = pd.DataFrame({"last": values.shift(1), "next": values.shift(-1)})
    factor = near.div(ordered["value"], axis=0)
    unknown = near.isna()
    above, below = (factor >= UNIT) | unknown, ((factor <= 1 / UNIT) & (near > 0)) | unknown
    found = (above.all(axis=1) | below.all(axis=1)) & ~unknown.all(axis=1)
    found &= (ordered["value"] > 0) & ordered["low"].isna()
    slips = ordered.assign(near=near.mean(axis=1), gaps=unknown.sum(axis=1))[found]
    return slips.sort_values("gaps", kind="stable")


def _new_series(
    name: str, customs: pd.DataFrame, recorded: set[str], used: set[str]
) -> Iterator[str]:
    """Tell of series that came or went; a slip in a known name is a fault."""
    present = set(customs["series"])
    known = {*used, *(recorded & present)}
    for row, series in customs["series"].drop_duplicates().items():
        if series in known:
            continue
        if meant := guess(series, known, cutoff=SAME):
            raise fault(
                name,
                row=int(str(row)),
                column="series",
                expected="the name of a known series, or one that is unlike them all",
                found=series,
                remedy=f"{meant}correct it",
            )
        unused = " and not of [customs.series] in study.toml" * bool(used)
        near = guess(series, known | recorded).strip()
        if recorded:  # beside nothing every series would be
            yield f"{name}: the series {series} is new{unused}. {near}".strip()
    for series in sorted(recorded - present):
        yield f"{name}: the series {series} is on record and not in the file any more"


def _unlike(rows: pd.DataFrame, old: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """The rows that are not among the old ones."""
    seen = pd.MultiIndex.from_frame(old[key])
    return rows[~pd.MultiIndex.from_frame(rows[key]).isin(seen)]
