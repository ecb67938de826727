"""How a result on a user's own files is checked and written: plain JSON, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.userfiles.options import Options
from analysis.whole import put, refused, staging

__all__ = [
    "as_text",
    "check_columns",
    "check_names",
    "check_out",
    "plain",
    "records",
    "spec",
    "write",
]


def check_columns(place: str, table: pd.DataFrame, names: Collection[str]) -> None:
    """Raise UserDataError for the first name that is no column of the table."""
    for name in names:
        if name not in table.columns:
            raise UserDataError(
                f"{place}: expected a column {name!r}, found "
                f"{', '.join(map(str, table.columns[:8]))}; name one of the columns"
            )


def check_names(option: str, names: Collection[str], known: Collection[str]) -> None:
    """Raise UserDataError for the first name that an option does not know."""
    for name in names:
        if name not in known:
            raise UserDataError(
                f"{option}: expected names from {', '.join(known)}, found {name!r}; correct it"
            )


def check_out(out: Path) -> None:
    """Raise UserDataError, before anything is computed, where a result cannot be written to."""
    if out.exists() and not out.is_file():
        return
    if out.suffix.lower() not in ("", ".json"):
        raise UserDataError(
            f"--out {out}: expected a name that ends in .json, found {out.suffix!r}; a result is "
            "written as JSON: choose another name"
        )
    if not out.resolve().parent.is_dir():
        raise UserDataError(
            f"--out {out}: expected a folder to write to, found none named {out.parent}; make it "
            "or choose another"
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
    return [plain(value) for value in values]


def spec(options: Options, files: Sequence[Path]) -> dict[str, Any]:
    """List every option and the hashes of the files, so that a result can be traced."""
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return vars(options) | {"sha256": hashes}


def write(content: dict[str, Any], out: Path) -> None:
    """Write the result whole or not at all."""
    if out.exists() and not out.is_file():  # /dev/stdout, a pipe: nothing takes their place
        try:
            with out.open("w", encoding="utf-8") as handle:
                _dump(content, handle)
        except OSError as error:
            raise refused(error, out) from None
        return
    check_out(out)
    out = out.resolve()  # what a link leads to, not the link
    with staging(out.parent) as stage:
        with (stage / out.name).open("w", encoding="utf-8") as handle:
            _dump(content, handle)
        put(stage, out.parent)


def _dump(content: dict[str, Any], handle: TextIO) -> None:
    """Write an entry a line: the text of a large study would take its memory once more."""
    handle.write("{")
    for number, (name, part) in enumerate(content.items()):
        handle.write(f"{',' * (number > 0)}\n {json.dumps(name)}: ")
        if isinstance(part, list) and part:
            for place, entry in enumerate(part):
                handle.write(f"{',' if place else '['}\n  {json.dumps(entry, allow_nan=False)}")
            handle.write("\n ]")
        else:
            handle.write(json.dumps(part, allow_nan=False))
    handle.write("\n}\n")
