"""What the registration names exploratory: paths, a forest of parts, moves by year, both studies.

Named so before it was run; no verdict rests on any of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimators.arrays import Floats
from analysis.questions.before.around_events import fit_around
from analysis.questions.before.outcomes import Registered
from analysis.questions.before.reader import report_reader
from analysis.results import Figure, Findings, Provenance
from analysis.results.columns import Column, Interval, numbers_of, table_of
from analysis.results.formats import format_value, percent
from analysis.snapshot.claims import Variance
from analysis.snapshot.load import Snapshot
from analysis.snapshot.own_sessions import own_returns
from analysis.study.both_studies import LaterStudy, measure_later
from analysis.study.each_firm import find_quiet, place_days
from analysis.study.each_firm_tests import Run, Statistics, take_statistics
from analysis.study.panel import Panel
from analysis.study.placebo import cumulated

__all__ = ["average_paths", "compare_parts", "pool_studies", "report_exploratory", "square_by_year"]

PATH = (-10, 20)  # sessions: before the news to the end of the items' event window
SAMPLE = "named exploratory before it was run"
YEARS = (
    Column("year", "Year"),
    Column("episodes", "K", "integer"),
    Column("square", "Mean squared SAR", "decimal2"),
    Column("quiet", "On quiet days", "decimal2"),
    Column("ratio", "Ratio", "decimal2"),
)
YEARS_NOTE = (
    "Exploratory. Years of the first day 0 of an episode; mean over episodes of the mean over "
    "events of that over firms. Quiet days: mean over those of the year."
)
POOLED: tuple[Column | Interval, ...] = (
    Column("claim", "Claim"),
    Column("earlier", "2009 to 2024"),
    Column("later", "Items' study"),
    Column("scar", "Both", "decimal2", "standard errors",
           "estimate of {claim} over the episodes of both studies, exploratory", ".scar",
           se="se", low="low", high="high", p="p"),
    Interval("{level} interval", "low", "high", "decimal2"),
    Column("p", "p", "pvalue", "p-value", "p of {claim} over the episodes of both studies", ".p"),
    Column("episodes", "K", "text", "episodes", "episodes of {claim} in both studies", ".episodes"),
)  # fmt: skip
POOLED_NOTE = (
    "Exploratory, without a verdict: the statistic of the earlier years over the episodes of both "
    "studies, those of the items' as its registered rules choose them. In the first two columns "
    "estimate and episodes."
)


def report_exploratory(snapshot: Snapshot, held: Registered, panel: Panel) -> Findings:
    """Publish what is exploratory; both studies are compared where there are two."""
    both = None if panel.snapshot is snapshot else measure_later(panel)
    findings = _years(snapshot, held)
    findings.figures += [_paths(snapshot, held), _forest(snapshot, held, both)]
    pooled = None if both is None else pool_studies(held, both)
    findings.datasets.append(report_reader(snapshot, held, pooled))
    return findings if pooled is None else findings.extend([_pooled(snapshot, pooled)])


def average_paths(snapshot: Snapshot, held: Registered) -> pd.DataFrame:
    """Average cumulated abnormal returns over firms, events and episodes, by direction.

    Paths are zero on day -1; a firm whose path lacks a day is left out. The interval of each day
    is Student's across episodes.

    Returns
    -------
    DataFrame
        ``direction``, ``day``, ``mean``, ``low``, ``high`` (fractions), ``episodes``.
    """
    paths = _event_paths(snapshot, held)
    label = pd.Series(held.found.label[0], held.calendar.events["id"])
    level, frames = snapshot.choices.inference.level, []
    for claim in held.claims.values():
        if len(claim.sides) > 1 or isinstance(claim, Variance):
            continue
        (events,) = claim.sides.values()
        alone = np.flatnonzero(held.found.enter(events)[0])
        own = label[label.isin(alone) & label.index.isin(paths.index)]
        by_episode = paths.loc[own.index].groupby(own).mean()
        count, mean = len(by_episode), by_episode.mean()
        reach = by_episode.std() / np.sqrt(count) * special.stdtrit(count - 1, (1 + level) / 2)
        frame = pd.DataFrame({"mean": mean, "low": mean - reach, "high": mean + reach})
        frame = frame.rename_axis("day").reset_index()
        frames.append(frame.assign(direction=" and ".join(events.directions), episodes=count))
    return pd.concat(frames, ignore_index=True)


def _event_paths(snapshot: Snapshot, held: Registered) -> pd.DataFrame:
    """Return the mean path of the firms of each event, (E, L), by event ``id``."""
    frames = []
    for study in fit_around(snapshot, held.run, held.calendar, PATH):
        found = pd.DataFrame(cumulated(study), study.events["id"], study.event_time)
        frames.append(found.dropna())
    return pd.concat(frames).groupby(level=0).mean()


def _paths(snapshot: Snapshot, held: Registered) -> Figure:
    paths = average_paths(snapshot, held)
    level = percent(snapshot.choices.inference.level)
    ends = paths[paths["day"] == PATH[1]].set_index("direction")["mean"]
    told = ", ".join(f"{name} {format_value(float(end), 'percent1')}" for name, end in ends.items())
    alt = (
        f"{len(ends)} panels of the mean cumulative abnormal return of the firms of the earlier "
        f"years, zero on day \u22121, with {level} intervals; on day {PATH[1]}: {told}. "
        "Exploratory."
    )
    source = Provenance.of(average_paths, SAMPLE)
    return Figure("before_paths", "before_paths", {"paths": paths}, alt, source)


def compare_parts(snapshot: Snapshot, held: Registered, both: LaterStudy | None) -> pd.DataFrame:
    """Run the tests by sign on parts: periods, the venues, the fund, and the items' years.

    Returns
    -------
    DataFrame
        ``claim``, ``statement``, ``part``, ``mean``, ``low``, ``high``, ``count``; bounds missing
        where a part has too few episodes.
    """
    choices, core = snapshot.choices, held.run
    day0 = snapshot.events["day0"]
    runs = {"all years and firms": core}
    for name, (first, last) in choices.each_firm.periods.items():
        inside = day0.between(pd.Timestamp(first), pd.Timestamp(last)).to_numpy()
        runs[name] = replace(core, events=inside)
    venues = {"new_york": "New York", "sydney": "Sydney"}
    for basket, said in venues.items():
        if basket in choices.baskets:
            runs[said] = replace(core, firms=choices.baskets[basket])
    if choices.benchmark.metals:
        runs[f"{choices.benchmark.metals} alone"] = replace(core, firms=(choices.benchmark.metals,))
    level, rows = choices.inference.level, []
    for part, run in runs.items():
        found = _by_sign(snapshot, held, run)
        rows += [_row(key, part, each, level) for key, each in found.items()]
    if both is not None:
        later = _of_later(held, both)
        rows += [_row(key, "items' years", each, level) for key, each in later.items()]
    frame = pd.DataFrame(rows)
    return frame.assign(
        statement=frame["claim"].map({k: c.statement for k, c in held.claims.items()})
    )


def _by_sign(snapshot: Snapshot, held: Registered, run: Run) -> dict[str, Statistics]:
    found = run.average(snapshot, run.calendar(snapshot), ["scar"])
    return {
        key: take_statistics(found.values["scar"], [found.enter(e) for e in claim.sides.values()])
        for key, claim in held.claims.items()
        if claim.family
    }


def _of_values(values: Mapping[str, Sequence[Floats]]) -> dict[str, Statistics]:
    """Take statistics of values given side by side, by claim."""
    found = {}
    for key, sides in values.items():
        joined = np.concatenate(list(sides))[None]
        ends = np.cumsum([len(side) for side in sides])
        at = np.arange(joined.size)
        masks = [
            ((at >= end - len(side)) & (at < end))[None]
            for side, end in zip(sides, ends, strict=True)
        ]
        found[key] = take_statistics(joined, masks)
    return found


def _of_later(held: Registered, both: LaterStudy) -> dict[str, Statistics]:
    return _of_values(
        {
            key: [both.values(events.directions) for events in claim.sides.values()]
            for key, claim in held.claims.items()
            if claim.family
        }
    )


def _row(key: str, part: str, found: Statistics, level: float) -> dict[str, Any]:
    mean, se, df = found.mean[0], found.se[0], int(found.df[0])
    half = special.stdtrit(max(df, 1), (1 + level) / 2) * se
    count = " + ".join(map(str, found.count[:, 0]))
    return {"claim": key, "part": part, "mean": mean, "low": mean - half, "high": mean + half,
            "se": se, "p": found.p[0], "count": count}  # fmt: skip


def _forest(snapshot: Snapshot, held: Registered, both: LaterStudy | None) -> Figure:
    rows, level = compare_parts(snapshot, held, both), snapshot.choices.inference.level
    known = rows.dropna(subset=["low"])
    apart = int(((known["low"] > 0) | (known["high"] < 0)).sum())
    alt = (
        f"Forest plot of the tests {', '.join(rows['claim'].unique())} over "
        f"{rows['part'].nunique()} parts: {apart} of {len(known)} {percent(level)} intervals "
        "exclude zero. Exploratory."
    )
    source = Provenance.of(compare_parts, SAMPLE)
    return Figure("before_forest", "before_forest", {"parts": rows}, alt, source, {"level": level})


def square_by_year(snapshot: Snapshot, held: Registered) -> pd.DataFrame:
    """Hold mean squares of day 0 by year against those of quiet days.

    Returns
    -------
    DataFrame
        ``year``, ``episodes``, ``square``, ``quiet``, ``ratio``.
    """
    found, table = held.found, held.run.table(snapshot)
    claim = next(c for c in held.claims.values() if isinstance(c, Variance))
    enter = np.flatnonzero(found.enter(claim.events)[0])
    day0 = held.calendar.events["day0"].groupby(found.label[0]).min()
    episodes = pd.DataFrame(
        {"year": day0[enter].dt.year.to_numpy(), "square": found.values["square"][0, enter]}
    )
    days = snapshot.sessions[find_quiet(snapshot)]
    places = {}
    for code, frame in own_returns(snapshot).items():
        sessions = pd.DatetimeIndex(frame.index)
        home = code == snapshot.choices.home
        place = place_days(days, sessions, 0 if home else snapshot.choices.each_firm.lag)
        places[code] = np.where(place < len(sessions), place, -1)
    squares = pd.DataFrame(table.look_up("square", places)).mean(axis=1)
    quiet = squares.groupby(days.year).mean()
    by_year = episodes.groupby("year")["square"].agg(["size", "mean"]).reset_index()
    by_year.columns = pd.Index(["year", "episodes", "square"])
    by_year["quiet"] = by_year["year"].map(quiet)
    return by_year.assign(
        ratio=by_year["square"] / by_year["quiet"], year=by_year["year"].astype(str)
    )


def _years(snapshot: Snapshot, held: Registered) -> Findings:
    source = Provenance.of(square_by_year, SAMPLE)
    rows = square_by_year(snapshot, held)
    return Findings(tables=[table_of("before_by_year", rows, YEARS, source, YEARS_NOTE)])


def pool_studies(held: Registered, both: LaterStudy) -> pd.DataFrame:
    """Take the statistic of the earlier years over the episodes of both studies.

    Returns
    -------
    DataFrame
        ``claim``, ``earlier`` and ``later`` (estimate and episodes), ``scar``, ``se``, ``low``,
        ``high``, ``p``, ``episodes``.
    """
    found, parts, joined = held.found, {}, {}
    for key, claim in held.claims.items():
        if claim.family:
            own = [found.values["scar"][0, found.enter(e)[0]] for e in claim.sides.values()]
            later = [both.values(e.directions) for e in claim.sides.values()]
            parts[key] = (own, later)
            joined[key] = [np.concatenate(pair) for pair in zip(own, later, strict=True)]
    level = both.panel.snapshot.choices.inference.level
    each = [_of_values({k: p[place] for k, p in parts.items()}) for place in (0, 1)]
    rows = []
    for key, test in _of_values(joined).items():
        row = _row(key, "both", test, level)
        told = [_row(key, "", one[key], level) for one in each]
        earlier, after = (
            f"{format_value(float(r['mean']), 'decimal2')}; {r['count']}" for r in told
        )
        rows.append(row | {"earlier": earlier, "later": after})
    frame = pd.DataFrame(rows).rename(columns={"mean": "scar", "count": "episodes"})
    return frame.drop(columns="part")


def _pooled(snapshot: Snapshot, rows: pd.DataFrame) -> Findings:
    source = Provenance.of(pool_studies, SAMPLE)
    level = snapshot.choices.inference.level
    return Findings(
        numbers=numbers_of(rows, POOLED, "before.pooled.{claim}", source, level=level),
        tables=[table_of("before_pooled", rows, POOLED, source, POOLED_NOTE, level=percent(level))],
    )
