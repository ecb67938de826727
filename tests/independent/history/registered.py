"""The registered tests: mean standardised responses across episodes, turned calendars, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from ..inference import detectable, holm, interval
from .episodes import Episodes, as_it_was, form, measure_events, turned
from .record import Floats, Record
from .responses import Responses, respond

FIRMS = ("MCP", "MP", "LYC", "ARU")
SIZE, POWER, LEVEL, BOUND = 0.05, 0.80, 0.95, 0.05


@dataclass(frozen=True)
class Claim:
    """A directed claim: the mean of the first direction, less that of the second if there is one.

    ``sign`` is the claimed one.
    """

    directions: Sequence[str]
    sign: int


FAMILY = {
    "H1": Claim(["tightening"], 1),
    "H2": Claim(["easing"], -1),
    "H3": Claim(["tightening", "easing"], 1),
    "H4": Claim(["support"], 1),
}


@dataclass(frozen=True)
class Tested:
    """One line of the result; what was not asked is nan, or empty.

    ``placebo`` is the exact p of the estimate among all turned calendars, ``placebo_t`` that of t.
    """

    counts: tuple[int, ...]
    estimate: float = np.nan
    error: float = np.nan
    freedom: int = 0
    t: float = np.nan
    p: float = np.nan
    low: float = np.nan
    high: float = np.nan
    car: float = np.nan
    holm: float = np.nan
    placebo: float = np.nan
    placebo_t: float = np.nan
    rotations: int = 0
    detectable_scar: float = np.nan
    detectable_car: float = np.nan
    verdict: str = ""
    sign_named: bool = False


def compare(groups: Sequence[Floats]) -> tuple[float, float, int]:
    """Return mean or difference of means, its standard error and degrees of freedom."""
    means = [group.mean() for group in groups]
    error = np.sqrt(sum(group.var(ddof=1) / len(group) for group in groups))
    return means[0] - sum(means[1:]), float(error), min(map(len, groups)) - 1


def groups_of(episodes: Episodes, claim: Claim, measure: str) -> list[Floats]:
    """Return the values of the episodes of each direction of a claim."""
    return [episodes.of(measure, episodes.pure(name)) for name in claim.directions]


def run_test(scar: Sequence[Floats], car: Sequence[Floats] = ()) -> Tested:
    """Test one claim by Student's t; with fewer than two episodes there is none."""
    counts = tuple(map(len, scar))
    if min(counts) < 1:
        return Tested(counts)
    beside = np.nan if not car else car[0].mean() - sum(group.mean() for group in car[1:])
    if min(counts) < 2:
        gap = scar[0].mean() - sum(group.mean() for group in scar[1:])
        return Tested(counts, float(gap), car=float(beside))
    estimate, error, freedom = compare(scar)
    t = estimate / error
    p = 2 * stats.t.sf(abs(t), freedom)
    bounds = interval(estimate, error, freedom, LEVEL)
    return Tested(counts, estimate, error, freedom, t, float(p), *bounds, float(beside))


@cache
def seen_with_power(deviation: float, counts: tuple[int, ...]) -> float:
    """Return the effect found with the power asked for, from the spread of quiet days."""
    error = deviation * np.sqrt(sum(1 / count for count in counts))
    return detectable(float(error), min(counts) - 1, SIZE, POWER)


def decide(found: Tested, sign: int) -> Tested:
    """Give the verdict by the adjusted p and the detectable effect in percent of the price."""
    if found.holm < SIZE:
        verdict = "supported" if found.estimate * sign > 0 else "contradicted"
    else:
        verdict = "cannot decide" if found.detectable_car > BOUND else "within noise"
    named = abs(found.estimate) > found.error
    return replace(found, verdict=verdict, sign_named=bool(named))


def decide_family(found: Mapping[str, Tested], quiet: tuple[float, float]) -> dict[str, Tested]:
    """Adjust the family after Holm, state detectable effects and decide."""
    adjusted = holm({name: test.p for name, test in found.items()})
    decided = {}
    for name, test in found.items():
        seen = [seen_with_power(deviation, test.counts) for deviation in quiet]
        test = replace(test, holm=adjusted[name], detectable_scar=seen[0], detectable_car=seen[1])
        decided[name] = decide(test, FAMILY[name].sign)
    return decided


@dataclass(frozen=True)
class Sample:
    """Events and firms of one run."""

    record: Record
    events: pd.DataFrame
    firms: Mapping[str, Responses]
    own_news: bool = False

    def episodes(self) -> Episodes:
        """Return the episodes of the calendar as it was."""
        calendar = as_it_was(self.events)
        values = measure_events(self.firms, self.events, calendar, own_news=self.own_news)
        return form(values, self.events["direction"])

    def turns(self) -> Episodes:
        """Return those of every turned calendar; firms left out of an event stay out of it."""
        events, calendar = turned(self.record, self.events)
        values = measure_events(self.firms, events, calendar, own_news=self.own_news)
        return form(values, events["direction"])

    def quiet(self, *, same: bool = False) -> tuple[Floats, Floats]:
        """Return the firms' mean SCAR and mean CAR of quiet days; Sydney's day is the next one."""
        york = self.record.quiet[None, :]
        sydney = self.record.sydney(york, np.full(york.shape, same))
        sums, count = np.zeros((2, york.size)), np.zeros(york.size)
        for found in self.firms.values():
            place = (york if found.venue == "XNYS" else sydney)[0]
            usable = found.usable[place]
            count += usable
            sums += np.where(usable, [found.scar[place], found.car[place]], 0.0)
        means = sums[:, count > 0] / count[count > 0]
        return means[0], means[1]


def registered_sample(record: Record) -> Sample:
    """Return the run of the registration."""
    return Sample(record, record.tested, {name: respond(record, name) for name in FIRMS})


def exceed(drawn: Floats, seen: float) -> tuple[float, int]:
    """Return the exact p of what was seen among what the turned calendars give, and their number.

    Calendars without an episode to average are no rotations of the test.
    """
    known = drawn[np.isfinite(drawn)]
    as_large = int((known >= seen - 1e-12 * abs(seen)).sum())
    return (1 + as_large) / (1 + len(known)), len(known)


def directed_statistics(turns: Episodes, claim: Claim) -> tuple[Floats, Floats]:
    """Return estimate and t of a claim on every turned calendar."""
    estimate, variance = np.zeros(len(turns.group)), np.zeros(len(turns.group))
    for name, factor in zip(claim.directions, (1, -1), strict=False):
        chosen = turns.pure(name)
        count = chosen.sum(axis=1)
        mean = turns.mean("scar", chosen)
        off = np.where(chosen, turns.measures["scar"] - mean[:, None], 0.0)
        estimate += factor * mean
        variance += np.where(
            count > 1,
            (off**2).sum(axis=1) / np.maximum(count - 1, 1) / np.maximum(count, 1),
            np.nan,
        )
    return estimate, estimate / np.sqrt(variance)


def run_directed(sample: Sample, measures: Sequence[str] = ("scar", "car")) -> dict[str, Tested]:
    """Test the four directed claims, unadjusted; the first measure is tested, the second beside."""
    episodes = sample.episodes()
    return {
        name: run_test(*(groups_of(episodes, claim, measure) for measure in measures))
        for name, claim in FAMILY.items()
    }


def place_among_turns(found: Tested, turns: Episodes, claim: Claim) -> Tested:
    """Add the exact p of the estimate, and that of its t, among all turned calendars."""
    estimates, ratios = directed_statistics(turns, claim)
    placebo, count = exceed(np.abs(estimates), abs(found.estimate))
    placebo_t, _ = exceed(np.abs(ratios), abs(found.t))
    return replace(found, placebo=placebo, placebo_t=placebo_t, rotations=count)


def run_family(sample: Sample) -> dict[str, Tested]:
    """Run the four directed tests with everything that is registered of them."""
    turns = sample.turns()
    found = {
        name: place_among_turns(test, turns, FAMILY[name])
        for name, test in run_directed(sample).items()
    }
    return decide_family(found, deviations(sample))


def deviations(sample: Sample, *, same: bool = False) -> tuple[float, float]:
    """Return the standard deviations of the firms' mean SCAR and mean CAR on quiet days."""
    scar, car = sample.quiet(same=same)
    return float(scar.std(ddof=1)), float(car.std(ddof=1))


def run_unsigned(sample: Sample) -> Tested:
    """Run H5: the mean squared standardised abnormal return of day 0, one-sided."""
    episodes, turns = sample.episodes(), sample.turns()
    values = episodes.of("square", episodes.any)
    placebo, count = exceed(turns.mean("square", turns.any), values.mean())
    verdict = "supported" if placebo < SIZE else "within noise"
    return Tested((len(values),), float(values.mean()), p=placebo, placebo=placebo,
                  rotations=count, verdict=verdict)  # fmt: skip
