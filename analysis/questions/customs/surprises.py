"""What the figures told that was new, and what a whole hides of its parts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.dependence.lead_lag import needed_pairs
from analysis.questions.customs import parts
from analysis.questions.customs.forecasts import (
    TOLD_APART,
    compare_errors,
    forecasts,
    report,
)
from analysis.questions.requirements import Need, need_series
from analysis.results import Dataset, Findings, Number, Provenance, Verdict
from analysis.results.columns import (
    Column,
    Interval,
    Scalar,
    numbers_of,
    scalar_numbers,
    table_of,
)
from analysis.results.formats import percent
from analysis.snapshot.load import Snapshot
from analysis.study.customs import (
    METHODS,
    correlate,
    export_changes,
    list_names,
    list_series,
    monthly_returns,
    release_returns,
    say_every,
)
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel

__all__ = ["compute", "release_responses", "surprises"]

FIRST = "first prints"
NEEDS = (
    need_series(),
    # with fewer no forecast has enough errors
    Need(
        "a year of each series and three periods more",
        lambda s: _fewest_months(s) >= say_every(s).a_year + FEWEST,
    ),
)
TARGET = 0.3  # correlation for which the months needed are stated
MEASURES = {
    "change": "change on the {month}",
    "surprise": "change on the year",  # registered as the surprise
    "best": "difference from the best forecast",
}
NEW = "surprise"  # what the last is called where one forecast is better than another

RANK = "rank correlation of the core CAR with the {released} released"
RESPONSES = (
    Column("name", "Series"),
    Column("released", "Released"),
    Column("n", "Days", "integer"),
    Column(
        "estimate", "Spearman", "decimal2", "correlation", RANK, "", "", "low", "high", "p", "n"
    ),
    Interval("{level} interval", "low", "high", "decimal2"),
    Column("p", "", "pvalue", "p-value", f"p of the {RANK}", ".p"),
    Column("mde", "MDE", "decimal2"),
)
RESPONDED = (
    "Rank correlation of the core CAR on the release day with what was released. Change on the "
    "year: log ratio to the first print of the same {month} one year before, registered as the "
    "surprise. Best forecast: that of @tbl-forecasts with the smallest errors before the release; "
    "the difference from it is called a surprise where one forecast beats another, and is "
    "exploratory. Moving-block bootstrap intervals, block-permutation p. An en dash: fewer than "
    "six pairs."
)
NEEDED = "{} that show a {} correlation of the target with the power stated"
YEAR = "year in which the first series would have as many {} without a gap"
ANY = (
    "unadjusted p below {:g} for any rank correlation of the release-day CAR with what was released"
)


def compute(panel: Panel) -> Findings:
    """Relate responses on release days to what was released, and set parts beside their whole."""
    responses, inference = release_responses(panel), panel.snapshot.choices.inference
    every = say_every(panel.snapshot)
    errors = compare_errors(panel).set_index("series")["said"]
    beaten = responses["series"].isin(errors.index[errors == TOLD_APART])
    told = responses.assign(
        name=responses["series"].map(list_names(panel.snapshot)),
        released=responses["measure"]
        .map({name: text.format(month=every.noun) for name, text in MEASURES.items()})
        .mask(beaten & (responses["measure"] == "best"), NEW),
    )
    source = Provenance.of(release_responses, FIRST)
    later = Provenance.later(release_responses, FIRST)
    best = told["measure"] == "best"
    key, level = "customs.{series}.release.{measure}", inference.level
    shown = percent(level)
    own = Findings(
        numbers=[
            *numbers_of(told[~best], RESPONSES, key, source, level=level),
            *numbers_of(told[best], RESPONSES, key, later, level=level),
            *_months_needed(panel),
        ],
        tables=[
            table_of("surprises", told, RESPONSES, source, RESPONDED, level=shown, month=every.noun)
        ],
        verdicts=[_any_response(responses, inference.size, source)],
        datasets=[
            Dataset("customs_surprises", surprises(panel), Provenance.of(surprises, FIRST)),
            Dataset("release_responses", responses, source),
            Dataset("customs_forecasts", forecasts(panel), Provenance.later(forecasts, FIRST)),
        ],
    )
    named, there = panel.snapshot.choices.customs.parts, {*panel.snapshot.customs["series"]}
    known = named and {named.whole, *named.of} <= there
    beside = [parts.compute(panel, FIRST)] if known else []
    return own.extend([report(panel), *beside])


def _fewest_months(snapshot: Snapshot) -> int:
    """Return the months of the series of which the file has fewest."""
    used = snapshot.customs[snapshot.customs["series"].isin(list_series(snapshot))]
    return int(used.groupby("series")["month"].nunique().min()) if len(used) else 0


def surprises(panel: Panel) -> pd.DataFrame:
    """Hold each first print against a seasonal naive forecast made from earlier first prints.

    The forecast is the first print of the same month, or of the same sum of January and February,
    one year before. A derived figure with too wide a band is left out on both sides, and a forecast
    whose release day is known must have come before.

    Returns
    -------
    DataFrame
        ``series``, ``month``, ``coverage``, ``value``, ``forecast`` (in the series' unit),
        ``surprise`` (log of their ratio), ``release_date``.
    """
    rows = forecasts(panel).dropna(subset="year").rename(columns={"year": "forecast"})
    rows["surprise"] = np.log(rows["value"] / rows["forecast"])
    columns = ["series", "month", "coverage", "value", "forecast", "surprise", "release_date"]
    return rows[columns].reset_index(drop=True)


def beyond_best(panel: Panel) -> pd.Series:
    """Log ratio of each first print to its best forecast by past error: :func:`forecasts`.

    Returns
    -------
    Series
        ``best``, indexed by ``series``, ``month``, ``coverage``.
    """
    rows = forecasts(panel)
    chosen = [row[row["best"]] for row in rows.to_dict("records")]
    found = rows.assign(best=np.log(rows["value"] / np.array(chosen, dtype=float)))
    return found.set_index(["series", "month", "coverage"])["best"]


def release_responses(panel: Panel) -> pd.DataFrame:
    """Correlate the core CAR on release days with what was released, by every measure.

    Returns
    -------
    DataFrame
        ``series``, ``measure`` (change, surprise or best) and, of the rank correlation with its
        moving-block bootstrap interval and block-permutation p: ``n``, ``estimate``, ``low``,
        ``high``, ``p``, ``mde``.
    """
    keys = ["series", "month", "coverage"]
    known = (
        surprises(panel)
        .set_index(keys)["surprise"]
        .to_frame()
        .join(beyond_best(panel), how="outer")
    )
    released = release_returns(panel).join(known, on=keys)
    rows = []
    for series in list_names(panel.snapshot):
        part = released[released["series"] == series].set_index("month")
        for measure in MEASURES:
            names, x = ("release", series, measure), part[measure].dropna()
            found = correlate(panel.snapshot, x, part["car"], [0], "spearman", *names)
            rows.append({"series": series, "measure": measure} | found.iloc[0].to_dict())
    return pd.DataFrame(rows).astype({"n": int})


def _months_needed(panel: Panel) -> list[Number]:
    """Say how many months show the correlation aimed at, and when the first series has them."""
    power, core = panel.snapshot.choices.inference.power, monthly_returns(panel)["core"].dropna()
    first = next(iter(export_changes(panel).values()))
    pairs = first.index.intersection(core.index)
    months = say_every(panel.snapshot).words["months"]
    needed = {method: needed_pairs(TARGET, method, power) for method in METHODS}
    reached = pairs[-1] + max(needed[METHODS[0]] - len(pairs), 0)
    cells: dict[str, Scalar] = {
        "target": (TARGET, "correlation aimed at", "correlation", "decimal1"),
        "months_needed.year": (str(reached.year), YEAR.format(months), "year", "text"),
    }
    cells |= {
        f"months_needed.{m}": (count, NEEDED.format(months, m)) for m, count in needed.items()
    }
    return scalar_numbers("customs", cells, Provenance.of(compute, FIRST), months)


def _any_response(responses: pd.DataFrame, size: float, source: Provenance) -> Verdict:
    smallest = responses["p"].min()
    said = "some" if smallest < size else "none"
    evidence = f"smallest p {smallest:.3g}"
    return Verdict("customs.surprises", said, ANY.format(size), evidence, source)
