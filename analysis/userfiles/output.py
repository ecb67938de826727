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

__all__ = ["as_text", "check_columns", "check_names", "plain", "records", "spec", "write"]


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
    if value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a frame as dictionaries of plain values."""
    return [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


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
    out = out.resolve()  # what a link leads to, not the link
    if not out.parent.is_dir():
        raise UserDataError(
            f"{out}: expected a folder to write to, found none; make it or choose another"
        )
    with staging(out.parent) as stage:
        with (stage / out.name).open("w", encoding="utf-8") as handle:
            _dump(content, handle)
        put(stage, out.parent)


def _dump(content: dict[str, Any], handle: TextIO) -> None:
    """Write part by part: the text of a large study would take its memory once more."""
    for part in json.JSONEncoder(indent=1, allow_nan=False).iterencode(content):
        handle.write(part)
    handle.write("\n")
