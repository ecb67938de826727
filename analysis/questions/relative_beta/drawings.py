"""Drawings of relative beta."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.results.formats import percent
from analysis.results.style import GREY, decimal_axis, firm_colours, panels, zero_line

__all__ = ["rolling_beta", "up_down_beta"]


def rolling_beta(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """Rolling market beta of each core firm with its interval and the full-sample value.

    ``data["paths"]``: session, firm, beta, low, high, ewm (exponential weights).
    ``data["full"]``: firm, beta. ``data["regimes"]``: day, label.
    """
    paths, full = data["paths"], data["full"].set_index("firm")["beta"]
    firms, colours = list(dict.fromkeys(paths["firm"])), firm_colours(paths["firm"])
    canvas, axes = panels(len(firms), 1, 3.6, sharex=True, sharey=True)
    for ax, firm in zip(axes, firms, strict=True):
        part = paths[paths["firm"] == firm]
        colour = colours[firm]
        ax.fill_between(
            part["session"], part["low"], part["high"], color=colour, alpha=0.18, linewidth=0
        )
        ax.plot(part["session"], part["beta"], color=colour)
        ax.plot(part["session"], part["ewm"], color=colour, linewidth=0.7, linestyle=":")
        for day in mdates.date2num(data["regimes"]["day"]):
            ax.axvline(day, color=GREY, linewidth=0.8, zorder=0)
        ax.axhline(full[firm], color=GREY, linewidth=0.9, linestyle=(0, (3, 2)))
        zero_line(ax)
        ax.set_title(firm, color=colour)
        decimal_axis(ax, digits=0)
    for row, (day, label) in enumerate(
        zip(mdates.date2num(data["regimes"]["day"]), data["regimes"]["label"], strict=True)
    ):
        axes[0].annotate(
            label, (day, 1), xycoords=("data", "axes fraction"), fontsize=6.5,
            xytext=(2, -1 - 9 * (row % 2)), textcoords="offset points", va="top",
        )  # fmt: skip
    axes[-1].xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 4, 7, 10)))
    axes[-1].xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
    canvas.supylabel(
        "beta to the market\n(dotted: exponential weights; dashed: full sample)", fontsize=8
    )
    return canvas


def up_down_beta(data: Mapping[str, pd.DataFrame], *, level: float) -> Canvas:
    """Beta on days when the market fell and on days when it rose, with intervals.

    ``data["betas"]``: ticker, side (``down`` or ``up``), beta, low, high.
    """
    betas = data["betas"]
    order = list(dict.fromkeys(betas["ticker"]))
    canvas, (ax,) = panels(1, 1, 2.9)
    shown = {
        "down": ("market falls", -0.14, "#D55E00", "v"),
        "up": ("market rises", 0.14, "#0072B2", "^"),
    }
    for side, (label, shift, colour, marker) in shown.items():
        part = betas[betas["side"] == side].set_index("ticker").reindex(order)
        rows = np.arange(len(order)) + shift
        ax.hlines(rows, part["low"], part["high"], color=colour, linewidth=1.2)
        ax.scatter(part["beta"], rows, color=colour, marker=marker, s=18, label=label, zorder=3)
    ax.set_yticks(range(len(order)), labels=order)
    ax.invert_yaxis()
    zero_line(ax, "x")
    decimal_axis(ax, "x", 0)
    ax.set_xlabel(f"beta to the market with {percent(level)} interval (HAC)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return canvas
