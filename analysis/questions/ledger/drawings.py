"""The ledger as a picture, and how far one episode moves its tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.results.style import GREY, INK, decimal_axis, panels, zero_line

__all__ = ["ledger", "one_out"]

# Colour and mark say the same, so that neither is needed alone.
LOOKS = {
    "supported": ("#0072B2", "o"),
    "right sign within noise": ("#E69F00", "o"),
    "mixed": ("#CC79A7", "D"),
    "not testable": (GREY, "x"),
    "not a claim": (GREY, "+"),
    "shown, not decided": (GREY, "*"),
    "cannot decide": (GREY, "^"),
    "no sign within noise": ("#E69F00", "v"),
    "wrong sign within noise": ("#E69F00", "s"),
    "contradicted": ("#D55E00", "s"),
}
RANGE = "#0072B2"
REACH = 2.0  # units of the detectable effect


def ledger(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """One row a claim: its verdict, and its effect in units of the detectable effect.

    ``data["claims"]``: claim, status, verdict, effect, low, high (over the minimum detectable
    effect, positive as claimed; NaN for facts and claims without a test), and ``registered``, the
    effect by the registered rules over what these could find, where others decide.
    """
    claims = data["claims"]
    canvas, (ax,) = panels(1, 1, 4.5)
    for row, claim in enumerate(claims.to_dict("records")):
        colour, mark = LOOKS[claim["verdict"]]
        place = 0.0
        if np.isfinite(claim["effect"]):
            place = claim["effect"]
            low, high = np.clip([claim["low"], claim["high"]], -REACH, REACH)
            ax.hlines(row, low, high, color=colour, linewidth=1.6)
        ax.scatter([place], [row], color=colour, marker=mark, s=24, zorder=3)
        if np.isfinite(other := claim.get("registered", np.nan)):
            ax.plot(np.clip(other, -REACH, REACH), row, "|", color=INK, markersize=8, zorder=4)
        ax.text(REACH * 1.04, row, claim["verdict"], color=INK, fontsize=7, va="center")
    for edge in (-1, 1):
        ax.axvline(edge, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    zero_line(ax, "x")
    names = [
        f"{claim}{'*' if status == 'exploratory' else ''}"
        for claim, status in zip(claims["claim"], claims["status"], strict=True)
    ]
    ax.set_yticks(np.arange(len(claims)), labels=names)
    ax.set_ylim(len(claims) - 0.3, -0.7)
    ax.set_xlim(-REACH, REACH)
    ax.tick_params(axis="y", length=0)
    decimal_axis(ax, "x")
    ax.set_xlabel(
        "effect over its minimum detectable effect, positive as claimed; "
        "mark alone: no test of an effect"
    )
    return canvas


def one_out(data: Mapping[str, pd.DataFrame], *, size: float) -> Canvas:
    """One row a claim: its effect and its p, with the range of each when one episode is left out.

    ``data["claims"]``: claim, effect, low, high (over the minimum detectable effect, positive as
    claimed), p, p_low, p_high; NaN where no test is left.
    """
    claims = data["claims"]
    canvas, (left, right) = panels(1, 2, 0.9 + 0.19 * len(claims), sharey=True)
    rows = np.arange(len(claims))
    for ax, value, low, high in ((left, "effect", "low", "high"), (right, "p", "p_low", "p_high")):
        ax.hlines(rows, claims[low], claims[high], color=RANGE, linewidth=3.2, alpha=0.45)
        ax.plot(claims[value], rows, "o", color=INK, markersize=3.8)
        ax.tick_params(axis="y", length=0)
    zero_line(left, "x")
    decimal_axis(left, "x")
    left.set_yticks(rows, labels=list(claims["claim"]))
    left.set_ylim(len(claims) - 0.4, -0.6)
    left.set_xlabel("effect over its minimum detectable effect,\npositive as claimed")
    right.axvline(size, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    right.set_xscale("log")
    ticks = sorted({0.01, size, 0.1, 0.2, 0.5, 1.0})
    right.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    right.minorticks_off()
    right.set_xlim(min(0.02, size, float(claims[["p", "p_low"]].min().min())) * 0.9, 1.05)
    right.set_xlabel("p of record (dashed: size of the tests)")
    return canvas
