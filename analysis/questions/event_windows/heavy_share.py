"""Reaction against the heavy share of the deposit: the few firms for which it is known."""

from __future__ import annotations

import pandas as pd

from analysis.results import Figure, Findings, Provenance
from analysis.results.columns import Column, numbers_of
from analysis.results.formats import percent
from analysis.snapshot.portfolios import equal
from analysis.study.directions import list_kinds, list_policy
from analysis.study.episodes import FEWEST, episode_values, pool
from analysis.study.panel import Panel
from analysis.study.responses import cumulate

__all__ = ["by_share", "compute"]

SOURCE = Provenance(
    "analysis.questions.event_windows.heavy_share.by_share",
    ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "study.toml"),
    "firms with a known heavy share, confirmatory events, clean primary windows",
)
POLICY = "policy, signed"
COLUMNS = (
    Column(
        "mean", "CAAR", "percent1", "fraction", "mean primary CAR of {ticker}, {kind}", "",
        low="low", high="high", p="p", n="episodes",
    ),
)  # fmt: skip


def compute(panel: Panel) -> Findings:
    """Draw each firm's mean reaction over its heavy share."""
    frame = by_share(panel)
    if frame.empty:
        return Findings()
    keyed = frame.assign(of=frame["kind"].str.partition(",")[0])
    level = panel.snapshot.choices.inference.level
    return Findings(
        numbers=numbers_of(keyed, COLUMNS, "heavy.{ticker}.{of}", SOURCE, level=level),
        figures=[_figure(panel, frame)],
    )


def by_share(panel: Panel) -> pd.DataFrame:
    """Pool the primary CAR of each firm with a known heavy share over episodes.

    Returns
    -------
    DataFrame
        ``kind``, ``ticker``, ``share`` (fraction), ``mean``, ``low``, ``high`` (fraction), ``p``,
        ``episodes``; firms with fewer than three episodes of a kind are left out.
    """
    shares = panel.snapshot.universe["heavy_share"].dropna()
    choices, rows = panel.snapshot.choices, []
    kinds = list_kinds(choices, POLICY)
    shown = [*list_policy(choices, 1)[:1], *list_policy(choices, -1)[:1], POLICY]
    for ticker, share in shares.items():
        cars = cumulate(panel, equal([str(ticker)])).at_events(panel)
        for kind, (directions, signed) in ((kind, kinds[kind]) for kind in shown):
            result = pool(episode_values(panel, cars, directions, signed=signed), panel)
            if result.episodes >= FEWEST:
                found = {n: getattr(result, n) for n in ("mean", "low", "high", "p", "episodes")}
                rows.append({"kind": kind, "ticker": ticker, "share": share} | found)
    return pd.DataFrame(rows)


def _figure(panel: Panel, frame: pd.DataFrame) -> Figure:
    choices = panel.snapshot.choices
    parts = [
        f"{kind}: "
        + ", ".join(f"{t} {m:+.1%}" for t, m in zip(part["ticker"], part["mean"], strict=True))
        for kind, part in frame.groupby("kind", sort=False)
    ]
    shares = frame.drop_duplicates("ticker")
    stated = ", ".join(
        f"{t} {s:.0%}" for t, s in zip(shares["ticker"], shares["share"], strict=True)
    )
    clear = int(((frame["low"] > 0) | (frame["high"] < 0)).sum())
    alt = (
        f"Panels of mean reactions with {percent(choices.inference.level)} intervals over the "
        f"heavy share ({stated}). "
        + "; ".join(parts)
        + f". {clear} of {len(frame)} intervals leave out zero."
    ).replace("-", "\u2212")
    drawn = {"window": choices.windows.primary_bounds, "core": choices.firms.core}
    return Figure("heavy_share", "heavy_share", {"firms": frame}, alt, SOURCE, drawn)
