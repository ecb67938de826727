"""The drawings of the years before: mean paths by direction, and tests over parts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.results.formats import percent
from analysis.results.style import GREY, INK, draw_caars, panels, zero_line

__all__ = ["before_forest", "before_paths"]


def before_paths(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """Mean cumulative abnormal return of the firms by direction, with the interval of each day.

    ``data["paths"]``: direction, day, mean, low, high (fractions), episodes.
    """
    below = "event time in sessions of each firm's exchange; episodes in brackets; grey: interval"
    return draw_caars(data["paths"], 2.5, ("low", "high"), below)


def before_forest(data: Mapping[str, pd.DataFrame], *, level: float) -> Canvas:
    """Estimates of the tests with their intervals, a row a part of the sample.

    ``data["parts"]``: claim, statement, part, mean, low, high, count; bounds are missing where a
    part has too few episodes.
    """
    parts = data["parts"]
    claims = list(dict.fromkeys(parts["claim"]))
    labels = list(dict.fromkeys(parts["part"]))
    canvas, axes = panels(1, len(claims), 0.9 + 0.24 * len(labels), sharey=True)
    rows = np.arange(len(labels))
    for ax, claim in zip(axes, claims, strict=True):
        part = parts[parts["claim"] == claim].set_index("part").reindex(labels)
        ax.hlines(rows, part["low"], part["high"], color="#b9b9b9", linewidth=2.5, zorder=1)
        ax.scatter(part["mean"], rows, color=INK, s=14, zorder=3)
        edge = part[["high", "mean"]].max(axis=1)
        for row, right, count in zip(rows, edge, part["count"], strict=True):
            if np.isfinite(right):
                ax.annotate(
                    str(count).replace(" ", ""),
                    (right, row),
                    xytext=(4, -2),
                    textcoords="offset points",
                    fontsize=6,
                    color=GREY,
                )
        zero_line(ax, "x")
        ax.set_title(claim)
        ax.set_yticks(rows, labels=labels)
        ax.margins(x=0.22)
    axes[0].set_ylim(len(labels) - 0.5, -0.5)
    canvas.supxlabel(
        f"mean SCAR over episodes, or difference; bar: {percent(level)} interval; grey: episodes",
        fontsize=8,
    )
    return canvas
