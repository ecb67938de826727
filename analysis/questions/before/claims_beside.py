"""The claims of the items beside the registered tests of the years before that ask the same.

A test is beside a claim of the same directions, portfolio and window. A claim may ask for more, a
condition on its events; the test does not.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.questions.before.beside import OWN_NEWS, run_beside
from analysis.questions.before.outcomes import decide_registered
from analysis.results import Findings, Provenance
from analysis.results.columns import Column, Interval, numbers_of, table_of
from analysis.results.formats import percent
from analysis.snapshot.claims import Claim, Events, OnEvents
from analysis.study.earlier import earlier_study, has_beside
from analysis.study.panel import Panel

__all__ = ["is_conditioned", "list_beside_claims", "match_tests", "report_claims"]

KEY = "claim.{claim}.before"
OF = "registered test of the years before beside claim {claim}"
COLUMNS: tuple[Column | Interval, ...] = (
    Column("claim", "Claim"),
    Column("statement", "Statement"),
    Column("test", "Test", "text", "words", OF, ".test"),
    Column("episodes", "K", "text", "episodes", f"episodes of the {OF}", ".episodes"),
    Column("scar", "Estimate", "decimal2", "standard errors", f"estimate of the {OF}", ".scar",
           se="se", low="low", high="high", p="p"),
    Interval("{level} interval", "low", "high", "decimal2"),
    Column("p", "p", "pvalue", "p-value", f"p of the {OF}, unadjusted", ".p"),
    Column("holm", "Holm p", "pvalue", "p-value", f"p of the {OF}, adjusted", ".holm"),
    Column("verdict", "Verdict", "text", "words", f"verdict of the {OF}", ".verdict"),
    Column("own_scar", "Own news in", "decimal2", "standard errors",
           f"estimate of the {OF}, firms left in the events that are their own news", ".own_news"),
    Column("own_p", "p", "pvalue", "p-value",
           f"p of the {OF}, firms left in the events that are their own news", ".own_news.p"),
)  # fmt: skip
NOTE = (
    "Claims of the items with a registered test of the same directions, portfolio and window; the "
    "other {others} have none. Numbers are those of @tbl-before-results. A condition that a claim "
    "sets on its events ({conditioned}) is no part of the test. Own news in: with firms left in "
    "the events that are their own news."
)
CONDITIONS = ("where", "after", "before", "only", "without")
"""Fields by which a claim asks for fewer events than those of its directions."""


def match_tests(
    claims: Mapping[str, Claim], tests: Mapping[str, OnEvents], window: tuple[int, int]
) -> dict[str, str]:
    """Find the test that asks of the same directions, portfolio and window as a claim.

    Parameters
    ----------
    claims : mapping of str to Claim
        Of the items, by id.
    tests : mapping of str to OnEvents
        Registered ones of the years before.
    window : (int, int)
        The primary one, which an entry without a window means.

    Returns
    -------
    dict
        From claim to test; claims without one are left out.
    """

    def asks(claim: OnEvents) -> tuple[object, ...]:
        sides = [
            (side.directions, side.signed, side.mixed, side.day) for side in claim.sides.values()
        ]
        response = getattr(claim, "response", "car")
        return claim.kind, claim.of, claim.window or window, response, *sides

    of = {asks(test): key for key, test in tests.items()}
    asked = {key: asks(claim) for key, claim in claims.items() if isinstance(claim, OnEvents)}
    return {key: of[what] for key, what in asked.items() if what in of}


def list_beside_claims(panel: Panel) -> pd.DataFrame:
    """List the claims of a study that have a registered test of the years before beside them.

    Returns
    -------
    DataFrame
        Indexed by claim: ``claim``, ``statement``, ``conditioned`` (the claim alone sets a
        condition on its events), ``test`` and, of the test, ``episodes``, ``scar`` with ``se``,
        ``low``, ``high``, ``p``, ``holm`` and ``verdict``, ``own_scar`` and ``own_p`` with firms
        left in the events that are their own news. No row where the study has no years
        before beside it.
    """
    if not has_beside(panel.snapshot):
        return pd.DataFrame()
    earlier = earlier_study(panel.snapshot)
    held, beside = decide_registered(earlier), run_beside(earlier, OWN_NEWS)
    beside = beside.set_index("claim") if len(beside) else pd.DataFrame(columns=["scar", "p"])
    beside = beside.reindex(list(held.claims))
    window, claims = panel.snapshot.choices.windows.primary_bounds, panel.claims
    tests, rows = held.tests.set_index("claim").drop(columns="statement"), []
    for key, test in match_tests(claims, held.claims, window).items():
        own = beside.loc[test]
        rows.append(
            {
                **tests.loc[test],
                "claim": key,
                "statement": claims[key].statement,
                "test": test,
                "conditioned": is_conditioned(claims[key]),
                "own_scar": own["scar"],
                "own_p": own["p"],
            }
        )
    return pd.DataFrame(rows).set_index("claim", drop=False) if rows else pd.DataFrame()


def is_conditioned(claim: Claim) -> bool:
    """Say whether a claim asks for fewer events than those of its directions."""
    sides = claim.sides.values() if isinstance(claim, OnEvents) else ()
    return any(getattr(s, name) != getattr(Events(), name) for s in sides for name in CONDITIONS)


def report_claims(panel: Panel) -> Findings:
    """Publish the claims that have a test beside them."""
    rows = list_beside_claims(panel)
    if rows.empty:
        return Findings()
    source = Provenance.of(list_beside_claims, "registered tests beside claims of the items")
    level, conditioned = panel.snapshot.choices.inference.level, rows["conditioned"]
    texts = {
        "level": percent(level),
        "others": len(panel.claims) - len(rows),
        "conditioned": ", ".join(rows.loc[conditioned, "claim"]) or "of none here",
    }
    return Findings(
        numbers=numbers_of(rows, COLUMNS, KEY, source, level=level),
        tables=[table_of("before_claims", rows, COLUMNS, source, NOTE, **texts)],
    )
