"""What a user can choose: the fields are the functions' keywords and the commands' options.

Nothing heavy is imported here, so that ``--help`` does not wait for the estimators.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from analysis.errors import UserDataError
from analysis.estimators.names import FactorModel, Kind, Method, Missing, Model

__all__ = [
    "BetaOptions",
    "CorrelateOptions",
    "EventOptions",
    "Form",
    "Frequency",
    "Options",
    "OutputOptions",
    "ReadingOptions",
    "SizeOptions",
    "Window",
    "literal_words",
    "takes",
]

Form = Literal["level", "change", "log_change"]
Frequency = Literal["day", "week", "month"]
Window = tuple[int, int]
UNIONS = (Union, UnionType)
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Option:
    """What is told of a field, the least it can be, and its option where it has another name.

    A field with an empty `flag` has none; a `rare` one is told by ``--help-all`` alone.
    """

    told: str
    least: float | None = None
    flag: str | None = None
    rare: bool = False


def literal_words(hint: Any) -> tuple[str, ...]:
    """Return the words that a Literal, or a union of several, allows; empty for other types."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    words = [literal_words(part) for part in get_args(hint)] if get_origin(hint) in UNIONS else []
    return tuple(word for part in words for word in part) if all(words) else ()


@dataclass(frozen=True)
class Options:
    """Options that are checked when they are made; a lone string stands for a tuple of one."""

    def __post_init__(self) -> None:
        for name, (option, hint) in self.described().items():
            value = getattr(self, name)
            if get_origin(hint) is tuple:
                value = (value,) if isinstance(value, str) else tuple(value)
                object.__setattr__(self, name, value)
            if (words := literal_words(hint)) and value not in words:
                expected = f"one of {', '.join(words)}"
            elif option.least is not None and value < option.least:
                expected = f"{option.least} or more"
            else:
                continue
            raise UserDataError(f"{name}: expected {expected}, found {value}; change it")

    @classmethod
    def described(cls) -> dict[str, tuple[Option, Any]]:
        """Return what is told of each field, and its type."""
        hints = get_type_hints(cls, include_extras=True)
        return {f.name: get_args(hints[f.name])[::-1] for f in fields(cls)}


_GAPS = "days without a price: returns trade to trade, lumped on the next day, or dropped"
_Missing = Annotated[Missing, Option(_GAPS, rare=True)]
_Given = Annotated[Literal["prices", "returns"], Option("what the table holds", flag="")]


@dataclass(frozen=True)
class EventOptions(Options):
    """Every option of one event study; windows and their distances in sessions."""

    benchmark: Annotated[str | None, Option("column of the market")] = None
    factors: Annotated[
        tuple[str, ...], Option("further factor columns", flag="--factor", rare=True)
    ] = ()
    model: Annotated[
        Model | FactorModel,
        Option("normal return; ff3, ff5 and carhart take their factors from --factors"),
    ] = "market"
    estimation: Annotated[int, Option("sessions of the estimation window")] = 120
    gap: Annotated[int, Option("sessions from its last one to day 0")] = 11
    window: Annotated[Window, Option("first and last event day", flag="")] = (-5, 5)
    returns: Annotated[Kind, Option("kind of returns", rare=True)] = "simple"
    tests: Annotated[tuple[str, ...], Option("all, or names")] = ("all",)
    placebo: Annotated[int, Option("placebo draws", least=1, rare=True)] = 1000
    seed: Annotated[int, Option("seed of everything drawn", least=0, rare=True)] = 1
    minimum: Annotated[
        int | None,
        Option(
            "fewest estimation returns (default: half of the window, at least 100 for garch)",
            rare=True,
        ),
    ] = None
    skip_listed: Annotated[
        bool,
        Option("leave the windows of all listed events out of every estimation window", rare=True),
    ] = False
    by: Annotated[
        tuple[str, ...], Option("break down by pooled, firm, event, episode", rare=True)
    ] = ()
    missing: _Missing = "trade"
    non_session: Annotated[
        Literal["next", "previous", "skip"],
        Option("event dates without a session: where they move, at most seven days", rare=True),
    ] = "next"
    short_window: Annotated[
        bool, Option("cut the window of a firm that ends inside it at its last price", rare=True)
    ] = False
    given: _Given = "prices"
    windows: Annotated[
        tuple[Window, ...],
        Option("event days (default: -5,5); further ones enter the breakdown", flag="--window"),
    ] = ()


@dataclass(frozen=True)
class SizeOptions(Options):
    """Every option of the size of tests on a user's own prices; windows in sessions."""

    benchmark: Annotated[str | None, Option("column of the market")] = None
    events: Annotated[int, Option("events of a study, firm by firm", least=1)] = 50
    days: Annotated[int, Option("event days among which they are spread", least=1)] = 10
    model: Annotated[Model, Option("normal return")] = "market"
    estimation: Annotated[int, Option("sessions of the estimation window", least=10)] = 120
    gap: Annotated[int, Option("sessions from its last one to day 0", least=1)] = 11
    window: Annotated[Window, Option("first and last event day")] = (-1, 1)
    tests: Annotated[tuple[str, ...], Option("all, or names")] = ("all",)
    seed: Annotated[int, Option("seed of the draws", least=0)] = 1
    given: Annotated[Literal["prices", "returns"], Option("what the table holds", flag="")] = (
        "prices"
    )
    replications: Annotated[int, Option("studies that are drawn", least=1, flag="")] = 1000


@dataclass(frozen=True)
class BetaOptions(Options):
    """Every option of one run of relative betas; lags, windows and blocks in sessions."""

    benchmark: Annotated[str, Option("column of the market")]
    assets: Annotated[tuple[str, ...], Option("columns (default: all but the benchmark)")] = ()
    missing: _Missing = "trade"
    given: _Given = "prices"
    returns: Annotated[Kind, Option("kind of returns", rare=True)] = "simple"
    frequency: Annotated[
        Frequency, Option("returns a day (row), week or month: from the last price of each")
    ] = "day"
    risk_free: Annotated[
        str | None, Option("column of a risk-free rate, percent a year; may be zero or negative")
    ] = None
    pairs: Annotated[bool, Option("test each pair of assets for equal betas")] = False
    hac: Annotated[int, Option("lags of the HAC errors", least=0, rare=True)] = 5
    lags: Annotated[int, Option("lags of the Dimson beta", least=0, rare=True)] = 1
    leads: Annotated[int, Option("leads of the Dimson beta", least=0, rare=True)] = 1
    window: Annotated[int, Option("sessions of the rolling beta")] = 60
    halflife: Annotated[float, Option("sessions until a weight halves", least=1, rare=True)] = 60.0
    block: Annotated[int, Option("sessions of a bootstrap block", rare=True)] = 10
    draws: Annotated[int, Option("bootstrap draws", least=2, rare=True)] = 2000
    seed: Annotated[int, Option("seed of everything drawn", least=0, rare=True)] = 1


@dataclass(frozen=True)
class CorrelateOptions(Options):
    """Every option of one run of correlations; lags and blocks in rows, weeks, months, ..."""

    x: Annotated[tuple[str, ...], Option("columns that lead at positive lags")]
    y: Annotated[tuple[str, ...], Option("columns correlated with them")]
    unit: Annotated[
        Literal["row", "week", "month", "quarter"],
        Option("what a lag counts; of a week, month or quarter the last value is taken"),
    ] = "row"
    x_as: Annotated[Form, Option("x itself, or its change from the unit before")] = "level"
    y_as: Annotated[Form, Option("the same of y")] = "level"
    lags: Annotated[int, Option("furthest lag at which y leads", least=0)] = 3
    leads: Annotated[int, Option("furthest lag at which x leads", least=0)] = 3
    methods: Annotated[tuple[str, ...], Option("coefficients")] = get_args(Method)
    block: Annotated[int, Option("units of a block", least=1, rare=True)] = 3
    draws: Annotated[int, Option("draws of either resampling", least=1, rare=True)] = 4999
    seed: Annotated[int, Option("seed of everything drawn", least=0, rare=True)] = 1


@dataclass(frozen=True)
class ReadingOptions(Options):
    """How the files are read, where it cannot be found out."""

    columns: Annotated[
        tuple[str, ...], Option("names of columns, as date=NAME,asset=NAME,value=NAME", rare=True)
    ] = ()
    dates: Annotated[
        Literal["auto", "dmy", "mdy"], Option("which of day and month is first", rare=True)
    ] = "auto"
    decimal: Annotated[
        Literal["auto", "comma", "point"], Option("mark before decimals", rare=True)
    ] = "auto"
    numbers: Annotated[
        Literal["auto", "prices", "returns", "percent"],
        Option(
            "what the tables hold: prices, returns as fractions or in percent",
            flag="--as",
            rare=True,
        ),
    ] = "auto"


@dataclass(frozen=True)
class OutputOptions(Options):
    """What is shown of a result."""

    quiet: Annotated[bool, Option("say nothing but errors")] = False
    json: Annotated[bool, Option("print the result as JSON instead of tables")] = False


def takes(options: type[Options]) -> Callable[[F], F]:
    """Show options in the signature and the docstring of a function that takes them as keywords.

    They stand where its last parameter, ``**options``, and that word in the docstring do.
    """

    def shown(function: F) -> F:
        own = list(inspect.signature(function).parameters.values())[:-1]
        lines = []
        for field in fields(options):
            option, hint = options.described()[field.name]
            default = inspect.Parameter.empty if field.default is MISSING else field.default
            own.append(
                inspect.Parameter(
                    field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
                )
            )
            given = "" if field.default is MISSING else f", default {default!r}"
            kind = hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")
            if words := literal_words(hint):
                kind = f"{{{', '.join(words)}}}"
            lines += [f"{field.name} : {kind}{given}", f"    {option.told}"]
        vars(function)["__signature__"] = inspect.Signature(own)
        # Python 3.13 takes the indent out of docstrings when it compiles them.
        before, mark, after = (function.__doc__ or "").partition("**options")
        indent = before.rpartition("\n")[2]
        function.__doc__ = before + f"\n{indent}".join(lines) + after if mark else before
        return function

    return shown
