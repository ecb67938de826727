"""TOML files held against a model: a faulty entry is one line that names it."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from analysis.errors import SnapshotError
from analysis.snapshot.faults import fault, guess
from analysis.snapshot.reading import read_text
from analysis.snapshot.schema import TICKER

__all__ = [
    "ABSENT",
    "CLOSED",
    "Bounds",
    "Count",
    "Name",
    "Optional",
    "Place",
    "Share",
    "Text",
    "Ticker",
    "Tickers",
    "list_slips",
    "parse_toml",
    "read_toml",
    "validate",
    "word_error",
    "word_fault",
]

CLOSED = ConfigDict(extra="forbid", strict=True)
"""Of every dataclass that a file is held against: no key but those of its fields, and its types."""

Bounds = tuple[int, int]
Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(pattern=r"\S")]
Ticker = Annotated[str, Field(pattern=rf"^{TICKER}$")]
Tickers = Annotated[tuple[Ticker, ...], Field(min_length=1)]
T = TypeVar("T")
_STRANGE = "unexpected_keyword_argument"

ABSENT: Any = None
"""A section that a study leaves out; its type says what it is where it is given."""


class Optional:
    """Marks such a section: None passes, whatever else is checked."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.nullable_schema(handler(source))


Place = Callable[[dict[str, Any], tuple[int | str, ...]], str]
"""Says in words where in the file an error lies: from the raw tables and pydantic's location."""


def parse_toml(name: str, content: bytes, model: type[T], place: Place) -> T:
    """Read a TOML file, however it was saved, and hold it against a pydantic dataclass.

    Raises
    ------
    SnapshotError
        If the text is not TOML, a key is unknown or missing, or a value has the wrong type, lies
        out of range or contradicts another.
    """
    raw = read_toml(name, content)
    try:
        return validate(model, raw)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    first = min(errors, key=_rank)
    known = _keys(model, first["loc"][:-1]) if first["type"] == _STRANGE else ()
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    if (name, first["type"]) == ("study.toml", "missing"):
        more = f"; the study.toml that nox -s run -- init FOLDER writes shows how{more}"
    raise word_error(place(raw, first["loc"]), first, known, more=more)


def read_toml(name: str, content: bytes) -> dict[str, Any]:
    """Read a TOML file, however it was saved, or raise the one line that says what is wrong."""
    try:
        return tomllib.loads(read_text(name, content))
    except (ValueError, RecursionError) as error:  # also of a number of thousands of digits
        raise fault(name, expected="TOML", found=str(error), remedy="correct the line") from None


def validate(model: type[T], raw: Mapping[str, Any]) -> T:
    """Hold tables against a model.

    Raises
    ------
    pydantic.ValidationError
    """
    # By way of JSON, whose arrays and dates the strict mode takes for tuples and dates.
    return TypeAdapter(model).validate_json(json.dumps(dict(raw), default=str))


def word_error(
    place: str,
    error: ErrorDetails,
    known: Iterable[str],
    a_known: str = "a known key",
    more: str = "",
) -> SnapshotError:
    """Word one error of a model; ``known`` are the keys that could stand at its place."""
    found = error["input"]
    if error["type"] == _STRANGE:
        return word_fault(place, a_known, f"{error['loc'][-1]!r}", known, more)
    if error["type"] == "missing":
        return fault(place, expected="a value", found="none", remedy=f"add it{more}")
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "too_short":
        expected = f"{error['ctx']['min_length']} or more entries"
    shown = "values that contradict it" if isinstance(found, dict) else f"{found!r}"
    return word_fault(place, expected, shown, re.findall(r"'([^']*)'", expected), more)


def word_fault(
    place: str, expected: str, found: object, known: Iterable[str], more: str = ""
) -> SnapshotError:
    """Word a fault in a line of a TOML file, with the known word nearest to what was found."""
    remedy = f"{guess(str(found).strip(chr(39)), known)}correct the line{more}"
    return fault(place, expected=expected, found=str(found), remedy=remedy)


def list_slips(error: ValidationError, known: Iterable[str]) -> list[ErrorDetails]:
    """Return the errors of a table, slips in keys first, without the keys that those stand for."""
    errors = sorted(error.errors(include_url=False), key=lambda each: each["type"] == "missing")
    words = [
        (each["loc"][:-1], guess("".join(map(str, each["loc"][-1:])), known)) for each in errors
    ]
    meant = {w for e, w in zip(errors, words, strict=True) if e["type"] == _STRANGE}
    return [
        e for e, w in zip(errors, words, strict=True) if e["type"] != "missing" or w not in meant
    ]


def _rank(error: ErrorDetails) -> tuple[int, bool]:
    """Order errors as they stand in the file; a slip in a key before what it leaves out."""
    entry = next((part for part in error["loc"] if isinstance(part, int)), 0)
    return entry, error["type"] == "missing"


def _keys(model: Any, path: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at a path: fields of dataclasses, in mappings and lists of them."""
    for part in path:
        if dataclasses.is_dataclass(model):
            model = get_type_hints(model)[str(part)]
        else:
            model = get_args(model)[0 if isinstance(part, int) else -1]
    return [field.name for field in dataclasses.fields(model)]
