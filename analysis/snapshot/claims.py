"""The claims, read from ``claims.toml`` and checked: each says what is measured and what decides.

An entry names a *kind* of test and, in the words of the study, its portfolio, window and events;
code knows the kinds and never a claim. A field that its kind does not use is an error.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from analysis.errors import SnapshotError
from analysis.snapshot.faults import fault, guess
from analysis.snapshot.reading import read_text

__all__ = [
    "ON_EVENTS",
    "ON_RETURNS",
    "BetaOrder",
    "Claim",
    "Condition",
    "Correlation",
    "Difference",
    "Equivalence",
    "Events",
    "Fact",
    "Facts",
    "Mean",
    "Retraced",
    "Waiting",
    "Watch",
    "parse_claims",
]

_FILE = "claims.toml"
_CLOSED = ConfigDict(extra="forbid", strict=True)

Text = Annotated[str, Field(pattern=r"\S")]
Bounds = tuple[int, int]
Band = tuple[float, float]
Sign = Literal["positive", "negative"]
Share = Annotated[float, Field(gt=0, lt=1)]
Holds = Annotated[
    str, Field(pattern=r"^([<>] *-?\d+(\.\d+)?|in +\[ *-?\d+(\.\d+)? *, *-?\d+(\.\d+)? *\])$")
]
Day = date | Text  # a date, or the name of a highlighted day


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

    Attributes
    ----------
    directions : tuple of str
        Directions asked for; empty: all of the study.
    signed : bool
        Multiply responses by the sign that the study expects of the direction.
    after, before : date, optional
        Bounds of day 0, both strict.
    only, without : tuple of str
        Identifiers of the events that alone may enter, or that may not.
    mixed : bool
        Keep episodes whose events point in opposite directions.
    day : {"each", "first"}
        Average the days of an episode, or take its first.
    where : Condition, optional
        What must hold before the event.
    """

    directions: tuple[Text, ...] = ()
    signed: bool = False
    after: date | None = None
    before: date | None = None
    only: tuple[Text, ...] = ()
    without: tuple[Text, ...] = ()
    mixed: bool = False
    day: Literal["each", "first"] = "each"
    where: Condition | None = None


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Claim:
    """What every entry says, whatever its kind: the words of the ledger.

    ``brief`` is the estimand in a few words, for tables; empty: there are none but its own.
    ``family`` says whether the p-value of a confirmatory claim is adjusted with the others.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    item: Text
    status: Literal["confirmatory", "exploratory"]
    statement: Text
    estimand: Text
    test: Text
    rule: Text
    brief: str = ""
    family: bool = False


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class _Pooled(Claim):
    """A claim on responses to events.

    Attributes
    ----------
    of : str
        Portfolio: see :mod:`analysis.snapshot.portfolios`.
    window : (int, int), optional
        First and last event day; the primary window of the study if not given.
    clean : (int, int), optional
        Sessions that must be free of a firm's own news; the window from day 0 on if not given.
    model : str, optional
        Model of the normal return, by its name in study.toml; that of the study if not given.
    claimed : {"positive", "negative"}
        Sign of the effect that is claimed.
    """

    of: Text
    window: Bounds | None = None
    clean: Bounds | None = None
    model: Text | None = None
    claimed: Sign = "positive"
    family: bool = True


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Mean(_Pooled):
    """The mean response over episodes.

    ``response`` says what is measured: the CAR; the net return of the study's pair trade, bought
    as ``of`` says; or the log ratio of the volatility over ``window`` to that over ``base``.
    ``beside`` asks for the raw return of the same days.
    """

    kind: Literal["mean"]
    events: Events
    response: Literal["car", "trade", "log_volatility_ratio"] = "car"
    base: Bounds | None = None
    beside: Literal["return"] | None = None

    @model_validator(mode="after")
    def _has_its_windows(self) -> Mean:
        if self.response == "log_volatility_ratio" and not (self.window and self.base):
            raise ValueError("Input should be a volatility ratio with a window and a base")
        return self


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Difference(_Pooled):
    """The mean response to ``first`` events less that to ``second`` ones."""

    kind: Literal["difference"]
    first: Events
    second: Events


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Equivalence(_Pooled):
    """A mean response that is claimed to lie inside ``bounds`` (fractions), by its interval."""

    kind: Literal["equivalence"]
    events: Events
    bounds: Band
    interval: Share
    family: bool = False


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Fact:
    """One comparison.

    Exactly one of: a return, ``of`` a portfolio, on a ``day`` or ``start`` to ``end`` (closes); the
    simple change of a monthly ``series`` in ``month``; the days between announcements of events.
    """

    holds: Holds
    of: Text | None = None
    day: Day | None = None
    start: date | None = None
    end: date | None = None
    series: Text | None = None
    month: Text | None = None
    days_between: tuple[Text, ...] = ()


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Facts(Claim):
    """Comparisons, counted: all hold, some or none; ``show`` makes one number of the values."""

    kind: Literal["facts"]
    facts: Annotated[tuple[Fact, ...], Field(min_length=1)]
    show: Literal["min", "median", "mean", "first"]


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Retraced(Claim):
    """Share of a gain from the close of ``start`` to that of ``top`` that is gone by ``end``."""

    kind: Literal["retraced"]
    of: Text
    start: date
    top: date
    end: date
    bounds: Band


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
    """Correlation of the log changes of monthly series with a portfolio's return, by lag."""

    kind: Literal["correlation"]
    series: Annotated[tuple[Text, ...], Field(min_length=1)]
    of: Text
    lags: Annotated[tuple[int, ...], Field(min_length=1)]
    claimed: Sign = "positive"
    family: bool = True


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Waiting(Claim):
    """A claim on sessions that have not passed: ``sessions`` after a day, first and last."""

    kind: Literal["waiting"]
    start: Day
    sessions: Bounds


@dataclass(frozen=True, config=_CLOSED, kw_only=True)
class Watch(Claim):
    """Abnormal returns on listed days, whatever other news a firm had."""

    kind: Literal["watch"]
    of: Text
    days: Annotated[tuple[date, ...], Field(min_length=1)]


@dataclass(frozen=True, config=ConfigDict(extra="ignore", strict=True))
class _Unknown:
    kind: Literal[
        "mean",
        "difference",
        "equivalence",
        "facts",
        "retraced",
        "beta_order",
        "correlation",
        "waiting",
        "watch",
    ]


_KINDS: Mapping[str, type[Claim]] = {
    "mean": Mean,
    "difference": Difference,
    "equivalence": Equivalence,
    "facts": Facts,
    "retraced": Retraced,
    "beta_order": BetaOrder,
    "correlation": Correlation,
    "waiting": Waiting,
    "watch": Watch,
}


ON_EVENTS = (Mean, Difference, Equivalence)
"""Kinds that events decide."""
ON_RETURNS = (BetaOrder, Correlation)
"""Kinds that the returns of all sessions decide."""


def parse_claims(content: bytes) -> dict[str, Claim]:
    """Read and check the claims of a study; it may make none.

    Parameters
    ----------
    content : bytes
        The text of ``claims.toml``.

    Returns
    -------
    dict of str to Claim
        By id, in file order.

    Raises
    ------
    SnapshotError
        A line for each fault, in the order of the file: claim, field, expected, found, nearest.
    """
    try:
        raw = tomllib.loads(read_text(_FILE, content))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise fault(_FILE, expected="TOML", found=str(error), remedy="correct the line") from None
    for key in raw:
        if key != "claim":
            remedy = f"{guess(key, ['claim'])}correct the line"
            raise fault(
                f"{_FILE}, field {key}", expected="a known key", found=f"{key!r}", remedy=remedy
            )
    entries = raw.get("claim", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        remedy = "begin each claim with [[claim]]"
        found = "something else under the name claim"
        raise fault(_FILE, expected="tables [[claim]]", found=found, remedy=remedy)
    claims: dict[str, Claim] = {}
    faults: list[str] = []
    for number, entry in enumerate(entries, start=1):
        name = f"claim {entry['id']}" if "id" in entry else f"claim number {number} of the file"
        try:
            claim = _parse(entry)
        except ValidationError as error:
            faults += _said(name, entry, error)
            continue
        if claim.id in claims:
            found = f"{claim.id} again in claim number {number} of the file"
            remedy = "give one of the two another id or remove it"
            faults.append(_line(name, "id", "an id that occurs once", found, remedy))
        claims[claim.id] = claim
    if faults:
        raise SnapshotError("\n".join(faults))
    return claims


def _parse(entry: Mapping[str, Any]) -> Claim:
    # By way of JSON, whose arrays and dates the strict mode takes for tuples and dates.
    text = json.dumps(dict(entry), default=str)
    kind = _KINDS.get(str(entry.get("kind")))
    if kind is None:
        TypeAdapter(_Unknown).validate_json(text)
    return TypeAdapter(kind or Claim).validate_json(text)


def _said(name: str, entry: Mapping[str, Any], error: ValidationError) -> list[str]:
    """Word the faults of an entry; a slip in a field comes before what it leaves out."""
    errors = error.errors(include_url=False)
    return [
        _word(name, entry, each) for each in sorted(errors, key=lambda e: e["type"] == "missing")
    ]


def _word(name: str, entry: Mapping[str, Any], error: ErrorDetails) -> str:
    place, found = ".".join(str(part) for part in error["loc"]), error["input"]
    if error["type"] == "missing":
        return _line(name, place, "a value", "none")
    if error["type"] == "unexpected_keyword_argument":
        fields = _KINDS.get(str(entry.get("kind")), Claim).__dataclass_fields__
        known = fields if len(error["loc"]) == 1 else Events.__dataclass_fields__ | {**fields}
        word = str(error["loc"][-1])
        expected = f"a field of the kind {entry.get('kind')}"
        return _line(name, place, expected, f"{word!r}", f"{guess(word, known)}correct the line")
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    meant = guess(str(found), re.findall(r"'([^']*)'", expected))
    shown = "values that contradict it" if isinstance(found, dict) else f"{found!r}"
    return _line(name, place, expected, shown, f"{meant}correct the line")


def _line(
    name: str, place: str, expected: str, found: str, remedy: str = "correct the line"
) -> str:
    where = f"{_FILE}, {name}" + (f", field {place}" if place else "")
    return str(fault(where, expected=expected, found=found, remedy=remedy))
