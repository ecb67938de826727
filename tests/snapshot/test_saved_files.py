"""Files of data/ as people save them: read and put into the committed form, or one line."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.__main__ import main
from analysis.commands import Workspace
from analysis.errors import SnapshotError
from analysis.snapshot.load import load_snapshot
from analysis.snapshot.manifest import FILES
from analysis.snapshot.reading import read, read_rows

DATA = Path(__file__).resolve().parents[2] / "data"
EVENTS = (DATA / "events.csv").read_bytes()
UNIVERSE = (DATA / "universe.csv").read_bytes()


def saved(content: bytes, delimiter: str = ",", *, end: str = "\n", comma: bool = False) -> bytes:
    """The same table with another mark between fields, other line ends, or decimal commas."""
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator=end)
    for row in rows:
        share = row[5].replace(".", ",") if comma else row[5]
        writer.writerow([*row[:5], share, *row[6:]])
    return target.getvalue().encode("utf-8")


def reversed_columns(content: bytes) -> bytes:
    """The same table from its last column to its first."""
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\n").writerows(row[::-1] for row in rows)
    return target.getvalue().encode("utf-8")


@pytest.mark.parametrize("name", FILES)
def test_the_committed_files_have_the_committed_form(name: str) -> None:
    """Reading and writing them gives the same bytes, and nothing is told."""
    content = (DATA / name).read_bytes()
    found = read(name, content)
    assert (found.content, found.unlike, found.dropped) == (content, (), ())


@pytest.mark.parametrize(
    ("content", "unlike"),
    [
        (saved(UNIVERSE, ";"), ("semicolons",)),
        (saved(UNIVERSE, ";", comma=True), ("semicolons", "decimal commas")),
        (saved(UNIVERSE, "\t"), ("tabs",)),
        (saved(UNIVERSE, "|"), ("bars",)),
        (saved(UNIVERSE, end="\r\n"), ("line ends of Windows",)),
        (saved(UNIVERSE, end="\r"), ("line ends of Windows",)),
        (b"\xef\xbb\xbf" + UNIVERSE, ("a byte order mark",)),
        (saved(UNIVERSE, "\t").decode("utf-8").encode("utf-16"), ("UTF-16", "tabs")),
        (b"\xfe\xff" + UNIVERSE.decode("utf-8").encode("utf-16-be"), ("UTF-16",)),
        (UNIVERSE.replace(b"ticker,name", b"Ticker, NAME ", 1),
         ("a header in capitals or with spaces",)),
        (b"\n".join(line + b",," for line in UNIVERSE.splitlines()) + b"\n",
         ("empty columns at the end",)),
        (reversed_columns(UNIVERSE), ("columns in another order",)),
        (UNIVERSE.replace(b"\nMP,", b"\n MP ,", 1), ("other quotation marks or spaces",)),
        (UNIVERSE.replace(b"\nMP,", b'\n"MP",', 1), ("other quotation marks or spaces",)),
        (UNIVERSE.rstrip(b"\n"), ("other quotation marks or spaces",)),
    ],
)  # fmt: skip
def test_another_form_is_read_and_said(content: bytes, unlike: tuple[str, ...]) -> None:
    """What a spreadsheet saves has the same content, and the words say what was unlike."""
    found = read("universe.csv", content)
    assert found.unlike == unlike
    assert found.content == UNIVERSE


def test_choices_with_a_mark_and_line_ends_of_windows() -> None:
    """An editor's byte order mark does no harm to TOML."""
    text = (DATA / "study.toml").read_bytes()
    found = read("study.toml", b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    assert found.content == text
    assert found.unlike == ("a byte order mark", "line ends of Windows")


def test_empty_rows_are_dropped_and_later_ones_keep_their_line() -> None:
    """A row of delimiters and a blank line mean nothing; numbers are those of the file."""
    first, second, third = UNIVERSE.splitlines(keepends=True)[:3]
    found = read("universe.csv", first + second + b",,,,,,,,\n\n" + third + b",,,\r\n")
    assert found.dropped == (3, 4, 6)
    assert found.rows is not None
    assert list(found.rows.index) == [2, 5]
    assert found.content == first + second + third


def test_a_line_end_inside_a_field_counts() -> None:
    """The row after a field of two lines stands one line further down."""
    text = b'session,ticker,adjusted_close\n"2026\n",MP,1\n2026-07-31,MP,1\n'
    assert list(read_rows("prices.csv", text).index) == [2, 4]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"PK\x03\x04" + EVENTS, "events.csv: expected text, found an Excel workbook under this"),
        (b"\xd0\xcf\x11\xe0", "events.csv: expected text, found an Excel workbook under this name"),
        (EVENTS.replace(b"Malay", b"Mal\xe9y", 1), "events.csv, row 2: expected UTF-8 text, found "
         "the byte 0xe9 (é in the Windows encoding); save it as CSV UTF-8"),
        (EVENTS.replace(b"Malay", b"Mal\0ay", 1), "events.csv, row 2: expected UTF-8 text, found a "
         "zero byte; save it as CSV UTF-8"),
        (EVENTS.decode("utf-8").encode("utf-16-le"), "events.csv, row 1: expected UTF-8 text, found"
         " a zero byte"),
        (EVENTS.replace(b",note\n", b",id\n", 1), "events.csv, row 1: expected each column once, "
         "found 'id' again"),
        (EVENTS + b"2026-07-x\n", "events.csv, row 81: expected 26 fields, found 1;"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_line(content: bytes, line: str) -> None:
    """File, row where there is one, and what to do."""
    with pytest.raises(SnapshotError) as caught:
        read("events.csv", content)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


@given(
    name=st.sampled_from(["events.csv", "confounders.csv", "universe.csv", "claims.toml"]),
    start=st.integers(0, 12_000),
    length=st.integers(0, 40),
    put=st.sampled_from([*(bytes([byte]) for byte in b",;\t|\"'\n\r\0\xe9=[]."), b"\xff\xfe", b""]),
)
def test_any_cut_and_paste_is_read_or_one_line(
    name: str, start: int, length: int, put: bytes
) -> None:
    """Whatever bytes are lost or come in, there is no other error; what is read stays as it is."""
    content = (DATA / name).read_bytes()
    try:
        found = read(name, content[:start] + put + content[start + length :])
    except SnapshotError:
        return
    again = read(name, found.content)
    assert (again.content, again.unlike, again.dropped) == (found.content, (), ())


@pytest.fixture
def accept(
    snapshot_copy: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return a function that edits a file of a data folder under git and accepts the edit."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "data"]):
        subprocess.run([*git, *words], cwd=snapshot_copy, check=True)
    workspace = Workspace(snapshot_copy.parent, snapshot_copy, snapshot_copy.parent)

    def run(name: str, change: Callable[[bytes], bytes]) -> tuple[int, str]:
        path = snapshot_copy / name
        path.write_bytes(change(path.read_bytes()))
        code = main(["data", "--accept"], workspace)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_an_accepted_edit_is_written_in_the_committed_form(
    accept: Callable[..., tuple[int, str]], snapshot_copy: Path
) -> None:
    """A German spreadsheet's file with one edit is that edit, in git as on the screen."""
    code, said = accept(
        "events.csv",
        lambda text: (
            saved(text.replace(b"Pentagon buys", b"Pentagon bought"), ";", end="\r\n")
            + b";" * 18
            + b"\r\n"
        ),
    )
    assert code == 0
    assert "events.csv, row 81: empty, dropped\n" in said
    assert "events.csv: read with line ends of Windows, semicolons; written anew in the" in said
    assert "events.csv: 0 added, 0 removed, 1 changed\n" in said
    edited = EVENTS.replace(b"Pentagon buys", b"Pentagon bought")
    assert (snapshot_copy / "events.csv").read_bytes() == edited
    load_snapshot(snapshot_copy)


def test_another_form_alone_changes_nothing(
    accept: Callable[..., tuple[int, str]], snapshot_copy: Path
) -> None:
    """Saved with semicolons and without an edit: the file is what it was."""
    code, said = accept("universe.csv", lambda text: saved(text, ";"))
    assert code == 0
    assert "universe.csv: 0 added, 0 removed, 0 changed\n" in said
    assert "nothing changed" in said
    assert (snapshot_copy / "universe.csv").read_bytes() == UNIVERSE


def test_a_refused_edit_leaves_the_file_as_it_was_saved(
    accept: Callable[..., tuple[int, str]], snapshot_copy: Path
) -> None:
    """The row is that of the file on the screen, below dropped ones; nothing is rewritten."""
    content = saved(UNIVERSE, ";") + b";;;;;;;;\nXX;X;A miner;;;;;;\n"
    code, said = accept("universe.csv", lambda _: content)
    assert code == 1
    assert "universe.csv, row 19, column role: expected a role in small letters," in said
    assert (snapshot_copy / "universe.csv").read_bytes() == content


def test_without_accept_the_line_says_what_the_file_is(snapshot_copy: Path) -> None:
    """Plain loading takes the recorded bytes only, and says why these are others."""
    (snapshot_copy / "universe.csv").write_bytes(saved(UNIVERSE, ";", end="\r\n"))
    with pytest.raises(SnapshotError, match=r"of a file with line ends of Windows, semicolons; "):
        load_snapshot(snapshot_copy)


def test_an_event_without_a_second_coding(
    accept: Callable[..., tuple[int, str]], snapshot_copy: Path
) -> None:
    """Nobody need code a second time: empty is unknown."""
    code, _ = accept(
        "events.csv", lambda text: text.replace(b",high,tightening,3,", b",high,,,", 1)
    )
    assert code == 0
    event = load_snapshot(snapshot_copy).events.iloc[0]
    assert event["second_direction"] == ""
    assert event["second_confidence"] != event["second_confidence"]
