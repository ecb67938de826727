"""Tipping points: what was planted is found, and no smaller change is missed."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analysis.estimators.events.across_episodes import across_episodes_t, two_sample_im
from analysis.estimators.multiplicity import holm
from analysis.estimators.significance import minimum_detectable
from analysis.snapshot.claims import Equivalence, Events
from analysis.snapshot.rules import Rules
from analysis.study.changes import drop_episodes
from analysis.study.claim_kinds import judge_equivalence, lies_inside
from analysis.study.episodes import FEWEST, effect_of
from analysis.study.outcomes import NOISE, NOT_TESTABLE, Outcome, decide
from analysis.study.tipping_rules import REGISTERED, add_up, measure, rule_of
from analysis.study.tipping_search import EXACT, search
from analysis.study.verdicts import decide_symmetric
from tests.conftest import WORDS

FAMILY = (0.3, 0.8)
AMENDED = Rules(statistic="scar", verdicts="symmetric", bound={"car": 0.10})


@pytest.fixture(scope="module")
def panel():
    """What a rule asks of a panel: the size of the tests."""
    inference = SimpleNamespace(size=0.05, power=0.8)
    choices = SimpleNamespace(inference=inference)
    return SimpleNamespace(snapshot=SimpleNamespace(choices=choices), rules=AMENDED)


def days_of(values, start=0):
    """The days of a side: one an episode, CAR a tenth of its SCAR."""
    names = [f"e{start + number}" for number in range(len(values))]
    scar = np.asarray(values, dtype=float)
    episodes = np.arange(start, start + len(values))
    weight = np.where(np.arange(scar.size) % 2, 8.0, 12.0)
    columns = {"episode": episodes, "scar": scar, "car": scar / 10, "weight": weight}
    return pd.DataFrame(columns, names)


def turn_of(claim, panel, *sides, family=FAMILY, rule=REGISTERED):
    """The verdict of a claim on these episodes, and what turns it when some are left out."""
    frames, start = [], 0
    for values in sides:
        frames.append(days_of(values, start))
        start += len(values)
    dropped = drop_episodes(frames, rule)
    judge = rule.judge(claim, panel, np.array(family))
    none = np.zeros((1, len(dropped.labels)), dtype=bool)
    verdict = judge(rule.measure(dropped.sums(none)))[0]
    targets = {"turned": lambda to: (to != verdict) & (to != NOT_TESTABLE)}
    return verdict, search(dropped, rule.measure, judge, targets).get("turned")


def decide_amended(claim, kept, family):
    """Judge by the ledger's own functions, from the days that are kept on each side."""
    run = across_episodes_t if len(kept) == 1 else two_sample_im
    frames = [pd.DataFrame(side, columns=["scar", "weight"]) for side in kept]
    test = run(*(frame["scar"] for frame in frames))
    mean = effect_of(test, pd.concat([frame["weight"] for frame in frames]))
    least = float(minimum_detectable(mean.se, mean.df, 0.8, 0.05))
    inside = None
    if isinstance(claim, Equivalence):
        inside = bool(lies_inside(claim, *mean.interval(claim.interval)))
    outcome = Outcome(mean.estimate, p=test.p, se=mean.se, detectable=least, inside=inside)
    return decide_symmetric(outcome, float(holm([test.p, *family])[0]), 0.05, 0.10)


def brute(claim, sides, family=FAMILY, amended=False):
    """The same by the estimators of the ledger, every set of episodes in turn."""

    def verdict(kept):
        if amended and min(map(len, kept)) >= FEWEST:
            return decide_amended(claim, kept, family)
        if min(map(len, kept)) < FEWEST:
            return NOT_TESTABLE
        run = across_episodes_t if len(kept) == 1 else two_sample_im
        test = run(*kept)
        effect = run(*(np.array(side) / 10 for side in kept))
        if isinstance(claim, Equivalence):
            inside = bool(lies_inside(claim, *effect.interval(claim.interval)))
            return judge_equivalence(inside, test.p < 0.05)
        adjusted = float(holm([test.p, *family])[0])
        return decide(Outcome(effect.estimate, p=test.p), adjusted, 0.05)

    if amended:
        frames = [days_of(side) for side in sides]
        sides = [list(zip(frame["scar"], frame["weight"], strict=True)) for frame in frames]
    flat = [(place, value) for place, side in enumerate(sides) for value in side]

    def without(out):
        left = [pair for number, pair in enumerate(flat) if number not in out]
        return [[v for p, v in left if p == place] for place in range(len(sides))]

    first = verdict(without(()))
    for size in range(1, len(flat) + 1):
        turned = [verdict(without(out)) for out in combinations(range(len(flat)), size)]
        hits = [each for each in turned if each not in (first, NOT_TESTABLE)]
        if hits:
            return first, size, len(hits)
    return first, None, 0


def test_a_claim_that_hangs_on_one_episode(panel, mean_of):
    """One large response makes the sign: without it the sign is the other one."""
    verdict, turn = turn_of(mean_of("tightening"), panel, [-1.0, -2.2, 0.1, 4.0, -0.6])
    assert verdict == NOISE[1]
    assert (turn.size, turn.labels, turn.ways) == (1, ("e3",), 1)
    assert turn.verdict == NOISE[-1]


def test_a_claim_that_survives_any_one_and_falls_with_two(panel, mean_of):
    """Two large responses make the sign: either is enough."""
    values = [-1.0, 3.4, -1.1, -0.9, 3.5]
    _, turn = turn_of(mean_of("tightening"), panel, values)
    assert (turn.size, turn.labels, turn.ways) == (2, ("e1", "e4"), 1)


def test_too_few_episodes_are_no_turn(panel, mean_of):
    """Three episodes cannot spare one; two have no verdict to lose."""
    assert turn_of(mean_of("tightening"), panel, [1.0, -0.5, 0.1]) == (NOISE[1], None)
    assert turn_of(mean_of("tightening"), panel, [1.0, -0.5]) == (NOT_TESTABLE, None)


def test_other_claims_keep_their_p(panel, mean_of):
    """A p that is below the size alone holds only where the family leaves room for it."""
    values = [1.0, 1.2, 0.9, 1.1, 0.1]
    assert turn_of(mean_of("tightening"), panel, values, family=())[0] == "supported"
    held = turn_of(mean_of("tightening"), panel, values, family=(0.4,) * 5)
    assert held[0] == NOISE[1]
    assert held[1].verdict == "supported"  # without the one that is near zero
    assert held[1].labels == ("e4",)


def test_a_difference_loses_an_episode_of_either_side(panel, difference_of):
    """What turns the sign stands on the second side, and a side keeps three."""
    claim = difference_of("tightening", "easing")
    verdict, turn = turn_of(claim, panel, [0.1, 0.3, -0.2], [-4.0, 0.4, 0.3, 0.5])
    assert verdict == NOISE[1]
    assert (turn.size, turn.labels) == (1, ("e3",))


@pytest.fixture(scope="module")
def equivalence():
    """A claim that the mean lies within one tenth of zero."""
    words = {"id": "X3", "status": "confirmatory", "kind": "equivalence", **WORDS}
    return Equivalence(
        **words, of="core", events=Events(), bounds=(-0.1, 0.1), interval=0.9, family=False
    )


def test_an_equivalence_that_one_episode_spoils(panel, equivalence):
    """All lie near zero but one: without it the interval is inside the bounds."""
    verdict, turn = turn_of(equivalence, panel, [0.1, -0.2, 0.3, 4.0, -0.1])
    assert verdict == "mixed"
    assert (turn.size, turn.labels, turn.verdict) == (1, ("e3",), "supported")


@st.composite
def responses(draw, most=9):
    """Responses without ties: an effect of exactly zero has no sign."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mean, count = draw(st.sampled_from([0.0, 0.7, 1.5])), draw(st.integers(4, most))
    return [float(value) for value in rng.normal(mean, 1, count)]


@pytest.mark.slow
@settings(max_examples=60, phases=[Phase.generate])
@given(values=responses())
def test_search_equals_enumeration_for_a_mean(panel, mean_of, values):
    """The smallest set of any size; of up to three, how many such sets there are."""
    _compare(mean_of("tightening"), panel, values)


@pytest.mark.slow
@settings(max_examples=40, phases=[Phase.generate])
@given(first=responses(5), second=responses(4))
def test_search_equals_enumeration_for_a_difference(panel, difference_of, first, second):
    """Of two sides as of one."""
    _compare(difference_of("tightening", "easing"), panel, first, second)


@pytest.mark.slow
@settings(max_examples=40, phases=[Phase.generate])
@given(values=responses())
def test_search_equals_enumeration_for_an_equivalence(panel, equivalence, values):
    """By a rule of its own as by the common one."""
    _compare(equivalence, panel, values)


def _compare(claim, panel, *sides):
    for rule in (REGISTERED, rule_of(AMENDED)):
        verdict, turn = turn_of(claim, panel, *sides, rule=rule)
        expected, size, ways = brute(claim, sides, amended=rule is not REGISTERED)
        assert verdict == expected
        # Sets above those that are tried one by one are grown, so that fewer might do.
        if rule is REGISTERED or size is None or size <= EXACT:
            assert (turn and turn.size) == size
        if turn is not None and turn.size <= EXACT:
            assert turn.ways == ways


def test_a_measure_is_shown_in_the_unit_of_its_response():
    """By the registered rule mean CAR with its own error; else mean SCAR over mean weight."""
    scar, car, weight = np.array([1.0, 2.0, 6.0]), np.array([0.1, 0.0, 0.2]), np.array([8.0, 4, 6])
    error = scar.std(ddof=1) / np.sqrt(3)
    registered = measure(add_up(np.column_stack([scar, car]))[None, None])
    assert registered.effect[0] == pytest.approx(0.1)
    assert registered.se[0] == pytest.approx(car.std(ddof=1) / np.sqrt(3))
    one = measure(add_up(np.column_stack([scar, weight]))[None, None], one=True)
    assert one.effect[0] == pytest.approx(3 / 6)
    assert one.se[0] == pytest.approx(error / 6)
    for found in (registered, one):
        assert found.p[0] == pytest.approx(across_episodes_t(scar).p)
        assert found.df[0] == 2


def test_a_measure_of_two_sides_is_their_difference_over_all_episodes():
    """Its weight is the mean of both sides' episodes, the p on the fewer episodes less one."""
    first = np.array([[1.0, 8.0], [2.0, 4.0], [6.0, 6.0]])
    second = np.array([[0.0, 2.0], [-1.0, 3.0], [0.5, 1.0], [1.5, 6.0]])
    found = measure(np.stack([add_up(first), add_up(second)])[None], one=True)
    test = two_sample_im(first[:, 0], second[:, 0])
    weight = np.concatenate([first[:, 1], second[:, 1]]).mean()
    assert found.effect[0] == pytest.approx(test.estimate / weight)
    assert found.se[0] == pytest.approx(test.se / weight)
    assert found.p[0] == pytest.approx(test.p)
