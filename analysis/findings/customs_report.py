"""The customs correlations as numbers, tables and figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.multiplicity import holm
from analysis.findings.customs import (
    METHODS,
    NAMES,
    SERIES,
    correlations,
    monthly_returns,
    release_returns,
    release_tests,
)
from analysis.findings.panel import Panel
from analysis.formatting import format_value
from analysis.results import Dataset, Figure, Findings, Format, Number, Provenance, Table, Verdict
from analysis.snapshot.customs import monthly_panel

__all__ = ["compute"]

INPUTS = ("customs.csv", "prices.csv", "universe.csv", "study.toml")


def compute(panel: Panel) -> Findings:
    """Correlate exports with returns at leads and lags and look at the release days."""
    lags = correlations(panel)
    released = release_returns(panel)
    return Findings(
        numbers=[
            *_lag_numbers(panel, lags),
            *_summary(lags),
            *_levels(panel),
            *_release_numbers(panel, released),
        ],
        tables=[_lag_table(lags), _release_table(panel, released), _coverage_table(panel)],
        figures=[_series_figure(panel), _correlogram(lags)],
        verdicts=[_any_left(lags)],
        datasets=[
            Dataset(
                "customs_correlations", lags, _source("customs.correlations", "every core firm")
            ),
            Dataset(
                "release_days", released, _source("customs.release_returns", "all release days")
            ),
        ],
    )


def _source(function: str, sample: str) -> Provenance:
    return Provenance(f"analysis.findings.{function}", INPUTS, sample)


def _lag_numbers(panel: Panel, lags: pd.DataFrame) -> list[Number]:
    numbers = []
    for row in lags[lags["asset"] == "core"].to_dict("records"):
        lag = f"lag_{row['lag']}".replace("-", "m")
        sample = f"{row['n']} months, {row['series']} and core firms"
        numbers.append(
            Number(
                f"customs.{row['series']}.{row['method']}.{lag}", row["estimate"], "correlation",
                "decimal2", f"{row['method']} correlation of the change of {row['series']} exports "
                f"with the core return {row['lag']} months later",
                _source("customs.correlations", sample),
                low=row["low"], high=row["high"], level=panel.snapshot.study.inference.level,
                p=row["p"], n=row["n"],
            )
        )  # fmt: skip
    return numbers


def _summary(lags: pd.DataFrame) -> list[Number]:
    """Say how many of all correlations are nominally and how many jointly significant."""
    source = _source("customs.correlations", "both series, all assets, methods and lags")
    ordered = np.sort(lags["p"].to_numpy())
    count = len(ordered)
    adjusted = float(np.min(holm(ordered)))
    zero = lags[(lags["lag"] == 0) & (lags["asset"] == "core") & (lags["method"] == "pearson")]
    values = {
        "tests": (count, "correlations tested"),
        "nominal": (int((ordered < 0.05).sum()), "correlations with p below 0.05"),
    }
    numbers = [
        Number(f"customs.{key}", value, "count", "integer", what, source)
        for key, (value, what) in values.items()
    ]
    numbers.append(
        Number("customs.smallest_p", float(ordered[0]), "p-value", "pvalue", "smallest p", source)
    )
    numbers.append(
        Number("customs.smallest_p_holm", adjusted, "p-value", "pvalue",
               "smallest p after Holm's adjustment", source)
    )  # fmt: skip
    numbers += [
        Number(f"customs.{row['series']}.detectable", row["mde"], "correlation", "decimal2",
               "correlation found with 80% power at this number of months", source, n=row["n"])
        for row in zero.to_dict("records")
    ]  # fmt: skip
    return numbers


def _any_left(lags: pd.DataFrame) -> Verdict:
    """Say whether any correlation survives adjustment for all of them."""
    smallest = float(np.min(holm(lags["p"].to_numpy())))
    return Verdict(
        "customs.adjusted",
        "some survive" if smallest < 0.05 else "none survives",
        "Holm over every series, firm, method and lag",
        f"smallest adjusted p {smallest:.3g}",
        _source("customs.correlations", "both series, all assets, methods and lags"),
    )


def _levels(panel: Panel) -> list[Number]:
    """State the figures of August and September 2025 that the truce item speaks of."""
    changes = monthly_panel(panel.snapshot.customs, panel.snapshot.study)
    numbers = []
    for series, name in SERIES.items():
        source = _source("customs_report.compute", f"{name} exports, reported figures")
        for month in ("2025-08", "2025-09"):
            value = float(changes.xs(series)["level"].loc[month])
            key = f"customs.{name}.{month.replace('-', '_')}"
            numbers.append(
                Number(key, value, "tonnes", "tonnes1", f"{name} exports in {month}", source)
            )
        change = float(np.expm1(changes.xs(series)["change"].loc["2025-09"]))
        numbers.append(
            Number(f"customs.{name}.2025_09.change", change, "fraction", "percent1",
                   f"change of {name} exports from August to September 2025", source)
        )  # fmt: skip
        count = int(changes.xs(series)["change"].count())
        numbers.append(
            Number(f"customs.{name}.changes", count, "count", "integer",
                   f"usable monthly changes of {name} exports", source)
        )  # fmt: skip
    return numbers


def _release_numbers(panel: Panel, released: pd.DataFrame) -> list[Number]:
    source = _source("customs.release_returns", "release days with a session")
    numbers = []
    for row in release_tests(panel, released).to_dict("records"):
        key = "customs." + {v: k for k, v in NAMES.items()}[row["series"]] + ".release"
        numbers += [
            Number(f"{key}.mean", row["mean"], "fraction", "percent1",
                   "mean core CAR around the release", source, low=row["low"], high=row["high"],
                   level=panel.snapshot.study.inference.level, p=row["p"], n=row["n"]),
            Number(f"{key}.p", row["p"], "p-value", "pvalue", "p of the mean core CAR", source),
            Number(f"{key}.rank", row["rank"], "correlation", "decimal2",
                   "rank correlation of the CAR with the change released", source,
                   n=row["n_change"], p=row["p_rank"]),
            Number(f"{key}.n", row["n"], "count", "integer", "release days", source),
        ]  # fmt: skip
    return numbers


def _release_table(panel: Panel, released: pd.DataFrame) -> Table:
    first, last = panel.snapshot.study.customs.release_window
    return Table(
        "releases",
        release_tests(panel, released),
        {
            "n": "integer",
            "mean": "percent1",
            "low": "percent1",
            "high": "percent1",
            "p": "pvalue",
            "n_change": "integer",
            "rank": "decimal2",
            "p_rank": "pvalue",
        },
        {
            "series": "Series",
            "n": "Days",
            "mean": "Mean CAR",
            "n_change": "With change",
            "rank": "Spearman",
            "p_rank": "p ",
        },
        _source("customs.release_returns", "release days with a session"),
        f"CAR [{first}, +{last}] of the core portfolio; Student t over release days. "
        "Spearman: of the "
        "CAR with the log change of the figure released.",
    )


def _lag_table(lags: pd.DataFrame) -> Table:
    """Set the two methods side by side, one row a series and lag."""
    part = lags[lags["asset"] == "core"].set_index(["series", "lag"])
    first, second = (part[part["method"] == method] for method in METHODS)
    frame = pd.DataFrame({"n": first["n"], "detectable": first["mde"]})
    formats: dict[str, Format] = {"lag": "integer", "n": "integer", "detectable": "decimal2"}
    heads = {"series": "Exports", "lag": "Lag", "n": "Months", "detectable": "MDE"}
    for method, rows in zip(METHODS, (first, second), strict=True):
        frame[method] = rows["estimate"]
        frame[f"{method}_interval"] = [
            f"{format_value(low, 'decimal2')} to {format_value(high, 'decimal2')}"
            for low, high in zip(rows["low"], rows["high"], strict=True)
        ]
        frame[f"{method}_p"] = rows["p"]
        formats |= {method: "decimal2", f"{method}_p": "pvalue"}
        heads |= {method: method.title(), f"{method}_interval": "95% interval", f"{method}_p": "p"}
    frame = frame.reset_index()
    frame["series"] = frame["series"].map(NAMES)
    frame["detectable"] = frame.pop("detectable")
    return Table(
        "correlations",
        frame,
        formats,
        heads,
        _source("customs.correlations", "core firms"),
        "Log change of exports with the monthly return of the equal-weight core firms; a positive "
        "lag means that exports come first. Moving-block bootstrap intervals, block-permutation p. "
        "MDE: correlation found with 80% power. Single-month figures only; figures whose error "
        "band is wider than the rule allows are left out.",
    )


def _coverage_table(panel: Panel) -> Table:
    customs = panel.snapshot.customs
    changes = monthly_panel(customs, panel.snapshot.study)
    rows = []
    for series, name in SERIES.items():
        part = customs[customs["series"] == series]
        rows.append(
            {
                "series": NAMES[name],
                "rows": len(part),
                "combined": int((part["coverage"] == "jan_feb").sum()),
                "derived": int((part["status"] == "derived").sum()),
                "months": int(changes.xs(series)["level"].count()),
                "changes": int(changes.xs(series)["change"].count()),
                "released": int(part["release_date"].notna().sum()),
            }
        )
    frame = pd.DataFrame(rows)
    return Table(
        "customs_coverage",
        frame,
        {str(c): "integer" for c in frame.columns if c != "series"},
        {
            "series": "Series",
            "rows": "Figures",
            "combined": "Jan–Feb",
            "derived": "Derived",
            "months": "Months used",
            "changes": "Changes",
            "released": "Release day known",
        },
        _source("customs_report.compute", "both export series"),
    )


def _series_figure(panel: Panel) -> Figure:
    customs = panel.snapshot.customs
    months = customs[(customs["coverage"] == "month") & customs["series"].isin(SERIES)]
    exports = pd.DataFrame(
        {
            "series": months["series"].map(SERIES).map(NAMES),
            "month": months["month"].dt.to_timestamp(),
            "value": months["value"],
            "status": months["status"],
        }
    )
    core = monthly_returns(panel)["core"].dropna()
    returns = pd.DataFrame(
        {"month": pd.PeriodIndex(core.index).to_timestamp(), "value": core.to_numpy()}
    )
    spans = [
        f"{name} between {part['value'].min():,.0f} and {part['value'].max():,.0f} tonnes a month"
        for name, part in exports.groupby("series", sort=False)
    ]
    alt = (
        "Three panels over time: "
        + "; ".join(spans)
        + "; and the monthly return of the core firms, "
        f"between {core.min():+.0%} and {core.max():+.0%}. Hollow dots are derived figures."
    ).replace("-", "\u2212")
    source = _source("customs_report.compute", "single-month figures")
    return Figure(
        "customs_series", "customs_series", {"exports": exports, "returns": returns}, alt, source
    )


def _correlogram(lags: pd.DataFrame) -> Figure:
    assets = {"core": "core firms", "MP": "MP"}
    part = lags[lags["asset"].isin(assets)]
    names = part["series"].map(NAMES) + ", " + part["asset"].map(assets)
    frame = part.assign(panel=names)[["panel", "lag", "method", "estimate", "low", "high", "n"]]
    clear = int(((part["low"] > 0) | (part["high"] < 0)).sum())
    strongest = part.iloc[int(part["estimate"].abs().argmax())]
    alt = (
        "Four panels of correlations with 95% intervals at lags of minus three to plus three "
        "months. "
        f"{clear} of {len(part)} intervals leave out zero; the strongest correlation is "
        f"{strongest['estimate']:.2f} ({strongest['method']}, {strongest['series']} exports, lag "
        f"{strongest['lag']})."
    ).replace("-", "\u2212")
    source = _source("customs.correlations", "core firms and MP")
    return Figure("correlogram", "correlogram", {"lags": frame}, alt, source)
