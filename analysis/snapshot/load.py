"""Load the data folder: everything checked, or one clear error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from analysis.errors import SnapshotError
from analysis.reads import Made, Part
from analysis.snapshot.amendments import AMENDMENTS, Amendment, parse_amendments
from analysis.snapshot.calendar import check_days, check_prices
from analysis.snapshot.cells import typed
from analysis.snapshot.choices import Choices, parse_choices
from analysis.snapshot.claims import Claim, Item
from analysis.snapshot.claims_file import parse_claims
from analysis.snapshot.customs import check_earlier
from analysis.snapshot.exchanges import (
    check_day0s,
    check_exchanges,
    check_missing,
    exchange_by_ticker,
    find_axis,
)
from analysis.snapshot.faults import fault, guess
from analysis.snapshot.files import digest, read_file
from analysis.snapshot.manifest import BESIDE, REFRESHED, Manifest, mismatch, read_manifest
from analysis.snapshot.periods import read_periods
from analysis.snapshot.reading import read_rows
from analysis.snapshot.rules import Rules
from analysis.snapshot.schema import EARLIER
from analysis.snapshot.swap import finish

__all__ = ["Snapshot", "load_snapshot"]

T = TypeVar("T")
NAMED = ("affected", "leave_out", "doubted")  # columns of events.csv that hold several tickers


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The checked data of one folder.

    Attributes
    ----------
    folder : pathlib.Path
        Where they were read.
    choices : Choices
        Every choice of the study.
    claims : dict of str to Claim
        By id, in file order, as they stand.
    registered : dict of str to Claim
        The same as they were registered.
    items : dict of str to Item
        The news items that claims are taken from, by the name that claims call them.
    amendments : tuple of Amendment
        What was changed after registration, in file order.
    prices : pandas.DataFrame
        Adjusted closes in the currency of each, sessions × tickers, shape ``(S, N)``, no gaps
        from a firm's ``listed_from`` on. Earlier ones are another company's: see
        :mod:`analysis.snapshot.eligibility`.
    events : pandas.DataFrame
        One row per event in file order; ``scheduled`` is a bool, dates are ``datetime64``.
    confounders : pandas.DataFrame
        Firm or market news that spoils a window; ticker ``ALL`` means every firm.
    universe : pandas.DataFrame
        Indexed by ticker; ``heavy_share`` as a fraction.
    customs : pandas.DataFrame
        The figures of the file ``customs.file``, ``month`` as periods, values in ``unit``.
    earlier_customs : pandas.DataFrame
        The same of years before the study, for what recurs every year; without rows if there are
        none.
    manifest : Manifest
        Source, terms and hash of each file.
    fingerprint : str
        SHA-256 over the hashes of all files: two snapshots with the same one hold the same data.
    refreshed : mapping of str to pandas.DataFrame
        By file name what a live refresh keeps besides: ``prices_raw.csv``, ``actions.csv``,
        ``comtrade.csv``, as ``data/README.md`` describes them; empty before the first refresh.
    axis : pandas.DatetimeIndex or None
        Of a study firm by firm the sessions of the market's exchange, events before the prices
        included; its ``prices`` hold the days of all exchanges, with gaps.
    """

    folder: Path
    manifest: Manifest
    fingerprint: str
    refreshed: Mapping[str, pd.DataFrame]
    choices: Part[Choices] = Part()
    claims: Part[dict[str, Claim]] = Part()
    registered: Part[dict[str, Claim]] = Part()
    items: Part[dict[str, Item]] = Part()
    amendments: Part[tuple[Amendment, ...]] = Part()
    prices: Part[pd.DataFrame] = Part()
    events: Part[pd.DataFrame] = Part()
    confounders: Part[pd.DataFrame] = Part()
    universe: Part[pd.DataFrame] = Part()
    customs: Part[pd.DataFrame] = Part()
    earlier_customs: Part[pd.DataFrame] = Part()
    axis: pd.DatetimeIndex | None = None

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """The sessions of the price table, or of the market's exchange, in order."""
        return pd.DatetimeIndex(self.prices.index) if self.axis is None else self.axis

    def claims_under(self, rules: Rules) -> dict[str, Claim]:
        """Return the claims by id, in file order: the entries that these rules decide."""
        return self.claims if rules.claims == "amended" else self.registered


def load_snapshot(folder: Path, *, check_hashes: bool = True) -> Snapshot:
    """Read the data folder and check hashes, schemas, sessions and references.

    Without ``check_hashes`` edited files are accepted, if they are sound in every other way.

    Raises
    ------
    SnapshotError
        In one line: file, row, what was expected and found, what to do.
    """
    finish(folder)
    manifest = read_manifest(folder)
    _no_strays(folder, manifest)
    contents = {name: read_file(folder / name) for name in sorted(manifest.files)}
    changed = {
        name: error
        for name, content in contents.items()
        if (error := mismatch(name, manifest.files[name].sha256, content))
    }
    try:
        snapshot = _parse(folder, contents, manifest)
    except SnapshotError as error:
        if check_hashes and changed:
            # The row is what the reader wants; that the bytes changed says how it came about.
            hint = f"{error} (differs from the manifest: {', '.join(changed)})"
            raise SnapshotError(hint) from None
        raise
    if check_hashes and changed:
        raise next(iter(changed.values()))
    return snapshot


def _parse(folder: Path, contents: Mapping[str, bytes], manifest: Manifest) -> Snapshot:
    from analysis.snapshot.claim_references import check_claims  # which knows snapshots

    tables = _read_each(contents)
    choices, claims = tables.pop("study.toml"), tables.pop("claims.toml")
    amendments = tables.pop(AMENDMENTS, ())
    prices, events = tables["prices.csv"], tables["events.csv"]
    universe = tables["universe.csv"]
    refreshed = {name: tables[name] for name in tables if name in REFRESHED}
    _check_items(claims.stated.values(), choices)
    _check_tickers(tables, choices)
    _check_columns(tables, choices)
    check_exchanges(tables, choices)
    listed = universe.set_index("ticker")["listed_from"].to_dict()
    check_prices(prices, exchange_by_ticker(universe, choices), choices.holes, listed)
    check_missing(tables, choices)
    for name in refreshed.keys() & {"actions.csv", "prices_raw.csv"}:
        check_days(name, refreshed[name], exchange_by_ticker(universe, choices))
    axis = find_axis(events, prices, choices) if choices.each_firm else None
    if choices.each_firm:
        check_day0s(tables, choices)
    _check_days(
        events, choices, pd.DatetimeIndex(prices["session"].unique() if axis is None else axis)
    )

    def made(value: T, name: str) -> Made[T]:
        return Made(value, frozenset({str(folder / name)}))

    def figures(name: str) -> Made[pd.DataFrame]:
        rows = tables[name]
        return made(_plain(rows.assign(month=read_periods(name, rows["month"]))), name)

    customs = figures(choices.customs.file)
    if EARLIER in tables:
        check_earlier(EARLIER, tables[EARLIER], tables[choices.customs.file])
    none = Made(customs.value[:0], frozenset[str]())
    wide = prices.pivot_table("adjusted_close", "session", "ticker")  # one price a cell
    snapshot = Snapshot(
        folder=folder,
        manifest=manifest,
        fingerprint=_fingerprint(contents),
        refreshed={name: _plain(table) for name, table in refreshed.items()},
        axis=axis,
        choices=made(choices, "study.toml"),
        claims=made(claims.stated, "claims.toml"),
        registered=made(claims.registered, "claims.toml"),
        items=made(claims.items, "claims.toml"),
        amendments=Made(amendments, frozenset({str(folder / AMENDMENTS)} if amendments else ())),
        prices=made(wide, "prices.csv"),
        events=made(_plain(events.assign(scheduled=events["scheduled"] == "yes")), "events.csv"),
        confounders=made(_plain(tables["confounders.csv"]), "confounders.csv"),
        universe=made(universe.set_index("ticker"), "universe.csv"),
        customs=customs,
        earlier_customs=figures(EARLIER) if EARLIER in tables else none,
    )
    check_claims(snapshot)
    return snapshot


def _read_each(contents: Mapping[str, bytes]) -> dict[str, Any]:
    """Read every file by itself; the first fault of each is told."""
    readers: dict[str, Callable[[bytes], Any]] = {
        "study.toml": parse_choices,
        "claims.toml": parse_claims,
        AMENDMENTS: parse_amendments,
    }
    found: dict[str, Any] = {}
    faults = []
    for name in sorted(contents, key=lambda name: (name != "study.toml", name)):
        choices = found.get("study.toml")  # read first: it names the directions of events.csv
        try:
            if name in readers:
                found[name] = readers[name](contents[name])
            elif name.endswith(".csv"):
                found[name] = typed(
                    name, read_rows(name, contents[name]), [*choices.directions] if choices else ()
                )
        except SnapshotError as error:
            faults.append(str(error))
    if faults:
        several = len(faults) > 1
        raise SnapshotError("\n  ".join([f"{len(faults)} files have a fault:"] * several + faults))
    return found


def _no_strays(folder: Path, manifest: Manifest) -> None:
    """A file of a refresh that nobody has on record must not lie there as if it counted."""
    for name in {*REFRESHED, *BESIDE} - manifest.files.keys():
        if (folder / name).exists():
            remedy = "remove the file; nox -s refresh writes it together with its entry"
            if name in BESIDE:
                remedy = "add an entry with its source and terms"
            raise fault(name, expected="an entry in manifest.json", found="none", remedy=remedy)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True)


def _fingerprint(contents: Mapping[str, bytes]) -> str:
    lines = [f"{digest(content)}  {name}\n" for name, content in sorted(contents.items())]
    return digest("".join(lines).encode("ascii"))


def _check_items(claims: Iterable[Claim], choices: Choices) -> None:
    """A claim's news item that is nearly a highlighted one is a slip; a study may have others."""
    for claim in claims:
        meant = guess(claim.item, choices.highlights)
        if meant and claim.item not in choices.highlights:
            raise fault(
                f"claims.toml, claim {claim.id}, field item",
                expected="an item of [highlights] in study.toml, or one that is unlike them all",
                found=claim.item,
                remedy=f"{meant}correct it",
            )


def _check_tickers(tables: Mapping[str, pd.DataFrame], choices: Choices) -> None:
    """Every ticker that any table or the study names must be in the universe, and have prices."""
    universe = tables["universe.csv"]["ticker"]
    known, priced = set(universe), set(tables["prices.csv"]["ticker"])
    several = {name: tables["events.csv"][name].str.split(";").explode() for name in NAMED}
    cells = [
        (name, "ticker", tables[name]["ticker"], known)
        for name in ("prices.csv", *REFRESHED)
        if "ticker" in tables.get(name, ())
    ]
    cells += [
        ("confounders.csv", "ticker", tables["confounders.csv"]["ticker"], known | {"ALL"}),
        *(("events.csv", name, each[each != ""], known) for name, each in several.items()),
    ]
    for name, column, tickers, allowed in cells:
        for row, ticker in tickers[~tickers.isin(allowed)].items():
            raise _unknown(name, ticker, allowed, "a ticker", row=int(str(row)), column=column)
    for row, ticker in universe[~universe.isin(priced)].items():
        raise fault(
            "universe.csv",
            row=int(str(row)),
            column="ticker",
            expected=f"prices of {ticker} in prices.csv",
            found="none",
            remedy="add the prices or remove the row",
        )
    for key, named in choices.tickers.items():
        for ticker in named:
            if ticker not in known:
                raise _unknown(f"study.toml, key {key}", ticker, known, "tickers")


def _check_columns(tables: Mapping[str, pd.DataFrame], choices: Choices) -> None:
    """Columns that a set of rules names must be there."""
    sets = choices.rules
    for name, rules in (("registered", sets.registered), ("amended", sets.amended)) if sets else ():
        named = {
            "deal": ("confounders.csv", [rules.deal] if rules.deal else []),
            "leave_out": ("events.csv", rules.leave_out),
        }
        for key, (file, columns) in named.items():
            known = [*tables[file]]
            for column in columns:
                if column not in known:
                    raise fault(
                        f"study.toml, key rules.{name}.{key}",
                        expected=f"a column of {file}",
                        found=column,
                        remedy=f"{guess(column, known)}correct the line",
                    )


def _unknown(name: str, ticker: str, known: set[str], what: str, **place: Any) -> SnapshotError:
    remedy = f"{guess(ticker, known)}correct the ticker or add it to universe.csv"
    expected = f"{what} of universe.csv"
    return fault(name, expected=expected, found=ticker, remedy=remedy, **place)


def _check_days(events: pd.DataFrame, choices: Choices, sessions: pd.DatetimeIndex) -> None:
    """Every day 0 must be a session for which there are prices."""
    for column in ("day0", "alternative_day0"):
        days = events[column].dropna()
        for row, day in days[~days.isin(sessions)].items():
            raise fault(
                "events.csv",
                row=int(str(row)),
                column=column,
                expected=f"a session between {sessions.min():%Y-%m-%d} and "
                f"{sessions.max():%Y-%m-%d}",
                found=f"{day:%Y-%m-%d (%A)}",
                remedy="give the first session that could price the news",
            )
    day_of = {id_: day.date() for id_, day in zip(events["id"], events["day0"], strict=True)}
    starts = choices.regimes.starts if choices.regimes else {}
    faults = [
        *((f"highlights.{name}", "day 0 of an event in events.csv", day, "date or add the event")
          for name, day in choices.highlights.items() if day not in day_of.values()),
        *(("steps", "events in events.csv", event, "id or add the event")
          for event in choices.steps if event not in day_of),
        *((f"regimes.starts.{name}", f"day 0 of the event {regime.event} in events.csv",
           regime.day, "date or the event")
          for name, regime in starts.items() if day_of.get(regime.event) != regime.day),
    ]  # fmt: skip
    for key, expected, found, what in faults:
        remedy = f"correct the {what}"
        raise fault(f"study.toml, key {key}", expected=expected, found=str(found), remedy=remedy)
