"""A result is a table: how its columns are printed, and which of its cells are numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.results import Format, Number, Provenance, Table, Verdict
from analysis.results.formats import as_key, format_value

__all__ = [
    "Column",
    "Interval",
    "Scalar",
    "numbers_of",
    "scalar_numbers",
    "spread",
    "table_of",
    "verdicts_of",
]


Value = float | int | str
Scalar = tuple[Value, str] | tuple[Value, str, str, Format]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result.

    Attributes
    ----------
    name : str
        Its name in the frame.
    header : str
        Its head in a printed table; the name where empty.
    format : Format
        How its cells are printed.
    unit : str
        Unit of its cells, for those that are numbers of their own.
    words : str
        What a cell measures; ``{firm}`` stands for the cell ``firm`` of the same row.
    key : str or None
        What follows the key of the row in the key of a cell, ``".p"``; empty: the row's key; None:
        no cell is a number of its own.
    se, low, high, p, n : str
        Columns that hold a cell's standard error, bounds, p-value and count; empty: it has none.
    """

    name: str
    header: str = ""
    format: Format = "text"
    unit: str = ""
    words: str = ""
    key: str | None = None
    se: str = ""
    low: str = ""
    high: str = ""
    p: str = ""
    n: str = ""

    def cells(self, frame: pd.DataFrame) -> pd.Series:
        """Return the cells as the table takes them, unformatted."""
        return frame[self.name]


@dataclass(frozen=True, slots=True)
class Interval:
    """Two columns of a result printed as one: ``0.2 to 0.9``, or a dash where there is none."""

    header: str
    low: str
    high: str
    format: Format
    name: str = "interval"

    def cells(self, frame: pd.DataFrame) -> pd.Series:
        """Return the printed intervals."""
        texts = [
            format_value(None, self.format)
            if pd.isna(low)
            else f"{format_value(low, self.format)} to {format_value(high, self.format)}"
            for low, high in zip(frame[self.low], frame[self.high], strict=True)
        ]
        return pd.Series(texts, index=frame.index, dtype=object)


def numbers_of(
    frame: pd.DataFrame,
    columns: Sequence[Column | Interval],
    key: str,
    source: Provenance,
    *,
    level: float | None = None,
    **texts: str,
) -> list[Number]:
    """Read the numbers off a result: the known cells of the columns that have a key, row by row.

    Parameters
    ----------
    frame : DataFrame
        One row an estimate.
    columns : sequence of Column or Interval
        Which cells are numbers, and what they say.
    key : str
        Key of a row, ``"beta.{firm}.{benchmark}"``; printed in lower case.
    source : Provenance
        Where the result comes from; its sample may name what ``words`` may.
    level : float, optional
        Coverage of the bounds.
    **texts : str
        What ``words`` may name beside the cells of the row, such as the market.

    Returns
    -------
    list of Number
        A cell that is missing is no number; nor is a missing error, bound, p-value or count.
    """
    keyed = [column for column in columns if isinstance(column, Column) and column.key is not None]
    return [
        _number(column, row, key, source, level)
        for row in _worded(frame, texts)
        for column in keyed
        if pd.notna(row[column.name])
    ]


def _worded(frame: pd.DataFrame, texts: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the cells of each row by their names, beside texts."""
    for row in frame.to_dict("records"):
        yield {**texts, **{str(name): cell for name, cell in row.items()}}


def _number(
    column: Column,
    row: Mapping[str, Any],
    key: str,
    source: Provenance,
    level: float | None,
) -> Number:
    value = row[column.name]
    beside = {
        name: int(row[cell]) if name == "n" else row[cell]  # whole, beside missing counts as well
        for name in ("se", "low", "high", "p", "n")
        if (cell := getattr(column, name)) and pd.notna(row[cell])
    }
    return Number(
        as_key(f"{key.format_map(row)}{column.key}"),
        value.date().isoformat() if isinstance(value, pd.Timestamp) else value,
        column.unit,
        column.format,
        column.words.format_map(row),
        replace(source, sample=source.sample.format_map(row)),
        level=level if "low" in beside else None,
        **beside,
    )


def scalar_numbers(
    key: str,
    cells: Mapping[str, Scalar],
    source: Provenance,
    unit: str = "count",
    format: Format | None = None,
) -> list[Number]:
    """Publish single values: by the end of their key, with what they measure.

    Counts are printed as a sentence does and other values as whole numbers, where no format is
    given. A value may bring a unit and a format of its own.
    """
    common = format or ("count" if unit == "count" else "integer")
    numbers = []
    for name, cell in cells.items():
        of, printed = cell[2:] if len(cell) == 4 else (unit, common)
        numbers.append(Number(f"{key}.{name}", cell[0], of, printed, cell[1], source))
    return numbers


def verdicts_of(
    frame: pd.DataFrame,
    column: str,
    key: str,
    rule: str,
    evidence: str,
    source: Provenance,
    **texts: str,
) -> list[Verdict]:
    """Read verdicts off a result: one a row, in ``column``.

    ``key``, printed in lower case, ``rule`` and ``evidence`` name ``texts`` and cells of the row,
    ``"p {p:.3g}"``.
    """
    return [
        Verdict(
            as_key(key.format_map(words)),
            words[column],
            rule.format_map(words),
            evidence.format_map(words),
            source,
        )
        for words in _worded(frame, texts)
    ]


def spread(
    frame: pd.DataFrame, rows: Sequence[str], across: str, cells: Sequence[Column]
) -> tuple[pd.DataFrame, list[Column]]:
    """Put the cells of one column side by side, so that a long result becomes a wide table.

    Parameters
    ----------
    frame : DataFrame
        One row for each combination of ``rows`` and ``across``.
    rows : sequence of str
        Columns that name a row of the table.
    across : str
        Column whose values are spread.
    cells : sequence of Column
        What stands under each value: the first under the value as its head, others under their own.

    Returns
    -------
    tuple
        The wide frame, rows in order of appearance, and its columns beside ``rows``.
    """
    keys = frame.set_index(list(rows)).index
    values, wide = list(frame[across].unique()), pd.DataFrame(index=keys.unique())
    columns = [
        replace(cell, name=f"{cell.name} {value}", header=cell.header if place else str(value))
        for value in values
        for place, cell in enumerate(cells)
    ]
    for cell in cells:
        for value in values:
            of = frame[across] == value
            wide[f"{cell.name} {value}"] = pd.Series(frame.loc[of, cell.name].to_numpy(), keys[of])
    return wide.reset_index(), columns


def table_of(
    name: str,
    frame: pd.DataFrame,
    columns: Sequence[Column | Interval],
    source: Provenance,
    notes: str = "",
    **texts: object,
) -> Table:
    """Print a result: its columns in the order given, each under its head.

    A column that the frame lacks is left out: a study may have no firm, kind or fund for it.
    Heads and notes name ``texts``, if there are any: ``"{level} interval"``.
    """
    shown = [c for c in columns if isinstance(c, Interval) or c.name in frame]
    cells = {c.name: c.cells(frame) for c in shown}
    return Table(
        name,
        pd.DataFrame(cells, index=frame.index),
        {c.name: c.format for c in shown if isinstance(c, Column)},
        {c.name: _filled(c.header or c.name, texts) for c in shown},
        source,
        _filled(notes, texts),
    )


def _filled(template: str, texts: Mapping[str, object]) -> str:
    return template.format_map(texts) if texts else template
