"""The registered tests of the earlier years, and removals of their episodes.

Everything follows the registration: what it lists is shown, and nothing is added to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.questions.before.beside import report_beside, run_beside, tell_own_news
from analysis.questions.before.detectable import detectable_effects
from analysis.reads import Made, make
from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import (
    Column,
    Interval,
    Scalar,
    numbers_of,
    scalar_numbers,
    table_of,
    verdicts_of,
)
from analysis.results.formats import format_value, percent
from analysis.snapshot.claims import OnEvents, Variance
from analysis.snapshot.load import Snapshot
from analysis.study.calendars import Calendars, Episodes, rotate
from analysis.study.each_firm_removals import remove_from_family, remove_squares
from analysis.study.each_firm_runs import registered_run
from analysis.study.each_firm_tests import Run, decide_run, list_tested, run_tests
from analysis.study.tipping import DECISIVE
from analysis.study.tipping_search import EXACT

__all__ = [
    "Registered",
    "decide_registered",
    "remove_episodes",
    "report_outcomes",
]

KEY = "before.{claim}"
RESULTS: tuple[Column | Interval, ...] = (
    Column("claim", "Claim"),
    Column("statement", "Statement"),
    Column("episodes", "K", "text", "episodes", "episodes of {claim}", ".episodes"),
    Column("scar", "Estimate", "decimal2", "standard errors",
           "{statement}: mean SCAR over episodes or difference of means, of {claim}", ".scar",
           se="se", low="low", high="high", p="p"),
    Interval("{level} interval", "low", "high", "decimal2"),
    Column("p", "p", "pvalue", "p-value", "p of the test of record of {claim}, unadjusted", ".p"),
    Column("holm", "Holm p", "pvalue", "p-value", "p of {claim} adjusted by Holm's method",
           ".holm"),
    Column("rotations", "Rotations p", "pvalue", "p-value",
           "p of all rotations of the calendar, of {claim}", ".rotations"),
    Column("rotations_mean", "", "pvalue", "p-value",
           "p of all rotations of the calendar compared by the mean itself, of {claim}",
           ".rotations_mean"),
    Column("t", "", "decimal2", "t", "t across episodes of {claim}", ".t"),
    Column("df", "", "integer", "count", "degrees of freedom of {claim}", ".df"),
    Column("rotated", "", "integer", "count", "rotations of the calendar of {claim}", ".rotated"),
    Column("elsewhere", "", "decimal2", "squared standard errors",
           "mean square of {claim} over rotated calendars", ".elsewhere"),
    Column("car", "Mean CAR", "percent1", "fraction",
           "mean CAR over episodes or difference of means, of {claim}", ".car"),
    Column("own_news", "Own news left in"),
    Column("verdict", "Verdict"),
)  # fmt: skip
REMOVALS: tuple[Column | Interval, ...] = (
    Column("claim", "Claim"),
    Column("verdict", "Verdict"),
    Interval("Estimate", "estimate_low", "estimate_high", "decimal2", "estimates"),
    Column("estimate_low", "", "decimal2", "standard errors",
           "smallest estimate of {claim} with one episode left out", ".one_out.low"),
    Column("estimate_high", "", "decimal2", "standard errors",
           "largest estimate of {claim} with one episode left out", ".one_out.high"),
    Interval("p", "p_low", "p_high", "pvalue", "ps"),
    Column("p_low", "", "pvalue", "p-value", "smallest p of {claim} with one episode left out",
           ".one_out.p_low"),
    Column("p_high", "", "pvalue", "p-value", "largest p of {claim} with one episode left out",
           ".one_out.p_high"),
    Column("size", "Turned by", "words", "episodes",
           "fewest episodes found whose removal turns the verdict of {claim}", ".turned_by"),
    Column("to", "To"),
    Column("removed", "Removed"),
)  # fmt: skip
ONE_BY_ONE = (  # columns that are numbers and stand in no table by themselves
    *("rotations_mean", "t", "df", "rotated", "elsewhere"),
    *("estimate_low", "estimate_high", "p_low", "p_high"),
)
NOTE = (
    "K: episodes. Estimate: mean over episodes of the mean SCAR of the firms, of {squares} the "
    "mean squared SAR of day 0, which is {elsewhere} on average over rotated calendars. p: t "
    "across episodes, two-sided, of {squares} that of rotations, one-sided; Holm: over the others. "
    "Rotations: all {rotated} of the calendar. Own news left in: estimate and p with firms in the "
    "events that are their own news. The mean CAR has neither interval nor p. "
    "Decided at {size}; a test whose detectable effect exceeds {bound} of the price cannot decide."
)
REMOVALS_NOTE = (
    "Estimate and p (unadjusted): range with one episode of the test left out in turn. Turned by: "
    "the fewest episodes found whose removal turns the verdict, with p, Holm's adjustment and "
    "detectable effect recomputed; every set of up to {exact} is tried, larger ones are grown "
    "from those that push the test furthest."
)


@dataclass(frozen=True)
class Registered:
    """The registered run: what it rests on, and what it says.

    Attributes
    ----------
    run : Run
    claims : dict of str to OnEvents
    calendar : Calendars
    found, moved : Episodes
        Of the calendar and of all its rotations.
    tests : DataFrame
        See :func:`analysis.study.each_firm_tests.decide_run`.
    spread : float
        Standard deviation of the firms' mean CAR on quiet days (fraction).
    """

    run: Run
    claims: dict[str, OnEvents]
    calendar: Calendars
    found: Episodes
    moved: Episodes
    tests: pd.DataFrame
    spread: float


def decide_registered(snapshot: Snapshot) -> Registered:
    """Run the registered tests and decide them, once for a study."""
    return _decided(snapshot).use()


@lru_cache(maxsize=2)
def _decided(snapshot: Snapshot) -> Made[Registered]:
    return make(lambda: _decide(snapshot))


def _decide(snapshot: Snapshot) -> Registered:
    claims, run = list_tested(snapshot.claims), registered_run(snapshot)
    calendar = run.calendar(snapshot)
    found = run.average(snapshot, calendar)
    moved = run.average(snapshot, rotate(snapshot, calendar))
    effects, quiet = detectable_effects(snapshot)
    detectable = dict(zip(effects["claim"], effects["car"], strict=True))
    tests = decide_run(snapshot, run_tests(snapshot, claims, found, moved), claims, detectable)
    spread = float(quiet["car"].std())
    return Registered(run, claims, calendar, found, moved, tests, spread)


def remove_episodes(snapshot: Snapshot, held: Registered) -> pd.DataFrame:
    """Leave episodes out of the registered tests.

    Returns
    -------
    DataFrame
        One row a claim: ``claim``, ``verdict``, ``estimate_low``, ``estimate_high``, ``p_low``,
        ``p_high``, ``size`` (missing where nothing turns the verdict), ``to``, ``removed``.
    """
    family = {key: claim for key, claim in held.claims.items() if claim.family}
    found = remove_from_family(snapshot, held.calendar, held.found, family, held.spread)
    for key, claim in held.claims.items():
        if isinstance(claim, Variance):
            found[key] = remove_squares(snapshot, held.calendar, held.found, held.moved, claim)
    rows = []
    for key in held.claims:
        each, turn = found[key], found[key].turn
        rows.append(
            {
                "claim": key,
                "verdict": each.verdict,
                "estimate_low": each.estimates.min(),
                "estimate_high": each.estimates.max(),
                "p_low": each.p.min(),
                "p_high": each.p.max(),
                "size": np.nan if turn is None else turn.size,
                "to": "never" if turn is None else turn.verdict,
                "removed": "" if turn is None else "; ".join(turn.labels),
            }
        )
    return pd.DataFrame(rows)


def report_outcomes(snapshot: Snapshot, held: Registered) -> Findings:
    """Publish the tests, the runs beside and the removals."""
    source = Provenance.of(decide_registered, "as registered, before any response was computed")
    beside = run_beside(snapshot)
    inference, tests = snapshot.choices.inference, held.tests
    squares = tests[[isinstance(claim, Variance) for claim in held.claims.values()]]
    shown = tests.assign(own_news=tell_own_news(tests, beside))
    findings = Findings(
        numbers=numbers_of(shown, RESULTS, KEY, source, level=inference.level),
        tables=[
            table_of(
                "before_results",
                shown,
                [c for c in RESULTS if c.name not in ONE_BY_ONE],
                source,
                NOTE,
                level=percent(inference.level),
                squares=", ".join(squares["claim"]),
                elsewhere=format_value(float(squares["elsewhere"].mean()), "decimal2"),
                rotated=format_value(int(tests["rotated"].max()), "integer"),
                size=percent(inference.size),
                bound=percent(snapshot.choices.registered.bound["car"]),
            )
        ],
        verdicts=verdicts_of(
            shown, "verdict", KEY, "{statement}: Holm p against the size of tests, as registered",
            "estimate {scar:.4f}, p {p:.4g}, Holm p {holm:.4g}, rotations p {rotations:.4g}",
            source,
        ),
    )  # fmt: skip
    return findings.extend(
        [
            _family(held, inference.size),
            report_beside(beside, tests, inference.size),
            _removals(snapshot, held),
        ]
    )


def _family(held: Registered, size: float) -> Findings:
    """Count what came out of the tests that Holm's method adjusts."""
    source = Provenance.of(decide_registered, "tests that Holm's method adjusts")
    tests = held.tests[[claim.family for claim in held.claims.values()]]
    decided = tests.loc[tests["verdict"].isin(DECISIVE), "claim"]
    counts: dict[str, Scalar] = {
        "tests": (len(tests), "tests that Holm's method adjusts"),
        "unadjusted": (int((tests["p"] < size).sum()), "of these with an unadjusted p below size"),
        "decided": (len(decided), "of these supported or contradicted"),
    }
    return Findings(
        numbers=scalar_numbers("before.family", counts, source, format="words"),
        verdicts=[
            Verdict(
                "before.family",
                "some" if len(decided) else "none",
                "whether any of the adjusted tests is supported or contradicted",
                f"decided: {', '.join(decided) or 'none'}",
                source,
            )
        ],
    )


def _removals(snapshot: Snapshot, held: Registered) -> Findings:
    source = Provenance.of(remove_episodes, "episodes of the registered tests")
    rows = remove_episodes(snapshot, held)
    shown = [c for c in REMOVALS if c.name not in ONE_BY_ONE]
    return Findings(
        numbers=numbers_of(rows, REMOVALS, KEY, source),
        tables=[table_of("before_removals", rows, shown, source, REMOVALS_NOTE, exact=EXACT)],
    )
