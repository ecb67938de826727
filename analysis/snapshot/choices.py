"""The choices of the study, read from ``study.toml`` and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import CoreSchema, core_schema

from analysis.snapshot.curve_choices import Curve
from analysis.snapshot.episodes import Directions
from analysis.snapshot.toml_file import parse_toml

__all__ = [
    "Benchmark",
    "Beta",
    "Choices",
    "CrossAsset",
    "Customs",
    "Episodes",
    "Estimation",
    "Firms",
    "Inference",
    "OutOfSample",
    "Pair",
    "Regime",
    "Regimes",
    "Report",
    "Volatility",
    "Windows",
    "parse_choices",
    "window_name",
]

_CLOSED = ConfigDict(extra="forbid", strict=True)
_T = TypeVar("_T")

Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Ticker = Annotated[str, Field(pattern=r"^[A-Z]+$")]
Tickers = Annotated[tuple[Ticker, ...], Field(min_length=1)]
Bounds = tuple[int, int]
Text = Annotated[str, Field(pattern=r"\S")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

# A section that a study may leave out. Its type says what it is where it is given: whoever reads it
# has declared the need for it (analysis/questions/requirements.py).
_ABSENT: Any = None


class _Optional:
    """Marks such a section: None passes, whatever else is checked."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.nullable_schema(handler(source))


@dataclass(frozen=True, config=_CLOSED)
class Benchmark:
    """Tickers of the benchmarks; ``market`` is the factor of the market model, "" is none."""

    market: Ticker
    sector: Ticker = ""
    small_caps: Ticker = ""
    metals: Ticker = ""

    @property
    def funds(self) -> tuple[str, ...]:
        """Those that the study names, each once: market, small caps, sector, metals."""
        named = (self.market, self.small_caps, self.sector, self.metals)
        return tuple(dict.fromkeys(ticker for ticker in named if ticker))


@dataclass(frozen=True, config=_CLOSED)
class Estimation:
    """The estimation window, in sessions.

    It holds ``length`` sessions and ends ``gap`` sessions before day 0; with fewer than ``minimum``
    usable sessions the firm-window is left out. ``model`` names the normal-return model.
    """

    length: Count
    gap: Count
    minimum: Count
    model: Literal["mean", "market_adjusted", "market"]

    @model_validator(mode="after")
    def _ordered(self) -> Estimation:
        if self.minimum > self.length:
            raise ValueError(f"Input should be a minimum of at most length = {self.length}")
        return self

    @property
    def said(self) -> str:
        """The model as a sentence names it."""
        return f"{self.model.replace('_', '-')} model"


def window_name(bounds: tuple[int, int]) -> str:
    """Name an event window after its sessions: ``car_m1_1``."""
    return f"car_{bounds[0]}_{bounds[1]}".replace("-", "m")


@dataclass(frozen=True, config=_CLOSED)
class Windows:
    """Event windows: name to first and last session in event time; ``primary`` is one of them."""

    primary: str
    bounds: Mapping[str, Bounds]

    @model_validator(mode="after")
    def _known_and_ordered(self) -> Windows:
        if self.primary not in self.bounds:
            raise ValueError("Input should be a primary window that is named in bounds")
        for name, (first, last) in self.bounds.items():
            if first > last:
                raise ValueError(f"Input should be {name} with its first session before its last")
            if name != (own := window_name((first, last))):
                raise ValueError(f"Input should be {name} named after its sessions: {own}")
        return self

    @property
    def primary_bounds(self) -> Bounds:
        """First and last session of the primary window."""
        return self.bounds[self.primary]


@dataclass(frozen=True, config=_CLOSED)
class Episodes:
    """Day 0s within ``distance`` sessions of one another, chained, are one episode."""

    distance: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=_CLOSED)
class Inference:
    """Coverage of intervals, power for detectable effects, resampling draws and their seed.

    ``reference`` is the CAR (fraction) at which the power of a test is stated.
    """

    level: Share
    power: Share
    reference: Share
    draws: Count
    seed: Annotated[int, Field(ge=0)]

    @property
    def size(self) -> float:
        """Of every test: a p-value below it is significant."""
        return round(1 - self.level, 12)

    @property
    def tails(self) -> tuple[float, float]:
        """Quantiles between which a share ``level`` of a distribution lies."""
        return round(self.size / 2, 12), round(1 - self.size / 2, 12)


@dataclass(frozen=True, config=_CLOSED)
class Beta:
    """Lags of the HAC errors, length of the rolling window, half-life, Dimson's lags: sessions."""

    hac_lags: Annotated[int, Field(ge=0)]
    rolling: Count
    half_life: Count
    dimson: Count


@dataclass(frozen=True, config=_CLOSED)
class Customs:
    """Choices for the export series.

    ``lags`` in months (positive: exports lead returns), ``block`` in months, ``release_window`` in
    event time around a release day, ``derived_band`` the widest band of a derived figure that is
    kept, as a share of its value.
    """

    lags: tuple[int, ...]
    block: Count
    release_window: Bounds
    derived_band: Share

    @model_validator(mode="after")
    def _ordered(self) -> Customs:
        if self.release_window[0] > self.release_window[1]:
            raise ValueError("Input should be a release_window with its first session first")
        if list(self.lags) != sorted(set(self.lags)):
            raise ValueError("Input should be lags in rising order without repetition")
        return self


@dataclass(frozen=True, config=_CLOSED)
class Firms:
    """Tickers under study: the ``core`` three and their ``peers``."""

    core: Tickers
    peers: tuple[Ticker, ...] = ()

    @property
    def studied(self) -> tuple[str, ...]:
        """Core firms followed by peers."""
        return self.core + self.peers


@dataclass(frozen=True, config=_CLOSED)
class Pair:
    """The pair trade: sessions held, cost of each trade (share of its value), yearly borrow fee."""

    holding: Count
    cost: Share
    borrow: Share


@dataclass(frozen=True, config=_CLOSED)
class Regime:
    """First session of a policy regime, and the event whose day 0 it is."""

    day: date
    event: str


@dataclass(frozen=True, config=_CLOSED)
class Regimes:
    """Policy regimes and how they are compared.

    ``window`` sessions on each side of a start, at least ``minimum``; a break of unknown date
    keeps clear of ``trim`` of the sample at each end and is judged on ``draws`` of a bootstrap.
    """

    window: Count
    minimum: Count
    trim: Annotated[float, Field(gt=0, lt=0.5)]
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


@dataclass(frozen=True, config=_CLOSED)
class Volatility:
    """Sessions before and after an event over which volatility is measured."""

    window: Annotated[int, Field(gt=2)]


@dataclass(frozen=True, config=_CLOSED)
class CrossAsset:
    """Other assets, the sessions of a correlation, and the band that counts as no move.

    ``names`` says in a note what a ticker stands for; one without goes unexplained.
    """

    copper: Tickers
    dollar: Tickers
    cyclicals: Tickers
    window: Annotated[int, Field(gt=3)]
    steady: Share
    names: Mapping[Ticker, Text] = field(default_factory=dict)

    @model_validator(mode="after")
    def _named(self) -> CrossAsset:
        if strays := sorted(self.names.keys() - set(self.tickers)):
            raise ValueError(f"Input should be names of assets of the section, without {strays[0]}")
        return self

    @property
    def tickers(self) -> tuple[str, ...]:
        """All of them in order."""
        return self.copper + self.dollar + self.cyclicals


@dataclass(frozen=True, config=_CLOSED)
class OutOfSample:
    """Last day of the part of the sample to which the rules apply first; later events follow."""

    fixed_to: date


@dataclass(frozen=True, config=_CLOSED)
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


@dataclass(frozen=True, config=_CLOSED)
class Choices:
    """Every choice of the study; ``data/study.toml`` says what each one means.

    ``highlights`` maps names to the day 0 of exploratory events that are shown one by one,
    ``steps`` events to the labels under which the picture of the prices numbers them.
    Sections from ``pair`` on can be left out, and with them the questions that need them. The
    study of the paper has no ``report``.
    """

    as_of: date
    returns: Literal["simple", "log"]
    benchmark: Benchmark
    estimation: Estimation
    windows: Windows
    directions: Directions
    episodes: Episodes
    inference: Inference
    beta: Beta
    customs: Customs
    firms: Firms
    volatility: Volatility
    pair: Annotated[Pair, _Optional()] = _ABSENT
    curve: Annotated[Curve, _Optional()] = _ABSENT
    regimes: Annotated[Regimes, _Optional()] = _ABSENT
    cross_asset: Annotated[CrossAsset, _Optional()] = _ABSENT
    out_of_sample: Annotated[OutOfSample, _Optional()] = _ABSENT
    highlights: Mapping[Name, date] = field(default_factory=dict)
    steps: Mapping[str, Text] = field(default_factory=dict)
    baskets: Mapping[Name, Tickers] = field(default_factory=dict)
    report: Annotated[Report, _Optional()] = _ABSENT

    @model_validator(mode="after")
    def _windows_clear_of_estimation(self) -> Choices:
        earliest = min(first for first, _ in self.windows.bounds.values())
        if -self.estimation.gap >= earliest:
            raise ValueError(
                f"Input should be an estimation gap above {-earliest}, "
                "so that the estimation window ends before every event window starts"
            )
        return self

    @property
    def own_curve(self) -> Curve:
        """The menus of the specification curve with the study's own choices in front."""
        return replace(
            self.curve,
            returns=_in_front(self.returns, self.curve.returns),
            lengths=_in_front(self.estimation.length, self.curve.lengths),
            gaps=_in_front(self.estimation.gap, self.curve.gaps),
        )

    @property
    def tickers(self) -> dict[str, tuple[str, ...]]:
        """Every ticker the study names, by the key that names it."""
        named = {
            "benchmark": self.benchmark.funds,
            "firms.core": self.firms.core,
            "firms.peers": self.firms.peers,
        }
        if self.cross_asset:
            named["cross_asset"] = self.cross_asset.tickers
        if self.curve:
            named |= {f"curve.models.{name}": m.factors for name, m in self.curve.models.items()}
        return named | {f"baskets.{name}": basket for name, basket in self.baskets.items()}


def _in_front(own: _T, menu: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((own, *menu)))


def parse_choices(content: bytes) -> Choices:
    """Read and check the study's choices.

    Parameters
    ----------
    content : bytes
        The text of ``study.toml``.

    Returns
    -------
    Choices

    Raises
    ------
    SnapshotError
        If the text is not TOML, a key is unknown or missing, or a value has the wrong type, lies
        out of range or contradicts another.
    """
    return parse_toml("study.toml", content, Choices, _place)


def _place(_: object, loc: tuple[int | str, ...]) -> str:
    return "study.toml" + (f", key {'.'.join(map(str, loc))}" if loc else "")
