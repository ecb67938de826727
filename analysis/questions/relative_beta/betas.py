"""Relative beta: of the firms to the market, to the sector and to one another."""

from __future__ import annotations

import itertools
from dataclasses import asdict

import pandas as pd
from scipy import stats

from analysis.estimators.beta.equality import equal_betas
from analysis.estimators.beta.relative import huber_beta, ols_beta, up_down_beta
from analysis.estimators.beta.rolling import ewm_beta, rolling_beta
from analysis.questions.requirements import TWO_FIRMS
from analysis.results import Figure, Findings, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, scalar_numbers, table_of
from analysis.results.formats import format_value, percent
from analysis.study.panel import Panel

__all__ = ["compute", "equality", "full_sample", "rolling"]

NEEDS = (TWO_FIRMS,)

PAIR = "beta of {firm} to {benchmark}"
BETAS = (
    Column("firm", "Firm"),
    Column("benchmark", "On"),
    Column("beta", "Beta", "decimal2", "beta", f"{PAIR}, OLS", "", "se_hac", "low", "high", n="n"),
    Column("se_hac", "HAC s.e.", "decimal2", "beta", f"HAC error of the {PAIR}", ".se"),
    Column("se_hc3", "HC3 s.e.", "decimal2"),
    Column("low", format="decimal2"),
    Column("high", format="decimal2"),
    Column("huber", "Huber", "decimal2", "beta", f"{PAIR}, Huber", ".huber"),
    Column("r2", "R²", "decimal2"),
    Column("n", format="integer"),
)
SHARED = (
    "Daily {returns} returns on the sessions that all {firms} core firms share. low and high: "
    "{level} interval from the HAC error."
)
DAYS = "beta of {ticker} to {market} on days when it"
SAME = "p of equal downside and upside beta of {ticker}"
SIDES = (
    Column("ticker", "Firm"),
    Column("down", "Down", "decimal2", "beta", f"{DAYS} fell", ".down", "se_down"),
    Column("se_down", "s.e.", "decimal2"),
    Column("up", "Up", "decimal2", "beta", f"{DAYS} rose", ".up", "se_up"),
    Column("se_up", "s.e.", "decimal2"),
    Column("difference", "Up − down", "decimal2"),
    Column("se_difference", "s.e.", "decimal2"),
    Column("p", "", "pvalue", "p-value", SAME, ".down_less_up.p"),
)
SIDED = (
    "Betas to {} on days when it fell and when it rose; HAC errors; p: two-sided, of equal betas."
)
WHAT = "equality of the core firms' market betas"
ROBUST = f"p of the F of {WHAT}, errors clustered by session"
EQUAL = (
    Column("f", "", "decimal1", "F statistic", f"F of the {WHAT}", ".f"),
    Column("p", "", "pvalue", "p-value", f"p of the exact F of {WHAT}", ".p"),
    Column("p_clustered", "", "pvalue", "p-value", ROBUST, ".p_robust"),
)
ROLLED = "of the rolling beta of {firm} to {market}"
RANGES = (
    Column("min", "", "decimal1", "beta", f"min {ROLLED}", ".rolling.min"),
    Column("max", "", "decimal1", "beta", f"max {ROLLED}", ".rolling.max"),
)


def compute(panel: Panel) -> Findings:
    """Estimate full-sample, two-sided and rolling betas and test their equality."""
    choices = panel.snapshot.choices
    market, level = choices.benchmark.market, choices.inference.level
    betas, sides, paths = full_sample(panel), two_sided(panel), rolling(panel)
    shared = Provenance.of(full_sample, "core firms, common sessions")
    own = Provenance.of(two_sided, "each firm since its listing")
    equal = Provenance.of(equality, "core firms, common sessions")
    rolled = Provenance.of(rolling, "core firms since listing, rolling windows")
    sessions = {"sessions": (int(betas["n"].max()), "sessions all core firms share")}
    firms = len(choices.firms.core)
    note = SHARED.format(returns=choices.returns, firms=firms, level=percent(level))
    ranges = paths.groupby("firm", sort=False)["beta"].agg(["min", "max"]).reset_index()
    return Findings(
        numbers=[
            *numbers_of(betas, BETAS, "beta.{firm}.{benchmark}", shared, level=level),
            *scalar_numbers("beta", sessions, shared, "sessions"),
            *numbers_of(sides, SIDES, "beta.{ticker}", own, market=market),
            *numbers_of(equality(panel), EQUAL, "beta.equal", equal),
            *numbers_of(ranges, RANGES, "beta.{firm}", rolled, market=market),
        ],
        tables=[
            table_of("betas", betas, BETAS, shared, note),
            table_of("two_sided_betas", sides, SIDES, own, SIDED.format(market)),
        ],
        figures=[_rolling_figure(panel, betas, paths, ranges), _side_figure(panel, sides, own)],
        verdicts=[_symmetry(panel, sides)],
    )


def full_sample(panel: Panel) -> pd.DataFrame:
    """Regress each core firm on each benchmark and on each other core firm, common sessions.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``beta``, ``se_hac``, ``se_hc3``, ``low``, ``high`` (from the HAC
        error), ``huber``, ``r2``, ``n``.
    """
    choices, returns = panel.snapshot.choices, panel.common
    pairs = [
        *itertools.product(choices.firms.core, choices.benchmark.funds),
        *itertools.permutations(choices.firms.core, 2),
    ]
    rows = []
    for firm, benchmark in pairs:
        fit = ols_beta(returns[firm], returns[benchmark], choices.beta.hac_lags)
        low, high = fit.interval("hac", choices.inference.level)
        huber = huber_beta(returns[firm], returns[benchmark]).beta
        errors = {"se_hac": fit.se_hac, "se_hc3": fit.se_hc3, "low": low, "high": high}
        row = {"firm": firm, "benchmark": benchmark, "beta": fit.beta, **errors}
        rows.append(row | {"huber": huber, "r2": fit.r2, "n": fit.n})
    return pd.DataFrame(rows)


def two_sided(panel: Panel) -> pd.DataFrame:
    """Estimate betas on days when the market fell and when it rose, since each firm's listing.

    Returns
    -------
    DataFrame
        ``ticker``, ``down``, ``se_down``, ``up``, ``se_up``, ``difference`` (up less down),
        ``se_difference``, ``p``; bounds ``low_down`` and so on, from the HAC errors.
    """
    choices, returns = panel.snapshot.choices, panel.returns
    market = returns[choices.benchmark.market]
    fits = {
        t: up_down_beta(returns[t], market, choices.beta.hac_lags) for t in choices.firms.studied
    }
    sides = pd.DataFrame([{"ticker": ticker} | asdict(fit) for ticker, fit in fits.items()])
    reach = stats.t.ppf((1 + choices.inference.level) / 2, sides["df"])
    for side in ("up", "down"):
        sides[f"low_{side}"] = sides[side] - reach * sides[f"se_{side}"]
        sides[f"high_{side}"] = sides[side] + reach * sides[f"se_{side}"]
    return sides


def equality(panel: Panel) -> pd.DataFrame:
    """Test that the core firms share one market beta: ``f``, ``p``, ``p_clustered``; one row."""
    choices, returns = panel.snapshot.choices, panel.common
    test = equal_betas(returns[list(choices.firms.core)], returns[choices.benchmark.market])
    return pd.DataFrame({"f": [test.f], "p": [test.p], "p_clustered": [test.p_clustered]})


def rolling(panel: Panel) -> pd.DataFrame:
    """Estimate each core firm's market beta over rolling windows and with exponential weights.

    Returns
    -------
    DataFrame
        ``session``, ``beta``, ``se``, ``low``, ``high``, ``ewm``, ``firm``.
    """
    choices, frames = panel.snapshot.choices, []
    for firm in choices.firms.core:
        pair = panel.returns[[firm, choices.benchmark.market]].dropna()
        own, market = pair[firm], pair[choices.benchmark.market]
        path = rolling_beta(own, market, choices.beta.rolling, choices.inference.level).dropna()
        weighted = ewm_beta(own, market, choices.beta.half_life)
        path["ewm"] = weighted.reindex(path.index)  # an empty frame would take all of its rows
        frames.append(path.rename_axis("session").reset_index().assign(firm=firm))
    return pd.concat(frames, ignore_index=True)


def _symmetry(panel: Panel, sides: pd.DataFrame) -> Verdict:
    """Say whether any core firm has different betas on rising and on falling days."""
    core = sides[sides["ticker"].isin(panel.snapshot.choices.firms.core)]
    size = panel.snapshot.choices.inference.size
    different = core.loc[core["p"] < size, "ticker"].tolist()
    said = "different" if different else "no difference"
    rule = f"p of equal downside and upside beta below {size:g} for a core firm"
    evidence = ", ".join(different) or f"smallest p {core['p'].min():.3g}"
    source = Provenance.of(two_sided, "core firms since listing")
    return Verdict("beta.sides", said, rule, evidence, source)


def _rolling_figure(
    panel: Panel, betas: pd.DataFrame, paths: pd.DataFrame, ranges: pd.DataFrame
) -> Figure:
    choices, marks = panel.snapshot.choices, _regime_marks(panel)
    full = betas[betas["benchmark"] == choices.benchmark.market][["firm", "beta"]]
    shown = ranges.set_index("firm").map(lambda beta: format_value(beta, "decimal1"))
    alt = (
        f"{len(choices.firms.core)} panels of the rolling {choices.beta.rolling}-session beta to "
        f"{choices.benchmark.market} with a shaded {percent(choices.inference.level)} interval, "
        f"the start of {len(marks)} policy regimes marked: "
        + ", ".join(f"{r.Index} between {r.min} and {r.max}" for r in shown.itertuples())
        + "."
    )
    data = {"paths": paths, "full": full, "regimes": marks}
    source = Provenance.of(rolling, "core firms since listing")
    return Figure("rolling_beta", "rolling_beta", data, alt, source)


def _regime_marks(panel: Panel) -> pd.DataFrame:
    """First session of each policy regime with its printed name."""
    regimes = panel.snapshot.choices.regimes
    starts = regimes.starts if regimes else {}
    names = [name.replace("_", " ").capitalize() for name in starts]
    days = pd.DatetimeIndex([r.day for r in starts.values()])
    return pd.DataFrame({"day": days, "label": names})


def _side_figure(panel: Panel, sides: pd.DataFrame, source: Provenance) -> Figure:
    choices, higher = panel.snapshot.choices, int((sides["down"] > sides["up"]).sum())
    betas = pd.concat(
        sides[["ticker", side, f"low_{side}", f"high_{side}"]]
        .set_axis(["ticker", "beta", "low", "high"], axis=1)
        .assign(side=side)
        for side in ("down", "up")
    )
    alt = (
        f"Dots with {percent(choices.inference.level)} intervals: beta to "
        f"{choices.benchmark.market} on falling and on rising days for {len(sides)} firms. "
        f"The downside beta is the larger one for {higher} of them."
    )
    drawn = {"level": choices.inference.level}
    return Figure("up_down_beta", "up_down_beta", {"betas": betas}, alt, source, drawn)
