"""Claims of the items beside the registered tests of the years before that ask the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.questions import answer, question
from analysis.questions.before.claims_beside import list_beside_claims, match_tests
from analysis.reads import vary
from analysis.snapshot.claims import Claim, OnEvents
from analysis.snapshot.load import load_snapshot
from analysis.study.panel import Panel
from tests.conftest import DATA

WINDOW = (0, 1)


@pytest.fixture(scope="module")
def tests() -> dict[str, OnEvents]:
    """The registered tests of 2009 to 2024."""
    every = load_snapshot(DATA / "history").claims
    return {key: claim for key, claim in every.items() if isinstance(claim, OnEvents)}


def test_a_claim_has_the_test_of_its_directions_portfolio_and_window(tests) -> None:
    """Each registered test finds itself; with another window, portfolio or side it finds none."""
    for key, test in tests.items():
        same = replace(test, id="Z1")
        assert match_tests({"Z1": same}, tests, WINDOW) == {"Z1": key}
    h3 = tests["H3"]
    others = [
        replace(h3, window=(1, 5)),
        replace(h3, of="heavy_exposed"),
        replace(h3, first=h3.second, second=h3.first),
        replace(h3, first=replace(h3.first, signed=True)),
    ]
    for other in others:
        assert match_tests({"Z1": other}, tests, WINDOW) == {}
    assert match_tests({"Z1": replace(h3, window=WINDOW)}, tests, WINDOW) == {"Z1": "H3"}


@pytest.mark.slow
def test_b3_carries_h3_and_a_condition_is_told(committed: Panel) -> None:
    """Numbers are those that the registered test has; other claims have none."""
    rows = list_beside_claims(committed)
    assert rows["test"].to_dict() == {"B3": "H3", "B4": "H1"}
    assert rows["conditioned"].to_dict() == {"B3": False, "B4": True}
    found = answer(question("Fifteen years before"), committed)
    numbers = {number.key: number for number in found.numbers}
    for claim, test in rows["test"].items():
        for part in ("scar", "p", "holm", "episodes"):
            own = numbers[f"claim.{str(claim).lower()}.before.{part}"]
            other = numbers[f"before.{test.lower()}.{part}"]
            assert (own.value, own.low, own.high) == (other.value, other.low, other.high)
    passages = answer(question("The ledger of claims"), committed).passages
    texts = [text for passage in passages for text in passage.text.split("\n\n")]
    said = {key: next(t for t in texts if f"**{key}**" in t) for key in ("B3", "B4", "A9")}
    assert "In the years before (@sec-before, test H3): 0." in said["B3"]
    assert "test H1, without the condition of this claim" in said["B4"]
    assert "In the years before" not in said["A9"]


def test_a_study_without_years_before_has_none(committed: Panel, tmp_path) -> None:
    """No folder beside it: no row, no sentence."""
    alone = vary(committed, snapshot=vary(committed.snapshot, folder=tmp_path))
    assert list_beside_claims(alone).empty


def test_only_claims_on_events_are_asked(committed: Panel, tests) -> None:
    """Facts, betas and correlations have no events and no test beside them."""
    rest: dict[str, Claim] = {
        key: claim for key, claim in committed.claims.items() if not isinstance(claim, OnEvents)
    }
    assert rest
    assert match_tests(rest, tests, WINDOW) == {}
