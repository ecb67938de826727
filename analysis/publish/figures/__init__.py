"""Figures: one drawing function for each kind, all in one style, written as SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure as Canvas

from analysis.errors import ResultsError
from analysis.publish.figures import (
    betas,
    customs,
    explorer,
    ledger,
    market,
    reactions,
    specifications,
)
from analysis.publish.figures.style import house_style, save
from analysis.results import Figure

__all__ = ["KINDS", "draw"]

KINDS: dict[str, Callable[..., Canvas]] = {  # of Figure.data and, by name, of Figure.choices
    "caar_paths": reactions.caar_paths,
    "correlogram": customs.correlogram,
    "customs_series": customs.customs_series,
    "explorer": explorer.explorer,
    "day_reactions": reactions.day_reactions,
    "pair_trade": market.pair_trade,
    "heavy_share": reactions.heavy_share,
    "ledger": ledger.ledger,
    "price_paths": reactions.price_paths,
    "reaction_heatmap": reactions.reaction_heatmap,
    "rolling_beta": betas.rolling_beta,
    "specification_curve": specifications.specification_curve,
    "up_down_beta": betas.up_down_beta,
    "volatility_paths": market.volatility_paths,
}


def draw(figure: Figure, path: Path) -> None:
    """Draw one figure and write it as SVG.

    Parameters
    ----------
    figure : Figure
        Kind and tidy frames.
    path : Path
        Where the SVG goes; its folder is made if need be.

    Raises
    ------
    ResultsError
        If no drawing function has the figure's kind.
    """
    if figure.kind not in KINDS:
        raise ResultsError(f"figure {figure.name}: no drawing of kind {figure.kind!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with house_style():
        source = f"{figure.source.function} from {', '.join(figure.source.inputs)}"
        canvas = KINDS[figure.kind](figure.data, **figure.choices)
        save(canvas, path, title=figure.name, description=figure.alt, source=source)
