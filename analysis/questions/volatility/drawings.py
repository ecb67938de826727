"""Drawings of volatility around events and of the pair trade."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.results.formats import percent, span
from analysis.results.style import (
    GREY,
    INK,
    decimal_axis,
    direction_colours,
    panels,
    percent_axis,
    zero_line,
)

__all__ = ["pair_trade", "volatility_paths"]


def volatility_paths(data: Mapping[str, pd.DataFrame], *, level: float, window: int) -> Canvas:
    """Mean absolute return around events over its level before, with the band of rotations.

    ``data["paths"]``: kind, day, ratio, low, high, episodes. The ``window`` counts the sessions
    before the event.
    """
    paths = data["paths"]
    kinds, colours = list(dict.fromkeys(paths["kind"])), direction_colours(paths["kind"])
    canvas, axes = panels(1, len(kinds), 2.5, sharey=True, sharex=True)
    for ax, kind in zip(axes, kinds, strict=True):
        part = paths[paths["kind"] == kind]
        colour = colours[kind]
        ax.fill_between(part["day"], part["low"], part["high"], color="#d9d9d9", linewidth=0)
        ax.plot(part["day"], part["ratio"], color=colour, marker="o", markersize=2.2)
        ax.axhline(1, color=GREY, linewidth=0.6, zorder=0)
        ax.axvline(0, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
        ax.set_title(f"{kind} ({part['episodes'].iloc[0]})", color=colour)
        decimal_axis(ax, "x", 0)
    decimal_axis(axes[0])
    axes[0].set_ylabel(f"absolute return,\nmean of days {span((-window, -1))} = 1")
    canvas.supxlabel(
        f"event time in sessions; grey: {percent(level)} of rotated calendars; "
        "episodes in brackets",
        fontsize=8,
    )
    return canvas


def pair_trade(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """Account of the pair over time, and its mean against rotated calendars.

    ``data["path"]``: session, total. ``data["trades"]``: entry, exit. ``data["null"]`` and
    ``data["observed"]``: mean (fractions).
    """
    canvas, (left, right) = panels(1, 2, 2.6, width_ratios=[3, 2])
    path, observed = data["path"], float(data["observed"]["mean"].iloc[0])
    for entry, end in zip(
        mdates.date2num(data["trades"]["entry"]),
        mdates.date2num(data["trades"]["exit"]),
        strict=True,
    ):
        left.axvspan(entry, end, color="#e4e4e4", linewidth=0, zorder=0)
    left.plot(path["session"], path["total"], color=INK)
    zero_line(left)
    percent_axis(left)
    left.set_title("Account (grey: position open)")
    left.set_ylabel("sum of net returns")
    left.xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 4, 7, 10)))
    left.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
    left.tick_params(axis="x", labelsize=6.5)
    right.hist(data["null"]["mean"], bins=24, color="#c9c9c9")
    right.axvline(observed, color="#D55E00", linewidth=1.4)
    right.annotate(
        "events", (observed, 1), xycoords=("data", "axes fraction"), color="#D55E00",
        xytext=(3, -1), textcoords="offset points", va="top", fontsize=7.5, fontweight="bold",
    )  # fmt: skip
    percent_axis(right, "x")
    right.set_title("Mean of an episode")
    right.set_ylabel("rotated calendars")
    return canvas
