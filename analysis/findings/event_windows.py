"""Event-window returns: every event, firm and window, and what they say by direction."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.findings.directions import POLICY
from analysis.findings.episodes import Pooled, episode_values, pool
from analysis.findings.event_figures import caar_paths, heatmap
from analysis.findings.panel import Panel
from analysis.findings.portfolios import equal
from analysis.findings.responses import cumulate
from analysis.results import (
    Dataset,
    Findings,
    Format,
    Number,
    Provenance,
    Table,
    Verdict,
)
from analysis.results.formats import brackets, listed, percent
from analysis.snapshot.episodes import SIGNS

__all__ = ["compute", "firm_windows", "pooled_by_direction"]

HERE = "analysis.findings.event_windows"
INPUTS = ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "study.toml")
KINDS: dict[str, tuple[tuple[str, ...], bool]] = {  # name: directions, signed
    "tightening": (("tightening",), False),
    "disappointment": (("disappointment",), False),
    "support": (("support",), False),
    "easing": (("easing",), False),
    "policy": (POLICY, True),
    "all": (tuple(SIGNS), True),
}


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
    rows = panel.study.rows[columns]
    pairs = pd.MultiIndex.from_frame(rows[["id", "ticker"]])
    frames = []
    for name, (first, last) in panel.snapshot.study.windows.bounds.items():
        cars = panel.study.car(first, last)[["raw", "car", "se", "t", "df", "p"]]
        clean = panel.clean.loc[pairs, name].to_numpy()
        frames.append(pd.concat([rows, cars], axis=1).assign(window=name, clean=clean))
    return pd.concat(frames, ignore_index=True)


def pooled_by_direction(panel: Panel) -> dict[tuple[str, str, bool], Pooled | None]:
    """Pool the core portfolio's CAR by kind of event and window, over episodes.

    Returns
    -------
    dict
        From (kind, window, clean windows only) to the pooled result, None below three episodes.
    """
    core = equal(panel.snapshot.study.firms.core)
    results = {}
    for window, bounds in panel.snapshot.study.windows.bounds.items():
        for clean in (True, False):
            cars = cumulate(panel, core, bounds, clean=clean).at_events(panel)
            for kind, (directions, signed) in KINDS.items():
                values = episode_values(panel, cars, directions, signed=signed)
                results[kind, window, clean] = pool(values, panel)
    return results


def _pooled_numbers(
    panel: Panel, pooled: dict[tuple[str, str, bool], Pooled | None]
) -> list[Number]:
    numbers = []
    for (kind, window, clean), result in pooled.items():
        if result is None:
            continue
        sample = f"confirmatory {kind} events, {'clean' if clean else 'all'} windows"
        source = _source("pooled_by_direction", sample)
        key = f"pooled.{kind}.{window}" + ("" if clean else ".all_windows")
        what = f"mean core CAR of {kind} episodes, {window}"
        numbers += [
            Number(
                f"{key}.mean", result.mean, "fraction", "percent1", what, source, p=result.p,
                low=result.low, high=result.high, level=panel.snapshot.study.inference.level,
                n=result.episodes,
            ),
            Number(f"{key}.p", result.p, "p-value", "pvalue", f"p of the {what}", source),
            Number(
                f"{key}.p_flip", result.p_flip, "p-value", "pvalue", f"sign-flip p of the {what}",
                source,
            ),
            Number(
                f"{key}.detectable", result.detectable, "fraction", "percent1",
                f"minimum detectable {what}", source,
            ),
            Number(f"{key}.episodes", result.episodes, "count", "integer",
                   f"episodes in the {what}", source),
        ]  # fmt: skip
    return numbers


def _with_all_windows(panel: Panel, pooled: dict[tuple[str, str, bool], Pooled | None]) -> Verdict:
    """Say whether contaminated windows change a decision at the primary window."""
    window, size = panel.snapshot.study.windows.primary, panel.snapshot.study.inference.size
    changed = [
        kind
        for kind in KINDS
        if (one := pooled[kind, window, True])
        and (other := pooled[kind, window, False])
        and (one.p < size) != (other.p < size)
    ]
    return Verdict(
        "pooled.all_windows",
        "changed" if changed else "unchanged",
        f"p below {size:g} with clean windows and with all windows, every kind of event",
        ", ".join(changed) or "none",
        _source("pooled_by_direction", "confirmatory events"),
    )


def _pooled_table(panel: Panel, pooled: dict[tuple[str, str, bool], Pooled | None]) -> Table:
    study, rows = panel.snapshot.study, []
    shown = ("episodes", "mean", "low", "high", "p", "p_flip", "detectable")
    for (kind, window, clean), result in pooled.items():
        if not clean or (result is None and pooled[kind, window, False] is None):
            continue
        everyone = pooled[kind, window, False]
        rows.append(
            {"kind": kind, "window": brackets(study.windows.bounds[window])}
            | {name: getattr(result, name, None) for name in shown}
            | {f"{name}_all": getattr(everyone, name, None) for name in ("mean", "p")}
        )
    frame = pd.DataFrame(rows, columns=["kind", "window", *shown, "mean_all", "p_all"])
    order = {kind: i for i, kind in enumerate(KINDS)}
    frame = frame.sort_values("kind", key=lambda c: c.map(order), kind="stable")
    formats: dict[str, Format] = dict.fromkeys(
        ("mean", "low", "high", "detectable", "mean_all"), "percent1"
    )
    return Table(
        "pooled",
        frame,
        formats
        | {
            "episodes": "integer",
            "p": "pvalue",
            "p_flip": "pvalue",
            "p_all": "pvalue",
        },
        {
            "kind": "Events",
            "window": "Window",
            "episodes": "K",
            "mean": "CAAR",
            "low": "low",
            "high": "high",
            "p": "p(t)",
            "p_flip": "p(flip)",
            "detectable": "MDE",
            "mean_all": "all CAAR",
            "p_all": "all p",
        },
        _source("pooled_by_direction", "confirmatory events"),
        "K: episodes. CAAR: mean over episodes of the core portfolio's CAR with its "
        f"{percent(study.inference.level)} Student interval. p(t): Student t with K − 1 degrees of "
        "freedom on standardised CARs; p(flip): sign flips, smallest attainable value 2/2^K^. MDE: "
        f"mean found with {percent(study.inference.power)} power. The last two columns put "
        f"contaminated windows back. policy: {listed(POLICY)}, signed; all: with support.",
    )


def _firm_table(panel: Panel, everything: pd.DataFrame) -> Table:
    """Average reactions of each firm by direction, clean confirmatory primary windows."""
    windows = panel.snapshot.study.windows
    part = everything[(everything["window"] == windows.primary) & everything["clean"]].dropna(
        subset="car"
    )
    part = part.join(panel.events[["direction", "status"]], on="id")
    part = part[part["status"] == "confirmatory"].drop_duplicates(["ticker", "day0", "direction"])
    grouped = part.groupby(["ticker", "direction"])["car"]
    means = grouped.mean().unstack().reindex(columns=list(SIGNS))
    counts = grouped.size().unstack(fill_value=0).reindex(columns=list(SIGNS), fill_value=0)
    rows = [t for t in panel.snapshot.study.firms.studied if t in means.index]
    frame = pd.DataFrame({"ticker": rows})
    heads: dict[str, str] = {"ticker": "Firm"}
    formats: dict[str, Format] = {}
    for direction in SIGNS:
        frame[direction] = means.loc[rows, direction].to_numpy()
        frame[f"n_{direction}"] = counts.loc[rows, direction].to_numpy()
        heads |= {direction: direction, f"n_{direction}": "n"}
        formats |= {direction: "percent1", f"n_{direction}": "integer"}
    return Table(
        "firms_by_direction",
        frame,
        formats,
        heads,
        _source("firm_windows", "clean confirmatory firm-windows"),
        f"Mean CAR {brackets(windows.primary_bounds)} of each firm and number n of days. "
        "Descriptive: the days of one episode are counted separately, so no test is attached.",
    )


def _event_table(panel: Panel, everything: pd.DataFrame) -> Table:
    """Every event with the primary CAR of the core firms."""
    study = panel.snapshot.study
    part = everything[everything["window"] == study.windows.primary]
    cars = part.set_index(["id", "ticker"])["car"].unstack().reindex(columns=list(study.firms.core))
    clean = part.pivot(index="id", columns="ticker", values="clean").reindex(
        columns=list(study.firms.core)
    )
    frame = panel.events[["day0", "direction", "episode", "headline"]].copy()
    marks = {"seed": "E", "selected_on_outcome": "S", "found_beside": "B", "confirmatory": ""}
    frame["kind"] = panel.events["status"].map(marks)
    for firm in study.firms.core:
        shown = cars[firm].reindex(frame.index)
        dirty = (clean[firm].reindex(frame.index) == False) & shown.notna()  # noqa: E712
        frame[firm] = [
            None if np.isnan(v) else f"{v:+.1%}".replace("-", "\u2212") + ("\u2020" if d else "")
            for v, d in zip(shown, dirty, strict=True)
        ]
    frame = frame[["day0", "episode", "direction", "kind", "headline", *study.firms.core]]
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
        f"CAR {brackets(study.windows.primary_bounds)} of the core firms; an en dash: no eligible "
        "window; \u2020: a confounder touches the window. E: exploratory; S: found by looking for "
        "large days; B: found beside one.",
    )


def _exclusion_table(panel: Panel) -> Table:
    skipped = panel.study.skipped
    reasons = skipped["reason"].str.replace(r"\(.*\)", "", regex=True).str.strip()
    counts = pd.crosstab(skipped["ticker"], reasons)
    firms = list(panel.snapshot.study.firms.studied)
    counts = counts.reindex(firms, fill_value=0)
    windows = panel.snapshot.study.windows
    kept = panel.study.rows.groupby("ticker").size().reindex(firms, fill_value=0)
    pairs = pd.MultiIndex.from_frame(panel.study.rows[["id", "ticker"]])
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
    study = panel.snapshot.study
    primary = everything[everything["window"] == study.windows.primary]
    source = _source("firm_windows", "all events, all firms")
    counts = {
        "possible": (len(panel.study.rows) + len(panel.study.skipped), "firm-events"),
        "eligible": (len(panel.study.rows), "firm-events with an estimation window"),
        "left_out": (len(panel.study.skipped), "firm-events left out, with a reason"),
        "clean": (int(primary["clean"].sum()), "eligible firm-events with a clean primary window"),
        "nominally_significant": (
            int((primary["p"] < study.inference.size).sum()),
            f"eligible firm-events whose primary CAR has p below {study.inference.size:g}",
        ),
    }
    return [
        Number(f"firm_windows.{name}", value, "count", "integer", what, source)
        for name, (value, what) in counts.items()
    ]
