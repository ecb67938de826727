"""Fixtures that every room's tests share."""

from __future__ import annotations

import gc
import shutil
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from analysis.errors import SnapshotError
from analysis.interrupts import SIGNALS
from analysis.snapshot.cells import typed
from analysis.snapshot.claims import Difference, Events, Mean
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.reading import read_rows
from analysis.study.panel import Panel, build_panel

# The same examples on every machine, however busy it is.
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"

# Of snapshots with known truth: the committed choices on simulated prices with planted effects.
BETA = 1.5
NOISE = 0.02
Plant = Mapping[tuple[str, str], float]


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

    def local_only(self: socket.socket, address: Any) -> None:
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


@pytest.fixture(scope="session", autouse=True)
def _files_parsed_once() -> Iterator[None]:
    """Parse the same bytes once: hundreds of tests load a folder in which one file differs."""
    parse = lru_cache(64)(lambda name, content, words: typed(name, read(name, content), words))
    read = lru_cache(64)(read_rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{load_snapshot.__module__}.read_rows", lambda _, content: content)
        patch.setattr(
            f"{load_snapshot.__module__}.typed",
            lambda name, content, words=(): parse(name, content, tuple(words)).copy(),
        )
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


@pytest.fixture
def refused_edit(snapshot_copy: Path) -> Callable[[str, str, str], str]:
    """Return a function that edits a file of copied data and returns why it is refused."""
    return partial(refuse_edit, snapshot_copy)


def refuse_edit(folder: Path, file: str, old: str, new: str) -> str:
    """Edit a file of a folder of data and return why it is refused."""
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(folder, check_hashes=False)
    return str(caught.value)


@pytest.fixture(scope="session")
def copy_repository() -> Callable[[Path], Path]:
    """Return a function that copies into a folder what the command line reads, and returns it."""

    def copy(folder: Path) -> Path:
        shutil.copytree(DATA, folder / "data", ignore=shutil.ignore_patterns("derived"))
        skip = shutil.ignore_patterns("_output", ".quarto", "figures")
        shutil.copytree(ROOT / "paper", folder / "paper", ignore=skip)
        shutil.copytree(ROOT / "simulations", folder / "simulations")
        shutil.copy(ROOT / "README.md", folder / "README.md")
        return folder

    return copy


def events_frame(like: pd.DataFrame, rows: list[dict[str, str]]) -> pd.DataFrame:
    """Make an event table in the committed schema from day, direction and status."""
    filled = []
    for number, row in enumerate(rows):
        day = pd.Timestamp(row["day0"])
        base: dict[Any, Any] = dict.fromkeys(like.columns, "")
        base |= {"id": f"e{number}", "status": "confirmatory", "announced": day}
        filled.append(base | row | {"day0": day})
    return pd.DataFrame(filled)[list(like.columns)]


TOLD = ("item", "statement", "estimand", "test", "rule")
WORDS: dict[str, Any] = dict.fromkeys(TOLD, "as planted")


@pytest.fixture(scope="session")
def mean_of() -> Callable[..., Mean]:
    """Return a maker of claims on the mean response of a portfolio, the core firms by default."""

    def make(*directions: str, of: str = "core", signed: bool = False, **fields: Any) -> Mean:
        events = Events(directions=directions, signed=signed)
        words = {"id": "X1", "status": "confirmatory", "kind": "mean", **WORDS}
        return Mean(**words, of=of, events=events, **fields)

    return make


@pytest.fixture(scope="session")
def difference_of() -> Callable[[str, str], Difference]:
    """Return a maker of claims on the core firms: one direction less another."""

    def make(first: str, second: str) -> Difference:
        one, two = (Events(directions=(name,)) for name in (first, second))
        words = {"id": "X2", "status": "confirmatory", "kind": "difference", **WORDS}
        return Difference(**words, of="core", first=one, second=two)

    return make


@pytest.fixture
def simulate(snapshot) -> Callable[..., Snapshot]:
    """Return a maker of snapshots: simulated returns, planted effects, chosen events."""

    def make(
        rows: list[dict[str, str]],
        plant: Plant | None = None,
        confounders: list[dict[str, str]] | None = None,
        noise: float = NOISE,
        seed: int = 7,
    ) -> Snapshot:
        rng = np.random.default_rng(seed)
        sessions, tickers = snapshot.sessions, list(snapshot.prices.columns)
        market = rng.normal(0.0005, 0.008, len(sessions))
        returns = pd.DataFrame(
            BETA * market[:, None] + rng.normal(0, noise, (len(sessions), len(tickers))),
            sessions,
            tickers,
        )
        returns["SPY"] = market
        for (ticker, day), effect in (plant or {}).items():
            returns[ticker] += effect * (returns.index == pd.Timestamp(day))
        known = snapshot.confounders.iloc[:0]
        if confounders:
            base = dict.fromkeys(known.columns)
            known = pd.DataFrame([base | c for c in confounders])[list(known.columns)]
            for name in ("date", "first_priced", "last_priced"):
                known[name] = pd.to_datetime(known[name])
        return replace(
            snapshot,
            prices=100 * (1 + returns).cumprod(),
            events=events_frame(snapshot.events, rows),
            confounders=known,
        )

    return make


@pytest.fixture(scope="session")
def committed(snapshot) -> Panel:
    """The panel of the committed data, built once."""
    return build_panel(snapshot)


@pytest.fixture(scope="session")
def quick(committed) -> Panel:
    """The committed panel with fewer resampling draws, where their number does not matter."""
    choices = committed.snapshot.choices
    choices = replace(choices, inference=replace(choices.inference, draws=999))
    return replace(committed, snapshot=replace(committed.snapshot, choices=choices))
