"""The customs correlations as numbers, tables and figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.multiplicity import holm
from analysis.results import Dataset, Figure, Findings, Format, Number, Provenance, Table, Verdict
from analysis.results.formats import brackets, format_value, percent, words
from analysis.snapshot.choices import Inference
from analysis.snapshot.customs import monthly_panel
from analysis.study.customs import (
    METHODS,
    NAMES,
    SERIES,
    TONNES,
    correlations,
    monthly_returns,
    release_returns,
    release_tests,
)
from analysis.study.panel import Panel

__all__ = ["compute"]

INPUTS = ("customs.csv", "prices.csv", "events.csv", "universe.csv", "study.toml")


def compute(panel: Panel) -> Findings:
    """Correlate exports with returns at leads and lags and look at the release days."""
    lags, inference = correlations(panel), panel.snapshot.choices.inference
    released = release_returns(panel)
    tests = release_tests(panel, released)
    return Findings(
        numbers=[
            *_lag_numbers(panel, lags),
            *_summary(lags, inference),
            *_levels(panel),
            *_release_numbers(panel, tests),
        ],
        tables=[
            _lag_table(lags, inference.power),
            _release_table(panel, tests),
            _coverage_table(panel),
        ],
        figures=[_series_figure(panel), _correlogram(lags, inference.level)],
        verdicts=[_any_left(lags, inference.size)],
        datasets=[
            Dataset(
                "customs_correlations",
                lags,
                _source("study.customs.correlations", "every core firm"),
            ),
            Dataset(
                "release_days",
                released,
                _source("study.customs.release_returns", "all release days"),
            ),
        ],
    )


def _source(function: str, sample: str) -> Provenance:
    return Provenance(f"analysis.{function}", INPUTS, sample)


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
                _source("study.customs.correlations", sample),
                low=row["low"], high=row["high"], level=panel.snapshot.choices.inference.level,
                p=row["p"], n=row["n"],
            )
        )  # fmt: skip
    return numbers


def _summary(lags: pd.DataFrame, inference: Inference) -> list[Number]:
    """Say how many of all correlations are nominally and how many jointly significant."""
    source = _source("study.customs.correlations", "every series, asset, method and lag tested")
    ordered = np.sort(lags["p"].to_numpy())
    count = len(ordered)
    adjusted = float(np.min(holm(ordered)))
    zero = lags[(lags["lag"] == 0) & (lags["asset"] == "core") & (lags["method"] == "pearson")]
    values = {
        "tests": (count, "correlations tested"),
        "nominal": (
            int((ordered < inference.size).sum()),
            f"correlations with p below {inference.size:g}",
        ),
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
               f"correlation found with {percent(inference.power)} power at this number of months",
               source, n=row["n"])
        for row in zero.to_dict("records")
    ]  # fmt: skip
    return numbers


def _any_left(lags: pd.DataFrame, size: float) -> Verdict:
    """Say whether any correlation survives adjustment for all of them."""
    smallest = float(np.min(holm(lags["p"].to_numpy())))
    return Verdict(
        "customs.adjusted",
        "some survive" if smallest < size else "none survives",
        "Holm over every series, firm, method and lag",
        f"smallest adjusted p {smallest:.3g}",
        _source("study.customs.correlations", "every series, asset, method and lag tested"),
    )


def _levels(panel: Panel) -> list[Number]:
    """State the figures of August and September 2025 that the truce item speaks of, if known."""
    changes = monthly_panel(panel.snapshot.customs, panel.snapshot.choices)
    numbers = []
    for series, name in SERIES.items():
        source = _source(
            "questions.customs.correlations.compute", f"{name} exports, reported figures"
        )
        known = pd.DataFrame(changes.loc[series]).dropna(subset="level")
        for month in known.index.intersection(pd.PeriodIndex(["2025-08", "2025-09"], freq="M")):
            value = float(known["level"].loc[month])
            key = f"customs.{name}.{str(month).replace('-', '_')}"
            numbers.append(
                Number(key, value, "tonnes", "tonnes1", f"{name} exports in {month}", source)
            )
        numbers += [
            Number(f"customs.{name}.2025_09.change", float(np.expm1(change)), "fraction",
                   "percent1", f"change of {name} exports from August to September 2025", source)
            for month, change in known["change"].dropna().items()
            if str(month) == "2025-09"
        ]  # fmt: skip
        count = int(changes.xs(series)["change"].count())
        numbers.append(
            Number(f"customs.{name}.changes", count, "count", "integer",
                   f"usable monthly changes of {name} exports", source)
        )  # fmt: skip
    return numbers


def _release_numbers(panel: Panel, tests: pd.DataFrame) -> list[Number]:
    source = _source("study.customs.release_tests", "release days with a session")
    level = panel.snapshot.choices.inference.level
    numbers = []
    for row in tests.to_dict("records"):
        key = f"customs.{row['series']}.release"
        for tail, what in (("", "release"), ("_clear", "release clear of listed events")):
            numbers += [
                Number(f"{key}.mean{tail}", row[f"mean{tail}"], "fraction", "percent1",
                       f"mean core CAR around the {what}", source, p=row[f"p{tail}"],
                       n=row[f"n{tail}"], low=None if tail else row["low"],
                       high=None if tail else row["high"], level=None if tail else level),
                Number(f"{key}.p{tail}", row[f"p{tail}"], "p-value", "pvalue",
                       f"p of the mean core CAR around the {what}", source),
                Number(f"{key}.n{tail}", row[f"n{tail}"], "count", "integer", f"days: {what}",
                       source),
            ]  # fmt: skip
    return numbers


def _release_table(panel: Panel, tests: pd.DataFrame) -> Table:
    window = panel.snapshot.choices.customs.release_window
    frame = tests.assign(series=tests["series"].map(NAMES), interval=_intervals(tests, "percent1"))
    order = ["series", "n", "mean", "interval", "p", "n_clear", "mean_clear", "p_clear"]
    return Table(
        "releases",
        frame[order],
        {
            "n": "integer",
            "mean": "percent1",
            "p": "pvalue",
            "n_clear": "integer",
            "mean_clear": "percent1",
            "p_clear": "pvalue",
        },
        {
            "series": "Series",
            "n": "Days",
            "mean": "Mean CAR",
            "interval": f"{percent(panel.snapshot.choices.inference.level)} interval",
            "n_clear": "Clear days",
            "mean_clear": "Mean CAR ",
            "p_clear": "p ",
        },
        _source("study.customs.release_tests", "release days with a session"),
        f"CAR {brackets(window)} of the core portfolio; moving-block bootstrap over releases, p by "
        "Student t. Clear days: no listed event within the episode distance. Magnets to the US are "
        "published with all magnets, but known for fewer months.",
    )


def _intervals(frame: pd.DataFrame, fmt: Format) -> list[str]:
    return [
        f"{format_value(low, fmt)} to {format_value(high, fmt)}"
        for low, high in zip(frame["low"], frame["high"], strict=True)
    ]


def _lag_table(lags: pd.DataFrame, power: float) -> Table:
    """Set the two methods side by side, one row a series and lag."""
    part = lags[lags["asset"] == "core"].set_index(["series", "lag"])
    first, second = (part[part["method"] == method] for method in METHODS)
    frame = pd.DataFrame({"n": first["n"]})
    formats: dict[str, Format] = {"lag": "integer", "n": "integer", "detectable": "decimal2"}
    heads = {"series": "Exports", "lag": "Lag", "n": "Months", "detectable": "MDE"}
    for method, rows in zip(METHODS, (first, second), strict=True):
        frame[method] = [
            f"{format_value(value, 'decimal2')} ({interval})"
            for value, interval in zip(rows["estimate"], _intervals(rows, "decimal2"), strict=True)
        ]
        frame[f"{method}_p"] = rows["p"]
        formats |= {f"{method}_p": "pvalue"}
        heads |= {method: method.title(), f"{method}_p": "p"}
    frame = frame.assign(detectable=first["mde"]).reset_index()
    frame["series"] = frame["series"].map(NAMES)
    return Table(
        "correlations",
        frame,
        formats,
        heads,
        _source("study.customs.correlations", "core firms"),
        "Log change of the series with the monthly return of the equal-weight core firms; a "
        "positive lag means that exports come first. Moving-block bootstrap intervals, "
        "block-permutation p. "
        f"MDE: correlation found with {percent(power)} power. Single-month figures only; figures "
        "whose error band is wider than the rule allows are left out. Unit value: dollars per "
        "tonne.",
    )


def _coverage_table(panel: Panel) -> Table:
    customs = panel.snapshot.customs
    changes = monthly_panel(customs, panel.snapshot.choices)
    rows = []
    for series, name in TONNES.items():
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
        _source("questions.customs.correlations.compute", "both export series"),
    )


def _series_figure(panel: Panel) -> Figure:
    customs = panel.snapshot.customs
    months = customs[(customs["coverage"] == "month") & customs["series"].isin(TONNES)]
    exports = pd.DataFrame(
        {
            "series": months["series"].map(TONNES).map(NAMES),
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
        "Panels over time: " + "; ".join(spans) + "; and the monthly return of the core firms, "
        f"between {core.min():+.0%} and {core.max():+.0%}. Hollow dots are derived figures."
    ).replace("-", "\u2212")
    source = _source("questions.customs.correlations.compute", "single-month figures")
    return Figure(
        "customs_series", "customs_series", {"exports": exports, "returns": returns}, alt, source
    )


def _signed(lag: int) -> str:
    return f"{'minus' if lag < 0 else 'plus'} {words(abs(lag))}"


def _correlogram(lags: pd.DataFrame, level: float) -> Figure:
    part = lags[lags["asset"] == "core"]
    first, last = int(part["lag"].min()), int(part["lag"].max())
    frame = part.assign(panel=part["series"].map(NAMES))[
        ["panel", "lag", "method", "estimate", "low", "high", "n"]
    ]
    clear = int(((part["low"] > 0) | (part["high"] < 0)).sum())
    strongest = part.iloc[int(part["estimate"].abs().argmax())]
    alt = (
        f"{words(part['series'].nunique()).capitalize()} panels of correlations with the core "
        f"return, with {percent(level)} intervals, at lags of {_signed(first)} to {_signed(last)} "
        "months. "
        f"{clear} of {len(part)} intervals leave out zero; the strongest correlation is "
        f"{strongest['estimate']:.2f} ({strongest['method']}, {NAMES[strongest['series']]}, lag "
        f"{strongest['lag']})."
    ).replace("-", "\u2212")
    source = _source("questions.customs.correlations.compute", "core firms")
    return Figure("correlogram", "correlogram", {"lags": frame}, alt, source)
