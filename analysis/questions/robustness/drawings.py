"""The drawing of a specification curve: sorted estimates above, a dashboard of choices below."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analysis.results.formats import format_value, percent
from analysis.results.style import GREY, INK, WIDTH, percent_axis, zero_line

__all__ = ["specification_curve"]

SIDES = {
    0: ("not significant", "#9a9a9a", "."),
    1: ("significant, as claimed", "#0072B2", "^"),
    -1: ("significant, opposite", "#D55E00", "v"),
}
ROW = 0.148  # inches a row of the dashboard
HIGHEST = 3.0  # the ridge is cut where an option is this many times as frequent as in all


def specification_curve(data: Mapping[str, pd.DataFrame], *, level: float) -> Canvas:
    """Estimates in rising order with the placebo band, and where each option lies among them.

    ``data["curve"]``: rank (0 to 1), estimate (fraction), side (+1, 0, -1). ``data["baseline"]``:
    rank, estimate. ``data["band"]``: rank, low, high. ``data["options"]``: choice, option, bin (0
    to 1), share (over the even share), median (fraction).
    """
    options = data["options"]
    names = options[["choice", "option"]].drop_duplicates()
    rows = len(names) + names["choice"].nunique() * 0.35
    canvas = Canvas(figsize=(WIDTH, 2.35 + rows * ROW), layout="constrained")
    top, below = canvas.subplots(2, 1, sharex=True, height_ratios=[1.85, rows * ROW])
    _estimates(top, data, level)
    _dashboard(below, options)
    return canvas


def _estimates(ax: Axes, data: Mapping[str, pd.DataFrame], level: float) -> None:
    band, curve, baseline = data["band"], data["curve"], data["baseline"]
    ax.fill_between(band["rank"], band["low"], band["high"], color=GREY, alpha=0.22, linewidth=0)
    for side, (label, colour, mark) in SIDES.items():
        part = curve[curve["side"] == side]
        if len(part):
            ax.plot(part["rank"], part["estimate"], mark, color=colour, ms=3.2, mew=0, label=label)
    ax.plot(
        baseline["rank"], baseline["estimate"], "D", color=INK, ms=4.5, mfc="white", label="ledger"
    )
    named = f"{percent(level)} of placebo curves"
    ax.fill_between([], [], [], color=GREY, alpha=0.22, label=named)
    zero_line(ax)
    percent_axis(ax)
    ax.set_ylabel("estimate")
    ax.set_xlim(0, 1)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.tick_params(axis="x", length=0)
    gaps: dict[str, Any] = {"columnspacing": 1.1, "handletextpad": 0.4, "borderaxespad": 0.2}
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, **gaps)


def _dashboard(ax: Axes, options: pd.DataFrame) -> None:
    """Draw one ridge an option, with the name on the left and the median estimate on the right."""
    level, places, labels = 0.0, [], []
    write = partial(ax.text, transform=ax.get_yaxis_transform())
    right: dict[str, Any] = {"fontsize": 6.5, "ha": "right", "va": "bottom"}
    for choice, part in options.groupby("choice", sort=False):
        first = level
        for option, ridge in part.groupby("option", sort=False):
            height = np.minimum(ridge["share"], HIGHEST) / HIGHEST * 0.9
            ax.fill_between(ridge["bin"], level, level - height, color=INK, alpha=0.6, linewidth=0)
            median = format_value(float(ridge["median"].iloc[0]), "percent1")
            write(1.07, level - 0.05, median, **right)
            places.append(level - 0.32)
            labels.append(str(option))
            level += 1
        left: dict[str, Any] = {"fontsize": 7, "fontweight": "bold", "va": "center", "ha": "left"}
        write(-0.27, first - 0.32, str(choice), **left)
        level += 0.35
    ax.set_yticks(places, labels=labels, fontsize=6.8)
    ax.set_ylim(level - 0.6, -1.15)
    write(1.07, -1.0, "median", color=INK, **right)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    percent_axis(ax, "x")
    ax.set_xlabel("specifications in order of their estimate")
