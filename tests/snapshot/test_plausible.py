"""Figures that break no rule and are hardly meant: told, refused, or as they are on record."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.load import load_snapshot
from analysis.snapshot.plausible import look_at_edits

DATA = Path(__file__).resolve().parents[2] / "data"
LAST_MP = rb"(?m)^(2026-07-31,MP,)(.+)$"


def times(factor: float) -> Callable[[re.Match[bytes]], bytes]:
    """Return a replacement that multiplies the second group."""
    return lambda match: match[1] + f"{float(match[2]) * factor:.4f}".encode()


def look(folder: Path, name: str, pattern: bytes, new: object, *, record: bool = True) -> list[str]:
    """Change a file and look at the edit, with or without the copy on record."""
    path = folder / name
    old = path.read_bytes()
    text = re.sub(pattern, new, old)  # type: ignore[call-overload]
    assert text != old
    path.write_bytes(text)
    return look_at_edits(load_snapshot(folder, check_hashes=False), {name: old if record else None})


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize("name", ["prices.csv", "customs.csv"])
def test_the_committed_figures_pass(name: str, record: bool, snapshot_copy: Path) -> None:
    """What was accepted long ago is never in the way, with or without a copy on record."""
    content = (DATA / name).read_bytes()
    snapshot = load_snapshot(snapshot_copy)
    assert look_at_edits(snapshot, {name: content if record else None}) == []


@pytest.mark.parametrize("factor", [0.7, 1.8])
def test_a_move_that_markets_make_passes(factor: float, snapshot_copy: Path) -> None:
    """Thirty percent in a day is news, no slip."""
    assert look(snapshot_copy, "prices.csv", LAST_MP, times(factor)) == []


def test_a_jump_is_told(snapshot_copy: Path) -> None:
    """The same jump that a refresh wants looked at is told, with its row."""
    assert look(snapshot_copy, "prices.csv", LAST_MP, times(2.2)) == [
        "prices.csv, row 9720: MP moves +118% on 2026-07-31; look at it in another source"
    ]


def test_many_jumps_are_counted(snapshot_copy: Path) -> None:
    """A column that lost its place does not fill the screen."""
    pattern = rb"(?m)^(2026-07-31,[A-Z]+,)(.+)$"
    told = look(snapshot_copy, "prices.csv", pattern, times(3), record=False)
    assert len(told) == 6
    assert told[-1] == "prices.csv: 11 more moves as large"


def test_as_many_jumps_as_are_shown_leave_none_to_count(snapshot_copy: Path) -> None:
    """Five are told one by one, and no more."""
    pattern = rb"(?m)^(2026-07-31,(?:MP|USAR|CRML|SPY|XME),)(.+)$"
    told = look(snapshot_copy, "prices.csv", pattern, times(3), record=False)
    assert len(told) == 5
    assert all(", row " in line for line in told)


@pytest.mark.parametrize(
    ("day", "factor"), [("2025-10-27", 10), ("2025-10-27", 0.01), ("2026-07-31", 0.1)]
)
def test_a_price_ten_times_its_neighbour(day: str, factor: float, snapshot_copy: Path) -> None:
    """It is refused with its row, in the middle of the file and at its end."""
    pattern = rf"(?m)^({day},SPY,)(.+)$".encode()
    with pytest.raises(SnapshotError) as caught:
        look(snapshot_copy, "prices.csv", pattern, times(factor))
    lines = (snapshot_copy / "prices.csv").read_text().splitlines()
    row = next(n for n, line in enumerate(lines, 1) if line.startswith(f"{day},SPY,"))
    assert re.match(
        rf"prices\.csv, row {row}, column adjusted_close: expected a close of SPY near the "
        rf"\d+\.\d+ of the session before, found .* times as much; ",
        str(caught.value),
    )


def test_a_large_move_with_news_is_taken(snapshot_copy: Path) -> None:
    """Whoever names the news of the firm and the day says that the move was real."""
    path = snapshot_copy / "confounders.csv"
    row = "MP,2026-07-31,deal,,,,Taken over at many times its price,high,https://example.org\n"
    path.write_text(path.read_text() + row)
    assert "MP moves +893%" in look(snapshot_copy, "prices.csv", LAST_MP, times(10))[0]


def test_a_move_on_record_is_not_told_again(snapshot_copy: Path) -> None:
    """Beside another edit, a jump that was accepted before is left alone."""
    path = snapshot_copy / "prices.csv"
    path.write_bytes(re.sub(LAST_MP, times(10), path.read_bytes()))
    assert look(snapshot_copy, "prices.csv", rb"(?m)^(2026-07-31,SPY,)(.+)$", times(1.01)) == []


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize(
    ("month", "factor"), [("2023-05", 0.001), ("2023-05", 1000), ("2026-07", 1000)]
)
def test_a_figure_in_another_unit(
    month: str, factor: float, record: bool, snapshot_copy: Path
) -> None:
    """A thousand times more or less than its neighbours is refused, with its row."""
    pattern = rf"(?m)^({month},rare_earths_total,month,)([0-9.]+)".encode()
    with pytest.raises(SnapshotError) as caught:
        look(snapshot_copy, "customs.csv", pattern, times(factor), record=record)
    lines = (snapshot_copy / "customs.csv").read_text().splitlines()
    row = next(n for n, x in enumerate(lines, 1) if x.startswith(f"{month},rare_earths_total,"))
    said = str(caught.value)
    assert said.startswith(
        f"customs.csv, row {row}, column value: expected a figure of rare_earths"
    )
    assert "a figure that was printed so needs low and high" in said


def test_a_figure_with_a_band_was_printed_so(snapshot_copy: Path) -> None:
    """A month without exports to speak of is no slip if its band is given."""
    pattern = rb"(?m)^2023-05,rare_earths_total,month,4576,,,"
    new = rb"2023-05,rare_earths_total,month,4.5,4.5,4.5,"
    assert look(snapshot_copy, "customs.csv", pattern, new) == []


def test_a_slip_in_the_name_of_a_series(snapshot_copy: Path) -> None:
    """One row or all of them: the known name is suggested."""
    line = "column series: expected the name of a known series, .* found rare_earth_total; did you"
    with pytest.raises(SnapshotError, match=line + " mean rare_earths_total"):
        look(snapshot_copy, "customs.csv", rb",rare_earths_total,", b",rare_earth_total,")


def test_series_that_come_and_go_are_told(snapshot_copy: Path) -> None:
    """Another name may be meant; that study.toml does not name it is said, and what is gone."""
    told = look(snapshot_copy, "customs.csv", rb",terbium_exports,", b",terbium_abroad,")
    assert told == [
        "customs.csv: the series terbium_abroad is new and not of [customs.series] in study.toml. "
        "did you mean terbium_exports?",
        "customs.csv: the series terbium_exports is on record and not in the file any more",
    ]


def test_a_series_has_one_unit(snapshot_copy: Path) -> None:
    """Kilograms among tonnes are refused by the schema."""
    path = snapshot_copy / "customs.csv"
    path.write_text(path.read_text().replace(",4574,,,t,", ",4574,,,kg,"))
    with pytest.raises(SnapshotError, match=r"row 4, column series, unit: expected the unit of"):
        load_snapshot(snapshot_copy, check_hashes=False)


def test_closes_of_another_ticker_are_refused(snapshot_copy: Path) -> None:
    """Betas of two series in proportion cannot be told apart: one line, and what to do."""
    closes = load_snapshot(snapshot_copy).prices["UUP"]
    twice = "".join(f"{day:%Y-%m-%d},IWM,{2 * close}\n" for day, close in closes.items())
    path = snapshot_copy / "prices.csv"
    rows = [row for row in path.read_text().splitlines(keepends=True) if ",IWM," not in row]
    path.write_text("".join(rows) + twice)
    snapshot = load_snapshot(snapshot_copy, check_hashes=False)
    with pytest.raises(SnapshotError) as caught:
        look_at_edits(snapshot, {"prices.csv": None})
    assert str(caught.value) == (
        "prices.csv: expected closes of UUP that are not those of another ticker, found those of "
        "IWM times 0.5; give UUP its own, or take it out here, in universe.csv and study.toml"
    )
