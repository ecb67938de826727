"""The study of earlier years that lies beside another, in a folder of its data."""

from __future__ import annotations

from functools import lru_cache

from analysis.reads import Made, make
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.manifest import NAME

__all__ = ["earlier_study", "has_beside", "has_earlier"]

EARLIER = "history"


def has_beside(snapshot: Snapshot) -> bool:
    """Say whether a study has one of earlier years beside it."""
    return (snapshot.folder / EARLIER / NAME).is_file()


def has_earlier(snapshot: Snapshot) -> bool:
    """Say whether a study has one of earlier years beside it, or is one itself."""
    return bool(snapshot.choices.each_firm) or has_beside(snapshot)


def earlier_study(snapshot: Snapshot) -> Snapshot:
    """Load the study of earlier years, once for a study; itself, if it is firm by firm.

    Raises
    ------
    SnapshotError
        If its files are not what they should be.
    """
    if snapshot.choices.each_firm:
        return snapshot
    return _loaded(snapshot).use()


@lru_cache(maxsize=2)
def _loaded(snapshot: Snapshot) -> Made[Snapshot]:
    return make(lambda: load_snapshot(snapshot.folder / EARLIER))
