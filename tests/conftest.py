"""Fixtures that every room's tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.snapshot.load import Snapshot, load_snapshot

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """The committed data, loaded once; tests must not change its frames."""
    return load_snapshot(DATA)


@pytest.fixture
def snapshot_copy(tmp_path: Path) -> Path:
    """A copy of the committed data folder that a test may spoil."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("derived"))
    return folder
