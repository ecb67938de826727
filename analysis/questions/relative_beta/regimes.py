"""Betas before and after each policy regime began, and breaks of unknown date.

Decision rules, fixed before any number was computed:

``regime.breaks``
    Differences of the core firms' market betas between the sessions after and before each start:
    "some" if one has a Holm-adjusted p below the size of the tests, else "none".
``break.FIRM``
    Sup-Wald test of the firm's market beta, since all core firms are listed: "break" with a p
    below the size, else "no break".
``break.any``
    The same over the core firms after Holm's adjustment: "found" or "not found".
``break.near_regime``
    "yes" if the date of a significant break lies within 10 sessions of a start, "no" if none does,
    "no break" if there is no significant break.
``break.sector``
    Betas to the sector funds and to the firms held against, Holm's adjustment over the firms of one
    benchmark: "some" or "none". Added after the first run, to describe what it showed; no test of
    a claim.
``break.no_events``
    ``break.any`` on sessions outside every event window. Added after the first run as well.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.beta.breaks import sup_wald
from analysis.estimators.beta.relative import ols_beta
from analysis.estimators.multiplicity import holm
from analysis.questions.requirements import PLAYS, TWO_FIRMS, need_section
from analysis.results import Dataset, Findings, Number, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, scalar_numbers, table_of, verdicts_of
from analysis.results.formats import listed
from analysis.study.families import any_adjusted
from analysis.study.panel import Panel, event_sessions

__all__ = ["breaks", "compute", "regime_betas", "regime_differences"]

NEEDS = (need_section("regimes"), TWO_FIRMS, PLAYS)

AT_STARTS = "core firms, sessions on both sides of each start"
NEAR = 10  # sessions between an estimated break and a start that count as close

AROUND = "market beta of {firm} around {start:%Y-%m-%d}"
BESIDE = ("low", "high", "p", "n")
CHANGE = f"{AROUND}, after less before"
CHANGES = (
    Column("start", "Regime from", "date"),
    Column("firm", "Firm"),
    Column("before", "Before", "decimal2"),
    Column("after", "After", "decimal2"),
    Column("difference", "Change", "decimal2", "beta", CHANGE, ".difference", "se", *BESIDE),
    Column("se", "s.e.", "decimal2"),
    Column("p", "", "pvalue", "p-value", f"p of no change, {AROUND}", ".p"),
    Column("holm", "Holm", "pvalue"),
)
CHANGED = (
    "Market betas over the sessions on each side of the start, at most as many as the study "
    "compares; HC3 errors. Holm: adjusted over the rows with a p. A dash: too few sessions on a "
    "side."
)
WHO = "market beta of {firm}"
LARGEST = f"date of the largest Wald statistic of the {WHO}"
WALD = f"sup-Wald statistic of the {WHO}"
BREAKS = (
    Column("firm", "Firm"),
    Column("benchmark", "On"),
    Column("statistic", "sup-Wald", "decimal1", "Wald statistic", WALD, ".statistic", p="p", n="n"),
    Column("first", "At", "date", "date", LARGEST, ".first"),
    Column("before", "Before", "decimal2", "beta", f"{WHO} before", ".before"),
    Column("after", "After", "decimal2", "beta", f"{WHO} after", ".after"),
    Column("p", "", "pvalue", "p-value", f"sup-Wald p of the {WHO}", ".p"),
    Column("holm", "Holm", "pvalue"),
)
BROKEN = (
    "Largest robust Wald statistic of equal slopes over all admissible dates; p from a wild "
    "bootstrap; Holm: over the firms of one benchmark."
)
QUIET = f"sup-Wald p of the {WHO}, without event days"
SILENT = (Column("p", "", "pvalue", "p-value", QUIET, ".no_events.p", n="n"),)


def compute(panel: Panel) -> Findings:
    """Compare betas across the regimes and look for breaks without being told where."""
    changes, found, levels = regime_differences(panel), breaks(panel), regime_betas(panel)
    market = panel.snapshot.choices.benchmark.market
    quiet = breaks(panel, [p for p in _pairs(panel) if p[1] == market], event_sessions(panel))
    changed = Provenance.of(regime_differences, AT_STARTS)
    broken = Provenance.of(breaks, "core firms, common sessions")
    each = Provenance.of(regime_betas, "core firms, each regime")
    on_market, at = (f[f["benchmark"] == market] for f in (changes, found))
    by_start = on_market.sort_values(["start", "firm"])
    return Findings(
        numbers=[
            *_choices(panel, changed),
            *_change_numbers(panel, on_market, changed),
            *numbers_of(at, BREAKS, "break.{firm}", broken),
            *numbers_of(quiet, SILENT, "break.{firm}", broken),
        ],
        tables=[
            table_of("regime_betas", by_start, CHANGES, changed, CHANGED),
            table_of("beta_breaks", found, BREAKS, broken, BROKEN),
        ],
        verdicts=_verdicts(panel, on_market, found, quiet, (changed, broken)),
        datasets=[
            Dataset("regime_differences", changes, changed),
            Dataset("regime_betas", levels, each),
            Dataset("beta_breaks", found, broken),
            Dataset("beta_breaks_no_events", quiet, broken),
        ],
    )


def _pairs(panel: Panel) -> list[tuple[str, str]]:
    """Core firms with every benchmark, and the exposed ones with those they are held against."""
    choices = panel.snapshot.choices
    pairs = [(firm, fund) for fund in choices.benchmark.funds for firm in choices.firms.core]
    exposed, others = (choices.baskets[name] for name in choices.exposure.held)
    return pairs + [(firm, other) for other in others for firm in exposed]


def regime_differences(panel: Panel) -> pd.DataFrame:
    """Compare the slope over the sessions after each start with that over the sessions before.

    Day 0 belongs to the new regime. The windows may reach into a neighbouring regime where starts
    are close. Errors are HC3 on both sides, degrees of freedom n - 4.

    Returns
    -------
    DataFrame
        ``regime``, ``start``, ``firm``, ``benchmark``, ``n_before``, ``before``, ``n_after``,
        ``after``, ``difference``, ``se``, ``low``, ``high``, ``p``, ``holm`` (over firms and
        starts of one benchmark); missing where a side has fewer sessions than the study's minimum.
    """
    rules, rows = panel.snapshot.choices.regimes, []
    for firm, benchmark in _pairs(panel):
        pair = panel.returns[[firm, benchmark]].dropna()
        for name, regime in rules.starts.items():
            start = pd.Timestamp(regime.day)
            at = int(pair.index.searchsorted(start))
            sides = (pair.iloc[max(0, at - rules.window) : at], pair.iloc[at : at + rules.window])
            row = {"regime": name, "start": start, "firm": firm, "benchmark": benchmark}
            row |= {"n_before": len(sides[0]), "n_after": len(sides[1])}
            rows.append(row | _difference(panel, sides))
    frame = pd.DataFrame(rows)
    frame["holm"] = frame.groupby("benchmark")["p"].transform(holm)
    return frame


def _difference(panel: Panel, sides: tuple[pd.DataFrame, pd.DataFrame]) -> dict[str, float]:
    choices = panel.snapshot.choices
    names = ("before", "after", "difference", "se", "low", "high", "p")
    if min(len(side) for side in sides) < choices.regimes.minimum:
        return dict.fromkeys(names, np.nan)
    before, after = (
        ols_beta(side.iloc[:, 0], side.iloc[:, 1], choices.beta.hac_lags) for side in sides
    )
    difference = after.beta - before.beta
    se = float(np.hypot(before.se_hc3, after.se_hc3))
    df = before.df + after.df
    reach = float(stats.t.ppf((1 + choices.inference.level) / 2, df)) * se
    p = 2 * float(stats.t.sf(abs(difference / se), df))
    values = (before.beta, after.beta, difference, se, difference - reach, difference + reach, p)
    return dict(zip(names, values, strict=True))


def regime_betas(panel: Panel) -> pd.DataFrame:
    """Estimate the slope within each regime, from its start to the next.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``regime`` ("before" is the time up to the first start), ``beta``,
        ``se_hc3``, ``n``; regimes with fewer sessions than ten are left out.
    """
    choices, rows = panel.snapshot.choices, []
    days, names = _starts(panel), np.array(["before", *choices.regimes.starts])
    for firm, benchmark in _pairs(panel):
        pair = panel.returns[[firm, benchmark]].dropna()
        own = names[days.searchsorted(pair.index, side="right")]
        for name, part in pair.groupby(own, sort=False):
            if len(part) >= 10:
                fit = ols_beta(part[firm], part[benchmark], choices.beta.hac_lags)
                rows.append((firm, benchmark, name, fit.beta, fit.se_hc3, fit.n))
    return pd.DataFrame(rows, columns=["firm", "benchmark", "regime", "beta", "se_hc3", "n"])


def _starts(panel: Panel) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([r.day for r in panel.snapshot.choices.regimes.starts.values()])


def breaks(
    panel: Panel,
    pairs: list[tuple[str, str]] | None = None,
    without: pd.DatetimeIndex | None = None,
) -> pd.DataFrame:
    """Run the sup-Wald test on the sessions that all core firms share.

    Parameters
    ----------
    pairs : list of (firm, benchmark), optional
        All of them if left out.
    without : DatetimeIndex, optional
        Sessions that are left out.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``statistic``, ``first`` (first session of the later part),
        ``before``, ``after``, ``p``, ``p_min``, ``holm`` (over the firms of one benchmark), ``n``.
    """
    choices = panel.snapshot.choices
    returns = panel.common
    if without is not None:
        returns = returns[~returns.index.isin(without)]
    rng, rows = np.random.default_rng(choices.inference.seed), []
    trim, draws = choices.regimes.trim, choices.regimes.draws
    for firm, benchmark in pairs or _pairs(panel):
        test = sup_wald(returns[firm], returns[benchmark], trim=trim, draws=draws, rng=rng)
        rows.append({"firm": firm, "benchmark": benchmark} | vars(test))
    frame = pd.DataFrame(rows).drop(columns="path")
    frame.insert(8, "holm", frame.groupby("benchmark")["p"].transform(holm))
    return frame


def _choices(panel: Panel, source: Provenance) -> list[Number]:
    """Name the study's choices that the text speaks of."""
    rules = panel.snapshot.choices.regimes
    window, trim = "sessions compared on each side of a regime start", rules.trim
    clear = "share of the sample that a break keeps clear of each end"
    return [
        Number("regime.window", rules.window, "sessions", "integer", window, source),
        Number("break.trim", trim, "fraction", "percent0", clear, source),
        *scalar_numbers("regime", {"starts": (len(rules.starts), "regime starts")}, source),
        *scalar_numbers(
            "break", {"draws": (rules.draws, "bootstrap draws of the break test")}, source
        ),
    ]


def _change_numbers(panel: Panel, changes: pd.DataFrame, source: Provenance) -> list[Number]:
    inference, known = panel.snapshot.choices.inference, changes.dropna(subset=["p"])
    nominal, smallest = int((known["p"] < inference.size).sum()), float(known["holm"].min())
    counts: dict[str, tuple[float | int | str, str]] = {
        "comparisons": (len(known), "market-beta comparisons across regime starts"),
        "not_estimable": (len(changes) - len(known), "comparisons with too few sessions on a side"),
        "nominal": (nominal, f"comparisons with an unadjusted p below {inference.size:g}"),
    }
    adjusted = {"smallest_holm": (smallest, "smallest Holm-adjusted p of the comparisons")}
    key, counted = "regime.{regime}.{firm}", known.assign(n=known["n_before"] + known["n_after"])
    return [
        *numbers_of(counted, CHANGES, key, source, level=inference.level),
        *scalar_numbers("regime", counts, source),
        *scalar_numbers("regime", adjusted, source, "p-value", "pvalue"),
    ]


def _verdicts(
    panel: Panel,
    changes: pd.DataFrame,
    found: pd.DataFrame,
    quiet: pd.DataFrame,
    sources: tuple[Provenance, Provenance],
) -> list[Verdict]:
    choices, (changed, broken) = panel.snapshot.choices, sources
    size, benchmark = choices.inference.size, choices.benchmark
    market = found[found["benchmark"] == benchmark.market]
    rest = found[~found["benchmark"].isin([benchmark.market, benchmark.small_caps])]
    own = market.assign(verdict=np.where(market["p"] < size, "break", "no break"))
    start = "Holm-adjusted p below {size} for a core firm's market beta at a regime start"
    single, late = f"sup-Wald p below {size:g}", "Holm-adjusted sup-Wald p below {size} for a"
    any_firm = (("found", "not found"), f"{late} core firm's market beta", broken)
    other = (
        f"{late} beta to the sector funds or to {listed(choices.baskets[choices.exposure.held[1]])}"
    )
    some = ("some", "none")
    return [
        any_adjusted(panel, "regime.breaks", changes["holm"], some, start, changed, counted=True),
        *verdicts_of(
            own, "verdict", "break.{firm}", single, "p {p:.3g} at {first:%Y-%m-%d}", broken
        ),
        any_adjusted(panel, "break.any", market["holm"], *any_firm),
        _near(panel, market, broken),
        any_adjusted(panel, "break.sector", rest["holm"], some, other, broken),
        any_adjusted(panel, "break.no_events", quiet["holm"], *any_firm),
    ]


def _near(panel: Panel, found: pd.DataFrame, source: Provenance) -> Verdict:
    """Say whether a significant break lies close to a start."""
    sessions, choices = panel.snapshot.sessions, panel.snapshot.choices
    significant = found.loc[found["p"] < choices.inference.size, "first"]
    dated = sessions.get_indexer(pd.DatetimeIndex(significant))
    places = sessions.get_indexer(_starts(panel))
    gaps = np.abs(dated[:, None] - places)
    said = "no break" if not dated.size else "yes" if (gaps <= NEAR).any() else "no"
    rule = f"a significant break within {NEAR} sessions of a regime start"
    evidence = f"{dated.size} breaks, nearest {gaps.min() if dated.size else 'none'}"
    return Verdict("break.near_regime", said, rule, evidence, source)
