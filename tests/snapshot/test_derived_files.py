"""The derived files: the same bytes everywhere, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import SnapshotError, WriteError
from analysis.snapshot.derived import build_derived, check_derived, write_derived
from analysis.snapshot.files import csv_bytes
from analysis.snapshot.load import Snapshot


@pytest.fixture(scope="module")
def frames(snapshot: Snapshot) -> dict[str, pd.DataFrame]:
    """Every derived table of the committed data."""
    return build_derived(snapshot)


SMALL = {"one.csv": pd.DataFrame({"a": [1]}), "two.csv": pd.DataFrame({"b": [2]})}


def test_derived_files_are_those_of_the_manifest(
    snapshot: Snapshot, frames: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    """Rebuilding from the committed data gives the hashes on record."""
    write_derived(frames, tmp_path / "derived")
    check_derived(tmp_path / "derived", snapshot.manifest)
    assert set(frames) == set(snapshot.manifest.derived)


def test_returns_are_long_and_own(frames: dict[str, pd.DataFrame], snapshot: Snapshot) -> None:
    """One row per session and ticker, none of a shell, and the value is the price ratio."""
    returns = frames["returns.csv"]
    usar = returns[returns["ticker"] == "USAR"]
    assert usar["session"].min() == pd.Timestamp("2025-03-17")
    price = snapshot.prices["USAR"]
    row = usar[usar["session"] == "2026-05-20"].iloc[0]
    assert row["return"] == pytest.approx(price["2026-05-20"] / price["2026-05-19"] - 1)


def test_changed_derived_file_is_named(
    snapshot: Snapshot, frames: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    """A derived file that differs gives one line with both hashes."""
    folder = tmp_path / "derived"
    write_derived(frames, folder)
    with (folder / "episodes.csv").open("a") as file:
        file.write("x\n")
    with pytest.raises(SnapshotError, match=r"^derived/episodes\.csv: expected sha256 .*found"):
        check_derived(folder, snapshot.manifest)


def test_missing_derived_file_is_named(snapshot: Snapshot, tmp_path: Path) -> None:
    """A derived file that is not there is an error too."""
    with pytest.raises(SnapshotError, match=r"customs_monthly\.csv: expected the file"):
        check_derived(tmp_path, snapshot.manifest)


def test_last_bit_of_a_float_does_not_change_the_bytes() -> None:
    """Ten decimals: what another BLAS kernel changes in the last digits is not written."""
    frame = pd.DataFrame({"x": [0.1 + 0.2, 1 / 3]})
    nudged = frame + 1e-16
    assert csv_bytes(frame) == csv_bytes(nudged) == b"x\n0.3000000000\n0.3333333333\n"


def test_dates_and_gaps_are_written_plainly() -> None:
    """Dates are ISO days, missing values are empty."""
    frame = pd.DataFrame({"d": [pd.Timestamp("2025-10-27"), pd.NaT], "x": [None, 1.5]})
    assert csv_bytes(frame) == b"d,x\n2025-10-27,\n,1.5000000000\n"


def test_folder_is_made_and_paths_are_told(tmp_path: Path) -> None:
    """The files stand where the answer says, and nothing else is left beside them."""
    paths = write_derived(SMALL, tmp_path / "derived")
    assert [path.read_text() for path in paths] == ["a\n1\n", "b\n2\n"]
    assert [path.name for path in tmp_path.iterdir()] == ["derived"]


def test_fault_while_writing_leaves_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies on the second file changes neither, and leaves no rubbish."""
    folder = tmp_path / "derived"
    write_derived(SMALL, folder)
    write = Path.write_bytes

    def die(path: Path, content: bytes) -> int:
        if path.name == "two.csv":
            raise KeyboardInterrupt
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", die)
    with pytest.raises(KeyboardInterrupt):
        write_derived({name: frame + 1 for name, frame in SMALL.items()}, folder)
    assert (folder / "one.csv").read_text() == "a\n1\n"
    assert (folder / "two.csv").read_text() == "b\n2\n"
    assert [path.name for path in tmp_path.iterdir()] == ["derived"]


@pytest.mark.parametrize(
    ("step", "refusal", "said"),
    [
        ("write_bytes", OSError(28, "No space left on device"), "device; free some space"),
        ("replace", PermissionError(13, "Permission denied"), "Permission denied; change its"),
    ],
    ids=["full disk", "locked folder"],
)
def test_refusal_of_the_system_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, refusal: OSError, said: str
) -> None:
    """It is told as such, and the old files are whole; acted, since root ignores modes."""
    folder = tmp_path / "derived"
    write_derived(SMALL, folder)

    def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(Path, step, refuse)
    with pytest.raises(WriteError, match=f"found: .*{said}"):
        write_derived({name: frame + 1 for name, frame in SMALL.items()}, folder)
    assert (folder / "one.csv").read_text() == "a\n1\n"


def test_file_in_place_of_the_folder_is_one_line(tmp_path: Path) -> None:
    """Where a file bears the folder's name nothing is written."""
    (tmp_path / "derived").write_text("in the way")
    with pytest.raises(WriteError, match="expected a place that can be written, found"):
        write_derived(SMALL, tmp_path / "derived")
    assert (tmp_path / "derived").read_text() == "in the way"
