"""Data files: read and hash."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pandas as pd

from analysis.snapshot.faults import fault

__all__ = ["csv_bytes", "digest", "read_file", "read_rows"]


def read_file(path: Path) -> bytes:
    """Return the bytes of a data file.

    Raises
    ------
    SnapshotError
        If the file is missing or cannot be read.
    """
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


def read_rows(name: str, content: bytes) -> pd.DataFrame:
    """Read a CSV file as text, indexed by the line on which each row starts.

    Parameters
    ----------
    name : str
        File name, for messages.
    content : bytes
        UTF-8 text with a header in line 1.

    Returns
    -------
    pandas.DataFrame
        All columns as strings, an empty field as ``""``; the index holds line numbers from 2.

    Raises
    ------
    SnapshotError
        If the text is not UTF-8, is empty, or a row has another number of fields than the header.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise fault(
            name, row=row, expected="UTF-8 text", found=str(error), remedy="save it as UTF-8"
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    lines: dict[int, list[str]] = {}
    start = 1
    try:
        header = next(reader, [])
        start = reader.line_num + 1
        for fields in reader:
            if len(fields) != len(header):
                raise fault(
                    name,
                    row=start,
                    expected=f"{len(header)} fields",
                    found=str(len(fields)),
                    remedy="complete the row or quote the field that holds a comma",
                )
            lines[start] = fields
            start = reader.line_num + 1
    except csv.Error as error:
        raise fault(
            name, row=start, expected="comma-separated text", found=str(error), remedy="mend it"
        ) from None
    return pd.DataFrame.from_dict(lines, orient="index", columns=header, dtype=str)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV bytes that are the same on every machine.

    Floats carry ten decimals, dates are ISO, lines end with a line feed, the index is left out.
    """
    text = frame.to_csv(index=False, float_format="%.10f", lineterminator="\n")
    return text.encode("utf-8")
