"""What the export figures told that was new, and why tonnage tells little about scarcity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.dependence.lead_lag import lead_lag, needed_pairs
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import format_value, percent
from analysis.snapshot.customs import monthly_panel
from analysis.study.customs import (
    METHODS,
    NAMES,
    TONNES,
    export_changes,
    monthly_returns,
    own_generator,
    release_returns,
)
from analysis.study.panel import Panel

__all__ = ["ELEMENTS", "compute", "heavy_elements", "release_responses", "surprises"]

INPUTS = ("customs.csv", "prices.csv", "events.csv", "universe.csv", "study.toml")
ELEMENTS = {"dysprosium": "dysprosium_exports", "terbium": "terbium_exports"}
TARGET = 0.3  # correlation for which the months needed are stated
MEASURES = {"change": "change on the month", "surprise": "surprise"}


def compute(panel: Panel) -> Findings:
    """Relate responses on release days to what was released, and look at the heavy elements."""
    responses, heavy = release_responses(panel), heavy_elements(panel)
    inference = panel.snapshot.choices.inference
    return Findings(
        numbers=[*_response_numbers(panel, responses), *_months_needed(panel), *_heavy(heavy)],
        tables=[_table(responses, inference.level), _heavy_table(heavy)],
        verdicts=[_any_response(responses, inference.size), _heavy_verdict(heavy)],
        datasets=[
            Dataset("customs_surprises", surprises(panel), _source("surprises")),
            Dataset("release_responses", responses, _source("release_responses")),
        ],
    )


def _source(function: str) -> Provenance:
    return Provenance(f"analysis.questions.customs.surprises.{function}", INPUTS, "first prints")


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
    customs, widest = panel.snapshot.customs, panel.snapshot.choices.customs.derived_band
    band = (customs["high"] - customs["low"]) / customs["value"]
    kept = customs[~((customs["status"] == "derived") & (band > widest))]
    keys = ["month", "coverage"]
    shown = ["series", *keys, "value", "release_date"]
    frames = [kept.loc[kept["series"] == s, shown].assign(series=n) for s, n in TONNES.items()]
    dollars = kept[kept["series"] == "rare_earths_total_usd"].set_index(keys)["value"]
    headline = frames[0].join(dollars.rename("usd"), on=keys)
    per_tonne = headline["usd"] / headline["value"]
    frames.append(headline[shown].assign(series="unit_value", value=per_tonne))
    rows = pd.concat(frames, ignore_index=True)
    before = rows.assign(month=rows["month"] + 12)[["series", *keys, "value", "release_date"]]
    before = before.rename(columns={"value": "forecast", "release_date": "forecast_release"})
    joined = rows.merge(before, on=["series", *keys], how="inner").dropna(
        subset=["value", "forecast"]
    )
    late = joined["forecast_release"] >= joined["release_date"]
    joined = joined[~late & (joined["value"] > 0) & (joined["forecast"] > 0)]
    joined["surprise"] = np.log(joined["value"] / joined["forecast"])
    columns = ["series", *keys, "value", "forecast", "surprise", "release_date"]
    return joined[columns].reset_index(drop=True)


def release_responses(panel: Panel) -> pd.DataFrame:
    """Correlate the core CAR on release days with the change and with the surprise released.

    Returns
    -------
    DataFrame
        ``series``, ``measure`` (change or surprise) and, of the rank correlation with its
        moving-block bootstrap interval and block-permutation p: ``n``, ``estimate``, ``low``,
        ``high``, ``p``, ``mde``.
    """
    choices = panel.snapshot.choices
    known = surprises(panel).set_index(["series", "month", "coverage"])["surprise"]
    released = release_returns(panel).join(known, on=["series", "month", "coverage"])
    rows = []
    for series in NAMES:
        part = released[released["series"] == series].set_index("month")
        for measure in MEASURES:
            found = lead_lag(
                part[measure].dropna(),
                part["car"],
                [0],
                method="spearman",
                block=choices.customs.block,
                draws=choices.inference.draws,
                rng=own_generator(choices.inference.seed, "release", series, measure),
                level=choices.inference.level,
            )
            rows.append({"series": series, "measure": measure} | found.iloc[0].to_dict())
    return pd.DataFrame(rows).astype({"n": int})


def heavy_elements(panel: Panel) -> pd.DataFrame:
    """Set dysprosium and terbium beside the headline, for the months in which both are known.

    Returns
    -------
    DataFrame
        ``month``, ``headline`` (t), ``dysprosium``, ``terbium`` (kg), ``share`` (of both in the
        headline, percent).
    """
    levels = monthly_panel(panel.snapshot.customs, panel.snapshot.choices)["level"]
    names = {"headline": "rare_earths_total", **ELEMENTS}
    frame = pd.DataFrame({name: levels.xs(series) for name, series in names.items()})
    frame = frame.dropna(subset=["dysprosium", "terbium", "headline"])
    tonnes = (frame["dysprosium"] + frame["terbium"]) / 1000
    return frame.assign(share=100 * tonnes / frame["headline"]).rename_axis("month").reset_index()


def _response_numbers(panel: Panel, responses: pd.DataFrame) -> list[Number]:
    level = panel.snapshot.choices.inference.level
    source = _source("release_responses")
    numbers = []
    for row in responses.dropna(subset=["estimate"]).to_dict("records"):
        key = f"customs.{row['series']}.release.{row['measure']}"
        what = f"rank correlation of the core CAR with the {MEASURES[row['measure']]} released"
        numbers += [
            Number(key, row["estimate"], "correlation", "decimal2", what, source, low=row["low"],
                   high=row["high"], level=level, p=row["p"], n=row["n"]),
            Number(f"{key}.p", row["p"], "p-value", "pvalue", f"p of the {what}", source),
        ]  # fmt: skip
    return numbers


def _months_needed(panel: Panel) -> list[Number]:
    """Say how many months show a correlation of 0.3, and when the headline will have them."""
    source = _source("compute")
    power = panel.snapshot.choices.inference.power
    core = monthly_returns(panel)["core"].dropna()
    pairs = export_changes(panel)["headline"].index.intersection(core.index)
    numbers = [
        Number("customs.target", TARGET, "correlation", "decimal1", "correlation aimed at", source)
    ]
    for method in METHODS:
        needed = needed_pairs(TARGET, method, power)
        numbers.append(
            Number(f"customs.months_needed.{method}", needed, "months", "integer",
                   f"months that show a {method} correlation of the target with the power stated",
                   source)
        )  # fmt: skip
    missing = needed_pairs(TARGET, METHODS[0], power) - len(pairs)
    reached = pairs[-1] + max(missing, 0)
    numbers.append(
        Number("customs.months_needed.year", str(reached.year), "year", "text",
               "year in which the headline would have as many months without a gap", source)
    )  # fmt: skip
    return numbers


def _heavy(heavy: pd.DataFrame) -> list[Number]:
    source = _source("heavy_elements")
    rank = heavy["headline"].corr(heavy["dysprosium"] + heavy["terbium"], method="spearman")
    largest = heavy.iloc[int(heavy["headline"].argmax())]
    values: list[tuple[str, float, str, str]] = [
        ("share_min", heavy["share"].min(), "percent", "smallest share of both in the headline"),
        ("share_max", heavy["share"].max(), "percent", "largest share of both in the headline"),
        ("rank", rank, "correlation", "rank correlation of both with the headline tonnage"),
    ]
    numbers = [
        Number(f"customs.heavy.{key}", float(v), unit, "decimal2", what, source, n=len(heavy))
        for key, v, unit, what in values
    ]
    return [
        *numbers,
        Number("customs.heavy.months", len(heavy), "months", "integer",
               "months in which both elements are known", source),
        Number("customs.heavy.at_peak", float(largest["dysprosium"] + largest["terbium"]),
               "kilograms", "integer", "both elements in the month of the largest headline",
               source),
        Number("customs.heavy.peak", float(largest["headline"]), "tonnes", "tonnes1",
               "largest headline among these months", source),
        Number("customs.heavy.most", float((heavy["dysprosium"] + heavy["terbium"]).max()),
               "kilograms", "integer", "largest month of both elements", source),
    ]  # fmt: skip


def _any_response(responses: pd.DataFrame, size: float) -> Verdict:
    small = responses[responses["p"] < size]
    return Verdict(
        "customs.surprises",
        "some" if len(small) else "none",
        f"unadjusted p below {size:g} for any rank correlation of the release-day CAR with what "
        "was released",
        f"smallest p {responses['p'].min():.3g}",
        _source("release_responses"),
    )


def _heavy_verdict(heavy: pd.DataFrame) -> Verdict:
    both = heavy["dysprosium"] + heavy["terbium"]
    at_peak = float(both.iloc[int(heavy["headline"].argmax())] / both.max())
    return Verdict(
        "customs.heavy",
        "hidden" if at_peak < 0.1 else "visible",
        "dysprosium and terbium in the month of the largest headline below a tenth of their "
        "largest month",
        f"ratio {at_peak:.3g}",
        _source("heavy_elements"),
    )


def _table(responses: pd.DataFrame, level: float) -> Table:
    frame = responses.assign(
        series=responses["series"].map(NAMES),
        measure=responses["measure"].map(MEASURES),
        interval=[
            f"{format_value(low, 'decimal2')} to {format_value(high, 'decimal2')}"
            if pd.notna(low)
            else "\u2013"
            for low, high in zip(responses["low"], responses["high"], strict=True)
        ],
    )
    return Table(
        "surprises",
        frame[["series", "measure", "n", "estimate", "interval", "p", "mde"]],
        {"n": "integer", "estimate": "decimal2", "p": "pvalue", "mde": "decimal2"},
        {
            "series": "Series",
            "measure": "Released",
            "n": "Days",
            "estimate": "Spearman",
            "interval": f"{percent(level)} interval",
            "mde": "MDE",
        },
        _source("release_responses"),
        "Rank correlation of the core CAR on the release day with what was released. Surprise: log "
        "ratio to the first print of the same month one year before. Moving-block bootstrap "
        "intervals, block-permutation p. An en dash: fewer than six pairs.",
    )


def _heavy_table(heavy: pd.DataFrame) -> Table:
    return Table(
        "heavy_elements",
        heavy.assign(month=heavy["month"].astype(str)),
        {
            "headline": "tonnes1",
            "dysprosium": "integer",
            "terbium": "integer",
            "share": "decimal2",
        },
        {
            "month": "Month",
            "headline": "Headline, t",
            "dysprosium": "Dysprosium, kg",
            "terbium": "Terbium, kg",
            "share": "Share, %",
        },
        _source("heavy_elements"),
        "Months in which all three are known. Share: both elements in the headline tonnage.",
    )
