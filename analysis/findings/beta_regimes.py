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
    Betas to the sector funds and to the producer, Holm's adjustment over the firms of one
    benchmark: "some" or "none". Added after the first run, to describe what it showed; no test of
    a claim.
``break.no_events``
    ``break.any`` on sessions outside every event window. Added after the first run as well.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.estimators.beta import ols_beta
from analysis.estimators.breaks import sup_wald
from analysis.findings.beta_methods import quiet_sessions
from analysis.findings.panel import Panel
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import listed

__all__ = ["breaks", "compute", "regime_betas", "regime_differences"]

HERE = "analysis.findings.beta_regimes"
INPUTS = ("prices.csv", "universe.csv", "events.csv", "study.toml")
NEAR = 10  # sessions between an estimated break and a start that count as close


def compute(panel: Panel) -> Findings:
    """Compare betas across the regimes and look for breaks without being told where."""
    changes, found, levels = regime_differences(panel), breaks(panel), regime_betas(panel)
    sources = {
        name: Provenance(f"{HERE}.{name}", INPUTS, sample)
        for name, sample in (
            ("regime_differences", "core firms, sessions on both sides of each start"),
            ("breaks", "core firms, common sessions"),
            ("regime_betas", "core firms, each regime"),
        )
    }
    market = panel.snapshot.study.benchmark.market
    quiet = breaks(panel, [p for p in _pairs(panel) if p[1] == market], quiet_sessions(panel))
    on_market = changes[changes["benchmark"] == market]
    return Findings(
        numbers=[
            *_choices(panel, sources["regime_differences"]),
            *_change_numbers(panel, on_market, sources["regime_differences"]),
            *_break_numbers(found[found["benchmark"] == market], sources["breaks"]),
            *_quiet_numbers(quiet, sources["breaks"]),
        ],
        tables=[
            _change_table(on_market, sources["regime_differences"]),
            _break_table(found, sources["breaks"]),
        ],
        verdicts=[
            _known_dates(panel, on_market, sources["regime_differences"]),
            *_unknown_dates(panel, found[found["benchmark"] == market], sources["breaks"]),
            _sector(panel, found, sources["breaks"]),
            _any_break(panel, "break.no_events", quiet, sources["breaks"]),
        ],
        datasets=[
            Dataset("regime_differences", changes, sources["regime_differences"]),
            Dataset("regime_betas", levels, sources["regime_betas"]),
            Dataset("beta_breaks", found, sources["breaks"]),
            Dataset("beta_breaks_no_events", quiet, sources["breaks"]),
        ],
    )


def _pairs(panel: Panel) -> list[tuple[str, str]]:
    """Core firms with every benchmark, and the pure plays with the producer."""
    study = panel.snapshot.study
    pairs = [(firm, fund) for fund in study.benchmark.funds for firm in study.firms.core]
    pure, producer = study.baskets["heavy_exposed"], study.baskets["producer"]
    return pairs + [(firm, other) for other in producer for firm in pure]


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
    rules = panel.snapshot.study.regimes
    rows = []
    for firm, benchmark in _pairs(panel):
        pair = panel.returns[[firm, benchmark]].dropna()
        for name, regime in rules.starts.items():
            at = int(pair.index.searchsorted(pd.Timestamp(regime.day)))
            sides = (pair.iloc[max(0, at - rules.window) : at], pair.iloc[at : at + rules.window])
            start = pd.Timestamp(regime.day)
            row = {"regime": name, "start": start, "firm": firm, "benchmark": benchmark}
            row |= {"n_before": len(sides[0]), "n_after": len(sides[1])}
            rows.append(row | _difference(panel, sides))
    frame = pd.DataFrame(rows)
    frame["holm"] = frame.groupby("benchmark")["p"].transform(_holm)
    return frame


def _difference(panel: Panel, sides: tuple[pd.DataFrame, pd.DataFrame]) -> dict[str, float]:
    study = panel.snapshot.study
    names = ("before", "after", "difference", "se", "low", "high", "p")
    if min(len(side) for side in sides) < study.regimes.minimum:
        return dict.fromkeys(names, np.nan)
    before, after = (
        ols_beta(side.iloc[:, 0], side.iloc[:, 1], study.beta.hac_lags) for side in sides
    )
    difference = after.beta - before.beta
    se = float(np.hypot(before.se_hc3, after.se_hc3))
    df = before.df + after.df
    reach = float(stats.t.ppf((1 + study.inference.level) / 2, df)) * se
    p = 2 * float(stats.t.sf(abs(difference / se), df))
    values = (before.beta, after.beta, difference, se, difference - reach, difference + reach, p)
    return dict(zip(names, values, strict=True))


def _holm(p: pd.Series) -> pd.Series:
    adjusted = pd.Series(np.nan, p.index)
    known = p.dropna()
    if not known.empty:
        adjusted[known.index] = multipletests(known, method="holm")[1]
    return adjusted


def regime_betas(panel: Panel) -> pd.DataFrame:
    """Estimate the slope within each regime, from its start to the next.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``regime`` ("before" is the time up to the first start), ``beta``,
        ``se_hc3``, ``n``; regimes with fewer sessions than ten are left out.
    """
    study = panel.snapshot.study
    days = [pd.Timestamp(r.day) for r in study.regimes.starts.values()]
    names = ["before", *study.regimes.starts]
    rows = []
    for firm, benchmark in _pairs(panel):
        pair = panel.returns[[firm, benchmark]].dropna()
        number = pd.DatetimeIndex(days).searchsorted(pair.index, side="right")
        for place, name in enumerate(names):
            part = pair[number == place]
            if len(part) < 10:
                continue
            fit = ols_beta(part[firm], part[benchmark], study.beta.hac_lags)
            row = {"firm": firm, "benchmark": benchmark, "regime": name}
            rows.append(row | {"beta": fit.beta, "se_hc3": fit.se_hc3, "n": fit.n})
    return pd.DataFrame(rows)


def breaks(
    panel: Panel,
    pairs: list[tuple[str, str]] | None = None,
    sessions: pd.DatetimeIndex | None = None,
) -> pd.DataFrame:
    """Run the sup-Wald test on the sessions that all core firms share.

    Parameters
    ----------
    pairs : list of (firm, benchmark), optional
        All of them if left out.
    sessions : DatetimeIndex, optional
        Restricts the sessions further.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``statistic``, ``first`` (first session of the later part),
        ``before``, ``after``, ``p``, ``p_min``, ``holm`` (over the firms of one benchmark), ``n``.
    """
    study = panel.snapshot.study
    returns = panel.returns.dropna(subset=list(study.firms.core))
    if sessions is not None:
        returns = returns[returns.index.isin(sessions)]
    rng = np.random.default_rng(study.inference.seed)
    rows = []
    for firm, benchmark in pairs or _pairs(panel):
        test = sup_wald(
            returns[firm],
            returns[benchmark],
            trim=study.regimes.trim,
            draws=study.regimes.draws,
            rng=rng,
        )
        rows.append(
            {
                "firm": firm,
                "benchmark": benchmark,
                "statistic": test.statistic,
                "first": test.first,
                "before": test.before,
                "after": test.after,
                "p": test.p,
                "p_min": test.p_min,
                "n": test.n,
            }
        )
    frame = pd.DataFrame(rows)
    frame.insert(8, "holm", frame.groupby("benchmark")["p"].transform(_holm))
    return frame


def _choices(panel: Panel, source: Provenance) -> list[Number]:
    """Name the study's choices that the text speaks of."""
    rules = panel.snapshot.study.regimes
    return [
        Number("regime.window", rules.window, "sessions", "integer",
               "sessions compared on each side of a regime start", source),
        Number("regime.starts", len(rules.starts), "count", "integer", "regime starts", source),
        Number("break.trim", rules.trim, "fraction", "percent0",
               "share of the sample that a break keeps clear of each end", source),
        Number("break.draws", rules.draws, "count", "integer",
               "bootstrap draws of the break test", source),
    ]  # fmt: skip


def _change_numbers(panel: Panel, changes: pd.DataFrame, source: Provenance) -> list[Number]:
    inference, numbers = panel.snapshot.study.inference, []
    for row in changes.dropna(subset=["p"]).to_dict("records"):
        key = f"regime.{row['regime']}.{row['firm']}".lower()
        what = f"market beta of {row['firm']} around {row['start']:%Y-%m-%d}"
        numbers += [
            Number(f"{key}.difference", row["difference"], "beta", "decimal2",
                   f"{what}, after less before", source, se=row["se"], low=row["low"],
                   high=row["high"], level=inference.level, p=row["p"],
                   n=row["n_before"] + row["n_after"]),
            Number(f"{key}.p", row["p"], "p-value", "pvalue", f"p of no change, {what}", source),
        ]  # fmt: skip
    known = changes.dropna(subset=["p"])
    return [
        *numbers,
        Number("regime.comparisons", len(known), "count", "integer",
               "market-beta comparisons across regime starts", source),
        Number("regime.not_estimable", len(changes) - len(known), "count", "integer",
               "comparisons with too few sessions on a side", source),
        Number("regime.nominal", int((known["p"] < inference.size).sum()), "count", "integer",
               f"comparisons with an unadjusted p below {inference.size:g}", source),
        Number("regime.smallest_holm", float(known["holm"].min()), "p-value", "pvalue",
               "smallest Holm-adjusted p of the comparisons", source),
    ]  # fmt: skip


def _break_numbers(found: pd.DataFrame, source: Provenance) -> list[Number]:
    numbers = []
    for row in found.to_dict("records"):
        key, who = f"break.{row['firm']}".lower(), f"market beta of {row['firm']}"
        numbers += [
            Number(f"{key}.statistic", row["statistic"], "Wald statistic", "decimal1",
                   f"sup-Wald statistic of the {who}", source, p=row["p"], n=row["n"]),
            Number(f"{key}.p", row["p"], "p-value", "pvalue", f"sup-Wald p of the {who}", source),
            Number(f"{key}.first", f"{row['first']:%Y-%m-%d}", "date", "date",
                   f"date of the largest Wald statistic of the {who}", source),
            Number(f"{key}.before", row["before"], "beta", "decimal2", f"{who} before", source),
            Number(f"{key}.after", row["after"], "beta", "decimal2", f"{who} after", source),
        ]  # fmt: skip
    return numbers


def _known_dates(panel: Panel, changes: pd.DataFrame, source: Provenance) -> Verdict:
    known, size = changes.dropna(subset=["p"]), panel.snapshot.study.inference.size
    return Verdict(
        "regime.breaks",
        "some" if (known["holm"] < size).any() else "none",
        f"Holm-adjusted p below {size:g} for a core firm's market beta at a regime start",
        f"smallest adjusted p {known['holm'].min():.3g} of {len(known)}",
        source,
    )


def _unknown_dates(panel: Panel, found: pd.DataFrame, source: Provenance) -> list[Verdict]:
    size = panel.snapshot.study.inference.size
    verdicts = [
        Verdict(
            f"break.{row['firm']}".lower(),
            "break" if row["p"] < size else "no break",
            f"sup-Wald p below {size:g}",
            f"p {row['p']:.3g} at {row['first']:%Y-%m-%d}",
            source,
        )
        for row in found.to_dict("records")
    ]
    sessions = panel.snapshot.sessions
    starts = [pd.Timestamp(r.day) for r in panel.snapshot.study.regimes.starts.values()]
    places = sessions.get_indexer(pd.DatetimeIndex(starts))
    dated = sessions.get_indexer(pd.DatetimeIndex(found.loc[found["p"] < size, "first"]))
    gaps = np.abs(dated[:, None] - places)
    near = "no break" if not dated.size else "yes" if (gaps <= NEAR).any() else "no"
    return [
        *verdicts,
        _any_break(panel, "break.any", found, source),
        Verdict("break.near_regime", near,
                f"a significant break within {NEAR} sessions of a regime start",
                f"{dated.size} breaks, nearest {gaps.min() if dated.size else 'none'}", source),
    ]  # fmt: skip


def _any_break(panel: Panel, key: str, found: pd.DataFrame, source: Provenance) -> Verdict:
    size = panel.snapshot.study.inference.size
    return Verdict(
        key,
        "found" if (found["holm"] < size).any() else "not found",
        f"Holm-adjusted sup-Wald p below {size:g} for a core firm's market beta",
        f"smallest adjusted p {found['holm'].min():.3g}",
        source,
    )


def _quiet_numbers(quiet: pd.DataFrame, source: Provenance) -> list[Number]:
    return [
        Number(f"break.{row['firm']}.no_events.p".lower(), row["p"], "p-value", "pvalue",
               f"sup-Wald p of the market beta of {row['firm']}, without event days", source,
               n=row["n"])
        for row in quiet.to_dict("records")
    ]  # fmt: skip


def _sector(panel: Panel, found: pd.DataFrame, source: Provenance) -> Verdict:
    study = panel.snapshot.study
    benchmark, size, producer = study.benchmark, study.inference.size, study.baskets["producer"]
    rest = found[~found["benchmark"].isin([benchmark.market, benchmark.small_caps])]
    return Verdict(
        "break.sector",
        "some" if (rest["holm"] < size).any() else "none",
        f"Holm-adjusted sup-Wald p below {size:g} for a beta to the sector funds or to "
        f"{listed(producer)}",
        f"smallest adjusted p {rest['holm'].min():.3g}",
        source,
    )


def _change_table(changes: pd.DataFrame, source: Provenance) -> Table:
    frame = changes.sort_values(["start", "firm"])[
        ["start", "firm", "before", "after", "difference", "se", "p", "holm"]
    ]
    return Table(
        "regime_betas",
        frame,
        dict.fromkeys(("before", "after", "difference", "se"), "decimal2")
        | {"start": "date", "p": "pvalue", "holm": "pvalue"},  # type: ignore[arg-type]
        {
            "start": "Regime from",
            "firm": "Firm",
            "before": "Before",
            "after": "After",
            "difference": "Change",
            "se": "s.e.",
            "holm": "Holm",
        },
        source,
        "Market betas over the sessions on each side of the start, at most as many as the study "
        "compares; HC3 errors. Holm: adjusted over the rows with a p. A dash: too few sessions on "
        "a side.",
    )


def _break_table(found: pd.DataFrame, source: Provenance) -> Table:
    columns = ["firm", "benchmark", "statistic", "first", "before", "after", "p", "holm"]
    return Table(
        "beta_breaks",
        found[columns],
        {
            "statistic": "decimal1",
            "first": "date",
            "before": "decimal2",
            "after": "decimal2",
            "p": "pvalue",
            "holm": "pvalue",
        },
        {
            "firm": "Firm",
            "benchmark": "On",
            "statistic": "sup-Wald",
            "first": "At",
            "before": "Before",
            "after": "After",
            "holm": "Holm",
        },
        source,
        "Largest robust Wald statistic of equal slopes over all admissible dates; p from a wild "
        "bootstrap; Holm: over the firms of one benchmark.",
    )
