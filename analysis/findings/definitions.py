"""The claims as ``data/claims.toml`` defines them, and the conditions that they state."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pandas as pd

from analysis.errors import StudyError
from analysis.findings.panel import Panel

__all__ = ["Definition", "definition", "holds", "read_claims"]

CONDITION = re.compile(r"(?P<sign>[<>]) (?P<limit>\S+)|in \[(?P<low>\S+), (?P<high>\S+)\]")


class Definition(dict[str, Any]):
    """The entry of one claim; a field that it does not have is a fault of the file."""

    def __missing__(self, field: str) -> Any:
        raise StudyError(
            f"claims.toml, claim {self.get('id', '?')}: expected the field {field!r}, which its "
            "test asks for, found none; add it"
        )

    @property
    def fact(self) -> Definition:
        """Its first fact."""
        return self.facts[0]

    @property
    def facts(self) -> list[Definition]:
        """Its facts, each under the claim's id."""
        return [Definition(fact, id=self["id"]) for fact in self["facts"]]


def read_claims(panel: Panel) -> list[Definition]:
    """Read all claims in the order of the file."""
    with (panel.snapshot.folder / "claims.toml").open("rb") as handle:
        return [Definition(claim) for claim in tomllib.load(handle).get("claim", [])]


def definition(panel: Panel, claim: str) -> Definition:
    """Return the entry of one claim.

    Raises
    ------
    StudyError
        If the file does not define it, or, later, if a field is asked for that it lacks.
    """
    for each in read_claims(panel):
        if each["id"] == claim:
            return each
    raise StudyError(f"claims.toml: expected the claim {claim}, found none; define it")


def holds(fact: Definition, values: pd.Series) -> pd.Series:
    """Say of which values the condition ``holds`` of a fact is true.

    Conditions are ``> x``, ``< x`` and ``in [x, y]``, ends included.
    """
    match = CONDITION.fullmatch(fact["holds"])
    if match is None:
        raise StudyError(
            f"claims.toml, claim {fact['id']}, field holds: expected '> x', '< x' or 'in [x, y]', "
            f"found {fact['holds']!r}; correct it"
        )
    if match["sign"] is None:
        return values.between(float(match["low"]), float(match["high"]))
    limit = float(match["limit"])
    return values > limit if match["sign"] == ">" else values < limit
