"""The vintage report: what became of every row, as markdown and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from rich.table import Table

from analysis.results.formats import escape_cell, pipe_row
from analysis.snapshot.refresh.candidate import Vintage
from analysis.snapshot.refresh.vintage import STATUSES

__all__ = ["Part", "markdown", "parts", "terminal"]

LOOKS = ("claim", "look", "from", "sample", "effect", "p", "decides below", "verdict")
CLAIMS = ("claim", "old vintage", "new vintage", "moves", "on the old", "on the new")
ACCEPT, DIFFER = "Rows to accept", "Rows that differ"
_TIME = {"prices.csv": "session", "prices_raw.csv": "session", "comtrade.csv": "month"}
_SHOWN = 12  # rows of a part in the terminal; the file has all


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the report: its title, its columns and its rows, all of them text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def parts(
    vintage: Vintage,
    headline: Sequence[Sequence[str]],
    looks: Sequence[Sequence[str]] = (),
    claims: Sequence[Sequence[str]] = (),
    *,
    registered: bool = False,
) -> list[Part]:
    """Return the tables of the report; one without rows is left out.

    Parameters
    ----------
    headline : sequence of sequence of str
        Rows of key, text under the old and text under the new vintage.
    looks : sequence of sequence of str
        Rows of the looks at undecided claims whose day has come under the new vintage.
    claims : sequence of sequence of str
        Rows of :data:`CLAIMS`.
    registered : bool
        Whether the closes are registered, so that no row can be accepted.
    """
    tables = [
        Part("Rows by file", ["file", *STATUSES], _counts(vintage)),
        Part("Headline numbers", ["number", "old vintage", "new vintage"], headline),
        Part("Claims under both vintages", CLAIMS, claims),
        Part("Claims whose day has come", LOOKS, looks),
        Part(
            DIFFER if registered else ACCEPT,
            ["file", "row", "status", "old", "new"],
            _to_accept(vintage),
        ),
        Part("New returns to look at", ["session", "ticker", "return"], _jumps(vintage)),
        Part("Notes", ["what is missing or was corrected"], [[note] for note in vintage.notes]),
        Part(
            "Every row, in runs",
            ["file", "of", "first", "last", "rows", "status", "factor", "explained by"],
            _runs(vintage),
        ),
    ]
    return [table for table in tables if table.rows]


def _counts(vintage: Vintage) -> list[list[str]]:
    return [
        [name, *(str(int((table["status"] == word).sum())) for word in STATUSES)]
        for name, table in vintage.classified.items()
    ]


def _to_accept(vintage: Vintage) -> list[list[str]]:
    return [
        [name, key, status, f"{old:g}", f"{new:g}"]
        for name, table in vintage.blocking.items()
        for key, status, old, new in zip(
            _keys(table), table["status"], table["old"], table["new"], strict=True
        )
    ]


def _keys(table: pd.DataFrame) -> list[str]:
    names = [c for c in table if c not in ("old", "new", "status", "factor", "cause")]
    return [" ".join(row) for row in _text(table[names]).to_numpy().tolist()]


def _text(table: pd.DataFrame) -> pd.DataFrame:
    days = table.select_dtypes("datetime")
    return table.assign(**{str(c): days[c].dt.strftime("%Y-%m-%d") for c in days}).astype(str)


def _jumps(vintage: Vintage) -> list[list[str]]:
    return [
        [f"{row['session']:%Y-%m-%d}", row["ticker"], f"{row['return']:+.1%}"]
        for _, row in vintage.jumps.iterrows()
    ]


def _runs(vintage: Vintage) -> list[list[str]]:
    """Rows of one status that follow one another in time, taken together."""
    found: list[list[str]] = []
    for name, table in vintage.classified.items():
        when = _TIME.get(name, "session")
        side = [c for c in ("ticker", "kind", "reporter", "flow") if c in table]
        marks = [c for c in ("status", "factor", "cause") if c in table]
        ordered = table.sort_values([*side, when], kind="stable")
        breaks = (ordered[[*side, *marks]] != ordered[[*side, *marks]].shift()).any(axis=1)
        for _, run in ordered.groupby(breaks.cumsum()):
            first = run.iloc[0]
            ends = _text(run[[when]])[when]
            factor = f"{first['factor']:.6f}" if first.get("status") == "re-adjusted" else ""
            of = " ".join(str(first[c]) for c in side)
            words = [name, of, *ends.iloc[[0, -1]], str(len(run)), first["status"], factor]
            found.append([*words, first.get("cause", "")])
    return found


def markdown(title: str, lines: Sequence[str], tables: Sequence[Part]) -> str:
    """Return the report as markdown.

    Parameters
    ----------
    lines : sequence of str
        What stands above the tables, one paragraph each.
    """
    blocks = [f"# {title}", *lines]
    for table in tables:
        head = [_cells(table.columns), "|" + "---|" * len(table.columns)]
        blocks += [f"## {table.title}", "\n".join([*head, *map(_cells, table.rows)])]
    return "\n\n".join(blocks) + "\n"


def _cells(words: Sequence[str]) -> str:
    return pipe_row(map(escape_cell, words))


def terminal(tables: Sequence[Part]) -> list[Table]:
    """Return the report for the terminal: the first rows of each part, without the runs."""
    shown = []
    for table in tables[:-1] if len(tables) > 1 else tables:
        made = Table(title=table.title, title_justify="left")
        for column in table.columns:
            made.add_column(column, overflow="fold")
        long = table.title in (ACCEPT, DIFFER)
        for row in table.rows[: _SHOWN if long else None]:
            made.add_row(*row)
        if long and len(table.rows) > _SHOWN:
            made.caption = f"and {len(table.rows) - _SHOWN} more in the file"
        shown.append(made)
    return shown
