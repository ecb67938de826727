"""Portfolios as expressions: ``heavy_exposed - producer``, ``slope(core, heavy_share)``.

A name is a basket of the study or a ticker. ``a - b`` holds ``a`` against ``b``, each side equally
weighted over its usable members; ``all(a)`` needs every member; ``each(a)`` is one value a firm;
``slope(a, column)`` weighs so that the return is the slope on a column of ``universe.csv``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.load import Snapshot

__all__ = ["Leg", "Portfolio", "contrast", "equal", "parse_portfolio"]

_TOKEN = re.compile(r"\s*(?:(?P<name>[\w.^=-]*\w)|(?P<mark>[(),-]))")
_CALLS = {"all": 1, "each": 1, "slope": 2}


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a portfolio.

    Attributes
    ----------
    members : tuple of str
        Tickers.
    every : bool
        Whether all of them are needed.
    each : bool
        Whether each stands for itself.
    scores : tuple of float
        For a slope, what the returns are regressed on, one a member.
    """

    members: tuple[str, ...]
    every: bool = False
    each: bool = False
    scores: tuple[float, ...] = ()

    def weigh(self, usable: Sequence[str]) -> dict[str, float] | None:
        """Return the weights of the usable members; None if they do not make the leg."""
        held = [m for m in self.members if m in usable]
        if not held or ((self.every or self.scores) and len(held) < len(self.members)):
            return None
        if not self.scores:
            return {m: 1 / len(held) for m in held}
        score = pd.Series(self.scores, list(self.members))
        deviation = score - score.mean()
        return dict(deviation / (deviation**2).sum())


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A leg, or one held against another.

    Attributes
    ----------
    text : str
        The expression, for messages and captions.
    long : Leg
    short : Leg or None
    """

    text: str
    long: Leg
    short: Leg | None = None

    def weigh(self, usable: Sequence[str]) -> dict[str, float] | None:
        """Return the weights of the usable firms, None if they do not make the portfolio."""
        above = self.long.weigh(usable)
        if self.short is None or above is None:
            return above
        below = self.short.weigh(usable)
        if below is None:
            return None
        return {m: above.get(m, 0.0) - below.get(m, 0.0) for m in {**above, **below}}

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The long side and, if there is one, the short side."""
        return (self.long,) if self.short is None else (self.long, self.short)

    @property
    def members(self) -> tuple[str, ...]:
        """Every ticker that it can hold, each once, the long side first."""
        return tuple(dict.fromkeys(member for leg in self.legs for member in leg.members))

    def hold(self, returns: pd.DataFrame) -> pd.Series:
        """Compute its return with every member in equal parts; missing where a member's is."""
        sides = [returns[list(leg.members)].mean(axis=1, skipna=False) for leg in self.legs]
        held: pd.Series = sides[0] - sides[1] if len(sides) > 1 else sides[0]
        return held

    def split(self) -> list[Portfolio]:
        """Return one portfolio for each member of an ``each`` leg; itself if there is none."""
        if not self.long.each:
            return [self]
        return [replace(self, long=Leg((member,))) for member in self.long.members]


def equal(members: Sequence[str]) -> Portfolio:
    """Hold the usable members in equal parts."""
    return Portfolio(", ".join(members), Leg(tuple(members)))


def contrast(long: Sequence[str], short: Sequence[str]) -> Portfolio:
    """Hold the usable members of one side in equal parts against those of the other."""
    text = f"{', '.join(long)} - {', '.join(short)}"
    return Portfolio(text, Leg(tuple(long)), Leg(tuple(short)))


def parse_portfolio(text: str, snapshot: Snapshot) -> Portfolio:
    """Read an expression.

    Raises
    ------
    SnapshotError
        If it does not parse, with a mark under the place, or names what the study does not know.
    """
    tokens = list(_tokens(text))
    parser = _Parser(text, tokens, snapshot)
    long = parser.leg()
    short = None
    if parser.take("-"):
        short = parser.leg()
    parser.end()
    return Portfolio(text, long, short)


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            raise _unread(text, place, "a name, a bracket, a comma or a minus sign")
        yield found.start(found.lastgroup or 0), found.group(found.lastgroup or 0)
        place = found.end()


def _unread(text: str, place: int, expected: str) -> SnapshotError:
    marked = f"{text[:place]}>>{text[place:]}"
    return SnapshotError(f"portfolio {text!r}: expected {expected} at >>, found {marked!r}")


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, text: str, tokens: list[tuple[int, str]], snapshot: Snapshot) -> None:
        self.text, self.tokens, self.snapshot = text, tokens, snapshot
        self.at = 0

    def take(self, mark: str) -> bool:
        """Step over a mark if it comes next."""
        if self.at < len(self.tokens) and self.tokens[self.at][1] == mark:
            self.at += 1
            return True
        return False

    def end(self) -> None:
        """Nothing may follow."""
        if self.at < len(self.tokens):
            raise _unread(self.text, self.tokens[self.at][0], "the end or a minus sign")

    def leg(self) -> Leg:
        """Read a name or a call of one."""
        word = self._name("a basket, a ticker, all(, each( or slope(")
        if word not in _CALLS or not self.take("("):
            return Leg(self._members(word))
        members = self._members(self._name("a basket or a ticker"))
        scores: tuple[float, ...] = ()
        if _CALLS[word] == 2:
            self._need(",")
            scores = self._scores(self._name("a column of universe.csv"), members)
        self._need(")")
        return Leg(members, every=word == "all", each=word == "each", scores=scores)

    def _name(self, expected: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][1] in "(),-":
            place = self.tokens[self.at][0] if self.at < len(self.tokens) else len(self.text)
            raise _unread(self.text, place, expected)
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _need(self, mark: str) -> None:
        if not self.take(mark):
            place = self.tokens[self.at][0] if self.at < len(self.tokens) else len(self.text)
            raise _unread(self.text, place, f"{mark!r}")

    def _members(self, name: str) -> tuple[str, ...]:
        choices = self.snapshot.choices
        baskets: Mapping[str, tuple[str, ...]] = {
            "eligible": choices.firms.studied, "core": choices.firms.core,
            "peers": choices.firms.peers, **choices.baskets,
        }  # fmt: skip
        if name in baskets:
            return baskets[name]
        if name in self.snapshot.prices.columns:
            return (name,)
        raise self._unknown(name, [*baskets, *map(str, self.snapshot.prices.columns)], "a basket")

    def _scores(self, column: str, members: tuple[str, ...]) -> tuple[float, ...]:
        universe = self.snapshot.universe
        if column not in universe:
            raise self._unknown(column, [str(c) for c in universe], "a column of universe.csv")
        return tuple(universe.loc[list(members), column].astype(float))

    def _unknown(self, name: str, known: list[str], expected: str) -> SnapshotError:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}" if near else ""
        return SnapshotError(f"portfolio {self.text!r}: expected {expected}, found {name}{hint}")
