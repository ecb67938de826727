"""Figures of the event windows: mean paths by direction, and the whole panel at a glance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.findings.episodes import FEWEST, episode_values
from analysis.findings.panel import Panel
from analysis.findings.portfolios import equal, portfolio_paths
from analysis.results import Figure, Provenance
from analysis.snapshot.episodes import SIGNS

__all__ = ["caar_paths", "heatmap"]

HERE = "analysis.findings.event_figures"
INPUTS = ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "study.toml")


def caar_paths(panel: Panel) -> Figure:
    """Mean cumulative path of the core portfolio by direction, over episodes."""
    paths = portfolio_paths(
        panel, equal(panel.snapshot.study.firms.core), panel.snapshot.study.windows.primary
    )
    frames, sentences = [], []
    for direction in SIGNS:
        part = _episode_paths(panel, paths, direction)
        count = len(part)
        if count < FEWEST:
            continue
        mean = part.mean()
        reach = part.std(ddof=1) / np.sqrt(count) * stats.t.ppf(0.975, count - 1)
        frames.append(
            pd.DataFrame(
                {
                    "direction": direction,
                    "day": part.columns.astype(int),
                    "mean": mean.to_numpy(),
                    "low": (mean - reach).to_numpy(),
                    "high": (mean + reach).to_numpy(),
                    "episodes": count,
                }
            )
        )
        sentences.append(f"{direction} ends at {mean.iloc[-1]:+.1%} over {count} episodes")
    alt = (
        "Four panels of the mean cumulative abnormal return of the core portfolio from 10 sessions "
        "before to 20 sessions after day 0, with shaded 95% intervals: "
        + "; ".join(sentences)
        + "."
    ).replace("-", "\u2212")
    source = Provenance(f"{HERE}.caar_paths", INPUTS, "confirmatory events, clean primary windows")
    return Figure("caar_paths", "caar_paths", {"paths": pd.concat(frames)}, alt, source)


def _episode_paths(panel: Panel, paths: pd.DataFrame, direction: str) -> pd.DataFrame:
    columns = {
        day: episode_values(
            panel, pd.DataFrame({"car": paths[day], "scar": paths[day]}), (direction,)
        )["car"]
        for day in paths.columns
    }
    return pd.DataFrame(columns).dropna()


def heatmap(panel: Panel) -> Figure:
    """Standardised abnormal return of day 0 for every firm and event."""
    fitted = panel.study.car(0, 0)
    sar = panel.study.rows[["id", "ticker"]].assign(sar=fitted["car"] / fitted["se"])
    order = panel.events.sort_values(["day0", "direction"]).reset_index()
    firms = list(panel.snapshot.study.firms.studied)
    cells = order[["id", "day0", "direction"]].merge(pd.DataFrame({"ticker": firms}), how="cross")
    cells = cells.merge(sar, on=["id", "ticker"], how="left").rename(columns={"id": "event"})
    large = sar[sar["sar"].abs() > 2]
    alt = (
        f"Heat map of {len(firms)} firms by {len(order)} events in order of time, coloured by the "
        f"standardised abnormal return of day 0. {len(large)} of "
        f"{int(sar['sar'].notna().sum())} cells "
        "lie beyond two forecast errors."
    )
    source = Provenance(f"{HERE}.heatmap", INPUTS, "all events, all firms")
    return Figure("reaction_heatmap", "reaction_heatmap", {"cells": cells}, alt, source)
