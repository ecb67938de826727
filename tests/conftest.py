"""Fixtures that every room's tests share."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.snapshot.load import Snapshot, load_snapshot

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse every connection that leaves the machine: nothing tested here may need a network."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        yield


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
