"""Which tests could notice a change of a module: those that import it, the nearest first."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Mapping
from pathlib import Path

__all__ = ["choose_within", "find_imports", "order_tests"]


def find_imports(root: Path, folder: str) -> dict[str, frozenset[str]]:
    """Return the files of the package that each file below a folder imports, by path.

    A module that is named in a text counts too, as those are that a command imports by name.
    """
    files = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in (root / folder).rglob("*.py")
    }
    return {name: frozenset(_imported(root, name, text)) for name, text in files.items()}


def _imported(root: Path, name: str, text: str) -> set[str]:
    dotted: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            dotted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and str(node.value).startswith("analysis."):
            dotted.add(str(node.value))
    found = set()
    for module in dotted:
        path = module.replace(".", "/")
        for file in (f"{path}.py", f"{path}/__init__.py", f"{path.rpartition('/')[0]}.py"):
            if file.startswith("analysis") and (root / file).is_file():
                found.add(file)
    return found - {name}


def order_tests(
    module: str, package: Mapping[str, frozenset[str]], tests: Mapping[str, frozenset[str]]
) -> list[str]:
    """Return the test files from which a module can be reached, nearest first.

    Parameters
    ----------
    module : str
        The file that is changed, ``analysis/estimators/events/signs.py``.
    package, tests : mapping of str to frozenset of str
        What each file imports, from :func:`find_imports`.

    Returns
    -------
    list of str
        At one distance those of the same folder come first, then by name.
    """
    importers: dict[str, set[str]] = {}
    for file, imported in package.items():
        for each in imported:
            importers.setdefault(each, set()).add(file)
    distance, waiting = {module: 0}, deque([module])
    while waiting:
        file = waiting.popleft()
        for importer in sorted(importers.get(file, ())):
            if importer not in distance:
                distance[importer] = distance[file] + 1
                waiting.append(importer)
    reached = {
        test: min(distance[each] for each in imported if each in distance)
        for test, imported in tests.items()
        if Path(test).name.startswith("test_") and imported & distance.keys()
    }
    folder = Path(module).parent.relative_to("analysis")
    beside = {test: Path(test).parent.relative_to("tests") != folder for test in reached}
    return sorted(reached, key=lambda test: (reached[test], beside[test], test))


def choose_within(
    chosen: dict[str, float], nodes: Mapping[str, float], setup: float, budget: float
) -> None:
    """Add the tests of a file to those chosen, the shortest first, as far as seconds reach.

    Parameters
    ----------
    chosen : dict of str to float
        The seconds of each test that has been chosen, which is added to.
    nodes : mapping of str to float
        The seconds of each test of the file.
    setup : float
        The most seconds that a setup in the file takes: of what its tests share, the first that is
        run pays, whichever had paid as they were measured.
    budget : float
        Seconds of all that are chosen.
    """
    spent = sum(chosen.values())
    for node, seconds in sorted(nodes.items(), key=lambda item: item[1]):
        cost = seconds + setup
        if spent + cost > budget:
            break
        chosen[node] = cost
        spent, setup = spent + cost, 0.0
