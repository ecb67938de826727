"""Render the paper, with Quarto or without it; a failed render changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

from analysis.errors import RenderError
from analysis.processes import side_by_side
from analysis.publish.rendered_check import check_numerals, check_rendered
from analysis.publish.renderers import base
from analysis.publish.renderers.base import STEM, SUFFIXES, Format, Renderer
from analysis.publish.renderers.pandoc import find_pandoc
from analysis.publish.renderers.quarto import MINIMUM, find_quarto
from analysis.publish.result_set import read_folder
from analysis.publish.results_check import find_misfits
from analysis.publish.review.exhibits import list_exhibits
from analysis.publish.source_check import check_sources, listing
from analysis.publish.statements import find_site, find_source_address
from analysis.whole import staging, temporary, write_whole

__all__ = ["RenderReport", "render", "require_renderer"]

RendererName = Literal["auto", "quarto", "pandoc"]


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a render produced: with which programs, the files, and the seconds of each stage."""

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
        The XML of JATS gets the folder ``figures`` beside it, the page ``preview.png`` where
        CITATION.cff has its address.
    draft : bool
        Whether sentences that do not fit the results are marked instead of stopping the render.
    echo : callable
        Receives one line of progress at a time.

    Raises
    ------
    RenderError
        If the sources do not agree with the results, a program fails, or the output holds
        unresolved markup. The old output is then left as it was.
    WriteError
        If the output folder cannot be written.
    """
    seconds: dict[str, float] = {}
    output = paper / "_output"
    with staging(output):  # better to fail now than after the render
        pass
    with _stage("check of the sources", seconds, echo):
        check_sources(paper)
        _check_results(paper, draft, echo)
    chosen = _choose(renderer, echo)
    environment = base.render_environment(
        read_folder(paper / "results").as_of,
        draft=draft,
        names=[f"{stem}.{SUFFIXES[format_]}" for format_ in formats],
    )
    site = find_site(paper.parent)
    environment |= {base.REPOSITORY: find_source_address(paper.parent), base.SITE: site}
    if "docx" in formats:
        from analysis.publish.figures import rasterise  # late, as it draws

        with _stage("pictures for Word", seconds, echo):
            rasterise(paper / "results" / "figures")
    with temporary() as folder:
        built = {format_: folder / f"{stem}.{SUFFIXES[format_]}" for format_ in formats}

        def build(format_: Format) -> None:
            with _stage(f"{format_.upper()} with {chosen.description}", seconds, echo):
                log = chosen.build(paper, built[format_], format_, environment)
            with _stage(f"check of the {format_.upper()}", seconds, echo):
                check_rendered(built[format_], format_, log)

        side_by_side(os.cpu_count() or 1, build, [(format_,) for format_ in formats])
        with _stage("check of every numeral", seconds, echo):
            check_numerals(built)
        contents = {path.name: path.read_bytes() for path in built.values()}
        if "jats" in built:  # the XML leads to the figures by name
            drawn = (paper / "results/figures").glob("*.svg")
            contents |= {f"figures/{path.name}": path.read_bytes() for path in drawn}
        if site and "html" in built:
            contents |= _preview(paper)
        write_whole(output, contents)
    outputs = {format_: output / path.name for format_, path in built.items()}
    return RenderReport(chosen.name, chosen.description, outputs, seconds)


def _preview(paper: Path) -> dict[str, bytes]:
    """Return the picture that other sites show with a link to the page: its first figure."""
    from analysis.publish.figures import to_pixels  # late, as it draws

    key = next((e.key for e in list_exhibits(paper) if e.kind == "figure"), None)
    return {"preview.png": to_pixels(paper / f"results/figures/{key}.svg")} if key else {}


def require_renderer(renderer: RendererName) -> str:
    """Return the name of the renderer, or stop where there is none, before anything is computed.

    Raises
    ------
    RenderError
        With what to install.
    """
    base.require_packages()
    return _choose(renderer, lambda _: None).name


@contextmanager
def _stage(name: str, seconds: dict[str, float], echo: Callable[[str], None]) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[name] = perf_counter() - start
    echo(f"{name[0].upper() + name[1:]:<44} {seconds[name]:6.1f} s")


def _check_results(paper: Path, draft: bool, echo: Callable[[str], None]) -> None:
    if found := find_misfits(paper):
        places = f"{len(found)} place{'s do' if len(found) > 1 else ' does'} not fit the results"
        if not draft:
            head = (
                f"paper: {places}, so that no page is written: correct the text, or look at it "
                "with nox -s paper -- --draft --only-render:"
            )
            raise RenderError(listing(head, found))
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
