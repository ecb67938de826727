"""Figures of the event windows: mean paths by direction, and the whole panel at a glance."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.estimators.events.event_study import EventStudy
from analysis.results import Figure, Provenance
from analysis.results.formats import percent, signed
from analysis.snapshot.claims import Events
from analysis.snapshot.portfolios import equal
from analysis.study.episodes import FEWEST, pick_days
from analysis.study.panel import Panel, chained
from analysis.study.placebo import cumulated, moved_paths
from analysis.study.responses import fit_events, quiet_paths

__all__ = ["caar_paths", "heatmap"]


def caar_paths(panel: Panel) -> list[Figure]:
    """Mean cumulative path of the core portfolio by direction, over episodes, on placebo bands.

    There is no figure if no direction has three episodes.

    Paths are zero on day -1, so that day d >= 0 shows the CAR over [0, d], and what came before
    the news stands to the left. Where the rules have one statistic, each path counts with one over
    the forecast error of its primary CAR, so that the last day of the primary window shows the
    effect and the interval of the table.
    """
    panel = chained(panel)
    choices = panel.snapshot.choices
    core = equal(choices.firms.core)
    fitted = fit_events(panel, core, choices.windows.primary_bounds)
    held = fitted.rows.set_index("id")["ticker"].rename("members")
    weights = pd.Series(_weigh(panel, fitted), held.index)
    paths = pd.DataFrame(cumulated(fitted), held.index, fitted.event_time)
    paths = paths.mul(weights, axis=0).dropna()
    quiet = quiet_paths(panel, core, choices.windows.primary_bounds, partial(_weigh, panel))
    frames, sentences = [], []
    for direction in choices.directions:
        days = pick_days(panel, paths.index, Events(directions=(direction,))).join(held)
        if days["episode"].nunique() < FEWEST:
            continue
        per = weights[days.index].groupby(days["episode"]).mean().mean()
        by_episode = paths.loc[days.index].groupby(days["episode"]).mean() / per
        band = _placebo_band(panel, moved_paths(panel, days, quiet)) / per
        frame = _with_interval(by_episode, choices.inference.level).assign(direction=direction)
        frames.append(frame.assign(placebo_low=band[0], placebo_high=band[1]))
        inside = frame["mean"].between(*band)[frame["day"] >= 0]
        sentences.append(
            f"{direction} ends at {signed(frame['mean'].iloc[-1], 'percent1')} over "
            f"{len(by_episode)} episodes, outside on {int((~inside).sum())} of {len(inside)} days"
        )
    if not frames:
        return []
    level, last = percent(choices.inference.level), fitted.event_time[-1]
    alt = (
        f"{len(frames)} panels of the mean cumulative abnormal return of the core portfolio, zero "
        f"on day \u22121, to day {last}, with {level} intervals on {level} placebo bands: "
        f"{'; '.join(sentences)}."
    )
    source = Provenance.of(caar_paths, "confirmatory events, clean primary windows")
    return [Figure("caar_paths", "caar_paths", {"paths": pd.concat(frames)}, alt, source)]


def _weigh(panel: Panel, fitted: EventStudy) -> npt.NDArray[np.float64]:
    """Return what each path counts with: one, or one over the error of its primary CAR. (N,)."""
    if panel.rules.statistic == "separate":
        return np.ones(len(fitted.rows))
    errors = fitted.car(*panel.snapshot.choices.windows.primary_bounds)["se"]
    return np.asarray(1 / errors.to_numpy())


def _with_interval(by_episode: pd.DataFrame, level: float) -> pd.DataFrame:
    """Average paths over episodes and put the Student interval of each day beside the mean."""
    count, mean = len(by_episode), by_episode.mean()
    reach = by_episode.std(ddof=1) / np.sqrt(count) * stats.t.ppf((1 + level) / 2, count - 1)
    frame = pd.DataFrame({"mean": mean, "low": mean - reach, "high": mean + reach})
    return frame.rename_axis("day").reset_index().assign(episodes=count)


def _placebo_band(panel: Panel, moved: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the pointwise band of mean paths over placebo draws of all episodes. (2, L)."""
    inference = panel.snapshot.choices.inference
    rng = np.random.default_rng(inference.seed)
    total = sum(paths[rng.integers(0, len(paths), inference.draws)] for paths in moved)
    band: npt.NDArray[np.float64] = np.quantile(total, inference.tails, axis=0) / len(moved)
    return band


def heatmap(panel: Panel) -> Figure:
    """Standardised abnormal return of day 0 for every firm and event."""
    fitted = panel.event_study.car(0, 0)
    sar = panel.event_study.rows[["id", "ticker"]].assign(sar=fitted["t"])
    order = panel.events.sort_values(["day0", "direction"]).reset_index()
    firms = list(panel.snapshot.choices.firms.studied)
    cells = order[["id", "day0", "direction"]].merge(pd.DataFrame({"ticker": firms}), how="cross")
    cells = cells.merge(sar, on=["id", "ticker"], how="left").rename(columns={"id": "event"})
    large, known = int((sar["sar"].abs() > 2).sum()), int(sar["sar"].notna().sum())
    alt = (
        f"Heat map of {len(firms)} firms by {len(order)} events in order of time, coloured by the "
        f"standardised abnormal return of day 0. {large} of {known} cells lie beyond two "
        "forecast errors."
    )
    source = Provenance.of(heatmap, "all events, all firms")
    return Figure("reaction_heatmap", "reaction_heatmap", {"cells": cells}, alt, source)
