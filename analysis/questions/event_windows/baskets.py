"""Reactions of groups of firms and of those whose measure is known, by kind of event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.questions.event_windows import episode_days
from analysis.questions.event_windows.by_direction import pool_kinds
from analysis.results import Dataset, Figure, Findings, Format, Provenance, Table, Verdict
from analysis.results.columns import Column, Interval, numbers_of, scalar_numbers, table_of
from analysis.results.formats import format_value, percent, signed, words
from analysis.snapshot.portfolios import contrast, equal
from analysis.study.directions import list_kinds, list_policy, list_policy_ends
from analysis.study.episodes import FEWEST, episode_values, pool
from analysis.study.panel import Panel, chained
from analysis.study.responses import cumulate

__all__ = ["basket_responses", "by_measure", "compute", "is_share", "measure"]

POLICY = "policy, signed"
CONFIRMING = "confirmatory events, clean primary windows"

TEXT = "mean primary CAR of {label}, {kind} episodes"
MEAN = Column(
    "mean", "CAAR", "percent1", "fraction", TEXT, ".mean", "", "low", "high", "p", "episodes"
)
OF_FIRM = replace(MEAN, words="mean primary CAR of {ticker}, {kind}", key="")
COLUMNS = (
    Column("label", "Basket"),
    Column("kind", "Events"),
    Column("episodes", "K", "integer"),
    MEAN,
    Interval("{level} interval", "low", "high", "percent1"),
    Column("p", "", "pvalue", "p-value", f"p of the {TEXT}", ".p"),
    Column("detectable", "MDE", "percent1"),
)
NOTE = (
    "Equal-weight portfolios over the primary window. {members}. A placebo name is left out where "
    "the news names it. An en dash: fewer than {fewest} episodes. p: t across episodes, unadjusted."
)


def compute(panel: Panel) -> Findings:
    """Pool every basket by kind of event, list the episodes and show reactions by measure."""
    frame, known = basket_responses(panel), by_measure(panel)
    exposure = panel.snapshot.choices.exposure
    level, size = panel.snapshot.choices.inference.level, panel.snapshot.choices.inference.size
    source = Provenance.of(basket_responses, CONFIRMING)
    firms = Provenance.of(by_measure, f"firms with a known {exposure.name}, {CONFIRMING}")
    keyed, of_firms = (
        rows.assign(of=rows["kind"].str.split(",").str[0]) for rows in (frame, known)
    )
    keyed["label"] = keyed["basket"].map(_label)
    p = frame["p"].dropna()
    counts = {
        "tests": (len(p), "basket and kind pairs with a test"),
        "below_5": (int((p < size).sum()), f"of these with unadjusted p below {size:g}"),
    }
    own = Findings(
        numbers=[
            *numbers_of(keyed, COLUMNS, "basket.{basket}.{of}", source, level=level),
            *scalar_numbers("basket", counts, source),
            *numbers_of(of_firms, [OF_FIRM], exposure.key + ".{ticker}.{of}", firms, level=level),
        ],
        tables=[_table(panel, keyed, source)],
        figures=[] if known.empty else [_measure_figure(panel, known, firms)],
        datasets=[Dataset("baskets", frame, source)],
        verdicts=[_against_placebo(panel)] if "placebo" in members(panel) else [],
    )
    return own.extend([episode_days.compute(panel)])


def members(panel: Panel) -> dict[str, tuple[str, ...]]:
    """Return the baskets in the order of tables; no placebo name is among the peers."""
    choices = panel.snapshot.choices
    placebo = choices.baskets.get("placebo", ())
    peers = tuple(t for t in choices.firms.peers if t not in placebo)
    baskets = {"core": choices.firms.core, **choices.baskets, "peers": peers}
    last = ("peers", "placebo")
    order = [*(name for name in baskets if name not in (*last, *choices.claims_only)), *last]
    return {name: baskets[name] for name in order if baskets.get(name)}


def _label(name: str) -> str:
    return "placebo names" if name == "placebo" else name.replace("_", " ")


def unnamed_only(panel: Panel, tickers: Sequence[str]) -> Panel:
    """Return the panel in which firms that an event names have no clean window around it.

    A placebo name that the news itself names is no placebo.
    """
    named = panel.events["affected"].fillna("").str.split(";")
    spoiled = [
        ticker in tickers and ticker in named.get(event, []) for event, ticker in panel.clean.index
    ]
    return replace(panel, clean=panel.clean.mask(pd.Series(spoiled, panel.clean.index), False))


def basket_responses(panel: Panel) -> pd.DataFrame:
    """Pool the primary CAR of every basket over episodes, by kind of event.

    Returns
    -------
    DataFrame
        ``basket``, ``kind``, ``episodes``, ``mean``, ``low``, ``high``, ``detectable`` (fraction),
        ``p``, ``p_flip``; NaN with fewer than three episodes.
    """
    panel = chained(panel)
    rows, kinds = [], list_kinds(panel.snapshot.choices, POLICY)
    for name, tickers in members(panel).items():
        own = unnamed_only(panel, tickers) if name == "placebo" else panel
        pooled = pool_kinds(own, cumulate(own, equal(tickers)), kinds, len(tickers))
        rows += [{"basket": name, **row} for row in pooled]
    return pd.DataFrame(rows)


def measure(panel: Panel) -> pd.Series:
    """Return what the column of ``exposure`` says of every firm; none where no column is named."""
    column, universe = panel.snapshot.choices.exposure.column, panel.snapshot.universe
    cells = universe[column] if column else universe["name"].mask(universe["name"] != "")
    numbers: pd.Series = pd.to_numeric(cells, errors="coerce")
    return numbers


def is_share(values: pd.Series) -> bool:
    """Say whether all that is known lies between 0 and 1, and so is printed in percent."""
    return bool(values.dropna().between(0, 1).all())


def by_measure(panel: Panel) -> pd.DataFrame:
    """Pool the primary CAR of each firm with a known measure over episodes.

    Returns
    -------
    DataFrame
        ``kind``, ``ticker``, ``share`` (as the column has it), ``mean``, ``low``, ``high``
        (fraction), ``p``, ``episodes``; firms with fewer than three episodes of a kind are left
        out.
    """
    panel = chained(panel)
    choices, rows = panel.snapshot.choices, []
    every = list_kinds(choices, POLICY)
    kinds = {k: every[k] for k in (*list_policy_ends(choices), POLICY)}
    for ticker, share in measure(panel).dropna().items():
        pooled = pool_kinds(panel, cumulate(panel, equal([str(ticker)])), kinds, 1)
        rows += [{"ticker": ticker, "share": share, **row} for row in pooled]
    columns = ["kind", "ticker", "share", "mean", "low", "high", "p", "episodes"]
    return pd.DataFrame(rows, columns=columns).dropna(subset="mean")


def _against_placebo(panel: Panel) -> Verdict:
    """Say whether the core firms respond otherwise than firms that should not."""
    groups = members(panel)
    own = unnamed_only(chained(panel), groups["placebo"])
    cars = cumulate(own, contrast(groups["core"], groups["placebo"])).at_events(own)
    result = pool(episode_values(own, cars, list_policy(own.snapshot.choices), signed=True), own)
    size = panel.snapshot.choices.inference.size
    told = result.p < size
    return Verdict(
        "basket.placebo",
        "differs" if told else "no difference",
        f"core less placebo names, signed policy events, t across episodes against {size:g}",
        "too few episodes" if np.isnan(result.p) else f"mean {result.mean:.3g}, p {result.p:.3g}",
        Provenance.of(basket_responses, CONFIRMING),
    )


def _table(panel: Panel, frame: pd.DataFrame, source: Provenance) -> Table:
    groups = members(panel).items()
    texts = {
        "level": percent(panel.snapshot.choices.inference.level),
        "members": "; ".join(f"{_label(name)}: {', '.join(group)}" for name, group in groups),
        "fewest": words(FEWEST),
    }
    return table_of("baskets", frame[frame["episodes"] > 0], COLUMNS, source, NOTE, **texts)


def _measure_figure(panel: Panel, frame: pd.DataFrame, source: Provenance) -> Figure:
    """Draw each firm's mean reaction over its measure."""
    choices, share = panel.snapshot.choices, is_share(frame["share"])
    form: Format = "percent0" if share else "decimal2"
    reactions = "; ".join(
        f"{kind}: " + ", ".join(f"{t} {signed(m, 'percent1')}" for t, m in part.items())
        for kind, part in frame.set_index("ticker").groupby("kind", sort=False)["mean"]
    )
    shares = frame.drop_duplicates("ticker").set_index("ticker")["share"]
    stated = ", ".join(f"{t} {format_value(value, form)}" for t, value in shares.items())
    clear = int(((frame["low"] > 0) | (frame["high"] < 0)).sum())
    alt = (
        f"Panels of mean reactions with {percent(choices.inference.level)} intervals over the "
        f"{choices.exposure.name} ({stated}). {reactions}. {clear} of {len(frame)} intervals leave "
        "out zero."
    )
    drawn = {
        "window": choices.windows.primary_bounds,
        "core": choices.firms.core,
        "axis": choices.exposure.axis,
        "share": share,
    }
    return Figure("over_measure", "over_measure", {"firms": frame}, alt, source, drawn)
