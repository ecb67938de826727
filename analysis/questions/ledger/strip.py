"""The verdict strip: every claim in the words of its news item, by verdict, above the paper."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.questions.ledger.entries import Entry
from analysis.questions.ledger.reasons import mark
from analysis.study.claim_words import quoted
from analysis.study.outcomes import NOISE, NOT_TESTABLE
from analysis.study.verdicts import CANNOT, NO_SIGN

__all__ = ["anchor", "verdict_strip"]

_ORDER = ("supported", "contradicted", "mixed", *NOISE.values(), NO_SIGN, CANNOT, NOT_TESTABLE)


def anchor(claim: str) -> str:
    """Return the identifier of a claim's row in the ledger."""
    return f"claim-{claim.lower()}"


def verdict_strip(claims: Sequence[Entry]) -> str:
    """Write a list for each verdict that is given, in Markdown, each claim a link to its row."""
    given = dict.fromkeys(entry.verdict for entry in claims)
    ordered = sorted(given, key=lambda v: _ORDER.index(v) if v in _ORDER else len(_ORDER))
    parts = []
    for verdict in ordered:
        of = [entry for entry in claims if entry.verdict == verdict]
        lines = [f"- [{e.id}](#{anchor(e.id)}) {quoted(e.claim)}" for e in of]
        parts.append("\n".join([f"{mark(verdict)}\n", *lines]))
    return "::: {.verdict-strip}\n" + "\n\n".join(parts) + "\n:::\n"
