"""Sections that a study may leave out of ``study.toml``, and with them the questions that use them.

Whoever reads one has declared the need for it: see :mod:`analysis.questions.requirements`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from analysis.snapshot.toml_file import CLOSED, Bounds, Count, Name, Share, Text, Ticker, Tickers

__all__ = [
    "Coding",
    "CrossAsset",
    "Curve",
    "CurveModel",
    "Exposure",
    "Measure",
    "OneChoice",
    "OutOfSample",
    "Pair",
    "Regime",
    "Regimes",
    "Register",
    "Report",
]

Coding = Literal[
    "baseline",
    "judgement_out",
    "judgement_recoded",
    "alternative_day",
    "sector_only",
    "disappointment",
]
Measure = Literal["share", "rank", "basket"]
Tail = Annotated[float, Field(gt=0, lt=0.5)]


@dataclass(frozen=True, config=CLOSED)
class Exposure:
    """Who is more exposed, by two baskets, and by how much, by a column of ``universe.csv``.

    The basket ``firms``, called ``words``, is held against the basket ``against``. Reactions are
    drawn over ``column``: ``key`` is its place in keys, ``name`` in tables, ``axis`` in pictures.
    """

    firms: str = ""
    against: str = ""
    words: Text = "exposed firms"
    column: str = ""
    key: Name = "measure"
    name: Text = "measure"
    axis: Text = "measure"

    @property
    def held(self) -> tuple[str, str]:
        """Both baskets: those who are exposed, and those whom they are held against."""
        return self.firms, self.against


@dataclass(frozen=True, config=CLOSED)
class Pair:
    """The pair trade: sessions held, cost of each trade (share of its value), yearly borrow fee."""

    holding: Count
    cost: Share
    borrow: Share


@dataclass(frozen=True, config=CLOSED)
class Regime:
    """First session of a policy regime, and the event whose day 0 it is."""

    day: date
    event: str


@dataclass(frozen=True, config=CLOSED)
class Regimes:
    """Policy regimes and how they are compared.

    ``window`` sessions on each side of a start, at least ``minimum``; a break of unknown date
    keeps clear of ``trim`` of the sample at each end and is judged on ``draws`` of a bootstrap.
    """

    window: Count
    minimum: Count
    trim: Tail
    draws: Count
    starts: Annotated[Mapping[str, Regime], Field(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Regimes:
        days = [regime.day for regime in self.starts.values()]
        if days != sorted(set(days)):
            raise ValueError("Input should be starts in order of time without repetition")
        if self.minimum > self.window:
            raise ValueError(f"Input should be a minimum of at most window = {self.window}")
        return self


@dataclass(frozen=True, config=CLOSED)
class CrossAsset:
    """Groups of other assets, the sessions of a correlation, and the band that counts as no move.

    Groups in ``still`` are asked whether they stay inside the band, the others whether they rise or
    fall. ``names`` says in a note what a ticker stands for; one without goes unexplained.
    """

    groups: Annotated[Mapping[Name, Tickers], Field(min_length=1)]
    window: Annotated[int, Field(gt=3)]
    steady: Share
    still: tuple[Name, ...] = ()
    names: Mapping[Ticker, Text] = field(default_factory=dict)

    @model_validator(mode="after")
    def _named(self) -> CrossAsset:
        if strays := sorted(self.names.keys() - set(self.tickers)):
            raise ValueError(f"Input should be names of assets of the section, without {strays[0]}")
        if strays := sorted(set(self.still) - self.groups.keys()):
            raise ValueError(f"Input should be still groups among {', '.join(self.groups)}")
        return self

    @property
    def tickers(self) -> tuple[str, ...]:
        """All of them in order, each once."""
        return tuple(dict.fromkeys(ticker for group in self.groups.values() for ticker in group))


@dataclass(frozen=True, config=CLOSED)
class OutOfSample:
    """Last day of the part of the sample to which the rules apply first; later events follow."""

    fixed_to: date


@dataclass(frozen=True, config=CLOSED)
class OneChoice:
    """Claims that are decided again with one choice changed at a time, by id."""

    claims: Annotated[tuple[Text, ...], Field(min_length=1)]


@dataclass(frozen=True, config=CLOSED)
class Effects:
    """The smallest effect that a look must be able to find, by what is measured.

    CARs and trades are fractions of the price.
    """

    car: Share
    trade: Share
    log_volatility_ratio: Share
    correlation: Share


@dataclass(frozen=True, config=CLOSED)
class PolicyDay:
    """A day on which something that was agreed ends, in words, with the address that says so."""

    ends: date
    words: Text
    source: Annotated[str, Field(pattern=r"^https?://\S+$")]


@dataclass(frozen=True, config=CLOSED)
class Register:
    """What had been seen when the plan for later data was made, and what its looks must find.

    ``known``: last day of what had been published; ``prices``: last close; ``calendar``: days to
    come, as seen from ``known``.
    """

    known: date
    prices: date
    bounds: Effects
    calendar: Mapping[str, PolicyDay] = field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Register:
        if self.prices > self.known:
            raise ValueError(f"Input should be prices to a day not after known = {self.known}")
        for name, day in self.calendar.items():
            if day.ends <= self.known:
                raise ValueError(
                    f"Input should be a calendar of days after known = {self.known}, not "
                    f"{name} on {day.ends}"
                )
        return self


@dataclass(frozen=True, config=CLOSED)
class Report:
    """Head of the report on a study that has no paper of its own.

    ``mark`` stands on every page, such as SYNTHETIC for simulated data; "" is none.
    """

    title: Text = "An event study"
    authors: tuple[Text, ...] = ()
    mark: str = ""

    @model_validator(mode="after")
    def _no_numerals(self) -> Report:
        # A numeral on a page is a result or a year: nothing else could be told from a result.
        for key, text in (("title", self.title), ("mark", self.mark)):
            if re.search(r"\d", re.sub(r"\b(19|20)\d\d\b", "", text)):
                raise ValueError(f"Input should be a {key} whose only numerals are years")
        return self


@dataclass(frozen=True, config=CLOSED)
class CurveModel:
    """A model of the normal return; the mean model has no factor, the adjusted one exactly one."""

    model: Literal["market", "mean", "market_adjusted"]
    factors: tuple[Ticker, ...] = ()

    @model_validator(mode="after")
    def _factors_fit(self) -> CurveModel:
        count = len(self.factors)
        fits = {"mean": count == 0, "market_adjusted": count == 1, "market": count > 0}
        if not fits[self.model]:
            raise ValueError("Input should be a model with as many factors as it takes")
        return self


@dataclass(frozen=True, config=CLOSED)
class CurveClaim:
    """The menus of one claim; the first choice in every list is the ledger's.

    ``clean`` is the window that must be free of confounders where it is not the event window.
    """

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    windows: Annotated[tuple[Bounds, ...], Field(min_length=1)]
    codings: Annotated[tuple[Coding, ...], Field(min_length=1)]
    measures: tuple[Measure, ...] = ("share",)
    clean: Bounds | None = None

    @model_validator(mode="after")
    def _starts_with_the_baseline(self) -> CurveClaim:
        if self.codings[0] != "baseline":
            raise ValueError("Input should be codings that start with baseline")
        if any(first > last for first, last in self.windows):
            raise ValueError("Input should be windows with their first session before their last")
        return self


@dataclass(frozen=True, config=CLOSED)
class Curve:
    """Menus that all claims share, placebo draws, and the menus of each claim.

    ``clear`` in sessions: no listed event lies that close to a placebo day 0. ``tail`` is the share
    of estimation returns that winsorising pulls in at either end.
    """

    draws: Count
    clear: Annotated[int, Field(ge=0)]
    tail: Tail
    returns: Annotated[tuple[Literal["simple", "log"], ...], Field(min_length=1)]
    lengths: Annotated[tuple[Count, ...], Field(min_length=1)]
    gaps: Annotated[tuple[Count, ...], Field(min_length=1)]
    outliers: Annotated[tuple[Literal["none", "winsorised"], ...], Field(min_length=1)]
    contamination: Annotated[tuple[Literal["exclude", "keep"], ...], Field(min_length=1)]
    models: Mapping[str, CurveModel]
    claims: Mapping[str, CurveClaim]

    @model_validator(mode="after")
    def _consistent(self) -> Curve:
        if (self.outliers[0], self.contamination[0]) != ("none", "exclude"):
            raise ValueError("Input should be menus that start with none and exclude")
        for name, claim in self.claims.items():
            if set(claim.models) - set(self.models):
                raise ValueError(f"Input should be models of {name} that are named in models")
            if min(first for first, _ in claim.windows) <= -min(self.gaps):
                raise ValueError(f"Input should be windows of {name} after the estimation window")
        return self
