"""Claims are data: an entry of a known kind needs no Python, and a slip in it is told by name."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.publish.renderers.pandoc import find_program
from analysis.publish.tables import markdown
from analysis.questions.data import sample
from analysis.questions.ledger import report as ledger_report
from analysis.questions.ledger.beside import registered_beside
from analysis.results import Findings
from analysis.snapshot.claims import Condition
from analysis.snapshot.claims_file import parse_claims
from analysis.snapshot.load import Snapshot
from analysis.snapshot.portfolios import parse_portfolio
from analysis.study.claims import decide_claim
from analysis.study.episodes import chosen_days
from analysis.study.panel import Panel

pytestmark = pytest.mark.slow

HEAD = """
[[claim]]
id = "{id}"
item = "rebound"
status = "confirmatory"
statement = "Statement of {id}"
estimand = "what {id} measures"
test = "the test of {id}"
rule = "the rule of {id}"
{entry}
"""
NEW = {  # one of each kind, on what no claim of the study asks
    "Z1": 'kind = "mean"\nof = "peers"\nevents = { directions = ["support"] }',
    "Z2": 'kind = "difference"\nof = "placebo"\nfirst = { directions = ["support"] }\n'
    'second = { directions = ["easing"] }',
    "Z3": 'kind = "equivalence"\nof = "peers"\nbounds = [-0.5, 0.5]\ninterval = 0.9\n'
    'events = { directions = ["support"] }',
    "Z4": 'kind = "facts"\nshow = "mean"\n[[claim.facts]]\nof = "each(peers)"\nday = 2026-05-20\n'
    'holds = "> -1"',
    "Z5": 'kind = "retraced"\nof = "peers"\nstart = 2025-10-08\ntop = 2025-10-14\n'
    "end = 2025-10-30\nbounds = [-9, 9]",
    "Z6": 'kind = "beta_order"\nof = "each(peers) - producer"\non = "IWM"\nfirms = "peers"',
    "Z7": 'kind = "correlation"\nseries = ["magnets_total"]\nof = "core"\nlags = [0]',
    "Z8": 'kind = "waiting"\nstart = 2026-06-01\nsessions = [400, 500]',
    "Z9": 'kind = "watch"\nof = "peers"\ndays = [2025-10-30]',
    "Z10": 'kind = "variance"\nof = "each(peers)"\nwindow = [0, 0]\n'
    'events = { directions = ["support", "easing"], mixed = true }',
}


def with_claims(panel: Panel, entries: dict[str, str]) -> Panel:
    """Return the panel of a study that makes these claims."""
    text = "".join(HEAD.format(id=name, entry=entry) for name, entry in entries.items())
    claims = parse_claims(text.encode("utf-8"))
    return replace(
        panel, snapshot=replace(panel.snapshot, claims=claims.stated, registered=claims.registered)
    )


@pytest.fixture
def found(quick) -> Findings:
    """The ledger of a study with one new claim of each kind."""
    return ledger_report.compute(with_claims(quick, NEW))


@pytest.mark.parametrize("claim", NEW)
def test_a_new_claim_has_its_row_paragraph_keys_and_verdict(found, claim):
    """Whatever the kind: nothing but the entry was written."""
    rows = next(t for t in found.tables if t.name == "ledger").frame
    own = rows.loc[rows["named"].str.contains(f"#claim-{claim.lower()} "), "named"]
    assert [cell.partition("} ")[2] for cell in own] == [f"Statement of {claim}"]
    assert f"**{claim}** (rebound item, confirmatory)" in found.passages[0].text
    verdict = next(v for v in found.verdicts if v.key == claim)
    assert verdict.rule == f"the rule of {claim}; by the amended rules of inference"
    assert verdict.verdict in {
        "supported", "contradicted", "mixed", "not testable", "cannot decide",
        "no sign within noise", "right sign within noise", "wrong sign within noise",
    }  # fmt: skip
    keys = {n.key for n in found.numbers if n.key.startswith(f"claim.{claim.lower()}.")}
    expected = "testable_from" if claim == "Z8" else "effect"
    assert f"claim.{claim.lower()}.{expected}" in keys


@pytest.mark.parametrize("claim", ["Z4", "Z8"])
def test_a_study_may_make_one_claim_that_no_test_decides(quick, claim):
    """A ledger of one fact, or of a claim that waits: a row, and no figure of effects."""
    found = ledger_report.compute(with_claims(quick, {claim: NEW[claim]}))
    assert len(next(t for t in found.tables if t.name == "ledger").frame) == 1
    assert found.figures == []
    assert not any("smallest" in n.key for n in found.numbers)


@pytest.mark.parametrize(
    "statement",
    ["*MP* _is_ <b>up</b>", "[x](y) ![z](u){.c} [a]{.b}", "{{< num X >}} ^a^ ~b~ $5 @key [^1]",
     "a `b` | c \\\\ d &amp; [0, +1]"],
)  # fmt: skip
def test_markup_in_a_statement_is_printed_as_it_stands(quick, statement):
    """In the row, the paragraph and the list of claims, whatever Markdown would make of it."""
    panel = with_claims(quick, {"Z4": NEW["Z4"]})
    worded = replace(panel.snapshot.registered["Z4"], statement=statement)
    panel = replace(panel, snapshot=replace(panel.snapshot, claims={"Z4": worded}))
    found = ledger_report.compute(panel)
    (listed,) = (t for t in sample.compute(panel).tables if t.name == "claims")
    shown = [markdown(t).partition(":::")[0] for t in (*found.tables, listed)]
    for each in (*shown, found.passages[0].text):
        html = subprocess.run(
            [find_program(), "--from=markdown", "--to=html", "--wrap=none"],
            input=each, text=True, capture_output=True, check=True, encoding="utf-8",
        ).stdout  # fmt: skip
        assert escape(statement, quote=False) in html


def test_the_family_is_read_off_the_entries(quick, found):
    """Confirmatory claims with a p; as registered those of the common rule alone."""
    adjusted = {n.key.split(".")[1] for n in found.numbers if n.key.endswith(".holm")}
    assert adjusted == {"z1", "z2", "z3", "z6", "z7", "z9", "z10"}
    registered = registered_beside(with_claims(quick, NEW))["holm"].dropna()
    assert set(registered.index) == {"Z1", "Z2", "Z7", "Z10"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (NEW["Z1"].replace("peers", "pears"), "portfolio 'pears': expected a basket, found pears; "
         "did you mean peers"),
        (NEW["Z1"].replace('"peers"', '"slope(core heavy_share)"'), "expected ',' at >>, found "
         "'slope(core >>heavy_share)'"),
        (NEW["Z1"].replace("peers", "core -"), "found 'core ->>'"),
    ],
)  # fmt: skip
def test_a_portfolio_that_does_not_parse_names_claim_and_place(quick, entry, said):
    """The place is marked, the nearest word suggested."""
    panel = with_claims(quick, {"Z1": entry})
    with pytest.raises(StudyError) as caught:
        decide_claim(panel.snapshot.registered["Z1"], panel)
    assert str(caught.value).startswith("claims.toml, claim Z1: portfolio")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "mean"', 'kind = "maen"', "field kind: expected 'mean', 'difference'"),
        ('kind = "mean"', 'kind = "mean"\nbounds = [0, 1]', "field bounds: expected a field of the "
         "kind mean, found 'bounds'"),
        ('of = "peers"', "", "field of: expected a value, found none"),
        ('kind = "mean"', 'kind = "mean"\nclaimed = "up"', "field claimed: expected 'positive' or "
         "'negative', found 'up'"),
        ('kind = "mean"', 'kind = "variance"', "expected events that are not "
         "signed, for a square has no sign"),
        ("signed", "signd", "field events.signd: expected a field of the kind mean, found 'signd'; "
         "did you mean signed?"),
        ('kind = "mean"', 'kind = "mean"\nresponse = "log_volatility_ratio"', "expected a "
         "volatility ratio with a window and a base"),
    ],
)  # fmt: skip
def test_a_fault_of_an_entry_is_one_line(old, new, said):
    """File, claim, field, expected, found, nearest."""
    entry = 'kind = "mean"\nof = "peers"\nevents = { directions = ["support"], signed = true }'
    with pytest.raises(StudyError) as caught:
        parse_claims(HEAD.format(id="Z1", entry=entry.replace(old, new)).encode())
    assert str(caught.value).startswith("claims.toml, claim Z1")
    assert said in str(caught.value)


def test_members_and_legs_of_an_expression(snapshot: Snapshot):
    """``each`` is one portfolio a firm, ``all`` needs every member, a ticker is a basket of one."""
    each = parse_portfolio("each(heavy_exposed) - producer", snapshot)
    assert [p.weigh(["USAR", "CRML", "MP"]) for p in each.split()] == [
        {"USAR": 1.0, "MP": -1.0},
        {"CRML": 1.0, "MP": -1.0},
    ]
    every = parse_portfolio("all(heavy_exposed) - MP", snapshot)
    assert every.members == ("USAR", "CRML", "MP")
    assert every.weigh(["USAR", "MP"]) is None


def test_conditions_choose_among_the_days_of_the_kind(quick, mean_of):
    """After, before, only, without, what a fund did before: each leaves fewer days, none adds."""
    events = mean_of("tightening").events
    cars = pd.DataFrame({"car": 0.0, "scar": 0.0}, index=quick.events.index)
    every = chosen_days(quick, cars, events)
    cut = pd.Timestamp("2025-10-31")
    later = chosen_days(quick, cars, replace(events, after=cut.date()))
    sooner = chosen_days(quick, cars, replace(events, before=cut.date()))
    assert set(later.index) == set(every.index[every["day0"] > cut])
    assert set(sooner.index) == set(every.index[every["day0"] < cut])
    one = every.index[0]
    assert set(chosen_days(quick, cars, replace(events, only=(one,))).index) == {one}
    rest = chosen_days(quick, cars, replace(events, without=(one,)))
    assert set(rest.index) == set(every.index) - {one}
    fell = Condition(of="XME", start=-21, end=-1, holds="< 0")
    price = quick.snapshot.prices["XME"]
    at = quick.snapshot.sessions.get_indexer(pd.DatetimeIndex(every["day0"]))
    down = np.array([price.iloc[t - 1] / price.iloc[t - 21] < 1 for t in at])
    found = chosen_days(quick, cars, replace(events, where=fell))
    assert set(found.index) == set(every.index[down])
