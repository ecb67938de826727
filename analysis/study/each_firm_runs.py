"""The runs of a study firm by firm: the registered one, and those always shown beside it.

Which they are stands in the registration (``[[beside]]``), in a fixed list; the code knows how each
is made and adds none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.errors import StudyError
from analysis.snapshot.load import Snapshot
from analysis.snapshot.registration import read_registration
from analysis.study.each_firm_tests import Run

__all__ = ["list_beside", "registered_run"]

REGISTERED = "registered"
ONE_OUT = "leave-one-out"
"""The entry of the list that is no run but many."""


def registered_run(snapshot: Snapshot) -> Run:
    """Return the run that decides: the core firms on all tested events but their own news."""
    return Run(REGISTERED, "as registered", snapshot.choices.firms.core)


def list_beside(snapshot: Snapshot) -> list[Run]:
    """Return the runs that the registration lists, in its order; none without a registration.

    Raises
    ------
    StudyError
        If the list names a run that the code does not know.
    """
    if not snapshot.choices.registration:
        return []
    terms, found = read_registration(snapshot).terms, []
    for entry in terms["beside"]:
        if entry["id"] == ONE_OUT:
            continue
        if entry["id"] not in _MAKE:
            raise StudyError(
                f"{snapshot.choices.registration}, beside: expected one of {', '.join(_MAKE)} or "
                f"{ONE_OUT}, found {entry['id']}; a registered list is not added to"
            )
        plain = replace(registered_run(snapshot), id=entry["id"], words=entry["words"])
        found.append(_MAKE[entry["id"]](plain, snapshot, entry, terms))
    return found


Entry = Mapping[str, Any]


def _events(run: Run, column: str, snapshot: Snapshot, *words: str) -> Run:
    return replace(run, events=snapshot.events[column].isin(words).to_numpy())


def _to_unseen(run: Run, snapshot: Snapshot, _: Entry, __: Entry) -> Run:
    unseen = snapshot.choices.each_firm.unseen
    if unseen is None:
        raise StudyError(
            "study.toml, each_firm: expected unseen, a day, for the run of the registration to it, "
            "found none; add it"
        )
    last = pd.Timestamp(unseen)
    return replace(run, events=(snapshot.events["day0"] <= last).to_numpy())


def _of_basket(name: str) -> Callable[[Run, Snapshot, Entry, Entry], Run]:
    return lambda run, snapshot, _, __: replace(run, firms=snapshot.choices.baskets[name])


def _of_placebo(run: Run, snapshot: Snapshot, _: Entry, terms: Entry) -> Run:
    """Take the firms that must not move, to the day registered: later closes may be fetched."""
    firms, apart = snapshot.choices.baskets["placebo"], terms["sample"]["apart"]
    until = {firm: pd.Timestamp(apart[firm]["to"]) for firm in firms if "to" in apart[firm]}
    return replace(run, firms=firms, until=until)


def _with_secondary(run: Run, _: Snapshot, __: Entry, terms: Entry) -> Run:
    since = {
        ticker: pd.Timestamp(each["from"])
        for ticker, each in terms["sample"]["apart"].items()
        if each["as"] == "secondary"
    }
    return replace(run, firms=(*run.firms, *since), since=since)


_MAKE: Mapping[str, Callable[[Run, Snapshot, Entry, Entry], Run]] = {
    "to-2020": _to_unseen,
    "new-york": _of_basket("new_york"),
    "sydney": _of_basket("sydney"),
    "remx": lambda run, snapshot, *_: replace(run, firms=(snapshot.choices.benchmark.metals,)),
    "ilu": _of_placebo,
    "secondary": _with_secondary,
    "own-news": lambda run, *_: replace(run, own_news=True),
    **dict.fromkeys(
        ("export-policy", "output-quotas"),
        lambda run, snapshot, entry, _: _events(run, "kind", snapshot, *entry["kinds"]),
    ),
    "high-confidence": lambda run, snapshot, *_: _events(run, "confidence", snapshot, "high"),
    "both-coders": lambda run, snapshot, *_: replace(
        run,
        events=(snapshot.events["second_direction"] == snapshot.events["direction"]).to_numpy(),
    ),
    "no-quoted-price": lambda run, snapshot, entry, _: _events(
        run, entry["column"], snapshot, "no"
    ),
    "one-session-earlier": lambda run, snapshot, entry, _: replace(
        run, earlier=(snapshot.events[entry["column"]] == "yes").to_numpy()
    ),
    "day-0": lambda run, _, entry, __: replace(run, window=tuple(entry["window"])),
    "intercept": lambda run, *_: replace(run, intercept=True),
}
