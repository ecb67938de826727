"""What happens to the result of a command on a user's own files: shown, drawn, written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from analysis.commands.base import Stages, add_options
from analysis.errors import UserDataError
from analysis.userfiles.options import OutputOptions

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Canvas
    from rich.console import RenderableType

__all__ = ["Delivery", "Teller", "add_delivery", "check_delivery", "deliver"]

WIDTH = 110  # columns where the output is no terminal


@dataclass(frozen=True, slots=True)
class Delivery:
    """A result in every form, made when it is asked for.

    Attributes
    ----------
    told : str
        What there is, in one line.
    lines : sequence of str
        What was done to the data, and is no warning.
    warnings : sequence of str
        What a reader should know.
    """

    document: Callable[[], dict[str, Any]]
    tables: Callable[[], dict[str, pd.DataFrame]]
    shown: Callable[[], list[RenderableType]]
    draw: Callable[[], Canvas]
    told: str
    warnings: Sequence[str]
    lines: Sequence[str] = ()


class Teller(Stages):
    """Says on standard error what goes on, or nothing."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(stderr=True)
        self.console.quiet = quiet

    def tell(self, lines: Iterable[str]) -> None:
        """Print lines as they are."""
        for line in lines:
            self.console.print(line, markup=False)


def add_delivery(parser: argparse.ArgumentParser) -> None:
    """Add the options on what becomes of a result."""
    told = "file to write: .json, .csv, .xlsx, .dta, .parquet, .tex, .md or .html"
    parser.add_argument("--out", type=Path, metavar="FILE", help=told)
    told = "picture to draw: .png, .svg or .pdf"
    parser.add_argument("--plot", type=Path, metavar="FILE", help=told)
    add_options(parser, OutputOptions)


def check_delivery(options: argparse.Namespace) -> None:
    """Raise UserDataError, before anything is computed, where a result cannot be written to."""
    from analysis.userfiles.writing import check_out, check_plot

    if options.out is not None:
        check_out(options.out)
    if options.plot is not None:
        check_plot(options.plot)
        if options.out is not None and options.out.resolve() == options.plot.resolve():
            raise UserDataError(
                f"--plot {options.plot}: expected another file than that of --out; rename one"
            )


def deliver(options: argparse.Namespace, stage: Teller, result: Delivery) -> None:
    """Write, draw and show a result as the options say; the files come first."""
    from analysis.userfiles.writing import dump, is_stream, write_result

    written: list[Path] = []
    if options.out is not None:
        written += write_result(options.out, result.document, result.tables)
    if options.plot is not None:
        from analysis.userfiles.drawings import save_picture

        save_picture(result.draw, options.plot)
        written.append(options.plot)
    stage.tell(result.lines)
    stage.tell(result.warnings)
    if options.json:
        dump(result.document(), sys.stdout)
    elif not options.quiet and not (options.out is not None and is_stream(options.out)):
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = WIDTH
        for part in result.shown():
            console.print(part)
            console.print()
    stage.tell([_told(result, written)])


def _told(result: Delivery, written: Sequence[Path]) -> str:
    count = len(result.warnings)
    parts = [result.told] + ([f"{count} warning{'s' * (count > 1)}"] if count else [])
    return f"{', '.join(parts)}{_places(written)}"


def _places(written: Sequence[Path]) -> str:
    """Name the files, those beside the first as a number."""
    if not written:
        return ""
    first, *others = written
    beside = [path for path in others if path.name.startswith(f"{first.stem}-")]
    more = [f"{len(beside)} files beside it"] if beside else []
    rest = [str(path) for path in others if path not in beside]
    return f"; results in {', '.join([str(first), *more, *rest])}"
