"""The monthly trade table: fetched month by month, complete or refused, gaps named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from analysis.snapshot.refresh import errors
from analysis.snapshot.refresh.comtrade import CHINA, PARTNERS, WORLD, Client

__all__ = ["KEY", "Progress", "Trade", "fetch_trade"]

KEY = ["month", "reporter", "flow", "partner", "commodity"]


class Progress(Protocol):
    """What a refresh tells while it runs."""

    def done(self, stage: str, item: str, total: int, found: str) -> None:
        """Say that one of ``total`` items of a stage has been fetched, and what was found."""

    def say(self, line: str) -> None:
        """Say something else in one line."""


@dataclass(frozen=True, eq=False)
class Trade:
    """What UN Comtrade holds; ``notes`` say in a line each what is missing.

    ``table`` has the columns of :data:`KEY` (month ``YYYY-MM``, M49 codes, ``X`` or ``M``,
    six-digit commodity), ``value_usd`` (current US dollars), ``net_weight_kg`` (missing: unknown)
    and ``weight`` (``reported``, ``estimated`` or empty), and is sorted by the key.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def fetch_trade(client: Client, months: pd.PeriodIndex, progress: Progress) -> Trade:
    """Fetch China's exports and the partners' imports from China, one month a request.

    Of the ``months`` that are wanted, those not published are named, not missed.

    Raises
    ------
    RefreshError
        A subclass that names what went wrong; a month that is listed as published and comes
        back empty is an error, never a gap.
    """
    reporters = [CHINA, *(code for code in PARTNERS if code != WORLD)]
    periods = [f"{month:%Y%m}" for month in months]
    published: set[tuple[str, int]] = set()
    for start in range(0, len(periods), 12):
        published |= client.availability(periods[start : start + 12], reporters)
    wanted = [period for period in periods if any(p == period for p, _ in published)]
    rows: list[dict[str, Any]] = []
    for period in wanted:
        found = _month(client, period, [r for r in reporters if (period, r) in published])
        rows += found
        progress.done("UN Comtrade", _month_name(period), len(wanted), f"{len(found)} rows")
    if not rows:
        place = f"UN Comtrade, {months[0]} to {months[-1]}"
        raise errors.LostPeriodError(place, expected="at least one published month", found="none")
    table = pd.DataFrame(rows)[[*KEY, "value_usd", "net_weight_kg", "weight"]]
    _check_keys(table)
    unknown = int(table["net_weight_kg"].isna().sum())
    notes = _gaps(reporters, periods, published)
    if unknown:
        notes.append(f"UN Comtrade: {unknown} rows have a value and no weight; it stays unknown")
    return Trade(table.sort_values(KEY, ignore_index=True), tuple(notes))


def _month(client: Client, period: str, reporters: list[int]) -> list[dict[str, Any]]:
    """Fetch one month; every reporter that is listed for it must have a row."""
    answers = [client.exports(period)] if CHINA in reporters else []
    if others := [code for code in reporters if code != CHINA]:
        answers.append(client.mirror(period, others))
    rows = [_row(raw) for answer in answers for raw in answer]
    silent = sorted(set(reporters) - {row["reporter"] for row in rows})
    place = f"UN Comtrade, {_month_name(period)}"
    if silent:
        expected = f"rows of {', '.join(_name(code) for code in silent)}, listed as published"
        raise errors.LostPeriodError(place, expected=expected, found="none")
    if all(row["net_weight_kg"] is None for row in rows):
        found = f"none in {len(rows)} rows"
        raise errors.ZeroWeightsError(place, expected="net weights", found=found)
    return rows


def _row(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        weight = float(raw["netWgt"] or 0.0)
        return {
            "month": _month_name(str(raw["period"])),
            "reporter": int(raw["reporterCode"]),
            "flow": str(raw["flowCode"]),
            "partner": int(raw["partnerCode"]),
            "commodity": str(raw["cmdCode"]),
            "value_usd": float(raw["primaryValue"]),
            # The source writes 0 where it has no weight: a value without weight is not 0 kg.
            "net_weight_kg": weight or None,
            "weight": ("estimated" if raw.get("isNetWgtEstimated") else "reported")
            if weight
            else "",
        }
    except (KeyError, TypeError, ValueError) as error:
        found = f"{type(error).__name__} {error}"
        expected = "rows with value and weight"
        raise errors.AnswerError("UN Comtrade", expected=expected, found=found) from None


def _check_keys(table: pd.DataFrame) -> None:
    twice = table[table.duplicated(KEY)]
    if not twice.empty:
        key = ", ".join(str(twice.iloc[0][name]) for name in KEY)
        raise errors.DuplicateRowsError(
            "UN Comtrade", expected="one row a key", found=f"{len(twice)} more, first {key}"
        )


def _gaps(
    reporters: Iterable[int], periods: Iterable[str], published: set[tuple[str, int]]
) -> list[str]:
    """Say whose months are not published; reporters with the same gaps share a line."""
    months = pd.PeriodIndex([*periods], freq="M")
    who: dict[str, list[str]] = {}
    for reporter in reporters:
        missing = [m for m in months if (f"{m:%Y%m}", reporter) not in published]
        if missing:
            who.setdefault(_spans(missing), []).append(_name(reporter))
    return [f"UN Comtrade has nothing from {', '.join(who[gap])} for {gap}" for gap in who]


def _spans(months: list[pd.Period]) -> str:
    """Months in order, those that follow one another as first to last."""
    runs: list[list[pd.Period]] = []
    for month in months:
        if runs and runs[-1][-1] + 1 == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(f"{r[0]}" if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs)


def _name(code: int) -> str:
    return "China" if code == CHINA else PARTNERS[code]


def _month_name(period: str) -> str:
    return f"{period[:4]}-{period[4:]}"
