"""How a result on a user's own files is written: plain JSON, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserDataError

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
    staged = out.with_name(f".{out.name}.new")
    try:
        with staged.open("w", encoding="utf-8") as handle:
            for part in json.JSONEncoder(indent=1, allow_nan=False).iterencode(content):
                handle.write(part)
            handle.write("\n")
        staged.replace(out)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise UserDataError(
            f"{out}: expected a place that can be written, found: {error.strerror}; choose another"
        ) from None
