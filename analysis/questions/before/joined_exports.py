"""Export tonnage of both studies in one series: where it can be joined, and what that shows.

Exploratory: registered are the earlier years alone.
"""

from __future__ import annotations

import pandas as pd

from analysis.estimators.dependence.lead_lag import FEWEST_PAIRS
from analysis.estimators.dependence.seasons import less_earlier_years
from analysis.questions.before.exports import publish_exports
from analysis.questions.requirements import BESIDE, need_funds, need_series
from analysis.results import Findings, Provenance
from analysis.results.columns import Column, table_of
from analysis.snapshot.customs import monthly_panel
from analysis.snapshot.load import Snapshot
from analysis.study.adjusted_exports import asset_returns, correlate_adjusted, headline_changes
from analysis.study.customs import list_series
from analysis.study.earlier import earlier_study
from analysis.study.panel import Panel

__all__ = ["compute", "correlate_joined", "join_series"]

NEEDS = (BESIDE, need_series(), need_funds("metals"))

SERIES = (
    Column("name", "Series"),
    Column("before", "Earlier months", "integer"),
    Column("since", "Months since", "integer"),
    Column("changes", "Changes", "integer"),
    Column("adjustable", "Adjustable", "integer"),
    Column("said", "Joined"),
)
NOTE = (
    "Months: single figures that the rules keep, before and since the first month of the study of "
    "the items. Changes: of the earlier years and since, none across a month without a figure. "
    "Adjustable: with one of an earlier year. A series is joined where both studies have it, by "
    "the definition of the customs office under one name, and the earlier years add at least {few} "
    "changes. First prints since; before, many figures are comparatives that a later story gave, "
    "so that later revisions are in them."
)


def compute(panel: Panel) -> Findings:
    """Publish which series can be joined, and the correlations of the joined headline."""
    now, before = panel.snapshot, earlier_study(panel.snapshot)
    found = correlate_joined(now, before)
    joined = Provenance.later(join_series, "export figures of both studies")
    source = Provenance.later(correlate_joined, "single months of both studies")
    changes = headline_changes(_both(now, before), now.choices)
    findings = publish_exports(now, "before_joined", changes, found, source)
    series = join_series(now, before)
    table = table_of("before_joined_series", series, SERIES, joined, NOTE, few=FEWEST_PAIRS)
    return findings.extend([Findings(tables=[table])])


def join_series(now: Snapshot, before: Snapshot) -> pd.DataFrame:
    """Count for each series in tonnes what the earlier study adds, and say whether it is joined.

    Returns
    -------
    DataFrame
        ``name``, ``before`` and ``since`` (months with a level), ``changes``, ``adjustable``,
        ``said``.
    """
    rows, start = [], now.customs["month"].min()
    months = monthly_panel(_both(now, before), now.choices)
    for series, entry in list_series(now).items():
        level, change = (months[part].xs(series).dropna() for part in ("level", "change"))
        early = int((change.index < start).sum())
        count = int((level.index < start).sum())
        said = "yes" if early >= FEWEST_PAIRS else f"no: {early} earlier changes"
        rows.append(
            {
                "name": entry.name,
                "before": count,
                "since": len(level) - count,
                "changes": len(change),
                "adjustable": int(less_earlier_years(change).count()),
                "said": said if count else "no: no earlier figure",
            }
        )
    return pd.DataFrame(rows)


def correlate_joined(now: Snapshot, before: Snapshot) -> pd.DataFrame:
    """Correlate the joined headline with the fund and the firms of each study in its own years.

    To the end of the earlier study's span returns are those of its firms, then those of the core.

    Returns
    -------
    DataFrame
        See :func:`analysis.study.adjusted_exports.correlate_adjusted`.
    """
    end = pd.Period(before.choices.each_firm.span[1], "M")
    early, late = asset_returns(before).loc[:end], asset_returns(now)
    returns = pd.concat([early, late[late.index > end]])
    changes = headline_changes(_both(now, before), now.choices)
    return correlate_adjusted(now, changes, {str(a): returns[a] for a in returns}, "joined exports")


def _both(now: Snapshot, before: Snapshot) -> pd.DataFrame:
    """Return the figures of both studies, those of the earlier one up to the first month since."""
    early: pd.DataFrame = before.customs[before.customs["month"] < now.customs["month"].min()]
    return pd.concat([early, now.customs], ignore_index=True)
