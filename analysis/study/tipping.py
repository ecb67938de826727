"""Tipping points: the smallest change of each sort that turns the verdict of a claim.

Whatever is changed, a test across episodes sees sums over them. A sort of change says what these
sums are under any set of its changes (:mod:`analysis.study.changes`), a rule makes verdicts of them
(:mod:`analysis.study.tipping_rules`), and one search serves all
(:mod:`analysis.study.tipping_search`). Other claims keep their p.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.estimators.arrays import Bools, Floats
from analysis.snapshot.claims import OnEvents
from analysis.study.changes import drop_episodes, move_events, recode_events
from analysis.study.claim_kinds import chained_for, responses_of
from analysis.study.episodes import chosen_days
from analysis.study.outcomes import NOT_TESTABLE
from analysis.study.panel import Panel
from analysis.study.put_back import put_windows_back
from analysis.study.tipping_rules import Measured, Words, rule_of
from analysis.study.tipping_search import Change, Turn, search

__all__ = ["DECISIVE", "SORTS", "Tipping", "tip_claim"]

DECISIVE = ("supported", "contradicted")
SORTS = ("dropped", "recoded", "moved", "put back")


@dataclass(frozen=True)
class Tipping:
    """What turns the verdict of one claim.

    Attributes
    ----------
    claim : OnEvents
    verdict : str
        As the rule has it.
    full : Measured
        The test as it stands, one value.
    changes : mapping of str to Change
        By sort, in the order of :data:`SORTS`.
    turns : mapping of str to mapping of str to Turn
        By sort and target: ``turned``, to any other verdict; ``decided``, from an open verdict to
        supported or contradicted, or from these to an open one. Without what nothing reaches.
        Too few episodes for a test are no turn.
    one_out : Measured
        The test with each episode left out in turn, as ``changes["dropped"]`` lists them.
    verdicts : array of str
        What each of these is judged to be.
    """

    claim: OnEvents
    verdict: str
    full: Measured
    changes: Mapping[str, Change]
    turns: Mapping[str, Mapping[str, Turn]]
    one_out: Measured
    verdicts: Words

    @property
    def tested(self) -> bool:
        """Whether there is a test, so that its verdict can be lost."""
        return self.verdict != NOT_TESTABLE

    @property
    def spare(self) -> bool:
        """Whether an episode can be left out and a test be left."""
        return bool(np.isfinite(self.one_out.p).any())


def tip_claim(
    claim: OnEvents,
    panel: Panel,
    others: Floats | None,
    elsewhere: Panel | None = None,
    sorts: Collection[str] = SORTS,
) -> Tipping:
    """Find the tipping points of one claim.

    Parameters
    ----------
    claim : OnEvents
    panel : Panel
        Its rules of inference are the rule: :func:`analysis.study.tipping_rules.rule_of`.
    others : array or None
        The p-values of the other claims of the family, which stay; None outside the family.
    elsewhere : Panel, optional
        See :func:`analysis.study.changes.panel_elsewhere`; without it no event is moved.
    sorts : collection of str, optional
        Sorts of changes that are looked for; of episodes left out there is the test in any case.
    """
    rule, responses = rule_of(panel.rules), responses_of(claim, panel)
    found, ruled = responses.at_events(panel), chained_for(claim, panel)
    sides = [chosen_days(ruled, found, events) for events in claim.sides.values()]
    dropped = drop_episodes(sides, rule)
    makers: dict[str, Callable[[], Change]] = {
        "dropped": lambda: dropped,
        "recoded": lambda: recode_events(claim, panel, rule, responses),
        "moved": lambda: move_events(claim, panel, rule, responses, elsewhere),
        "put back": lambda: put_windows_back(claim, panel, rule, responses.clean),
    }
    judge = rule.judge(claim, panel, others)
    full = rule.measure(dropped.sums(np.zeros((1, len(dropped.labels)), dtype=bool)))
    verdict = str(judge(full)[0])
    targets: dict[str, Callable[[Words], Bools]] = {
        "turned": lambda to: (to != verdict) & (to != NOT_TESTABLE),
        "decided": lambda to: (
            (np.isin(to, DECISIVE) != (verdict in DECISIVE)) & (to != NOT_TESTABLE)
        ),
    }
    named = {name: make() for name, make in makers.items() if name in sorts}
    turns = {name: search(each, rule.measure, judge, targets) for name, each in named.items()}
    one_out = rule.measure(dropped.sums(np.eye(len(dropped.labels), dtype=bool)))
    return Tipping(claim, verdict, full, named, turns, one_out, judge(one_out))
