"""The files that a refresh adds: checked like the committed ones, absent without harm."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.manifest import Origin, write_manifest

FILES = {
    "prices_raw.csv": "session,ticker,close\n2026-07-30,MP,60.5\n2026-07-31,MP,61.0\n",
    "actions.csv": "session,ticker,kind,value\n2026-06-22,SPY,dividend,1.8\n",
    "comtrade.csv": "month,reporter,flow,partner,commodity,value_usd,net_weight_kg,weight\n"
    "2024-12,156,X,842,280530,1000.0,,\n2024-12,842,M,156,280530,1100.0,50.0,estimated\n"
    "2024-12,842,M,0,280530,0.0,,\n",
}


@pytest.fixture
def refreshed(snapshot_copy: Path) -> Path:
    """A data folder after a small refresh."""
    for name, text in FILES.items():
        (snapshot_copy / name).write_text(text)
    told = Origin("a source", "a refresh", "2026-08-31", "terms")
    write_manifest(snapshot_copy, {}, dict.fromkeys(FILES, told))
    return snapshot_copy


def test_they_are_loaded_with_types(refreshed: Path) -> None:
    """Dates are dates, codes are whole numbers, an unknown weight is missing."""
    tables = load_snapshot(refreshed).refreshed
    assert set(tables) == set(FILES)
    assert tables["prices_raw.csv"]["session"].iloc[0] == pd.Timestamp("2026-07-30")
    assert tables["comtrade.csv"]["reporter"].tolist() == [156, 842, 842]
    assert tables["comtrade.csv"]["commodity"].tolist() == ["280530"] * 3
    assert tables["comtrade.csv"]["partner"].iloc[-1] == 0  # the world
    assert pd.isna(tables["comtrade.csv"]["net_weight_kg"].iloc[0])


@pytest.mark.parametrize(
    ("old", "new"), [(",0,280530", ",-1,280530"), ("1000.0", "-0.1"), ("50.0", "0.0")]
)
def test_a_figure_out_of_bounds_is_refused(refreshed: Path, old: str, new: str) -> None:
    """A code or a value below nought, a weight of nought: nought itself is a code and a value."""
    (refreshed / "comtrade.csv").write_text(FILES["comtrade.csv"].replace(old, new))
    with pytest.raises(SnapshotError, match=r"^comtrade\.csv, row \d, column \w+: expected a"):
        load_snapshot(refreshed, check_hashes=False)


def test_without_them_nothing_is_missing(snapshot: Snapshot) -> None:
    """The committed snapshot has none, and loads."""
    assert dict(snapshot.refreshed) == {}


def test_the_manifest_covers_them(refreshed: Path) -> None:
    """A changed byte is found, and they are part of the fingerprint."""
    before = load_snapshot(refreshed).fingerprint
    path = refreshed / "comtrade.csv"
    path.write_text(FILES["comtrade.csv"].replace("1100", "1101"))
    with pytest.raises(SnapshotError, match=r"^comtrade\.csv: expected sha256"):
        load_snapshot(refreshed)
    assert load_snapshot(refreshed, check_hashes=False).fingerprint != before


def test_a_file_that_is_not_on_record_is_refused(snapshot_copy: Path) -> None:
    """What nobody recorded must not lie there as if it counted."""
    (snapshot_copy / "comtrade.csv").write_text(FILES["comtrade.csv"])
    with pytest.raises(SnapshotError, match=r"^comtrade\.csv: expected an entry in manifest\.json"):
        load_snapshot(snapshot_copy)


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("prices_raw.csv", "60.5", "0", "row 2, column close: expected a positive price"),
        ("prices_raw.csv", "07-30", "07-26", "row 2, column session: expected a session of the"),
        ("prices_raw.csv", "07-31", "07-30", "row 3, column session, ticker: expected a key that"),
        ("prices_raw.csv", "MP,61", "XX,61", "row 3, column ticker: expected a ticker of universe"),
        (
            "actions.csv",
            "dividend",
            "gift",
            "row 2, column kind: expected one of dividend, capital",
        ),
        ("actions.csv", "1.8", "-1", "row 2, column value: expected a positive amount or ratio"),
        ("comtrade.csv", "2024-12,156", "2024-13,156", "row 2, column month: expected a month as"),
        ("comtrade.csv", ",X,", ",E,", "row 2, column flow: expected one of X, M, found E"),
        (
            "comtrade.csv",
            "280530,1000",
            "2805,1000",
            "row 2, column commodity: expected six digits",
        ),
        ("comtrade.csv", "50.0", "0", "row 3, column net_weight_kg: expected a number above 0"),
        ("comtrade.csv", "156,X", "China,X", "row 2, column reporter: expected a whole number"),
    ],
)
def test_a_faulty_row_is_named(refreshed: Path, name: str, old: str, new: str, place: str) -> None:
    """File, row and column, what was expected and found."""
    path = refreshed / name
    path.write_text(FILES[name].replace(old, new, 1))
    with pytest.raises(SnapshotError) as error:
        load_snapshot(refreshed)
    assert f"{name}, {place}" in str(error.value)
