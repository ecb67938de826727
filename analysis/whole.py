"""Files written whole or not at all: staged in a folder of their own, then put in their place.

A staging folder lies inside the folder that it is for, hence on the same disk, and holds a lock
file. The system lets go of the lock however the process ends, so that the next run can tell what a
kill or a power cut left behind from what another run is filling now, also on a shared disk.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from analysis.errors import WriteError
from analysis.interrupts import postponed

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["WRITTEN", "clear", "flush", "put", "refused", "staging", "temporary", "write_whole"]

PREFIX = ".unfinished-"
WRITTEN: list[Path] = []
"""The folders in which this run has put files in their place."""

TEMPORARY = "rare-earth-"  # Quarto renders nothing below a name that begins with a dot
_LOCK, _FILES = "lock", "files"
_JUST_MADE = 60.0  # seconds in which an empty folder may be about to get its lock


def refused(error: OSError, place: Path) -> WriteError:
    """Return the error that tells of a full disk or a locked folder in one line.

    ``place`` is what was to be written, where the system does not name it.
    """
    expected, remedy = (
        ("room for what is to be written", "free some space")
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        else (
            "a place that can be written",
            "change its permissions or close programs that hold it open",
        )
    )
    found = error.strerror or error
    where = error.filename2 or place  # the file that another one could not replace
    return WriteError(f"{where}: expected {expected}, found: {found}; {remedy} and run again")


@contextmanager
def staging(place: Path, prefix: str = PREFIX) -> Iterator[Path]:
    """Yield an empty folder inside ``place``, gone afterwards with all that is left in it.

    ``place`` is made if missing; folders of this ``prefix`` that dead processes left are cleared.

    Raises
    ------
    WriteError
        If the system refuses to write, here or in the block.
    """
    made: Path | None = None
    lock = -1
    try:
        with postponed():
            place.mkdir(parents=True, exist_ok=True)
            clear(place, prefix)
            made = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
            lock = os.open(made / _LOCK, os.O_CREAT | os.O_RDWR)
            _try_lock(lock)
            (made / _FILES).mkdir()
        yield made / _FILES
    except ConnectionError:  # also of a pipe: nothing to do with the disk
        raise
    except OSError as error:
        raise refused(error, place) from error
    finally:
        with postponed():
            if lock >= 0:
                os.close(lock)
            if made is not None:
                shutil.rmtree(made, ignore_errors=True)


@contextmanager
def temporary() -> Iterator[Path]:
    """Yield an empty folder where the system keeps such; see :func:`staging`."""
    try:
        place = Path(tempfile.gettempdir())
    except OSError as error:
        raise refused(error, Path("TMPDIR")) from error
    with staging(place, TEMPORARY) as folder:
        yield folder.resolve()


def clear(place: Path, prefix: str = PREFIX) -> None:
    """Remove the staging folders in ``place`` whose process has ended."""
    for left in place.glob(f"{prefix}*"):
        with suppress(OSError):  # gone meanwhile, or of somebody else
            if not _alive(left):
                shutil.rmtree(left, ignore_errors=True)


def _alive(folder: Path) -> bool:
    """Whether a process uses a folder, or it is not one of ours."""
    inside = {path.name for path in folder.iterdir()}
    if _FILES not in inside:  # made only after the lock is held
        young = time.time() - folder.stat().st_mtime < _JUST_MADE
        return young or bool(inside - {_LOCK})
    if inside - {_LOCK, _FILES}:
        return True
    with suppress(FileNotFoundError):  # its removal was cut short
        lock = os.open(folder / _LOCK, os.O_RDWR)
        try:
            return not _try_lock(lock)
        finally:
            os.close(lock)
    return False


def _try_lock(lock: int) -> bool:
    """Lock an open file and say whether that went; it holds until the file is closed."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or no locks on this disk: then nothing is ever taken for left behind
        return False
    return True


def put(staged: Path, folder: Path) -> list[Path]:
    """Move every file below ``staged`` to the same place below ``folder``, each in one step.

    A signal waits until all are there; they are returned in their places.
    """
    found = (path.relative_to(staged) for path in staged.rglob("*") if path.is_file())
    files = sorted(found, reverse=True)  # the PDF before the page: viewers lock it
    for name in files:
        flush(staged / name)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    with postponed():
        for name in files:
            (staged / name).replace(folder / name)
        WRITTEN.append(folder)
    return [folder / name for name in files]


def write_whole(folder: Path, contents: Mapping[str, str | bytes]) -> list[Path]:
    """Write files such that each is either the old one or the new one, complete.

    All of them are staged before the first takes its place: a fault or a kill leaves the old ones.

    Parameters
    ----------
    folder : Path
        Made if missing.
    contents : mapping of str to str or bytes
        By path below ``folder``; text is written as UTF-8.

    Raises
    ------
    WriteError
        If the folder is locked, is no folder, or the disk is full.
    """
    with staging(folder) as stage:
        for name, content in contents.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        put(stage, folder)
    return [folder / name for name in contents]


def flush(path: Path) -> None:
    """Have the disk hold a file's or folder's content before the next step."""
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle for folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
