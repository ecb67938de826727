"""One refresh at a time, in a folder of its own beside the data, until everything holds."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from analysis.snapshot.derived import build_derived
from analysis.snapshot.files import digest, read_file
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.manifest import NAME, Origin, write_manifest
from analysis.snapshot.refresh import errors
from analysis.snapshot.swap import commit
from analysis.whole import refused

__all__ = ["alone", "fill", "publish", "report_path"]

LOCK = ".refresh.lock"
VINTAGES = "vintages"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a data folder; the system lets go of it however the run ends.

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
        remedy = "wait until it has ended and run again"
        raise errors.LockedError(
            str(folder), expected="no other refresh", found="one under way", remedy=remedy
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
            raise errors.UnexplainedError(
                name,
                expected="the file as it was when the refresh began",
                found="an edit",
                remedy="run nox -s data -- --accept or undo it, then refresh again",
            )


def fill(
    beside: Path, old: Snapshot, texts: Mapping[str, bytes], origins: Mapping[str, Origin]
) -> Snapshot:
    """Write new files beside copies of the others; check and load the whole as a snapshot.

    Parameters
    ----------
    beside : pathlib.Path
        From :func:`analysis.whole.staging`, which tells of an OSError in one line.
    texts : mapping of str to bytes
        Content of each file that changes; ``origins`` say where they come from.

    Raises
    ------
    SnapshotError
        If the new files do not make a sound snapshot.
    UnexplainedError
        If somebody edited a data file while the refresh ran.
    """
    _check_unedited(old)
    for file in [*old.manifest.files, NAME]:
        (beside / file).parent.mkdir(parents=True, exist_ok=True)
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
    """Return the first free name for a vintage report of a day in a data folder."""
    names = itertools.chain([day], (f"{day}-{number}" for number in itertools.count(2)))
    paths = (folder / VINTAGES / f"{name}.md" for name in names)
    return next(path for path in paths if not path.exists())


def publish(beside: Path, old: Snapshot, names: Collection[str]) -> None:
    """Exchange the old files for the staged ones that change, together with the staged report.

    Raises
    ------
    UnexplainedError
        If somebody edited a data file while the refresh ran.
    OSError
        If the disk or the folder refuses.
    """
    _check_unedited(old)
    for path in [path for path in beside.iterdir() if path.is_file()]:
        if path.name not in {*names, NAME}:
            path.unlink()
    commit(beside, old.folder)
