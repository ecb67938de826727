"""The claims, read from ``claims.toml`` and checked: each says what is measured and what decides.

An entry names a *kind* of test and, in the words of the study, its portfolio, window and events;
code knows the kinds and never a claim. A field that its kind does not use is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from analysis.errors import SnapshotError
from analysis.snapshot.faults import fault
from analysis.snapshot.toml_file import read_toml, validate, word_error, word_fault

__all__ = [
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
    "OnEvents",
    "Retraced",
    "Variance",
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

    Those of the ``directions`` asked for (none: all), multiplied by the expected sign if
    ``signed``; day 0 strictly ``after`` and ``before``; ``only`` some identifiers, or all
    ``without`` some; ``mixed`` keeps episodes whose events point in opposite directions; ``day``
    averages each day of an episode or takes the first; ``where`` must hold before the event.
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

    ``kind`` names the kind of test, ``brief`` is the estimand in a few words, for tables (empty:
    there are none but its own), ``family`` says whether the p-value of a confirmatory claim is
    adjusted with the others.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    item: Text
    status: Literal["confirmatory", "exploratory"]
    statement: Text
    estimand: Text
    test: Text
    rule: Text
    kind: str
    brief: str = ""
    family: bool = False


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
        if self.events.signed:
            raise ValueError("Input should be events that are not signed, for a square has no sign")
        return self


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
_KINDS: Mapping[str, type[Claim]] = {
    get_args(get_type_hints(kind)["kind"])[0]: kind
    for kind in (
        *(Mean, Difference, Equivalence, Variance),
        *(Facts, Retraced, *ON_RETURNS, Waiting, Watch),
    )
}


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
    raw = read_toml(_FILE, content)
    for key in raw:
        if key != "claim":
            raise word_fault(f"{_FILE}, field {key}", "a known key", f"{key!r}", ["claim"])
    entries = raw.get("claim", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        remedy = "begin each claim with [[claim]]"
        found = "something else under the name claim"
        raise fault(_FILE, expected="tables [[claim]]", found=found, remedy=remedy)
    claims: dict[str, Claim] = {}
    faults: list[SnapshotError] = []
    for number, entry in enumerate(entries, start=1):
        here = f"claim number {number} of the file"
        place = f"{_FILE}, claim {entry['id']}" if "id" in entry else f"{_FILE}, {here}"
        try:
            claim = validate(_kind_of(entry, place), entry)
        except SnapshotError as error:
            faults.append(error)
        except ValidationError as error:
            faults += _word(place, entry, error)
        else:
            if claim.id in claims:
                once, again = "an id that occurs once", f"{claim.id} again in {here}"
                remedy = "give one of the two another id or remove it"
                faults.append(
                    fault(f"{place}, field id", expected=once, found=again, remedy=remedy)
                )
            claims[claim.id] = claim
    if faults:
        raise SnapshotError("\n".join(map(str, faults)))
    return claims


def _kind_of(entry: Mapping[str, Any], place: str) -> type[Claim]:
    """Return the class of an entry by its kind, or raise the line that names the nearest one."""
    word = entry.get("kind")
    if str(word) in _KINDS:
        return _KINDS[str(word)]
    *first, last = map(repr, _KINDS)
    expected = "a value" if word is None else f"{', '.join(first)} or {last}"
    found = "none" if word is None else f"{word!r}"
    raise word_fault(f"{place}, field kind", expected, found, _KINDS)


def _word(place: str, entry: Mapping[str, Any], error: ValidationError) -> list[SnapshotError]:
    """Word the faults of an entry; a slip in a field comes before what it leaves out."""
    kind = f"a field of the kind {entry['kind']}"
    fields = _KINDS[entry["kind"]].__dataclass_fields__
    errors = sorted(error.errors(include_url=False), key=lambda e: e["type"] == "missing")
    return [
        word_error(
            ", field ".join(filter(None, (place, ".".join(map(str, each["loc"]))))),
            each,
            known=fields if len(each["loc"]) == 1 else {**Events.__dataclass_fields__, **fields},
            a_known=kind,
        )
        for each in errors
    ]
