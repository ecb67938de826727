"""What claims name must be there: portfolios, windows, events, days, series of the study."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date

import pandas as pd

from analysis.errors import SnapshotError
from analysis.snapshot.choices import Choices, window_name
from analysis.snapshot.claims import (
    BetaOrder,
    Claim,
    Correlation,
    Difference,
    Events,
    Fact,
    Facts,
    Mean,
    OnEvents,
    Retraced,
    Waiting,
    Watch,
)
from analysis.snapshot.eligibility import news_window
from analysis.snapshot.load import Snapshot
from analysis.snapshot.portfolios import parse_portfolio
from analysis.snapshot.schema import SERIES
from analysis.snapshot.toml_file import word_fault

__all__ = ["check_claims"]

Lack = tuple[str, str, object, Iterable[str]]
"""Field, what is expected, what is found, known words."""


def check_claims(claims: Collection[Claim], snapshot: Snapshot) -> None:
    """Hold every claim against the study, and what the study says of claims against these.

    Raises
    ------
    SnapshotError
        A line for each thing that is not there: claim, field, expected, found, nearest.
    """
    lines = [
        str(word_fault(f"claims.toml, claim {claim.id}, field {field}", expected, found, known))
        for claim in claims
        for field, expected, found, known in _missing(claim, snapshot)
    ]
    lines += [
        str(word_fault(f"study.toml, key {key}", expected, found, known))
        for key, expected, found, known in _list_unnamed(claims, snapshot.choices)
    ]
    if lines:
        raise SnapshotError("\n".join(lines))


def _list_unnamed(claims: Collection[Claim], choices: Choices) -> Iterator[Lack]:
    """Claims that study.toml names and claims.toml lacks."""
    if choices.curve:
        means = [claim.id for claim in claims if isinstance(claim, Mean | Difference)]
        expected = "a claim of the kind mean or difference in claims.toml"
        yield from _known("curve.claims", choices.curve.claims, means, expected)
    if choices.one_choice:
        ids = [claim.id for claim in claims]
        yield from _known(
            "one_choice.claims", choices.one_choice.claims, ids, "an id of claims.toml"
        )


def _missing(claim: Claim, snapshot: Snapshot) -> Iterator[Lack]:
    for name in ("of", "firms"):
        if isinstance(text := getattr(claim, name, None), str):
            yield from _portfolio(name, text, snapshot)
    if isinstance(claim, OnEvents):
        yield from _pooled(claim, snapshot)
    elif isinstance(claim, Facts):
        for fact in claim.facts:
            yield from _fact(fact, snapshot)
    elif isinstance(claim, Retraced):
        yield from _closes("start, top, end", (claim.start, claim.top, claim.end), snapshot)
        yield from _ordered("bounds", claim.bounds)
    elif isinstance(claim, BetaOrder):
        yield from _known("on", [claim.on], map(str, snapshot.prices), "a ticker with prices")
    elif isinstance(claim, Correlation):
        yield from _series("series", claim.series, snapshot)
        lags = [str(lag) for lag in snapshot.choices.customs.lags]
        yield from _known("lags", map(str, claim.lags), lags, "lags of customs.lags in study.toml")
    elif isinstance(claim, Waiting):
        yield from _day("start", claim.start, snapshot)
        yield from _ordered("sessions", claim.sessions)
    elif isinstance(claim, Watch):
        days = {f"{day:%Y-%m-%d}" for day in snapshot.events["day0"]}
        yield from _known("days", map(str, claim.days), days, "a day 0 of events.csv")


def _pooled(claim: OnEvents, snapshot: Snapshot) -> Iterator[Lack]:
    choices = snapshot.choices
    windows = choices.windows
    if not isinstance(claim, Mean) or claim.response == "car":
        clean = claim.clean or news_window(claim.window or windows.primary_bounds)
        if window_name(clean) not in windows.bounds:
            expected = "clean days that are a window of [windows.bounds] in study.toml"
            yield "clean", expected, list(clean), ()
    for name in ("window", "clean", "base", "bounds"):
        if (pair := getattr(claim, name, None)) is not None:
            yield from _ordered(name, pair)
    if claim.model:
        models = choices.curve.models if choices.curve else {}
        yield from _known("model", [claim.model], models, "a model of [curve.models] in study.toml")
    for name, events in claim.sides.items():
        yield from _events(name, events, snapshot)


def _events(name: str, events: Events, snapshot: Snapshot) -> Iterator[Lack]:
    yield from _known(
        f"{name}.directions", events.directions, snapshot.choices.directions, "a direction"
    )
    for field in ("only", "without"):
        ids = getattr(events, field)
        yield from _known(f"{name}.{field}", ids, snapshot.events["id"], "an id of events.csv")
    if events.where is not None:
        tickers = map(str, snapshot.prices)
        yield from _known(f"{name}.where.of", [events.where.of], tickers, "a ticker with prices")
        yield from _ordered(f"{name}.where", (events.where.start, events.where.end))


def _fact(fact: Fact, snapshot: Snapshot) -> Iterator[Lack]:
    asked = [name for name in ("of", "series", "days_between") if getattr(fact, name)]
    if len(asked) != 1:
        yield "facts", "one of: of, series, days_between", ", ".join(asked) or "none", ()
        return
    if fact.of:
        yield from _portfolio("facts.of", fact.of, snapshot)
        if fact.day is not None:
            yield from _day("facts.day", fact.day, snapshot)
        else:
            yield from _closes("facts.start, end", (fact.start, fact.end), snapshot)
    if fact.series:
        rows = snapshot.customs[snapshot.customs["series"] == fact.series]
        yield from _series("facts.series", [fact.series], snapshot)
        if len(rows):
            months = set(rows["month"].astype(str))
            yield from _known("facts.month", [str(fact.month)], months, f"a month of {fact.series}")
    if fact.days_between:
        ids = snapshot.events["id"]
        yield from _known("facts.days_between", fact.days_between, ids, "an id of events.csv")
        if len(fact.days_between) < 2:
            yield "facts.days_between", "two events or more", "one", ()


def _series(field: str, names: Iterable[str], snapshot: Snapshot) -> Iterator[Lack]:
    """One that is known and has gone is told by the data."""
    yield from _known(field, names, {*SERIES, *snapshot.customs["series"]}, "a monthly series")


def _portfolio(field: str, text: str, snapshot: Snapshot) -> Iterator[Lack]:
    try:
        parse_portfolio(text, snapshot)
    except SnapshotError as error:
        expected, _, found = str(error).partition(": expected ")[2].partition(", found ")
        yield field, expected, found, ()


def _known(field: str, words: Iterable[str], known: Iterable[str], expected: str) -> Iterator[Lack]:
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


def _closes(field: str, days: Iterable[date | None], snapshot: Snapshot) -> Iterator[Lack]:
    found = list(days)
    wrong = [day for day in found if day is None or pd.Timestamp(day) not in snapshot.sessions]
    if wrong:
        yield field, "sessions with prices", ", ".join(map(str, wrong)), ()
    elif found != sorted(set(found)):  # type: ignore[type-var]
        yield field, "days in order of time", ", ".join(map(str, found)), ()


def _ordered(field: str, pair: tuple[float, float]) -> Iterator[Lack]:
    if not pair[0] <= pair[1]:
        yield field, "the smaller number first", list(pair), ()
