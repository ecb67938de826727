"""Rates of rejection in a record of the study of size, and the effect that a test of it finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.estimators.significance import LEVEL
from analysis.questions.size.record import Record
from analysis.results import Number, Provenance
from analysis.results.columns import Column, Scalar, scalar_numbers
from analysis.results.formats import percent

__all__ = [
    "LAWS",
    "NAMES",
    "OF_RECORD",
    "RATE",
    "TIGHTENING",
    "cells_of_record",
    "detectable_numbers",
    "error_of",
    "rate_cells",
]

NAMES = {
    "t_time_series": "time-series t",
    "t_cross_sectional": "cross-sectional t",
    "skewness_adjusted_t": "skewness-adjusted t",
    "patell": "Patell",
    "bmp": "BMP",
    "kp_patell": "KP-Patell",
    "kp_bmp": "KP-BMP, t(N − 1)",
    "corrado": "Corrado rank",
    "corrado_zivney": "Corrado-Zivney",
    "grank_t": "GRANK-T",
    "sign": "sign",
    "generalized_sign": "generalised sign",
    "wilcoxon": "Wilcoxon",
    "portfolio_t": "portfolio t, equal",
    "portfolio_t_risk": "portfolio t, risk",
    "joint_f": "joint F",
    "equal_response_f": "equal-response F",
    "placebo": "placebo dates",
    "placebo_matched": "placebo, matched",
    "conformal": "**conformal**",
    "across_episodes_t": "**t across episodes**",
    "sign_flip": "sign flips",
}
LAWS = {
    "normal": "normal",
    "t4": "t(4)",
    "garch": "GARCH",
    "correlated": "corr.",
    "jump": "jump",
    "panel": "panel",
    "placebo": "dates",
}
OF_RECORD = {"one_date": "conformal", "pooled": "across_episodes_t"}
TIGHTENING = "pooled_tightening"

REJECTED = f"share of samples in which {{test}} rejects at {percent(LEVEL)}, effect {{effect:g}}"
RATE = Column("rate", "", "percent1", "fraction", REJECTED, "", "se", n="samples")
LEAST = (
    "effect that {test} finds with the stated power, between the planted effects on a straight line"
)


def rate_cells(record: Record) -> pd.DataFrame:
    """Return rate and Monte-Carlo standard error of every cell and test that is not refused.

    Samples of K event-free dates repeat dates: only as many count as there are without a common
    date.
    """
    counts = record.counts[record.counts["replications"] > 0].reset_index(drop=True)
    rate = counts["rejections"] / counts["replications"]
    dates = counts["case"].map(record.calibration["placebo_dates"])
    apart = (dates // counts["case"].map(record.calibration["episodes"])).clip(lower=1)
    samples = counts["replications"].where(counts["law"] != "placebo", apart).astype(int)
    error = (rate * (1 - rate) / samples) ** 0.5
    return counts.assign(rate=rate, samples=samples, se=error, printed=counts["test"].map(NAMES))


def cells_of_record(size: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the p of record: conformal for one date, t across episodes for more."""
    kind = size["case"].str.extract("^(one_date|pooled)", expand=False)
    return size[size["test"] == kind.map(OF_RECORD)].assign(kind=kind)


def detectable_numbers(
    rates: pd.DataFrame, power: float, source: Provenance, key: str = "size"
) -> list[Number]:
    """Return the effect found with the stated power, where a planted one reaches it."""
    cells: dict[str, Scalar] = {}
    for case, test in (("one_date_3", "conformal"), ("pooled_tightening", "across_episodes_t")):
        part = rates[(rates["law"] == "panel") & (rates["test"] == test) & (rates["case"] == case)]
        part = part.sort_values("effect")
        if (part["rate"] >= power).any():
            upper = int((part["rate"] >= power).to_numpy().argmax())
            ends = part.iloc[max(upper - 1, 0) : upper + 1]
            least = float(np.interp(power, ends["rate"], ends["effect"]))
            words = LEAST.format(test=NAMES[test].strip("*"))
            cells[f"{case}.detectable"] = (least, words, "fraction", "percent1")
    return scalar_numbers(key, cells, source)


def error_of(count: Any) -> Any:
    """Return the Monte-Carlo standard error of a rate of five percent, of a count or many."""
    return (LEVEL * (1 - LEVEL) / count) ** 0.5
