"""Choices of a study firm by firm: exchanges, what sets returns missing, which days are quiet.

A study whose firms all trade on the sessions of one exchange leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from analysis.snapshot.toml_file import CLOSED, Text, Ticker

__all__ = ["HOME", "EachFirm", "Exchange", "Exchanges", "Missing"]

HOME = "XNYS"
"""The exchange of a study that names none, by its ISO 10383 code."""


@dataclass(frozen=True, config=CLOSED)
class Exchange:
    """An exchange on which firms of the study trade.

    ``day0`` names the column of ``events.csv`` with the first session there that could price the
    news; ``market`` the sessions of the market's exchange whose returns are the factors, counted
    from the last one that had ended by the close: ``[0, -1]`` is that one and the one before.
    """

    day0: Text = "day0"
    market: Annotated[tuple[Annotated[int, Field(le=0)], ...], Field(min_length=1)] = (0,)


Exchanges = Annotated[
    Mapping[Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")], Exchange], Field(min_length=1)
]
"""Exchanges by their ISO 10383 code; the first is that of the market."""


@dataclass(frozen=True, config=CLOSED)
class Missing:
    """A rule that sets the returns of a ticker into some sessions missing, and why."""

    ticker: Ticker
    sessions: Annotated[tuple[date, ...], Field(min_length=1)]
    reason: Text


@dataclass(frozen=True, config=CLOSED)
class EachFirm:
    """Responses firm by firm, each on the sessions of its own exchange.

    Of the estimation window's usable returns at most the share ``zeros`` may be zero. A session of
    the market's exchange is quiet if it lies inside ``span`` and more than ``quiet`` sessions from
    every listed event; a firm of another exchange is measured there on the first session on or
    after that day (``lag`` 0) or after it (1).
    """

    zeros: Annotated[float, Field(gt=0, le=1)]
    quiet: Annotated[int, Field(ge=0)]
    lag: Literal[0, 1]
    span: tuple[date, date]
    unseen: date | None = None
    periods: Mapping[Text, tuple[date, date]] = field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> EachFirm:
        if self.span[0] >= self.span[1]:
            raise ValueError("Input should be a span with its first day first")
        for name, (first, last) in self.periods.items():
            if first > last:
                raise ValueError(f"Input should be a period {name} with its first day first")
        return self
