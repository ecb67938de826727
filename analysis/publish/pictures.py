"""Pixel pictures of the figures, for Word, which shows no SVG by itself."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import RenderError
from analysis.whole import write_whole

__all__ = ["rasterise"]

SCALE = 3.0  # the SVG is 72 points an inch: 216 dots


def rasterise(folder: Path) -> list[Path]:
    """Write a PNG beside every SVG of the folder and return the files.

    Raises
    ------
    RenderError
        If a figure is no SVG.
    WriteError
        If the folder cannot be written.
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
