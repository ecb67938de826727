"""Amendments: what was changed after registration, when, why, and what had been seen by then."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from analysis.snapshot.faults import fault
from analysis.snapshot.rules import Switch
from analysis.snapshot.toml_file import CLOSED, Text, parse_toml

__all__ = ["AMENDMENTS", "Amendment", "parse_amendments"]

AMENDMENTS = "registration/amendments.toml"
"""File of the data folder; a study that amends nothing has none."""


@dataclass(frozen=True, config=CLOSED, kw_only=True)
class Amendment:
    """One point.

    Attributes
    ----------
    id : str
    point : str
        What it is about, in a few words.
    kind : {"amended", "added", "declined", "pending"}
        A registered rule or claim was changed, something was added beside it, or the point was
        not followed, or not yet.
    day : date
    reason, seen, text : str
        Why; which results had been seen; what is done.
    rule : str, optional
        The switch of the rules in ``study.toml`` that it turns.
    claims : tuple of str
        Identifiers of the claims that it specifies anew.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    point: Text
    kind: Literal["amended", "added", "declined", "pending"]
    day: date
    reason: Text
    seen: Text
    text: Text
    rule: Switch | None = None
    claims: tuple[Text, ...] = ()


@dataclass(frozen=True, config=CLOSED)
class _File:
    amendment: tuple[Amendment, ...] = ()


def parse_amendments(content: bytes) -> tuple[Amendment, ...]:
    """Read and check the amendments, in file order.

    Raises
    ------
    SnapshotError
        If an entry lacks what it must say, an id or a switch occurs twice, or a claim is amended
        twice in one day.
    """
    found = parse_toml(AMENDMENTS, content, _File, _place).amendment
    taken: set[tuple[object, ...]] = set()
    for entry in found:
        once: list[tuple[str, str, tuple[object, ...]]] = [
            ("id", "an id that occurs once", (entry.id,))
        ]
        if entry.rule:
            once.append(("rule", "a switch that one amendment turns", ("rule", entry.rule)))
        for claim in entry.claims:
            said = f"a claim that is amended once on {entry.day}"
            once.append(("claims", said, (claim, entry.day)))
        for field, expected, key in once:
            if key in taken:
                raise fault(
                    f"{AMENDMENTS}, amendment {entry.id}, field {field}",
                    expected=expected,
                    found=f"{key[1] if key[0] == 'rule' else key[0]} again",
                    remedy="make one of the two entries",
                )
            taken.add(key)
    return found


def _place(raw: dict[str, Any], loc: tuple[int | str, ...]) -> str:
    """Name an entry by its id, or by its number where it has none."""
    if len(loc) < 2 or not isinstance(loc[1], int):
        return ", ".join([AMENDMENTS, *(f"field {part}" for part in loc[:1])])
    named = raw["amendment"][loc[1]].get("id", f"number {loc[1] + 1} of the file")
    return ", field ".join([f"{AMENDMENTS}, amendment {named}", *map(str, loc[2:3])])
