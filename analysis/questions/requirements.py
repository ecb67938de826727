"""What each question needs of a study; a study without it goes without the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analysis.questions.customs.surprises import ELEMENTS
from analysis.results.formats import listed
from analysis.snapshot.claims import ON_RETURNS, OnEvents
from analysis.snapshot.load import Snapshot
from analysis.study.customs import DOLLARS, TONNES
from analysis.study.directions import list_policy

__all__ = ["HEADLINE", "NEEDS", "Need", "lacking"]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a study may lack: what it is, as said to the user, and whether it is there."""

    what: str
    met: Callable[[Snapshot], bool]


def _section(name: str) -> Need:
    return Need(f"[{name}] in study.toml", lambda snapshot: bool(getattr(snapshot.choices, name)))


def _baskets(*names: str) -> Need:
    said = "the baskets " + " and ".join(names) if len(names) > 1 else f"the basket {names[0]}"
    return Need(said, lambda snapshot: set(names) <= set(snapshot.choices.baskets))


def _funds(*names: str) -> Need:
    said = " and ".join(f"benchmark.{name}" for name in names)
    return Need(said, lambda s: all(getattr(s.choices.benchmark, name) for name in names))


def _policy(sign: int) -> Need:
    what = f"a direction of policy with sign = {sign} in study.toml"
    return Need(what, lambda snapshot: bool(list_policy(snapshot.choices, sign)))


def _series(*names: str) -> Need:
    said = f"{', '.join(names)} in customs.csv"
    return Need(said, lambda snapshot: set(names) <= set(snapshot.customs["series"]))


def _window(name: str) -> Need:
    first, last = name.removeprefix("car_").split("_")
    return Need(
        f"an event window [{first}, {last}]",
        lambda snapshot: name in snapshot.choices.windows.bounds,
    )


LEDGER = Need("a claim in claims.toml", lambda snapshot: bool(snapshot.claims))
SPLIT = Need(
    "a claim in claims.toml that returns or events decide",
    lambda s: any(isinstance(claim, (OnEvents, *ON_RETURNS)) for claim in s.claims.values()),
)
HEADLINE = ("B3", "A3", "A4", "A12", "A9", "B11")
"""What the two items rest on and has a test over events: direction, heavy share, supply and not
market, persistence, fading, pure plays against the producer."""
PLAYS = _baskets("heavy_exposed", "producer")
TWO_FIRMS = Need("two firms in firms.core", lambda s: len(s.choices.firms.core) > 1)
THREE_FIRMS = Need("three firms in firms.core", lambda s: len(s.choices.firms.core) > 2)
RECORD = Need(
    "the sample of the paper, of which the record of simulations is",
    lambda snapshot: not snapshot.choices.report,
)

NEEDS: Mapping[str, tuple[Need, ...]] = {  # by title of the question; the others run on any study
    "Highlighted days": (_section("highlights"), _window("car_0_0")),
    "Relative beta": (TWO_FIRMS,),
    "Beta by method": (TWO_FIRMS, PLAYS),
    "Exposure over noise": (PLAYS, _funds("sector")),
    "Beta by policy regime": (_section("regimes"), TWO_FIRMS, PLAYS),
    "Other assets": (_section("cross_asset"), _policy(-1)),
    "The pair trade": (_section("pair"), PLAYS, _funds("metals"), _policy(1)),
    "Customs correlations": (_series(*TONNES, DOLLARS),),
    "Customs surprises": (_series(*TONNES, DOLLARS, *ELEMENTS.values()),),
    "The ledger of claims": (LEDGER,),
    "One choice at a time": (
        Need(f"the claims {listed(HEADLINE)}", lambda s: set(HEADLINE) <= set(s.claims)),
    ),
    "Specification curves": (_section("curve"), PLAYS),
    "Out of sample": (_section("out_of_sample"), SPLIT),
    "Size and power": (RECORD,),
    "Event-free dates": (THREE_FIRMS, _window("car_0_10")),
}


def lacking(title: str, snapshot: Snapshot) -> list[str]:
    """Return what a study lacks that a question needs; empty if it can be asked.

    Parameters
    ----------
    title : str
        A key of :data:`analysis.questions.QUESTIONS`.
    snapshot : Snapshot
    """
    return [need.what for need in NEEDS.get(title, ()) if not need.met(snapshot)]
