"""What the paper prints, with what makes it: tables, figures, numbers, verdicts by their names."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from analysis.errors import ResultsError
from analysis.publish.result_set import FILES, read_folder
from analysis.publish.review.source_lines import find_function
from analysis.publish.review.usage import Kind, find_uses

__all__ = ["TITLES", "Exhibit", "list_exhibits"]

TITLES: dict[Kind, str] = {
    "table": "Tables",
    "figure": "Figures",
    "number": "Numbers in the text",
    "claim": "Verdicts that sentences state",
}
"""Each kind with the heading of its list, in the order in which they are listed."""

_OUTPUTS: dict[Kind, str] = {
    "table": "tables/{}.md",
    "figure": "figures/{}.svg",
    "number": FILES["number"][0],
    "claim": FILES["claim"][0],
}


class Exhibit(NamedTuple):
    """One thing that the paper prints.

    ``places`` are files below ``paper/`` with lines, ``program`` the function with its file and
    line, ``inputs`` files below ``data/``, ``output`` the file that holds it.
    """

    kind: Kind
    name: str
    places: str
    program: str
    inputs: str
    output: str


def list_exhibits(root: Path) -> list[Exhibit]:
    """List what the sources of a repository's paper print, kind by kind and by name.

    Raises
    ------
    ResultsError
        If a result names a function that is not there.
    """
    results, uses = read_folder(root / "paper/results"), find_uses(root / "paper")
    return [
        Exhibit(
            kind,
            name,
            ", ".join(use.place.removeprefix("paper/") for use in places),
            _find_program(root, entry["function"]),
            ", ".join(entry["inputs"]),
            f"paper/results/{_OUTPUTS[kind].format(name)}",
        )
        for kind in TITLES
        for (of, name), places in sorted(uses.items())
        if of == kind and (entry := results[kind].get(name))
    ]


def _find_program(root: Path, dotted: str) -> str:
    found = find_function(root, dotted)
    if found is None:
        raise ResultsError(f"{dotted}: expected the function that a result names, found none")
    return f"`{dotted.rpartition('.')[2]}`, {found.file}:{found.first}"
