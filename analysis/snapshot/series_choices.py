"""Choices for series of figures: the section ``[customs]`` of ``study.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from analysis.snapshot.periods import PERIOD_CELL
from analysis.snapshot.schema import FIGURES
from analysis.snapshot.toml_file import (
    ABSENT,
    CLOSED,
    Bounds,
    Count,
    Name,
    Optional,
    Share,
    Text,
)

__all__ = ["Customs", "Parts", "PerUnit", "Series"]


@dataclass(frozen=True, config=CLOSED)
class Series:
    """A monthly series: its place in keys, its name in print.

    With ``each_firm`` it is held against every core firm, otherwise against their mean alone.
    """

    key: Name
    name: Text
    each_firm: bool = False


@dataclass(frozen=True, config=CLOSED)
class PerUnit(Series):
    """A series made of two: the changes of ``of`` less those of ``per``."""

    of: Text = ""
    per: Text = ""


@dataclass(frozen=True, config=CLOSED)
class Parts:
    """Parts of a series, set beside the whole: series with the names of ``of``.

    ``per`` units of a part make one of the whole; ``key`` is their place in keys.
    """

    whole: Text
    of: Annotated[Mapping[str, Text], Field(min_length=1)]
    key: Name = "parts"
    per: Annotated[float, Field(gt=0)] = 1.0


@dataclass(frozen=True, config=CLOSED)
class Customs:
    """Choices for the series of figures, monthly or of another frequency.

    ``file`` holds it; ``lags`` (positive: it leads returns) and ``block`` are in the months,
    quarters or weeks of that file, ``release_window`` in event time around a release day,
    ``derived_band`` is the widest band of a derived figure that is kept, as a share of its value,
    ``errors`` the past errors from which on a forecast of a figure is chosen by them. ``series``
    names those that are used, by their name in the file, in the order of tables; all of the file
    where none is named. ``per_unit`` is one made of two of them, ``parts`` are set beside a whole,
    ``units`` what units are called in words, ``what`` the word for figures, ``sample`` for all
    series, ``quoted`` months whose levels are printed, ``notes`` what the tables of correlations
    and of releases say at their end.
    """

    lags: tuple[int, ...]
    block: Count
    release_window: Bounds
    derived_band: Share
    errors: Count = 6
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.csv$")] = FIGURES
    what: Text = "figures"
    sample: Text = "all series"
    series: Mapping[str, Series] = field(default_factory=dict)
    per_unit: Annotated[PerUnit, Optional()] = ABSENT
    parts: Annotated[Parts, Optional()] = ABSENT
    units: Mapping[str, Text] = field(default_factory=dict)
    quoted: tuple[Annotated[str, Field(pattern=PERIOD_CELL)], ...] = ()
    notes: Mapping[Literal["correlations", "releases"], Text] = field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Customs:
        if self.release_window[0] > self.release_window[1]:
            raise ValueError("Input should be a release_window with its first session first")
        if list(self.lags) != sorted(set(self.lags)):
            raise ValueError("Input should be lags in rising order without repetition")
        return self
