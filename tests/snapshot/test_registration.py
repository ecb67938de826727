"""The registration of 2009 to 2024: its file, and the study that does what it says."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.claims import Difference, Mean, Variance
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.registration import read_registration
from tests.conftest import DATA

FILE = DATA / "registration/history.toml"
WORDS = DATA / "registration/history.md"


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.fixture(scope="module")
def terms() -> dict[str, Any]:
    """Every entry of the registration."""
    return tomllib.loads(FILE.read_text("utf-8"))


def test_hash_and_days_are_those_of_the_file(earlier: Snapshot, terms: dict[str, Any]) -> None:
    """What is published is the SHA-256 of the bytes as committed, and the days that they state."""
    found = read_registration(earlier)
    assert found.sha256 == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert (found.rules, found.readings) == tuple(terms["written"].values())
    assert len(found.seen) == len(terms["seen"])


def test_a_registration_that_says_too_little_is_one_line(tmp_path: Path) -> None:
    """It must say when it was written and what had been seen."""
    shutil.copytree(DATA / "history", tmp_path / "history")
    (tmp_path / "registration").mkdir()
    (tmp_path / "registration/history.toml").write_text("[written]\nrules = 2026-11-30\n", "utf-8")
    with pytest.raises(SnapshotError, match=r"history.toml: expected TOML with written.rules, "):
        read_registration(load_snapshot(tmp_path / "history"))


def test_the_study_has_the_registered_sample(earlier: Snapshot, terms: dict[str, Any]) -> None:
    """Firms with exchange and day 0, directions, counts, last day, missing returns."""
    choices, sample = earlier.choices, terms["sample"]
    assert list(choices.firms.core) == list(sample["firms"])
    assert set(choices.firms.peers) | {choices.benchmark.metals} == set(sample["apart"])
    for firm, said in sample["firms"].items():
        assert earlier.universe.loc[firm, "exchange"] == said["exchange"]
        assert choices.exchanges[said["exchange"]].day0 == said["day0"]
    tested = [name for name, direction in choices.directions.items() if direction.tested]
    assert sorted(tested) == sorted(sample["tested"])
    assert set(earlier.events["direction"]) == {*sample["tested"], *sample["described"]}
    assert len(earlier.events) == sample["counts"]["events"]
    assert earlier.events["direction"].isin(tested).sum() == sample["counts"]["tested"]
    assert earlier.events["day0"].max() <= pd.Timestamp(sample["last_day0"])
    assert list(choices.registered.leave_out) == [sample["company_news"]["column"]]
    missing = {rule.ticker: list(rule.sessions) for rule in choices.missing}
    assert missing == terms["prices"]["missing"]


def test_the_study_has_the_registered_response(earlier: Snapshot, terms: dict[str, Any]) -> None:
    """Window, estimation, normal return, factors, episodes."""
    choices, response = earlier.choices, terms["response"]
    estimation = response["estimation"]
    assert list(choices.windows.primary_bounds) == response["window"]
    assert -choices.estimation.gap == estimation["last"]
    assert -choices.estimation.gap - choices.estimation.length + 1 == estimation["first"]
    assert choices.estimation.minimum == estimation["minimum"]
    assert choices.each_firm.zeros == estimation["largest_share_of_zeros"]
    assert choices.registered.normal == "none"
    assert choices.benchmark.market == response["market"]
    for exchange, sessions in response["market_sessions"].items():
        assert len(choices.exchanges[exchange].market) == len(sessions)
    assert choices.exchanges["XASX"].market == (0, -1)
    assert choices.episodes.distance == terms["episode"]["distance"]
    assert choices.returns == terms["prices"]["returns"]


def test_the_study_has_the_registered_tests(earlier: Snapshot, terms: dict[str, Any]) -> None:
    """Claims with direction and sign, the family, the span, power and bound."""
    choices, claims = earlier.choices, earlier.claims
    assert list(claims) == [entry["id"] for entry in terms["claim"]]
    assert [name for name, claim in claims.items() if claim.family] == terms["test"]["family"]
    for entry in terms["claim"]:
        claim = claims[entry["id"]]
        assert isinstance(claim, Mean | Difference | Variance)
        asked = [name for side in claim.sides.values() for name in side.directions]
        assert asked == entry["directions"]
        below = "below zero" in entry["claimed"]
        assert claim.claimed == ("negative" if below else "positive")
        assert claim.statement == entry["statement"]
    rotations, power = terms["test"]["rotations"], terms["power"]
    assert choices.each_firm.span == (rotations["first"], rotations["last"])
    assert choices.each_firm.quiet == power["quiet"]
    assert choices.inference.power == power["power"]
    assert choices.inference.size == power["level"] == terms["test"]["level"]
    assert choices.registered.bound == {"car": power["bound"]}


def test_the_words_say_what_the_data_say(terms: dict[str, Any]) -> None:
    """Every reading and every firm stands in words too, and so do days and counts."""
    words = " ".join(WORDS.read_text("utf-8").split())
    for said in ("2010-01-04", "2024-12-31", "34 of 74", "9,999", "0.78 (p 0.09)", "2021-04-01"):
        assert said in words
    assert words.partition("## Readings")[2].count("- **") == len(terms["reading"])
    for firm in (*terms["sample"]["firms"], *terms["sample"]["apart"]):
        assert firm in words
