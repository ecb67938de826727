"""Export tonnage of the earlier years against the fund and the firms, as registered: no test.

Changes of the headline, each less the mean of its calendar month in earlier years, are correlated
with monthly returns at leads and lags.
"""

from __future__ import annotations

import pandas as pd

from analysis.estimators.dependence.lead_lag import detectable
from analysis.estimators.dependence.seasons import less_earlier_years
from analysis.questions.customs.correlations import set_beside
from analysis.questions.requirements import EARLIER, need_funds, need_series
from analysis.results import Dataset, Findings, Provenance
from analysis.results.columns import Column, Scalar, numbers_of, scalar_numbers, table_of
from analysis.results.formats import percent
from analysis.snapshot.load import Snapshot
from analysis.study.adjusted_exports import (
    FIRMS,
    HEADLINE,
    asset_returns,
    correlate_adjusted,
    headline_changes,
)
from analysis.study.customs import METHODS
from analysis.study.earlier import earlier_study
from analysis.study.panel import Panel

__all__ = ["compute", "correlate_exports", "publish_exports"]

NEEDS = (EARLIER, need_series(HEADLINE), need_funds("metals"))

WORDS = (
    "{method} correlation of adjusted changes of headline exports with the return of {name}, "
    "{lag} months later"
)
LAGS = (Column("estimate", "", "decimal2", "correlation", WORDS, "", "", "low", "high", "", "n"),)
BESIDE = (
    Column("name", "Return of"),
    Column("lag", "Lag", "integer"),
    Column("n", "Months", "integer"),
)
NAMES = {FIRMS: "the firms"}
NOTE = (
    "Log change of headline tonnage on the month before, less the mean change of the same calendar "
    "month in earlier years, with the monthly return of {fund} and the mean return of the firms "
    "whose closes on the last sessions of this month and of the one before are known, in local "
    "currency. A positive lag means that exports come first. In brackets moving-block bootstrap "
    "intervals ({level}); nothing is tested. Single months only; a derived figure whose band is "
    "too wide is left out."
)


def compute(panel: Panel) -> Findings:
    """Publish the registered correlations and how few months they rest on."""
    snapshot = earlier_study(panel.snapshot)
    changes = headline_changes(snapshot.customs, snapshot.choices)
    source = Provenance.of(correlate_exports, "single months of the earlier study")
    return publish_exports(snapshot, "before_exports", changes, correlate_exports(snapshot), source)


def correlate_exports(snapshot: Snapshot) -> pd.DataFrame:
    """Correlate the adjusted changes of a study's headline with its fund and its firms.

    Returns
    -------
    DataFrame
        See :func:`analysis.study.adjusted_exports.correlate_adjusted`.
    """
    changes = headline_changes(snapshot.customs, snapshot.choices)
    returns = asset_returns(snapshot)
    return correlate_adjusted(snapshot, changes, {str(a): returns[a] for a in returns}, "exports")


def publish_exports(
    snapshot: Snapshot, name: str, changes: pd.Series, lags: pd.DataFrame, source: Provenance
) -> Findings:
    """Publish correlations as a table and a data set called ``name`` and numbers under its words.

    Parameters
    ----------
    changes : Series
        Those that were adjusted, by month.
    lags : DataFrame
        See :func:`analysis.study.adjusted_exports.correlate_adjusted`.
    """
    inference, fund = snapshot.choices.inference, snapshot.choices.benchmark.metals
    shown = lags.assign(
        name=lags["asset"].map(NAMES).fillna(lags["asset"]),
        key=lags["asset"].str.lower(),
        at=lags["lag"].map("lag_{}".format).str.replace("-", "m"),
    )
    key, few = name.replace("_", "."), int(lags["n"].min())
    clear = int(((lags["low"] > 0) | (lags["high"] < 0)).sum())
    first, last = (f"{month.to_timestamp():%B %Y}" for month in changes.index[[0, -1]])
    counts: dict[str, Scalar] = {
        "changes": (len(changes), "changes of headline exports between single months"),
        "adjustable": (
            int(less_earlier_years(changes).count()),
            "of these, with one of an earlier year",
        ),
        "months": (few, "fewest months in a correlation", "months", "integer"),
        "correlations": (len(lags), "correlations shown"),
        "clear": (clear, "correlations whose interval leaves out zero"),
        "first": (first, "month of the first change", "month", "text"),
        "last": (last, "month of the last change", "month", "text"),
        "detectable": (
            detectable(few, METHODS[0], inference.power, inference.size),
            "correlation that this many months find with the power of the study",
            "correlation",
            "decimal2",
        ),
    }
    wide, columns = set_beside(shown, ["name", "lag", "n"])
    note = NOTE.format(fund=fund, level=percent(inference.level))
    numbers = numbers_of(shown, LAGS, f"{key}.{{key}}.{{method}}.{{at}}", source,
                         level=inference.level)  # fmt: skip
    return Findings(
        numbers=[*numbers, *scalar_numbers(key, counts, source)],
        tables=[table_of(name, wide, [*BESIDE, *columns], source, note)],
        datasets=[Dataset(name, lags, source)],
    )
