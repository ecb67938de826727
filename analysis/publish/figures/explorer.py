"""The static picture of the interactive figure: one event, chosen firms, one window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.publish.figures.style import (
    firm_colours,
    label_line_ends,
    panels,
    percent_axis,
    zero_line,
)

__all__ = ["explorer"]


def explorer(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """Cumulative abnormal returns against the placebo band, and their way there.

    ``data["paths"]``: event, ticker, day, raw, ar. ``data["bands"]``: ticker, length, low, high.
    ``data["start"]``: event, first, last. ``data["firms"]``: ticker, chosen.
    """
    start = data["start"].iloc[0]
    first, last = int(start["first"]), int(start["last"])
    firms = list(data["firms"].query("chosen")["ticker"])
    path = data["paths"].query(
        "event == @start.event and @first <= day <= @last and ticker in @firms"
    )
    sums = path.set_index("day").groupby("ticker", sort=False)[["raw", "ar"]].cumsum()
    sums["ticker"] = path["ticker"].to_numpy()
    band = data["bands"].query("length == @last - @first + 1").set_index("ticker").reindex(firms)
    canvas, (ranges, ways) = panels(1, 2, 2.4)
    rows = np.arange(len(firms))
    ranges.hlines(rows, band["low"], band["high"], color="#c9c9c9", linewidth=7, zorder=1)
    ends, colours = {}, firm_colours(firms)
    for row, firm in enumerate(firms):
        way = sums[sums["ticker"] == firm]
        colour = colours[firm]
        ranges.plot(way["ar"].iloc[-1], row, "o", color=colour, markersize=5)
        ranges.plot(way["raw"].iloc[-1], row, "o", markerfacecolor="white", color=colour)
        ways.plot(way.index, way["ar"], color=colour)
        ends[firm] = (float(last), float(way["ar"].iloc[-1]))
    ranges.set_yticks(rows, labels=firms)
    ranges.set_ylim(len(firms) - 0.5, -0.5)
    ranges.set_title(f"Days {first} to {last}")
    ranges.set_xlabel("bar: placebo; full: abnormal; hollow: return")
    ways.set_title("Cumulative abnormal return")
    ways.xaxis.set_major_locator(MaxNLocator(integer=True))
    ways.set_xlabel("event time in sessions")
    ways.set_xlim(first, last)
    ways.autoscale_view()
    label_line_ends(ways, ends, colours, 0.09)
    for ax, axis in ((ranges, "x"), (ways, "y")):
        zero_line(ax, axis)
        percent_axis(ax, axis)
    return canvas
