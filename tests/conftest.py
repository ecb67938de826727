"""Fixtures that every room's tests share."""

from __future__ import annotations

import gc
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from analysis.interrupts import SIGNALS
from analysis.snapshot.load import Snapshot, load_snapshot

# The same examples on every machine, however busy it is.
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that takes longest, so that no worker is left waiting for it."""
    items.sort(key=lambda item: item.path.name != "test_whole_study.py")


def pytest_collection_finish() -> None:
    """Look no more for garbage among all that is imported by now.

    Some libraries collect in every call (statsmodels' ``multipletests``), a tenth of a second each.
    """
    gc.collect()
    gc.freeze()


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


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """Hear signals again after a test in which a run was interrupted: it ignores further ones."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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


@pytest.fixture(scope="session")
def copy_repository() -> Callable[[Path], Path]:
    """Return a function that copies into a folder what the command line reads, and returns it."""

    def copy(folder: Path) -> Path:
        shutil.copytree(DATA, folder / "data", ignore=shutil.ignore_patterns("derived"))
        skip = shutil.ignore_patterns("_output", ".quarto", "figures")
        shutil.copytree(ROOT / "paper", folder / "paper", ignore=skip)
        shutil.copy(ROOT / "README.md", folder / "README.md")
        return folder

    return copy
