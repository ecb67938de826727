"""Pictures of a user's own results, in the look of the paper."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from analysis.errors import UserDataError
from analysis.results.style import (
    GREY,
    decimal_axis,
    direction_colours,
    firm_colours,
    house_style,
    panels,
    zero_line,
)
from analysis.whole import write_whole

if TYPE_CHECKING:
    from analysis.userfiles.beta_result import BetaResult
    from analysis.userfiles.correlate import CorrelateResult
    from analysis.userfiles.event_result import EventStudyResult

__all__ = ["draw_betas", "draw_correlogram", "draw_event_study", "save_picture"]

MOST = 6  # panels of a picture
DOTS = 200  # of a picture made of pixels, an inch


def draw_event_study(result: EventStudyResult) -> Canvas:
    """Draw the mean path of each group with its band, and below it how its CARs are spread."""
    groups = list(result.groups["group"])[:MOST]
    colours = direction_colours(groups)
    canvas, axes = panels(2, len(groups), 4.2, height_ratios=[3, 2])
    above, below = axes[: len(groups)], axes[len(groups) :]
    for ax, spread, group in zip(above, below, groups, strict=True):
        path = result.paths[result.paths["group"] == group]
        days, marks = path["day"].to_numpy(), "o" if len(path) < 4 else ""
        ax.fill_between(days, path["low"], path["high"], color="#dcdcdc", linewidth=0)
        ax.plot(days, path["caar"], color=colours[group], marker=marks, markersize=3)
        zero_line(ax)
        ax.axvline(0, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
        ax.set_title(f"{group} ({len(result.events[result.events['group'] == group])})")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("event day" + _cut(len(result.groups), "groups"))
        decimal_axis(ax, percent=True)
        _spread(spread, result.events.loc[result.events["group"] == group, "car"], colours[group])
    _share(above)
    above[0].set_ylabel("mean CAR, 95% band")
    below[0].set_ylabel("events")
    return canvas


def _spread(ax: Axes, cars: pd.Series, colour: str) -> None:
    bins = np.histogram_bin_edges(cars, bins="auto" if len(cars) > 5 else 5)
    ax.hist(cars, bins=bins.tolist(), color=colour, edgecolor="white", linewidth=0.4)
    ax.axvline(0, color=GREY, linewidth=0.6)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    decimal_axis(ax, "x", 0, percent=True)
    ax.set_xlabel("CAR of an event")


def draw_betas(result: BetaResult) -> Canvas:
    """Draw the rolling beta of each asset with its band, and the beta of all sessions."""
    known = set(result.rolling["ticker"])
    all_names = [name for name in result.betas["ticker"] if name in known]
    names = all_names[:MOST]
    if not names:
        raise UserDataError(
            f"--plot: expected a rolling path of one asset or more, found none: no asset has the "
            f"{result.options.window} returns of a window; choose a shorter --window"
        )
    colours = firm_colours(names)
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    canvas, axes = panels(rows, columns, 0.6 + 1.9 * rows, sharex=True, sharey=True)
    for ax, name in zip(axes, names, strict=False):
        path = result.rolling[result.rolling["ticker"] == name]
        whole = result.betas.loc[result.betas["ticker"] == name, "beta"].iloc[0]
        ax.fill_between(path["date"], path["low"], path["high"], color="#dcdcdc", linewidth=0)
        ax.plot(path["date"], path["beta"], color=colours[name])
        ax.axhline(whole, color=colours[name], linewidth=0.7, linestyle=(0, (2, 2)))
        ax.set_title(name)
    dates = AutoDateLocator(maxticks=5)
    axes[0].xaxis.set_major_locator(dates)  # the axes share it
    axes[0].xaxis.set_major_formatter(ConciseDateFormatter(dates))
    _leave_out(axes, len(names), columns)
    options = result.options
    canvas.supylabel(f"beta on {options.benchmark}", fontsize=8)
    told = f"windows of {options.window} returns; band: 95%; dashed: all returns"
    told += _cut(len(all_names), "assets")
    canvas.supxlabel(told, fontsize=8)
    return canvas


def draw_correlogram(result: CorrelateResult) -> Canvas:
    """Draw the correlations by lag with their intervals, a panel a pair; full: Holm's p <= 5%."""
    frame = result.correlations
    all_pairs = list(dict.fromkeys(zip(frame["x"], frame["y"], strict=True)))
    pairs = all_pairs[:MOST]
    methods = list(dict.fromkeys(frame["method"]))
    colours = firm_colours(methods)
    columns = min(len(pairs), 3)
    rows = -(-len(pairs) // columns)
    canvas, axes = panels(rows, columns, 0.6 + 1.9 * rows, sharex=True, sharey=True)
    for ax, (x, y) in zip(axes, pairs, strict=False):
        for place, method in enumerate(methods):
            mine = (frame["x"] == x) & (frame["y"] == y) & (frame["method"] == method)
            part = frame[mine & frame["estimate"].notna()]
            at = part["lag"] + 0.2 * (place - (len(methods) - 1) / 2)
            ax.vlines(at, part["low"], part["high"], color=colours[method], linewidth=0.8)
            full = (part["p_holm"] <= 0.05).to_numpy()
            faces = [colours[method] if on else "white" for on in full]
            ax.scatter(at, part["estimate"], s=14, c=faces, edgecolors=colours[method],
                       linewidths=0.8, zorder=3, label=method)  # fmt: skip
        zero_line(ax)
        ax.set_title(f"{x}, {y}")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _leave_out(axes, len(pairs), columns)
    canvas.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=3,
                  handletextpad=0.2)  # fmt: skip
    canvas.supylabel("correlation, 95% interval", fontsize=8)
    told = f"lag in {result.options.unit}s (positive: x leads){_cut(len(all_pairs), 'pairs')}"
    canvas.supxlabel(told, fontsize=8)
    return canvas


def _cut(count: int, things: str) -> str:
    """Say that a picture shows the first of many."""
    return f"; the first {MOST} of {count} {things}" if count > MOST else ""


def _leave_out(axes: list[Axes], count: int, columns: int) -> None:
    """Hide the axes beyond a number; those above them show their own ticks."""
    for ax in axes[count:]:
        ax.set_axis_off()
    for ax in axes[max(count - columns, 0) : count]:
        ax.tick_params(axis="x", labelbottom=True)


def _share(axes: list[Axes]) -> None:
    """Give axes the same bounds from bottom to top."""
    low, high = (edge(ax.get_ylim()[at] for ax in axes) for at, edge in enumerate((min, max)))
    for ax in axes:
        ax.set_ylim(low, high)


def save_picture(draw: Callable[[], Canvas], path: Path) -> None:
    """Draw and write a picture as its suffix says, whole, the same bytes in each run."""
    kind = path.suffix.lower().removeprefix(".")
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
    content = BytesIO()
    with house_style():
        draw().savefig(content, format=kind, dpi=DOTS, metadata=undated[kind])
    write_whole(path.resolve().parent, {path.resolve().name: content.getvalue()})
