"""Files: read, hash, and write whole or not at all."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.faults import fault

__all__ = ["csv_bytes", "digest", "read_file", "write_whole"]


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


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV bytes that are the same on every machine.

    Floats carry ten decimals, dates are ISO, lines end with a line feed, the index is left out.
    """
    text = frame.to_csv(index=False, float_format="%.10f", lineterminator="\n")
    return text.encode("utf-8")


def write_whole(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files into ``folder`` such that each is either the old one or the new one, complete.

    Everything is first written to a temporary folder beside; only then each file takes its place in
    one step. A fault or a kill before that leaves the old files untouched.

    Parameters
    ----------
    folder : pathlib.Path
        Made if missing.
    contents : mapping of str to bytes
        File name to content.

    Returns
    -------
    list of pathlib.Path
        The files written, in the order given.

    Raises
    ------
    SnapshotError
        If the folder is locked, is no folder, or the disk is full.
    """
    paths = [folder / name for name in contents]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            for name, content in contents.items():
                (Path(beside) / name).write_bytes(content)
            for path in paths:
                (Path(beside) / path.name).replace(path)
    except OSError as error:
        raise SnapshotError(
            f"{folder}: expected a folder that can be written, found {error.strerror or error}; "
            "unlock it or free some space and run again, the old files are whole"
        ) from error
    return paths
