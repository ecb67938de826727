"""The fixed list of runs that are always shown beside, and what turns a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from .record import Floats, Record
from .registered import (
    FAMILY,
    FIRMS,
    Sample,
    Tested,
    decide_family,
    registered_sample,
    run_directed,
    run_test,
    run_unsigned,
)
from .responses import respond

Groups = Mapping[str, tuple[Floats, Floats]]  # by direction: SCAR and CAR of its episodes
Episode = tuple[str, int]
EXACT = 3
UUUU_FROM = "2021-04-01"


def only(asked: Callable[[pd.DataFrame], pd.Series]) -> Callable[[Sample], Sample]:
    """Keep the events that meet a condition."""

    def change(sample: Sample) -> Sample:
        events = sample.events[asked(sample.events)].reset_index(drop=True)
        return replace(sample, events=events)

    return change


def with_firms(*names: str) -> Callable[[Sample], Sample]:
    """Take some firms alone."""

    def change(sample: Sample) -> Sample:
        return replace(sample, firms={name: respond(sample.record, name) for name in names})

    return change


def add_secondary(sample: Sample) -> Sample:
    """Add UUUU for the events since it has a rare-earth business."""
    firms = {**sample.firms, "UUUU": respond(sample.record, "UUUU", since=UUUU_FROM)}
    return replace(sample, firms=firms)


def move_open_hours(sample: Sample) -> Sample:
    """Move day 0 one session back on both exchanges where the hour is open."""
    events = sample.events.copy()
    back = (events["hour_open"] == "yes").astype(int)
    for venue in ("XNYS", "XASX"):
        events[venue] -= back
    return replace(sample, events=events)


def fit_intercept(sample: Sample) -> Sample:
    """Take the market model with an intercept."""
    firms = {name: respond(sample.record, name, intercept=True) for name in FIRMS}
    return replace(sample, firms=firms)


RUNS: dict[str, Callable[[Sample], Sample]] = {
    "to-2020": only(lambda rows: rows["day0"] <= "2020-12-31"),
    "new-york": with_firms("MCP", "MP"),
    "sydney": with_firms("LYC", "ARU"),
    "remx": with_firms("REMX"),
    "ilu": with_firms("ILU"),
    "secondary": add_secondary,
    "own-news": lambda sample: replace(sample, own_news=True),
    "export-policy": only(lambda rows: rows["kind"].isin(["export_policy", "other_policy"])),
    "output-quotas": only(lambda rows: rows["kind"] == "output_quota"),
    "high-confidence": only(lambda rows: rows["confidence"] == "high"),
    "both-coders": only(lambda rows: rows["direction"] == rows["direction_second"]),
    "no-quoted-price": only(lambda rows: rows["quotes_price"] == "no"),
    "one-session-earlier": move_open_hours,
    "day-0": lambda sample: sample,
    "intercept": fit_intercept,
}


def run_beside(record: Record) -> dict[str, dict[str, Tested]]:
    """Run the fixed list: estimate, unadjusted p and number of episodes by claim."""
    registered = registered_sample(record)
    found: dict[str, dict[str, Tested]] = {}
    for name, change in RUNS.items():
        sample = change(registered)
        measures = ("day", "day_car") if name == "day-0" else ("scar", "car")
        found[name] = run_directed(sample, measures)
        found[name]["H5"] = run_unsigned(sample)
    return found


def episode_groups(sample: Sample) -> dict[str, tuple[Floats, Floats]]:
    """Return SCAR and CAR of the episodes of each direction."""
    episodes = sample.episodes()
    return {
        name: (episodes.of("scar", episodes.pure(name)), episodes.of("car", episodes.pure(name)))
        for name in ("tightening", "easing", "support")
    }


def leave_one_out(groups: Groups) -> dict[str, dict[str, float]]:
    """Return the range of estimate and unadjusted p of each claim without one episode each."""
    found = {}
    for key, claim in FAMILY.items():
        runs = []
        for name in claim.directions:
            for gone in range(len(groups[name][0])):
                sets = {**groups, name: tuple(np.delete(part, gone) for part in groups[name])}
                runs.append(run_test([sets[kind][0] for kind in claim.directions]))
        estimates, ps = [run.estimate for run in runs], [run.p for run in runs]
        found[key] = {"estimate_low": min(estimates), "estimate_high": max(estimates),
                      "p_low": min(ps), "p_high": max(ps)}  # fmt: skip
    return found


def verdicts_without(
    groups: Groups, quiet: tuple[float, float], gone: Mapping[str, list[int]]
) -> dict[str, Tested]:
    """Decide the family anew without some episodes."""
    kept = {
        name: [np.delete(part, gone.get(name, [])) for part in parts]
        for name, parts in groups.items()
    }
    tested = {
        key: run_test(*([kept[name][part] for name in claim.directions] for part in (0, 1)))
        for key, claim in FAMILY.items()
    }
    return decide_family(tested, quiet)


class Removal:
    """Looks for the fewest episodes whose removal turns the verdict of one claim.

    Episodes are (direction, place); at least two of each direction are left.
    """

    def __init__(self, groups: Groups, quiet: tuple[float, float], key: str) -> None:
        self.groups, self.quiet, self.key = groups, quiet, key
        self.pool = [
            (name, place)
            for name in FAMILY[key].directions
            for place in range(len(groups[name][0]))
        ]
        self.as_found = self.without(())

    def without(self, chosen: Sequence[Episode]) -> Tested:
        """Decide the claim, and the family with it, without some episodes."""
        gone: dict[str, list[int]] = {}
        for name, place in chosen:
            gone.setdefault(name, []).append(place)
        return verdicts_without(self.groups, self.quiet, gone)[self.key]

    def exact(self) -> tuple[int, list[str]] | None:
        """Try every set of up to three: the fewest, and all verdicts that so many can give."""
        for count in range(1, EXACT + 1):
            seen = {self.without(chosen).verdict for chosen in combinations(self.pool, count)}
            if seen != {self.as_found.verdict}:
                return count, sorted(seen - {self.as_found.verdict})
        return None

    def greedy(self) -> tuple[int, list[str]] | None:
        """Take one more at a time, the one that brings the p nearest to the other side."""
        decided = self.as_found.verdict in ("supported", "contradicted")
        sign = -1 if decided else 1
        taken: list[Episode] = []
        while rest := [one for one in self.pool if self.leaves_enough([*taken, one])]:
            tried = [(self.without([*taken, one]), one) for one in rest]
            seen = {test.verdict for test, _ in tried} - {self.as_found.verdict}
            if seen:
                return len(taken) + 1, sorted(seen)
            best = min(tried, key=lambda pair: (sign * pair[0].holm, sign * pair[0].p))
            taken.append(best[1])
        return None

    def leaves_enough(self, chosen: Sequence[Episode]) -> bool:
        """Say whether episodes differ and leave two of each direction."""
        gone = [name for name, _ in chosen]
        left = all(len(self.groups[name][0]) - gone.count(name) >= 2 for name in gone)
        return left and len(set(chosen)) == len(chosen)


def turn_verdict(
    groups: Groups, quiet: tuple[float, float], key: str
) -> tuple[int, list[str]] | None:
    """Return the fewest episodes whose removal turns a verdict, and what it can turn to."""
    removal = Removal(groups, quiet, key)
    return removal.exact() or removal.greedy()
