"""Later looks at the claims that are not decided: when they come and what each of them says.

The plan is made from the data of the days that ``[register]`` in ``study.toml`` names and from no
later ones, so that it stays what it is while data arrive. A claim is looked at by its own test when
it has so many episodes (months, sessions) that this look would find an effect of the bound with the
power of the study, or twice as many as now if that is more; then each time their number has
doubled. A look uses the data to the day on which the number was reached, however late it is taken.
It decides if its p lies below ``size / (claims 2^look)``: see
:func:`analysis.estimators.multiplicity.spend`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from analysis.estimators.dependence.lead_lag import detectable, needed_pairs
from analysis.estimators.multiplicity import spend
from analysis.estimators.significance import minimum_detectable
from analysis.questions.ledger.paragraphs import testable_from
from analysis.snapshot.claims import (
    Claim,
    Correlation,
    Equivalence,
    Mean,
    OnEvents,
    VarianceShare,
    Waiting,
)
from analysis.snapshot.cut import cut_snapshot
from analysis.study.claims import decide_claim
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import NOT_TESTABLE, Outcome
from analysis.study.panel import Panel, build_panel, under
from analysis.study.verdicts import CANNOT, judge

__all__ = ["Planned", "is_open", "plan", "take_looks", "threshold"]

YEAR = 365.25  # days
Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Planned:
    """A claim that is not decided and its first look.

    Attributes
    ----------
    claim : Claim
    outcome : Outcome
        With the data of the plan.
    verdict : str
        With them.
    now, needed : tuple of int
        Episodes of each side, months or sessions: as there were, and as the first look needs.
    rates : tuple of float
        How many came in a year; none for sessions.
    detectable : float or None
        Effect that the first look would find; None where no spread is known yet.
    day : Timestamp or None
        From when there are so many: of sessions by the calendar, else expected at the rates
        observed; None where none has come so far.
    """

    claim: Claim
    outcome: Outcome
    verdict: str
    now: Sizes
    needed: Sizes
    rates: tuple[float, ...]
    detectable: float | None
    day: pd.Timestamp | None

    def needs(self, look: int) -> Sizes:
        """Return how many the look needs, counted from one."""
        most = self.claim.sessions[1] if isinstance(self.claim, Waiting) else math.inf
        return tuple(int(min(size * 2 ** (look - 1), most)) for size in self.needed)


def is_open(claim: Claim, verdict: str) -> bool:
    """Say whether a confirmatory claim is not decided and later data can decide it."""
    if isinstance(claim, VarianceShare):  # it has no p that later looks could pay for
        return False
    waits = verdict in (NOT_TESTABLE, CANNOT) or verdict.endswith("within noise")
    if isinstance(claim, OnEvents):
        more = not any(side.before or side.only for side in claim.sides.values())
        undecided = waits or (isinstance(claim, Equivalence) and verdict == "mixed")
    else:
        more, undecided = isinstance(claim, (Correlation, Waiting)), waits
    return more and undecided


def _as_planned(panel: Panel) -> Panel:
    """Return the panel of the data that the plan was made from."""
    register, sessions = panel.snapshot.choices.register, panel.snapshot.sessions
    known, prices = pd.Timestamp(register.known), pd.Timestamp(register.prices)
    if sessions[-1] <= prices:
        return panel
    return under(build_panel(cut_snapshot(panel.snapshot, known, prices)), panel.rules)


def plan(panel: Panel) -> list[Planned]:
    """Plan the first look at every claim that is not decided, in the order of the claims."""
    panel = _as_planned(panel)
    every = panel.claims
    claims = {name: claim for name, claim in every.items() if claim.status == "confirmatory"}
    results = {name: decide_claim(claim, panel) for name, claim in claims.items()}
    verdicts = {name: verdict for name, (_, verdict) in judge(panel, results).items()}
    waiting = [name for name, verdict in verdicts.items() if is_open(claims[name], verdict)]
    held = threshold(panel, len(waiting), 1)
    return [_planned(claims[n], results[n], verdicts[n], panel, held) for n in waiting]


def _planned(claim: Claim, outcome: Outcome, verdict: str, panel: Panel, held: float) -> Planned:
    now, last = _sizes(claim, outcome), panel.snapshot.sessions[-1]
    if isinstance(claim, Waiting):
        start = testable_from(claim, panel)
        return Planned(claim, outcome, verdict, now, claim.sessions[:1], (), None, start)
    needed, effect = _first_look(claim, outcome, now, panel, held)
    rates = tuple(
        count / ((last - start).days / YEAR)
        for count, start in zip(now, _starts(claim, panel), strict=True)
    )
    years = max(
        (need - count) / rate if rate else math.inf
        for need, count, rate in zip(needed, now, rates, strict=True)
    )
    day = None if math.isinf(years) else last + pd.Timedelta(days=math.ceil(YEAR * years))
    return Planned(claim, outcome, verdict, now, needed, rates, effect, day)


def _sizes(claim: Claim, outcome: Outcome) -> Sizes:
    """Read the episodes of each side, the months or the sessions off a count."""
    sizes = tuple(map(int, re.findall(r"\d+", outcome.count)))
    return sizes[:1] if isinstance(claim, Waiting) else sizes


def _starts(claim: Claim, panel: Panel) -> list[pd.Timestamp]:
    """Return since when what a claim counts could come: for each side of events, or for months."""
    first = panel.snapshot.events["day0"].min()
    if not isinstance(claim, OnEvents):
        return [panel.snapshot.sessions[0]]
    return [max(first, pd.Timestamp(side.after or first)) for side in claim.sides.values()]


def _first_look(
    claim: Claim, outcome: Outcome, now: Sizes, panel: Panel, held: float
) -> tuple[Sizes, float | None]:
    """Return how many the first look needs, and the effect that it would find.

    Both at the threshold that its p is ``held`` against, with the spread observed so far.
    """
    inference, bounds = panel.snapshot.choices.inference, panel.snapshot.choices.register.bounds
    if isinstance(claim, Correlation):
        pairs = needed_pairs(bounds.correlation, "pearson", inference.power, held)
        pairs = max(pairs, 2 * now[0])
        return (pairs,), detectable(pairs, "pearson", inference.power, held)
    if outcome.detectable is None:
        return tuple(max(FEWEST, count) for count in now), None
    bound = getattr(bounds, claim.response) if isinstance(claim, Mean) else bounds.car
    fewest = min(now)

    def found(smaller: int) -> float:
        """Scale the detectable effect to other numbers, in the same proportion of the sides."""
        at, of = (
            float(minimum_detectable(count**-0.5, count - 1, inference.power, level))
            for count, level in ((smaller, held), (fewest, inference.size))
        )
        return float(outcome.detectable or 0.0) * at / of

    smaller = 2 * fewest
    while found(smaller) > bound:
        smaller += 1
    return tuple(math.ceil(count * smaller / fewest) for count in now), found(smaller)


def threshold(panel: Panel, claims: int, look: int) -> float:
    """Return what the p-value of a look is held against."""
    return spend(panel.snapshot.choices.inference.size, max(claims, 1), look)


def take_looks(panel: Panel) -> pd.DataFrame:
    """Take the looks whose day has come.

    Returns
    -------
    DataFrame
        One row a claim and look: ``claim``, ``look``, ``day`` (session on which there were
        enough), ``sample``, ``effect``, ``p``, ``threshold``, ``verdict`` (``supported``,
        ``contradicted``, ``not decided``). A claim that a look has decided is not looked at again.
    """
    rows: list[dict[str, object]] = []
    if _as_planned(panel) is not panel:
        planned = plan(panel)
        known = cache(
            lambda day: under(build_panel(cut_snapshot(panel.snapshot, day)), panel.rules)
        )
        for each in planned:
            rows += _looks_at(each, panel, known, len(planned))
    columns = ["claim", "look", "day", "sample", "effect", "p", "threshold", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _looks_at(
    planned: Planned, panel: Panel, known: Callable[[pd.Timestamp], Panel], claims: int
) -> Iterator[dict[str, object]]:
    """Yield the looks at one claim until one decides or the data end."""
    claim, look, before = planned.claim, 1, planned.now
    now = _sizes(claim, decide_claim(claim, panel))
    while _reached(now, planned.needs(look)) and planned.needs(look) != before:
        before = planned.needs(look)
        day = _day_reached(claim, before, panel, known)
        held = threshold(panel, claims, look)
        outcome, said = _decide(claim, known(day), held)
        yield {
            "claim": claim.id,
            "look": look,
            "day": day,
            "sample": outcome.count,
            "effect": outcome.effect,
            "p": outcome.p,
            "threshold": held,
            "verdict": said,
        }
        if said != "not decided":
            return
        look += 1


def _reached(sizes: Sizes, needed: Sizes) -> bool:
    return all(size >= need for size, need in zip(sizes, needed, strict=True))


def _day_reached(
    claim: Claim, needed: Sizes, panel: Panel, known: Callable[[pd.Timestamp], Panel]
) -> pd.Timestamp:
    """Find by bisection the first session at whose close there were enough."""
    prices = pd.Timestamp(panel.snapshot.choices.register.prices)
    days = panel.snapshot.sessions[panel.snapshot.sessions > prices]
    low, high = 0, len(days) - 1
    while low < high:
        middle = (low + high) // 2
        outcome = decide_claim(claim, known(days[middle]))
        enough = _reached(_sizes(claim, outcome), needed)
        low, high = (low, middle) if enough else (middle + 1, high)
    return days[low]


def _decide(claim: Claim, panel: Panel, held: float) -> tuple[Outcome, str]:
    """Run the test of a claim and hold its p against the threshold of the look."""
    if isinstance(claim, Equivalence):  # its interval is that of two one-sided tests
        claim = replace(claim, interval=1 - 2 * held)
    outcome = decide_claim(claim, panel)
    if isinstance(claim, Equivalence) and outcome.verdict == "supported":
        return outcome, outcome.verdict
    if outcome.p is None or outcome.effect is None or outcome.p >= held:
        return outcome, "not decided"
    agrees = outcome.effect * outcome.sign > 0 and not isinstance(claim, Equivalence)
    return outcome, "supported" if agrees else "contradicted"
