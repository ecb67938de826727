"""Figures written as SVG, each by the drawing that stands beside the question it answers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from matplotlib.figure import Figure as Canvas

from analysis.errors import ResultsError
from analysis.results import Figure
from analysis.results.style import house_style, save

__all__ = ["draw", "find_drawing"]


def find_drawing(figure: Figure) -> Callable[..., Canvas]:
    """Return the drawing of the figure's kind from ``drawings.py`` beside what computed its data.

    Parameters
    ----------
    figure : Figure
        Its source is the dotted name of a function in the folder of a question.

    Returns
    -------
    callable
        Of ``Figure.data`` and, by name, of ``Figure.choices``; returns the canvas.

    Raises
    ------
    ResultsError
        If there is no such drawing.
    """
    folder = figure.source.function.rsplit(".", 2)[0]
    try:
        drawing = getattr(import_module(f"{folder}.drawings"), figure.kind)
    except (ModuleNotFoundError, AttributeError):
        raise ResultsError(
            f"figure {figure.name}: no drawing of kind {figure.kind!r} in {folder}.drawings"
        ) from None
    return cast("Callable[..., Canvas]", drawing)


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
        If no drawing has the figure's kind.
    """
    drawing = find_drawing(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    with house_style():
        source = f"{figure.source.function} from {', '.join(figure.source.inputs)}"
        save(
            drawing(figure.data, **figure.choices),
            path,
            title=figure.name,
            description=figure.alt,
            source=source,
        )
