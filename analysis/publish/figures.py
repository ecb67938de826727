"""Figures as SVG, by the drawings beside the questions, and as pixels for Word."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from matplotlib.figure import Figure as Canvas

from analysis.errors import RenderError, ResultsError
from analysis.results import Figure
from analysis.results.style import house_style, save
from analysis.whole import write_whole

__all__ = ["draw", "rasterise"]

SCALE = 3.0  # of pixels: the SVG is 72 points an inch, hence 216 dots


def draw(figure: Figure, path: Path) -> None:
    """Draw a figure and write it as SVG, in a folder that is made if need be.

    Its kind is the name of a drawing in ``drawings.py`` beside the function that its source names.

    Raises
    ------
    ResultsError
        If there is no such drawing.
    """
    folder = figure.source.function.rsplit(".", 2)[0]
    try:
        drawing: Callable[..., Canvas]
        drawing = getattr(import_module(f"{folder}.drawings"), figure.kind)
    except (ModuleNotFoundError, AttributeError):
        raise ResultsError(
            f"figure {figure.name}: no drawing of kind {figure.kind!r} in {folder}.drawings"
        ) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    source = f"{figure.source.function} from {', '.join(figure.source.inputs)}"
    with house_style():
        canvas = drawing(figure.data, **figure.choices)
        save(canvas, path, title=figure.name, description=figure.alt, source=source)


def rasterise(folder: Path) -> list[Path]:
    """Write a PNG beside every SVG of the folder and return the files.

    Raises
    ------
    RenderError
        If a figure is no SVG.
    """
    import vl_convert

    made = {}
    for figure in sorted(folder.glob("*.svg")):
        try:
            picture = vl_convert.svg_to_png(figure.read_text("utf-8"), scale=SCALE)
        except ValueError as error:
            raise RenderError(f"{figure.name}: expected an SVG to draw, found: {error}") from error
        made[f"{figure.stem}.png"] = picture
    return write_whole(folder, made)
