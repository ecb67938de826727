"""What a reader's choices return, against claims decided anew by the code of the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest

from analysis.estimators.multiplicity import holm
from analysis.estimators.names import Model
from analysis.questions.robustness.designs import toggle_disappointment
from analysis.questions.robustness.reader import answer_choices
from analysis.questions.robustness.reader_menus import Normal, argued_claims, make_menus, restate
from analysis.reads import vary
from analysis.snapshot.claims import OnEvents
from analysis.study.claims import decide_claim
from analysis.study.outcomes import NOT_TESTABLE, Outcome
from analysis.study.panel import Panel, build_panel, under, with_events
from analysis.study.variants import VARIANTS, coded_events
from analysis.study.verdicts import judge

pytestmark = pytest.mark.slow

BARE: Model = "no_intercept"
FITTED: Model = "market"
SPY = ("SPY",)
CHOICES = [
    pytest.param("B3", ((0, 4), "exclude", "baseline", Normal(SPY, BARE), 120), id="window"),
    pytest.param("A7", (None, "keep", "judgement_recoded", Normal(("IWM",), BARE), 90), id="fund"),
    pytest.param(
        "A4", ((0, 0), "exclude", "sector_only", Normal(("SPY", "XME"), BARE), 120), id="share"
    ),
    pytest.param(
        "A12", ((0, 10), "exclude", "judgement_out", Normal(SPY, FITTED), 250), id="follows"
    ),
    pytest.param("B11", ((-1, 1), "keep", "alternative_day", Normal((), "mean"), 120), id="days"),
    pytest.param("A9", ((0, 4), "keep", "baseline", Normal(SPY, "market_adjusted"), 120), id="on"),
    pytest.param("B10", (None, "exclude", "disappointment", Normal(SPY, BARE), 250), id="moved"),
]


@pytest.fixture(scope="module")
def answered(committed):
    """The grid of the committed study, computed once."""
    return answer_choices(committed)


def place(menus: Any, choice: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the place of a choice in the grid."""
    axes = (menus.windows, menus.contamination, menus.codings, menus.normals, menus.lengths)
    return tuple(axis.index(each) for axis, each in zip(axes, choice, strict=True))


def decide_anew(panel: Panel, key: str, choice: tuple[Any, ...]) -> Outcome:
    """Change the study as a choice says, and decide a claim as the ledger does."""
    window, contamination, coding, normal, length = choice
    choices, claim = panel.snapshot.choices, panel.claims[key]
    assert isinstance(claim, OnEvents)
    claim = restate(claim, panel, window) or claim
    models: dict[Model, Literal["mean", "market_adjusted", "market"]] = {
        "mean": "mean",
        "market_adjusted": "market_adjusted",
    }
    model = models.get(normal.model, "market")
    choices = replace(choices, estimation=replace(choices.estimation, length=length, model=model))
    if len(normal.benchmark) > 1:
        claim = replace(claim, model=", ".join(normal.benchmark))
    elif normal.benchmark:
        market = replace(choices.benchmark, market=normal.benchmark[0])
        choices = replace(choices, benchmark=market)
    snapshot = vary(panel.snapshot, choices=choices)
    if coding == "alternative_day":
        snapshot = vary(snapshot, events=coded_events(snapshot.events, coding))
    rules = replace(panel.rules, normal="intercept" if normal.model == FITTED else "none")
    changed = under(build_panel(snapshot), rules)
    if coding in ("judgement_out", "judgement_recoded", "sector_only"):
        changed = with_events(changed, coded_events(changed.events, coding))
    if coding == "disappointment":
        toggled = {name: toggle_disappointment(each) for name, each in claim.sides.items()}
        claim = type(claim)(**{**vars(claim), **toggled})
    if contamination == "keep":
        changed = VARIANTS["contaminated windows back"](changed)
    return decide_claim(claim, changed)


def test_the_first_choice_is_the_ledger(committed, answered):
    """With nothing changed every claim has the estimate, interval, p and verdict of the ledger."""
    menus, answers = answered
    first = (0,) * len(menus.shape)
    outcomes = {key: decide_claim(claim, committed) for key, claim in committed.claims.items()}
    judged = judge(committed, outcomes)
    assert len(answers) >= 15
    for key, each in answers.items():
        outcome, (adjusted, verdict) = outcomes[key], judged[key]
        shown = [each.effect[first], each.low[first], each.high[first], each.holm[first]]
        known = [outcome.effect, outcome.low, outcome.high, adjusted]
        wanted = [np.nan if value is None else value for value in known]
        np.testing.assert_allclose(
            np.array(shown), np.array(wanted, dtype=float), rtol=1e-9, err_msg=key
        )
        assert each.verdict[first] == verdict


@pytest.mark.parametrize(("key", "choice"), CHOICES)
def test_a_changed_choice_is_the_claim_decided_anew(committed, answered, key, choice):
    """Estimate, interval, p and episodes are those of the study with that choice in its files."""
    menus, answers = answered
    at, each = place(menus, choice), answers[key]
    outcome = decide_anew(committed, key, choice)
    assert outcome.effect is not None
    found = np.array([each.effect[at], each.low[at], each.high[at], each.p[at]])
    wanted = np.array([outcome.effect, outcome.low, outcome.high, outcome.p], dtype=float)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    counts = [count for count in each.episodes[at] if count]
    assert " + ".join(map(str, counts)) == outcome.count
    assert each.effect[at] != each.effect[(0,) * 5]


def test_p_is_adjusted_over_the_same_choice(committed, answered):
    """Holm's method takes the p of every claim of the family as that choice gives it."""
    menus, answers = answered
    at = place(menus, ((0, 4), "keep", "sector_only", Normal(SPY, FITTED), 90))
    rest = [decide_claim(committed.claims[key], committed).p for key in ("A6", "A13", "B6", "B7")]
    tested = {key: each.p[at] for key, each in answers.items() if key != "A4"}
    adjusted = holm(np.array([*tested.values(), *rest], dtype=float))
    for (key, _), wanted in zip(tested.items(), adjusted, strict=False):
        np.testing.assert_allclose(answers[key].holm[at], wanted)
    assert np.isnan(answers["A4"].holm).all()


def test_few_episodes_are_told_as_such(answered):
    """Where a side has fewer than three episodes there is no interval and no verdict but that."""
    for each in answered[1].values():
        known = np.isfinite(each.low)
        assert (known == np.isfinite(each.effect)).all()
        assert (each.verdict[~known] == NOT_TESTABLE).all()
        assert (each.episodes[~known][..., 0] < 3).any() or known.all()


def test_a_window_is_taken_as_the_claim_means_it(committed):
    """Days after the news keep their first day; what follows a move has no window but its own."""
    claims = argued_claims(committed.claims)

    def days(key: str, window: tuple[int, int]) -> tuple[object, object] | None:
        stated = restate(claims[key], committed, window)
        return None if stated is None else (stated.window, stated.clean)

    assert days("A9", (0, 10)) == ((1, 10), claims["A9"].clean)
    assert days("A9", (0, 20)) == ((1, 20), None)
    assert days("A9", (0, 0)) is None
    assert days("A12", (0, 4)) is None
    assert restate(claims["B3"], committed, (0, 1)) is claims["B3"]
    assert days("B9", (-1, 1)) == ((-1, 1), None)


def test_the_menus_are_those_of_the_study(committed):
    """The first of each menu is the ledger's; no claim without CARs is argued about."""
    menus = make_menus(committed)
    assert (menus.windows[0], menus.contamination[0]) == (None, "exclude")
    assert (menus.normals[0], menus.lengths[0]) == (Normal(SPY, BARE), 120)
    assert Normal((), "mean") in menus.normals
    assert len(set(menus.normals)) == len(menus.normals)
    assert {"A13", "B7", "A6", "B6", "A1"}.isdisjoint(argued_claims(committed.claims))
