"""Where a function stands and what a module imports, read off the sources without running them."""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

__all__ = ["find_function", "imported_modules"]


class SourceLines(NamedTuple):
    """A function: ``file`` relative to the repository, first and last line, its text."""

    file: str
    first: int
    last: int
    text: str


def find_function(root: Path, dotted: str) -> SourceLines | None:
    """Find a function by its dotted name, ``analysis.study.series.net_returns``; None if none."""
    module, _, name = dotted.rpartition(".")
    path = root.joinpath(*module.split(".")).with_suffix(".py")
    text, nodes = _functions(path) if path.is_file() else ("", {})
    if name not in nodes:
        return None
    first, last = nodes[name]
    lines = text.splitlines()[first - 1 : last]
    return SourceLines(path.relative_to(root).as_posix(), first, last, "\n".join(lines))


@cache
def _functions(path: Path) -> tuple[str, dict[str, tuple[int, int]]]:
    text = path.read_text(encoding="utf-8")
    kinds = ast.FunctionDef | ast.ClassDef
    nodes = [node for node in ast.parse(text).body if isinstance(node, kinds)]
    return text, {node.name: (node.lineno, node.end_lineno or node.lineno) for node in nodes}


def imported_modules(module: str) -> set[str]:
    """Return the modules and names that a module imports at its top, as dotted names."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return set()
    found = set()
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
