"""Forecasts of export figures from earlier first prints, and the best of them by past error alone.

What is new in a figure is what a forecast missed. Three simple forecasts are made for every print;
which one it is held against is decided by the errors that were known before its release. Specified
after the responses to the year-on-year change were known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.multiplicity import holm
from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, table_of, verdicts_of
from analysis.study.customs import list_names, say_every, series_keys
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel

__all__ = ["TOLD_APART", "choose", "compare_errors", "figures", "forecasts", "report"]

FORECASTS = {
    "year": "same {month} of last year",
    "last": "last {month}",
    "shrunk": "shrunk mean of both",
}
KEYS = ["series", "month", "coverage"]
TOLD_APART, ALIKE = "told apart", "alike within noise"
ERROR = "mean absolute log error of {what}, {name}"
COLUMNS = (
    Column("name", "Series"),
    Column("what", "Forecast"),
    Column("n", "{Months}", "integer"),
    Column("error", "Error", "percent1", "log points", ERROR, "", n="n"),
    Column("chosen", "Chosen", "integer", "count", "prints held against {what}, {name}", ".chosen"),
    Column("p", "p", "pvalue"),
    Column("holm", "Holm", "pvalue"),
)
NOTE = (
    "Error: mean absolute log error over the {months} for which all forecasts exist. The shrunk "
    "mean is that of the logarithms of the two others. Chosen: prints held against this forecast "
    "since its errors on record were the smallest; the same {month} of last year until there are "
    "{errors}. p: paired t of the absolute errors against the forecast with the smallest, Holm "
    "over all. Specified after the responses were known: exploratory."
)
RULE = "the forecast with the smallest error beats another one, adjusted p below {size:g}"


def report(panel: Panel) -> Findings:
    """Say how well each forecast did, and whether one is better than another."""
    frame, choices = compare_errors(panel), panel.snapshot.choices
    source = Provenance.later(compare_errors, "first prints with every forecast")
    rule, evidence = RULE.format(size=choices.inference.size), "smallest adjusted p {holm:.3g}"
    best = frame.groupby("series", sort=False).agg(holm=("holm", "min"), said=("said", "first"))
    key, apart = "customs.{series}.forecast", bool((best["said"] == TOLD_APART).any())
    every = {"errors": str(choices.customs.errors)} | say_every(panel.snapshot).words
    return Findings(
        numbers=numbers_of(frame, COLUMNS, f"{key}.{{forecast}}", source),
        tables=[table_of("forecasts", frame, COLUMNS, source, NOTE, **every)],
        verdicts=[
            *verdicts_of(best.reset_index(), "said", key, rule, evidence, source),
            Verdict(
                "customs.forecasts",
                "some" if apart else "none",
                f"any series in which {rule}",
                evidence.format(holm=best["holm"].min()),
                source,
            ),
        ],
    )


def figures(panel: Panel) -> pd.DataFrame:
    """Return the first prints that may be held against one another.

    A derived figure with too wide a band is left out.

    Returns
    -------
    DataFrame
        ``series``, ``month``, ``coverage``, ``value`` (in the series' unit), ``release_date``.
    """
    customs, chosen = panel.snapshot.customs, panel.snapshot.choices.customs
    widest, made, named = chosen.derived_band, chosen.per_unit, series_keys(panel.snapshot)
    band = (customs["high"] - customs["low"]) / customs["value"]
    kept = customs[~((customs["status"] == "derived") & (band > widest))]
    keys = ["month", "coverage"]
    shown = ["series", *keys, "value", "release_date"]
    frames = [kept.loc[kept["series"] == s, shown].assign(series=n) for s, n in named.items()]
    if made:
        of = kept[kept["series"] == made.of].set_index(keys)["value"].rename("of")
        per = kept.loc[kept["series"] == made.per, shown].join(of, on=keys)
        frames.append(per[shown].assign(series=made.key, value=per["of"] / per["value"]))
    return pd.concat(frames, ignore_index=True)


def earlier(rows: pd.DataFrame, months: int) -> pd.Series:
    """Look up the figure so many months before each, of the same coverage, released before it.

    Returns
    -------
    Series
        Values by the index of ``rows``; missing where there is none, or one that is not positive.
    """
    before = rows.assign(month=rows["month"] + months)[[*KEYS, "value", "release_date"]]
    joined = rows[KEYS].merge(before, on=KEYS, how="left").set_axis(rows.index)
    late = joined["release_date"] >= rows["release_date"]
    return joined["value"].where(~late & (joined["value"] > 0))


def forecasts(panel: Panel) -> pd.DataFrame:
    """Make the forecasts of every first print, and choose among them by past error alone.

    Returns
    -------
    DataFrame
        ``series``, ``month``, ``coverage``, ``value``, ``release_date``, a column each of
        :data:`FORECASTS` (in the series' unit; missing where a print that it needs is), and
        ``best``, the name of the forecast chosen: see :func:`choose`.
    """
    rows = figures(panel)
    rows = rows[rows["value"] > 0].reset_index(drop=True)
    rows["year"], rows["last"] = earlier(rows, say_every(panel.snapshot).a_year), earlier(rows, 1)
    # January and February as a sum have no month before them
    rows["last"] = rows["last"].where(rows["coverage"] == "month")
    rows["shrunk"] = np.sqrt(rows["year"] * rows["last"])
    rows = rows.dropna(subset=["year", "last"], how="all").reset_index(drop=True)
    needed = panel.snapshot.choices.customs.errors
    chosen = [choose(part, needed) for _, part in rows.groupby("series", sort=False)]
    return rows.assign(best=pd.concat(chosen) if chosen else "")


def choose(rows: pd.DataFrame, needed: int) -> pd.Series:
    """Choose for every print of one series the forecast with the smallest errors before it.

    Errors count if their print was of an earlier month and released before this one; they are
    compared over the months for which all forecasts exist. With fewer than ``needed`` of them, or
    where that forecast does not exist, it is the first of :data:`FORECASTS` that does.

    Returns
    -------
    Series
        Names by the index of ``rows``.
    """
    errors = _errors(rows)
    chosen = []
    for row in rows.itertuples():
        known = (rows["month"] < row.month) & ~(rows["release_date"] >= row.release_date)
        past = errors[known].dropna()
        order = list(FORECASTS)
        if len(past) >= needed:
            order = list(past.mean().sort_values(kind="stable").index)
        chosen.append(next(name for name in order if pd.notna(getattr(row, name))))
    return pd.Series(chosen, rows.index, dtype=object)


def _errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Absolute log errors of every forecast."""
    return pd.DataFrame({n: abs(np.log(rows["value"] / rows[n])) for n in FORECASTS})


def compare_errors(panel: Panel) -> pd.DataFrame:
    """Compare the errors of the forecasts over the months for which all of them exist.

    Returns
    -------
    DataFrame
        A row for each series and forecast: ``series``, ``name``, ``forecast``, ``what``, ``n``
        (months), ``error`` (mean absolute, log points), ``chosen`` (prints held against it), ``p``
        (paired t of its absolute errors against those of the best), ``holm`` (adjusted over all of
        them), ``said`` of the series.
    """
    every, names, rows = forecasts(panel), list_names(panel.snapshot), []
    month = say_every(panel.snapshot).noun
    for series, part in every.groupby("series", sort=False):
        errors = _errors(part).dropna()
        best = errors.mean().idxmin() if len(errors) else ""
        for name, what in FORECASTS.items():
            worse = errors[name] - errors[best] if best else errors[name]
            tested = len(errors) >= FEWEST and name != best
            row = {"series": series, "name": names[str(series)], "forecast": name}
            row |= {"what": what.format(month=month)}
            row |= {"n": len(errors), "error": errors[name].mean()}
            row |= {"chosen": int((part["best"] == name).sum())}
            rows.append(row | {"p": stats.ttest_1samp(worse, 0).pvalue if tested else np.nan})
    frame = pd.DataFrame(rows)
    frame["holm"] = holm(frame["p"])
    size = panel.snapshot.choices.inference.size
    apart = (frame["holm"] < size).groupby(frame["series"]).transform("any")
    return frame.assign(said=np.where(apart, TOLD_APART, ALIKE))
