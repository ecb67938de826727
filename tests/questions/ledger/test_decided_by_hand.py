"""What a look, a family and a paragraph say, worked by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.questions.ledger import amendments, looks, paragraphs, quiet_days, register
from analysis.questions.ledger import report as ledger_report
from analysis.questions.ledger.amendments import AMENDED, REGISTERED
from analysis.results import Provenance
from analysis.snapshot.claims import Claim, Equivalence, Waiting
from analysis.study.panel import Panel

SOURCE = Provenance.of(looks.take_looks, "made up")


@pytest.mark.parametrize(
    ("effect", "p", "sign", "said"),
    [
        (0.1, 0.0099, 1, "supported"),
        (-0.1, 0.0099, 1, "contradicted"),
        (-0.1, 0.0099, -1, "supported"),
        (0.0, 0.0099, 1, "contradicted"),
        (0.1, 0.01, 1, "not decided"),
        (0.1, None, 1, "not decided"),
        (None, 0.0099, 1, "not decided"),
    ],
)
def test_a_look_decides_below_its_threshold(
    committed: Panel, mean_of, monkeypatch, effect, p, sign, said
):
    """At the threshold it does not; the sign of the claim says which way."""
    outcome = SimpleNamespace(effect=effect, p=p, sign=sign, verdict="supported")
    monkeypatch.setattr(looks, "decide_claim", lambda *_: outcome)
    assert looks._decide(mean_of("tightening"), committed, 0.01)[1] == said


@pytest.mark.parametrize(
    ("verdict", "p", "said"),
    [
        ("supported", 0.9, "supported"),
        ("mixed", 0.9, "not decided"),
        ("mixed", 0.001, "contradicted"),
        ("contradicted", 0.001, "contradicted"),
    ],
)
def test_a_look_at_an_equivalence_has_the_interval_of_two_tests(
    committed: Panel, monkeypatch, verdict, p, said
):
    """One less twice the threshold; a small p shows a drift and is never support."""
    claim = next(c for c in committed.claims.values() if isinstance(c, Equivalence))
    asked = []

    def decide(claim, _):
        asked.append(claim.interval)
        return SimpleNamespace(effect=0.1, p=p, sign=1, verdict=verdict)

    monkeypatch.setattr(looks, "decide_claim", decide)
    assert looks._decide(claim, committed, 0.01)[1] == said
    assert asked == [pytest.approx(0.98)]


def test_enough_is_as_many_on_every_side():
    """Exactly as many suffice; one side that lacks one does not."""
    assert looks._reached((5, 7), (5, 7))
    assert not looks._reached((5, 6), (5, 7))
    assert not looks._reached((4, 9), (5, 7))


def test_a_family_is_that_of_its_rules_with_an_adjusted_p():
    """Neither the claims of the other rules nor facts, which have no adjusted p, count."""
    claims = pd.DataFrame(
        [
            (REGISTERED, "A1", 0.01, "supported"),
            (REGISTERED, "A2", np.nan, "contradicted"),
            (AMENDED, "A1", 0.5, "right sign, within noise"),
            (AMENDED, "A2", np.nan, "supported"),
        ],
        columns=["rules", "claim", "holm", "verdict"],
    )
    first, second = amendments._families(claims, SOURCE)
    assert (first.key, first.verdict, first.evidence) == (
        f"family.{REGISTERED}", "some", "A1 supported",
    )  # fmt: skip
    assert (second.key, second.verdict, second.evidence) == (f"family.{AMENDED}", "none", "none")


@pytest.mark.parametrize(
    ("p", "holm", "said"),
    [
        (0.04, 0.12, "p 0.040, adjusted 0.12, **mixed**."),
        (0.04, np.nan, "p 0.040, **mixed**."),
        (np.nan, np.nan, "**mixed**."),
    ],
)
def test_a_paragraph_says_the_registered_p_there_is(committed: Panel, p, holm, said):
    """With its adjustment in a family, without where there is none."""
    row = {"effect": 0.021, "low": -0.01, "high": 0.052, "format": "percent1", "sample": "7",
           "p": p, "holm": holm, "verdict": "mixed"}  # fmt: skip
    text = paragraphs._registered(pd.DataFrame([row]), committed)
    assert text.startswith("By the registered rules: ")
    assert "interval " in text
    assert text.endswith(f"from 7, {said}")
    bare = paragraphs._registered(pd.DataFrame([row | {"effect": np.nan}]), committed)
    assert bare == f"By the registered rules: {said}"


def test_rejections_are_counted_by_hand():
    """One sample t with two degrees of freedom, the difference of two with the fewer less one."""
    one = np.array([[1.0, 1.1, 0.9], [1.0, -1.0, 0.5]])  # t = 17.3 and 0.28
    assert quiet_days._rejects(one, (3,), 0.05) == 0.5
    values = np.random.default_rng(2).normal(0, 1, (400, 5))
    t = values.mean(axis=1) / (values.std(axis=1, ddof=1) / np.sqrt(5))
    assert quiet_days._rejects(values, (5,), 0.05) == (np.abs(t) > 2.7764451).mean()


def test_quiet_days_are_recentred_by_the_firms_held():
    """Each reading has its own mean, recentred that of nought; draws hold a session once."""
    noise = np.random.default_rng(7).normal(0, 1, 40)
    firms = ["a"] * 20 + ["b"] * 20
    level = np.repeat([2.0 - noise[:20].mean(), 6.0 - noise[20:].mean()], 20)
    values = pd.DataFrame({"firms": firms, "intercept": noise + level, "none": noise})
    found = quiet_days._measure(values, np.arange(40), 0.05, np.random.default_rng(1))
    expected = {"intercept": 4.0, "none": noise.mean(), "recentred": 0.0}
    assert found["mean"].to_dict() == pytest.approx(expected, abs=1e-12)
    assert list(found.columns) == ["mean", *quiet_days.COUNTS]
    rates = found["fourteen"].to_dict()
    assert rates["intercept"] > 0.9
    assert rates["recentred"] < 0.2


def test_counts_have_their_unit(committed: Panel):
    """A bare number is of episodes, also one of two sides; what says its unit stays."""
    claims = committed.claims.values()
    waiting = next(claim for claim in claims if isinstance(claim, Waiting))
    other = next(claim for claim in claims if not isinstance(claim, Waiting))

    def named(claim: Claim, count: str) -> str:
        entry: Any = SimpleNamespace(claim=claim, outcome=SimpleNamespace(count=count))
        return paragraphs._sample(entry)

    assert (named(other, "7"), named(other, "7 + 5")) == ("7 episodes", "7 + 5 episodes")
    assert named(other, "31 months") == "31 months"
    assert named(waiting, "49") == "49 sessions"


def test_ends_of_what_was_agreed_are_the_first_and_the_last(committed: Panel, monkeypatch):
    """Of three days; a day exactly a year after the last price is soon, one later is not."""
    days = pd.DataFrame({"ends": ["2026-11-10", "2026-12-01", "2027-01-15"]})
    monkeypatch.setattr(register, "policy_days", lambda _: days)
    last = pd.Timestamp(committed.snapshot.choices.register.prices)
    planned: list[Any] = [
        SimpleNamespace(day=day)
        for day in (last + register.YEAR, last + register.YEAR + pd.Timedelta(days=1), None)
    ]
    looked = pd.DataFrame({"claim": ["A1"]})
    said = {n.key: n.value for n in register._counts(planned, looked, committed, SOURCE)}
    assert (said["register.first_end"], said["register.last_end"]) == ("2026-11-10", "2027-01-15")
    assert said["register.claims"] == 3
    assert said["register.soon"] == 1
    assert said["register.due"] == 1
    assert said["register.last_year"] == str(planned[1].day.year)
    assert said["register.threshold"] == pytest.approx(
        committed.snapshot.choices.inference.size / 3 / 2
    )


def test_a_window_of_its_own_has_its_sessions(committed: Panel, mean_of):
    """Both ends count; only where the effect is a return, and only a window of its own."""
    made = [(mean_of("tightening", window=window), fmt) for window, fmt in (
        ((0, 1), "percent1"), ((-1, 10), "percent1"), ((0, 1), "decimal2"), (None, "percent1"),
    )]  # fmt: skip
    entries: list[Any] = [
        SimpleNamespace(claim=claim, outcome=SimpleNamespace(format=fmt)) for claim, fmt in made
    ]
    frame = ledger_report._beside(entries, committed)
    assert frame["sessions"].fillna(0).tolist() == [2, 12, 0, 0]
