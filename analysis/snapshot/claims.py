"""The claims of the study, read from ``claims.toml`` and checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from analysis.snapshot.faults import fault
from analysis.snapshot.toml_file import parse_toml

__all__ = ["Claim", "parse_claims"]

_CLOSED = ConfigDict(extra="forbid", strict=True)
_FILE = "claims.toml"

_Text = Annotated[str, Field(pattern=r"\S")]


@dataclass(frozen=True, config=_CLOSED)
class Claim:
    """What is claimed, and what decides it.

    ``item`` is the news item that claims it; ``confirmatory`` claims were stated without knowing
    the events that decide them. ``statement``, ``estimand``, ``test`` and ``rule`` are printed.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    item: _Text
    status: Literal["confirmatory", "exploratory"]
    statement: _Text
    estimand: _Text
    test: _Text
    rule: _Text


@dataclass(frozen=True, config=_CLOSED)
class _File:
    claim: tuple[Claim, ...] = ()


def parse_claims(content: bytes) -> tuple[Claim, ...]:
    """Read and check the claims.

    Parameters
    ----------
    content : bytes
        The text of ``claims.toml``.

    Returns
    -------
    tuple of Claim
        In file order; empty for a study without claims.

    Raises
    ------
    SnapshotError
        Naming the first faulty claim and its field, or an id that occurs twice.
    """
    claims = parse_toml(_FILE, content, _File, _place).claim
    seen: set[str] = set()
    for number, claim in enumerate(claims, 1):
        if claim.id in seen:
            raise fault(
                f"{_FILE}, claim {claim.id}, field id",
                expected="an id that occurs once",
                found=f"{claim.id} again in claim number {number} of the file",
                remedy="give one of the two another id or remove it",
            )
        seen.add(claim.id)
    return claims


def _place(raw: dict[str, Any], loc: tuple[int | str, ...]) -> str:
    """The claim by its id, or by its number where it has none, and the field."""
    if len(loc) < 2:
        return ", field ".join([_FILE, *map(str, loc)])
    number = int(loc[1])
    entry = raw["claim"][number]
    named = entry.get("id") if isinstance(entry, dict) else None
    field = "".join(f", field {part}" for part in loc[2:])
    return f"{_FILE}, claim {named or f'number {number + 1} of the file'}{field}"
