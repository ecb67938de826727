"""What differs between two versions of the results, most important first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.publish.review.result_set import ResultSet

__all__ = ["ALPHA", "Comparison", "Flip", "Move", "compare"]

ALPHA = 0.05
"""The level at which the paper calls a p-value significant."""

RELATIVE, ABSOLUTE = 1e-10, 1e-13
"""Differences below these come from another machine's linear algebra and are no change."""

QUANTITIES = ("value", "se", "low", "high", "p", "n")
DEFINITION = ("estimand", "unit", "format", "function", "sample", "inputs")


@dataclass(frozen=True, slots=True)
class Move:
    """One number that moved.

    Attributes
    ----------
    key, old, new : str
        Its name and what the paper printed and would print.
    size : float or None
        Absolute change of the value in units of ``scale``; None without one.
    scale : str
        ``s.e.``, ``half-width`` of the interval, or empty.
    share : float
        Absolute change relative to the larger of both values, for numbers without a scale.
    details : tuple of str
        Changes besides the value: ``p 0.04 → 0.06``.
    """

    key: str
    old: str
    new: str
    size: float | None
    scale: str
    share: float
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """A verdict, or the significance of a number, that is another one now."""

    key: str
    old: str
    new: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs; each part is empty if nothing does."""

    verdicts: tuple[Flip, ...]
    significance: tuple[Flip, ...]
    moves: tuple[Move, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    redefined: tuple[Flip, ...]
    tables: tuple[str, ...]
    figures: tuple[str, ...]

    def __bool__(self) -> bool:
        return any(getattr(self, part) for part in self.__slots__)


def compare(old: ResultSet, new: ResultSet) -> Comparison:
    """Compare two versions of the results.

    Parameters
    ----------
    old, new : ResultSet
        The base and the version under review.

    Returns
    -------
    Comparison
        Moves in units of the standard error (of the half-width of the interval where there is
        none) come first, the largest on top; then those without a scale by relative change.
    """
    shared = [key for key in new.numbers if key in old.numbers]
    moves = [m for key in shared if (m := _move(key, old.numbers[key], new.numbers[key]))]
    return Comparison(
        verdicts=tuple(_verdict_flips(old, new)),
        significance=tuple(
            flip for k in shared if (flip := _significance(k, old.numbers[k], new.numbers[k]))
        ),
        moves=tuple(sorted(moves, key=_rank)),
        added=tuple(sorted(_keys(new) - _keys(old))),
        removed=tuple(sorted(_keys(old) - _keys(new))),
        redefined=tuple(
            flip
            for key in shared
            for name in DEFINITION
            if (flip := _redefined(f"{key}: {name}", old.numbers[key], new.numbers[key], name))
        ),
        tables=_changed(old.tables, new.tables),
        figures=_changed(_looks(old), _looks(new)),
    )


def _keys(results: ResultSet) -> set[str]:
    return (
        set(results.numbers)
        | {f"claim {key}" for key in results.verdicts}
        | {f"table {key}" for key in results.tables}
        | {f"figure {key}" for key in results.figures}
    )


def _looks(results: ResultSet) -> dict[str, tuple[object, ...]]:
    return {k: (entry.get("digest"), entry.get("alt")) for k, entry in results.figures.items()}


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(key for key in new if key in old and old[key] != new[key]))


def _verdict_flips(old: ResultSet, new: ResultSet) -> list[Flip]:
    return [
        Flip(key, old.verdicts[key]["verdict"], entry["verdict"], entry.get("evidence", ""))
        for key, entry in new.verdicts.items()
        if key in old.verdicts and old.verdicts[key]["verdict"] != entry["verdict"]
    ]


def _move(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Move | None:
    different = [name for name in QUANTITIES if not _same(old.get(name), new.get(name))]
    if not different:
        return None
    change, share = _change(old["value"], new["value"])
    size, name = None, ""
    if "value" in different:
        scale, name = _scale(old)
        if scale is None:
            scale, name = _scale(new)
        size = None if scale is None else change / scale
    return Move(key, _text(old), _text(new), size, name, share, _details(old, new, different))


def _details(
    old: Mapping[str, Any], new: Mapping[str, Any], different: list[str]
) -> tuple[str, ...]:
    """Say what moved besides the value; both bounds of an interval together."""
    parts = ["interval" if part in ("low", "high") else part for part in different]
    return tuple(
        f"{part} {_short(old.get(part))} → {_short(new.get(part))}"
        for part in dict.fromkeys(parts)
        if part != "value"
    )


def _text(entry: Mapping[str, Any]) -> str:
    return str(entry.get("text", entry["value"]))


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}".replace("-", "\u2212")
    return "none" if value is None else str(value)


def _same(old: object, new: object) -> bool:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return old == new


def _change(old: object, new: object) -> tuple[float, float]:
    """Return the absolute and the relative change; text that changed counts as all of it."""
    if not (isinstance(old, int | float) and isinstance(new, int | float)):
        return (0.0, 0.0) if old == new else (math.inf, 1.0)
    change = abs(new - old)
    return change, change / max(abs(old), abs(new)) if change else 0.0


def _scale(entry: Mapping[str, Any]) -> tuple[float | None, str]:
    """Return the yardstick of a number: its standard error, or half its interval."""
    if entry.get("se"):
        return float(entry["se"]), "s.e."
    if "low" in entry and "high" in entry and entry["high"] > entry["low"]:
        return (entry["high"] - entry["low"]) / 2, "half-width"
    return None, ""


def _rank(move: Move) -> tuple[bool, float, str]:
    measured = move.size is not None
    return (not measured, -(move.size if move.size is not None else move.share), move.key)


def _significance(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Flip | None:
    before, after = _p(old), _p(new)
    if before is None or after is None or (before < ALPHA) == (after < ALPHA):
        return None
    words = [f"{'below' if p < ALPHA else 'at or above'} {ALPHA:g}" for p in (before, after)]
    return Flip(key, words[0], words[1], f"p {before:.3g} → {after:.3g}")


def _p(entry: Mapping[str, Any]) -> float | None:
    p = entry["value"] if entry.get("unit") == "p-value" else entry.get("p")
    return float(p) if isinstance(p, int | float) else None


def _redefined(what: str, old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> Flip | None:
    before, after = old.get(name), new.get(name)
    return None if before == after else Flip(what, _listed(before), _listed(after), "")


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
