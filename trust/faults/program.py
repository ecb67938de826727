"""A run of the command line whose computing is stored: a fault meets it reading or writing.

``python -m trust.faults.program STORED WORDS``: STORED are pickled findings. Of the environment,
``FAULTS_CLOCK`` sets the clock back by so many seconds, ``FAULTS_LOCKED`` names a folder that lies
on a disk which cannot be written, ``FAULTS_SOURCES`` the port of this machine at which the sources
of ``refresh`` answer.
"""

from __future__ import annotations

import errno
import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path

from analysis.__main__ import main
from analysis.commands import compute

__all__: list[str] = []

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink")
TODAY = "2026-09-15T12:00"
"""When the sources are asked, so that a refresh writes the same bytes each time."""


def run(stored: str, *words: str) -> int:
    """Run a command as a user does, but for the computing, the clock and the disk."""
    compute.compute = lambda *_: pickle.loads(Path(stored).read_bytes())
    back, now = float(os.environ.get("FAULTS_CLOCK", "0")), time.time
    time.time = lambda: now() - back
    if words[0] == "refresh":
        _lead(int(os.environ["FAULTS_SOURCES"]), back)
    if folder := os.environ.get("FAULTS_LOCKED"):
        sys.addaudithook(_refuse(folder))
    return main(words)


def _refuse(folder: str) -> Callable[[str, tuple[object, ...]], None]:
    """Return a hook that refuses what would change a folder, also to root, as such a disk does."""

    def hook(event: str, given: tuple[object, ...]) -> None:
        writes = event in CHANGING or (
            event == "open" and isinstance(given[2], int) and bool(given[2] & WRITING)
        )
        if writes and any(str(path).startswith(folder) for path in given[:2]):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(given[0]))

    return hook


def _lead(port: int, back: float) -> None:
    """Let a refresh ask the sources of its tests, on one day, and compute no later looks."""
    import pandas as pd
    import pytest

    from analysis.commands import refresh
    from tests.snapshot.refresh.conftest import lead

    patch, day = pytest.MonkeyPatch(), pd.Timestamp(TODAY, tz="UTC") - pd.Timedelta(back, "s")
    lead(patch, port)
    patch.setattr(pd.Timestamp, "now", lambda *_: day)
    patch.setattr(refresh, "_looks", lambda *_: [])


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
