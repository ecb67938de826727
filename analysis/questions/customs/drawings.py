"""Drawings of the customs data."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.results.formats import event_day
from analysis.results.style import GREY, INK, decimal_axis, panels, percent_axis, zero_line

__all__ = ["correlogram", "customs_series"]

METHOD_MARKS = {"pearson": ("#0072B2", "o", -0.12), "spearman": ("#D55E00", "s", 0.12)}


def customs_series(
    data: Mapping[str, pd.DataFrame], *, units: Mapping[str, str], every: str, step: str, width: int
) -> Canvas:
    """Figures, of single periods only, above the return of the core firms over the same periods.

    ``data["exports"]``: series (printed name), month (timestamp), value (in its unit), status.
    ``data["returns"]``: month (timestamp), value (fraction). Periods begin at each ``step``.
    """
    exports, returns = data["exports"], data["returns"]
    names = list(dict.fromkeys(exports["series"]))
    canvas, axes = panels(len(names) + 1, 1, 1.0 * (len(names) + 1), sharex=True)
    for ax, name in zip(axes, names, strict=False):
        part = exports[exports["series"] == name].set_index("month")["value"]
        unit, scale = _scale(exports, units, str(name))
        line = part.resample(step).asfreq()  # a period without a figure breaks the line
        ax.plot(line.index, line / scale, color=INK, linewidth=0.9)
        for status, face in (("reported", INK), ("derived", "white")):
            rows = exports[(exports["series"] == name) & (exports["status"] == status)]
            x, y = rows["month"], rows["value"] / scale
            ax.scatter(x, y, 11, facecolor=face, edgecolor=INK, linewidth=0.7, zorder=3)
        ax.set_title(name)
        ax.set_ylim(bottom=0)
        ax.set_ylabel(unit)
    axes[-1].bar(returns["month"], returns["value"], width=width, color=GREY)
    axes[-1].set_title(f"Core firms, {every} return")
    zero_line(axes[-1])
    percent_axis(axes[-1])
    axes[-1].xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 7)))
    axes[-1].xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))
    return canvas


def _scale(exports: pd.DataFrame, units: Mapping[str, str], name: str) -> tuple[str, int]:
    """Return a label and a divisor that are the same for all series in one unit."""
    alike = exports[exports["series"].map(units) == units[name]]
    return (f"thousand {units[name]}", 1000) if alike["value"].max() >= 1000 else (units[name], 1)


def correlogram(data: Mapping[str, pd.DataFrame], *, what: str, months: str) -> Canvas:
    """Correlation of changes with returns at leads and lags, with intervals.

    ``data["lags"]``: panel, lag (in ``months``), method, estimate, low, high, n.
    """
    lags = data["lags"]
    names = list(dict.fromkeys(lags["panel"]))
    canvas, axes = panels(int(np.ceil(len(names) / 2)), 2, 3.5, sharex=True, sharey=True)
    for ax, name in zip(axes, names, strict=False):
        part = lags[lags["panel"] == name]
        for method, (colour, marker, shift) in METHOD_MARKS.items():
            rows = part[part["method"] == method]
            at = rows["lag"] + shift
            ax.vlines(at, rows["low"], rows["high"], color=colour, linewidth=1.1)
            ax.scatter(at, rows["estimate"], 14, colour, marker=marker, label=method.title())
        zero_line(ax)
        ax.axvline(0, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
        ax.set_title(f"{name} (n = {part['n'].min():.0f} to {part['n'].max():.0f})")
        ax.set_ylim(-1, 1)
        decimal_axis(ax)
        ax.xaxis.set_major_formatter(lambda v, _: event_day(round(v)))
    axes[0].legend(loc="lower left", ncols=2, handletextpad=0.1, columnspacing=0.8)
    canvas.supxlabel(f"lag in {months}; positive: {what} lead returns", fontsize=8)
    canvas.supylabel("correlation", fontsize=8)
    return canvas
