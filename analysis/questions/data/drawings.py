"""The drawing of the price paths with the events."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.transforms import offset_copy

from analysis.results.style import (
    GREY,
    INK,
    direction_colours,
    firm_colours,
    label_line_ends,
    panels,
)

__all__ = ["price_paths"]


def price_paths(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """Prices of the core firms on a log scale, events marked below by direction.

    ``data["paths"]``: session, firm, level (100 at the first session).
    ``data["events"]``: day0, direction. ``data["highlights"]``: day0, label.
    ``data["notes"]``: day0, number, label of events that are numbered in the picture.
    """
    canvas, (ax, rug) = panels(2, 1, 3.7, sharex=True, height_ratios=[5, 1])
    ends, colours = {}, firm_colours(data["paths"]["firm"])
    for firm, path in data["paths"].groupby("firm", sort=False):
        ax.plot(path["session"], path["level"], color=colours[str(firm)])
        ends[str(firm)] = (mdates.date2num(path["session"].iloc[-1]), path["level"].iloc[-1])
    ax.set_yscale("log")
    low, high = data["paths"]["level"].min() / 2, data["paths"]["level"].max() * 2
    ticks = [level for level in (50, 100, 200, 400, 800) if low < level < high]
    ax.set_yticks(ticks, labels=[str(level) for level in ticks])
    ax.minorticks_off()
    ax.set_ylim(bottom=0.45 * data["paths"]["level"].min())  # the numbers of events stand below
    ax.set_ylabel("first session = 100, log scale")
    marks, beside = (
        data["highlights"],
        offset_copy(ax.get_xaxis_transform(), canvas, 3, -1, "points"),
    )
    for day, label in zip(mdates.date2num(marks["day0"]), marks["label"], strict=True):
        for each in (ax, rug):
            each.axvline(day, color=GREY, linewidth=0.8, linestyle=(0, (3, 2)), zorder=0)
        ax.text(day, 1, label, transform=beside, fontsize=7, va="top")
    label_line_ends(ax, ends, colours, 0.06)
    _numbered_events(canvas, ax, data["notes"])
    _event_rug(rug, data["events"])
    return canvas


def _numbered_events(canvas: Canvas, ax: Axes, notes: pd.DataFrame) -> None:
    """Number events along the bottom of the axes and explain the numbers below the picture."""
    for day, number in zip(mdates.date2num(notes["day0"]), notes["number"], strict=True):
        height = 0.05 if number % 2 else 0.09  # neighbours must not share a line
        ax.axvline(day, ymax=height, color=INK, linewidth=0.7)
        ax.text(
            *(day, height + 0.005, str(number)),
            transform=ax.get_xaxis_transform(),
            fontsize=7,
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},  # above the dashed lines
        )
    items = [f"{n} {label}" for n, label in zip(notes["number"], notes["label"], strict=True)]
    half = (len(items) + 1) // 2
    lines = ["   ".join(items[:half]), "   ".join(items[half:])]
    canvas.supxlabel("\n".join(lines), fontsize=7)


def _event_rug(ax: Axes, events: pd.DataFrame) -> None:
    colours = direction_colours(events["direction"])
    for row, (direction, colour) in enumerate(colours.items()):
        days = events.loc[events["direction"] == direction, "day0"]
        ax.scatter(days, np.full(len(days), row), s=9, marker="|", color=colour)
    ax.set_yticks(range(len(colours)), labels=list(colours))
    ax.set_ylim(-0.7, len(colours) - 0.3)
    ax.tick_params(axis="y", length=0, labelsize=7)
    ax.xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 4, 7, 10)))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
