"""Specification curves as numbers, a table, figures, verdicts and one data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.questions.robustness.cars import CHOICES
from analysis.questions.robustness.curve import GRID, Curve, JointP, curves, joint_p
from analysis.questions.robustness.rule import decide_curve, stated_rule
from analysis.results import Dataset, Figure, Findings, Format, Number, Provenance, Table, Verdict
from analysis.results.formats import format_value, listed, percent
from analysis.snapshot.choices import Inference
from analysis.study.panel import Panel

__all__ = ["compute", "explained"]

INPUTS = (
    "prices.csv",
    "events.csv",
    "confounders.csv",
    "universe.csv",
    "study.toml",
    "claims.toml",
)
CURVES = "analysis.questions.robustness.curve.curves"
SAMPLE = "confirmatory events under every coding"
ESTIMANDS = {
    "A3": "slope of the signed CAR on the heavy share",
    "A4": "signed core CAR net of market and sector",
    "A9": "core CAR on the days after easing",
    "A11": "pure plays: fall on easing less rise on tightening",
    "B3": "core CAR, tightening less easing",
    "B11": "pure plays less {producer}, tightening less easing",
}
NAMES = {
    "returns": "returns",
    "model": "benchmark",
    "length": "estimation",
    "gap": "gap",
    "outliers": "outliers",
    "window": "window",
    "contamination": "contamination",
    "measure": "heavy share",
    "coding": "events",
}
OPTIONS = {
    "none": "kept",
    "exclude": "left out",
    "keep": "kept",
    "share": "as stated",
    "basket": "heavy or not",
    "baseline": "ledger",
    "judgement_out": "judgements out",
    "judgement_recoded": "judgements turned",
    "alternative_day": "other day 0",
    "sector_only": "sector news only",
    "disappointment": "disappointment moved",
}
BINS = 50
RANGE = (0.05, 0.95)  # percentiles of the specifications between which the range lies


def compute(panel: Panel) -> Findings:
    """Compute and report the curve of every claim that ``study.curve`` lists."""
    found, rows, everything = Findings(), [], []
    choices = panel.snapshot.choices
    for curve in curves(panel):
        told = _Told(
            curve,
            joint_p(curve.summary, curve.placebo),
            joint_p(curve.summary, curve.flips),
            ESTIMANDS[curve.claim].format(producer=listed(choices.baskets["producer"])),
            choices.inference,
        )
        found.numbers += _numbers(told)
        found.verdicts += _verdicts(told)
        if curve.summary.testable:
            found.figures.append(_figure(told))
        rows.append(_row(told))
        everything.append(curve.specifications.assign(claim=curve.claim))
    specifications = pd.concat(everything, ignore_index=True)
    found.tables.append(_table(rows, choices.inference.size))
    found.datasets.append(_dataset(specifications))
    found.numbers += [
        Number("curve.specifications", len(specifications), "count", "integer",
               "specifications of all curves", _source()),
        Number("curve.claims", len(rows), "count", "integer", "claims with a curve", _source()),
        Number("curve.draws", choices.curve.draws, "count", "integer",
               "joint placebo calendars, and joint sign flips", _source()),
    ]  # fmt: skip
    return found


@dataclass(frozen=True)
class _Told:
    """A curve with all that its numbers, rows and figures state."""

    curve: Curve
    placebo: JointP
    flips: JointP
    estimand: str
    inference: Inference

    @property
    def key(self) -> str:
        """What the keys of its results begin with."""
        return f"curve.{self.curve.claim.lower()}"

    @property
    def verdict(self) -> str:
        """What the rule says."""
        p, size = self.placebo, self.inference.size
        return decide_curve(self.curve.summary, p.median, p.share_significant, size)


def explained(specifications: pd.DataFrame) -> pd.Series:
    """Share of the variance of the estimates that each choice explains alone, largest first.

    The sum of squares between the options of one choice over the total, as in an analysis of
    variance without interactions.
    """
    known = specifications.dropna(subset="estimate")
    estimate = known["estimate"]
    total = float(((estimate - estimate.mean()) ** 2).sum())
    shares = {
        choice: float(((estimate.groupby(known[choice]).transform("mean") - estimate.mean()) ** 2)
                      .sum()) / total
        for choice in (*CHOICES, "coding")
        if total > 0 and len(known[choice].unique()) > 1
    }  # fmt: skip
    return pd.Series(shares, dtype=float).sort_values(ascending=False, kind="stable")


def _source(claim: str = "") -> Provenance:
    return Provenance(CURVES, INPUTS, f"claim {claim}, {SAMPLE}" if claim else SAMPLE)


def _numbers(told: _Told) -> list[Number]:
    """Make the numbers of one curve; those that do not exist are left out."""
    curve, placebo, flips, size = told.curve, told.placebo, told.flips, told.inference.size
    s, source = curve.summary, _source(curve.claim)
    estimates = curve.specifications["estimate"]
    drivers = explained(curve.specifications)
    values: list[tuple[str, float | None, str, Format, str]] = [
        ("specifications", s.specifications, "count", "integer", "specifications"),
        ("testable", s.testable, "count", "integer", "specifications with enough episodes"),
        ("median", s.median, "fraction", "percent1", "median over specifications"),
        ("low", float(estimates.quantile(RANGE[0])), "fraction", "percent1",
         f"{100 * RANGE[0]:g}th percentile"),
        ("high", float(estimates.quantile(RANGE[1])), "fraction", "percent1",
         f"{100 * RANGE[1]:g}th percentile"),
        ("share_sign", s.share_sign, "share", "percent0", "share with the claimed sign"),
        ("share_significant", s.share_significant, "share", "percent0",
         f"share with the claimed sign and p below {size:g}"),
        ("share_opposite", s.share_opposite, "share", "percent0",
         f"share with the opposite sign and p below {size:g}"),
        ("placebo_significant", float(np.mean(curve.placebo.share_significant)), "share",
         "percent0", "mean share significant over placebo calendars"),
        ("p_median", placebo.median, "p-value", "pvalue", "joint placebo p of the median"),
        ("p_share_sign", placebo.share_sign, "p-value", "pvalue",
         "joint placebo p of the share with the claimed sign"),
        ("p_share_significant", placebo.share_significant, "p-value", "pvalue",
         "joint placebo p of the share significant"),
        ("p_median_flip", flips.median, "p-value", "pvalue", "joint sign-flip p of the median"),
        ("p_share_significant_flip", flips.share_significant, "p-value", "pvalue",
         "joint sign-flip p of the share significant"),
        ("driver_share", drivers.max() if len(drivers) else None, "share", "percent0",
         "share of the variance explained by the choice that explains most"),
    ]  # fmt: skip
    for null, phrase, draws in (
        ("placebo", "placebo calendars", curve.placebo),
        ("flip", "sign flips", curve.flips),
    ):
        phrase = f"over {phrase} of the median over specifications"
        for end, at in zip(("low", "high"), told.inference.tails, strict=True):
            bound, which = float(pd.Series(draws.median).quantile(at)), f"{100 * at:g}th percentile"
            values.append((f"{null}_{end}", bound, "fraction", "percent1", f"{which} {phrase}"))
    return [
        Number(f"{told.key}.{name}", value, unit, fmt, f"{phrase}: {told.estimand}", source)
        for name, value, unit, fmt, phrase in values
        if value is not None and np.isfinite(value)
    ]


def _verdicts(told: _Told) -> list[Verdict]:
    curve, placebo, key = told.curve, told.placebo, told.key
    s, source = curve.summary, _source(curve.claim)
    evidence = (
        f"{s.testable} specifications, median {s.median:.4g}, claimed sign in {s.share_sign:.3g}, "
        f"significant in {s.share_significant:.3g}, joint p of the median {placebo.median:.3g}, "
        f"of the share significant {placebo.share_significant:.3g}"
    )
    drivers = explained(curve.specifications)
    driver = NAMES[str(drivers.index[0])] if len(drivers) else "none"
    return [
        Verdict(key, told.verdict, stated_rule(told.inference.size), evidence, source),
        Verdict(
            f"{key}.driver",
            driver,
            "the choice that alone explains the largest share of the variance of the estimates",
            ", ".join(f"{NAMES[str(c)]} {v:.3g}" for c, v in drivers.items()),
            source,
        ),
    ]


def _row(told: _Told) -> dict[str, object]:
    curve, placebo, flips = told.curve, told.placebo, told.flips
    s, estimates = curve.summary, curve.specifications["estimate"]
    low, high = (format_value(float(estimates.quantile(q)), "percent1") for q in RANGE)
    expected = float(np.mean(curve.placebo.share_significant))
    return {
        "claim": curve.claim,
        "estimand": told.estimand,
        "specifications": s.testable,
        "median": s.median,
        "range": f"{low} to {high}",
        "sign": s.share_sign,
        "significant": " / ".join(
            format_value(share, "percent0") for share in (s.share_significant, expected)
        ),
        "p": f"{format_value(placebo.median, 'pvalue')} ({format_value(flips.median, 'pvalue')})",
        "p_significant": placebo.share_significant,
        "verdict": told.verdict,
    }


def _table(rows: list[dict[str, object]], size: float) -> Table:
    return Table(
        "specification_curves",
        pd.DataFrame(rows),
        {
            "specifications": "integer",
            "median": "percent1",
            "sign": "percent0",
            "p_significant": "pvalue",
        },
        {
            "claim": "Id",
            "estimand": "Estimand",
            "specifications": "Specs",
            "median": "Median",
            "range": "Range",
            "sign": "Sign",
            "significant": "Sig.",
            "p": "p median",
            "p_significant": "p sig.",
            "verdict": "Verdict",
        },
        _source(),
        "Estimates in the direction of the claim. Range: "
        f"{' to '.join(f'{100 * q:g}th' for q in RANGE)} percentile of the specifications. Sign: "
        f"share with the claimed sign. Sig.: share with the claimed sign and p below {size:g}, "
        "beside its mean over placebo calendars. Joint p from placebo calendars, for the median in "
        "brackets from sign flips.",
    )


def _dataset(specifications: pd.DataFrame) -> Dataset:
    """Every specification: a row for each choice of returns, its codings side by side.

    ``estimate`` (fraction), ``p`` and ``episodes`` of each coding; rounded, since there are tens of
    thousands.
    """
    rounded = specifications.round({"estimate": 5, "p": 4})
    codings = specifications["coding"].unique()
    columns = [(value, str(c)) for c in codings for value in ("estimate", "p", "episodes")]
    indexed = rounded.set_index(["claim", *CHOICES, "coding"])
    wide = pd.DataFrame(
        {
            f"{coding}_{value}": indexed[value].xs(coding, level="coding")
            for value, coding in columns
        }
    )
    order = specifications[["claim", *CHOICES]].drop_duplicates()
    frame = order.merge(wide.reset_index(), on=["claim", *CHOICES], validate="one_to_one")
    counts = frame.filter(like="_episodes").astype("Int64")
    return Dataset("specifications", frame.assign(**counts), _source())


def _figure(told: _Told) -> Figure:
    curve, level, tails = told.curve, told.inference.level, list(told.inference.tails)
    s, name = curve.summary, f"specification_curve_{curve.claim.lower()}"
    count = format_value(s.testable, "integer")
    share, significant = (format_value(v, "percent0") for v in (s.share_sign, s.share_significant))
    low, high = (
        format_value(v, "percent1") for v in pd.Series(curve.placebo.median).quantile(tails)
    )
    alt = (
        f"{count} estimates of claim {curve.claim} in rising order: {share} have the claimed sign, "
        f"{significant} are significant. Their median is {format_value(s.median, 'percent1')}; on "
        f"placebo calendars it lies between {low} and {high} in {percent(level)} of draws, joint p "
        f"{format_value(told.placebo.median, 'pvalue')}. "
        "Below, where each option lies along the curve, with its median."
    )
    known = curve.specifications.dropna(subset="estimate").sort_values("estimate", kind="stable")
    known = known.assign(rank=np.linspace(0, 1, len(known)))
    band = pd.DataFrame(curve.placebo.sorted.T).quantile(tails).to_numpy()
    data = {
        "curve": _shown(known, told.inference.size),
        "baseline": known[known.index == 0][["rank", "estimate"]],
        "band": pd.DataFrame({"rank": GRID, "low": band[0], "high": band[1]}),
        "options": _options(known),
    }
    return Figure(name, "specification_curve", data, alt, _source(curve.claim), {"level": level})


def _shown(known: pd.DataFrame, size: float) -> pd.DataFrame:
    """Return evenly spaced points of the curve with the side on which they are significant."""
    at = np.unique(np.linspace(0, len(known) - 1, 320).round().astype(int))
    side = np.where(known["p"] < size, np.sign(known["estimate"]), 0)
    return known[["rank", "estimate"]].assign(side=side).iloc[at].reset_index(drop=True)


def _options(known: pd.DataFrame) -> pd.DataFrame:
    """Count where each option lies along the curve.

    Returns
    -------
    DataFrame
        ``choice``, ``option``, ``bin`` (place along the curve, 0 to 1), ``share`` (of the
        specifications there, over its share in all), ``median`` (estimate, fraction).
    """
    bins = np.minimum((known["rank"] * BINS).astype(int), BINS - 1)
    frames: list[pd.DataFrame] = []
    for choice in (*CHOICES, "coding"):
        counts = pd.crosstab(bins, known[choice])
        if counts.shape[1] < 2:
            continue
        even = counts.sum() / counts.to_numpy().sum()
        shares = counts.div(counts.sum(axis=1), axis=0) / even
        medians = known.groupby(choice)["estimate"].median()
        frames.extend(
            pd.DataFrame(
                {
                    "choice": NAMES[choice],
                    "option": OPTIONS.get(str(option), str(option)),
                    "bin": (counts.index + 0.5) / BINS,
                    "share": shares[option].to_numpy(),
                    "median": medians[option],
                }
            )
            for option in known.sort_index()[choice].unique()  # in the order of the menu
        )
    return pd.concat(frames, ignore_index=True)
