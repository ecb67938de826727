"""Reactions of groups of firms, the placebo names among them, by kind of event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from analysis.questions.event_windows import episode_days, heavy_share
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.columns import Column, Interval, numbers_of, scalar_numbers, table_of
from analysis.results.formats import percent, words
from analysis.snapshot.portfolios import contrast, equal
from analysis.study.directions import list_kinds, list_policy
from analysis.study.episodes import FEWEST, episode_values, pool
from analysis.study.panel import Panel
from analysis.study.responses import cumulate

__all__ = ["basket_responses", "compute", "members", "unnamed_only"]

POLICY = "policy, signed"
NAMES = {
    "core": "core",
    "heavy_exposed": "heavy-exposed",
    "producer": "producer",
    "processors": "processors",
    "peers": "peers",
    "placebo": "placebo names",
}
UNLISTED = ("explorers", "metals_funds", "cyclical_funds")  # serve a claim alone
SOURCE = Provenance(
    "analysis.questions.event_windows.baskets.basket_responses",
    ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "study.toml"),
    "confirmatory events, clean primary windows",
)

MEAN = "mean primary CAR of {label}, {kind} episodes"
COLUMNS = (
    Column("basket", "Basket"),
    Column("kind", "Events"),
    Column("episodes", "K", "integer"),
    Column(
        "mean", "CAAR", "percent1", "fraction", MEAN, ".mean",
        low="low", high="high", p="p", n="episodes",
    ),
    Column("p", "", "pvalue", "p-value", f"p of the {MEAN}", ".p"),
    Column("detectable", "MDE", "percent1"),
)  # fmt: skip


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
    choices = panel.snapshot.choices
    placebo = choices.baskets.get("placebo", ())
    peers = tuple(t for t in choices.firms.peers if t not in placebo)
    baskets = {"core": choices.firms.core, **choices.baskets, "peers": peers}
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
    rows, kinds = [], list_kinds(panel.snapshot.choices, POLICY)
    for name, tickers in members(panel).items():
        own = unnamed_only(panel, tickers) if name == "placebo" else panel
        cars = cumulate(own, equal(tickers)).at_events(own)
        for kind, (directions, signed) in kinds.items():
            values = episode_values(own, cars, directions, signed=signed)
            rows.append({"basket": name, "kind": kind} | asdict(pool(values, own)))
    return pd.DataFrame(rows)


def _numbers(panel: Panel, frame: pd.DataFrame) -> list[Number]:
    inference = panel.snapshot.choices.inference
    keyed = frame.assign(label=frame["basket"].map(_label), of=frame["kind"].str.partition(",")[0])
    p = frame["p"].dropna()
    counts = {
        "tests": (len(p), "basket and kind pairs with a test"),
        "below_5": (
            int((p < inference.size).sum()),
            f"of these with unadjusted p below {inference.size:g}",
        ),
    }
    return [
        *numbers_of(keyed, COLUMNS, "basket.{basket}.{of}", SOURCE, level=inference.level),
        *scalar_numbers("basket", counts, SOURCE),
    ]


def _against_placebo(panel: Panel) -> Verdict:
    """Say whether the core firms respond otherwise than firms without rare earths."""
    groups = members(panel)
    own = unnamed_only(panel, groups["placebo"])
    cars = cumulate(own, contrast(groups["core"], groups["placebo"])).at_events(own)
    result = pool(episode_values(own, cars, list_policy(own.snapshot.choices), signed=True), own)
    size = panel.snapshot.choices.inference.size
    told = result.p < size
    return Verdict(
        "basket.placebo",
        "differs" if told else "no difference",
        f"core less placebo names, signed policy events, t across episodes against {size:g}",
        "too few episodes" if np.isnan(result.p) else f"mean {result.mean:.3g}, p {result.p:.3g}",
        SOURCE,
    )


def _table(panel: Panel, frame: pd.DataFrame) -> Table:
    shown = frame[frame["episodes"] > 0].assign(basket=lambda rows: rows["basket"].map(_label))
    level = percent(panel.snapshot.choices.inference.level)
    groups = members(panel).items()
    listed = "; ".join(f"{_label(name)}: {', '.join(group)}" for name, group in groups)
    interval = Interval(f"{level} interval", "low", "high", "percent1")
    return table_of(
        "baskets",
        shown,
        [*COLUMNS[:4], interval, *COLUMNS[4:]],
        SOURCE,
        f"Equal-weight portfolios over the primary window. {listed}. A placebo name is left out "
        f"where the news names it. An en dash: fewer than {words(FEWEST)} episodes. p: t across "
        "episodes, unadjusted.",
    )
