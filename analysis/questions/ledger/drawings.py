"""The ledger as a picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from analysis.results.style import GREY, INK, decimal_axis, panels, zero_line

__all__ = ["ledger"]

# Colour and mark say the same, so that neither is needed alone.
LOOKS = {
    "supported": ("#0072B2", "o"),
    "right sign within noise": ("#56B4E9", "o"),
    "mixed": (GREY, "D"),
    "not testable": (GREY, "x"),
    "wrong sign within noise": ("#E69F00", "s"),
    "contradicted": ("#D55E00", "s"),
}
REACH = 2.0  # units of the detectable effect


def ledger(data: Mapping[str, pd.DataFrame]) -> Canvas:
    """One row a claim: its verdict, and its effect in units of the detectable effect.

    ``data["claims"]``: claim, status, verdict, effect, low, high (over the minimum detectable
    effect, positive as claimed; NaN for facts and claims without a test).
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
