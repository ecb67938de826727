"""How a result on a user's own files is checked and turned into plain values."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.snapshot.faults import find_near
from analysis.userfiles.options import Options

__all__ = [
    "as_text",
    "check_columns",
    "check_names",
    "plain",
    "plain_rows",
    "records",
    "spec",
    "spec_table",
]


def check_columns(place: str, table: pd.DataFrame, names: Collection[str]) -> None:
    """Raise UserDataError for the first name that is no column of the table."""
    for name in names:
        if name not in table.columns:
            known = [str(column) for column in table.columns]
            near = find_near(name, known[::-1])  # of two that differ in case alone the first
            near += [full for full in known if full.lower().startswith(name.lower())]
            more = f" and {len(known) - 8} more" if len(known) > 8 else ""
            raise UserDataError(
                f"{place}: expected a column {name!r}, found {', '.join(known[:8])}{more}; "
                + (f"did you mean {near[0]!r}?" if near else "name one of the columns")
            )


def check_names(option: str, names: Collection[str], known: Collection[str]) -> None:
    """Raise UserDataError for the first name that an option does not know."""
    for name in names:
        if name not in known:
            raise UserDataError(
                f"{option}: expected names from {', '.join(known)}, found {name!r}; correct it"
            )


def as_text(table: pd.DataFrame, *, index: bool = False) -> str:
    """Return a table as the summaries print it."""
    text = table.rename_axis(None).to_string(index=index, float_format="{:.4g}".format)
    return "\n".join(line.rstrip() for line in text.splitlines())


def plain(value: object) -> object:
    """Turn what a frame holds into what JSON knows; unknown and infinite become null."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a frame as dictionaries of plain values."""
    names = [str(name) for name in frame.columns]
    columns = [_plain_column(frame.iloc[:, place]) for place in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain_rows(numbers: pd.DataFrame) -> list[list[float | None]]:
    """Return the rows of a frame of numbers as lists, None where one is unknown."""
    values = numbers.to_numpy(dtype=float)
    whole = np.isfinite(values).all(axis=1).tolist()
    return [
        row if known else [value if math.isfinite(value) else None for value in row]
        for row, known in zip(values.tolist(), whole, strict=True)
    ]


def _plain_column(values: pd.Series) -> list[object]:
    """Return a column as plain values: at once where all have one type."""
    if values.dtype.kind == "f":
        numbers = values.to_numpy()
        return [
            v if known else None
            for v, known in zip(numbers.tolist(), np.isfinite(numbers), strict=True)
        ]
    if values.dtype.kind in "iub":
        return list(values.to_numpy().tolist())
    if values.dtype.kind == "M":
        days = np.datetime_as_string(values.to_numpy(), unit="D").tolist()
        return [None if day == "NaT" else day for day in days]
    return [plain(value) for value in values]


def spec(options: Options, files: Sequence[Path]) -> dict[str, Any]:
    """List every option and the hashes of the files, so that a result can be traced."""
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return vars(options) | {"sha256": hashes}


def spec_table(options: Options, files: Sequence[Path]) -> pd.DataFrame:
    """Return the same as a table of names and values, for formats that hold nothing else."""
    listed = spec(options, files)
    hashes = {f"sha256 of {name}": text for name, text in listed.pop("sha256").items()}
    rows = {name: _told(value) for name, value in listed.items()} | hashes
    return pd.DataFrame({"name": list(rows), "value": list(rows.values())})


def _told(value: object) -> str:
    """Return the value of an option as it is typed on the command line."""
    if isinstance(value, tuple):
        return ",".join(_told(part) for part in value)
    return "" if value is None else str(value)
