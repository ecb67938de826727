"""Figures as SVG, by the drawings beside the questions, and as pixels for Word."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from matplotlib.figure import Figure as Canvas

from analysis.errors import RenderError, ResultsError
from analysis.publish import interactive
from analysis.publish.tables import csv_text
from analysis.results import Figure
from analysis.results.style import house_style, save
from analysis.whole import write_whole

__all__ = ["data_files", "draw", "draw_files", "rasterise", "to_pixels"]

DIGITS = 12  # of floats, as in the data sets
SCALE = 3.0  # of pixels: the SVG is 72 points an inch, hence 216 dots


def draw(figure: Figure, path: Path) -> None:
    """Draw a figure and write it as SVG, in a folder that is made if need be.

    Raises
    ------
    ResultsError
        If there is no such drawing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_draw(figure, data_files(figure)), encoding="utf-8", newline="\n")


def draw_files(figure: Figure) -> dict[str, str]:
    """Draw a figure and return its files by name: SVG, CSV, and its form for the page if any.

    Its kind is the name of a drawing in ``drawings.py`` beside the function that its source names.
    The metadata of the SVG name the files of data with their hashes, so that picture and data are
    known to belong together wherever they go.

    Raises
    ------
    ResultsError
        If there is no such drawing.
    """
    files = data_files(figure)
    files[f"{figure.name}.svg"] = _draw(figure, files)
    if figure.kind == interactive.KIND:
        files[f"{figure.name}.html"] = interactive.fragment(figure)
    return files


def _draw(figure: Figure, data: Mapping[str, str]) -> str:
    folder = figure.source.function.rsplit(".", 2)[0]
    try:
        drawing: Callable[..., Canvas]
        drawing = getattr(import_module(f"{folder}.drawings"), figure.kind)
    except (ModuleNotFoundError, AttributeError):
        raise ResultsError(
            f"figure {figure.name}: no drawing of kind {figure.kind!r} in {folder}.drawings"
        ) from None
    source = f"{figure.source.function} from {', '.join(figure.source.inputs)}"
    written = io.StringIO()
    with house_style():
        canvas = drawing(figure.data, **figure.choices)
        drawn = [
            f"{name} sha256:{hashlib.sha256(text.encode()).hexdigest()}"
            for name, text in data.items()
        ]
        save(
            canvas,
            written,
            title=figure.name,
            description=figure.alt,
            source=source,
            relation=", ".join(drawn),
        )
    return written.getvalue()


def data_files(figure: Figure) -> dict[str, str]:
    """Return what a figure draws as CSV, by file name: one file a frame, twelve digits."""
    names = {
        part: figure.name if len(figure.data) == 1 else f"{figure.name}-{part}"
        for part in sorted(figure.data)
    }
    return {f"{name}.csv": csv_text(figure.data[part], DIGITS) for part, name in names.items()}


def rasterise(folder: Path) -> list[Path]:
    """Write a PNG beside every SVG of the folder and return the files.

    Raises
    ------
    RenderError
        If a figure is no SVG.
    """
    figures = sorted(folder.glob("*.svg"))
    return write_whole(folder, {f"{figure.stem}.png": to_pixels(figure) for figure in figures})


def to_pixels(figure: Path) -> bytes:
    """Return an SVG as PNG.

    Raises
    ------
    RenderError
        If it is no SVG.
    """
    import vl_convert

    try:
        return vl_convert.svg_to_png(figure.read_text("utf-8"), scale=SCALE)
    except ValueError as error:
        raise RenderError(f"{figure.name}: expected an SVG to draw, found: {error}") from error
