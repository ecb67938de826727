"""The tipping points as published: table, names, keys, what the paper says of them."""

from __future__ import annotations

import pytest

from analysis.questions.ledger import tipping
from analysis.questions.ledger.drawings import one_out
from analysis.questions.ledger.entries import outcomes
from analysis.reads import vary
from analysis.results.style import house_style
from analysis.snapshot.claims import ACROSS_EPISODES
from analysis.study.panel import under
from analysis.study.verdicts import judge

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tipped(committed):
    """The tipping points of the committed study."""
    return tipping.tip_claims(committed)


@pytest.fixture(scope="module")
def found(committed, tipped):
    """The question as answered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tipping, "tip_claims", lambda _: tipped)
        return tipping.compute(committed)


def test_verdicts_and_estimates_are_those_of_the_ledger(committed, tipped):
    """Without a change the rule sees what the ledger published."""
    results = outcomes(committed)
    judged = judge(committed, results)
    claims = committed.claims
    tested = [c.id for c in claims.values() if isinstance(c, ACROSS_EPISODES) and not c.verdict]
    assert [each.id for each in tipped] == tested
    for each in tipped:
        outcome = results[each.id]
        assert each.points.verdict == judged[each.id][1]
        if outcome.p is not None:
            assert each.points.full.p[0] == pytest.approx(outcome.p, rel=1e-9)
            assert each.points.full.effect[0] == pytest.approx(outcome.effect, rel=1e-9)


def test_table_and_keys_say_the_same(found, tipped):
    """Words where something survives, a count where a sort turns the verdict, no key where none."""
    numbers = {number.key: number for number in found.numbers}
    table = next(t for t in found.tables if t.name == "tipping").frame.set_index("claim")
    for each in tipped:
        key = f"claim.{each.id.lower()}.tipping"
        assert (key in numbers) == each.points.tested
        for sort, turns in each.points.turns.items():
            said = numbers.get(f"{key}.{sort.replace(' ', '_')}")
            assert (said and said.value) == (("turned" in turns and turns["turned"].size) or None)
    words = table["survives"].dropna()
    assert words.str.fullmatch(
        r"any|none to spare|none of \d+|any but \d+ of \d+|any \w+, not any \w+"
    ).all()
    assert (words == "any one, not any two").any()
    assert numbers["ledger.tipping.tested"].value == len(words)


def test_ranges_hold_every_episode_left_out(found, tipped):
    """Lowest and highest of the data set, which lists each episode of each claim."""
    frame = next(d for d in found.datasets if d.name == "leave_one_out").frame
    numbers = {number.key: number.value for number in found.numbers}
    for each in tipped:
        own = frame[frame["claim"] == each.id]
        assert len(own) == len(each.points.changes["dropped"].labels)
        if each.points.tested:
            start = f"claim.{each.id.lower()}.one_out"
            assert numbers[f"{start}.low"] == own["effect"].min()
            assert numbers[f"{start}.high"] == own["effect"].max()


def test_named_changes_are_few_and_name_events(committed, found):
    """Every printed set is small enough to have been found among all sets."""
    named = next(t for t in found.tables if t.name == "tipping_changes").frame
    assert named["size"].between(1, 3).all()
    for row in named.itertuples():
        parts = row.what.split("; ")
        assert len(parts) == row.size
        events = {e for part in parts for e in part.split(" (")[0].split(" + ")}
        assert events <= set(committed.events.index)


def test_no_single_change_decides_and_there_is_nothing_to_undo(found):
    """What the paper says of them, with the evidence."""
    verdicts = {v.key: v for v in found.verdicts}
    assert verdicts["tipping.decides"].verdict == "none"
    undoes = verdicts["tipping.undoes"]
    assert (undoes.verdict, undoes.evidence) == ("none", "none")


def test_the_registered_verdict_on_fading_falls_with_one_change(committed):
    """By the registered rules one claim is decided by episodes, and one episode undoes it."""
    claims = {"A9": committed.snapshot.claims["A9"]}
    ruled = under(committed, committed.snapshot.choices.registered)
    found = tipping.compute(vary(ruled, snapshot=vary(ruled.snapshot, claims=claims)))
    undoes = next(v for v in found.verdicts if v.key == "tipping.undoes")
    assert (undoes.verdict, undoes.evidence) == ("all", "A9")


def test_picture_shows_every_tested_claim(found):
    """Ranges in order, drawn without a complaint, and the claim that changes sides is named."""
    (figure,) = found.figures
    claims = figure.data["claims"]
    assert (claims["low"] <= claims["high"]).all()
    assert "changes sides of 5% for A7, A12, B3 and B7" in figure.alt
    with house_style():
        assert len(one_out(figure.data, **figure.choices).axes) == 2
