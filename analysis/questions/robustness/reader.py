"""What the rule of each claim returns under the choices of a reader.

Every claim on CARs is decided anew for every combination of window, benchmark, model, estimation
length, coding of events and contamination, by its own rule and with the p of the family adjusted
over the same combination. All of it was specified after results were known, and is exploratory.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.multiplicity import holm_each
from analysis.questions.before.claims_beside import is_conditioned, match_tests
from analysis.questions.requirements import LEDGER, MENUS, Need
from analysis.questions.robustness.designs import Days, claim_days
from analysis.questions.robustness.reader_cars import Holdings, measure_cars
from analysis.questions.robustness.reader_menus import (
    Menus,
    argued_claims,
    make_menus,
    name_normal,
    own_normal,
    own_window,
    restate,
)
from analysis.questions.robustness.reader_tests import Tested, join, run_test
from analysis.results import Dataset, Findings, Format, Provenance
from analysis.results.formats import brackets
from analysis.results.printed import print_p, print_values
from analysis.snapshot.claims import Claim, OnEvents, VarianceShare
from analysis.snapshot.eligibility import news_window
from analysis.snapshot.portfolios import parse_portfolio
from analysis.study.claim_kinds import judge_share
from analysis.study.claims import decide_claim
from analysis.study.each_firm_tests import list_tested
from analysis.study.earlier import earlier_study, has_beside
from analysis.study.outcomes import NOT_TESTABLE, Outcome
from analysis.study.panel import Panel
from analysis.study.tipping_rules import judge_many
from analysis.study.verdicts import belongs

__all__ = ["Answers", "answer_choices", "compute"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bounds = tuple[int, int]
NEEDS = (
    LEDGER,
    MENUS,
    Need(
        "rules without recentring",
        lambda snapshot: snapshot.choices.ruling.normal != "recentred",
    ),
)
OWN = "the claim's own"
SAMPLE = "every claim on CARs under every combination of the menus"


@dataclass(frozen=True)
class Answers:
    """What one claim's rule returns under every combination of choices.

    Attributes
    ----------
    claim : OnEvents
    effect, low, high : array, (windows, contamination, codings, normals, lengths)
        Estimate and interval of the study's level, in the unit of the claim; NaN: not testable.
    p, holm : array
        Of the test of record, and adjusted over the family under the same choices.
    verdict : array of str
    episodes : array, (..., 2)
        On the first and, of a difference, on the second side.
    """

    claim: OnEvents
    effect: Floats
    low: Floats
    high: Floats
    p: Floats
    holm: Floats
    verdict: npt.NDArray[np.str_]
    episodes: Ints


def answer_choices(panel: Panel) -> tuple[Menus, dict[str, Answers]]:
    """Decide every claim on CARs under every combination of the menus."""
    menus, claims = make_menus(panel), argued_claims(panel.claims)
    tested = _test_all(panel, menus, claims)
    family = [key for key, claim in claims.items() if _in_family(claim, panel)]
    others = [np.full(menus.size, p) for p in _other_p(panel, claims)]
    adjusted = holm_each(np.vstack([*(tested[key].found.p for key in family), *others]))
    holm = dict(zip(family, adjusted, strict=False))
    return menus, {
        key: _answer(panel, menus, claim, tested[key], holm.get(key))
        for key, claim in claims.items()
    }


def _answer(
    panel: Panel, menus: Menus, claim: OnEvents, tested: Tested, holm: Floats | None
) -> Answers:
    """Judge what the test of a claim found, and lay it out by choice."""
    if isinstance(claim, VarianceShare):
        verdict = judge_share(claim, tested.low, tested.high)
        verdict = np.where(np.isnan(tested.low), NOT_TESTABLE, verdict)
    else:
        symmetric = panel.rules.verdicts == "symmetric"
        verdict = judge_many(claim, panel, tested.found, holm, symmetric=symmetric)
    verdict = np.where(verdict == NOT_TESTABLE, panel.rules.few, verdict)
    effect = np.where(np.isnan(tested.low), np.nan, tested.found.effect)
    adjusted = np.full(menus.size, np.nan) if holm is None else holm
    shape = menus.shape
    return Answers(
        claim,
        effect=effect.reshape(shape),
        low=tested.low.reshape(shape),
        high=tested.high.reshape(shape),
        p=tested.found.p.reshape(shape),
        holm=adjusted.reshape(shape),
        verdict=verdict.reshape(shape),
        episodes=tested.episodes.reshape(*shape, 2),
    )


def _in_family(claim: OnEvents, panel: Panel) -> bool:
    """Say whether a claim is adjusted with others once it has a p."""
    return belongs(claim, Outcome(None, confirmatory=claim.family), panel.rules)


def _other_p(panel: Panel, argued: Mapping[str, OnEvents]) -> list[float]:
    """Return the p of the claims of the family that no choice reaches, as the ledger has them."""
    rest = {key: claim for key, claim in panel.claims.items() if key not in argued}
    outcomes = {key: decide_claim(claim, panel) for key, claim in rest.items() if not claim.verdict}
    return [
        outcome.p
        for key, outcome in outcomes.items()
        if outcome.p is not None and belongs(rest[key], outcome, panel.rules)
    ]


def _test_all(panel: Panel, menus: Menus, claims: Mapping[str, OnEvents]) -> dict[str, Tested]:
    """Run the test of every claim under every combination, in the order of the menus."""
    holdings = Holdings(panel, max(menus.lengths))
    cells = {key: _list_cells(claim, panel, menus) for key, claim in claims.items()}
    days: dict[str, Days] = {}
    rows: dict[tuple[str, Bounds | None], Ints] = {}
    for key, claim in claims.items():
        windows = dict.fromkeys(window for window, _ in cells[key])
        days[key] = claim_days(panel, claim, menus.codings, list(windows))
        portfolio = parse_portfolio(claim.of, panel.snapshot)
        for clean in dict.fromkeys(clean for _, clean in cells[key]):
            rows[key, clean] = holdings.place(portfolio, days[key].position, clean)
    asked = {window for each in cells.values() for window, _ in each}
    followed = {f for claim in claims.values() if (f := getattr(claim, "follows", None))}
    cars = measure_cars(panel, menus, holdings, sorted(asked | followed))

    normal = {key: own_normal(claim, panel, menus) for key, claim in claims.items()}
    own = {key: cars.beginning(place) if place else cars for key, place in normal.items()}

    @cache
    def run(key: str, window: Bounds, clean: Bounds | None) -> Tested:
        every = (days[key].episodes[coding, window] for coding in menus.codings)
        place = rows[key, clean]
        return join([run_test(panel, claims[key], own[key], window, place, e) for e in every])

    return {key: join([run(key, *cell) for cell in cells[key]]) for key in claims}


def _list_cells(claim: OnEvents, panel: Panel, menus: Menus) -> list[tuple[Bounds, Bounds | None]]:
    """List window and clean days of a claim for every window and way with other news."""
    cells: list[tuple[Bounds, Bounds | None]] = []
    for window in menus.windows:
        stated = restate(claim, panel, window) or claim
        days = own_window(stated, panel)
        clean = stated.clean or news_window(days)
        cells += [(days, None if way == "keep" else clean) for way in menus.contamination]
    return cells


def compute(panel: Panel) -> Findings:
    """Answer every combination of choices, as the page needs it."""
    menus, answers = answer_choices(panel)
    source = Provenance.later(answer_choices, SAMPLE)
    frames = {
        "reader_grid": _lay_out(menus, answers),
        "reader_claims": _describe(panel, menus, answers),
    }
    return Findings(datasets=[Dataset(name, frame, source) for name, frame in frames.items()])


def _lay_out(menus: Menus, answers: Mapping[str, Answers]) -> pd.DataFrame:
    """Put every combination in a row, with seven columns a claim.

    Numbers are whole, as they are printed: effects and bounds in the last decimal of the format of
    the claim, p-values in thousandths; zero is below one of them.
    """
    options: dict[str, list[Hashable]] = {
        "window": [brackets(window) if window else OWN for window in menus.windows],
        "contamination": list(menus.contamination),
        "coding": list(menus.codings),
        "normal": [name_normal(normal) for normal in menus.normals],
        "length": list(menus.lengths),
    }
    columns: dict[str, object] = {}
    for key, each in answers.items():
        for name in ("effect", "low", "high"):
            columns[f"{key}.{name}"] = print_values(getattr(each, name), _format_of(each.claim))
        for name in ("p", "holm"):
            columns[f"{key}.{name}"] = print_p(getattr(each, name))
        columns[f"{key}.verdict"] = each.verdict.ravel()
        columns[f"{key}.episodes"] = each.episodes[..., 0].ravel()
        columns[f"{key}.second"] = each.episodes[..., 1].ravel()
    rows = pd.MultiIndex.from_product([*options.values()], names=[*options])
    return pd.concat([rows.to_frame(index=False), pd.DataFrame(columns)], axis=1)


def _format_of(claim: OnEvents) -> Format:
    """Return how the effect of a claim on CARs is printed."""
    return "percent0" if isinstance(claim, VarianceShare) else "percent1"


def _describe(panel: Panel, menus: Menus, answers: Mapping[str, Answers]) -> pd.DataFrame:
    """Say of every claim which choices apply, and which window it takes for each of the menu.

    Returns
    -------
    DataFrame
        ``claim``, ``statement``, ``format`` (empty: no choice applies), ``sides`` (of a difference
        two), ``reach`` (which choices do not apply), ``windows`` (one for each of the menu, with
        semicolons; empty where the claim keeps its own), ``earlier`` (the registered test of
        the years before that asks the same), ``conditioned`` (the claim asks for fewer of the
        events of its directions than that test), ``size`` (of the tests).
    """
    tests: dict[str, str] = {}
    if has_beside(panel.snapshot):
        earlier = list_tested(earlier_study(panel.snapshot).claims)
        tests = match_tests(panel.claims, earlier, panel.snapshot.choices.windows.primary_bounds)
    rows = []
    for key, claim in panel.claims.items():
        argued = key in answers and isinstance(claim, OnEvents)
        taken = []
        if argued and isinstance(claim, OnEvents):
            stated = [restate(claim, panel, window) for window in menus.windows]
            taken = ["" if each is None else brackets(own_window(each, panel)) for each in stated]
        rows.append(
            {
                "claim": key,
                "statement": claim.statement,
                "format": _format_of(answers[key].claim) if argued else "",
                "sides": len(claim.sides) if isinstance(claim, OnEvents) else 0,
                "reach": _tell_reach(claim, argued=argued),
                "windows": ";".join(taken),
                "earlier": tests.get(key, ""),
                "conditioned": is_conditioned(claim),
                "size": panel.snapshot.choices.inference.size,
            }
        )
    return pd.DataFrame(rows)


def _tell_reach(claim: Claim, *, argued: bool) -> str:
    """Say which choices do not apply to a claim."""
    if not argued:
        if isinstance(claim, OnEvents):
            return "no window of abnormal returns and no model, and its events are not recoded"
        return "no event window and no model"
    if getattr(claim, "follows", None):
        return "signed by the move of the days before, so that no window but its own applies"
    window = claim.window if isinstance(claim, OnEvents) else None
    if window and window[0] > 0:
        return "about the days after the news: of a window its last day alone applies"
    return ""
