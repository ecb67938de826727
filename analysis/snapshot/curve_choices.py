"""The choices of the specification curve, as ``study.toml`` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = ["Coding", "Curve", "CurveClaim", "CurveModel", "Measure"]

_CLOSED = ConfigDict(extra="forbid", strict=True)

Coding = Literal[
    "baseline",
    "judgement_out",
    "judgement_recoded",
    "alternative_day",
    "sector_only",
    "disappointment",
]
Measure = Literal["share", "rank", "basket"]
Bounds = tuple[int, int]
_Count = Annotated[int, Field(gt=0)]
_Ticker = Annotated[str, Field(pattern=r"^[A-Z]+$")]


@dataclass(frozen=True, config=_CLOSED)
class CurveModel:
    """A model of the normal return; the mean model has no factor, the adjusted one exactly one."""

    model: Literal["market", "mean", "market_adjusted"]
    factors: tuple[_Ticker, ...] = ()

    @model_validator(mode="after")
    def _factors_fit(self) -> CurveModel:
        count = len(self.factors)
        fits = {"mean": count == 0, "market_adjusted": count == 1, "market": count > 0}
        if not fits[self.model]:
            raise ValueError("Input should be a model with as many factors as it takes")
        return self


@dataclass(frozen=True, config=_CLOSED)
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


@dataclass(frozen=True, config=_CLOSED)
class Curve:
    """Menus that all claims share, placebo draws, and the menus of each claim.

    ``clear`` in sessions: no listed event lies that close to a placebo day 0. ``tail`` is the share
    of estimation returns that winsorising pulls in at either end.
    """

    draws: _Count
    clear: Annotated[int, Field(ge=0)]
    tail: Annotated[float, Field(gt=0, lt=0.5)]
    returns: Annotated[tuple[Literal["simple", "log"], ...], Field(min_length=1)]
    lengths: Annotated[tuple[_Count, ...], Field(min_length=1)]
    gaps: Annotated[tuple[_Count, ...], Field(min_length=1)]
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
