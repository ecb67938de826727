"""The panel of the HTML page in which a reader changes choices: data, packed, and script."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from analysis.publish.interactive.rows import embed_data
from analysis.results import LATER, Findings, Verdict

__all__ = ["NAME", "reader_fragment"]

NAME = "reader_grid"  # the data set that the panel shows
LARGEST = 400_000  # bytes of data in the page; the interactive figure has 300,000
MISSING = -32768
AXES = {
    "window": "Window",
    "benchmark": "Benchmark",
    "model": "Model",
    "estimation": "Estimation sessions",
    "coding": "Coding of events",
    "contamination": "Firms with other news",
    "sample": "Sample",
}
OPTIONS = {
    "model": {
        "no_intercept": "market model without intercept",
        "market": "market model with intercept",
        "market_adjusted": "return less the benchmark",
        "mean": "return less its own mean",
    },
    "coding": {
        "baseline": "as listed",
        "judgement_out": "judgement calls left out",
        "judgement_recoded": "judgement calls turned",
        "alternative_day": "open days at the other session",
        "sector_only": "news of the sector alone",
        "disappointment": "disappointment moved in or out",
    },
    "contamination": {"exclude": "left out", "keep": "kept"},
    "sample": {
        "items": "the items' years",
        "history": "the years before",
        "both": "both, pooled",
    },
}
INTRO = (
    "Change a choice, and every claim with a window and a model says what its own rule returns, "
    "with p adjusted by Holm over the same choices: here, beside the sentences and in the ledger. "
    f"All of it is {LATER}; the verdict of the ledger stands beside. The address keeps the choice."
)


def reader_fragment(findings: Findings) -> str | None:
    """Return the HTML of the panel: its place, data, script; None where there is no grid.

    Raises
    ------
    ResultsError
        If the data take more than 400 kB.
    """
    sets = {each.name: each.frame for each in findings.datasets}
    if NAME not in sets:
        return None
    content = _content(sets, findings.verdicts)
    remedy = "shorten the menus of [curve] in study.toml"
    data = embed_data(NAME, "reader-data", content, LARGEST, remedy)
    here = files(__package__)
    script = "".join((here / f"{name}.js").read_text("utf-8") for name in ("address", "reader"))
    return (
        '<div class="reader" id="reader" hidden></div>\n'
        f'{data}<script type="module">{script}</script>\n'
    )


def pack(grid: pd.DataFrame, claims: Iterable[str], verdicts: list[str]) -> str:
    """Pack the columns of claims: 16-bit differences along the rows, deflated, in base 64."""
    numbers = {verdict: number for number, verdict in enumerate(verdicts)}
    parts = []
    for claim in claims:
        for name in ("effect", "low", "high", "p", "holm", "verdict", "episodes", "second"):
            column = grid[f"{claim}.{name}"]
            column = column.map(numbers) if name == "verdict" else column
            values = column.astype("Int64").fillna(MISSING).to_numpy(np.int64)
            parts.append(np.diff(values, prepend=0).astype("<i2").tobytes())
    return base64.b64encode(zlib.compress(b"".join(parts), 9)).decode()


def _content(sets: dict[str, pd.DataFrame], verdicts: Iterable[Verdict]) -> dict[str, Any]:
    grid, claims = sets[NAME], sets["reader_claims"]
    argued = list(claims.loc[claims["format"] != "", "claim"])
    known = sorted({word for claim in argued for word in grid[f"{claim}.verdict"].unique()})
    said = {verdict.key: verdict.verdict for verdict in verdicts}
    earlier = sets.get("reader_earlier")
    told = claims.assign(
        verdict=[said.get(key, "") for key in claims["claim"]],
        registered=[said.get(f"{key.lower()}.registered", "") for key in claims["claim"]],
    )
    axes = ("window", "contamination", "coding", "normal", "length")
    return {
        "menus": {name: grid[name].drop_duplicates().tolist() for name in axes},
        "claims": told.to_dict("list"),
        "argued": argued,
        "verdicts": known,
        "earlier": None if earlier is None else _plain(earlier),
        "size": round(1000 * float(claims["size"].iloc[0])),
        "words": {"intro": INTRO, "axes": AXES, "options": OPTIONS},
        "style": (files(__package__) / "reader.css").read_text("utf-8"),
        "grid": pack(grid, argued, known),
    }


def _plain(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return columns as lists, with null for what is missing."""
    return {
        str(name): [None if pd.isna(value) else value for value in frame[name].tolist()]
        for name in frame
    }
