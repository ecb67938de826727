"""Exchange several files of the data folder in one step, whatever kills the run.

New files are gathered in a folder beside the old ones. Renaming that folder to :data:`PENDING` is
the step that counts: before it the snapshot is the old one, after it the new one, because whoever
loads the snapshot first moves what is still pending to its place.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from analysis.errors import SnapshotError

__all__ = ["PENDING", "commit", "finish"]

PENDING = ".swap"
LAST = "manifest.json"  # moved last


def commit(staged: Path, folder: Path) -> None:
    """Put every file under ``staged`` in its place under ``folder``, all or none.

    Parameters
    ----------
    staged : pathlib.Path
        A folder inside ``folder``, holding the new files and nothing else; it is used up.
    folder : pathlib.Path
        The data folder.

    Raises
    ------
    OSError
        If the disk or the folder refuses; then the old files are whole, or the new ones will be
        as soon as anybody loads the snapshot.
    """
    for path in [*_files(staged), staged]:
        _flush(path)
    staged.rename(folder / PENDING)
    _flush(folder)
    _move(folder)


def finish(folder: Path) -> None:
    """Complete an exchange that was cut short; without one, do nothing.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder.

    Raises
    ------
    SnapshotError
        If the folder cannot be written.
    """
    if not (folder / PENDING).is_dir():
        return
    try:
        _move(folder)
    except OSError as error:
        raise SnapshotError(
            f"{folder / PENDING}: expected to complete a refresh that was cut short, found "
            f"{error.strerror or error}; unlock the folder or free some space and run again"
        ) from error


def _files(folder: Path) -> list[Path]:
    """Every file below a folder, the manifest last."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return sorted(found, key=lambda path: path.name == LAST)


def _move(folder: Path) -> None:
    pending = folder / PENDING
    for path in _files(pending):
        target = folder / path.relative_to(pending)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.replace(target)
        except FileNotFoundError:  # somebody else loads the snapshot now, and was faster
            continue
    _flush(folder)
    shutil.rmtree(pending, ignore_errors=True)


def _flush(path: Path) -> None:
    """Have the disk hold a file's or folder's content before the next step."""
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle for folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
