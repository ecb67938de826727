"""The study's choices: a faulty key is named, whatever is wrong with it."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.choices import parse_choices
from analysis.snapshot.load import Snapshot, load_snapshot

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.parametrize(
    ("old", "new", "key", "expected", "found"),
    [
        ("gap = 11", "gap = 11\nleash = 2", "estimation.leash", "a known key", "'leash'"),
        ("gap = 11", "", "estimation.gap", "a value", "none; add it; the study.toml that nox"),
        ("gap = 11", 'gap = "11"', "estimation.gap", "a valid integer", "'11'"),
        ("gap = 11", "gap = 1.5", "estimation.gap", "a valid integer", "1.5"),
        ("gap = 11", "gap = 1", "", "an estimation gap above 1", "values that contradict it"),
        ("minimum = 60", "minimum = 130", "estimation", "a minimum of at most length = 120", ""),
        ("[0, 4]", "[4, 0]", "windows", "car_0_4 with its first session before its last", ""),
        ("[0, 4]", "[0, 4, 5]", "windows.bounds.car_0_4", "", ""),
        ('"car_0_1"', '"car_0_2"', "windows", "a primary window that is named in bounds", ""),
        ("level = 0.95", "level = 95", "inference.level", "less than 1", "95"),
        ('returns = "simple"', 'returns = "gross"', "returns", "'simple' or 'log'", "'gross'"),
        (
            "release_window = [0, 1]",
            "release_window = [1, 0]",
            "customs",
            "a release_window with its first",
            "",
        ),
        ("lags = [-3, -2,", "lags = [-2, -3,", "customs", "lags in rising order", ""),
        ("draws = 9999", "draws = 0", "inference.draws", "greater than 0", "0"),
        ("minimum = 30", "minimum = 61", "regimes", "a minimum of at most window = 60", ""),
        ("2025-11-07", "2025-10-01", "regimes", "starts in order of time without", ""),
        (
            'heavy_exposed = ["USAR", "CRML"]',
            "heavy_exposed = []",
            "baskets.heavy_exposed",
            "1 or more entries",
            "[]",
        ),
        ('still = ["dollar"]', 'still = ["euro"]', "cross_asset", "still groups among copper", ""),
        (
            'claims_only = ["explorers"',
            'claims_only = ["explorer"',
            "",
            "claims_only of names in [baskets], not explorer",
            "",
        ),
        ("trim = 0.15", "trim = 0.5", "regimes.trim", "less than 0.5", "0.5"),
        ("2025-10-27", '"soon"', "highlights.truce", "a valid date", "'soon'"),
        ('"none", "wins', '"wins', "curve", "menus that start with none", ""),
        ('codings = ["baseline", ', "codings = [", "curve.claims.A3", "start with baseline", ""),
        ("windows = [[0, 1], ", "windows = [[1, 0], ", "curve.claims.A3", "first session", ""),
        ('models = ["SPY", ', 'models = ["SPX", ', "curve", "models of A3 that are named", ""),
        ("2026-11-27", "2026-08-18", "register", "a calendar of days after known", ""),
        ("https://www.okaz", "www.okaz", "register.calendar.october_controls.source", "", "'www."),
        ('"mean" }', '"mean", factors = ["SPY"] }', "curve.models.mean", "as many factors", ""),
    ],
)
def test_faulty_choice_is_named(old: str, new: str, key: str, expected: str, found: str) -> None:
    """Unknown, missing, mistyped and contradictory choices say which key it is."""
    text = (DATA / "study.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(SnapshotError) as caught:
        parse_choices(text.replace(old, new, 1).encode())
    said = str(caught.value)
    assert said.startswith((f"study.toml, key {key}" if key else "study.toml") + ": expected ")
    assert expected in said
    assert f"found {found}" in said


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[pair]", "[pairr]", "key pairr: expected a known key, found 'pairr'; did you mean pair?"),
        ("draws = 9999", "drawz = 9999", "key inference.drawz: expected a known key, found 'drawz';"
         " did you mean draws? correct the line (and 1 more)"),
        ("draws = 499", "drawz = 499", "key curve.drawz: expected a known key, found 'drawz'; did "
         "you mean draws?"),
        ("A3]\nmodels", "A3]\nmodles", "key curve.claims.A3.modles: expected a known key, found "
         "'modles'; did you mean models?"),
        ("04, event", "04, evnt", "key regimes.starts.april_2025.evnt: expected a known key, found "
         "'evnt'; did you mean event?"),
        ('model = "market"\n', 'model = "markt"\n', "key estimation.model: expected 'mean', "
         "'market_adjusted' or 'market', found 'markt'; did you mean market?"),
        ('statistic = "scar"', 'statistic = "scarr"', "key rules.amended.statistic: expected "
         "'separate' or 'scar', found 'scarr'; did you mean scar?"),
        ("shared = 2", "shard = 2", "key rules.amended.shard: expected a known key, found 'shard'; "
         "did you mean shared?"),
    ],
)  # fmt: skip
def test_the_nearest_key_is_named(old: str, new: str, line: str) -> None:
    """A slip in a key comes before the key that it leaves out, and its neighbour is named."""
    text = (DATA / "study.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(SnapshotError) as caught:
        parse_choices(text.replace(old, new, 1).encode())
    assert str(caught.value).startswith(f"study.toml, {line}")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"doubted"]', '"doubtful"]', "key rules.amended.leave_out: expected a column of "
         "events.csv, found doubtful; did you mean doubted? correct the line"),
        ('deal = "deal"', 'deal = "deals"', "key rules.amended.deal: expected a column of "
         "confounders.csv, found deals; did you mean deal? correct the line"),
        ('claim = "B3"', 'claim = "B33"', "key rules.claim: expected an id of claims.toml, found "
         "B33; did you mean B3? correct the line"),
    ],
)  # fmt: skip
def test_rule_that_names_what_is_not_there(
    snapshot_copy: Path, old: str, new: str, line: str
) -> None:
    """A column or claim that a set of rules names must be there: one line that names it."""
    path = snapshot_copy / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy, check_hashes=False)
    assert str(caught.value) == f"study.toml, {line}"


def test_text_that_is_not_toml() -> None:
    """Broken TOML is reported with its line."""
    with pytest.raises(SnapshotError, match=r"study\.toml: expected TOML, found .*line 1"):
        parse_choices(b"as_of = = 3")


@pytest.mark.parametrize("text", [b"as_of = " + b"9" * 5000, b"a = " + b"[" * 5000])
def test_a_number_or_nesting_that_python_gives_up_on_is_told(text: bytes) -> None:
    """What its reader refuses in other words than TOML's is one line, too."""
    with pytest.raises(SnapshotError, match=r"study\.toml: expected TOML, found"):
        parse_choices(text)


def test_ticker_outside_the_universe(snapshot_copy: Path) -> None:
    """A basket can only hold tickers that there are prices for."""
    path = snapshot_copy / "study.toml"
    path.write_text(path.read_text().replace('["TMC", "UAMY"]', '["TMC", "LYC"]'))
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(snapshot_copy)
    assert str(caught.value).startswith(
        "study.toml, key baskets.placebo: expected tickers of universe.csv, found LYC;"
    )


def test_highlight_without_an_event(snapshot_copy: Path) -> None:
    """The days of the two news items must be among the events."""
    path = snapshot_copy / "study.toml"
    path.write_text(path.read_text().replace("2025-10-27", "2025-10-29"))
    with pytest.raises(SnapshotError, match=r"highlights\.truce: expected day 0 of an event"):
        load_snapshot(snapshot_copy)


def test_step_without_its_event(snapshot_copy: Path) -> None:
    """A step of policy that the picture of the prices numbers is an event of the table."""
    path = snapshot_copy / "study.toml"
    path.write_text(path.read_text().replace('"2025-05-geneva-truce" =', '"2025-05-geneva" ='))
    with pytest.raises(SnapshotError, match=r"key steps: expected events .* 2025-05-geneva;"):
        load_snapshot(snapshot_copy)


@pytest.mark.parametrize(
    ("old", "new"),
    [("2025-11-07, event", "2025-11-06, event"), ("-mofcom-suspension", "-mofcom-nothing")],
)
def test_regime_without_its_event(snapshot_copy: Path, old: str, new: str) -> None:
    """A policy regime starts on day 0 of the event that it names."""
    path = snapshot_copy / "study.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SnapshotError, match=r"regimes\.starts\.november_2025: expected day 0 of"):
        load_snapshot(snapshot_copy)


@pytest.mark.parametrize("level", [0.95, 0.9, 0.99])
def test_level_fixes_the_size_of_tests_and_the_tails_of_bands(
    snapshot: Snapshot, level: float
) -> None:
    """Size is what the level leaves, half of it on each side, to the digit and not nearly."""
    inference = dataclasses.replace(snapshot.choices.inference, level=level)
    assert f"{inference.size!r}" == {0.95: "0.05", 0.9: "0.1", 0.99: "0.01"}[level]
    assert inference.tails == (inference.size / 2, 1 - inference.size / 2)


def test_study_is_frozen_and_typed(snapshot: Snapshot) -> None:
    """The committed choices load with their types and cannot be changed by accident."""
    choices = snapshot.choices
    assert isinstance(choices.as_of, date)
    assert choices.windows.bounds[choices.windows.primary] == (0, 1)
    assert choices.firms.studied[: len(choices.firms.core)] == choices.firms.core
    with pytest.raises(dataclasses.FrozenInstanceError):
        choices.returns = "log"  # type: ignore[misc]


def test_curve_puts_the_studys_own_choices_in_front(snapshot: Snapshot) -> None:
    """The first specification is the study's, whatever the order and content of the menus."""
    choices = dataclasses.replace(snapshot.choices, returns="log")
    assert choices.own_curve.returns == ("log", "simple")
    assert choices.own_curve.lengths[0] == choices.estimation.length
    shorter = dataclasses.replace(choices.estimation, length=100)
    lengths = dataclasses.replace(choices, estimation=shorter).own_curve.lengths
    assert lengths == (100, *choices.curve.lengths)


def test_a_study_without_optional_sections_can_be_varied(snapshot: Snapshot) -> None:
    """A copy with one choice changed may lack the sections that its original lacks."""
    names = ("pair", "curve", "regimes", "cross_asset", "out_of_sample", "report")
    absent: dict[str, Any] = dict.fromkeys(names)
    bare = dataclasses.replace(snapshot.choices, **absent)
    varied = dataclasses.replace(bare, returns="log")
    assert varied.returns == "log"
    assert all(getattr(varied, name) is None for name in names)
