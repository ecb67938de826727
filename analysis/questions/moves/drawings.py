"""The drawing of how much larger moves are on event days."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.results.formats import percent
from analysis.results.style import GREY, INK, decimal_axis, panels

__all__ = ["moves"]

TICKS = (0.01, 0.1, 0.25, 0.5, 1, 2, 4, 8)


def moves(data: Mapping[str, pd.DataFrame], *, level: float) -> Canvas:
    """Ratio of the size of moves on event days to that on other days, a row a group of days.

    ``data["groups"]``: group, days, ratio, low, high, absolute.
    """
    groups = data["groups"]
    rows = np.arange(len(groups))
    canvas, (ax,) = panels(1, 1, 0.7 + 0.17 * len(groups))
    ax.hlines(rows, groups["low"], groups["high"], color="#c9c9c9", linewidth=4, zorder=1)
    ax.scatter(groups["ratio"], rows, color=INK, s=16, zorder=3)
    ax.scatter(
        groups["absolute"], rows, facecolor="white", edgecolor="#D55E00", s=16, zorder=2, lw=1.2
    )
    ax.axvline(1, color=GREY, linewidth=0.6, zorder=0)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(TICKS))
    ax.xaxis.set_minor_locator(NullLocator())
    decimal_axis(ax, "x", 2)
    labels = [f"{row.group} ({row.days})" for row in groups.itertuples()]
    ax.set_yticks(rows, labels=labels)
    ax.set_ylim(len(groups) - 0.5, -0.5)
    canvas.supxlabel(
        f"event days over other days; full: mean square with {percent(level)} interval, hollow: "
        "mean absolute value;\ndays in brackets",
        fontsize=8,
    )
    return canvas
