"""Load the data folder: everything checked, or one clear error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.calendar import check_prices, check_sessions
from analysis.snapshot.cells import typed
from analysis.snapshot.choices import Choices, parse_choices
from analysis.snapshot.claims import Claim, parse_claims
from analysis.snapshot.faults import fault, guess
from analysis.snapshot.files import digest, read_file
from analysis.snapshot.manifest import REFRESHED, Manifest, mismatch, read_manifest
from analysis.snapshot.reading import read_rows
from analysis.snapshot.swap import finish

__all__ = ["Snapshot", "load_snapshot"]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The checked data of one folder.

    Attributes
    ----------
    folder : pathlib.Path
        Where they were read.
    choices : Choices
        Every choice of the choices.
    prices : pandas.DataFrame
        Adjusted closes in dollars, sessions × tickers, shape ``(S, N)``, no gaps. Prices before a
        firm's ``listed_from`` are another company's: see :mod:`analysis.snapshot.eligibility`.
    events : pandas.DataFrame
        One row per event in file order; ``scheduled`` is a bool, dates are ``datetime64``.
    confounders : pandas.DataFrame
        Firm or market news that spoils a window; ticker ``ALL`` means every firm.
    universe : pandas.DataFrame
        Indexed by ticker; ``heavy_share`` as a fraction.
    customs : pandas.DataFrame
        China's monthly exports, ``month`` as monthly periods, values in ``unit``.
    manifest : Manifest
        Source, terms and hash of each file.
    fingerprint : str
        SHA-256 over the hashes of all files: two snapshots with the same one hold the same data.
    refreshed : mapping of str to pandas.DataFrame
        By file name what a live refresh keeps besides: ``prices_raw.csv``, ``actions.csv``,
        ``comtrade.csv``, as ``data/README.md`` describes them; empty before the first refresh.
    """

    folder: Path
    choices: Choices
    prices: pd.DataFrame
    events: pd.DataFrame
    confounders: pd.DataFrame
    universe: pd.DataFrame
    customs: pd.DataFrame
    manifest: Manifest
    fingerprint: str
    refreshed: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def sessions(self) -> pd.DatetimeIndex:
        """The sessions of the price table, in order."""
        return pd.DatetimeIndex(self.prices.index)

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """The claims by id, in file order; no field, or every varied copy would count as a use."""
        return parse_claims(read_file(self.folder / "claims.toml"))


def load_snapshot(folder: Path, *, check_hashes: bool = True) -> Snapshot:
    """Read the data folder and check hashes, schemas, sessions and references.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the manifest and the files it lists.
    check_hashes : bool
        False accepts edited files, as long as they are sound in every other way.

    Returns
    -------
    Snapshot

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

    choices = parse_choices(contents["study.toml"])
    tables = {
        name: typed(name, read_rows(name, contents[name]), [*choices.directions])
        for name in contents
        if name.endswith(".csv")
    }
    prices, events = tables["prices.csv"], tables["events.csv"]
    universe = tables["universe.csv"]
    refreshed = {name: tables[name] for name in tables if name in REFRESHED}
    claims = parse_claims(contents["claims.toml"]).values()
    _check_items(claims, choices)
    _check_tickers(tables, choices)
    check_prices(prices)
    for name in refreshed.keys() & {"actions.csv", "prices_raw.csv"}:
        check_sessions(name, refreshed[name])
    _check_days(events, choices, pd.DatetimeIndex(prices["session"].unique()))
    snapshot = Snapshot(
        folder=folder,
        choices=choices,
        prices=prices.pivot_table("adjusted_close", "session", "ticker"),  # one price a cell
        events=_plain(events.assign(scheduled=events["scheduled"] == "yes")),
        confounders=_plain(tables["confounders.csv"]),
        universe=universe.set_index("ticker"),
        customs=_plain(_with_periods(tables["customs.csv"])),
        manifest=manifest,
        fingerprint=_fingerprint(contents),
        refreshed={name: _plain(table) for name, table in refreshed.items()},
    )
    check_claims(claims, snapshot)
    return snapshot


def _no_strays(folder: Path, manifest: Manifest) -> None:
    """A file of a refresh that nobody has on record must not lie there as if it counted."""
    for name in REFRESHED.keys() - manifest.files.keys():
        if (folder / name).exists():
            raise fault(
                name,
                expected="an entry in manifest.json",
                found="none",
                remedy="remove the file; nox -s refresh writes it together with its entry",
            )


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True)


def _with_periods(customs: pd.DataFrame) -> pd.DataFrame:
    return customs.assign(month=pd.PeriodIndex(customs["month"], freq="M"))


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
    known = set(tables["universe.csv"]["ticker"])
    prices, confounders = tables["prices.csv"], tables["confounders.csv"]
    _known("prices.csv", "ticker", prices["ticker"].items(), known)
    for name in tables.keys() & {"actions.csv", "prices_raw.csv"}:
        _known(name, "ticker", tables[name]["ticker"].items(), known)
    _known("confounders.csv", "ticker", confounders["ticker"].items(), known | {"ALL"})
    affected = tables["events.csv"]["affected"].str.split(";").explode()
    _known("events.csv", "affected", affected[affected != ""].items(), known)
    priced = set(prices["ticker"])
    for row, ticker in tables["universe.csv"]["ticker"].items():
        if ticker not in priced:
            raise fault(
                "universe.csv",
                row=int(str(row)),
                column="ticker",
                expected=f"prices of {ticker} in prices.csv",
                found="none",
                remedy="add the prices or remove the row",
            )
    for key, tickers in choices.tickers.items():
        for ticker in tickers:
            if ticker not in known:
                raise fault(
                    f"study.toml, key {key}",
                    expected="tickers of universe.csv",
                    found=ticker,
                    remedy=f"{guess(ticker, known)}correct the ticker or add it to universe.csv",
                )


def _known(name: str, column: str, cells: Iterable[tuple[object, str]], known: set[str]) -> None:
    for row, ticker in cells:
        if ticker not in known:
            raise fault(
                name,
                row=int(str(row)),
                column=column,
                expected="a ticker of universe.csv",
                found=ticker,
                remedy=f"{guess(ticker, known)}correct the ticker or add it to universe.csv",
            )


def _check_days(events: pd.DataFrame, choices: Choices, sessions: pd.DatetimeIndex) -> None:
    """Every day 0 must be a session for which there are prices."""
    expected = f"a session between {sessions.min():%Y-%m-%d} and {sessions.max():%Y-%m-%d}"
    for column in ("day0", "alternative_day0"):
        days = events[column].dropna()
        for row, day in days[~days.isin(sessions)].items():
            raise fault(
                "events.csv",
                row=int(str(row)),
                column=column,
                expected=expected,
                found=f"{day:%Y-%m-%d (%A)}",
                remedy="give the first session that could price the news",
            )
    for name, day in choices.highlights.items():
        if pd.Timestamp(day) not in set(events["day0"]):
            raise fault(
                f"study.toml, key highlights.{name}",
                expected="day 0 of an event in events.csv",
                found=str(day),
                remedy="correct the date or add the event",
            )
    day_of = dict(zip(events["id"], events["day0"], strict=True))
    for event in choices.steps:
        if event not in day_of:
            raise fault(
                "study.toml, key steps",
                expected="events in events.csv",
                found=event,
                remedy="correct the id or add the event",
            )
    for name, regime in (choices.regimes.starts if choices.regimes else {}).items():
        if day_of.get(regime.event) != pd.Timestamp(regime.day):
            raise fault(
                f"study.toml, key regimes.starts.{name}",
                expected=f"day 0 of the event {regime.event} in events.csv",
                found=str(regime.day),
                remedy="correct the date or the event",
            )
