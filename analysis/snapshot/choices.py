"""The choices of the study, read from ``study.toml`` and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from analysis.snapshot import exchange_choices as exchange
from analysis.snapshot import optional_choices as optional
from analysis.snapshot.episodes import Directions
from analysis.snapshot.rules import Rules, RuleSets
from analysis.snapshot.series_choices import Customs
from analysis.snapshot.toml_file import (
    ABSENT,
    CLOSED,
    Bounds,
    Count,
    Name,
    Optional,
    Share,
    Text,
    Ticker,
    Tickers,
    parse_toml,
)

__all__ = ["Benchmark", "Choices", "Firms", "Inference", "parse_choices", "window_name"]

T = TypeVar("T")


@dataclass(frozen=True, config=CLOSED)
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


@dataclass(frozen=True, config=CLOSED)
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


@dataclass(frozen=True, config=CLOSED)
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


@dataclass(frozen=True, config=CLOSED)
class Episodes:
    """Day 0s within ``distance`` sessions of one another, chained, are one episode."""

    distance: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=CLOSED)
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


@dataclass(frozen=True, config=CLOSED)
class Beta:
    """Lags of the HAC errors, length of the rolling window, half-life, Dimson's lags: sessions."""

    hac_lags: Annotated[int, Field(ge=0)]
    rolling: Count
    half_life: Count
    dimson: Count


@dataclass(frozen=True, config=CLOSED)
class Firms:
    """Tickers under study: the ``core`` three and their ``peers``."""

    core: Tickers
    peers: tuple[Ticker, ...] = ()

    @property
    def studied(self) -> tuple[str, ...]:
        """Core firms followed by peers."""
        return self.core + self.peers


@dataclass(frozen=True, config=CLOSED)
class Volatility:
    """Sessions before and after an event over which volatility is measured."""

    window: Annotated[int, Field(gt=2)]


@dataclass(frozen=True, config=CLOSED)
class Choices:
    """Every choice of the study; ``data/study.toml`` says what each one means.

    ``highlights`` maps names to the day 0 of exploratory events that are shown one by one,
    ``steps`` events to the labels under which the picture of the prices numbers them; ``holes``
    tickers that lack sessions to the reason, ``claims_only`` names baskets that stand in no table,
    ``sources`` the words of the column ``source`` of ``prices.csv`` to what they stand for;
    ``missing`` lists rules that set returns missing; ``registration`` is the file, seen from the
    folder of the study, that fixes its rules.
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
    firms: Firms
    volatility: Volatility
    customs: Customs = field(default_factory=lambda: Customs((-1, 0, 1), 3, (0, 1), 0.02))
    exposure: optional.Exposure = field(default_factory=optional.Exposure)
    pair: Annotated[optional.Pair, Optional()] = ABSENT
    curve: Annotated[optional.Curve, Optional()] = ABSENT
    regimes: Annotated[optional.Regimes, Optional()] = ABSENT
    cross_asset: Annotated[optional.CrossAsset, Optional()] = ABSENT
    out_of_sample: Annotated[optional.OutOfSample, Optional()] = ABSENT
    one_choice: Annotated[optional.OneChoice, Optional()] = ABSENT
    rules: Annotated[RuleSets, Optional()] = ABSENT
    register: Annotated[optional.Register, Optional()] = ABSENT
    each_firm: Annotated[exchange.EachFirm, Optional()] = ABSENT
    exchanges: exchange.Exchanges = field(
        default_factory=lambda: {exchange.HOME: exchange.Exchange()}
    )
    holes: Mapping[Ticker, Text] = field(default_factory=dict)
    missing: tuple[exchange.Missing, ...] = ()
    sources: Mapping[str, Text] = field(default_factory=dict)
    registration: str = ""
    highlights: Mapping[Name, date] = field(default_factory=dict)
    steps: Mapping[str, Text] = field(default_factory=dict)
    baskets: Mapping[Name, Tickers] = field(default_factory=dict)
    claims_only: tuple[Name, ...] = ()
    report: Annotated[optional.Report, Optional()] = ABSENT

    @model_validator(mode="after")
    def _windows_clear_of_estimation(self) -> Choices:
        earliest = min(first for first, _ in self.windows.bounds.values())
        if -self.estimation.gap >= earliest:
            raise ValueError(
                f"Input should be an estimation gap above {-earliest}, "
                "so that the estimation window ends before every event window starts"
            )
        return self

    @model_validator(mode="after")
    def _of_one_kind(self) -> Choices:
        if (len(self.exchanges) > 1 or self.holes or self.missing) and not self.each_firm:
            raise ValueError(
                "Input should be [each_firm] where firms trade on several exchanges, prices have "
                "holes, or returns are set missing"
            )
        return self

    @model_validator(mode="after")
    def _known_baskets(self) -> Choices:
        if strays := sorted(set(self.claims_only) - self.baskets.keys()):
            raise ValueError(f"Input should be claims_only of names in [baskets], not {strays[0]}")
        return self

    @property
    def home(self) -> str:
        """The exchange of the market, whose sessions count."""
        return next(iter(self.exchanges))

    @property
    def registered(self) -> Rules:
        """The rules that were registered."""
        return self.rules.registered if self.rules else Rules()

    @property
    def ruling(self) -> Rules:
        """The rules by which the study decides: the amended ones where it has any."""
        return self.rules.amended if self.rules and self.rules.claim else self.registered

    @property
    def own_curve(self) -> optional.Curve:
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
            "holes": tuple(self.holes),
            "missing": tuple(rule.ticker for rule in self.missing),
        }
        if self.cross_asset:
            named["cross_asset"] = self.cross_asset.tickers
        if self.curve:
            named |= {f"curve.models.{name}": m.factors for name, m in self.curve.models.items()}
        return named | {f"baskets.{name}": basket for name, basket in self.baskets.items()}


def _in_front(own: T, menu: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((own, *menu)))


def parse_choices(content: bytes) -> Choices:
    """Read and check ``study.toml``; errors are those of :func:`parse_toml`."""
    return parse_toml("study.toml", content, Choices, _place)


def _place(_: object, loc: tuple[int | str, ...]) -> str:
    return "study.toml" + (f", key {'.'.join(map(str, loc))}" if loc else "")
