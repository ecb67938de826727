"""Every episode as one observation, the mixed ones too: shown, whether or not a test uses it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.estimators.events.conformal import conformal
from analysis.results import Dataset, Findings, Provenance
from analysis.results.columns import Column, scalar_numbers, table_of
from analysis.snapshot.claims import Events
from analysis.snapshot.portfolios import equal
from analysis.study.episodes import chosen_days
from analysis.study.panel import Panel, chained
from analysis.study.responses import cumulate, fit_events

__all__ = ["by_episode", "compute"]

COLUMNS = (
    Column("episode", "Ep.", "integer"),
    Column("span", "Day 0"),
    Column("events", "n", "integer"),
    Column("news", "News"),
    Column("use", "Use"),
    Column("members", "Firms"),
    Column("in_test", "In test", "integer"),
    Column("car", "CAR", "percent1"),
    Column("se", "s.e.", "percent1"),
    Column("conformal_p", "p(c)", "pvalue"),
)
NOTE = (
    "CAR of the core portfolio from the first day 0 to the session after the last, with all "
    "eligible firms and no sign. n: events. {meant}. Use: mixed episodes enter no test; E: no "
    "event that may confirm. In test: how many firms the pooled tests hold on any day of the "
    "episode, those with a clean primary window. p(c): conformal."
)


def compute(panel: Panel) -> Findings:
    """List the episodes with the reaction of the core portfolio."""
    frame, size = by_episode(panel), panel.snapshot.choices.inference.size
    source = Provenance.of(by_episode, "all episodes, eligible core firms")
    p = frame["conformal_p"]
    counts = {
        "tested": (int(p.notna().sum()), "episodes with a core portfolio"),
        "below_5": (int((p < size).sum()), f"episodes whose conformal p is below {size:g}"),
    }
    letters = _abbreviate(panel.snapshot.choices.directions)
    meant = ", ".join(f"{letter}: {name}" for name, letter in letters.items())
    shown = frame.assign(
        span=[
            f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%m-%d}"
            for first, last in zip(frame["first_day"], frame["last_day"], strict=True)
        ],
        in_test=frame["held"].map(lambda tickers: len(tickers.split(",")) if tickers else None),
        news=frame["directions"].str.replace(r"\w+", lambda m: letters[m[0]], regex=True),
        use=np.select([frame["mixed"], frame["confirmatory"] > 0], ["mixed", ""], "E"),
    )
    return Findings(
        numbers=scalar_numbers("episode", counts, source),
        tables=[table_of("episodes", shown, COLUMNS, source, NOTE, meant=meant)],
        datasets=[Dataset("episodes", frame, source)],
    )


def by_episode(panel: Panel) -> pd.DataFrame:
    """Compute the core portfolio's CAR from the first day 0 to the session after the last.

    Episodes are those of the primary window. All eligible firms enter, with confounders or without;
    nothing is signed or averaged.

    Returns
    -------
    DataFrame
        One row an episode: ``episode``, ``first_day``, ``last_day``, ``events``, ``directions``,
        ``mixed``, ``confirmatory`` (events that may confirm), ``members``, ``car``, ``se``
        (fraction), ``t``, ``p``, ``conformal_p``; ``held``: the firms that the pooled tests of its
        directions hold on any of its days.
    """
    panel = chained(panel)
    held = _held(panel)
    position = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(panel.events["day0"]))
    episodes = panel.events.assign(position=position).groupby("episode")
    ends = episodes["position"].agg(np.ptp) + 1  # event day of the session after the last day 0
    core = panel.snapshot.choices.firms.core
    fitted = fit_events(panel, equal(core), last=int(ends.max()))
    rows = []
    for episode, part in episodes:
        row = {
            "episode": episode,
            "first_day": part["day0"].min(),
            "last_day": part["day0"].max(),
            "events": len(part),
            "directions": ", ".join(
                d for d in panel.snapshot.choices.directions if d in set(part["direction"])
            ),
            "mixed": bool(part["mixed"].iloc[0]),
            "confirmatory": int((part["status"] == "confirmatory").sum()),
            "held": ",".join(t for t in core if t in {*held[held.index.isin(part.index)]}),
        }
        chosen = fitted.take((fitted.rows["id"] == part["position"].idxmin()).to_numpy())
        if len(chosen.rows):
            window = 0, int(ends[episode])
            row |= {"members": chosen.rows["ticker"].iloc[0]}
            row |= {n: float(chosen.car(*window)[n].iloc[0]) for n in ("car", "se", "t", "p")}
            row |= {"conformal_p": float(conformal(chosen, *window)["p"].iloc[0])}
        rows.append(row)
    return pd.DataFrame(rows)


def _held(panel: Panel) -> pd.Series:
    """Name the firms that a pooled test of one direction holds, by event; a row a firm."""
    cars = cumulate(panel, equal(panel.snapshot.choices.firms.core)).at_events(panel)
    of = chained(panel, panel.snapshot.choices.windows.primary_bounds)
    days = [
        chosen_days(of, cars, Events(directions=(d,))) for d in panel.snapshot.choices.directions
    ]
    return pd.concat(days)["members"].str.split(",").explode()


def _abbreviate(names: Iterable[str]) -> dict[str, str]:
    """Give each name its first letters, as many as tell all of them apart."""
    known = list(names)
    length = next(n for n in itertools.count(1) if len({k[:n] for k in known}) == len(known))
    return {name: name[:length].capitalize() for name in known}
