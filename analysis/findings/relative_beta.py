"""Relative beta: of the firms to the market, to the sector and to one another."""

from __future__ import annotations

import itertools
from dataclasses import asdict

import pandas as pd
from scipy import stats

from analysis.estimators.beta import equal_betas, huber_beta, ols_beta, up_down_beta
from analysis.estimators.rolling import ewm_beta, rolling_beta
from analysis.findings.panel import Panel
from analysis.results import Figure, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import percent

__all__ = ["compute", "full_sample", "two_sided"]

HERE = "analysis.findings.relative_beta"
INPUTS = ("prices.csv", "universe.csv", "study.toml")


def compute(panel: Panel) -> Findings:
    """Estimate full-sample, two-sided and rolling betas and test their equality."""
    betas = full_sample(panel)
    sides = two_sided(panel)
    return Findings(
        numbers=[
            *_beta_numbers(panel, betas),
            *_side_numbers(panel, sides),
            *_equality(panel),
            *_ranges(panel),
        ],
        tables=[_beta_table(panel, betas), _side_table(panel, sides)],
        figures=[_rolling_figure(panel, betas), _side_figure(panel, sides)],
        verdicts=[_symmetry(panel, sides)],
    )


def _source(function: str, sample: str) -> Provenance:
    return Provenance(f"{HERE}.{function}", INPUTS, sample)


def _common(panel: Panel) -> pd.DataFrame:
    """Returns on the sessions that all core firms share."""
    return panel.returns.dropna(subset=list(panel.snapshot.study.firms.core))


def full_sample(panel: Panel) -> pd.DataFrame:
    """Regress each core firm on each benchmark and on each other core firm, common sessions.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``beta``, ``se_hac``, ``se_hc3``, ``low``, ``high`` (from the HAC
        error), ``huber``, ``r2``, ``n``.
    """
    study, returns = panel.snapshot.study, _common(panel)
    pairs = [
        *itertools.product(study.firms.core, study.benchmark.funds),
        *itertools.permutations(study.firms.core, 2),
    ]
    rows = []
    for firm, benchmark in pairs:
        fit = ols_beta(returns[firm], returns[benchmark], study.beta.hac_lags)
        low, high = fit.interval("hac", study.inference.level)
        rows.append(
            {
                "firm": firm,
                "benchmark": benchmark,
                "beta": fit.beta,
                "se_hac": fit.se_hac,
                "se_hc3": fit.se_hc3,
                "low": low,
                "high": high,
                "huber": huber_beta(returns[firm], returns[benchmark]).beta,
                "r2": fit.r2,
                "n": fit.n,
            }
        )
    return pd.DataFrame(rows)


def two_sided(panel: Panel) -> pd.DataFrame:
    """Estimate betas on days when the market fell and when it rose, since each firm's listing.

    Returns
    -------
    DataFrame
        ``ticker``, ``down``, ``se_down``, ``up``, ``se_up``, ``difference`` (up less down),
        ``se_difference``, ``p``; bounds ``low_down`` and so on, from the HAC errors.
    """
    study = panel.snapshot.study
    rows = []
    for ticker in study.firms.studied:
        fit = up_down_beta(
            panel.returns[ticker], panel.returns[study.benchmark.market], study.beta.hac_lags
        )
        rows.append({"ticker": ticker} | asdict(fit))
    sides = pd.DataFrame(rows)
    reach = stats.t.ppf((1 + study.inference.level) / 2, sides["df"])
    for side in ("up", "down"):
        sides[f"low_{side}"] = sides[side] - reach * sides[f"se_{side}"]
        sides[f"high_{side}"] = sides[side] + reach * sides[f"se_{side}"]
    return sides


def _equality(panel: Panel) -> list[Number]:
    """Test that the core firms share one market beta."""
    study, returns = panel.snapshot.study, _common(panel)
    test = equal_betas(returns[list(study.firms.core)], returns[study.benchmark.market])
    source = _source("compute", "core firms, common sessions")
    what = "equality of the core firms' market betas"
    return [
        Number("beta.equal.f", test.f, "F statistic", "decimal1", f"F of the {what}", source),
        Number("beta.equal.p", test.p, "p-value", "pvalue", f"p of the exact F of {what}", source),
        Number("beta.equal.p_robust", test.p_clustered, "p-value", "pvalue",
               f"p of the F of {what}, errors clustered by session", source),
    ]  # fmt: skip


def _beta_numbers(panel: Panel, betas: pd.DataFrame) -> list[Number]:
    level = panel.snapshot.study.inference.level
    source = _source("full_sample", "core firms, common sessions")
    numbers = []
    for row in betas.to_dict("records"):
        key = f"beta.{row['firm']}.{row['benchmark']}".lower()
        what = f"beta of {row['firm']} to {row['benchmark']}"
        numbers += [
            Number(key, row["beta"], "beta", "decimal2", f"{what}, OLS", source, se=row["se_hac"],
                   low=row["low"], high=row["high"], level=level, n=row["n"]),
            Number(f"{key}.se", row["se_hac"], "beta", "decimal2", f"HAC error of the {what}",
                   source),
            Number(f"{key}.huber", row["huber"], "beta", "decimal2", f"{what}, Huber", source),
        ]  # fmt: skip
    sessions = int(betas["n"].max())
    numbers.append(
        Number(
            "beta.sessions",
            sessions,
            "sessions",
            "integer",
            "sessions all core firms share",
            source,
        )
    )
    return numbers


def _symmetry(panel: Panel, sides: pd.DataFrame) -> Verdict:
    """Say whether any core firm has different betas on rising and on falling days."""
    core = sides[sides["ticker"].isin(panel.snapshot.study.firms.core)]
    size = panel.snapshot.study.inference.size
    different = core.loc[core["p"] < size, "ticker"].tolist()
    return Verdict(
        "beta.sides",
        "different" if different else "no difference",
        f"p of equal downside and upside beta below {size:g} for a core firm",
        ", ".join(different) or f"smallest p {core['p'].min():.3g}",
        _source("two_sided", "core firms since listing"),
    )


def _side_numbers(panel: Panel, sides: pd.DataFrame) -> list[Number]:
    market = panel.snapshot.study.benchmark.market
    source = _source("two_sided", "each firm since its listing")
    numbers = []
    for row in sides.to_dict("records"):
        key, who = f"beta.{row['ticker']}".lower(), row["ticker"]
        numbers += [
            Number(f"{key}.down", row["down"], "beta", "decimal2",
                   f"beta of {who} to {market} on days when it fell", source, se=row["se_down"]),
            Number(f"{key}.up", row["up"], "beta", "decimal2",
                   f"beta of {who} to {market} on days when it rose", source, se=row["se_up"]),
            Number(f"{key}.down_less_up.p", row["p"], "p-value", "pvalue",
                   f"p of equal downside and upside beta of {who}", source),
        ]  # fmt: skip
    return numbers


def _beta_table(panel: Panel, betas: pd.DataFrame) -> Table:
    study = panel.snapshot.study
    numbers = ["beta", "se_hac", "se_hc3", "low", "high", "huber", "r2"]
    return Table(
        "betas",
        betas,
        dict.fromkeys(numbers, "decimal2") | {"n": "integer"},  # type: ignore[arg-type]
        {
            "firm": "Firm",
            "benchmark": "On",
            "beta": "Beta",
            "se_hac": "HAC s.e.",
            "se_hc3": "HC3 s.e.",
            "low": "low",
            "high": "high",
            "huber": "Huber",
            "r2": "R²",
            "n": "n",
        },
        _source("full_sample", "core firms, common sessions"),
        f"Daily {study.returns} returns on the sessions that all {len(study.firms.core)} core "
        f"firms share. low and high: {percent(study.inference.level)} interval from the HAC error.",
    )


def _side_table(panel: Panel, sides: pd.DataFrame) -> Table:
    columns = ["ticker", "down", "se_down", "up", "se_up", "difference", "se_difference", "p"]
    return Table(
        "two_sided_betas",
        sides[columns],
        dict.fromkeys(columns[1:7], "decimal2") | {"p": "pvalue"},  # type: ignore[arg-type]
        {
            "ticker": "Firm",
            "down": "Down",
            "se_down": "s.e.",
            "up": "Up",
            "se_up": "s.e. ",
            "difference": "Up − down",
            "se_difference": "s.e.  ",
        },
        _source("two_sided", "each firm since its listing"),
        f"Betas to {panel.snapshot.study.benchmark.market} on days when it fell and when it rose; "
        "HAC errors; p: two-sided, of equal betas.",
    )


def _rolling(panel: Panel) -> pd.DataFrame:
    study = panel.snapshot.study
    frames = []
    for firm in study.firms.core:
        pair = panel.returns[[firm, study.benchmark.market]].dropna()
        own, market = pair[firm], pair[study.benchmark.market]
        path = rolling_beta(own, market, study.beta.rolling, study.inference.level).dropna()
        path["ewm"] = ewm_beta(own, market, study.beta.half_life)
        frames.append(path.rename_axis("session").reset_index().assign(firm=firm))
    return pd.concat(frames, ignore_index=True)


def _ranges(panel: Panel) -> list[Number]:
    """How far the rolling beta of each firm wanders."""
    source = _source("compute", "core firms since listing, rolling windows")
    market = panel.snapshot.study.benchmark.market
    paths = _rolling(panel).groupby("firm")["beta"]
    return [
        Number(f"beta.{str(firm).lower()}.rolling.{name}", float(value), "beta", "decimal1",
               f"{name} of the rolling beta of {firm} to {market}", source)
        for name in ("min", "max")
        for firm, value in paths.agg(name).items()
    ]  # fmt: skip


def _rolling_figure(panel: Panel, betas: pd.DataFrame) -> Figure:
    study, paths, marks = panel.snapshot.study, _rolling(panel), _regime_marks(panel)
    full = betas[betas["benchmark"] == study.benchmark.market][["firm", "beta"]]
    ends = paths.groupby("firm", sort=False)["beta"].agg(["min", "max"])
    spans = [f"{f} between {r['min']:.1f} and {r['max']:.1f}" for f, r in ends.iterrows()]
    alt = (
        (
            f"{len(study.firms.core)} panels of the rolling "
            f"{study.beta.rolling}-session beta to {study.benchmark.market} with a "
            f"shaded {percent(study.inference.level)} interval, the start of "
            f"{len(marks)} policy regimes marked: " + ", ".join(spans) + "."
        )
        .replace("-0", "\u22120")
        .replace(" -", " \u2212")
    )
    source = _source("compute", "core firms since listing")
    data = {"paths": paths, "full": full, "regimes": marks}
    return Figure("rolling_beta", "rolling_beta", data, alt, source)


def _regime_marks(panel: Panel) -> pd.DataFrame:
    """First session of each policy regime with its printed name."""
    regimes = panel.snapshot.study.regimes
    starts = regimes.starts if regimes else {}
    names = [name.replace("_", " ").capitalize() for name in starts]
    days = pd.DatetimeIndex([r.day for r in starts.values()])
    return pd.DataFrame({"day": days, "label": names})


def _side_figure(panel: Panel, sides: pd.DataFrame) -> Figure:
    frames = [
        sides.rename(columns={side: "beta", f"low_{side}": "low", f"high_{side}": "high"})[
            ["ticker", "beta", "low", "high"]
        ].assign(side=side)
        for side in ("down", "up")
    ]
    study, higher = panel.snapshot.study, int((sides["down"] > sides["up"]).sum())
    alt = (
        f"Dots with {percent(study.inference.level)} intervals: beta to {study.benchmark.market} "
        f"on falling and on rising days for {len(sides)} firms. The downside beta is the larger "
        f"one for {higher} of them."
    )
    source = _source("two_sided", "each firm since its listing")
    data, choices = {"betas": pd.concat(frames)}, {"level": study.inference.level}
    return Figure("up_down_beta", "up_down_beta", data, alt, source, choices)
