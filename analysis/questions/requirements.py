"""What each question needs of a study; a study without it goes without the question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.snapshot.claims import ON_RETURNS, OnEvents
from analysis.snapshot.load import Snapshot
from analysis.study.customs import list_series
from analysis.study.directions import list_policy
from analysis.study.earlier import has_beside, has_earlier

__all__ = [
    "AMENDING",
    "BESIDE",
    "EARLIER",
    "HEAVY",
    "LEDGER",
    "MENUS",
    "PLAYS",
    "RECORD",
    "SHARED",
    "SPLIT",
    "THREE_FIRMS",
    "TWO_FIRMS",
    "Need",
    "need_funds",
    "need_policy",
    "need_section",
    "need_series",
    "need_window",
]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a study may lack: what it is, as said to the user, and whether it is there."""

    what: str
    met: Callable[[Snapshot], bool]


def need_section(name: str) -> Need:
    """A table of study.toml that may be left out."""
    return Need(f"[{name}] in study.toml", lambda snapshot: bool(getattr(snapshot.choices, name)))


def need_funds(*names: str) -> Need:
    """Tickers of funds in study.toml."""
    said = " and ".join(f"benchmark.{name}" for name in names)
    return Need(said, lambda s: all(getattr(s.choices.benchmark, name) for name in names))


def need_policy(sign: int) -> Need:
    """Direction of the policy under study with a sign."""
    what = (
        f"a direction of policy with a {'positive' if sign > 0 else 'negative'} sign in study.toml"
    )
    return Need(what, lambda snapshot: bool(list_policy(snapshot.choices, sign)))


def need_series(*names: str) -> Need:
    """Series of figures, by name; none named: any that the study uses."""
    if not names:
        return Need(FIGURES, lambda snapshot: bool(list_series(snapshot)))
    said = f"{', '.join(names)} among the figures"
    return Need(said, lambda snapshot: set(names) <= set(snapshot.customs["series"]))


def need_window(name: str) -> Need:
    """An event window of study.toml, by its name."""
    first, last = name.removeprefix("car_").split("_")
    return Need(
        f"an event window [{first}, {last}]",
        lambda snapshot: name in snapshot.choices.windows.bounds,
    )


FIGURES = "a series in the file of [customs] in study.toml"
LEDGER = Need("a claim in claims.toml", lambda snapshot: bool(snapshot.claims))
SPLIT = Need(
    "a claim in claims.toml that returns or events decide",
    lambda s: any(isinstance(claim, (OnEvents, *ON_RETURNS)) for claim in s.claims.values()),
)
MENUS = Need(
    "[curve] in study.toml with the menus of a claim",
    lambda s: bool(s.choices.curve and s.choices.curve.claims),
)
HEAVY = Need(
    "firms in [exposure] of study.toml, for the measure basket of [curve.claims]",
    lambda s: (
        bool(s.choices.exposure.firms)
        or not s.choices.curve
        or all("basket" not in each.measures for each in s.choices.curve.claims.values())
    ),
)
PLAYS = Need(
    "firms and against in [exposure] of study.toml",
    lambda s: bool(s.choices.exposure.firms and s.choices.exposure.against),
)
TWO_FIRMS = Need("two firms in firms.core", lambda s: len(s.choices.firms.core) > 1)
THREE_FIRMS = Need("three firms in firms.core", lambda s: len(s.choices.firms.core) > 2)
RECORD = Need(
    "the sample of the paper, of which the record of simulations is",
    lambda snapshot: not snapshot.choices.report,
)
AMENDING = Need(
    "[rules.amended] in study.toml",
    lambda s: bool(s.choices.rules and s.choices.rules.claim),
)
BESIDE = Need("a study of earlier years in its folder history", has_beside)
EARLIER = Need("a study of earlier years in its folder history, or to be one", has_earlier)
SHARED = Need(
    "sessions that all firms share: a study.toml without [each_firm]",
    lambda snapshot: not snapshot.choices.each_firm,
)
