"""Data files: read and hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from analysis.snapshot.faults import fault

__all__ = ["as_long", "csv_bytes", "digest", "read_file"]


def read_file(path: Path) -> bytes:
    """Return the bytes of a data file; a missing or locked one is a SnapshotError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise fault(
            path.name,
            expected=f"the file in {path.parent}",
            found="none",
            remedy="restore it with git",
        ) from None
    except OSError as error:
        raise fault(
            path.name,
            expected=f"a readable file in {path.parent}",
            found=error.strerror or str(error),
            remedy="mend the permissions",
        ) from error


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content`` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV bytes that are the same on every machine.

    Floats carry ten decimals, dates are ISO, lines end with a line feed, the index is left out.
    """
    text = frame.to_csv(index=False, float_format="%.10f", lineterminator="\n")
    return text.encode("utf-8")


def as_long(wide: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return a table of sessions × tickers as rows in order, those without a value left out."""
    tidy = wide.rename_axis(index="session").reset_index()
    rows = tidy.melt("session", var_name="ticker", value_name=value).dropna()
    return rows.sort_values(["session", "ticker"], ignore_index=True)
