"""Portfolios as expressions: ``heavy_exposed - producer``, ``slope(core, heavy_share)``.

A name is a basket of the study or a ticker. ``a - b`` holds ``a`` against ``b``, each side equally
weighted over its usable members; ``all(a)`` needs every member; ``each(a)`` is one value a firm;
``slope(a, column)`` weighs so that the return is the slope on a column of ``universe.csv``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.load import Snapshot

__all__ = ["Leg", "Portfolio", "contrast", "equal", "parse_portfolio"]

_TOKEN = re.compile(r"[\w.^=-]*\w|[(),-]")  # a name, or a mark
_CALLS = ("all", "each", "slope")


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
    reader = _Reader(text, snapshot)
    long = reader.leg()
    short = reader.leg() if reader.take("-") else None
    if reader.word:
        raise reader.unread("the end or a minus sign")
    return Portfolio(text, long, short)


class _Reader:
    """Reads an expression from left to right; ``word`` is the token that comes next."""

    def __init__(self, text: str, snapshot: Snapshot) -> None:
        self.text, self.snapshot, self.place, self.word = text, snapshot, 0, ""
        self._step()

    def _step(self) -> str:
        """Step over the next token and return it."""
        stepped = self.word
        self.place += len(stepped)
        rest = self.text[self.place :]
        self.place += len(rest) - len(rest.lstrip())
        found = _TOKEN.match(self.text, self.place)
        self.word = found[0] if found else ""
        if self.place < len(self.text) and not found:
            raise self.unread("a name, a bracket, a comma or a minus sign")
        return stepped

    def take(self, mark: str) -> bool:
        """Step over a mark if it comes next."""
        return self.word == mark and bool(self._step())

    def unread(self, expected: str) -> SnapshotError:
        """Say what was expected, with a mark before what comes next."""
        marked = f"{self.text[: self.place]}>>{self.text[self.place :]}"
        return self._wrong(f"{expected} at >>", repr(marked))

    def leg(self) -> Leg:
        """Read a name or a call of one."""
        name = self._name("a basket, a ticker, all(, each( or slope(")
        if name not in _CALLS or not self.take("("):
            return Leg(self._members(name))
        members = self._members(self._name("a basket or a ticker"))
        scores: tuple[float, ...] = ()
        if name == "slope":
            self._need(",")
            scores = self._scores(self._name("a column of universe.csv"), members)
        self._need(")")
        return Leg(members, every=name == "all", each=name == "each", scores=scores)

    def _name(self, expected: str) -> str:
        if not self.word or self.word in "(),-":
            raise self.unread(expected)
        return self._step()

    def _need(self, mark: str) -> None:
        if not self.take(mark):
            raise self.unread(f"{mark!r}")

    def _members(self, name: str) -> tuple[str, ...]:
        choices, tickers = self.snapshot.choices, [*map(str, self.snapshot.prices.columns)]
        firms = choices.firms
        baskets = {"eligible": firms.studied, "core": firms.core, "peers": firms.peers}
        known = {ticker: (ticker,) for ticker in tickers} | baskets | {**choices.baskets}
        return known[self._known(name, known, "a basket")]

    def _scores(self, column: str, members: tuple[str, ...]) -> tuple[float, ...]:
        universe = self.snapshot.universe
        self._known(column, map(str, universe), "a column of universe.csv")
        cells = universe.loc[list(members), column]
        scores = pd.to_numeric(cells, errors="coerce")
        for ticker in scores.index[scores.isna()]:
            found = str(cells[ticker]) if cells.dtype != float and cells[ticker] else "nothing"
            raise self._wrong(f"a number of {ticker} under {column}", found)
        return tuple(scores.astype(float))

    def _known(self, name: str, known: Iterable[str], expected: str) -> str:
        names = list(known)
        if name in names:
            return name
        near = difflib.get_close_matches(name, names, 1)
        raise self._wrong(expected, name + (f"; did you mean {near[0]}" if near else ""))

    def _wrong(self, expected: str, found: str) -> SnapshotError:
        return SnapshotError(f"portfolio {self.text!r}: expected {expected}, found {found}")
