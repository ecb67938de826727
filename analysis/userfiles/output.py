"""How a result on a user's own files is written: plain JSON, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.whole import put, refused, staging

__all__ = ["plain", "records", "spec", "write"]


def plain(value: object) -> object:
    """Turn what a frame holds into what JSON knows; unknown and infinite become null."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if value is pd.NaT or value is None:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (np.integer, int)):
        return int(value)
    if isinstance(value, (np.floating, float)):
        return float(value) if math.isfinite(value) else None
    return value


def records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a frame as dictionaries of plain values."""
    return [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict("records")]


def spec(choices: object, files: Sequence[Path]) -> dict[str, Any]:
    """List every choice and the hashes of the files, so that a result can be traced."""
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(choices).items()}
    return values | {"sha256": hashes}


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
