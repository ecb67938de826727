"""Other assets around the same news, by the groups of ``cross_asset.groups``.

Decision rules, fixed before any number was computed:

``cross.responses``
    Raw returns over the primary window by asset and direction, t across episodes: "some" if one of
    all has a Holm-adjusted p below the size of the tests, else "none".
``cross.GROUP.easing`` (the first direction of policy of negative sign)
    Mean over the assets of the group after easing: "rise" or "fall" with p below the size, else
    "within noise"; "not testable" below three episodes.
``cross.GROUP.easing``, of a group in ``cross_asset.still``
    "steady" if the interval of two one-sided tests (coverage 90% for a size of 5%) lies inside the
    study's band, else "moves" with p below the size, else "undecided".
``cross.correlation``
    Correlation with the core portfolio after easing less before (Fisher's z), t across episodes:
    "changes" if an asset has a Holm-adjusted p below the size, else "unchanged".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.multiplicity import holm
from analysis.questions.requirements import need_policy, need_section
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.columns import Column, numbers_of, spread, table_of, verdicts_of
from analysis.results.formats import brackets, counted, percent
from analysis.study.directions import list_policy, list_policy_first
from analysis.study.episodes import averaged, mean_over
from analysis.study.families import any_adjusted
from analysis.study.outcomes import NOT_TESTABLE, judge_signs
from analysis.study.panel import Panel
from analysis.study.series import rotate_days, series_days

__all__ = ["compute", "correlation_changes", "responses"]

NEEDS = (need_section("cross_asset"), need_policy(-1))

SAMPLE = "confirmatory events in episodes of one sign"
GROUP = " (mean)"  # marks a group among the assets

MOVE = "return of {asset} over {over}, {direction} events"
MEAN = f"mean {MOVE}"
MOVES = (
    Column("mean", "", "percent1", "fraction", MEAN, ".mean", "", "low", "high", "p", "episodes"),
    Column("p", "p", "pvalue", "p-value", f"p of no mean {MOVE}", ".p"),
)
WITH = "correlation of {asset} with the core firms"
EARLIER, LATER = (f"{WITH}, {{span}} {side} {{relief}}" for side in ("before", "after"))
LINKS = (
    Column("asset", "Asset"),
    Column("whole", "All days", "decimal2", "correlation", WITH, ""),
    Column("before", "Before", "decimal2", "correlation", EARLIER, ".before_{relief}"),
    Column("after", "After", "decimal2", "correlation", LATER, ".after_{relief}", p="p"),
    Column("change", "Change in z", "decimal2"),
    Column("p", format="pvalue"),
    Column("holm", "Holm", "pvalue"),
    Column("placebo_p", "Placebo p", "pvalue"),
)

CORRELATED = (
    "Correlation of daily returns with the core portfolio: all common sessions, and {} before and "
    "after {} (means over episodes of Fisher's z)."
)
MOVED = "Holm-adjusted p below {size} for an asset and a direction"
LINKED = "Holm-adjusted p below {size} for an asset's correlation after {relief} less before"


def compute(panel: Panel) -> Findings:
    """Measure how other assets respond and how they move with the core portfolio."""
    choices, moves, links = panel.snapshot.choices, responses(panel), correlation_changes(panel)
    relief = list_policy(choices, -1)[0]
    test = LINKED.replace("{relief}", relief)
    keyed = [replace(c, key=c.key and c.key.format(relief=relief)) for c in LINKS]
    covered = f"{100 * _inner(panel):g}"
    inner = {"low_inner": f"low{covered}", "high_inner": f"high{covered}"}
    moved = Provenance.of(responses, SAMPLE)
    linked = Provenance.of(correlation_changes, f"{SAMPLE}, {relief}")
    span = counted(choices.cross_asset.window, "session")
    known = links.assign(**{c: links[c].where(links["p"].notna()) for c in ("before", "after")})
    return Findings(
        numbers=[
            *_move_numbers(panel, moves, moved),
            *numbers_of(
                _keyed(known), keyed, "cross.{key}.correlation", linked, span=span, relief=relief
            ),
        ],
        tables=[
            _move_table(panel, moves, moved),
            table_of("cross_correlations", links, LINKS, linked, CORRELATED.format(span, relief)),
        ],
        verdicts=[
            any_adjusted(
                panel,
                "cross.responses",
                moves["holm"],
                ("some", "none"),
                MOVED,
                moved,
                counted=True,
            ),
            *_group_verdicts(panel, moves[moves["direction"] == relief], moved),
            any_adjusted(
                panel, "cross.correlation", links["holm"], ("changes", "unchanged"), test, linked
            ),
        ],
        datasets=[
            Dataset("cross_asset_responses", moves.rename(columns=inner), moved),
            Dataset("cross_asset_correlations", links, linked),
        ],
    )


def _inner(panel: Panel) -> float:
    """Coverage of the interval by which two one-sided tests of the study's size can be read off."""
    return round(1 - 2 * panel.snapshot.choices.inference.size, 12)


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(key=frame["asset"].str.replace(GROUP, "_group"))


def _held(panel: Panel) -> pd.DataFrame:
    """Return of each asset, each group and the core portfolio over the primary window, by day 0."""
    first, last = panel.snapshot.choices.windows.primary_bounds
    rules = panel.snapshot.choices.cross_asset
    returns = panel.returns[list(rules.tickers)].assign(core=panel.core)
    for group, tickers in rules.groups.items():
        returns[f"{group}{GROUP}"] = panel.returns[list(tickers)].mean(axis=1)
    growth = (1 + returns).cumprod()
    return growth.shift(-last) / growth.shift(1 - first) - 1


def responses(panel: Panel) -> pd.DataFrame:
    """Average raw returns over the primary window by asset and direction, over episodes.

    Returns
    -------
    DataFrame
        ``asset`` (tickers, group means and ``core``), ``direction``, ``episodes``, ``mean``,
        ``low``, ``high`` (fraction), ``low_inner``, ``high_inner`` (of two one-sided tests), ``p``
        of t(K-1), ``holm`` over all tickers and directions; missing below three episodes.
    """
    choices, rows = panel.snapshot.choices, []
    for asset, values in _held(panel).items():
        for direction in list_policy_first(choices):
            mean = mean_over(averaged(series_days(panel, values, direction))["car"])
            bounds = (*mean.interval(choices.inference.level), *mean.interval(_inner(panel)))
            rows.append((asset, direction, mean.n, mean.estimate, *bounds, mean.p))
    names = ["asset", "direction", "episodes", "mean", "low", "high", "low_inner", "high_inner"]
    frame = pd.DataFrame(rows, columns=[*names, "p"])
    return frame.assign(
        holm=holm(frame["p"].where(frame["asset"].isin(choices.cross_asset.tickers)))
    )


def correlation_changes(panel: Panel) -> pd.DataFrame:
    """Compare each asset's correlation with the core portfolio after easing news and before.

    Returns
    -------
    DataFrame
        ``asset``, ``whole`` (correlation since all core firms are listed), ``before``, ``after``
        (means over episodes, back from Fisher's z), ``change`` in z with ``low``, ``high``, ``p``
        of t(K-1), ``placebo_p`` (rotated calendars), ``episodes``, ``holm`` over the assets.
    """
    choices, common, rows = panel.snapshot.choices, panel.common, []
    relief = list_policy(choices, -1)[0]
    window, core = choices.cross_asset.window, common[list(choices.firms.core)].mean(axis=1)
    for asset in choices.cross_asset.tickers:
        z = np.arctanh(panel.returns[asset].rolling(window).corr(panel.core))
        sides = pd.DataFrame({"before": z.shift(1), "after": z.shift(-window)})
        change = sides["after"] - sides["before"]
        days = series_days(panel, change, relief)
        at = sides.loc[days["day0"]].groupby(days["episode"].to_numpy())
        mean, levels = mean_over(averaged(days)["car"]), np.tanh(at.mean().mean())
        row = {"asset": asset, "whole": common[asset].corr(core), **levels}
        low, high = mean.interval(choices.inference.level)
        row |= {"change": mean.estimate, "low": low, "high": high, "p": mean.p}
        placebo = rotate_days(change, days, 2 * window).p
        rows.append(row | {"placebo_p": placebo, "episodes": mean.n})
    frame = pd.DataFrame(rows)
    return frame.assign(holm=holm(frame["p"]))


def _move_numbers(panel: Panel, moves: pd.DataFrame, source: Provenance) -> list[Number]:
    choices, family = panel.snapshot.choices, moves["holm"].dropna()
    band, over = choices.cross_asset.steady, brackets(choices.windows.primary_bounds)
    inside = "mean move, either way, inside which an asset is steady"
    key, level, least = "cross.{key}.{direction}", choices.inference.level, float(family.min())
    smallest = "smallest Holm-adjusted p of the asset responses"
    together = "asset responses tested together"
    return [
        Number("cross.steady", band, "fraction", "percent1", inside, source),
        *numbers_of(_keyed(moves), MOVES, key, source, level=level, over=over),
        Number("cross.tests", len(family), "count", "integer", together, source),
        Number("cross.smallest_holm", least, "p-value", "pvalue", smallest, source),
    ]


def _group_verdicts(panel: Panel, easing: pd.DataFrame, source: Provenance) -> list[Verdict]:
    """Say how the groups move after easing: those held to be still by the band, others by sign."""
    choices, rules = panel.snapshot.choices, panel.snapshot.choices.cross_asset
    size, band = choices.inference.size, rules.steady
    relief = list_policy(choices, -1)[0]
    groups = easing.assign(
        group=easing["asset"].str.removesuffix(GROUP),
        way=_direction(easing, size),
        kept=_steady(easing, band, size),
    ).set_index("asset")
    still, others = (
        groups.loc[[f"{group}{GROUP}" for group in rules.groups if (group in rules.still) is held]]
        for held in (True, False)
    )
    key = "cross.{group}.{direction}"
    way = f"mean over the group's funds after {relief}, t across episodes, p below {size:g}"
    inside = f"{percent(_inner(panel))} interval of the mean inside the band: steady"
    steady, bounds = (
        f"{inside}; else p below {size:g}: moves",
        "{low_inner:+.4f} to {high_inner:+.4f}",
    )
    return [
        *verdicts_of(others, "way", key, way, "mean {mean:+.4f}, p {p:.3g}", source),
        *verdicts_of(still, "kept", key, steady, bounds, source),
    ]


def _direction(moves: pd.DataFrame, size: float) -> npt.NDArray[np.str_]:
    return judge_signs(moves["p"], moves["mean"], size, "rise", "fall", "within noise")


def _steady(moves: pd.DataFrame, band: float, size: float) -> npt.NDArray[np.str_]:
    inside = (moves["low_inner"] > -band) & (moves["high_inner"] < band)
    said = [NOT_TESTABLE, "steady", "moves"]
    return np.select([moves["p"].isna(), inside, moves["p"] < size], said, "undecided")


def _move_table(panel: Panel, moves: pd.DataFrame, source: Provenance) -> Table:
    """Assets down, directions across, those tested for an asset: the mean and its p."""
    tested = moves.groupby("direction")["p"].transform(lambda p: p.notna().any())
    shown = moves[tested].assign(head=moves["direction"].str.capitalize())
    wide, columns = spread(shown, ["asset"], "head", MOVES)
    counts = shown.drop_duplicates("direction")
    said = ", ".join(
        f"{d} {n}" for d, n in zip(counts["direction"], counts["episodes"], strict=True)
    )
    choices = panel.snapshot.choices
    over = brackets(choices.windows.primary_bounds)
    named = ", ".join(f"{t}: {name}" for t, name in choices.cross_asset.names.items())
    return table_of(
        "cross_asset",
        wide,
        [Column("asset", "Asset"), *columns],
        source,
        f"Mean raw return over {over}, t(K−1) over episodes ({said}), not "
        "adjusted." + (f" {named}." if named else ""),
    )
