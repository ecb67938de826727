"""Drawings of the event windows: the highlighted days, mean paths, the heatmap, the explorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import offset_copy

from analysis.results.formats import brackets, percent
from analysis.results.style import (
    INK,
    WIDTH,
    direction_colours,
    draw_caars,
    firm_colours,
    label_line_ends,
    panels,
    percent_axis,
    zero_line,
)

__all__ = ["caar_paths", "day_reactions", "explorer", "over_measure", "reaction_heatmap"]


def day_reactions(
    data: Mapping[str, pd.DataFrame], *, level: float, model: str, core: Sequence[str]
) -> Canvas:
    """Returns on the highlighted days against what an ordinary day brings.

    ``data["days"]``: label, ticker, raw, low, high: the return and the forecast interval of the
    model given the market's move on that day (fractions). The core firms are in colour.
    """
    days = data["days"]
    labels = list(dict.fromkeys(days["label"]))
    canvas, axes = panels(1, len(labels), 2.7, sharey=True, sharex=True)
    order = list(dict.fromkeys(days["ticker"]))
    for ax, label in zip(axes, labels, strict=True):
        part = days[days["label"] == label].set_index("ticker").reindex(order)
        rows = np.arange(len(order))
        ax.hlines(rows, part["low"], part["high"], color="#c9c9c9", linewidth=5, zorder=1)
        colours = [firm_colours(core).get(t, INK) for t in order]
        ax.scatter(part["raw"], rows, color=colours, s=18, zorder=3)
        zero_line(ax, "x")
        ax.set_title(label)
        ax.set_yticks(rows, labels=order)
        percent_axis(ax, "x")
    axes[0].invert_yaxis()
    canvas.supxlabel(
        f"return of the day; bar: {percent(level)} forecast interval of the {model}", fontsize=8
    )
    return canvas


def caar_paths(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """Mean cumulative abnormal return of the core portfolio by direction, on placebo bands.

    ``data["paths"]``: direction, day, mean, low, high, placebo_low, placebo_high (fractions),
    episodes.
    """
    return draw_caars(
        data["paths"],
        2.7,
        ("placebo_low", "placebo_high"),
        "event time in sessions; episodes in brackets; grey: placebo band, dashed: interval",
        dashed=("low", "high"),
    )


def reaction_heatmap(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """Standardised abnormal return of day 0, firms by events, with the direction above.

    Each direction has a row of its own, so that it is told without colour, too.

    ``data["cells"]``: event, day0, direction, ticker, sar (NaN where a firm has no window).
    """
    cells = data["cells"]
    grid = cells.pivot_table(
        index="ticker", columns="event", values="sar", sort=False, dropna=False
    )
    heads = cells.drop_duplicates("event").set_index("event").loc[grid.columns]
    canvas = Canvas(figsize=(WIDTH, 2.6), layout="constrained")
    strip, ax = canvas.subplots(2, 1, sharex=True, height_ratios=[3, 8])
    colours = direction_colours(heads["direction"])
    row = heads["direction"].map({name: place for place, name in enumerate(colours)})
    strip.bar(np.arange(len(heads)) + 0.5, 1, 1, row, color=heads["direction"].map(colours))
    strip.set_yticks(np.arange(len(colours)) + 0.5, labels=list(colours), fontsize=6.5)
    for label, colour in zip(strip.get_yticklabels(), colours.values(), strict=True):
        label.set(color=colour, fontweight="bold")
    strip.invert_yaxis()
    strip.tick_params(length=0)
    strip.spines[:].set_visible(False)
    shades = mpl.colormaps["PuOr_r"].with_extremes(bad="#e4e4e4")
    mesh = ax.pcolormesh(grid.to_numpy(), cmap=shades, vmin=-4, vmax=4, edgecolor="white", lw=0.2)
    ax.invert_yaxis()
    ax.set_yticks(np.arange(len(grid)) + 0.5, labels=list(grid.index))
    bar = canvas.colorbar(mesh, ax=ax, pad=0.01, shrink=0.9, extend="both")
    bar.set_label("standardised AR")
    quarter = heads["day0"].dt.to_period("Q")
    starts = np.flatnonzero(quarter.ne(quarter.shift()))
    starts = starts[np.diff(starts, append=len(heads)) > 5]  # shorter: the labels would collide
    ax.set_xticks(starts, labels=[f"{heads['day0'].iloc[i]:%b %Y}" for i in starts], rotation=0)
    ax.tick_params(axis="x", length=3)
    ax.set(xlabel="events in order of time", ylabel="")
    return canvas


def over_measure(
    data: Mapping[str, pd.DataFrame],
    *,
    window: tuple[int, int],
    core: Sequence[str],
    axis: str,
    share: bool,
) -> Canvas:
    """Mean reaction of each firm over its measure, with intervals, a panel a kind of event.

    ``data["firms"]``: kind, ticker, share, mean, low, high (fractions), episodes. With `share` the
    measure is one too, and in percent.
    """
    firms = data["firms"]
    kinds, colours = list(dict.fromkeys(firms["kind"])), firm_colours([*core, *firms["ticker"]])
    canvas, axes = panels(1, len(kinds), 2.5, sharey=True, sharex=True)
    for ax, kind in zip(axes, kinds, strict=True):
        above = offset_copy(ax.transData, canvas, -6, 3, "points")
        for row in firms[firms["kind"] == kind].itertuples():
            colour = colours[str(row.ticker)]
            ax.vlines(row.share, row.low, row.high, color=colour, linewidth=1.4)
            ax.scatter([row.share], [row.mean], color=colour, s=20, zorder=3)
            label, look = f"{row.ticker} ({row.episodes})", {"fontsize": 7, "fontweight": "bold"}
            ax.text(row.share, row.high, label, look, color=colour, transform=above)
        zero_line(ax)
        ax.set_title(kind)
        if share:
            ax.set_xlim(-0.08, 1.0)
            percent_axis(ax, "x")
        else:
            ax.margins(x=0.15)
    percent_axis(axes[0])
    axes[0].set_ylabel(f"mean CAR {brackets(window)}")
    canvas.supxlabel(f"{axis}; episodes in brackets", fontsize=8)
    return canvas


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
