"""What claims name must be there: portfolios, windows, events, days, series of the study."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.amendments import AMENDMENTS
from analysis.snapshot.choices import window_name
from analysis.snapshot.claims import (
    Condition,
    Correlation,
    Difference,
    Fact,
    Mean,
    OnEvents,
    Retraced,
    Waiting,
)
from analysis.snapshot.eligibility import news_window
from analysis.snapshot.load import Snapshot
from analysis.snapshot.periods import every_of, name_periods
from analysis.snapshot.portfolios import parse_portfolio
from analysis.snapshot.toml_file import word_fault

__all__ = ["check_claims"]

Lack = tuple[str, str, object, Iterable[str]]
"""Field, what is expected, what is found, known words."""
Vocabulary = Mapping[str, tuple[Iterable[str], str]]
"""By field: the words that it may hold, and what they are."""
_ORDERED = ("window", "clean", "base", "follows", "bounds", "sessions")
CALM = 60  # sessions: fewer say little of what is usual
_FACTS = ("of", "series", "days_between", "column")


def check_claims(snapshot: Snapshot) -> None:
    """Hold every claim against the study, and what the study says of claims against these.

    Raises
    ------
    SnapshotError
        A line for each thing that is not there: claim, field, expected, found, nearest.
    """
    known, claims = _vocabulary(snapshot), snapshot.claims
    old = {key: was for key, was in snapshot.registered.items() if was is not claims[key]}
    entries = [("claim", claim) for claim in claims.values()]
    entries += [("registered claim", claim) for claim in old.values()]
    lines = [
        str(word_fault(f"claims.toml, {called} {claim.id}, field {field}", expected, found, words))
        for called, claim in entries
        for field, expected, found, words in _missing(claim, "", snapshot, known)
    ]
    lines += [
        str(word_fault(f"study.toml, key {key}", expected, found, known))
        for key, expected, found, known in _list_unnamed(snapshot)
    ]
    lines += map(str, _unamended(snapshot, old))
    if lines:
        raise SnapshotError("\n".join(lines))


def _unamended(snapshot: Snapshot, old: Collection[str]) -> Iterator[SnapshotError]:
    """Claims specified anew without an amendment that says so, and the other way round."""
    ids, named = [*snapshot.claims], {key for each in snapshot.amendments for key in each.claims}
    for entry in snapshot.amendments:
        place = f"{AMENDMENTS}, amendment {entry.id}, field claims"
        for _, expected, found, words in _unknown("", entry.claims, ids, "an id of claims.toml"):
            yield word_fault(place, expected, found, words)
        beside = [key for key in entry.claims if key in ids]
        expected = "a claim with a table [[registered]] in claims.toml"
        for _, _, found, words in _unknown("", beside, old, expected):
            yield word_fault(place, expected, found, words)
    for key in old:
        if key not in named:
            place = f"claims.toml, registered claim {key}"
            yield word_fault(place, f"an amendment of {AMENDMENTS} that names it", "none", ())
    sets = snapshot.choices.rules
    if old and not (sets and sets.amended.claims == "amended"):
        expected = '"amended", for claims.toml has tables [[registered]]'
        yield word_fault("study.toml, key rules.amended.claims", expected, "no such rule", ())


def _list_unnamed(snapshot: Snapshot) -> Iterator[Lack]:
    """Claims that study.toml names and claims.toml lacks."""
    claims, choices = snapshot.registered, snapshot.choices
    exposure = choices.exposure
    for key, basket in (("firms", exposure.firms), ("against", exposure.against)):
        if basket:
            yield from _unknown(
                f"exposure.{key}", [basket], choices.baskets, "a basket of [baskets]"
            )
    if exposure.column:
        known, what = [*map(str, snapshot.universe)], "a column of universe.csv"
        yield from _unknown("exposure.column", [exposure.column], known, what)
    if parts := choices.customs.parts:
        what = "a series of [customs.series]"
        yield from _unknown("customs.parts.whole", [parts.whole], choices.customs.series, what)
    if choices.curve:
        means = [key for key, claim in claims.items() if isinstance(claim, Mean | Difference)]
        expected = "a claim of the kind mean or difference in claims.toml"
        yield from _unknown("curve.claims", choices.curve.claims, means, expected)
    if choices.one_choice:
        yield from _unknown(
            "one_choice.claims", choices.one_choice.claims, claims, "an id of claims.toml"
        )
    if choices.rules and choices.rules.claim:
        yield from _unknown("rules.claim", [choices.rules.claim], claims, "an id of claims.toml")


def _vocabulary(snapshot: Snapshot) -> Vocabulary:
    choices, ids = snapshot.choices, (snapshot.events["id"], "an id of events.csv")
    days = {f"{day:%Y-%m-%d}" for day in snapshot.events["day0"]}
    models = choices.curve.models if choices.curve else {}
    numbers = snapshot.events.select_dtypes("float").columns
    named = {*choices.customs.series, *snapshot.customs["series"]}  # the data tell what has gone
    return {
        "on": ([*map(str, snapshot.prices)], "a ticker with prices"),
        "series": (named, f"a series of {choices.customs.file}"),
        "lags": ([*map(str, choices.customs.lags)], "lags of customs.lags in study.toml"),
        "days": (days, "a day 0 of events.csv"),
        "model": (models, "a model of [curve.models] in study.toml"),
        "directions": (choices.directions, "a direction of [directions] in study.toml"),
        "column": (numbers, "a column of events.csv with numbers"),
        **dict.fromkeys(("only", "without", "days_between"), ids),
    }


def _missing(entry: Any, above: str, snapshot: Snapshot, known: Vocabulary) -> Iterator[Lack]:
    """Yield what an entry, or a table inside it, names and the study does not have."""
    if isinstance(entry, Fact):
        asked = [name for name in _FACTS if getattr(entry, name)]
        if len(asked) != 1:
            found = ", ".join(asked) or "none"
            yield "facts", f"one of: {', '.join(_FACTS)}", found, ()
            return
    for name, value in ((field.name, getattr(entry, field.name)) for field in fields(entry)):
        for part in value if name == "facts" else [value]:
            if is_dataclass(part):
                yield from _missing(part, f"{above}{name}.", snapshot, known)
        if name in ("of", "firms") and value and not isinstance(entry, Condition):
            yield from _portfolio(above + name, value, snapshot)
        elif name in known and value:
            words = [value] if isinstance(value, str) else map(str, value)
            yield from _unknown(above + name, words, *known[name])
        elif name in _ORDERED and isinstance(value, tuple):
            yield from _disordered(above + name, value)
    yield from _beside(entry, above, snapshot, known)


def _beside(entry: Any, above: str, snapshot: Snapshot, known: Vocabulary) -> Iterator[Lack]:
    """Yield what fields of one kind of entry lack, beside what any field of their name may."""
    if isinstance(entry, OnEvents) and getattr(entry, "response", "car") == "car":
        windows = snapshot.choices.windows
        clean = entry.clean or news_window(entry.window or windows.primary_bounds)
        if window_name(clean) not in windows.bounds:
            expected = "clean days that are a window of [windows.bounds] in study.toml"
            yield "clean", expected, list(clean), ()
    elif isinstance(entry, Mean) and isinstance(entry.base, date):
        yield from _calm("base", entry.base, snapshot)
    elif isinstance(entry, Condition):
        yield from _unknown(f"{above}of", [entry.of], *known["on"])
        yield from _disordered(above.rstrip("."), (entry.start, entry.end))
    elif isinstance(entry, Retraced):
        days = {"start": entry.start, "top": entry.top, "since": entry.since, "end": entry.end}
        given = {name: day for name, day in days.items() if day or name != "since"}
        yield from _closes(", ".join(given), given.values(), snapshot)
    elif isinstance(entry, Waiting):
        yield from _day("start", entry.start, snapshot)
    elif isinstance(entry, Correlation):
        if entry.releases:
            yield from _unknown("of", [entry.of], ["core"], "core, with releases")
        yield from _unknown("seasonal", entry.seasonal, entry.series, "a series of the claim")
    elif isinstance(entry, Fact):
        yield from _lacks_of_fact(entry, snapshot)


def _lacks_of_fact(entry: Fact, snapshot: Snapshot) -> Iterator[Lack]:
    if entry.of and entry.day is not None:
        yield from _day("facts.day", entry.day, snapshot)
    elif entry.of:
        yield from _closes("facts.start, end", (entry.start, entry.end), snapshot)
    elif entry.series:
        rows = snapshot.customs[snapshot.customs["series"] == entry.series]
        if len(rows) and (months := name_periods(rows["month"])):
            expected = f"a {every_of(rows['month']).noun} of {entry.series}"
            yield from _unknown("facts.month", [str(entry.month)], months, expected)
    elif entry.column and entry.before is not None:
        yield from _day("facts.before", entry.before, snapshot)
    elif entry.days_between and len(entry.days_between) < 2:
        yield "facts.days_between", "two events or more", "one", ()


def _portfolio(field: str, text: str, snapshot: Snapshot) -> Iterator[Lack]:
    try:
        parse_portfolio(text, snapshot)
    except SnapshotError as error:
        expected, _, found = str(error).partition(": expected ")[2].partition(", found ")
        yield field, expected, found, ()


def _unknown(
    field: str, words: Iterable[str], known: Iterable[str], expected: str
) -> Iterator[Lack]:
    names = dict.fromkeys(known)
    for word in words:
        if word not in names:
            yield field, expected, word, names


def _day(field: str, day: date | str, snapshot: Snapshot) -> Iterator[Lack]:
    if isinstance(day, str) and day not in snapshot.choices.highlights:
        names = snapshot.choices.highlights
        yield field, "a session or a day of [highlights] in study.toml", day, names
    elif not isinstance(day, str) and pd.Timestamp(day) not in snapshot.sessions:
        yield field, "a session with prices", day, ()


def _calm(field: str, day: date, snapshot: Snapshot) -> Iterator[Lack]:
    """Two sessions have a spread; none of them may hold an event."""
    first, sessions = snapshot.events["day0"].min(), snapshot.sessions
    if pd.Timestamp(day) > first or (sessions < pd.Timestamp(day)).sum() < CALM:
        until = f"not after the first day 0, {first:%Y-%m-%d}"
        yield field, f"a day that {CALM} sessions precede, {until}", day, ()


def _closes(field: str, days: Iterable[date | None], snapshot: Snapshot) -> Iterator[Lack]:
    found = list(days)
    wrong = [day for day in found if day is None or pd.Timestamp(day) not in snapshot.sessions]
    if wrong:
        yield field, "sessions with prices", ", ".join(map(str, wrong)), ()
    elif found != sorted({day for day in found if day is not None}):
        yield field, "days in order of time", ", ".join(map(str, found)), ()


def _disordered(field: str, pair: tuple[float, float]) -> Iterator[Lack]:
    if not pair[0] <= pair[1]:
        yield field, "the smaller number first", list(pair), ()
