"""Figures of months, quarters or weeks: which can be compared, and the days they were known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.snapshot.choices import Choices
from analysis.snapshot.faults import fault

__all__ = ["check_earlier", "monthly_panel", "release_days"]


_NOTHING = pd.DataFrame(
    {"level": 0.0, "change": 0.0, "unit": "", "coverage": "", "status": "", "gap": True,
     "reason": "", "release_date": pd.Timestamp(0)},
    pd.MultiIndex.from_arrays([[""], pd.period_range("2000", "2000", freq="M")],
                              names=["series", "month"]),
)[:0]  # fmt: skip


def check_earlier(name: str, earlier: pd.DataFrame, customs: pd.DataFrame) -> None:
    """Hold figures of years before a study, indexed by line number, against those of the study.

    Raises
    ------
    SnapshotError
        If a series has months of the study, or another unit than there.
    """
    for series, rows in earlier.groupby("series", sort=False):
        later = customs[customs["series"] == series]
        if later.empty:
            continue
        first, unit = later["month"].min(), later["unit"].iloc[0]
        for column, wrong, expected in (
            ("month", rows["month"] >= first, f"a month before {first}, the first of customs.csv"),
            ("unit", rows["unit"] != unit, f"{unit}, the unit of the series in customs.csv"),
        ):
            if wrong.any():
                row = wrong.idxmax()
                raise fault(
                    name,
                    row=int(row),
                    column=column,
                    expected=expected,
                    found=str(rows.loc[row, column]),
                    remedy="correct the row or remove it",
                )


def monthly_panel(customs: pd.DataFrame, choices: Choices) -> pd.DataFrame:
    """Level and log change of every series by period, with the rules that were applied.

    - A month has a level only where a figure for that single month is known. A January-February sum
      is never split: without single figures both months are unknown and flagged ``jan_feb``, and so
      are the changes of January, February and March.
    - A derived figure is kept unless its band, ``(high - low) / value``, is wider than
      ``study.customs.derived_band``. A derived figure without a stated band is kept.
    - The change is ``ln(level) - ln(level one calendar month before)``; it needs both levels, and
      both above zero. Nothing is filled in.

    Parameters
    ----------
    customs : pandas.DataFrame
        As in a snapshot.
    choices : Choices
        For the widest band.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``series`` and ``month`` (months, quarters or weeks without a hole from the first
        to the last of the series). ``level`` (in ``unit``), ``change`` (log points), ``unit``,
        ``coverage`` (month, jan_feb, none), ``status`` (reported, derived or empty), ``gap`` (bool:
        no level), ``reason`` (why there is no level or no change), ``release_date``.
    """
    if customs.empty:
        return _NOTHING.copy()
    panels = {
        str(series): _series_panel(rows, choices.customs.derived_band)
        for series, rows in customs.groupby("series", sort=True)
    }
    return pd.concat(panels, names=["series", "month"])


def _series_panel(rows: pd.DataFrame, widest: float) -> pd.DataFrame:
    singles = rows[rows["coverage"] == "month"].set_index("month")
    sums = rows[rows["coverage"] == "jan_feb"].set_index("month")
    covered = sums.index.union(sums.index - 1)
    every = singles.index.union(covered)
    months = pd.period_range(every.min(), every.max(), name="month")
    panel = singles.reindex(months)[["value", "low", "high", "unit", "status", "release_date"]]
    wide = (panel["status"] == "derived") & (
        (panel["high"] - panel["low"]) / panel["value"] > widest
    )
    known = panel["value"].notna()
    level = panel["value"].mask(wide)
    coverage = np.where(known, "month", np.where(months.isin(covered), "jan_feb", "none"))
    logs = np.log(level.where(level > 0))
    change = logs - logs.shift(1)
    return pd.DataFrame(
        {
            "level": level,
            "change": change,
            "unit": rows["unit"].iloc[0],
            "coverage": coverage,
            "status": panel["status"].fillna(""),
            "gap": level.isna(),
            "reason": _reasons(level, change, coverage, wide),
            "release_date": panel["release_date"],
        },
        index=months,
    )


def _reasons(
    level: pd.Series, change: pd.Series, coverage: np.ndarray, wide: pd.Series
) -> np.ndarray:
    """Why a month has no level or, with one, no change; empty where it has both."""
    earlier = level.shift(1)
    return np.select(
        [
            coverage == "jan_feb",
            coverage == "none",
            wide,
            change.notna(),
            level == 0,
            earlier == 0,
        ],
        [
            "published only as the sum of January and February",
            "no figure found",
            "derived figure with too wide a band",
            "",
            "zero has no logarithm",
            "the month before was zero",
        ],
        default="the month before is unknown",
    )


def release_days(customs: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """First of the ``sessions`` with prices that could price each release.

    A figure is taken to come before the exchange opens on its date, as China's do for New York, so
    a release on a session is priced by that session; one at a weekend or on a holiday by the
    next.

    Returns
    -------
    pandas.DataFrame
        One row per row of ``customs``, in its order: ``series``, ``month``, ``coverage``,
        ``release_date``, ``session`` (missing where there is none), ``reason`` (empty if the
        release day is itself the session).
    """
    dates = customs["release_date"]
    at = sessions.searchsorted(pd.DatetimeIndex(dates.fillna(sessions[0])))
    session = pd.Series(sessions[np.minimum(at, len(sessions) - 1)], index=customs.index)
    early, late = dates < sessions[0], dates > sessions[-1]
    session = session.mask(dates.isna() | early | late)
    reason = np.select(
        [dates.isna(), early, late, session != dates],
        [
            "release day not known",
            "released before the first price",
            "released after the last price",
            "no session on the release day, the next one is used",
        ],
        default="",
    )
    kept = customs[["series", "month", "coverage", "release_date"]]
    return kept.assign(session=session, reason=reason)
