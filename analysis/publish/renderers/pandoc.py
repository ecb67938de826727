"""The renderer for machines without Quarto: pandoc and typst, both from wheels."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import RenderError
from analysis.publish.renderers.base import Format, Renderer, run

if TYPE_CHECKING:
    from typst import PDFStandard

__all__ = ["find_pandoc", "find_program", "read_keys"]

HELD = "PAPER_HELD"
"""Variable that has scripts of the page left out, which are put in when pandoc has written it."""

PDF_STANDARDS: list[PDFStandard] = ["ua-1", "a-2a"]
"""Tagged for screen readers and fit for archives; typst refuses to write a PDF that is not."""


def find_pandoc() -> Renderer:
    """Return the renderer made of the pandoc and typst wheels.

    Raises
    ------
    RenderError
        If one of them is not installed.
    """
    program = find_program()
    pandoc_version = run([program, "--version"], program.parent, os.environ).split()[1]
    description = f"pandoc {pandoc_version} and typst {version('typst')}"
    return Renderer("pandoc", description, partial(_build, program))


def read_keys(bibliography: Path) -> list[str]:
    """Return the keys of a bibliography's entries; a file that is not there has none.

    Raises
    ------
    RenderError
        If pandoc cannot read it.
    """
    if not bibliography.is_file():
        return []
    command = [str(find_program()), *_READ_KEYS, bibliography.name]
    try:
        entries = json.loads(run(command, bibliography.parent, os.environ))
    except RenderError as error:
        found = str(error).removeprefix("paper: ")
        raise RenderError(f"{bibliography.name}: expected BibTeX entries, found: {found}") from None
    return [entry["id"] for entry in entries]


def find_program() -> Path:
    """Return the wheel's own program: pypandoc, slow to import, would prefer one on the PATH."""
    name = "pandoc.exe" if os.name == "nt" else "pandoc"
    try:
        wheel = distribution("pypandoc_binary")
    except PackageNotFoundError:
        raise RenderError(
            "renderer pandoc: expected the package pypandoc_binary, which holds pandoc, found "
            "none; run: pip install 'rare-earth-headlines[paper]'"
        ) from None
    return Path(str(wheel.locate_file(f"pypandoc/files/{name}")))


def _build(
    program: Path, paper: Path, target: Path, format_: Format, environment: Mapping[str, str]
) -> str:
    """Write ``target`` with the reader, filters and template of ``paper/pandoc``."""
    source = target.with_suffix(".typ") if format_ == "pdf" else target
    options = (*_COMMON, *_OPTIONS[format_], f"--output={source.resolve()}")
    held = {HELD: "1"} if format_ == "html" else {}
    log = run([program, "index.qmd", *options], paper, {**environment, **held})
    if format_ == "html":
        _put_in(paper, target)
    if format_ == "pdf":
        log += _compile(paper, source, target, int(environment["SOURCE_DATE_EPOCH"]))
    return log


_COMMON = (
    "--from=pandoc/reader.lua",
    "--metadata-file=_quarto.yml",
    "--lua-filter=_extensions/results/claim.lua",
    "--lua-filter=pandoc/crossref.lua",
    "--lua-filter=_extensions/results/appendix.lua",
    "--lua-filter=_extensions/results/formats.lua",
    "--citeproc",
    "--lua-filter=pandoc/citations.lua",
    "--lua-filter=_extensions/results/floats.lua",
    "--standalone",
    "--wrap=none",
)
_OPTIONS: dict[Format, tuple[str, ...]] = {
    "html": (
        "--to=html5",
        "--template=pandoc/page.html",
        "--css=pandoc/page.css",
        "--mathml",
        "--embed-resources",
        "--toc",
        "--toc-depth=3",
    ),
    # Without pandoc's `citations` extension typst gets the citations that citeproc has formatted.
    "pdf": ("--to=typst-citations", "--template=pandoc/page.typ"),
    "docx": (
        "--to=docx",
        "--shift-heading-level-by=-1",  # the title is no heading there
        "--reference-doc=pandoc/reference.docx",  # A4, the number of the page below
    ),
    "jats": ("--to=jats_publishing+element_citations", "--template=pandoc/jats.xml"),
}
_SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)
_PLACE = re.compile(r"(?<=>)held:(\w+):(\d+)(?=</script>)")
_READ_KEYS = ("--quiet", "--from=biblatex", "--to=csljson")


def _put_in(paper: Path, page: Path) -> None:
    """Put into the page what its scripts hold; ``store.lua`` has left the places."""

    def held(match: re.Match[str]) -> str:
        fragment = paper / "results" / "figures" / f"{match[1]}.html"
        return str(_SCRIPT.findall(fragment.read_text("utf-8"))[int(match[2]) - 1])

    page.write_text(_PLACE.sub(held, page.read_text("utf-8")), "utf-8", newline="\n")


def _compile(paper: Path, source: Path, target: Path, epoch: int) -> str:
    import typst

    try:
        compiler = typst.Compiler(source.read_bytes(), root=paper, ignore_system_fonts=True)
        pdf, warnings = compiler.compile_with_warnings(
            format="pdf", timestamp=epoch, pdf_standards=PDF_STANDARDS
        )
    except typst.TypstError as error:
        hint = f"; {'; '.join(error.hints)}" if error.hints else ""
        raise RenderError(
            f"paper as PDF: typst: {' '.join(error.message.split())}{hint}"
        ) from error
    if not isinstance(pdf, bytes):
        raise RenderError(f"paper as PDF: expected one document from typst, found {type(pdf)}")
    target.write_bytes(pdf)
    return "".join(f"[WARNING] typst: {warning.message}\n" for warning in warnings)
