"""The first rows behind numbers and claims, in the page, with the script that shows them."""

from __future__ import annotations

import json
from collections.abc import Hashable
from importlib.resources import files
from typing import Any

from analysis.errors import ResultsError
from analysis.results import Findings

__all__ = ["NAME", "embed_data", "rows_fragment"]

NAME = "rows_behind"
LARGEST = 100_000  # bytes of data in the page


def embed_data(name: str, place: str, content: object, largest: int, remedy: str) -> str:
    """Return the element of a page that holds the data of a script.

    Raises
    ------
    ResultsError
        If they take more than ``largest`` bytes.
    """
    data = json.dumps(content, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    if (size := len(data.encode())) > largest:
        raise ResultsError(
            f"data set {name}: expected at most {largest} bytes in the page, found {size}; {remedy}"
        )
    return f'<script type="application/json" id="{place}">{data}</script>\n'


def rows_fragment(findings: Findings) -> str | None:
    """Return the HTML that holds and shows the rows; None where there are none.

    Raises
    ------
    ResultsError
        If the data take more than 100 kB.
    """
    sets = {each.name: each.frame for each in findings.datasets}
    if NAME not in sets:
        return None
    rows = sets[NAME]
    groups: dict[Hashable, list[Any]] = {}
    for row in rows[rows["place"] > 0].to_dict("records"):
        group = groups.setdefault(row["key"], [row["what"], row["count"], []])
        group[2].append([row["date"], row["tickers"], row["value"]])
    whole = rows[rows["place"] == 0]
    here = files(__package__)
    content = {
        "sets": groups,
        "files": dict(zip(whole["key"], whole["count"], strict=True)),
        "style": (here / "rows.css").read_text("utf-8"),
    }
    data = embed_data(NAME, "rows-data", content, LARGEST, "show fewer rows")
    return f'{data}<script type="module">{(here / "rows.js").read_text("utf-8")}</script>\n'
