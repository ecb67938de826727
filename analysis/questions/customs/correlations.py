"""The customs correlations as numbers, tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.estimators.multiplicity import holm
from analysis.questions.requirements import need_series
from analysis.results import Dataset, Figure, Findings, Number, Provenance, Table
from analysis.results.columns import Column, Interval, numbers_of, scalar_numbers, spread, table_of
from analysis.results.formats import brackets, format_value, percent, signed, words
from analysis.snapshot.periods import name_periods
from analysis.study.customs import (
    METHODS,
    correlations,
    each_firm_keys,
    export_months,
    list_names,
    monthly_returns,
    release_returns,
    release_tests,
    say_every,
    series_keys,
)
from analysis.study.families import any_adjusted
from analysis.study.panel import Panel

__all__ = ["compute", "set_beside"]

NEEDS = (need_series(),)

CHANGE = "{method} correlation of the change of {series} {what}"
LATER = f"{CHANGE} with the core return {{lag}} {{months}} later"
LAGS = (Column("estimate", "", "decimal2", "correlation", LATER, "", "", "low", "high", "p", "n"),)
BESIDE = (
    Column("name", "{What}"),
    Column("lag", "Lag", "integer"),
    Column("n", "{Months}", "integer"),
)
FOUND = "correlation found with {power} power at this number of {months}"
DETECTABLE = (Column("mde", "", "decimal2", "correlation", FOUND, ".detectable", n="n"),)
CORRELATED = (
    "Log change of the series with the {monthly} return of the equal-weight core firms; a positive "
    "lag means that {what} come first. Moving-block bootstrap intervals, block-permutation p. "
    "MDE: correlation found with {power} power. Figures of one {month} only; those whose error "
    "band is wider than the rule allows are left out."
)

GROWTH = "change of {series} {what} from {earlier} to {later}"
LEVEL = Column("level", "", "amount1", "", "{series} {what} in {month}", "")
GROWN = Column("growth", "", "percent1", "fraction", GROWTH, ".change")
COVERAGE = (
    Column("name", "Series"),
    Column("rows", "Figures", "integer"),
    Column("combined", "Jan–Feb", "integer"),
    Column("derived", "Derived", "integer"),
    Column("level", "{Months} used", "integer"),
    Column(
        "change", "Changes", "integer", "count", "usable {monthly} changes of {series} {what}", ""
    ),
    Column("released", "Release day known", "integer"),
)

FAMILY, SURVIVAL = "Holm over every series, firm, method and lag", ("some survive", "none survives")

RELEASE = "mean core CAR around the release"
DAYS, CLEAR = "days: release", " clear of listed events"
RELEASES = (
    Column("name", "Series"),
    Column("n", "Days", "integer", "count", DAYS, ".n"),
    Column(
        "mean", "Mean CAR", "percent1", "fraction", RELEASE, ".mean", "", "low", "high", "p", "n"
    ),
    Interval("{level} interval", "low", "high", "percent1"),
    Column("p", "", "pvalue", "p-value", f"p of the {RELEASE}", ".p"),
    Column("n_clear", "Clear days", "integer", "count", DAYS + CLEAR, ".n_clear"),
    Column(
        "mean_clear",
        "Mean CAR",
        "percent1",
        "fraction",
        RELEASE + CLEAR,
        ".mean_clear",
        p="p_clear",
        n="n_clear",
    ),
    Column("p_clear", "p", "pvalue", "p-value", f"p of the {RELEASE}{CLEAR}", ".p_clear"),
)
RELEASED = (
    "CAR {window} of the core portfolio; moving-block bootstrap over releases, p by Student t. "
    "Clear days: no listed event within the episode distance."
)


def compute(panel: Panel) -> Findings:
    """Correlate the series with returns at leads and lags and look at the release days."""
    choices = panel.snapshot.choices
    lags, released, coverage = correlations(panel), release_returns(panel), _count_figures(panel)
    names, what = list_names(panel.snapshot), choices.customs.what
    every_words = say_every(panel.snapshot).words
    tests = release_tests(panel, released)
    tests = tests.assign(name=tests["series"].map(names))
    core = lags[lags["asset"] == "core"].assign(what=what)
    core["name"] = core["series"].map(names)
    level, power = choices.inference.level, percent(choices.inference.power)
    shown, size = percent(level), choices.inference.size
    every = Provenance.of(correlations, "every series, asset, method and lag tested")
    one = Provenance.of(correlations, f"{{n}} {every_words['months']}, {{series}} and core firms")
    firms = Provenance.of(correlations, "every core firm")
    days = Provenance.of(release_tests, "release days with a session")
    all_days = Provenance.of(release_returns, "all release days")
    both = Provenance.of(compute, choices.customs.sample)
    reported = Provenance.of(compute, f"{{series}} {what}, reported figures")
    window, adjusted = brackets(choices.customs.release_window), pd.Series(holm(lags["p"]))
    keyed = core.assign(at=core["lag"].map("lag_{}".format).str.replace("-", "m"))
    now = keyed[(core["lag"] == 0) & (core["method"] == METHODS[0])]
    claimed = coverage[coverage["series"].isin(each_firm_keys(panel.snapshot).values())]
    sums = coverage["combined"].any()  # of two months, which few studies have
    counted = [column for column in COVERAGE if sums or column.name != "combined"]
    remarks = {name: f" {_escape(text)}" for name, text in choices.customs.notes.items()}
    return Findings(
        numbers=[
            *numbers_of(
                keyed, LAGS, "customs.{series}.{method}.{at}", one, level=level, **every_words
            ),
            *_adjusted_numbers(lags["p"], adjusted, size, every),
            *numbers_of(
                now, DETECTABLE, "customs.{series}", every, level=None, power=power, **every_words
            ),
            *_quoted_numbers(panel, reported),
            *numbers_of(
                claimed, COVERAGE, "customs.{series}.changes", reported, level=None, **every_words
            ),
            *numbers_of(tests, RELEASES, "customs.{series}.release", days, level=level),
        ],
        tables=[
            _lag_table(core, power, what, remarks.get("correlations", ""), every_words),
            *(
                [
                    table_of(
                        "releases",
                        tests,
                        RELEASES,
                        days,
                        RELEASED + remarks.get("releases", ""),
                        level=shown,
                        window=window,
                    )
                ]
                if len(tests)
                else []
            ),
            table_of("customs_coverage", coverage, counted, both, **every_words),
        ],
        figures=[_series_figure(panel), _correlogram(core, level, what, every_words["months"])],
        verdicts=[any_adjusted(panel, "customs.adjusted", adjusted, SURVIVAL, FAMILY, every)],
        datasets=[
            Dataset("customs_correlations", lags, firms),
            Dataset("release_days", released, all_days),
        ],
    )


def _escape(text: str) -> str:
    """Double the braces of a text that stands in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def quoted_levels(panel: Panel) -> pd.DataFrame:
    """Return the figures of the months that the study quotes, as far as known.

    Returns
    -------
    DataFrame
        ``series``, ``month``, ``at`` (month as in a key), ``level`` (in ``unit``), ``growth``
        (fraction; on the month before, of the last month alone), ``earlier``, ``later``, ``what``.
    """
    keys, chosen = each_firm_keys(panel.snapshot), panel.snapshot.choices.customs
    months = export_months(panel).loc[list(keys)].reset_index()
    quoted = pd.PeriodIndex(chosen.quoted, freq=pd.PeriodIndex(months["month"]).freq)
    months = months[months["month"].isin(quoted)]
    first, last = (quoted[0], quoted[-1]) if len(quoted) else (pd.NaT, pd.NaT)
    return months.assign(
        series=months["series"].map(keys),
        at=[name.replace("-", "_").lower() for name in name_periods(months["month"])],
        growth=np.expm1(months["change"]).where(months["month"] == last),
        earlier=f"{first:%B}" if len(quoted) else "",
        later=f"{last:%B %Y}" if len(quoted) else "",
        what=chosen.what,
    )


def _quoted_numbers(panel: Panel, source: Provenance) -> list[Number]:
    rows, key = quoted_levels(panel), "customs.{series}.{at}"
    words = panel.snapshot.choices.customs.units
    columns = {unit: (replace(LEVEL, unit=words.get(unit, unit)), GROWN) for unit in rows["unit"]}
    return [
        number
        for unit, part in rows.groupby("unit", sort=False)
        for number in numbers_of(part, columns[str(unit)], key, source)
    ]


def _count_figures(panel: Panel) -> pd.DataFrame:
    """Count the figures of every series, and the months with a level or a change."""
    keys, figures = series_keys(panel.snapshot), panel.snapshot.customs
    marks = pd.DataFrame(
        {
            "rows": True,
            "combined": figures["coverage"] == "jan_feb",
            "derived": figures["status"] == "derived",
            "released": figures["release_date"].notna(),
        },
        figures.index,
    )
    counts = marks.groupby(figures["series"]).sum()
    months = export_months(panel).groupby("series")[["level", "change"]].count()
    frame = counts.join(months).loc[list(keys)].reset_index()
    series = frame["series"].map(keys)
    names, what = list_names(panel.snapshot), panel.snapshot.choices.customs.what
    return frame.assign(series=series, name=series.map(names), what=what)


def _adjusted_numbers(
    p: pd.Series, adjusted: pd.Series, size: float, source: Provenance
) -> list[Number]:
    """Say how many of all correlations are nominally and how many jointly significant."""
    counts = {
        "tests": (len(p), "correlations tested"),
        "nominal": (int((p < size).sum()), f"correlations with p below {size:g}"),
    }
    smallest = {
        "smallest_p": (float(p.min()), "smallest p"),
        "smallest_p_holm": (float(adjusted.min()), "smallest p after Holm's adjustment"),
    }
    return [
        *scalar_numbers("customs", counts, source),
        *scalar_numbers("customs", smallest, source, "p-value", "pvalue"),
    ]


def _lag_table(
    core: pd.DataFrame, power: str, what: str, remark: str, every: Mapping[str, str]
) -> Table:
    """Set the two methods side by side, one row a series and lag."""
    wide, columns = set_beside(core, ["name", "lag"], [Column("p", "p", "pvalue")])
    first = core[core["method"] == METHODS[0]]
    return table_of(
        "correlations",
        wide.assign(n=first["n"].to_numpy(), mde=first["mde"].to_numpy()),
        [*BESIDE, *columns, Column("mde", "MDE", "decimal2")],
        Provenance.of(correlations, "core firms"),
        CORRELATED + remark,
        power=power,
        what=what,
        What=what.capitalize(),
        **every,
    )


def set_beside(
    lags: pd.DataFrame, rows: Sequence[str], cells: Sequence[Column] = ()
) -> tuple[pd.DataFrame, list[Column]]:
    """Set the methods side by side, each estimate with its interval and then ``cells``.

    Parameters
    ----------
    lags : DataFrame
        ``method``, ``estimate``, ``low``, ``high`` and the columns of ``rows`` and ``cells``.

    Returns
    -------
    tuple
        As :func:`analysis.results.columns.spread`.
    """
    shown = lags.assign(method=lags["method"].str.title())
    shown["estimate"] = [format_value(value, "decimal2") for value in shown["estimate"]]
    shown["estimate"] += " (" + Interval("", "low", "high", "decimal2").cells(shown) + ")"
    return spread(shown, rows, "method", [Column("estimate"), *cells])


def _series_figure(panel: Panel) -> Figure:
    customs, names = panel.snapshot.customs, list_names(panel.snapshot)
    keys, every = series_keys(panel.snapshot), say_every(panel.snapshot)
    months = customs[(customs["coverage"] == "month") & customs["series"].isin(list(keys))]
    units = dict(zip(months["series"].map(keys).map(names), months["unit"], strict=True))
    exports = pd.DataFrame(
        {
            "series": months["series"].map(keys).map(names),
            "month": months["month"].dt.to_timestamp(),
            "value": months["value"],
            "status": months["status"],
        }
    )
    core = monthly_returns(panel)["core"].dropna()
    returns = core.rename("value").rename_axis("month").to_timestamp().reset_index()
    words = panel.snapshot.choices.customs.units
    told = {str(name): words.get(unit, unit) for name, unit in units.items()}
    spans = "; ".join(
        f"{name} between {part.min():,.0f} and {part.max():,.0f} {told[str(name)]} a {every.noun}"
        for name, part in exports.groupby("series", sort=False)["value"]
    )
    low, high = (signed(value, "percent0") for value in (core.min(), core.max()))
    alt = (
        f"Panels over time: {spans}; and the {every.adjective} return of the core firms, between "
        f"{low} and {high}. Hollow dots are derived figures."
    )
    source = Provenance.of(compute, f"single-{every.noun} figures")
    data = {"exports": exports, "returns": returns}
    drawn = {"units": units, "every": every.adjective, "step": every.step, "width": every.width}
    return Figure("customs_series", "customs_series", data, alt, source, drawn)


def _correlogram(core: pd.DataFrame, level: float, what: str, months: str) -> Figure:
    first, last = (
        f"{'minus' if lag < 0 else 'plus'} {words(abs(lag))}"
        for lag in (core["lag"].min(), core["lag"].max())
    )
    clear = int(((core["low"] > 0) | (core["high"] < 0)).sum())
    strongest = core.iloc[int(core["estimate"].abs().argmax())]
    alt = (
        f"{words(core['series'].nunique()).capitalize()} panels of correlations with the core "
        f"return, with {percent(level)} intervals, at lags of {first} to {last} {months}. "
        f"{clear} of {len(core)} intervals leave out zero; the strongest correlation is "
        f"{format_value(strongest['estimate'], 'decimal2')} ({strongest['method']}, "
        f"{strongest['name']}, lag {format_value(strongest['lag'], 'integer')})."
    )
    columns = ["panel", "lag", "method", "estimate", "low", "high", "n"]
    data = {"lags": core.rename(columns={"name": "panel"})[columns]}
    source = Provenance.of(compute, "core firms")
    return Figure("correlogram", "correlogram", data, alt, source, {"what": what, "months": months})
