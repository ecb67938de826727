"""Reactions of groups of firms, the placebo names among them, by kind of event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.findings import episode_days, heavy_share
from analysis.findings.episodes import Pooled, episode_values, pool
from analysis.findings.panel import Panel
from analysis.findings.portfolios import Weigher, contrast, equal, portfolio_cars
from analysis.formatting import format_value
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.snapshot.episodes import SIGNS

__all__ = ["basket_responses", "compute", "members", "unnamed_only"]

POLICY = ("tightening", "disappointment", "easing")
KINDS = {**{name: ((name,), False) for name in SIGNS}, "policy, signed": (POLICY, True)}
NAMES = {
    "core": "core",
    "heavy_exposed": "heavy-exposed",
    "producer": "producer",
    "processors": "processors",
    "peers": "peers",
    "placebo": "placebo names",
}
UNLISTED = ("explorers", "metals_funds", "cyclical_funds")  # serve claims alone
SOURCE = Provenance(
    "analysis.findings.baskets.basket_responses",
    ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "study.toml"),
    "confirmatory events, clean primary windows",
)


def compute(panel: Panel) -> Findings:
    """Pool every basket by kind of event, list the episodes and show the heavy share."""
    frame = basket_responses(panel)
    own = Findings(
        numbers=_numbers(panel, frame),
        tables=[_table(panel, frame)],
        datasets=[Dataset("baskets", frame, SOURCE)],
        verdicts=[_against_placebo(panel)] if "placebo" in members(panel) else [],
    )
    return own.extend([episode_days.compute(panel), heavy_share.compute(panel)])


def members(panel: Panel) -> dict[str, tuple[str, ...]]:
    """Return the baskets; the peers are those of the study without the placebo names."""
    study = panel.snapshot.study
    placebo = study.baskets.get("placebo", ())
    peers = tuple(t for t in study.firms.peers if t not in placebo)
    baskets = {"core": study.firms.core, **study.baskets, "peers": peers}
    order = [*NAMES, *(name for name in baskets if name not in (*NAMES, *UNLISTED))]
    return {name: baskets[name] for name in order if baskets.get(name)}


def _label(name: str) -> str:
    return NAMES.get(name, name.replace("_", " "))


def unnamed_only(panel: Panel, tickers: Sequence[str]) -> Panel:
    """Return the panel in which firms that an event names have no clean window around it.

    A placebo name that the news itself names is no placebo.
    """
    named = panel.events["affected"].fillna("").str.split(";")
    spoiled = [
        (event, ticker) in panel.clean.index and ticker in named.get(event, [])
        for event, ticker in panel.clean.index
    ]
    mask = np.array(spoiled) & panel.clean.index.get_level_values("ticker").isin(tickers)
    return replace(panel, clean=panel.clean & ~mask[:, None])


def basket_responses(panel: Panel) -> pd.DataFrame:
    """Pool the primary CAR of every basket over episodes, by kind of event.

    Returns
    -------
    DataFrame
        ``basket``, ``kind``, ``episodes``, ``mean``, ``low``, ``high``, ``detectable`` (fraction),
        ``p``, ``p_flip``; NaN with fewer than three episodes.
    """
    rows = []
    for name, tickers in members(panel).items():
        own = unnamed_only(panel, tickers) if name == "placebo" else panel
        cars = portfolio_cars(own, equal(tickers), own.snapshot.study.windows.primary)
        for kind, (directions, signed) in KINDS.items():
            values = episode_values(own, cars, directions, signed=signed)
            rows.append({"basket": name, "kind": kind} | _row(pool(values, own), len(values)))
    return pd.DataFrame(rows)


def _row(result: Pooled | None, episodes: int) -> dict[str, float]:
    names = ("mean", "low", "high", "p", "p_flip", "detectable")
    return {"episodes": episodes} | {n: getattr(result, n, float("nan")) for n in names}


def _numbers(panel: Panel, frame: pd.DataFrame) -> list[Number]:
    level = panel.snapshot.study.inference.level
    numbers = []
    for row in frame.dropna(subset=["mean"]).to_dict("records"):
        key = f"basket.{row['basket']}.{row['kind'].split(',')[0]}"
        what = f"mean primary CAR of {_label(row['basket'])}, {row['kind']} episodes"
        numbers += [
            Number(f"{key}.mean", row["mean"], "fraction", "percent1", what, SOURCE, low=row["low"],
                   high=row["high"], level=level, p=row["p"], n=row["episodes"]),
            Number(f"{key}.p", row["p"], "p-value", "pvalue", f"p of the {what}", SOURCE),
        ]  # fmt: skip
    tested = frame.dropna(subset=["p"])
    counts = {
        "tests": (len(tested), "basket and kind pairs with a test"),
        "below_5": (int((tested["p"] < 0.05).sum()), "of these with unadjusted p below 0.05"),
    }
    return numbers + [
        Number(f"basket.{key}", value, "count", "integer", what, SOURCE)
        for key, (value, what) in counts.items()
    ]


def _against_placebo(panel: Panel) -> Verdict:
    """Say whether the core firms respond otherwise than firms without rare earths."""
    groups = members(panel)
    own = unnamed_only(panel, groups["placebo"])
    weigher: Weigher = contrast(groups["core"], groups["placebo"])
    cars = portfolio_cars(own, weigher, own.snapshot.study.windows.primary)
    result = pool(episode_values(own, cars, POLICY, signed=True), own)
    told = result is not None and result.p < 0.05
    return Verdict(
        "basket.placebo",
        "differs" if told else "no difference",
        "core less placebo names, signed policy events, t across episodes against 0.05",
        "too few episodes" if result is None else f"mean {result.mean:.3g}, p {result.p:.3g}",
        SOURCE,
    )


def _table(panel: Panel, frame: pd.DataFrame) -> Table:
    shown = frame[frame["episodes"] > 0].copy()
    shown["basket"] = shown["basket"].map(_label)
    shown["interval"] = [
        f"{format_value(low, 'percent1')} to {format_value(high, 'percent1')}"
        if pd.notna(low)
        else "\u2013"
        for low, high in zip(shown["low"], shown["high"], strict=True)
    ]
    groups = members(panel)
    listed = "; ".join(f"{_label(name)}: {', '.join(group)}" for name, group in groups.items())
    return Table(
        "baskets",
        shown[["basket", "kind", "episodes", "mean", "interval", "p", "detectable"]],
        {"episodes": "integer", "mean": "percent1", "p": "pvalue", "detectable": "percent1"},
        {
            "basket": "Basket",
            "kind": "Events",
            "episodes": "K",
            "mean": "CAAR",
            "interval": "95% interval",
            "detectable": "MDE",
        },
        SOURCE,
        f"Equal-weight portfolios over the primary window. {listed}. A placebo name is left out "
        "where the news names it. An en dash: fewer than three episodes. p: t across episodes, "
        "unadjusted.",
    )
