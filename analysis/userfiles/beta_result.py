"""What a run of relative betas on a user's own prices returns, also as JSON and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.userfiles.options import BetaOptions
from analysis.userfiles.output import as_text, plain, records, spec, spec_table

__all__ = ["YEAR", "BetaResult", "document", "tables"]

YEAR = {"day": 252, "week": 52, "month": 12}  # returns a year, by which a rate a year is divided
MOST_TOLD = 3  # assets that are named on the terminal
SHOWN = ["ticker", "n", "beta", "se_hc3", "low", "high", "huber.beta", "r2"]  # in the summary


@dataclass(frozen=True)
class BetaResult:
    """Frames of one run.

    Attributes
    ----------
    betas : DataFrame, one row an asset
        Least squares with three errors, shrunk and other estimates; see ``docs/beta.md``.
    rolling : DataFrame
        ``ticker``, ``date`` (last session of the window), ``beta``, ``se``, ``low``, ``high``,
        ``weighted`` (exponential weights).
    equality : DataFrame
        Tests of equal betas: of all assets first, then, with ``pairs``, of each pair.
    skipped : DataFrame
        ``ticker``, ``reason``.
    options : BetaOptions
        What was chosen.
    days : Series
        Days with a price, by asset.
    """

    betas: pd.DataFrame
    rolling: pd.DataFrame
    equality: pd.DataFrame
    skipped: pd.DataFrame
    options: BetaOptions
    days: pd.Series

    def said(self) -> list[str]:
        """Return what was done to the prices before they met."""
        options, lines = self.options, []
        if options.frequency != "day":
            lines.append(f"returns from the last price of each {options.frequency}")
        if options.risk_free:
            lines.append(
                f"returns less {options.risk_free}, read as percent a year over "
                f"{YEAR[options.frequency]}"
            )
        return lines

    def warnings(self) -> list[str]:
        """Return what a reader should know of the assets.

        Those that were left out, that lack days of the benchmark or have more (returns then go
        from one common day to the next, a Friday to Monday), or have no rolling path.
        """
        lines = [f"left out: {row.ticker}: {row.reason}" for row in self.skipped.itertuples()]
        lines = _first(lines, "more assets left out")
        told = []
        daily = self.options.missing == "trade" and self.options.frequency == "day"
        for row in self.betas.to_dict("records") if daily else ():
            own = int(self.days[row["ticker"]])
            if own > row["n"] + 1:
                told.append(
                    f"{row['ticker']}: returns between the {row['n'] + 1:,} days that it shares "
                    f"with {self.options.benchmark}, of {own:,}"
                )
        lines += _first(told, "more assets with returns between common days")
        rolled = set(self.rolling["ticker"]) if len(self.rolling) else set()
        without = [row for row in self.betas.to_dict("records") if row["ticker"] not in rolled]
        paths = [
            f"{row['ticker']}: no rolling path, for its {row['n']} returns are fewer than the "
            f"window of {self.options.window}"
            for row in without
        ]
        return lines + _first(paths, "more assets without a rolling path")

    def summary(self) -> str:
        """Return the betas and the tests that they are equal as text."""
        found = f"{len(self.betas)} assets on {self.options.benchmark}, {len(self.skipped)} skipped"
        tables = (
            self.betas.reindex(columns=SHOWN),
            self.equality.drop(columns="betas", errors="ignore"),
        )
        return "\n\n".join([found, *(as_text(table) for table in tables if len(table))])


def _first(lines: list[str], rest: str) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = [f"{len(lines) - MOST_TOLD} {rest}"] if len(lines) > MOST_TOLD else []
    return lines[:MOST_TOLD] + more


def document(result: BetaResult, files: Sequence[Path]) -> dict[str, Any]:
    """Arrange a result for JSON: one entry an asset, its other estimates and path inside it."""
    paths = dict(list(result.rolling.groupby("ticker"))) if len(result.rolling) else {}
    none = result.rolling.head(0)
    assets = []
    for row in result.betas.to_dict("records"):
        path = paths.get(row["ticker"], none).drop(columns="ticker", errors="ignore")
        assets.append(_nested(row) | {"rolling": _columns(path)})
    return {
        "spec": spec(result.options, files),
        "assets": assets,
        "equality": records(result.equality),
        "skipped": records(result.skipped),
    }


def tables(result: BetaResult, files: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """Arrange a result as tables by name, that of the betas first."""
    return {
        "betas": result.betas,
        "equality": result.equality,
        "rolling": result.rolling,
        "skipped": result.skipped,
        "spec": spec_table(result.options, files),
    }


def _columns(path: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a path as lists by column, which take a third of the room that rows do."""
    rows = records(path)
    return {str(name): [row[str(name)] for row in rows] for name in path.columns}


def _nested(row: dict[Any, Any]) -> dict[str, Any]:
    """Turn ``huber.beta`` into an entry ``beta`` of ``huber``."""
    nested: dict[str, Any] = {}
    for name, value in row.items():
        outer, _, inner = str(name).partition(".")
        place = nested.setdefault(outer, {}) if inner else nested
        place[inner or outer] = plain(value)
    return nested
