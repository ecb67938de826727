"""Copper, the dollar and cyclicals around the same news; no shipping series exists in the data.

Decision rules, fixed before any number was computed:

``cross.responses``
    Raw returns over the primary window by asset and direction, t across episodes: "some" if one of
    all has a Holm-adjusted p below the size of the tests, else "none".
``cross.copper.easing``, ``cross.cyclicals.easing``
    Mean over the assets of the group after easing: "rise" or "fall" with p below the size, else
    "within noise"; "not testable" below three episodes.
``cross.dollar.easing``
    "steady" if the interval of two one-sided tests (coverage 90% for a size of 5%) lies inside the
    study's band, else "moves" with p below the size, else "undecided".
``cross.correlation``
    Correlation with the core portfolio after easing less before (Fisher's z), t across episodes:
    "changes" if an asset has a Holm-adjusted p below the size, else "unchanged".
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.estimators.rotation import rotate
from analysis.findings.episodes import FEWEST, chosen_days
from analysis.findings.panel import Panel
from analysis.findings.volatility import mean_weights
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import brackets, counted, percent
from analysis.snapshot.claims import Events

__all__ = ["compute", "correlation_changes", "responses"]

HERE = "analysis.findings.cross_asset"
INPUTS = ("prices.csv", "universe.csv", "events.csv", "study.toml")
SAMPLE = "confirmatory events in episodes of one sign"
DIRECTIONS = ("tightening", "disappointment", "easing", "support")
GROUPS = ("copper", "dollar", "cyclicals")


def compute(panel: Panel) -> Findings:
    """Measure how other assets respond and how they move with the core portfolio."""
    moves, links = responses(panel), correlation_changes(panel)
    covered = f"{100 * _inner(panel):g}"
    inner = {"low_inner": f"low{covered}", "high_inner": f"high{covered}"}
    moved = Provenance(f"{HERE}.responses", INPUTS, SAMPLE)
    linked = Provenance(f"{HERE}.correlation_changes", INPUTS, f"{SAMPLE}, easing")
    return Findings(
        numbers=[
            Number(
                "cross.steady",
                panel.snapshot.study.cross_asset.steady,
                "fraction",
                "percent1",
                "mean move, either way, inside which an asset is steady",
                moved,
            ),
            *_move_numbers(panel, moves, moved),
            *_link_numbers(panel, links, linked),
        ],
        tables=[_move_table(panel, moves, moved), _link_table(panel, links, linked)],
        verdicts=[*_move_verdicts(panel, moves, moved), _link_verdict(panel, links, linked)],
        datasets=[
            Dataset("cross_asset_responses", moves.rename(columns=inner), moved),
            Dataset("cross_asset_correlations", links, linked),
        ],
    )


def _inner(panel: Panel) -> float:
    """Coverage of the interval by which two one-sided tests of the study's size can be read off."""
    return round(1 - 2 * panel.snapshot.study.inference.size, 12)


def _core(panel: Panel) -> pd.Series:
    return panel.returns[list(panel.snapshot.study.firms.core)].mean(axis=1)


def _held(panel: Panel) -> pd.DataFrame:
    """Return of each asset, each group and the core portfolio over the primary window, by day 0."""
    study = panel.snapshot.study
    first, last = study.windows.primary_bounds
    rules = study.cross_asset
    returns = panel.returns[list(rules.tickers)].assign(core=_core(panel))
    for group in GROUPS:
        returns[f"{group} (mean)"] = panel.returns[list(getattr(rules, group))].mean(axis=1)
    growth = (1 + returns).cumprod()
    return growth.shift(-last) / growth.shift(1 - first) - 1


def _by_episode(panel: Panel, values: pd.Series, direction: str) -> pd.DataFrame:
    at = values.reindex(panel.events["day0"]).set_axis(panel.events.index)
    return chosen_days(
        panel, pd.DataFrame({"car": at, "scar": at}).dropna(), Events(directions=(direction,))
    )


def responses(panel: Panel) -> pd.DataFrame:
    """Average raw returns over the primary window by asset and direction, over episodes.

    Returns
    -------
    DataFrame
        ``asset`` (tickers, group means and ``core``), ``direction``, ``episodes``, ``mean``,
        ``low``, ``high`` (fraction), ``low_inner``, ``high_inner`` (of two one-sided tests), ``p``
        of t(K-1), ``holm`` over all tickers and directions; missing below three episodes.
    """
    held = _held(panel)
    rows = []
    for asset in held.columns:
        for direction in DIRECTIONS:
            means = _by_episode(panel, held[asset], direction).groupby("episode")["car"].mean()
            row = {"asset": asset, "direction": direction, "episodes": len(means)}
            rows.append(row | _summary(means, panel.snapshot.study.inference.level))
    frame = pd.DataFrame(rows)
    family = frame["asset"].isin(panel.snapshot.study.cross_asset.tickers) & frame["p"].notna()
    frame.loc[family, "holm"] = multipletests(frame.loc[family, "p"], method="holm")[1]
    return frame


def _summary(means: pd.Series, level: float) -> dict[str, float]:
    count = len(means)
    if count < FEWEST:
        return dict.fromkeys(("mean", "low", "high", "low_inner", "high_inner", "p"), np.nan)
    mean, error = float(means.mean()), float(means.std(ddof=1) / np.sqrt(count))
    wide, inner = (float(stats.t.ppf(q, count - 1)) * error for q in ((1 + level) / 2, level))
    return {
        "mean": mean,
        "low": mean - wide,
        "high": mean + wide,
        "low_inner": mean - inner,
        "high_inner": mean + inner,
        "p": float(stats.ttest_1samp(means, 0.0).pvalue),
    }


def correlation_changes(panel: Panel) -> pd.DataFrame:
    """Compare each asset's correlation with the core portfolio after easing and before.

    Returns
    -------
    DataFrame
        ``asset``, ``whole`` (correlation since all core firms are listed), ``before``, ``after``
        (means over episodes, back from Fisher's z), ``change`` in z with ``low``, ``high``, ``p``
        of t(K-1), ``holm`` over the assets, ``placebo_p`` (rotated calendars), ``episodes``.
    """
    study = panel.snapshot.study
    window, core = study.cross_asset.window, _core(panel)
    common = panel.returns.dropna(subset=list(study.firms.core))
    rows = []
    for asset in study.cross_asset.tickers:
        z = np.arctanh(panel.returns[asset].rolling(window).corr(core))
        frame = pd.DataFrame({"before": z.shift(1), "after": z.shift(-window)})
        frame = frame.assign(change=frame["after"] - frame["before"]).dropna()
        days = _by_episode(panel, frame["change"], "easing")
        sides = frame.loc[days["day0"], ["before", "after"]].assign(
            episode=days["episode"].to_numpy()
        )
        means = days.groupby("episode")["car"].mean()
        levels = np.tanh(sides.groupby("episode").mean().mean())
        summary = _summary(means, study.inference.level)
        testable = len(means) >= FEWEST
        turned = rotate(frame["change"], mean_weights(days), 2 * window) if testable else None
        rows.append(
            {
                "asset": asset,
                "whole": common[asset].corr(common[list(study.firms.core)].mean(axis=1)),
                "before": levels["before"],
                "after": levels["after"],
                "change": summary["mean"],
                "low": summary["low"],
                "high": summary["high"],
                "p": summary["p"],
                "placebo_p": turned.p if turned else np.nan,
                "episodes": len(means),
            }
        )
    frame = pd.DataFrame(rows)
    known = frame["p"].notna()
    frame.loc[known, "holm"] = multipletests(frame.loc[known, "p"], method="holm")[1]
    return frame


def _key(asset: str) -> str:
    return asset.lower().replace(" (mean)", "_group")


def _move_numbers(panel: Panel, moves: pd.DataFrame, source: Provenance) -> list[Number]:
    study, numbers = panel.snapshot.study, []
    over, level = brackets(study.windows.primary_bounds), study.inference.level
    for row in moves.dropna(subset=["p"]).to_dict("records"):
        key = f"cross.{_key(row['asset'])}.{row['direction']}"
        what = f"return of {row['asset']} over {over}, {row['direction']} events"
        numbers += [
            Number(f"{key}.mean", row["mean"], "fraction", "percent1", f"mean {what}", source,
                   low=row["low"], high=row["high"], level=level, p=row["p"], n=row["episodes"]),
            Number(f"{key}.p", row["p"], "p-value", "pvalue", f"p of no mean {what}", source),
        ]  # fmt: skip
    family = moves.dropna(subset=["holm"])
    return [
        *numbers,
        Number("cross.tests", len(family), "count", "integer",
               "asset responses tested together", source),
        Number("cross.smallest_holm", float(family["holm"].min()), "p-value", "pvalue",
               "smallest Holm-adjusted p of the asset responses", source),
    ]  # fmt: skip


def _link_numbers(panel: Panel, links: pd.DataFrame, source: Provenance) -> list[Number]:
    numbers, span = [], counted(panel.snapshot.study.cross_asset.window, "session")
    for row in links.to_dict("records"):
        key, who = f"cross.{_key(row['asset'])}.correlation", f"{row['asset']} with the core firms"
        numbers.append(
            Number(key, row["whole"], "correlation", "decimal2", f"correlation of {who}", source)
        )
        if not np.isnan(row["p"]):
            numbers += [
                Number(f"{key}.before_easing", row["before"], "correlation", "decimal2",
                       f"correlation of {who}, {span} before easing", source),
                Number(f"{key}.after_easing", row["after"], "correlation", "decimal2",
                       f"correlation of {who}, {span} after easing", source, p=row["p"]),
            ]  # fmt: skip
    return numbers


def _move_verdicts(panel: Panel, moves: pd.DataFrame, source: Provenance) -> list[Verdict]:
    family, size = moves.dropna(subset=["holm"]), panel.snapshot.study.inference.size
    easing = moves[moves["direction"] == "easing"].set_index("asset").to_dict("index")
    verdicts = [
        Verdict("cross.responses", "some" if (family["holm"] < size).any() else "none",
                f"Holm-adjusted p below {size:g} for an asset and a direction",
                f"smallest adjusted p {family['holm'].min():.3g} of {len(family)}", source)
    ]  # fmt: skip
    for group in ("copper", "cyclicals"):
        row = easing[f"{group} (mean)"]
        verdicts.append(
            Verdict(f"cross.{group}.easing", _direction(row, size),
                    "mean over the group's funds after easing, t across episodes, "
                    f"p below {size:g}",
                    f"mean {row['mean']:+.4f}, p {row['p']:.3g}", source)
        )  # fmt: skip
    dollar, band = easing["dollar (mean)"], panel.snapshot.study.cross_asset.steady
    verdicts.append(
        Verdict("cross.dollar.easing", _steady(dollar, band, size),
                f"{percent(_inner(panel))} interval of the mean inside the band: steady; "
                f"else p below {size:g}: moves",
                f"{dollar['low_inner']:+.4f} to {dollar['high_inner']:+.4f}", source)
    )  # fmt: skip
    return verdicts


def _direction(row: dict[Hashable, Any], size: float) -> str:
    if np.isnan(row["p"]):
        return "not testable"
    return "within noise" if row["p"] >= size else "rise" if row["mean"] > 0 else "fall"


def _steady(row: dict[Hashable, Any], band: float, size: float) -> str:
    if np.isnan(row["p"]):
        return "not testable"
    if -band < row["low_inner"] and row["high_inner"] < band:
        return "steady"
    return "moves" if row["p"] < size else "undecided"


def _link_verdict(panel: Panel, links: pd.DataFrame, source: Provenance) -> Verdict:
    size = panel.snapshot.study.inference.size
    return Verdict(
        "cross.correlation",
        "changes" if (links["holm"] < size).any() else "unchanged",
        f"Holm-adjusted p below {size:g} for an asset's correlation after easing less before",
        f"smallest adjusted p {links['holm'].min():.3g}",
        source,
    )


def _move_table(panel: Panel, moves: pd.DataFrame, source: Provenance) -> Table:
    """Assets down, directions across: the mean, and a p for easing and tightening."""
    wide = moves.pivot_table(
        index="asset", columns="direction", values=["mean", "p"], sort=False, dropna=False
    )
    frame = pd.DataFrame({"asset": wide.index})
    headers = {"asset": "Asset"}
    for place, direction in enumerate(DIRECTIONS):
        if ("mean", direction) not in wide.columns:
            continue
        frame[direction] = wide["mean", direction].to_numpy()
        frame[f"p_{direction}"] = wide["p", direction].to_numpy()
        headers |= {direction: direction.capitalize(), f"p_{direction}": "p" + " " * place}
    frame = frame.dropna(axis=1, how="all")
    formats = {str(c): "pvalue" if str(c).startswith("p_") else "percent1" for c in frame.columns}
    del formats["asset"]
    counts = moves.drop_duplicates("direction").set_index("direction")["episodes"]
    said = ", ".join(f"{d} {counts[d]}" for d in DIRECTIONS if d in frame.columns)
    study = panel.snapshot.study
    named = ", ".join(f"{ticker}: {name}" for ticker, name in study.cross_asset.names.items())
    return Table(
        "cross_asset",
        frame,
        formats,  # type: ignore[arg-type]
        {k: v for k, v in headers.items() if k in frame.columns},
        source,
        f"Mean raw return over {brackets(study.windows.primary_bounds)}, t(K−1) over episodes "
        f"({said}), not adjusted." + (f" {named}." if named else ""),
    )


def _link_table(panel: Panel, links: pd.DataFrame, source: Provenance) -> Table:
    span = counted(panel.snapshot.study.cross_asset.window, "session")
    columns = ["asset", "whole", "before", "after", "change", "p", "holm", "placebo_p"]
    return Table(
        "cross_correlations",
        links[columns],
        dict.fromkeys(("whole", "before", "after", "change"), "decimal2")
        | dict.fromkeys(("p", "holm", "placebo_p"), "pvalue"),  # type: ignore[arg-type]
        {
            "asset": "Asset",
            "whole": "All days",
            "before": "Before",
            "after": "After",
            "change": "Change in z",
            "holm": "Holm",
            "placebo_p": "Placebo p",
        },
        source,
        f"Correlation of daily returns with the core portfolio: all common sessions, and {span} "
        "before and after easing (means over episodes of Fisher's z).",
    )
