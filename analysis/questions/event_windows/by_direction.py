"""Event-window returns: every event, firm and window, and what they say by direction.

All of it by the rules by which the study decides: episodes, clean windows, normal return, effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.questions.event_windows.paths import caar_paths, heatmap
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.columns import Column, numbers_of, scalar_numbers, spread, table_of
from analysis.results.formats import brackets, format_value, listed, percent
from analysis.snapshot.choices import Choices
from analysis.snapshot.claims import Events
from analysis.snapshot.portfolios import equal
from analysis.study.directions import Kind, list_kinds, list_policy
from analysis.study.episodes import averaged, chosen_days, count_firms, pool, say_effect
from analysis.study.panel import Panel, chained
from analysis.study.responses import Responses, cumulate

__all__ = ["compute", "firm_windows", "list_pooled", "pool_kinds", "pooled_by_direction"]

TEXT = "mean core CAR of {kind} episodes, {window}"
POOLED = (
    Column("kind", "Events"),
    Column("bounds", "Window"),
    Column("episodes", "K", "integer", "count", f"episodes in the {TEXT}", ".episodes"),
    Column("whole", "all {core}", "integer", "count", f"episodes with all firms, {TEXT}", ".whole"),
    Column("firms", "Firms", "decimal1", "firms", f"mean firms an episode holds, {TEXT}", ".firms"),
    Column(
        "mean", "CAAR", "percent1", "fraction", TEXT, ".mean", "", "low", "high", "p", "episodes"
    ),
    Column("low", format="percent1"),
    Column("high", format="percent1"),
    Column("p", "p(t)", "pvalue", "p-value", f"p of the {TEXT}", ".p"),
    Column("p_flip", "p(flip)", "pvalue", "p-value", f"sign-flip p of the {TEXT}", ".p_flip"),
    Column(
        "detectable", "MDE", "percent1", "fraction", f"minimum detectable {TEXT}", ".detectable"
    ),
    Column("mean_all", "all CAAR", "percent1"),
    Column("p_all", "all p", "pvalue"),
)
NOTE = (
    "K: episodes; all {core}: those that hold every core firm; Firms: how many an episode holds on "
    "any of its days, mean over episodes. CAAR: the core portfolio's {effect}, with its {level} "
    "Student interval. p(t): Student t with K − 1 degrees of freedom on standardised "
    "CARs; p(flip): sign flips, smallest attainable value 2/2^K^. MDE: mean found with {power} "
    "power. The last two columns put contaminated windows back. policy: {policy}, signed; all: "
    "with {others}."
)
MARKS = {"seed": "E", "selected_on_outcome": "S", "found_beside": "B", "confirmatory": ""}
EVENTS = (
    Column("day0", "Day 0"),
    Column("episode", "Ep.", "integer"),
    Column("direction", "Direction"),
    Column("kind", "Kind"),
    Column("headline", "Headline"),
)


def compute(panel: Panel) -> Findings:
    """Compute all firm-windows and pool them by direction."""
    everything, pooled = firm_windows(panel), pooled_by_direction(panel)
    source = Provenance.of(firm_windows, "all firms, all events")
    primary = everything[everything["window"] == panel.snapshot.choices.windows.primary]
    return Findings(
        numbers=[*_pooled_numbers(panel, pooled), *_coverage(panel, primary)],
        tables=[
            _pooled_table(panel, pooled),
            _firm_table(panel, primary),
            _event_table(panel, primary),
            _exclusion_table(panel, primary),
        ],
        figures=[*caar_paths(panel), heatmap(panel)],
        verdicts=[_with_all_windows(panel, pooled)],
        datasets=[Dataset("firm_windows", everything, source)],
    )


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


def pool_kinds(
    panel: Panel, responses: Responses, kinds: Mapping[str, Kind], most: int
) -> list[dict[str, float | str]]:
    """Pool responses over episodes, one row a kind: see :func:`analysis.study.episodes.pool`.

    Besides the firms that an episode holds: ``firms``, their mean number over episodes, and
    ``whole``, the episodes that hold all of them, ``most``.
    """
    cars, rows = responses.at_events(panel), []
    for kind, (names, signed) in kinds.items():
        days = chosen_days(panel, cars, Events(directions=tuple(names), signed=signed))
        held = count_firms(days, panel.snapshot.choices.firms.studied)
        firms = {"firms": held.mean(), "whole": int((held == most).sum())}
        rows.append({"kind": kind} | asdict(pool(averaged(days), panel)) | firms)
    return rows


def list_pooled(choices: Choices) -> dict[str, Kind]:
    """Return what is pooled: every direction, those of policy, and all of them, signed."""
    return list_kinds(choices, "policy") | {"all": (tuple(choices.directions), True)}


def pooled_by_direction(panel: Panel) -> pd.DataFrame:
    """Pool the core portfolio's CAR by kind of event and window, over episodes.

    Returns
    -------
    DataFrame
        ``kind``, ``window`` (its name), ``clean`` (whether only clean windows enter), ``episodes``,
        ``mean``, ``low``, ``high``, ``detectable`` (fraction), ``p``, ``p_flip``; NaN below three
        episodes; ``firms``, ``whole``: see :func:`pool_kinds`.
    """
    choices = panel.snapshot.choices
    core, kinds, rows = equal(choices.firms.core), list_pooled(choices), []
    for window, bounds in choices.windows.bounds.items():
        ruled = chained(panel, bounds)
        for clean in (True, False):
            cars = cumulate(ruled, core, bounds, clean=clean)
            pooled = pool_kinds(ruled, cars, kinds, len(core.members))
            rows += [row | {"window": window, "clean": clean} for row in pooled]
    return pd.DataFrame(rows)


def _pooled_numbers(panel: Panel, pooled: pd.DataFrame) -> list[Number]:
    known = pooled.dropna(subset="mean")
    keyed = known.assign(
        end=known["clean"].map({True: "", False: ".all_windows"}),
        which=known["clean"].map({True: "clean", False: "all"}),
    )
    sample = "confirmatory {kind} events, {which} windows"
    source = Provenance.of(pooled_by_direction, sample)
    level = panel.snapshot.choices.inference.level
    return numbers_of(keyed, POOLED, "pooled.{kind}.{window}{end}", source, level=level)


def _with_all_windows(panel: Panel, pooled: pd.DataFrame) -> Verdict:
    """Say whether contaminated windows change a decision at the primary window."""
    window, size = panel.snapshot.choices.windows.primary, panel.snapshot.choices.inference.size
    p = pooled[pooled["window"] == window].pivot(index="kind", columns="clean", values="p")
    p = p.reindex(list(list_pooled(panel.snapshot.choices))).dropna()
    changed = p.index[(p[True] < size) != (p[False] < size)]
    return Verdict(
        "pooled.all_windows",
        "changed" if len(changed) else "unchanged",
        f"p below {size:g} with clean windows and with all windows, every kind of event",
        ", ".join(changed) or "none",
        Provenance.of(pooled_by_direction, "confirmatory events"),
    )


def _pooled_table(panel: Panel, pooled: pd.DataFrame) -> Table:
    choices = panel.snapshot.choices
    everyone = pooled.loc[~pooled["clean"], ["kind", "window", "mean", "p"]]
    frame = pooled[pooled["clean"]].merge(everyone, on=["kind", "window"], suffixes=("", "_all"))
    frame = frame.dropna(subset=["mean", "mean_all"], how="all")
    counts = ["episodes", "whole", "firms"]
    frame[counts] = frame[counts].where(frame["mean"].notna())
    frame["bounds"] = [brackets(choices.windows.bounds[window]) for window in frame["window"]]
    order = list(list_pooled(choices))
    frame = frame.sort_values("kind", key=lambda c: c.map(order.index), kind="stable")
    source = Provenance.of(pooled_by_direction, "confirmatory events")
    policy = list_policy(choices)
    texts = {
        "level": percent(choices.inference.level),
        "power": percent(choices.inference.power),
        "core": len(choices.firms.core),
        "policy": listed(policy),
        "effect": say_effect(panel),
        "others": listed([d for d in choices.directions if d not in policy]) or "none",
    }
    return table_of("pooled", frame, POOLED, source, NOTE, **texts)


def _firm_table(panel: Panel, primary: pd.DataFrame) -> Table:
    """Average reactions of each firm by direction, clean confirmatory primary windows."""
    part = primary[primary["clean"]].dropna(subset="car")
    part = part.join(panel.events[["direction", "status"]], on="id")
    part = part[part["status"] == "confirmatory"].drop_duplicates(["ticker", "day0", "direction"])
    firms = [t for t in panel.snapshot.choices.firms.studied if t in set(part["ticker"])]
    every = pd.MultiIndex.from_product(
        [firms, panel.snapshot.choices.directions], names=["ticker", "direction"]
    )
    means = part.groupby(["ticker", "direction"])["car"].agg(["mean", "size"]).reindex(every)
    cells = [Column("mean", format="percent1"), Column("size", "n", "integer")]
    wide, columns = spread(means.fillna({"size": 0}).reset_index(), ["ticker"], "direction", cells)
    return table_of(
        "firms_by_direction",
        wide,
        [Column("ticker", "Firm"), *columns],
        Provenance.of(firm_windows, "clean confirmatory firm-windows"),
        f"Mean CAR {brackets(panel.snapshot.choices.windows.primary_bounds)} of each firm and "
        "number n of days. Descriptive: the days of one episode are counted separately, so no "
        "test is attached.",
    )


def _event_table(panel: Panel, primary: pd.DataFrame) -> Table:
    """Every event with the primary CAR of the core firms."""
    core, known = panel.snapshot.choices.firms.core, primary.dropna(subset="car")
    marks = known["clean"].map({True: "", False: "\u2020"})
    sizes = known["car"].abs().map(lambda car: format_value(car, "percent1")) + marks
    texts = np.where(known["car"] < 0, "\u2212", "+") + sizes
    cars = known.assign(text=texts).pivot(index="id", columns="ticker", values="text")
    frame = chained(panel).events.join(cars).assign(kind=panel.events["status"].map(MARKS))
    return table_of(
        "events",
        frame,
        [*EVENTS, *(Column(firm) for firm in core)],
        Provenance.of(firm_windows, "all events, core firms"),
        f"CAR {brackets(panel.snapshot.choices.windows.primary_bounds)} of the core firms; an en "
        "dash: no eligible window; \u2020: a confounder touches the window, or the event leaves "
        "the firm out. E: exploratory; S: "
        "found by looking for large days; B: found beside one.",
    )


def _exclusion_table(panel: Panel, primary: pd.DataFrame) -> Table:
    skipped, firms = panel.event_study.skipped, list(panel.snapshot.choices.firms.studied)
    reasons = skipped["reason"].str.replace(r"\(.*\)", "", regex=True).str.strip()
    counts = pd.crosstab(skipped["ticker"], reasons)
    kept = primary.groupby("ticker")["clean"].agg(["size", "sum"])
    frame = counts.join(kept, how="outer").reindex(firms).fillna(0)
    clean = f"Clean {brackets(panel.snapshot.choices.windows.primary_bounds)}"
    return table_of(
        "exclusions",
        frame.rename_axis("ticker").reset_index(),
        [
            Column("ticker", "Firm"),
            *(Column(str(reason), format="integer") for reason in counts.columns),
            Column("size", "Eligible", "integer"),
            Column("sum", clean, "integer"),
        ],
        Provenance.of(firm_windows, "all events, all firms"),
        "Number of events. The first columns give the reason for which a firm has no window.",
    )


def _coverage(panel: Panel, primary: pd.DataFrame) -> list[Number]:
    size, skipped = panel.snapshot.choices.inference.size, len(panel.event_study.skipped)
    small = f"eligible firm-events whose primary CAR has p below {size:g}"
    counts = {
        "possible": (len(primary) + skipped, "firm-events"),
        "eligible": (len(primary), "firm-events with an estimation window"),
        "left_out": (skipped, "firm-events left out, with a reason"),
        "clean": (int(primary["clean"].sum()), "eligible firm-events with a clean primary window"),
        "nominally_significant": (int((primary["p"] < size).sum()), small),
    }
    source = Provenance.of(firm_windows, "all events, all firms")
    return scalar_numbers("firm_windows", counts, source)
