"""What a history must satisfy before anybody compares it: days, splits, adjustment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.snapshot.calendar import NAMES
from analysis.snapshot.exchange_choices import HOME
from analysis.snapshot.refresh import errors
from analysis.snapshot.refresh.adjust import adjusted_closes
from analysis.snapshot.refresh.yahoo import History

__all__ = ["TOLERANCE", "check_history"]

TOLERANCE = 1e-4  # between two returns, as a fraction: Yahoo's adjusted closes jitter by 1e-5
NEW_YORK = NAMES[HOME]
SPLIT = 1.4  # smallest split ratio, either way round, that a price step can be told from


def check_history(
    history: History, sessions: pd.DatetimeIndex, known: pd.DatetimeIndex, where: str = NEW_YORK
) -> pd.Series[float]:
    """Check one ticker's history and return its closes adjusted by us.

    Parameters
    ----------
    sessions : pandas.DatetimeIndex
        The exchange's sessions in the span that was asked for.
    known : pandas.DatetimeIndex
        Sessions that the snapshot holds already: one that is missing here is reported by the
        comparison of vintages; a new one that is missing is an error.
    where : str
        The exchange in words.

    Returns
    -------
    pandas.Series
        Dollars, by session, without missing values.

    Raises
    ------
    RefreshError
        A subclass that names what is wrong.
    """
    _check_days(history, sessions, where)
    _check_complete(history, sessions.difference(known))
    _check_splits(history)
    return _check_adjustment(history)


def _check_days(history: History, sessions: pd.DatetimeIndex, where: str) -> None:
    strays = pd.DatetimeIndex(history.bars.index.difference(sessions))
    if len(strays):
        raise errors.TimeZoneError(
            f"Yahoo, {history.ticker}",
            expected=f"bars on sessions of {where} only",
            found=f"{len(strays)} on other days, first {strays[0]:%Y-%m-%d (%A)}",
            remedy=f"the time zone of the answer is off; {errors.LATER}",
        )


def _check_complete(history: History, new: pd.DatetimeIndex) -> None:
    place = f"Yahoo, {history.ticker}"
    close = history.bars["close"]
    blank = new.intersection(pd.DatetimeIndex(close[close.isna()].index))
    missing = new.difference(pd.DatetimeIndex(close.index))
    if not len(blank) and not len(missing):
        return
    first = min([*blank[:1], *missing[:1]])
    until = f"or refresh up to the day before: --end {first - pd.Timedelta(days=1):%Y-%m-%d}"
    if len(blank):
        raise errors.NaNRunError(
            place,
            expected="a close on every session",
            found=f"none on {len(blank)}, {blank[0]:%Y-%m-%d} to {blank[-1]:%Y-%m-%d}",
            remedy=f"{errors.LATER}, {until}",
        )
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    raise errors.MissingSessionError(
        place,
        expected="every session",
        found=f"no bar on {', '.join(f'{day:%Y-%m-%d}' for day in missing[:5])}{more}",
        remedy=f"{errors.LATER}, {until}",
    )


def _check_splits(history: History) -> None:
    """Around a split Yahoo's close, which is adjusted for it, must not jump by its ratio.

    A ratio nearer to one than :data:`SPLIT` (a spin-off) is no larger than what these shares move
    on an ordinary day: there only the comparison with the snapshot can tell.
    """
    splits = history.actions[history.actions["kind"] == "split"]
    close = history.bars["close"].dropna()
    steps = np.log(close).diff()
    for day, ratio in zip(splits["session"], splits["value"], strict=True):
        step = float(steps.get(day, np.nan))
        size = abs(np.log(ratio))
        if size >= np.log(SPLIT) and abs(step) > size / 2:
            raise errors.InventedSplitError(
                f"Yahoo, {history.ticker}, {day:%Y-%m-%d}",
                expected=f"closes adjusted for a split of {ratio:g} new shares for one",
                found=f"a step of {np.expm1(step):+.1%}, as if there had been none or only half",
                remedy=f"look the split up in the firm's filings; {errors.LATER}",
            )


def _check_adjustment(history: History) -> pd.Series[float]:
    bars = history.bars.dropna()
    ours = adjusted_closes(bars["traded"], history.actions)
    apart = (ours.pct_change() - bars["adjusted"].pct_change()).abs()
    if (apart > TOLERANCE).any():
        day = apart.idxmax()
        raise errors.AdjustmentError(
            f"Yahoo, {history.ticker}, {day:%Y-%m-%d}",
            expected=f"returns from our adjustment within {TOLERANCE:g} of Yahoo's",
            found=f"{apart.max():.2g} apart ({int((apart > TOLERANCE).sum())} sessions differ)",
            remedy="a dividend or split of that day is missing, doubled or wrong at Yahoo; "
            f"look it up; {errors.LATER}",
        )
    return ours
