"""What was named exploratory before it was run: paths, moves by year, both studies together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..episodes import choose_days
from ..record import Record as Items
from ..responses import equal, respond, usable_members
from .record import TESTED, Floats, split_firms
from .registered import FAMILY, Sample, Tested, run_directed, run_test

OFFSETS = np.arange(-10.0, 21.0)  # sessions from day 0, the first after the estimation
CORE = ("MP", "USAR", "CRML")
PERIODS = {
    "2009 to 2020": ("2009-01-01", "2020-12-31"),
    "2021 to 2024": ("2021-01-01", "2024-12-31"),
}
VENUES = {"New York": ("MCP", "MP"), "Sydney": ("LYC", "ARU")}


def event_paths(sample: Sample) -> Floats:
    """Return mean abnormal returns of the eligible firms by event and session, (events, days).

    A firm without a return on one of the days is averaged on the others.
    """
    events = sample.events
    paths = np.full((len(events), len(OFFSETS)), np.nan)
    rows = zip(events["XNYS"], events["XASX"], events["leave_out"], strict=True)
    for number, (york, sydney, out) in enumerate(rows):
        found = [
            firm.path(place, OFFSETS)
            for name, firm in sample.firms.items()
            for place in [york if firm.venue == "XNYS" else sydney]
            if firm.usable[place] and name not in split_firms(out)
        ]
        if found:
            paths[number] = mean_of_known(np.array(found))
    return paths


def mean_of_known(values: Floats) -> Floats:
    """Average columns over the rows that know them; a column that none knows stays unknown."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def caar_paths(sample: Sample) -> dict[str, Floats]:
    """Return mean abnormal returns cumulated over the days, by direction, over episodes."""
    episodes = sample.episodes()
    paths, group = event_paths(sample), episodes.group[0]
    found = {}
    for name in TESTED:
        chosen = np.flatnonzero(episodes.pure(name)[0])
        means = np.array([mean_of_known(paths[group == one]) for one in chosen])
        found[name] = np.cumsum(mean_of_known(means))
    return found


def squares_by_year(sample: Sample) -> dict[int, tuple[int, float]]:
    """Return episodes and their mean squared SAR of day 0, by the year of their first day 0."""
    episodes = sample.episodes()
    there = episodes.any[0]
    years = sample.record.sessions["XNYS"][episodes.first[0][there]].year
    squares = episodes.measures["square"][0][there]
    return {
        int(year): (int((years == year).sum()), float(squares[years == year].mean()))
        for year in years.unique()
    }


def forest(sample: Sample) -> dict[str, dict[str, Tested]]:
    """Return the claims by period, by venue and by both."""
    found = {}
    for period, (first, last) in {"all years": ("2009-01-01", "2024-12-31"), **PERIODS}.items():
        events = sample.events[sample.events["day0"].between(first, last)].reset_index(drop=True)
        for venue, names in {"both": tuple(sample.firms), **VENUES}.items():
            firms = {name: sample.firms[name] for name in names}
            part = replace(sample, events=events, firms=firms)
            found[f"{period}, {venue}"] = run_directed(part)
    return found


def later_episodes(items: Items, direction: str, *, portfolio: bool = False) -> Floats:
    """Return SCAR and CAR of the episodes of the items' study, (K, 2).

    Its days and firms by its registered rules; the value by those of this study: the mean SCAR of
    the firms. With ``portfolio``, that of the firms as one asset.
    """
    days = choose_days(items, [direction])
    found: dict[int, list[Floats]] = {}
    for place, number in zip(days["place"], days["episode"], strict=True):
        names = usable_members(items, CORE, int(place), (0, 1), (0, 1))
        if not names:
            continue
        assets = [equal(names)] if portfolio else [{name: 1.0} for name in names]
        seen = [respond(items, one, int(place), (0, 1), intercept=False) for one in assets]
        values = np.array([(one.scar, one.car) for one in seen])
        found.setdefault(int(number), []).append(values.mean(axis=0))
    return np.array([np.mean(values, axis=0) for values in found.values()]).reshape(-1, 2)


def pooled(
    groups: Mapping[str, tuple[Floats, Floats]], items: Items, *, portfolio: bool = False
) -> dict[str, Tested]:
    """Test each claim over the episodes of both studies; no verdict."""
    both = {}
    for name, parts in groups.items():
        later = later_episodes(items, name, portfolio=portfolio)
        both[name] = [np.append(part, later[:, column]) for column, part in enumerate(parts)]
    return {
        key: run_test(*([both[name][part] for name in claim.directions] for part in (0, 1)))
        for key, claim in FAMILY.items()
    }
