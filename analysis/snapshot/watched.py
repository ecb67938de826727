"""A snapshot that says which of its files are used."""

from __future__ import annotations

from typing import Any

from analysis import observed
from analysis.snapshot.load import Snapshot

__all__ = ["FILE_OF", "watched"]

FILE_OF = {
    "choices": "study.toml",
    "prices": "prices.csv",
    "sessions": "prices.csv",  # worked out of the prices once: later uses would not be seen
    "events": "events.csv",
    "confounders": "confounders.csv",
    "universe": "universe.csv",
    "customs": "customs.csv",
    "claims": "claims.toml",
}
"""Attribute of a snapshot: the file that it holds."""


class Watched(Snapshot):
    """A snapshot whose attributes are recorded as they are read."""

    def __getattribute__(self, name: str) -> Any:
        if name in FILE_OF:
            observed.note(object.__getattribute__(self, "folder") / FILE_OF[name])
        return object.__getattribute__(self, name)


def watched(snapshot: Snapshot) -> Watched:
    """Return the same snapshot, watched: see :func:`analysis.observed.recording`."""
    twin: Watched = object.__new__(Watched)
    vars(twin).update(vars(snapshot))
    return twin
