"""Every episode as one observation, the mixed ones too: shown, whether or not a test uses it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.estimators.events.conformal import conformal
from analysis.results import Dataset, Findings, Number, Provenance, Table
from analysis.snapshot.portfolios import equal
from analysis.study.panel import Panel
from analysis.study.responses import fit_events

__all__ = ["by_episode", "compute"]

SOURCE = Provenance(
    "analysis.questions.event_windows.episode_days.by_episode",
    ("prices.csv", "events.csv", "universe.csv", "study.toml"),
    "all episodes, eligible core firms",
)


def compute(panel: Panel) -> Findings:
    """List the episodes with the reaction of the core portfolio."""
    frame = by_episode(panel)
    size = panel.snapshot.choices.inference.size
    small = int((frame["conformal_p"] < size).sum())
    numbers = [
        Number("episode.tested", int(frame["conformal_p"].notna().sum()), "count", "integer",
               "episodes with a core portfolio", SOURCE),
        Number("episode.below_5", small, "count", "integer",
               f"episodes whose conformal p is below {size:g}", SOURCE),
    ]  # fmt: skip
    return Findings(
        numbers=numbers,
        tables=[_table(panel, frame)],
        datasets=[Dataset("episodes", frame, SOURCE)],
    )


def by_episode(panel: Panel) -> pd.DataFrame:
    """Compute the core portfolio's CAR from the first day 0 to the session after the last.

    All eligible firms enter, with confounders or without; nothing is signed or averaged.

    Returns
    -------
    DataFrame
        One row an episode: ``episode``, ``first_day``, ``last_day``, ``events``, ``directions``,
        ``mixed``, ``confirmatory`` (events that may confirm), ``members``, ``car``, ``se``
        (fraction), ``t``, ``p``, ``conformal_p``.
    """
    position = panel.snapshot.sessions.get_indexer(pd.DatetimeIndex(panel.events["day0"]))
    episodes = panel.events.assign(position=position).groupby("episode")
    ends = episodes["position"].agg(np.ptp) + 1  # event day of the session after the last day 0
    core = equal(panel.snapshot.choices.firms.core)
    fitted = fit_events(panel, core, last=int(ends.max()))
    rows = []
    for episode, part in episodes:
        first = part["position"].idxmin()
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
        }
        chosen = fitted.take((fitted.rows["id"] == first).to_numpy())
        if len(chosen.rows):
            cars = chosen.car(0, int(ends[episode])).iloc[0]
            row |= {"members": chosen.rows["ticker"].iloc[0]}
            row |= {name: float(cars[name]) for name in ("car", "se", "t", "p")}
            row |= {"conformal_p": float(conformal(chosen, 0, int(ends[episode]))["p"].iloc[0])}
        rows.append(row)
    return pd.DataFrame(rows)


def _abbreviate(names: Iterable[str]) -> dict[str, str]:
    """Give each name its first letters, as many as tell all of them apart."""
    known = list(names)
    length = next(n for n in itertools.count(1) if len({k[:n] for k in known}) == len(known))
    return {name: name[:length].capitalize() for name in known}


def _table(panel: Panel, frame: pd.DataFrame) -> Table:
    letters = _abbreviate(panel.snapshot.choices.directions)
    meant = ", ".join(f"{letter}: {name}" for name, letter in letters.items())
    use = np.where(frame["mixed"], "mixed", np.where(frame["confirmatory"] > 0, "", "E"))
    days = [
        f"{a:%Y-%m-%d}" if a == b else f"{a:%Y-%m-%d} to {b:%m-%d}"
        for a, b in zip(frame["first_day"], frame["last_day"], strict=True)
    ]
    news = [
        ", ".join(letters[d] for d in directions.split(", ")) for directions in frame["directions"]
    ]
    shown = pd.DataFrame({"episode": frame["episode"], "days": days, "events": frame["events"]})
    shown = shown.assign(news=news, use=use, members=frame["members"])
    return Table(
        "episodes",
        shown.assign(**{name: frame[name] for name in ("car", "se", "conformal_p")}),
        {
            "episode": "integer",
            "events": "integer",
            "car": "percent1",
            "se": "percent1",
            "conformal_p": "pvalue",
        },
        {
            "episode": "Ep.",
            "days": "Day 0",
            "events": "n",
            "news": "News",
            "use": "Use",
            "members": "Firms",
            "car": "CAR",
            "se": "s.e.",
            "conformal_p": "p(c)",
        },
        SOURCE,
        "CAR of the core portfolio from the first day 0 to the session after the last, with all "
        f"eligible firms and no sign. n: events. {meant}. Use: mixed episodes enter no test; E: no "
        "event that may confirm. p(c): conformal.",
    )
