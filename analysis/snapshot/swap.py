"""Exchange several files of the data folder in one step, whatever kills the run.

New files are gathered in a folder beside the old ones. Renaming that folder to :data:`PENDING` is
the step that counts: before it the snapshot is the old one, after it the new one, because whoever
loads the snapshot first moves what is still pending to its place.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from analysis.errors import SnapshotError
from analysis.interrupts import postponed
from analysis.whole import WRITTEN, clear, flush

__all__ = ["PENDING", "commit", "finish"]

PENDING = ".swap"
LAST = "manifest.json"  # moved last


def commit(staged: Path, folder: Path) -> None:
    """Put every file under ``staged`` in its place under ``folder``, all or none.

    ``staged`` lies inside ``folder`` and is used up.

    Raises
    ------
    OSError
        If the disk or the folder refuses; then the old files are whole, or the new ones will be
        as soon as anybody loads the snapshot.
    """
    for path in [*_files(staged), staged]:
        flush(path)
    with postponed():
        staged.rename(folder / PENDING)
        WRITTEN.append(folder)
        flush(folder)
        _move(folder)


def finish(folder: Path) -> None:
    """Complete an exchange that was cut short, and clear what other killed runs have left.

    A folder that cannot be written is a SnapshotError.
    """
    clear(folder)
    if not (folder / PENDING).is_dir():
        return
    try:
        with postponed():
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
    flush(folder)
    shutil.rmtree(pending, ignore_errors=True)
