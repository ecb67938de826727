"""The claims: each says what is measured and what decides.

An entry names a *kind* of test and, in the words of the study, its portfolio, window and events;
code knows the kinds and never a claim. A field that its kind does not use is an error.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

__all__ = [
    "ACROSS_EPISODES",
    "KINDS",
    "ON_RETURNS",
    "SHOWN",
    "BetaOrder",
    "Claim",
    "Condition",
    "Correlation",
    "Difference",
    "Equivalence",
    "Events",
    "Fact",
    "Facts",
    "Item",
    "Mean",
    "OnEvents",
    "Retraced",
    "Variance",
    "VarianceShare",
    "Waiting",
    "Watch",
]

_CLOSED = ConfigDict(extra="forbid", strict=True)

Text = Annotated[str, Field(pattern=r"\S")]
Bounds = tuple[int, int]
Band = tuple[float, float]
Sign = Literal["positive", "negative"]
Share = Annotated[float, Field(gt=0, lt=1)]
Holds = Annotated[
    str, Field(pattern=r"^([<>] *-?\d+(\.\d+)?|in +\[ *-?\d+(\.\d+)? *, *-?\d+(\.\d+)? *\])$")
]
Line = Annotated[str, Field(max_length=140, pattern=r"^[^\n]*$")]
Day = date | Text  # a date, or the name of a highlighted day
SHOWN = Literal["not a claim", "shown, not decided"]
"""What stands in place of a verdict where nothing is decided: the news item claims nothing, or what
it claims cannot be seen in closes."""


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Item:
    """A news item that claims are taken from; what it does not tell of itself is None."""

    title: Text | None = None
    outlet: Text | None = None
    day: date | None = None


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Condition:
    """What must hold before an event: the change of a price between two closes in event time."""

    of: Text
    start: int
    end: int
    holds: Holds


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Events:
    """Which events enter.

    Those of the ``directions`` asked for (none: all), multiplied by the expected sign if
    ``signed``; day 0 strictly ``after`` and ``before``; ``only`` some identifiers, or all
    ``without`` some; ``mixed`` keeps episodes whose events point in opposite directions; ``day``
    averages each day of an episode or takes the first; ``apart`` keeps, in time, days so many
    sessions apart, whose windows share none; ``where`` must hold before the event.
    """

    directions: tuple[Text, ...] = ()
    signed: bool = False
    after: date | None = None
    before: date | None = None
    only: tuple[Text, ...] = ()
    without: tuple[Text, ...] = ()
    mixed: bool = False
    day: Literal["each", "first"] = "each"
    apart: int = 0
    where: Condition | None = None


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Claim:
    """What every entry says, whatever its kind: the words of the ledger.

    ``kind`` names the kind of test, ``quote`` is what the news item says, word for word and a
    line at most, ``brief`` is the estimand in a few words, for tables (empty:
    there are none but its own), ``family`` says whether the p-value of a confirmatory claim is
    adjusted with the others, ``verdict`` stands in place of one where nothing is decided.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    item: Text
    status: Literal["confirmatory", "exploratory"]
    statement: Text
    estimand: Text
    test: Text
    rule: Text
    kind: str
    quote: Line = ""
    brief: str = ""
    family: bool = False
    verdict: SHOWN | None = None


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class OnEvents(Claim):
    """A claim on responses to events.

    Measured is a portfolio (see :mod:`analysis.snapshot.portfolios`) over a ``window``, first and
    last event day: the primary one if not given. ``clean`` days must be free of a firm's own news,
    those of the window from day 0 on if not given; ``model`` names a model of study.toml, that of
    the study if not given.
    """

    of: Text
    window: Bounds | None = None
    clean: Bounds | None = None
    model: Text | None = None
    claimed: Sign = "positive"
    family: bool = True

    @property
    def sides(self) -> dict[str, Events]:
        """Which events enter, by field: one kind of them, or the two that are compared."""
        asked = {name: getattr(self, name, None) for name in ("events", "first", "second")}
        return {name: events for name, events in asked.items() if events is not None}


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Mean(OnEvents):
    """The mean response over episodes.

    ``response`` says what is measured: the CAR; the net return of the study's pair trade, bought
    as ``of`` says; or the log ratio of the volatility over ``window`` to that over ``base``, a
    window too or, where it is a date, every session before that. A CAR that ``follows`` another
    window is multiplied by the sign of the CAR over that one: positive goes on, negative reverses.
    ``beside`` asks for the raw return of the same days.
    """

    kind: Literal["mean"]
    events: Events
    response: Literal["car", "trade", "log_volatility_ratio"] = "car"
    base: Bounds | date | None = None
    follows: Bounds | None = None
    beside: Literal["return"] | None = None

    @model_validator(mode="after")
    def _has_its_windows(self) -> Mean:
        if self.response == "log_volatility_ratio" and not (self.window and self.base):
            raise ValueError("Input should be a volatility ratio with a window and a base")
        if self.follows and not (self.response == "car" and self.window and self.clean):
            raise ValueError("Input should be a CAR with a window and clean days where it follows")
        return self


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Difference(OnEvents):
    """The mean response to ``first`` events less that to ``second`` ones."""

    kind: Literal["difference"]
    first: Events
    second: Events


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Equivalence(OnEvents):
    """A mean response that is claimed to lie inside ``bounds`` (fractions), by its interval."""

    kind: Literal["equivalence"]
    events: Events
    bounds: Band
    interval: Share
    family: bool = False


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Variance(OnEvents):
    """A mean square of standardised abnormal returns that is claimed to differ on event days.

    Signs play no part: ``claimed`` positive says larger than on other days, negative smaller.
    """

    kind: Literal["variance"]
    events: Events
    response: Literal["mean_square"] = "mean_square"

    @model_validator(mode="after")
    def _has_no_signs(self) -> Variance:
        _refuse_signs(self.events)
        return self


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class VarianceShare(OnEvents):
    """A share of the mean square of event days that the model leaves, claimed above ``bound``.

    Signs play no part; the interval resamples episodes. There is no p-value.
    """

    kind: Literal["variance_share"]
    events: Events
    bound: Share
    family: bool = False

    @model_validator(mode="after")
    def _has_no_signs(self) -> VarianceShare:
        _refuse_signs(self.events)
        return self


def _refuse_signs(events: Events) -> None:
    if events.signed:
        raise ValueError("Input should be events that are not signed, for a square has no sign")


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Fact:
    """One comparison.

    Exactly one of: a return, ``of`` a portfolio, on a ``day`` or ``start`` to ``end`` (closes); the
    simple change of a monthly ``series`` in ``month``; the days between announcements of events; a
    ``column`` of events.csv, of the events that have a number there and whose day 0 lies ``before``
    a day, if one is given.
    """

    holds: Holds
    of: Text | None = None
    day: Day | None = None
    start: date | None = None
    end: date | None = None
    series: Text | None = None
    month: Text | None = None
    days_between: tuple[Text, ...] = ()
    column: Text | None = None
    before: Day | None = None


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Facts(Claim):
    """Comparisons, counted: all hold, some or none; ``show`` makes one number of the values."""

    kind: Literal["facts"]
    facts: Annotated[tuple[Fact, ...], Field(min_length=1)]
    show: Literal["min", "median", "mean", "first"]


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Retraced(Claim):
    """Share of a gain from the close of ``start`` to that of ``top`` that is gone by ``end``.

    ``since`` counts the loss from a later close than the top.
    """

    kind: Literal["retraced"]
    of: Text
    start: date
    top: date
    end: date
    bounds: Band
    since: date | None = None


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class BetaOrder(Claim):
    """Every firm's beta less another's, and whether the ``firms`` have one beta at all."""

    kind: Literal["beta_order"]
    of: Text
    on: Text
    firms: Text
    claimed: Sign = "positive"


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Correlation(Claim):
    """Correlation of the log changes of monthly series with a portfolio's return.

    With the return of whole months, by lag; with the CAR around the ``releases`` of the figures, if
    asked for. The changes of ``seasonal`` series are those less the mean of the same month in
    earlier years.
    """

    kind: Literal["correlation"]
    series: Annotated[tuple[Text, ...], Field(min_length=1)]
    of: Text
    lags: tuple[int, ...] = ()
    releases: bool = False
    seasonal: tuple[Text, ...] = ()
    claimed: Sign = "positive"
    family: bool = True

    @model_validator(mode="after")
    def _has_returns(self) -> Correlation:
        if not (self.lags or self.releases):
            raise ValueError("Input should be a correlation with lags, or releases, or both")
        return self


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Waiting(Claim):
    """A claim on sessions that have not passed: ``sessions`` after a day, first and last.

    Once the first of them has passed, the CAR of the portfolio ``of`` over the sessions seen
    decides, against its forecast error; without a portfolio nothing does.
    """

    kind: Literal["waiting"]
    start: Day
    sessions: Bounds
    of: Text | None = None
    claimed: Sign = "positive"


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Watch(Claim):
    """Abnormal returns on listed days, whatever other news a firm had."""

    kind: Literal["watch"]
    of: Text
    days: Annotated[tuple[date, ...], Field(min_length=1)]


ON_RETURNS = (BetaOrder, Correlation)
"""Kinds that the returns of all sessions decide."""
ACROSS_EPISODES = (Mean, Difference, Equivalence)
"""Kinds that a test across episodes decides."""
KINDS: tuple[type[Claim], ...] = (
    *(*ACROSS_EPISODES, Variance, VarianceShare),
    *(Facts, Retraced, *ON_RETURNS, Waiting, Watch),
)
