"""Specification curves as numbers, a table, figures, verdicts and one data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimators.multiplicity import holm
from analysis.questions.requirements import HEAVY, MENUS
from analysis.questions.robustness.cars import CHOICES
from analysis.questions.robustness.curve import Curve, curves
from analysis.questions.robustness.joint_placebo import GRID, joint_p
from analysis.questions.robustness.rule import decide_curve, stated_rule
from analysis.results import Dataset, Figure, Findings, Format, Provenance
from analysis.results.columns import (
    Column,
    Interval,
    numbers_of,
    scalar_numbers,
    spread,
    table_of,
    verdicts_of,
)
from analysis.results.formats import format_value, percent
from analysis.snapshot.choices import Inference
from analysis.study.panel import Panel

__all__ = ["compute", "explained", "judge_curves"]

NEEDS = (MENUS, HEAVY)

SAMPLE = "confirmatory events under every coding"
NAMES = {
    "returns": "returns",
    "model": "benchmark",
    "length": "estimation",
    "gap": "gap",
    "outliers": "outliers",
    "window": "window",
    "contamination": "contamination",
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
KEY = "curve.{claim}"


def _column(name: str, words: str, head: str = "", *, unit: str, fmt: Format) -> Column:
    return Column(name, head, fmt, unit, f"{words}: {{estimand}}", f".{name}")


_count = partial(_column, unit="count", fmt="integer")
_fraction = partial(_column, unit="fraction", fmt="percent1")
_share = partial(_column, unit="share", fmt="percent0")
_p = partial(_column, unit="p-value", fmt="pvalue")

SIGN, SMALL = "share with the claimed sign", "and p below {size}"
EXPLAINED = "share of the variance explained by the choice that explains most"
OVER = "over {} of the median over specifications"
TESTABLE = _count("testable", "specifications with enough episodes", "Specs")
MEDIAN = _fraction("median", "median over specifications", "Median")
SHARE = _share("share_sign", SIGN, "Sign")
P_SHARE = _p("p_share_significant", "joint placebo p of the share significant", "p sig.")
ADJUSTED = "joint placebo p of the median adjusted by Holm over the curves, exploratory"
P_ADJUSTED = _p("p_median_holm", ADJUSTED, "Holm")
NUMBERS = (
    _count("specifications", "specifications"),
    TESTABLE,
    MEDIAN,
    _fraction("low", f"{100 * RANGE[0]:g}th percentile"),
    _fraction("high", f"{100 * RANGE[1]:g}th percentile"),
    SHARE,
    _share("share_significant", f"{SIGN} {SMALL}"),
    _share("share_opposite", f"share with the opposite sign {SMALL}"),
    _share("placebo_significant", "mean share significant over placebo calendars"),
    _p("p_median", "joint placebo p of the median"),
    P_ADJUSTED,
    _p("p_share_sign", f"joint placebo p of the {SIGN}"),
    P_SHARE,
    _p("p_median_flip", "joint sign-flip p of the median"),
    _p("p_share_significant_flip", "joint sign-flip p of the share significant"),
    _share("driver_share", EXPLAINED),
    *(
        _fraction(f"{null}_{end}", f"{{{end}_tail}} {OVER.format(draws)}")
        for null, draws in (("placebo", "placebo calendars"), ("flip", "sign flips"))
        for end in ("low", "high")
    ),
)
TABLE = (
    Column("claim", "Id"),
    Column("estimand", "Estimand"),
    TESTABLE,
    MEDIAN,
    Interval("Range", "low", "high", "percent1"),
    SHARE,
    Column("significant", "Sig."),
    Column("p", "p median"),
    P_ADJUSTED,
    P_SHARE,
    Column("verdict", "Verdict"),
    Column("unadjusted", "Unadjusted"),
)
NOTE = (
    "Estimates in the direction of the claim. Range: "
    f"{' to '.join(f'{100 * q:g}th' for q in RANGE)} percentile of the specifications. Sign: "
    "share with the claimed sign. Sig.: share with the claimed sign and p below {size:g}, beside "
    "its mean over placebo calendars. Joint p from placebo calendars, for the median in brackets "
    "from sign flips. Holm: p of the median adjusted over the curves, by which the verdict goes; "
    "specified after results were known, exploratory. Unadjusted: the verdict by the p as it is, "
    "to which the registered rule looks."
)
EVIDENCE = (
    "{testable} specifications, median {median:.4g}, claimed sign in {share_sign:.3g}, "
    "significant in {share_significant:.3g}, joint p of the median {p_median:.3g}, adjusted "
    "{p_median_holm:.3g}, of the share significant {p_share_significant:.3g}"
)
DRIVER = "the choice that alone explains the largest share of the variance of the estimates"


def compute(panel: Panel) -> Findings:
    """Compute and report the curve of every claim that ``study.curve`` lists."""
    inference, draws = panel.snapshot.choices.inference, panel.snapshot.choices.curve.draws
    found = curves(panel)
    frame = judge_curves([_row(panel, curve) for curve in found], inference.size)
    rows = [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
    every = pd.concat([c.specifications.assign(claim=c.claim) for c in found], ignore_index=True)
    totals = {
        "specifications": (len(every), "specifications of all curves"),
        "claims": (len(found), "claims with a curve"),
        "draws": (draws, "joint placebo calendars, and joint sign flips"),
    }
    findings = Findings(
        numbers=scalar_numbers("curve", totals, _source()),
        tables=[
            table_of(
                "specification_curves", frame, TABLE, _source(), NOTE.format(size=inference.size)
            )
        ],
        datasets=[_dataset(every)],
    )
    low, high = (f"{100 * tail:g}th percentile" for tail in inference.tails)
    rules = {"verdict": KEY, "unadjusted": f"{KEY}.unadjusted"}
    for place, (curve, row) in enumerate(zip(found, rows, strict=True)):
        source, one = _source(curve.claim), frame.iloc[[place]]
        findings.numbers += numbers_of(
            one, NUMBERS, KEY, source, size=f"{inference.size:g}", low_tail=low, high_tail=high
        )
        for by, key in rules.items():
            rule = stated_rule(inference.size, adjusted=by == "verdict")
            findings.verdicts += verdicts_of(one, by, key, rule, EVIDENCE, source)
        findings.verdicts += verdicts_of(
            one, "driver", f"{KEY}.driver", DRIVER, "{drivers}", source
        )
        if curve.summary.testable:
            findings.figures.append(_figure(curve, row, inference))
    return findings


def judge_curves(rows: list[dict[str, Any]], size: float) -> pd.DataFrame:
    """Adjust the p of the median over all curves and judge each by it, and by the p as it is.

    Parameters
    ----------
    rows : list of dict
        One a curve: ``summary`` (:class:`CurveSummary`), ``p_median``, ``p_share_significant``.
    size : float
        Of every test.

    Returns
    -------
    DataFrame
        The rows with ``p_median_holm``, ``verdict`` and ``unadjusted``; without ``summary``.
    """
    frame = pd.DataFrame(rows)
    frame["p_median_holm"] = holm(frame["p_median"])
    for name, p in (("verdict", "p_median_holm"), ("unadjusted", "p_median")):
        told = zip(frame["summary"], frame[p], frame["p_share_significant"], strict=True)
        frame[name] = [decide_curve(*each, size) for each in told]
    return frame.drop(columns="summary")


def _row(panel: Panel, curve: Curve) -> dict[str, Any]:
    """Read off a curve all that is said of it."""
    claim, inference = panel.snapshot.registered[curve.claim], panel.snapshot.choices.inference
    s, placebo, flips = curve.summary, curve.placebo, curve.flips
    p, p_flip = joint_p(s, placebo), joint_p(s, flips)
    low, high = curve.specifications["estimate"].quantile(list(RANGE))
    expected = float(np.mean(placebo.share_significant))
    drivers, names = explained(curve.specifications), NAMES | {"measure": curve.measured}
    shares = (format_value(share, "percent0") for share in (s.share_significant, expected))
    row = {
        "claim": curve.claim,
        "estimand": claim.brief or claim.estimand,
        **asdict(s),
        "low": low,
        "high": high,
        "placebo_significant": expected,
        "p_median": p.median,
        "p_share_sign": p.share_sign,
        "p_share_significant": p.share_significant,
        "p_median_flip": p_flip.median,
        "p_share_significant_flip": p_flip.share_significant,
        "driver": names[str(drivers.index[0])] if len(drivers) else "none",
        "driver_share": drivers.max(),
        "drivers": ", ".join(f"{names[str(name)]} {share:.3g}" for name, share in drivers.items()),
        "significant": " / ".join(shares),
        "p": f"{format_value(p.median, 'pvalue')} ({format_value(p_flip.median, 'pvalue')})",
        "summary": s,
    }
    for name, null in (("placebo", placebo), ("flip", flips)):
        ends = pd.Series(null.median).quantile(list(inference.tails))
        row |= {f"{name}_low": ends.iloc[0], f"{name}_high": ends.iloc[1]}
    return row


def explained(specifications: pd.DataFrame) -> pd.Series:
    """Share of the variance of the estimates that each choice explains alone, largest first.

    The sum of squares between the options of one choice over the total, as in an analysis of
    variance without interactions.
    """
    known = specifications.dropna(subset="estimate")
    deviation = known["estimate"] - known["estimate"].mean()
    total, shares = float((deviation**2).sum()), {}
    for choice in (*CHOICES, "coding"):
        if total > 0 and len(known[choice].unique()) > 1:
            between = deviation.groupby(known[choice]).transform("mean")
            shares[choice] = float((between**2).sum()) / total
    return pd.Series(shares, dtype=float).sort_values(ascending=False, kind="stable")


def _source(claim: str = "") -> Provenance:
    return Provenance.of(curves, f"claim {claim}, {SAMPLE}" if claim else SAMPLE)


def _dataset(specifications: pd.DataFrame) -> Dataset:
    """Every specification: a row for each choice of returns, its codings side by side.

    ``estimate`` (fraction), ``p`` and ``episodes`` of each coding; rounded, since there are tens of
    thousands.
    """
    rounded = specifications.round({"estimate": 5, "p": 4})
    wide, columns = spread(
        rounded, ["claim", *CHOICES], "coding", [Column(n) for n in ("estimate", "p", "episodes")]
    )
    names = {column.name: "_".join(column.name.split(" ", 1)[::-1]) for column in columns}
    wide = wide[["claim", *CHOICES, *names]].rename(columns=names)
    counts = wide.filter(like="_episodes").astype("Int64")
    return Dataset("specifications", wide.assign(**counts), _source())


def _figure(curve: Curve, row: dict[str, Any], inference: Inference) -> Figure:
    said = {column.name: format_value(row[column.name], column.format) for column in NUMBERS}
    alt = (
        f"{said['testable']} estimates of claim {curve.claim} in rising order: "
        f"{said['share_sign']} have the claimed sign, {said['share_significant']} are significant. "
        f"Their median is {said['median']}; on placebo calendars it lies between "
        f"{said['placebo_low']} and {said['placebo_high']} in {percent(inference.level)} of draws, "
        f"joint p {said['p_median']}. "
        "Below, where each option lies along the curve, with its median."
    )
    known = curve.specifications.dropna(subset="estimate").sort_values("estimate", kind="stable")
    known = known.assign(rank=np.linspace(0, 1, len(known)))
    band = pd.DataFrame(curve.placebo.sorted.T).quantile(list(inference.tails)).to_numpy()
    data = {
        "curve": _shown(known, inference.size),
        "baseline": known[known.index == 0][["rank", "estimate"]],
        "band": pd.DataFrame({"rank": GRID, "low": band[0], "high": band[1]}),
        "options": _options(known, NAMES | {"measure": curve.measured}),
    }
    name, kind = f"specification_curve_{curve.claim.lower()}", "specification_curve"
    return Figure(name, kind, data, alt, _source(curve.claim), {"level": inference.level})


def _shown(known: pd.DataFrame, size: float) -> pd.DataFrame:
    """Return evenly spaced points of the curve with the side on which they are significant."""
    at = np.unique(np.linspace(0, len(known) - 1, 320).round().astype(int))
    side = np.where(known["p"] < size, np.sign(known["estimate"]), 0)
    return known[["rank", "estimate"]].assign(side=side).iloc[at].reset_index(drop=True)


def _options(known: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Count where each option lies along the curve; ``names`` are those of the choices.

    ``bin`` is a place along the curve, 0 to 1, ``share`` that of the specifications there over the
    share in all, ``median`` an estimate (fraction).
    """
    bins = np.minimum((known["rank"].to_numpy() * BINS).astype(int), BINS - 1)
    frames: list[pd.DataFrame] = []
    for choice in (*CHOICES, "coding"):
        options = known[choice].astype("category")  # counted by number, not word by word
        menu = options.cat.categories
        if len(menu) < 2:
            continue
        places = bins * len(menu) + options.cat.codes.to_numpy()
        found = np.bincount(places, minlength=BINS * len(menu)).reshape(BINS, -1)
        held = np.flatnonzero(found.any(axis=1))
        counts = pd.DataFrame(found[held], held, menu)
        even = counts.sum() / counts.to_numpy().sum()
        shares = counts.div(counts.sum(axis=1), axis=0) / even
        medians = known["estimate"].groupby(options, observed=True).median()
        frames.extend(
            pd.DataFrame(
                {
                    "choice": names[choice],
                    "option": OPTIONS.get(str(option), str(option)),
                    "bin": (counts.index + 0.5) / BINS,
                    "share": shares[option].to_numpy(),
                    "median": medians[option],
                }
            )
            for option in known.sort_index()[choice].unique()  # in the order of the menu
        )
    return pd.concat(frames, ignore_index=True)
