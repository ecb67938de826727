"""A faulty data folder gives one line that names the file, the row, expected and found."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.load import load_snapshot
from analysis.snapshot.periods import PERIOD


def line_of(folder: Path, name: str, start: str) -> int:
    """Number of the line that starts with ``start``, the header being line 1."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(start))


def spoil(folder: Path, name: str, start: str, old: str, new: str) -> int:
    """Replace ``old`` once in the line that starts with ``start``; return the line's number."""
    number = line_of(folder, name, start)
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return number


def drop(folder: Path, name: str, start: str) -> int:
    """Remove the line that starts with ``start``; return the number it had."""
    number = line_of(folder, name, start)
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    del lines[number - 1]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return number


def repeat(folder: Path, name: str, start: str) -> int:
    """Add a copy of a line at the end of the file; return its number."""
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    lines.append(lines[line_of(folder, name, start) - 1])
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def message(folder: Path) -> str:
    """The one line that loading the folder ends with."""
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(folder)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_changed_byte_names_the_file_and_both_hashes(snapshot_copy: Path) -> None:
    """A byte that breaks no rule is still found, and the line says how to go on."""
    start = "2025-10-27,USAR,"
    line = line_of(snapshot_copy, "prices.csv", start)
    text = (snapshot_copy / "prices.csv").read_text(encoding="utf-8").splitlines()[line - 1]
    spoil(snapshot_copy, "prices.csv", start, text, text + "1")
    found = message(snapshot_copy)
    assert found.startswith("prices.csv: expected sha256 ")
    assert ", found sha256 " in found
    assert "restore it with git or, after a wanted edit, run: nox -s data -- --accept" in found


def test_edited_file_loads_when_hashes_are_not_asked_for(snapshot_copy: Path) -> None:
    """Without the hash check a sound edit is taken as it is."""
    spoil(
        snapshot_copy, "events.csv", "2025-07-mp-pentagon-deal", "Pentagon buys", "Pentagon bought"
    )
    events = load_snapshot(snapshot_copy, check_hashes=False).events
    row = events.loc[events["id"] == "2025-07-mp-pentagon-deal"].iloc[0]
    assert row["headline"].startswith("Pentagon bought")


def test_row_is_named_although_the_hash_differs_too(snapshot_copy: Path) -> None:
    """An edit that breaks a rule is reported with its row, and as an edit."""
    row = spoil(snapshot_copy, "prices.csv", "2025-10-27,USAR,", "USAR,", "USAR,-")
    found = message(snapshot_copy)
    assert found.startswith(f"prices.csv, row {row}, column adjusted_close: ")
    assert found.endswith("(differs from the manifest: prices.csv)")


def test_missing_session_of_one_ticker(snapshot_copy: Path) -> None:
    """A ticker that lacks a session is named with the day and the place where it belongs."""
    drop(snapshot_copy, "prices.csv", "2025-10-27,USAR,")
    row = line_of(snapshot_copy, "prices.csv", "2025-10-28,AREC,")
    assert message(snapshot_copy).startswith(
        f"prices.csv, row {row}, column session: expected session 2025-10-27 of USAR before this "
        "row, found none; add the row (1 of 608 sessions are missing)"
    )


def test_session_missing_for_every_ticker(snapshot_copy: Path) -> None:
    """A day that is gone altogether is found by the exchange's calendar."""
    path = snapshot_copy / "prices.csv"
    kept = [x for x in path.read_text().splitlines() if not x.startswith("2025-10-27")]
    path.write_text("\n".join(kept) + "\n")
    assert "expected session 2025-10-27 of AREC" in message(snapshot_copy)


def test_duplicated_session(snapshot_copy: Path) -> None:
    """A second price of the same ticker and day is reported at its second place."""
    row = repeat(snapshot_copy, "prices.csv", "2025-10-27,USAR,")
    assert message(snapshot_copy).startswith(
        f"prices.csv, row {row}, column session, ticker: expected a key that occurs once, "
        "found 2025-10-27, USAR;"
    )


def test_price_on_a_holiday(snapshot_copy: Path) -> None:
    """A price on a day without a session is refused."""
    row = spoil(snapshot_copy, "prices.csv", "2025-12-26,MP,", "2025-12-26", "2025-12-25")
    assert message(snapshot_copy).startswith(
        f"prices.csv, row {row}, column session: expected a session of the New York Stock "
        "Exchange, found 2025-12-25, a day without one;"
    )


def test_a_role_is_a_word_in_small_letters(snapshot_copy: Path) -> None:
    """A study names its own roles, but as one word."""
    row = spoil(snapshot_copy, "universe.csv", "MP,", "producer", "A miner")
    expected = f"universe.csv, row {row}, column role: expected a role in small letters, found A "
    assert message(snapshot_copy).startswith(expected)


@pytest.mark.parametrize(
    ("cell", "expected", "found"),
    [
        ("-1.5", "a positive price", "-1.5"),
        ("0", "a positive price", "0"),
        ("", "a number", "nothing"),
        ("nan", "a value", "nan"),
        ("inf", "a finite number", "inf"),
        ("12,5", "3 fields", "4"),
        ("twelve", "a number", "twelve"),
    ],
)
def test_unusable_price(snapshot_copy: Path, cell: str, expected: str, found: str) -> None:
    """Negative, zero, empty, NaN, infinite and unreadable prices are refused, with the row."""
    start = "2025-10-27,USAR,"
    line = line_of(snapshot_copy, "prices.csv", start)
    text = (snapshot_copy / "prices.csv").read_text().splitlines()[line - 1]
    row = spoil(snapshot_copy, "prices.csv", start, text, start + cell)
    said = message(snapshot_copy)
    assert said.startswith(f"prices.csv, row {row}")
    assert f": expected {expected}, found {found};" in said


def test_event_on_a_holiday(snapshot_copy: Path) -> None:
    """A day 0 without a session is refused, with the weekday and the remedy."""
    start = "2025-12-input-curbs-report"
    row = spoil(snapshot_copy, "events.csv", start, ",2025-12-24,disapp", ",2025-12-25,disapp")
    assert message(snapshot_copy).startswith(
        f"events.csv, row {row}, column day0: expected a session between 2024-02-28 and "
        "2026-07-31, found 2025-12-25 (Thursday); give the first session that could price the news"
    )


def test_event_after_the_last_price(snapshot_copy: Path) -> None:
    """A day 0 beyond the prices is refused."""
    start = "2026-06-army-base-plants"
    row = spoil(snapshot_copy, "events.csv", start, ",2026-06-26,support", ",2026-08-03,support")
    said = message(snapshot_copy)
    assert f"events.csv, row {row}, column day0" in said
    assert "found 2026-08-03 (Monday)" in said


def test_alternative_day0_on_a_weekend(snapshot_copy: Path) -> None:
    """The alternative day 0 must be a session too."""
    start = "2025-12-input-curbs-report"
    row = spoil(snapshot_copy, "events.csv", start, "2025-12-26,", "2025-12-27,")
    assert f"events.csv, row {row}, column alternative_day0: " in message(snapshot_copy)


def test_day0_before_the_announcement(snapshot_copy: Path) -> None:
    """No session prices news that is not out."""
    start = "2025-07-mp-pentagon-deal"
    row = spoil(snapshot_copy, "events.csv", start, ",2025-07-10,support", ",2025-07-09,support")
    assert (
        f"events.csv, row {row}, column announced, day0: expected day0 on or after the "
        "announcement, found 2025-07-10, 2025-07-09;"
    ) in message(snapshot_copy)


@pytest.mark.parametrize(
    ("name", "start", "old", "new", "column", "found"),
    [
        ("prices.csv", "2025-10-27,USAR,", "USAR", "USRA", "ticker", "USRA"),
        ("confounders.csv", "MP,2025-05-08", "MP", "MPX", "ticker", "MPX"),
        ("events.csv", "2025-07-mp-pentagon", "firm,MP,", "firm,MP;LYC,", "affected", "LYC"),
    ],
)
def test_unknown_ticker(
    snapshot_copy: Path, name: str, start: str, old: str, new: str, column: str, found: str
) -> None:
    """A ticker that the universe does not know is refused in every table."""
    row = spoil(snapshot_copy, name, start, old, new)
    assert message(snapshot_copy).startswith(
        f"{name}, row {row}, column {column}: expected a ticker of universe.csv, found {found};"
    )


def test_series_of_an_unknown_ticker(snapshot_copy: Path) -> None:
    """A complete price series of a ticker outside the universe is refused at its first row."""
    path = snapshot_copy / "prices.csv"
    path.write_text(path.read_text().replace(",UUP,", ",UUQ,"))
    row = line_of(snapshot_copy, "prices.csv", "2024-02-28,UUQ")
    assert message(snapshot_copy).startswith(
        f"prices.csv, row {row}, column ticker: expected a ticker of universe.csv, found UUQ;"
    )


def test_universe_without_prices(snapshot_copy: Path) -> None:
    """A ticker of the universe must have prices."""
    path = snapshot_copy / "prices.csv"
    kept = [x for x in path.read_text().splitlines() if ",UUP," not in x]
    path.write_text("\n".join(kept) + "\n")
    row = line_of(snapshot_copy, "universe.csv", "UUP,")
    assert message(snapshot_copy).startswith(
        f"universe.csv, row {row}, column ticker: expected prices of UUP in prices.csv, found none;"
    )


def test_duplicate_event_id(snapshot_copy: Path) -> None:
    """The second row with the same id is named."""
    row = repeat(snapshot_copy, "events.csv", "2025-07-mp-pentagon-deal")
    assert message(snapshot_copy).startswith(
        f"events.csv, row {row}, column id: expected a key that occurs once, "
        "found 2025-07-mp-pentagon-deal;"
    )


@pytest.mark.parametrize(
    ("name", "start", "old", "new", "column", "expected"),
    [
        (
            "events.csv",
            "2025-07-mp-pentagon-deal",
            ",support,no",
            ",help,no",
            "direction",
            "tighte",
        ),
        (
            "events.csv",
            "2025-07-mp-pentagon-deal",
            ",confirmatory,",
            ",proven,",
            "status",
            "confir",
        ),
        ("events.csv", "2025-07-mp-pentagon-deal", ",firm,", ",company,", "scope", "sector, macro"),
        ("confounders.csv", "MP,2025-05-08", "earnings", "results", "kind", "earnings, offering"),
        ("customs.csv", "2025-09,magnets_total", ",month,", ",year,", "coverage", "month, jan_feb"),
    ],
)
def test_word_outside_the_vocabulary(
    snapshot_copy: Path, name: str, start: str, old: str, new: str, column: str, expected: str
) -> None:
    """A word that the dictionary does not list is refused and the list is shown."""
    row = spoil(snapshot_copy, name, start, old, new)
    said = message(snapshot_copy)
    assert said.startswith(f"{name}, row {row}, column {column}: expected one of {expected}")
    assert f", found {new.strip(',').split(',')[0]};" in said


@pytest.mark.parametrize(
    ("cell", "expected", "found"),
    [
        ("2025-02-30", "a date as YYYY-MM-DD", "2025-02-30"),
        ("27/10/2025", "a date as YYYY-MM-DD", "27/10/2025"),
        ("2025-10-27T00:00", "a date as YYYY-MM-DD", "2025-10-27T00:00"),
        ("", "a value", "nothing"),
    ],
)
def test_date_that_is_none(snapshot_copy: Path, cell: str, expected: str, found: str) -> None:
    """A day that does not exist, or is written otherwise, is refused."""
    start = "2025-07-mp-pentagon-deal"
    row = spoil(snapshot_copy, "events.csv", start, ",2025-07-10,support", f",{cell},support")
    assert message(snapshot_copy).startswith(
        f"events.csv, row {row}, column day0: expected {expected}, found {found};"
    )


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("2025-7-10", "2025-07-10"),
        ("2025/07/10", "2025-07-10"),
        ("27.10.2025", "2025-10-27"),
        ("27/10/2025", "2025-10-27"),
        ("10/27/2025", "2025-10-27"),
        ("7/10/2025", "2025-07-10 or 2025-10-07"),
        ("27-Oct-25", "2025-10-27"),
        ("45957", "2025-10-27"),
        ("2025-10-27 00:00:00", "2025-10-27"),
    ],
)
def test_date_in_another_form_is_told_in_full(snapshot_copy: Path, cell: str, meant: str) -> None:
    """The day that was meant is named, or both where the order of day and month is open."""
    start = "2025-07-mp-pentagon-deal"
    row = spoil(snapshot_copy, "events.csv", start, ",2025-07-10,support", f",{cell},support")
    assert (
        f"events.csv, row {row}, column day0: expected a date as YYYY-MM-DD, found {cell}; "
        f"did you mean {meant}? write it in full"
    ) in message(snapshot_copy)


@pytest.mark.parametrize(
    ("cell", "meant"), [("2025-9", "2025-09"), ("Sep-25", "2025-09"), ("2025-09-01", "2025-09")]
)
def test_month_in_another_form_is_told_in_full(snapshot_copy: Path, cell: str, meant: str) -> None:
    """So is a month that a spreadsheet took for a date."""
    row = spoil(snapshot_copy, "customs.csv", "2025-09,magnets_total", "2025-09", cell)
    said = message(snapshot_copy)
    assert f"customs.csv, row {row}, column month: expected" in said
    assert PERIOD in said
    assert f"found {cell}; did you mean {meant}?" in said


@pytest.mark.parametrize("cell", ['"1,234.5"', "$20.5", "1_000", "20.5 USD"])
def test_number_with_other_marks(snapshot_copy: Path, cell: str) -> None:
    """Marks for thousands and currencies are told."""
    start = "2025-10-27,USAR,"
    text = next(
        x for x in (snapshot_copy / "prices.csv").read_text().splitlines() if x.startswith(start)
    )
    row = spoil(snapshot_copy, "prices.csv", start, text, start + cell)
    found = cell.strip('"')
    assert message(snapshot_copy).startswith(
        f"prices.csv, row {row}, column adjusted_close: expected a number, found {found}; "
        "write it with a point for decimals and no other mark"
    )


@pytest.mark.parametrize("word", ["Support", "suport"])
def test_nearest_word_is_named(snapshot_copy: Path, word: str) -> None:
    """A slip in a word of the dictionary is told with the word."""
    start = "2025-07-mp-pentagon-deal"
    spoil(snapshot_copy, "events.csv", start, ",support,no", f",{word},no")
    assert f"found {word}; did you mean support?" in message(snapshot_copy)


@pytest.mark.parametrize("cell", ["0001-07-10", "9999-07-10"])
def test_year_out_of_reach(snapshot_copy: Path, cell: str) -> None:
    """A year that no clock of this library knows is a fault of the row."""
    start = "2025-07-mp-pentagon-deal"
    row = spoil(snapshot_copy, "events.csv", start, ",2025-07-10,support", f",{cell},support")
    assert f"events.csv, row {row}, column day0: expected a date" in message(snapshot_copy)


@pytest.mark.parametrize(
    ("start", "old", "new", "expected"),
    [
        ("2025-13,", "", "", "a month as YYYY-MM"),
        ("2026-03,rare", "4097,4066,4128", "4097,4100,4128", "low <= value <= high"),
        ("2026-03,rare", "4097,4066,4128", "4097,,4128", "low <= value <= high, or neither bound"),
        ("2026-03,rare", "2026-04-14", "2026-03-14", "a release after the period"),
        ("2026-03,rare", ",month,", ",jan_feb,", "a jan_feb row under February"),
        ("2026-03,rare", "4097,4066,4128", "-1,,", "a number not below 0"),
    ],
)
def test_customs_row_that_contradicts_itself(
    snapshot_copy: Path, start: str, old: str, new: str, expected: str
) -> None:
    """Months, bands, coverage and release days must fit together."""
    if start == "2025-13,":
        row = spoil(snapshot_copy, "customs.csv", "2025-12,rare", "2025-12", "2025-13")
    else:
        row = spoil(snapshot_copy, "customs.csv", start, old, new)
    said = message(snapshot_copy)
    assert said.startswith(f"customs.csv, row {row}, column ")
    assert f"expected {expected}" in said


def test_span_of_a_confounder_in_order(snapshot_copy: Path) -> None:
    """A confounder cannot end before it starts."""
    row = spoil(snapshot_copy, "confounders.csv", "CRML,2026-01-15", "2026-01-16", "2026-01-09")
    assert f"confounders.csv, row {row}, column first_priced, last_priced: " in message(
        snapshot_copy
    )


def test_column_that_is_missing(snapshot_copy: Path) -> None:
    """A renamed column is reported with what is lacking and what stands there instead, no more."""
    spoil(snapshot_copy, "prices.csv", "session,", "adjusted_close", "close")
    assert message(snapshot_copy) == (
        "prices.csv, row 1: expected the column adjusted_close, found 'close'; "
        "add adjusted_close and remove 'close' (differs from the manifest: prices.csv)"
    )


def test_columns_that_are_left_out(snapshot_copy: Path) -> None:
    """Two columns that are gone are named once."""
    path = snapshot_copy / "prices.csv"
    sessions = (row.partition(",")[0] for row in path.read_text().splitlines())
    path.write_text("\n".join(sessions) + "\n")
    assert message(snapshot_copy) == (
        "prices.csv, row 1: expected the columns ticker, adjusted_close, found none; "
        "add ticker, adjusted_close (differs from the manifest: prices.csv)"
    )


def test_column_too_many(snapshot_copy: Path) -> None:
    """A column that the dictionary does not list is refused."""
    path = snapshot_copy / "prices.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},volume", *(f"{row},1" for row in rows)]) + "\n")
    said = "prices.csv, row 1: expected only known columns, found 'volume'; remove 'volume'"
    assert message(snapshot_copy).startswith(said)


def test_columns_in_another_order(snapshot_copy: Path) -> None:
    """Another order is read, but is not what is on record."""
    path = snapshot_copy / "prices.csv"
    swapped = [",".join(reversed(x.split(","))) for x in path.read_text().splitlines()]
    path.write_text("\n".join(swapped) + "\n")
    assert " of a file with columns in another order; restore" in message(snapshot_copy)


def test_file_that_is_empty(snapshot_copy: Path) -> None:
    """A file without content has no header."""
    (snapshot_copy / "events.csv").write_bytes(b"")
    said = message(snapshot_copy)
    assert said.startswith("events.csv, row 1: expected the columns id, ")
    assert "found none; restore the file with git, or begin it with these columns" in said


def test_file_with_a_header_only(snapshot_copy: Path) -> None:
    """A table without rows is refused."""
    path = snapshot_copy / "prices.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert message(snapshot_copy).startswith("prices.csv, row 2: expected at least one row, found")


def test_text_that_is_not_utf8(snapshot_copy: Path) -> None:
    """Another encoding is reported with the line where it shows."""
    path = snapshot_copy / "events.csv"
    row = line_of(snapshot_copy, "events.csv", "2025-07-mp-pentagon-deal")
    path.write_bytes(path.read_bytes().replace(b"Pentagon buys", b"Pentag\xf3n buys"))
    assert message(snapshot_copy).startswith(f"events.csv, row {row}: expected UTF-8 text, found")


def test_open_quotation_mark(snapshot_copy: Path) -> None:
    """A quotation mark that is never closed is reported where its row starts."""
    start = "2026-06-army-base-plants"
    row = spoil(snapshot_copy, "events.csv", start, "US Army", '"US Army')
    assert message(snapshot_copy).startswith(f"events.csv, row {row}: expected ")


@pytest.mark.parametrize("name", ["prices.csv", "study.toml", "manifest.json"])
def test_missing_file(snapshot_copy: Path, name: str) -> None:
    """A file that is gone is named, with the folder and the remedy."""
    (snapshot_copy / name).unlink()
    assert message(snapshot_copy) == (
        f"{name}: expected the file in {snapshot_copy}, found none; restore it with git"
    )


def test_folder_in_place_of_a_file(snapshot_copy: Path) -> None:
    """Something that cannot be read is an error of ours, not of the interpreter."""
    (snapshot_copy / "prices.csv").unlink()
    (snapshot_copy / "prices.csv").mkdir()
    assert message(snapshot_copy).startswith("prices.csv: expected a readable file in ")
