"""The data files as they would be after a refresh: old rows kept, or the new vintage accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.snapshot.cells import typed
from analysis.snapshot.files import as_long, read_file
from analysis.snapshot.load import Snapshot
from analysis.snapshot.manifest import Origin
from analysis.snapshot.reading import read_rows
from analysis.snapshot.refresh import errors
from analysis.snapshot.refresh.gather import Gathered, Prices
from analysis.snapshot.refresh.trade import KEY
from analysis.snapshot.refresh.vintage import blocking, classify_prices, classify_rows

__all__ = ["SOURCE", "Vintage", "candidate_files", "compare", "origins", "refusal"]

SOURCE = "yahoo"
"""Word of ``[sources]`` in ``study.toml`` for closes that a refresh has fetched."""

TABLES: dict[str, tuple[list[str], list[str]]] = {  # file of a refresh: its key, its values
    "prices_raw.csv": (["session", "ticker"], ["close"]),
    "actions.csv": (["session", "ticker", "kind"], ["value"]),
    "comtrade.csv": (KEY, ["value_usd", "net_weight_kg"]),
}


@dataclass(frozen=True, eq=False)
class Vintage:
    """What a refresh found, row by row.

    Attributes
    ----------
    classified : mapping of str to pandas.DataFrame
        By file name, prices first: see :mod:`analysis.snapshot.refresh.vintage`.
    jumps : pandas.DataFrame
        New returns that want a second look: columns ``session``, ``ticker``, ``return``.
    notes : tuple of str
        What is missing or was corrected.
    """

    classified: Mapping[str, pd.DataFrame]
    jumps: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def blocking(self) -> dict[str, pd.DataFrame]:
        """The rows that must be accepted, by file name; files without any are left out."""
        found = {name: blocking(table) for name, table in self.classified.items()}
        return {name: rows for name, rows in found.items() if len(rows)}

    @property
    def doubtful(self) -> bool:
        """Whether somebody must look before anything is written."""
        return bool(self.blocking) or len(self.jumps) > 0


def compare(old: Snapshot, gathered: Gathered) -> Vintage:
    """Classify every row of the files that a refresh concerns."""
    fresh = _fresh(gathered)
    tables = {
        name: classify_rows(_kept(old, name, table), table, *TABLES[name])
        for name, table in fresh.items()
    }
    notes = gathered.trade.notes if gathered.trade else ()
    if (prices := gathered.prices) is None:
        return Vintage(tables, pd.DataFrame(), notes)
    first = classify_prices(old.prices, prices.adjusted, prices.traded, prices.actions)
    return Vintage({"prices.csv": first} | tables, prices.jumps, prices.notes + notes)


def _fresh(gathered: Gathered) -> dict[str, pd.DataFrame]:
    """The tables of a refresh as the sources have them now."""
    found: dict[str, pd.DataFrame] = {}
    if gathered.prices is not None:
        found["prices_raw.csv"] = as_long(gathered.prices.traded.round(4), "close")
        found["actions.csv"] = gathered.prices.actions.round({"value": 6})
    if gathered.trade is not None:
        found["comtrade.csv"] = gathered.trade.table
    return found


def _kept(old: Snapshot, name: str, like: pd.DataFrame) -> pd.DataFrame:
    """The table as the snapshot has it, empty before the first refresh."""
    return old.refreshed.get(name, like.iloc[:0])


def candidate_files(
    old: Snapshot, gathered: Gathered, vintage: Vintage, *, accept: bool
) -> dict[str, bytes]:
    """Return the content of every file that the refresh changes.

    Without ``accept`` every old row stays as it is and new rows are added; a new close is divided
    by the factor that re-adjusted the past, so that the return across the seam is right. With it
    the new vintage takes the place of the old one; a session that Yahoo has lost is kept, times
    that factor, since a price file has no holes.

    Parameters
    ----------
    vintage : Vintage
        Of these two.

    Returns
    -------
    dict of str to bytes
        By file name; files that would not change are left out.
    """
    tables = {
        name: _merged(_kept(old, name, table), table, TABLES[name][0], name, accept=accept)
        for name, table in _fresh(gathered).items()
    }
    texts = {name: _csv(table) for name, table in tables.items() if len(table)}
    if gathered.prices is not None:
        table = _prices(vintage.classified["prices.csv"], accept=accept)
        texts["prices.csv"] = _csv(_with_others(old, table, accept=accept))
        texts["study.toml"] = _dated(read_file(old.folder / "study.toml"), old, gathered.prices)
    return {
        name: text
        for name, text in texts.items()
        if name not in old.manifest.files or read_file(old.folder / name) != text
    }


def _prices(classified: pd.DataFrame, *, accept: bool) -> pd.DataFrame:
    """Adjusted closes in long form, in one currency of adjustment: the old one or the new."""
    kept = classified["status"].isin(["vanished"] if accept else [*_OLD])
    scaled = classified["new"] if accept else classified["new"] / classified["factor"]
    rebased = (classified["old"] * classified["factor"]).round(4)
    close = scaled.round(4).mask(kept, rebased if accept else classified["old"])
    table = classified[["session", "ticker"]].assign(adjusted_close=close)
    return table.sort_values(["session", "ticker"], ignore_index=True)


def _with_others(old: Snapshot, table: pd.DataFrame, *, accept: bool) -> pd.DataFrame:
    """Add the closes that nobody fetched, and where each close is from if the file says so."""
    before = typed("prices.csv", read_rows("prices.csv", read_file(old.folder / "prices.csv")))
    others = before[~before["ticker"].isin(table["ticker"])]
    key = ["session", "ticker"]
    joined = pd.concat([table, others[[*table.columns]]]).sort_values(key, ignore_index=True)
    if "source" in before:
        sources = joined[key].merge(before, how="left", on=key)["source"]
        fetched = joined["ticker"].isin(table["ticker"]) & accept
        joined["source"] = sources.mask(fetched).fillna(SOURCE)
    return joined


_OLD = ("unchanged", "re-adjusted", "revised", "vanished")


def _merged(
    old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str], name: str, *, accept: bool
) -> pd.DataFrame:
    """One table a row a key: old rows win, or new ones with ``accept``."""
    if accept and name != "prices_raw.csv":
        return new
    first, second = (new, old) if accept else (old, new)
    both = pd.concat([first, second]).drop_duplicates([*key], keep="first")
    return both[[*new.columns]].sort_values([*key], ignore_index=True)


def _csv(table: pd.DataFrame) -> bytes:
    """Write a table with no more digits than its numbers need, as the committed prices are."""
    text = table.to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n")
    return text.encode("utf-8")


def _dated(study: bytes, old: Snapshot, prices: Prices | None) -> bytes:
    """Move the study's ``as_of`` to the last session, if that is later."""
    last = old.sessions[-1] if prices is None else prices.adjusted.index[-1]
    day = max(old.choices.as_of, last.date())
    return re.sub(rb"(?m)^as_of = \d{4}-\d{2}-\d{2}", f"as_of = {day}".encode(), study)


def refusal(vintage: Vintage, report: Path | None) -> errors.NamedError:
    """Return the error that ends a refresh which somebody must accept first.

    ``report`` is where the report of a doubtful vintage stands; None if it was only shown.
    """
    found = [
        f"{int(count)} {word} in {name}"
        for name, rows in vintage.blocking.items()
        for word, count in rows["status"].value_counts().items()
    ]
    if len(vintage.jumps):
        row = vintage.jumps.iloc[0]
        found.append(
            f"{len(vintage.jumps)} new returns as large as {row['ticker']}'s {row['return']:+.0%} "
            f"on {row['session']:%Y-%m-%d}"
        )
    return errors.UnexplainedError(
        "refresh",
        expected="old rows as they were or re-adjusted for a known dividend or split",
        found="; ".join(found),
        remedy=f"nothing is written{f' but {report}' if report else ''}; look at these rows there "
        "and in another source, then run nox -s refresh -- --accept to take the new vintage",
    )


_TOLD = {  # where the files of a refresh come from, and how they are gathered
    "comtrade.csv": (
        "UN Comtrade, monthly trade reported by China and its partners",
        "live refresh through the public interface, one month a request",
    ),
    "prices.csv": (
        "Yahoo Finance, daily closes adjusted for splits and dividends",
        "live refresh: adjusted by us from closes, dividends and splits, agrees with Yahoo's "
        "own adjustment on returns; rounded to four decimals",
    ),
    "prices_raw.csv": (
        "Yahoo Finance, daily closes",
        "live refresh: as traded, Yahoo's adjustment for splits undone",
    ),
    "actions.csv": ("Yahoo Finance, dividends and splits", "live refresh: amounts as paid"),
}


def origins(old: Snapshot, gathered: Gathered, today: pd.Timestamp) -> dict[str, Origin]:
    """Say where the files of a refresh come from, by name, for the manifest."""
    found = {}
    for name, told in _TOLD.items():
        trade = name == "comtrade.csv"
        if (gathered.trade if trade else gathered.prices) is not None:
            terms = old.manifest.files["customs.csv" if trade else "prices.csv"].licence
            found[name] = Origin(*told, f"{today:%Y-%m-%d}", terms)
    return found
