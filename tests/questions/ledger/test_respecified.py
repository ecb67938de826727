"""Claims specified anew: both entries are decided, each by its rules."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from analysis.questions.ledger.respecified import compare_together, respecified_rows, respecify
from analysis.study.claim_kinds import list_events
from analysis.study.claims import decide_claim
from analysis.study.panel import Panel, under

ANEW = ["A1", "A4", "A12", "B1", "B6", "B7", "B8", "B12", "B13", "B14"]
REGISTERED = "d66b7fcc3e5a932bc94622d33d4f1a0caccd1012e926d6b7918c7177f20242cb"
EMPTY = (None, (), False, "")  # what a field holds that an entry does not state


@pytest.fixture(scope="module")
def amended(committed) -> Panel:
    """The panel under the amended rules."""
    return under(committed, committed.snapshot.choices.rules.amended)


def test_rules_choose_the_entries(committed, amended):
    """The registered rules see the entries of old, the amended ones those that stand."""
    sets = committed.snapshot.choices.rules
    old = under(committed, sets.registered).claims
    assert list(old) == list(amended.claims)
    assert [key for key in old if old[key] != amended.claims[key]] == ANEW
    for switch in ("verdicts", "statistic"):
        assert under(committed, sets.alone(switch)).claims == old


def _without_later(entry: object) -> object:
    """Drop what entries got later: a quote, and a distance ``apart`` where it is not stated."""
    if not isinstance(entry, dict):
        return entry
    kept = {
        key: value
        for key, value in entry.items()
        if (key, value) != ("apart", 0) and key != "quote"
    }
    return {key: _without_later(value) for key, value in kept.items()}


def test_registered_entries_stand_word_for_word(committed):
    """Whatever is amended, the claims as they were registered are the same text."""
    entries = {
        key: {name: value for name, value in asdict(claim).items() if value not in EMPTY}
        for key, claim in committed.snapshot.registered.items()
    }
    text = json.dumps(_without_later(entries), sort_keys=True, default=str)
    assert hashlib.sha256(text.encode()).hexdigest() == REGISTERED


def test_both_entries_are_shown(amended):
    """A row a claim with both estimands; a study that amends none has no table."""
    found = respecified_rows(amended)
    (table,) = found.tables
    assert table.frame["claim"].tolist() == ANEW
    rows = respecify(amended).set_index("claim")
    assert "signed core CAR [0,+4]" in str(rows.loc["A12", "estimand_registered"])
    assert "[+2,+4]" in str(rows.loc["A12", "estimand_amended"])


def test_what_the_amendments_say_turned_has_turned(committed, amended):
    """The text on B8 and B12 says what became of them, and that is what became of them."""
    old = under(committed, committed.snapshot.choices.rules.registered)
    said = {
        key: tuple(decide_claim(panel.claims[key], panel).verdict for panel in (old, amended))
        for key in ("B8", "B12", "B14", "A1")
    }
    assert said == {
        "B8": ("mixed", "supported"),
        "B12": ("contradicted", "supported"),
        "B14": ("right sign within noise", "not a claim"),
        "A1": ("mixed", "shown, not decided"),
    }
    numbers = {each.key: each.value for each in respecified_rows(amended).numbers}
    gone, level = (numbers[f"claim.b12.{name}"] for name in ("gone", "level"))
    assert numbers["claim.b12.gone_before"] == pytest.approx(0.94, abs=0.005)
    assert float(gone) > 1
    assert float(level) < 0


def test_windows_that_are_apart_share_no_session(amended):
    """The first episode stays, then each whose window begins after the last one's end."""
    claim = amended.claims["B7"]
    every = replace(claim, events=replace(claim.events, apart=0))
    events = list_events(every, amended)
    days = events[events["left_out"] == ""].sort_values("day0")
    places = amended.snapshot.sessions.get_indexer(pd.DatetimeIndex(days["day0"]))
    kept, values = [-100], []
    for place, value in zip(places, days["value"], strict=True):
        if place - kept[-1] >= 20:
            kept.append(place)
            values.append(value)
    found = decide_claim(claim, amended)
    assert found.count == str(len(values))
    assert found.effect == pytest.approx(np.mean(values))
    assert found.se == pytest.approx(np.std(values, ddof=1) / np.sqrt(len(values)))
    together = compare_together(claim, amended)
    assert together.n == len(days) > len(values)
    assert together.estimate == pytest.approx(days["value"].mean())
