"""One refresh at a time, in a folder of its own beside the data, until everything holds."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from analysis.snapshot.derived import build_derived
from analysis.snapshot.files import digest, read_file
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.manifest import Origin, write_manifest
from analysis.snapshot.refresh.errors import LockedError, UnexplainedError
from analysis.snapshot.swap import commit
from analysis.whole import refused

__all__ = ["alone", "fill", "publish", "report_path"]

LOCK = ".refresh.lock"
VINTAGES = "vintages"
MANIFEST = "manifest.json"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it however the run ends.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder.

    Raises
    ------
    LockedError
        If another refresh holds it.
    WriteError
        If the folder cannot be written: known before anything is downloaded.
    """
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(
            str(folder),
            expected="no other refresh",
            found="one under way",
            remedy="wait until it has ended and run again",
        ) from None
    except OSError as error:
        raise refused(error, folder) from error
    try:
        yield
    finally:
        lock.release()


def _check_unedited(old: Snapshot) -> None:
    """An edit made while the refresh ran must be neither lost nor accepted unseen."""
    for name, entry in old.manifest.files.items():
        if digest(read_file(old.folder / name)) != entry.sha256:
            raise UnexplainedError(
                name,
                expected="the file as it was when the refresh began",
                found="an edit",
                remedy="run nox -s data -- --accept or undo it, then refresh again",
            )


def fill(
    beside: Path, old: Snapshot, texts: Mapping[str, bytes], origins: Mapping[str, Origin]
) -> Snapshot:
    """Write the new files beside copies of the others, and load the whole as a snapshot.

    Parameters
    ----------
    beside : pathlib.Path
        From :func:`analysis.whole.staging`, which tells of an OSError in one line.
    old : Snapshot
    texts : mapping of str to bytes
        Content of each file that changes.
    origins : mapping of str to Origin
        Where they come from.

    Returns
    -------
    Snapshot
        What stands in ``beside``, checked in every way that the committed one is.

    Raises
    ------
    SnapshotError
        If the new files do not make a sound snapshot.
    UnexplainedError
        If somebody edited a data file while the refresh ran.
    OSError
        If they cannot be written.
    """
    _check_unedited(old)
    for file in [*old.manifest.files, MANIFEST]:
        shutil.copyfile(old.folder / file, beside / file)
    for file, text in texts.items():
        (beside / file).write_bytes(text)
    if texts:
        told = {name: origin for name, origin in origins.items() if name in texts}
        # First with the hashes of the moment, so that what derives from it can be computed.
        write_manifest(beside, {}, told)
        write_manifest(beside, build_derived(load_snapshot(beside)))
    return load_snapshot(beside)


def report_path(folder: Path, day: str) -> Path:
    """Return the first free name for a vintage report of that day.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder.
    day : str
        ``YYYY-MM-DD``.
    """
    number, path = 1, folder / VINTAGES / f"{day}.md"
    while path.exists():
        number += 1
        path = path.with_name(f"{day}-{number}.md")
    return path


def publish(beside: Path, old: Snapshot, names: Collection[str]) -> None:
    """Exchange the old files for the staged ones, together with the staged report.

    Parameters
    ----------
    beside : pathlib.Path
        Filled by :func:`fill`.
    old : Snapshot
        What the refresh started from.
    names : collection of str
        The files that change; every other staged file is a copy and is dropped.

    Raises
    ------
    UnexplainedError
        If somebody edited a data file while the refresh ran.
    OSError
        If the disk or the folder refuses.
    """
    _check_unedited(old)
    for path in [path for path in beside.iterdir() if path.is_file()]:
        if path.name not in {*names, MANIFEST}:
            path.unlink()
    commit(beside, old.folder)
