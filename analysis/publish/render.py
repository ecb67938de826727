"""Render the paper, with Quarto or without it; a failed render changes nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

from analysis.errors import RenderError
from analysis.publish.pictures import rasterise
from analysis.publish.rendered_check import check_numerals, check_rendered
from analysis.publish.renderers.base import (
    STEM,
    SUFFIXES,
    Format,
    Renderer,
    render_environment,
    require_packages,
)
from analysis.publish.renderers.pandoc import find_pandoc
from analysis.publish.renderers.quarto import MINIMUM, find_quarto
from analysis.publish.results_check import find_misfits
from analysis.publish.source_check import check_sources, listing

__all__ = ["RenderReport", "RendererName", "render", "require_renderer"]

RendererName = Literal["auto", "quarto", "pandoc"]


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a render produced.

    Attributes
    ----------
    renderer : str
        ``quarto`` or ``pandoc``.
    description : str
        Programs and versions, such as ``pandoc 3.9 and typst 0.15.2``.
    outputs : mapping of format to Path
        The files written.
    seconds : mapping of str to float
        Duration of each stage, in the order in which they ran.
    """

    renderer: str
    description: str
    outputs: Mapping[Format, Path]
    seconds: Mapping[str, float]


def render(
    paper: Path,
    *,
    stem: str = STEM,
    renderer: RendererName = "auto",
    formats: Sequence[Format] = ("html", "pdf"),
    draft: bool = False,
    echo: Callable[[str], None] = print,
) -> RenderReport:
    """Check the sources, render each format, check what came out, then replace the old files.

    Parameters
    ----------
    paper : Path
        The Quarto project: ``index.qmd``, ``_quarto.yml``, ``results/``.
    stem : str
        Name of the rendered files without suffix; ``_quarto.yml`` says the same.
    renderer : {"auto", "quarto", "pandoc"}
        ``auto`` takes Quarto when there is one and says so when there is none.
    formats : sequence of {"html", "pdf", "docx", "jats"}
        What to render; the XML of JATS gets the folder ``figures`` beside it.
    draft : bool
        Whether sentences that do not fit the results are marked instead of stopping the render.
    echo : callable
        Receives one line of progress at a time.

    Raises
    ------
    RenderError
        If the sources do not agree with the results, a program fails, the output holds unresolved
        markup, or the output folder cannot be written. The old output is then left as it was.
    """
    seconds: dict[str, float] = {}
    output = _output_folder(paper)
    with _stage("check of the sources", seconds, echo):
        check_sources(paper)
        _check_results(paper, draft, echo)
    chosen = _choose(renderer, echo)
    environment = render_environment(_as_of(paper), draft=draft)
    if "docx" in formats:
        with _stage("pictures for Word", seconds, echo):
            rasterise(paper / "results" / "figures")
    with tempfile.TemporaryDirectory(prefix="render-") as temporary:
        built: dict[Format, Path] = {}
        for format_ in formats:
            target = Path(temporary) / f"{stem}.{SUFFIXES[format_]}"
            with _stage(f"{format_.upper()} with {chosen.description}", seconds, echo):
                log = chosen.build(paper, target, format_, environment)
            with _stage(f"check of the {format_.upper()}", seconds, echo):
                check_rendered(target, format_, log)
            built[format_] = target
        with _stage("check of every numeral", seconds, echo):
            check_numerals(built)
        outputs = _replace(built, output)
        if "jats" in built:
            _copy_figures(paper, output)
    return RenderReport(chosen.name, chosen.description, outputs, seconds)


def require_renderer(renderer: RendererName) -> None:
    """Stop, before anything is computed, where there is no way to render.

    Raises
    ------
    RenderError
        With what to install.
    """
    require_packages()
    _choose(renderer, lambda _: None)


@contextmanager
def _stage(name: str, seconds: dict[str, float], echo: Callable[[str], None]) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[name] = perf_counter() - start
    echo(f"{name[0].upper() + name[1:]:<44} {seconds[name]:6.1f} s")


def _check_results(paper: Path, draft: bool, echo: Callable[[str], None]) -> None:
    found = find_misfits(paper)
    if not found:
        return
    places = f"{len(found)} place{'s do' if len(found) > 1 else ' does'} not fit the results"
    if not draft:
        raise RenderError(listing(f"paper: {places}; correct or look with --draft:", found))
    echo(listing(f"Draft: {places}:", found))


def _choose(renderer: RendererName, echo: Callable[[str], None]) -> Renderer:
    if renderer == "pandoc":
        return find_pandoc()
    quarto = find_quarto()
    if quarto is not None:
        return quarto
    wanted = ".".join(map(str, MINIMUM))
    if renderer == "quarto":
        raise RenderError(
            f"renderer quarto: expected Quarto {wanted} or later on PATH or in the package "
            f"quarto-cli, found none; install it, or use --renderer pandoc"
        )
    pandoc = find_pandoc()
    echo(f"Quarto {wanted} or later not found: rendering with {pandoc.description}")
    return pandoc


def _as_of(paper: Path) -> str:
    numbers = json.loads((paper / "results" / "numbers.json").read_text(encoding="utf-8"))
    return str(numbers["data"]["as_of"])


def _output_folder(paper: Path) -> Path:
    """Return the output folder after writing to it: better to fail now than after the render."""
    folder = paper / "_output"
    try:
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def _replace(built: Mapping[Format, Path], folder: Path) -> dict[Format, Path]:
    """Move each file into place in one step, after all of them have been written beside it."""
    outputs = {format_: folder / source.name for format_, source in built.items()}
    waiting = {format_: folder / f".{source.name}.new" for format_, source in built.items()}
    try:
        for format_, source in built.items():
            waiting[format_].write_bytes(source.read_bytes())
        for format_ in sorted(outputs, reverse=True):  # the PDF first: viewers lock it
            waiting[format_].replace(outputs[format_])
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        for path in waiting.values():
            path.unlink(missing_ok=True)
    return outputs


def _copy_figures(paper: Path, folder: Path) -> None:
    """Put the figures beside the XML, which leads to them by name."""
    try:
        (folder / "figures").mkdir(exist_ok=True)
        for figure in (paper / "results" / "figures").glob("*.svg"):
            shutil.copyfile(figure, folder / "figures" / figure.name)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> RenderError:
    return RenderError(
        f"{error.filename or folder}: expected to write the rendered paper to {folder}, found: "
        f"{error.strerror}; close programs that hold it open or correct its permissions"
    )
