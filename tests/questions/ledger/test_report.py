"""The published ledger: every claim with everything asked of it, and paragraphs that say so."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analysis.questions.ledger import report as ledger_report
from analysis.questions.ledger.entries import entries
from analysis.questions.ledger.paragraphs import testable_from as first_test
from analysis.snapshot.calendar import nyse_sessions
from analysis.study.outcomes import NOISE
from analysis.study.panel import build_panel, under

WITHOUT_PLACEBO = {"A4", "A5", "A10", "A8", "B9", "B12", "B13"}  # a share, not testable, a count


@pytest.fixture(scope="module")
def claims(quick):
    """All entries of the ledger on the committed data."""
    return entries(quick)


@pytest.fixture(scope="module")
def found(quick, claims):
    """The ledger as published."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_report, "entries", lambda _: claims)
        return ledger_report.compute(quick)


def test_every_claim_has_a_placebo_p_or_a_reason(claims):
    """Only claims without a test, and two facts with no counterpart elsewhere, have none."""
    assert len(claims) == 29
    assert {e.id for e in claims if e.placebo is None} == WITHOUT_PLACEBO
    for entry in claims:
        assert entry.placebo is None or 0 < entry.placebo <= 1


def test_family_members_carry_both_adjustments_and_a_detectable_effect(claims):
    """Holm for all of the family; step-down for those tested across episodes; never below p."""
    family = [e for e in claims if e.holm is not None]
    assert len(family) >= 10
    for entry in family:
        assert entry.outcome.detectable is not None or entry.outcome.signs  # an order has none
        assert entry.holm >= entry.outcome.p
        if entry.sessions is not None:
            assert entry.sessions[0] > 0
            assert entry.step_down is not None
            assert entry.step_down >= entry.placebo - 0.06


def test_table_says_verdict_effect_and_reason_of_every_claim(found, claims):
    """Four columns, the verdict second and in full; a row is named by its claim."""
    (table,) = found.tables
    assert list(table.headers.values()) == ["Claim", "Verdict", "Effect", "Why"]
    for row, entry in zip(table.frame.to_dict("records"), claims, strict=True):
        assert f"]{{#claim-{entry.id.lower()} .claim-id}} " in row["named"]
        assert row["named"].endswith(entry.claim.statement)
        assert row["said"].startswith(f"[{entry.verdict}]{{.verdict ")
        assert 2 <= len(row["why"].split()) <= 5


def test_effects_carry_their_interval_and_unit(found, claims):
    """What is no percentage of a price names its unit; the interval is that of the effect."""
    cells = dict(zip([e.id for e in claims], found.tables[0].frame["interval"], strict=True))
    assert cells["B7"].endswith(") log points")
    assert cells["A6"].endswith(") in beta")
    assert cells["B13"] == "90.0 days"
    assert re.fullmatch(r"[−\d.]+% \([−\d.]+% to [−\d.]+%\)", cells["B3"])
    assert cells["A8"] == "–"


def test_the_strip_leads_from_every_claim_to_its_row(found, claims):
    """Each claim once, under its verdict, in the words of its item."""
    strip = next(p for p in found.passages if p.name == "verdicts").text
    for entry in claims:
        (line,) = re.findall(rf"(?m)^- \[{entry.id}\]\(#claim-{entry.id.lower()}\) (.*)$", strip)
        assert line == f"“{entry.claim.quote}”"
        above = strip[: strip.index(f"- [{entry.id}]")]
        assert re.findall(r"(?m)^\[([^\]]+)\]\{\.verdict ", above)[-1] == entry.verdict


def test_quotes_name_outlet_and_day(found, claims):
    """The paragraph of a claim quotes its item; what is not known of that is said."""
    parts = found.passages[0].text.split("\n\n")
    places = {"rebound": "outlet not known, day not known", "truce": "Tredu, 27 October 2025"}
    for part, entry in zip(parts, claims, strict=True):
        assert f"The item ({places[entry.claim.item]}): “{entry.claim.quote}”." in part


def test_one_paragraph_for_each_claim_states_its_verdict(found, claims):
    """In order, with statement, rule and verdict; p-values where there are any."""
    parts = found.passages[0].text.split("\n\n")
    assert len(parts) == len(claims)
    for part, entry in zip(parts, claims, strict=True):
        assert part.startswith(f"**{entry.id}** ")
        assert entry.claim.statement in part
        assert f"Verdict: **{entry.verdict}**." in part
        assert ("Placebo p" in part) == (entry.placebo is not None)
        assert ("by Holm" in part) == (entry.holm is not None)
        assert not re.search(r"\bnan\b|None|  ", part)


def test_noise_is_called_common_only_where_placebo_draws_show_it(found, claims):
    """The share of placebo draws is stated for episodes with a placebo p of 0.05 and more alone."""
    for part, entry in zip(found.passages[0].text.split("\n\n"), claims, strict=True):
        shown = "of placebo draws" in part
        common = entry.sessions is not None and (entry.placebo or 0.0) >= 0.05
        assert shown == (common and entry.verdict in NOISE.values()), entry.id


def test_downstream_claim_says_from_when_it_can_be_tested(committed):
    """126 sessions after 20 May 2026."""
    day = first_test(committed.snapshot.registered["A8"], committed)
    assert len(nyse_sessions(committed.snapshot.sessions[0], day)) - 1 == (
        committed.snapshot.sessions.get_loc("2026-05-20") + 126
    )


def test_picture_turns_effects_so_that_right_is_as_claimed(found, claims):
    """Sign of the drawn effect: positive exactly where the effect has the claimed sign."""
    drawn = found.figures[0].data["claims"].set_index("claim")["effect"].dropna()
    outcome = {e.id: e.outcome for e in claims}
    for claim, value in drawn.items():
        assert (value > 0) == (outcome[claim].effect * outcome[claim].sign > 0)
        assert abs(value) == pytest.approx(abs(outcome[claim].effect) / outcome[claim].detectable)


def test_registered_results_stand_beside(found, quick):
    """Effect, p and verdict by the registered rules in the paragraph and the picture."""
    registered = {e.id: e for e in entries(under(quick, quick.snapshot.choices.registered))}
    parts = dict(zip(registered, found.passages[0].text.split("\n\n"), strict=True))
    drawn = found.figures[0].data["claims"].set_index("claim")["registered"]
    assert "−5.1%" in parts["A9"].split("By the registered rules: ")[1]
    for key, entry in registered.items():
        assert f"**{entry.verdict}**." in parts[key].split("By the registered rules: ")[1]
        if entry.outcome.detectable and entry.outcome.effect is not None:
            unit = entry.outcome.sign / entry.outcome.detectable
            assert drawn[key] == pytest.approx(entry.outcome.effect * unit)


@pytest.mark.slow
def test_a_study_without_amended_rules_speaks_of_none(quick):
    """Where nothing was amended the ledger is that of the registered rules alone."""
    choices = replace(quick.snapshot.choices, rules=None)
    snapshot = replace(quick.snapshot, choices=choices)
    plain = build_panel(replace(snapshot, claims={"B3": snapshot.claims["B3"]}))
    found = ledger_report.compute(plain)
    (table,) = found.tables
    assert "amended" not in table.notes
    assert "registered" not in found.passages[0].text
    assert next(v for v in found.verdicts if v.key == "B3").rule == "common rule"
