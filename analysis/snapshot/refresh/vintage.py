"""Two vintages side by side: every row new, unchanged, re-adjusted, revised or vanished."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.snapshot.refresh.adjust import action_factors
from analysis.snapshot.refresh.checks import TOLERANCE

__all__ = ["STATUSES", "blocking", "classify_prices", "classify_rows"]

STATUSES = ("new", "unchanged", "re-adjusted", "revised", "vanished")
HALF = 0.5e-4  # dollars: the stored closes are rounded to four decimals


def classify_prices(
    old: pd.DataFrame, new: pd.DataFrame, traded: pd.DataFrame, actions: pd.DataFrame
) -> pd.DataFrame:
    """Say of each adjusted close what became of it.

    Adjusted closes are compared on returns, since every dividend multiplies the whole past with a
    constant. A row whose return from the row before moved by more than
    :data:`analysis.snapshot.refresh.checks.TOLERANCE` (and what four decimals leave open) is
    ``revised``. The rows between two revised ones share one factor new ÷ old: if it is one they
    are ``unchanged``, else ``re-adjusted``, explained if the factor is that of all known dividends
    and splits from some ex-date on. That day may lie inside the old rows: a refresh that adds rows
    leaves the whole file on the footing of the day when it was last taken as a whole.

    Parameters
    ----------
    old : pandas.DataFrame
        Adjusted closes of the snapshot, sessions × tickers, dollars; a ticker that the source was
        not asked for is left out.
    new, traded : pandas.DataFrame
        Adjusted and traded closes as the source has them now, same shape of table; missing where
        it has none.
    actions : pandas.DataFrame
        Columns ``session``, ``ticker``, ``kind``, ``value``, as the source has them now.

    Returns
    -------
    pandas.DataFrame
        One row a ticker and session: ``ticker``, ``session``, ``old``, ``new`` (dollars),
        ``status``, ``factor`` (new ÷ old of the run that the row belongs to; for a new or vanished
        row that of the nearest run before, or after if there is none) and ``cause`` (of a
        re-adjustment; empty: unexplained).
    """
    sessions = old.index.union(new.index)
    parts = []
    for ticker in old.columns.intersection(new.columns):
        known = actions[actions["ticker"] == ticker]
        factors = action_factors(traded[ticker], known)
        frame = pd.DataFrame(
            {"old": old[ticker].reindex(sessions), "new": new[ticker].reindex(sessions)}
        )
        parts.append(_one(frame.dropna(how="all"), factors).assign(ticker=ticker))
    columns = ["ticker", "session", "old", "new", "status", "factor", "cause"]
    return pd.concat(parts).rename_axis("session").reset_index()[columns]


def _one(frame: pd.DataFrame, factors: pd.Series[float]) -> pd.DataFrame:
    """Classify the rows of one ticker, indexed by session."""
    both = frame.dropna()
    slack = HALF / both["old"]
    moved = both["new"].pct_change() - both["old"].pct_change()
    growth = 1.0 + both["old"].pct_change().abs()
    revised = moved.abs() > TOLERANCE + growth * (slack + slack.shift())
    status = pd.Series("new", index=frame.index).mask(frame["new"].isna(), "vanished")
    factor = pd.Series(np.nan, index=frame.index)
    cause = pd.Series("", index=frame.index)
    for _, run in both.groupby(revised.cumsum()):
        word, by, why = _run(run["new"] / run["old"], HALF / run["old"], factors)
        status[run.index], factor[run.index], cause[run.index] = word, by, why
    status[revised[revised].index] = "revised"
    return frame.assign(status=status, factor=factor.ffill().bfill().fillna(1.0), cause=cause)


def _run(
    ratio: pd.Series[float], slack: pd.Series[float], factors: pd.Series[float]
) -> tuple[str, float, str]:
    """Status, factor and cause of rows that share a factor; see :func:`classify_prices`."""
    found = float(ratio.median())
    tails = [factors.iloc[i:] for i in range(len(factors))]
    known = [(1.0, ""), *((float(np.prod(tail)), _named(tail)) for tail in tails)]
    by, why = min(known, key=lambda candidate: abs(found / candidate[0] - 1.0))
    near = abs(found / by - 1.0) <= TOLERANCE + slack.median()
    # Levels may drift where every return agrees; not far, or the factor is none.
    steady = (ratio / by - 1.0).abs().max() <= 5 * TOLERANCE + slack.max()
    if not (near and steady):
        return "re-adjusted", found, ""
    return ("re-adjusted", by, why) if why else ("unchanged", 1.0, "")


def _named(span: pd.Series[float]) -> str:
    days = [f"{day:%Y-%m-%d}" for day in span.index]
    if len(days) == 1:
        return f"ex-date {days[0]}"
    return f"{len(days)} ex-dates {days[0]} to {days[-1]}"


def classify_rows(
    old: pd.DataFrame, new: pd.DataFrame, key: Sequence[str], values: Sequence[str]
) -> pd.DataFrame:
    """Say of each row of a table that is compared value by value what became of it.

    Parameters
    ----------
    old, new : pandas.DataFrame
        Tables with the columns of ``key`` (unique) and ``values`` (numbers; missing equals
        missing).

    Returns
    -------
    pandas.DataFrame
        The key, ``old`` and ``new`` (the first of ``values`` that differs, else the first),
        and ``status``; numbers within a relative
        :data:`analysis.snapshot.refresh.checks.TOLERANCE` are equal.
    """
    key = [*key]
    joined = old[[*key, *values]].merge(
        new[[*key, *values]], how="outer", on=key, suffixes=(" old", " new"), indicator=True
    )
    before = joined[[f"{name} old" for name in values]].to_numpy(float)
    after = joined[[f"{name} new" for name in values]].to_numpy(float)
    same = np.isclose(before, after, rtol=TOLERANCE, atol=HALF, equal_nan=True)
    first = np.argmin(same, axis=1)  # of a row without a difference: 0
    rows = np.arange(len(joined))
    status = np.where(same.all(axis=1), "unchanged", "revised").astype(object)
    side = joined["_merge"].astype(str).to_numpy()
    status[side == "left_only"] = "vanished"
    status[side == "right_only"] = "new"
    first[side != "both"] = 0
    return joined[key].assign(
        old=before[rows, first] if len(joined) else [],
        new=after[rows, first] if len(joined) else [],
        status=status,
    )


def blocking(classified: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that somebody must accept: revised, vanished, re-adjusted without a cause."""
    status = classified["status"]
    wanted = status.isin(["revised", "vanished"])
    if "cause" in classified:
        wanted |= (status == "re-adjusted") & (classified["cause"] == "")
    return classified[wanted]
