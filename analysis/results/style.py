"""The one look of all figures: colours, type, sizes, and how an SVG is written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import Formatter, FuncFormatter, MultipleLocator

__all__ = [
    "GREY",
    "INK",
    "WIDTH",
    "decimal_axis",
    "direction_colours",
    "draw_caars",
    "firm_colours",
    "house_style",
    "label_line_ends",
    "panels",
    "percent_axis",
    "save",
    "zero_line",
]

WIDTH = 6.6  # inches: the text width of the PDF
INK = "#222222"
GREY = "#8a8a8a"

# Okabe and Ito's palette and one of Tol's; of the colours of middle lightness, which light and dark
# pages can show, the last two lie furthest from all before with any form of colour blindness.
PALETTE = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
    "#882255", "#8800FF", "#DD0044",
)  # fmt: skip
_DIRECTIONS = {  # these have the same colour in every figure
    "tightening": "#D55E00",
    "disappointment": "#CC79A7",
    "support": "#009E73",
    "easing": "#0072B2",
}

_RC = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.titlelocation": "left",
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "svg.fonttype": "path",  # no font of the reader's machine can change the picture
    "svg.hashsalt": "rare-earth-headlines",  # the same identifiers in every run
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 7.5,
    "ytick.color": INK,
    "ytick.labelsize": 7.5,
}


def firm_colours(names: Iterable[str]) -> dict[str, str]:
    """Give each firm its colour; with the core firms first, each has the same in every figure."""
    return dict(zip(dict.fromkeys(names), itertools.cycle(PALETTE), strict=False))


def direction_colours(names: Iterable[str]) -> dict[str, str]:
    """Give each direction of news its colour, in the order of the paper's, then as they come."""
    asked = list(dict.fromkeys(names))
    known = {name: colour for name, colour in _DIRECTIONS.items() if name in asked}
    free = (colour for colour in itertools.cycle(PALETTE) if colour not in known.values())
    return known | {name: next(free) for name in asked if name not in known}


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the style inside a block, whatever a user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        sns.set_theme(context="paper", style="ticks", rc=_RC)
        yield


def panels(rows: int, columns: int, height: float, **options: Any) -> tuple[Canvas, list[Axes]]:
    """Make a canvas of text width with ``rows`` times ``columns`` axes, read row by row."""
    canvas = Canvas(figsize=(WIDTH, height), layout="constrained")
    grid = canvas.subplots(rows, columns, squeeze=False, **options)
    axes = [ax for row in grid for ax in row]
    for ax in axes:
        sns.despine(ax=ax)
    return canvas, axes


def draw_caars(
    paths: pd.DataFrame,
    height: float,
    band: tuple[str, str],
    below: str,
    dashed: Iterable[str] = (),
) -> Canvas:
    """Draw mean cumulative abnormal returns in event time, a panel a direction.

    ``paths``: direction, day, mean (fraction), episodes, the two columns of the grey ``band`` and
    those of ``dashed`` lines.
    """
    low, high = band
    colours = direction_colours(paths["direction"])
    canvas, axes = panels(1, len(colours), height, sharey=True, sharex=True)
    for ax, (direction, colour) in zip(axes, colours.items(), strict=True):
        part = paths[paths["direction"] == direction]
        ax.fill_between(part["day"], part[low], part[high], color="#dcdcdc", linewidth=0)
        for end in dashed:
            ax.plot(part["day"], part[end], color=colour, linewidth=0.7, linestyle=(0, (2, 2)))
        ax.plot(part["day"], part["mean"], color=colour)
        zero_line(ax)
        ax.axvline(0, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
        ax.set_title(f"{direction} ({part['episodes'].iloc[0]})")
        ax.xaxis.set_major_locator(MultipleLocator(10))
    percent_axis(axes[0])
    axes[0].set_ylabel("CAAR, zero on day \u22121")
    canvas.supxlabel(below, fontsize=8)
    return canvas


def save(
    canvas: Canvas, to: TextIO, *, title: str, description: str, source: str, relation: str
) -> None:
    """Write the canvas as SVG without a date; its metadata say what it shows and comes from."""
    metadata = {"Date": None, "Creator": None, "Title": title, "Description": description,
                "Source": source, "Relation": relation}  # fmt: skip
    canvas.savefig(to, format="svg", metadata=metadata)
    plt.close("all")


def percent_axis(ax: Axes, axis: str = "y", digits: int = 0) -> None:
    """Show fractions as percent with a true minus."""
    _axis(ax, axis, lambda v: f"{v * 100:.{digits}f}%")


def decimal_axis(ax: Axes, axis: str = "y", digits: int = 1, *, percent: bool = False) -> None:
    """Show numbers, or percent, with a true minus and fixed decimals, more where ticks differ."""
    (ax.yaxis if axis == "y" else ax.xaxis).set_major_formatter(_Decimals(digits, percent=percent))


class _Decimals(Formatter):
    """As many decimals as tell the ticks of an axis apart, and at least ``fewest``."""

    def __init__(self, fewest: int, *, percent: bool) -> None:
        self.fewest, self.by, self.mark = fewest, 100 if percent else 1, "%" * percent
        self.ticks: list[float] = []

    def set_locs(self, locs: Iterable[float]) -> None:
        """Take the ticks that are to be told apart."""
        self.ticks = [float(tick) for tick in locs]

    def __call__(self, x: float, _: int | None = None) -> str:
        exact = (
            digits
            for digits in range(self.fewest, self.fewest + 4)
            if all(abs(round(self.by * t, digits) - self.by * t) < 1e-9 for t in self.ticks)
        )
        return f"{self.by * x:.{next(exact, self.fewest)}f}{self.mark}".replace("-", "\u2212")


def _axis(ax: Axes, axis: str, show: Callable[[float], str]) -> None:
    target = ax.yaxis if axis == "y" else ax.xaxis
    target.set_major_formatter(FuncFormatter(lambda v, _: show(v).replace("-", "\u2212")))


def zero_line(ax: Axes, axis: str = "y") -> None:
    """Draw a thin line at zero."""
    (ax.axhline if axis == "y" else ax.axvline)(0, color=GREY, linewidth=0.6, zorder=0)


def label_line_ends(
    ax: Axes, ends: dict[str, tuple[float, float]], colours: dict[str, str], gap: float
) -> None:
    """Write each name at the end of its line, pushed apart vertically by at least ``gap``.

    ``ends`` maps a name to the (x, y) of its last point in data coordinates; ``gap`` is a share of
    the height of the axes.
    """
    transform = ax.transData + ax.transAxes.inverted()
    places = sorted(
        ((transform.transform(xy), name) for name, xy in ends.items()), key=lambda t: t[0][1]
    )
    level = -1.0
    for (x, y), name in places:
        level = max(float(y), level + gap)
        ax.text(
            x + 0.01, level, name, color=colours.get(name, INK), fontsize=7.5, fontweight="bold",
            transform=ax.transAxes, va="center", ha="left", clip_on=False,
        )  # fmt: skip
