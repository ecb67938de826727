"""Everything that is registered, as flat names and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

import numpy as np

from ..record import Record as Items
from .beside import episode_groups, leave_one_out, run_beside, turn_verdict
from .customs import adjusted, changes, correlate
from .episodes import as_it_was, measure_events
from .exploratory import OFFSETS, caar_paths, forest, pooled, squares_by_year
from .record import TESTED, Record
from .registered import (
    FAMILY,
    Sample,
    Tested,
    deviations,
    registered_sample,
    run_family,
    run_unsigned,
)

Number = float | int | str
Numbers = dict[str, Number]


def flatten(prefix: str, found: Tested) -> Iterator[tuple[str, Number]]:
    """Name every part of a test that is known."""
    for number, count in enumerate(found.counts, 1):
        yield f"{prefix}.k{number if len(found.counts) > 1 else ''}", count
    for part in fields(found):
        value = getattr(found, part.name)
        asked = part.name != "sign_named" or np.isfinite(found.holm)
        if part.name == "counts" or value == "" or not asked:
            continue
        if part.name in ("rotations", "freedom") and not value:
            continue
        if isinstance(value, str | bool) or np.isfinite(value):
            yield f"{prefix}.{part.name}", value if isinstance(value, str) else float(value)


def flatten_all(prefix: str, found: Mapping[str, Tested]) -> Numbers:
    """Name every part of several tests."""
    named: Numbers = {}
    for key, test in found.items():
        named.update(flatten(f"{prefix}{key.lower()}", test))
    return named


def describe_events(sample: Sample) -> list[dict[str, Number]]:
    """Return SCAR and CAR of each eligible firm and event, with the episode: one row a firm."""
    episodes = sample.episodes()
    values = measure_events(sample.firms, sample.events, as_it_was(sample.events))
    rows: list[dict[str, Number]] = []
    for number, event in sample.events.iterrows():
        base: dict[str, Number] = {
            "event": event["id"],
            "direction": event["direction"],
            "episode": int(episodes.group[0][number]),
            "firms": int(values.count[0][number]),
        }
        for name, firm in sample.firms.items():
            place = event[firm.venue]
            if firm.usable[place]:
                left_out = "left out" if name in event["leave_out"] else ""
                rows.append({**base, "firm": name, "status": left_out,
                             "scar": float(firm.scar[place]), "car": float(firm.car[place]),
                             "sar": float(firm.day[place])})  # fmt: skip
    return rows


def describe_episodes(sample: Sample) -> list[dict[str, Number]]:
    """Return the value of each episode."""
    episodes = sample.episodes()
    rows: list[dict[str, Number]] = []
    for number in np.flatnonzero(episodes.any[0]):
        held = [name for name in TESTED if episodes.holds[name][0][number]]
        members = sample.events["id"][episodes.group[0] == number]
        values = {name: float(series[0][number]) for name, series in episodes.measures.items()}
        rows.append({"episode": int(number), "directions": " ".join(held),
                     "events": " ".join(members), **values})  # fmt: skip
    return rows


def count_sample(sample: Sample) -> Numbers:
    """Count events and episodes before company news, as the registration states them."""
    events, record = sample.events, sample.record
    values = measure_events(sample.firms, events, as_it_was(events), own_news=True)
    episodes = Sample(record, events, sample.firms, own_news=True).episodes()
    return {
        "sample.events": len(record.events),
        "sample.tested": len(events),
        "sample.with_a_firm": int((values.count > 0).sum()),
        "sample.on_one_firm": int((values.count == 1).sum()),
        **{f"sample.{name}_episodes": int(episodes.pure(name).sum()) for name in TESTED},
        "sample.mixed_episodes": int(episodes.mixed.sum()),
        "sample.quiet": len(record.quiet),
    }


def recompute_customs(record: Record) -> Numbers:
    """Return counts and correlations of the customs part."""
    moved = changes(record)
    named: Numbers = {"customs.changes": len(moved), "customs.adjustable": len(adjusted(moved))}
    for kind, seasonal in (("adjusted", True), ("raw", False)):
        for found in correlate(record, seasonal=seasonal):
            key = f"customs.{kind}.{found.series.lower()}.{found.lag:+d}"
            named |= {key: found.value, f"{key}.months": found.months}
    return named


def recompute(record: Record, items: Items) -> Numbers:
    """Return every number that the registration asks for, exploratory ones included."""
    sample = registered_sample(record)
    quiet, groups = deviations(sample), episode_groups(sample)
    named = count_sample(sample) | {"quiet.scar": quiet[0], "quiet.car": quiet[1]}
    named |= flatten_all("", {**run_family(sample), "H5": run_unsigned(sample)})
    for name, found in run_beside(record).items():
        named |= flatten_all(f"beside.{name}.", found)
    for key, ranges in leave_one_out(groups).items():
        named |= {f"leave_one_out.{key.lower()}.{part}": value for part, value in ranges.items()}
    for key in FAMILY:
        turned = turn_verdict(groups, quiet, key)
        named[f"turn.{key.lower()}.episodes"] = turned[0] if turned else -1
        named[f"turn.{key.lower()}.to"] = " or ".join(turned[1]) if turned else "none"
    named |= recompute_customs(record)
    for direction, path in caar_paths(sample).items():
        days = zip(OFFSETS, path, strict=True)
        named |= {f"caar.{direction}.{day:+.0f}": float(value) for day, value in days}
    for year, (count, value) in squares_by_year(sample).items():
        named |= {f"h5.year.{year}": value, f"h5.year.{year}.k": count}
    for name, found in forest(sample).items():
        named |= flatten_all(f"forest.{name}.", found)
    return named | flatten_all("pooled.", pooled(groups, items))
