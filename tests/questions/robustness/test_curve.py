"""Specification curves: each estimate is the engine's, the joint nulls hold, effects are found."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.returns import log_returns, simple_returns
from analysis.publish.figures import draw
from analysis.questions.robustness.cars import CHOICES, claim_tables
from analysis.questions.robustness.curve import curves
from analysis.questions.robustness.designs import claim_days, measured_portfolio, scores
from analysis.questions.robustness.joint_placebo import joint_p, placements
from analysis.questions.robustness.report import compute
from analysis.results import Findings
from analysis.snapshot.load import Snapshot
from analysis.snapshot.portfolios import parse_portfolio
from analysis.snapshot.rules import Rules
from analysis.study.claims import decide_claim
from analysis.study.episodes import averaged, chosen_days, pool
from analysis.study.outcomes import compare_episodes
from analysis.study.panel import Panel, build_panel, chained, under
from analysis.study.responses import cumulate
from analysis.study.variants import coded_events

pytestmark = pytest.mark.slow

CORE = ("MP", "USAR", "CRML")
CLAIMS = ("A3", "A4", "A9", "A11", "B3", "B11")


def reduced(snapshot: Snapshot, draws: int = 99, *claims: str) -> Snapshot:
    """Return the snapshot with short menus: the baseline's choices, two windows, all codings."""
    curve = snapshot.choices.curve
    kept = {
        name: replace(
            rules, models=rules.models[:1], windows=rules.windows[:2], measures=rules.measures[:1]
        )
        for name, rules in curve.claims.items()
        if not claims or name in claims
    }
    short = replace(
        curve, draws=draws, returns=curve.returns[:1], lengths=curve.lengths[:1],
        gaps=curve.gaps[:1], outliers=curve.outliers[:1], claims=kept,
    )  # fmt: skip
    return replace(snapshot, choices=replace(snapshot.choices, curve=short))


@pytest.fixture(scope="module")
def tables(committed):
    return claim_tables(committed)


@pytest.fixture(scope="module")
def short(committed) -> dict[str, pd.DataFrame]:
    """The specifications of the short menus on the committed data."""
    panel = build_panel(reduced(committed.snapshot, 19))
    return {c.claim: c.specifications for c in curves(panel)}


def test_menus_multiply_to_at_least_a_thousand(committed):
    """Every claim has a thousand specifications or more, the product of its menus."""
    curve = committed.snapshot.choices.curve
    shared = (curve.returns, curve.lengths, curve.gaps, curve.outliers, curve.contamination)
    for name, rules in curve.claims.items():
        own = (rules.models, rules.windows, rules.codings, rules.measures)
        assert prod(len(menu) for menu in (*shared, *own)) >= 1000, name


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_combination_appears_once(short, committed, claim):
    """The rows are the product of the menus, without repetition."""
    frame = short[claim]
    rules = committed.snapshot.choices.curve.claims[claim]
    assert len(frame) == 2 * 2 * len(rules.codings)
    assert not frame.duplicated([*CHOICES, "coding"]).any()


@pytest.mark.parametrize("claim", CLAIMS)
def test_first_specification_is_the_ledgers(short, committed, claim):
    """The baseline's estimate and p are those that decide the claim in the ledger."""
    outcome = decide_claim(committed.snapshot.registered[claim], committed)
    first = short[claim].iloc[0]
    assert first["estimate"] == pytest.approx(outcome.effect, rel=1e-10)
    assert first["p"] == pytest.approx(outcome.p, rel=1e-8)
    assert first["episodes"] == sum(int(n) for n in outcome.count.split(" + "))


@pytest.mark.parametrize(
    "rules", [Rules(), Rules(statistic="scar"), Rules(mixture="windows", shared=2)]
)
def test_first_specification_is_the_ledgers_under_any_rules(committed, rules):
    """Estimates, p and episodes follow the rules: also of the registered ones, and of one alone."""
    panel = under(build_panel(reduced(committed.snapshot, 9, "A3", "B3")), rules)
    for curve in curves(panel):
        outcome = decide_claim(panel.snapshot.claims[curve.claim], panel)
        first = curve.specifications.iloc[0]
        assert first["estimate"] == pytest.approx(outcome.effect, rel=1e-10)
        assert first["p"] == pytest.approx(outcome.p, rel=1e-8)
        assert first["episodes"] == sum(int(n) for n in outcome.count.split(" + "))


def test_day_zero_has_episodes_of_its_own(committed, short):
    """Where windows chain by sessions that they share, day 0 alone has more episodes."""
    frame = short["B3"][short["B3"]["coding"] == "baseline"].set_index(["window", "contamination"])
    both, one = frame.loc[("[0, +1]", "exclude")], frame.loc[("[0, 0]", "exclude")]
    assert one["episodes"] > both["episodes"]
    assert committed.rules.mixture == "windows"


@pytest.mark.parametrize("contamination", ["exclude", "keep"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_baseline_tables_are_the_ledgers_cars(committed, tables, claim, contamination):
    """On each event day the table holds the CAR of `cumulate`, clean and with all windows."""
    rules, table = committed.snapshot.choices.curve.claims[claim], tables[claim]
    model = committed.snapshot.choices.curve.models[rules.models[0]]
    kept = contamination == "keep"
    cars = cumulate(
        committed,
        measured_portfolio(committed, committed.snapshot.registered[claim], "share"),
        rules.windows[0],
        clean=False if kept else rules.clean or True,
        factors=model.factors,
    ).at_events(committed)
    at = committed.snapshot.sessions.get_indexer(committed.events.loc[cars.index, "day0"])
    assert len(cars) > 5
    first = next(iter(table.rows))
    asked = CHOICES.index("contamination")
    row = table.rows[(*first[:asked], contamination, *first[asked + 1 :])]
    assert np.allclose(table.car[row, at], cars["car"], rtol=0, atol=1e-12)
    assert np.allclose(table.scar[row, at], cars["scar"], rtol=1e-10)


def one_portfolio(panel: Panel, choice: dict[str, Any], session: int, weights: dict[str, float]):
    """Run the engine on one portfolio and day 0 under a set of choices; CAR and its error."""
    curve = panel.snapshot.choices.curve
    compute = log_returns if choice["returns"] == "log" else simple_returns
    prices = panel.snapshot.prices
    returns = compute(prices).reindex(prices.index).where(panel.returns.notna())
    portfolio = returns[[*weights]] @ pd.Series(weights)
    length, gap = int(choice["length"]), int(choice["gap"])
    if choice["outliers"] == "winsorised":
        window = slice(max(session - gap - length + 1, 0), session - gap + 1)
        known = portfolio.iloc[window].dropna()
        low, high = np.quantile(known, [curve.tail, 1 - curve.tail])
        portfolio = portfolio.copy()
        portfolio.iloc[window] = portfolio.iloc[window].clip(low, high)
    model = curve.models[str(choice["model"])]
    bare = model.model == "market" and not panel.intercept
    first, last = choice["window"]
    fitted = event_study(
        returns.assign(P=portfolio),
        pd.DataFrame({"ticker": ["P"], "day0": [prices.index[session]]}),
        factors=model.factors,
        model="no_intercept" if bare else model.model,
        length=length,
        gap=gap,
        window=(min(first, -1), last),
    )
    return fitted.car(first, last)[["car", "se"]].iloc[0]


@pytest.mark.parametrize("claim", CLAIMS)
def test_any_specification_is_the_engines_event_study(committed, tables, claim):
    """Random choices and days: CAR and error of the closed form are those of `event_study`."""
    rng = np.random.default_rng(sum(map(ord, claim)))
    table = tables[claim]
    weigh = {
        m: measured_portfolio(committed, committed.snapshot.registered[claim], m).weigh(CORE)
        for m in committed.snapshot.choices.curve.claims[claim].measures
    }
    every = [dict(zip(CHOICES, choices, strict=True)) for choices in table.rows]
    whole = [choice for choice in every if choice["contamination"] == "keep"]  # all three firms
    for _ in range(8):
        choice = whole[int(rng.integers(len(whole)))]
        session = int(rng.integers(345, len(committed.snapshot.sessions) - 10))
        weights = weigh[choice["measure"]]
        assert weights is not None
        expected = one_portfolio(committed, choice, session, weights)
        row = table.rows[tuple(choice.values())]
        found = table.car[row, session], table.scar[row, session]
        assert found[0] == pytest.approx(expected["car"], abs=1e-10), choice
        assert found[1] == pytest.approx(expected["car"] / expected["se"], rel=1e-9), choice


@pytest.fixture(scope="module", params=["judgement_out", "judgement_recoded"])
def coded(request, committed) -> tuple[str, Panel]:
    """A coding, and the panel of a study whose event list is coded that way from the start."""
    events = coded_events(committed.events, request.param)
    plain = events.drop(columns=["episode", "mixed", "sign"]).reset_index(names="id")
    return request.param, build_panel(replace(committed.snapshot, events=plain))


@pytest.mark.parametrize("claim", CLAIMS)
def test_specification_is_the_ledgers_test_on_the_recoded_list(short, committed, claim, coded):
    """Coding the events first and running the ledger's own functions gives the same estimate."""
    coding, recoded = coded
    rules = committed.snapshot.choices.curve.claims[claim]
    entry = recoded.snapshot.registered[claim]
    cars = cumulate(
        recoded,
        measured_portfolio(recoded, entry, "share"),
        rules.windows[0],
        clean=rules.clean or True,
        factors=committed.snapshot.choices.curve.models[rules.models[0]].factors,
    ).at_events(recoded)
    ruled = chained(recoded, rules.windows[0])
    values = [averaged(chosen_days(ruled, cars, events)) for events in entry.sides.values()]
    frame = short[claim]
    row = frame[(frame["coding"] == coding) & (frame["contamination"] == "exclude")].iloc[0]
    if len(values) == 2:
        first, second = values
        outcome = compare_episodes(recoded, first, second)
        assert row["estimate"] == pytest.approx(outcome.effect, rel=1e-10)
        assert row["p"] == pytest.approx(outcome.p, rel=1e-8)
    else:
        pooled = pool(values[0], recoded)
        assert pooled is not None
        assert row["estimate"] == pytest.approx(pooled.mean, rel=1e-10)
        assert row["p"] == pytest.approx(pooled.p, rel=1e-8)


def test_codings_do_what_they_say(committed):
    """Judgement calls leave or turn, days move, other scopes leave; nothing else changes."""
    events = committed.events
    judged = events.index[events["alternative_direction"] != ""]
    assert len(judged) >= 5
    assert set(events.index) - set(coded_events(events, "judgement_out").index) == set(judged)
    turned = coded_events(events, "judgement_recoded")
    assert set(turned.index[turned["direction"] != events["direction"]]) == set(judged)
    moved = coded_events(events, "alternative_day")
    assert (moved["day0"] != events["day0"]).sum() == events["alternative_day0"].notna().sum() > 0
    assert set(coded_events(events, "sector_only")["scope"]) == {"sector"}


def test_conditions_and_claimed_sign_of_a_claim_count_in_its_curve(committed):
    """Days are those of the ledger's events; what falls counts for a claim of falls."""
    claim = committed.snapshot.registered["B10"]
    days = claim_days(committed, claim, ["baseline"], [(0, 1)])
    first = committed.snapshot.sessions[days.position.min()]
    assert first > pd.Timestamp(claim.events.after)
    other = claim_days(committed, replace(claim, claimed="negative"), ["baseline"], [(0, 1)])
    one, two = (each.episodes["baseline", (0, 1)].factor for each in (days, other))
    assert (two == -one).all()


def test_measures_of_the_heavy_share_have_one_range(committed):
    """Rank and basket run over the range of the stated share; the order is MP, CRML, USAR."""
    leg = parse_portfolio("slope(core, heavy_share)", committed.snapshot).long
    share = dict(zip(leg.members, leg.scores, strict=True))
    for measure in ("rank", "basket"):
        stretched = scores(committed, leg, measure)
        assert stretched.max() - stretched.min() == pytest.approx(share["USAR"] - share["MP"])
        assert stretched["MP"] == share["MP"]
    middle = (share["MP"] + share["USAR"]) / 2
    assert scores(committed, leg, "rank")["CRML"] == pytest.approx(middle)
    assert scores(committed, leg, "basket")["CRML"] == share["USAR"]


def test_placebo_days_are_clear_and_have_the_same_firms(committed):
    """No moved day lies next to a listed event, and clusters keep the distances of their days."""
    curve = committed.snapshot.choices.curve
    claims = committed.snapshot.registered
    days = [
        claim_days(committed, claims[c], own.codings, own.windows)
        for c, own in curve.claims.items()
    ]
    sessions = committed.snapshot.sessions
    listed = sessions.get_indexer(committed.events["day0"])
    found = placements(committed, days)
    assert min(shifts.size for shifts in found.values()) >= 20
    usar = int(np.flatnonzero(committed.returns["USAR"].notna())[0]) + 60 + 11 - 1
    for calendar in days:
        for position, cluster in zip(calendar.position, calendar.cluster, strict=True):
            moved = position + found[int(cluster)]
            assert (np.abs(moved[:, None] - listed) > curve.clear).all()
            assert ((moved >= usar) == (position >= usar)).all()


def planted(simulate, effect: float, seed: int = 7, noise: float = 0.05) -> Panel:
    """Tightening lifts and easing lowers the core firms by `effect`, on days three weeks apart."""
    sessions = pd.bdate_range("2025-07-14", "2026-06-15", freq="15B")
    rows = [
        {"day0": str(day.date()), "direction": d, "scope": "sector", "alternative_day0": pd.NaT}
        for day, d in zip(sessions, ["tightening", "easing"] * 20, strict=False)
    ]
    rows = [r for r in rows if pd.Timestamp(str(r["day0"])) in simulate.sessions]
    plant = {
        (firm, r["day0"]): effect * (1 if r["direction"] == "tightening" else -1)
        for r in rows
        for firm in CORE
    }
    snapshot = simulate(rows, plant, noise=noise, seed=seed)
    return build_panel(reduced(snapshot, 99, "B3", "A4"))


@pytest.fixture
def planter(simulate, snapshot):
    simulate.sessions = snapshot.sessions
    return lambda effect, seed=7: planted(simulate, effect, seed)


def test_planted_effect_is_found_by_the_whole_curve(planter):
    """Ten percent on every event: all specifications agree, joint p at their smallest."""
    for curve in curves(planter(0.10)):
        summary = curve.summary
        assert summary.share_sign == 1.0
        assert summary.share_significant == 1.0
        truth = 0.10 if curve.claim == "A4" else 0.20
        assert summary.median == pytest.approx(truth, abs=0.05)
        for null in (curve.placebo, curve.flips):
            p = joint_p(summary, null)
            assert p.median <= 0.04
            # The specifications move as one: a null draw is significant in all or in none.
            assert p.share_significant <= 0.1


@pytest.mark.slow
def test_without_an_effect_joint_p_is_uniform(planter):
    """Sixty panels without an effect: joint p below 0.1 about one time in ten, mean near a half."""
    p = np.array(
        [
            [joint_p(curve.summary, null).median for null in (curve.placebo, curve.flips)]
            for seed in range(60)
            for curve in curves(planter(0.0, seed))
        ]
    )
    assert (abs(p.mean(axis=0) - 0.5) < 0.12).all()
    assert ((p <= 0.1).mean(axis=0) < 0.22).all()  # 0.1 and three standard errors of 60 panels


def test_order_of_events_and_firms_changes_nothing(committed):
    """Shuffled event rows and core firms in another order give the same curves."""
    snapshot = reduced(committed.snapshot, 19, "B3", "A3")
    shuffled = snapshot.events.sample(frac=1, random_state=3).reset_index(drop=True)
    firms = replace(snapshot.choices.firms, core=CORE[::-1])
    other = replace(snapshot, events=shuffled, choices=replace(snapshot.choices, firms=firms))
    one, two = curves(build_panel(snapshot)), curves(build_panel(other))
    for a, b in zip(one, two, strict=True):
        assert np.allclose(a.specifications["estimate"], b.specifications["estimate"], atol=1e-12)
        assert np.allclose(a.placebo.median, b.placebo.median, atol=1e-12)
        assert np.allclose(a.flips.median, b.flips.median, atol=1e-12)


@pytest.fixture(scope="module")
def report(committed) -> Findings:
    """What is reported on the short menus."""
    return compute(build_panel(reduced(committed.snapshot, 19)))


def test_report_says_what_the_curves_say(report, committed):
    """Numbers, table, verdicts, figures and data set of the short menus agree with one another."""
    found = report
    numbers = {n.key: n.value for n in found.numbers}
    (table,), (dataset,) = found.tables, found.datasets
    assert table.frame["claim"].tolist() == list(committed.snapshot.choices.curve.claims)
    verdicts = {v.key: v.verdict for v in found.verdicts}
    for row in table.frame.to_dict("records"):
        key = f"curve.{row['claim'].lower()}"
        assert numbers[f"{key}.median"] == row["median"]
        assert verdicts[key] == row["verdict"]
        assert verdicts[f"{key}.unadjusted"] == row["unadjusted"]
        part = dataset.frame[dataset.frame["claim"] == row["claim"]]
        estimates = part.filter(like="_estimate").to_numpy().ravel()
        known = estimates[~np.isnan(estimates)]
        assert len(known) == row["testable"]
        assert np.median(known) == pytest.approx(row["median"], abs=1e-5)
    assert len(found.figures) == len(table.frame)
    for figure in found.figures:
        curve = figure.data["curve"]
        assert curve["estimate"].is_monotonic_increasing
        assert len(figure.data["baseline"]) == 1
        options = figure.data["options"]
        # A bin holds each option of a choice in the proportions that its shares say.
        assert (options["share"] >= 0).all()
        assert options["share"].mean() == pytest.approx(1.0, abs=0.35)


def test_drawing_stays_small(report, tmp_path):
    """The figure of a curve is below the 400 kB that the page can take."""
    draw(report.figures[0], tmp_path / "curve.svg")
    assert 20_000 < (tmp_path / "curve.svg").stat().st_size < 400_000


def test_claim_without_episodes_is_not_testable(simulate):
    """Two easing events cannot be tested: a verdict, no estimate and no figure."""
    rows = [
        {"day0": day, "direction": "easing", "scope": "sector", "alternative_day0": pd.NaT}
        for day in ("2026-01-12", "2026-02-10")
    ]
    found = compute(build_panel(reduced(simulate(rows), 19, "A9")))
    verdicts = {v.key: v.verdict for v in found.verdicts}
    assert verdicts["curve.a9"] == "not testable"
    assert "curve.a9.median" not in {n.key for n in found.numbers}
    assert found.figures == []
