"""TOML files held against a model: a faulty entry is one line that names it."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from analysis.errors import SnapshotError
from analysis.snapshot.faults import fault, guess
from analysis.snapshot.reading import read_text

__all__ = [
    "CLOSED",
    "Bounds",
    "Count",
    "Place",
    "Share",
    "Text",
    "Ticker",
    "Tickers",
    "parse_toml",
]

CLOSED = ConfigDict(extra="forbid", strict=True)
"""Of every dataclass that a file is held against: no key but those of its fields, and its types."""

Bounds = tuple[int, int]
Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Text = Annotated[str, Field(pattern=r"\S")]
Ticker = Annotated[str, Field(pattern=r"^[A-Z]+$")]
Tickers = Annotated[tuple[Ticker, ...], Field(min_length=1)]
T = TypeVar("T")

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
    try:
        raw = tomllib.loads(read_text(name, content))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise fault(name, expected="TOML", found=str(error), remedy="correct the line") from None
    try:
        # By way of JSON, whose arrays and dates the strict mode takes for tuples and dates.
        return TypeAdapter(model).validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        raise _fault(raw, model, place, error.errors(include_url=False)) from None


def _fault(
    raw: dict[str, Any], model: type, place: Place, errors: list[ErrorDetails]
) -> SnapshotError:
    """The first error in the order of the file; a slip in a key comes before what it leaves out."""

    def rank(error: ErrorDetails) -> tuple[int, bool]:
        entry = next((part for part in error["loc"] if isinstance(part, int)), 0)
        return entry, error["type"] == "missing"

    first = min(errors, key=rank)
    loc, kind, found = first["loc"], first["type"], first["input"]
    words = _plain(first["msg"])
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    meant = ""
    if kind == "unexpected_keyword_argument":
        words, found = "a known key", loc[-1]
        meant = guess(str(found), _keys(model, loc[:-1]))
    elif kind == "missing":
        words = "a value"
    elif kind == "literal_error":
        meant = guess(str(found), re.findall(r"'([^']*)'", words))
    return fault(
        place(raw, loc),
        expected=words,
        found=_shown(kind, found),
        remedy=f"{meant}correct the line{more}",
    )


def _keys(model: Any, path: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at a path: fields of dataclasses, in mappings and lists of them."""
    for part in path:
        if dataclasses.is_dataclass(model):
            model = get_type_hints(model)[str(part)]
        else:
            model = get_args(model)[0 if isinstance(part, int) else -1]
    return [field.name for field in dataclasses.fields(model)]


def _plain(message: str) -> str:
    for opening in ("Value error, ", "Input should be "):
        message = message.removeprefix(opening)
    return message


def _shown(kind: str, value: object) -> str:
    if kind == "missing":
        return "none"
    return "values that contradict it" if isinstance(value, dict) else f"{value!r}"
