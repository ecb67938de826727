"""Event-window returns: every event, firm and window, and what they say by direction."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.questions.event_windows.paths import caar_paths, heatmap
from analysis.results import (
    Dataset,
    Findings,
    Number,
    Provenance,
    Table,
    Verdict,
)
from analysis.results.columns import Column, numbers_of, scalar_numbers, table_of
from analysis.results.formats import brackets, listed, percent
from analysis.snapshot.choices import Choices
from analysis.snapshot.portfolios import equal
from analysis.study.directions import Kind, list_kinds, list_policy
from analysis.study.episodes import episode_values, pool
from analysis.study.panel import Panel
from analysis.study.responses import cumulate

__all__ = ["compute", "firm_windows", "pooled_by_direction", "pooled_kinds"]

HERE = "analysis.questions.event_windows.by_direction"
INPUTS = ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "study.toml")
MEAN = "mean core CAR of {kind} episodes, {window}"
POOLED = (
    Column("kind", "Events"),
    Column("window", "Window"),
    Column("episodes", "K", "integer", "count", f"episodes in the {MEAN}", ".episodes"),
    Column(
        "mean", "CAAR", "percent1", "fraction", MEAN, ".mean",
        low="low", high="high", p="p", n="episodes",
    ),
    Column("low", "low", "percent1"),
    Column("high", "high", "percent1"),
    Column("p", "p(t)", "pvalue", "p-value", f"p of the {MEAN}", ".p"),
    Column("p_flip", "p(flip)", "pvalue", "p-value", f"sign-flip p of the {MEAN}", ".p_flip"),
    Column(
        "detectable", "MDE", "percent1", "fraction", f"minimum detectable {MEAN}", ".detectable"
    ),
    Column("mean_all", "all CAAR", "percent1"),
    Column("p_all", "all p", "pvalue"),
)  # fmt: skip


def compute(panel: Panel) -> Findings:
    """Compute all firm-windows and pool them by direction."""
    everything = firm_windows(panel)
    pooled = pooled_by_direction(panel)
    found = Findings(
        numbers=_pooled_numbers(panel, pooled),
        tables=[
            _pooled_table(panel, pooled),
            _firm_table(panel, everything),
            _event_table(panel, everything),
            _exclusion_table(panel),
        ],
        figures=[*caar_paths(panel), heatmap(panel)],
        verdicts=[_with_all_windows(panel, pooled)],
        datasets=[
            Dataset("firm_windows", everything, _source("firm_windows", "all firms, all events"))
        ],
    )
    found.numbers += _coverage(panel, everything)
    return found


def _source(function: str, sample: str) -> Provenance:
    return Provenance(f"{HERE}.{function}", INPUTS, sample)


def firm_windows(panel: Panel) -> pd.DataFrame:
    """Compute raw and abnormal returns of every firm around every event, in every window.

    Returns
    -------
    DataFrame
        One row a firm-event and window: ``id``, ``ticker``, ``day0``, the bounds of the estimation
        window, ``window``, ``raw``, ``car``, ``se`` (fraction), ``t``, ``df``, ``p``, ``clean``.
    """
    columns = ["id", "ticker", "day0", "estimation_start", "estimation_end", "n_estimation"]
    rows = panel.event_study.rows[columns]
    pairs = pd.MultiIndex.from_frame(rows[["id", "ticker"]])
    frames = []
    for name, (first, last) in panel.snapshot.choices.windows.bounds.items():
        cars = panel.event_study.car(first, last)[["raw", "car", "se", "t", "df", "p"]]
        clean = panel.clean.loc[pairs, name].to_numpy()
        frames.append(pd.concat([rows, cars], axis=1).assign(window=name, clean=clean))
    return pd.concat(frames, ignore_index=True)


def pooled_kinds(choices: Choices) -> dict[str, Kind]:
    """Return what is pooled: every direction, those of policy, and all of them, signed."""
    return list_kinds(choices, "policy") | {"all": (tuple(choices.directions), True)}


def pooled_by_direction(panel: Panel) -> pd.DataFrame:
    """Pool the core portfolio's CAR by kind of event and window, over episodes.

    Returns
    -------
    DataFrame
        ``kind``, ``window`` (its name), ``clean`` (whether only clean windows enter), ``episodes``,
        ``mean``, ``low``, ``high``, ``detectable`` (fraction), ``p``, ``p_flip``; NaN below three
        episodes.
    """
    core, kinds = equal(panel.snapshot.choices.firms.core), pooled_kinds(panel.snapshot.choices)
    rows = []
    for window, bounds in panel.snapshot.choices.windows.bounds.items():
        for clean in (True, False):
            cars = cumulate(panel, core, bounds, clean=clean).at_events(panel)
            for kind, (directions, signed) in kinds.items():
                values = episode_values(panel, cars, directions, signed=signed)
                row = {"kind": kind, "window": window, "clean": clean}
                rows.append(row | asdict(pool(values, panel)))
    return pd.DataFrame(rows)


def _pooled_numbers(panel: Panel, pooled: pd.DataFrame) -> list[Number]:
    numbers = []
    for (kind, clean), part in pooled.groupby(["kind", "clean"], sort=False):
        sample = f"confirmatory {kind} events, {'clean' if clean else 'all'} windows"
        numbers += numbers_of(
            part.dropna(subset="mean"),
            POOLED,
            "pooled.{kind}.{window}" + ("" if clean else ".all_windows"),
            _source("pooled_by_direction", sample),
            level=panel.snapshot.choices.inference.level,
        )
    return numbers


def _with_all_windows(panel: Panel, pooled: pd.DataFrame) -> Verdict:
    """Say whether contaminated windows change a decision at the primary window."""
    window, size = panel.snapshot.choices.windows.primary, panel.snapshot.choices.inference.size
    p = pooled[pooled["window"] == window].pivot(index="kind", columns="clean", values="p")
    p = p.reindex(list(pooled_kinds(panel.snapshot.choices))).dropna()
    changed = p.index[(p[True] < size) != (p[False] < size)]
    return Verdict(
        "pooled.all_windows",
        "changed" if len(changed) else "unchanged",
        f"p below {size:g} with clean windows and with all windows, every kind of event",
        ", ".join(changed) or "none",
        _source("pooled_by_direction", "confirmatory events"),
    )


def _pooled_table(panel: Panel, pooled: pd.DataFrame) -> Table:
    choices = panel.snapshot.choices
    everyone = pooled.loc[~pooled["clean"], ["kind", "window", "mean", "p"]]
    frame = pooled[pooled["clean"]].merge(everyone, on=["kind", "window"], suffixes=("", "_all"))
    frame = frame.dropna(subset=["mean", "mean_all"], how="all")
    frame["episodes"] = frame["episodes"].where(frame["mean"].notna())
    frame["window"] = [brackets(choices.windows.bounds[window]) for window in frame["window"]]
    policy = list_policy(choices)
    others = listed([d for d in choices.directions if d not in policy]) or "none"
    order = {kind: i for i, kind in enumerate(pooled_kinds(choices))}
    return table_of(
        "pooled",
        frame.sort_values("kind", key=lambda c: c.map(order), kind="stable"),
        POOLED,
        _source("pooled_by_direction", "confirmatory events"),
        "K: episodes. CAAR: mean over episodes of the core portfolio's CAR with its "
        f"{percent(choices.inference.level)} Student interval. p(t): Student t with K − 1 degrees "
        "of freedom on standardised CARs; p(flip): sign flips, smallest attainable value 2/2^K^. "
        f"MDE: mean found with {percent(choices.inference.power)} power. The last two columns put "
        f"contaminated windows back. policy: {listed(policy)}, signed; all: with {others}.",
    )


def _firm_table(panel: Panel, everything: pd.DataFrame) -> Table:
    """Average reactions of each firm by direction, clean confirmatory primary windows."""
    windows = panel.snapshot.choices.windows
    part = everything[(everything["window"] == windows.primary) & everything["clean"]].dropna(
        subset="car"
    )
    part = part.join(panel.events[["direction", "status"]], on="id")
    part = part[part["status"] == "confirmatory"].drop_duplicates(["ticker", "day0", "direction"])
    names = list(panel.snapshot.choices.directions)
    grouped = part.groupby(["ticker", "direction"])["car"]
    means = grouped.mean().unstack().reindex(columns=names)
    counts = grouped.size().unstack(fill_value=0).reindex(columns=names, fill_value=0)
    rows = [t for t in panel.snapshot.choices.firms.studied if t in means.index]
    frame = pd.DataFrame({"ticker": rows})
    columns = [Column("ticker", "Firm")]
    for direction in names:
        frame[direction] = means.loc[rows, direction].to_numpy()
        frame[f"n_{direction}"] = counts.loc[rows, direction].to_numpy()
        columns += [
            Column(direction, direction, "percent1"),
            Column(f"n_{direction}", "n", "integer"),
        ]
    return table_of(
        "firms_by_direction",
        frame,
        columns,
        _source("firm_windows", "clean confirmatory firm-windows"),
        f"Mean CAR {brackets(windows.primary_bounds)} of each firm and number n of days. "
        "Descriptive: the days of one episode are counted separately, so no test is attached.",
    )


def _event_table(panel: Panel, everything: pd.DataFrame) -> Table:
    """Every event with the primary CAR of the core firms."""
    choices = panel.snapshot.choices
    part = everything[everything["window"] == choices.windows.primary]
    cars = (
        part.set_index(["id", "ticker"])["car"].unstack().reindex(columns=list(choices.firms.core))
    )
    clean = part.pivot(index="id", columns="ticker", values="clean").reindex(
        columns=list(choices.firms.core)
    )
    frame = panel.events[["day0", "direction", "episode", "headline"]].copy()
    marks = {"seed": "E", "selected_on_outcome": "S", "found_beside": "B", "confirmatory": ""}
    frame["kind"] = panel.events["status"].map(marks)
    for firm in choices.firms.core:
        shown = cars[firm].reindex(frame.index)
        dirty = (clean[firm].reindex(frame.index) == False) & shown.notna()  # noqa: E712
        frame[firm] = [
            None if np.isnan(v) else f"{v:+.1%}".replace("-", "\u2212") + ("\u2020" if d else "")
            for v, d in zip(shown, dirty, strict=True)
        ]
    frame = frame[["day0", "episode", "direction", "kind", "headline", *choices.firms.core]]
    return Table(
        "events",
        frame.assign(day0=frame["day0"].dt.strftime("%Y-%m-%d")),
        {"episode": "integer"},
        {
            "day0": "Day 0",
            "episode": "Ep.",
            "direction": "Direction",
            "kind": "Kind",
            "headline": "Headline",
        },
        _source("firm_windows", "all events, core firms"),
        f"CAR {brackets(choices.windows.primary_bounds)} of the core firms; an en dash: no "
        "eligible window; \u2020: a confounder touches the window. E: exploratory; S: found by "
        "looking for large days; B: found beside one.",
    )


def _exclusion_table(panel: Panel) -> Table:
    skipped = panel.event_study.skipped
    reasons = skipped["reason"].str.replace(r"\(.*\)", "", regex=True).str.strip()
    counts = pd.crosstab(skipped["ticker"], reasons)
    firms = list(panel.snapshot.choices.firms.studied)
    counts = counts.reindex(firms, fill_value=0)
    windows = panel.snapshot.choices.windows
    kept = panel.event_study.rows.groupby("ticker").size().reindex(firms, fill_value=0)
    pairs = pd.MultiIndex.from_frame(panel.event_study.rows[["id", "ticker"]])
    clean = (
        panel.clean.loc[pairs, windows.primary].groupby("ticker").sum().reindex(firms, fill_value=0)
    )
    frame = counts.assign(eligible=kept, clean=clean).rename_axis("ticker").reset_index()
    return Table(
        "exclusions",
        frame,
        {str(c): "integer" for c in frame.columns if c != "ticker"},
        {
            "ticker": "Firm",
            "eligible": "Eligible",
            "clean": f"Clean {brackets(windows.primary_bounds)}",
        },
        _source("firm_windows", "all events, all firms"),
        "Number of events. The first columns give the reason for which a firm has no window.",
    )


def _coverage(panel: Panel, everything: pd.DataFrame) -> list[Number]:
    choices = panel.snapshot.choices
    primary = everything[everything["window"] == choices.windows.primary]
    source = _source("firm_windows", "all events, all firms")
    counts = {
        "possible": (len(panel.event_study.rows) + len(panel.event_study.skipped), "firm-events"),
        "eligible": (len(panel.event_study.rows), "firm-events with an estimation window"),
        "left_out": (len(panel.event_study.skipped), "firm-events left out, with a reason"),
        "clean": (int(primary["clean"].sum()), "eligible firm-events with a clean primary window"),
        "nominally_significant": (
            int((primary["p"] < choices.inference.size).sum()),
            f"eligible firm-events whose primary CAR has p below {choices.inference.size:g}",
        ),
    }
    return scalar_numbers("firm_windows", counts, source)
