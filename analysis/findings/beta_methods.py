"""How far "the pure plays have the higher beta" survives other methods, benchmarks and days.

Decision rules, fixed before any number was computed:

``beta.higher.FIRM``
    Sign of the firm's beta less the producer's over all benchmarks and methods: "higher in all",
    "lower in all", else "depends on the method".
``beta.higher.FIRM.reliable``
    How often that difference is positive with p below the size of the tests (HAC for least squares,
    else the error of the method): "always", "sometimes" or "never".
``beta.no_events``
    The rule of claim A6 on days outside every event window.
``beta.no_events.order``
    "unchanged" if the core firms' market betas have the same order without event days, else
    "changed".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.beta import (
    Slope,
    dimson_beta,
    equal_betas,
    ewm_beta,
    huber_beta,
    median_beta,
    ols_beta,
    rolling_beta,
    shrink_betas,
    up_down_beta,
)
from analysis.findings.panel import Panel
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import listed, words

__all__ = ["by_method", "compute", "differences", "equality", "quiet_sessions"]

HERE = "analysis.findings.beta_methods"
INPUTS = ("prices.csv", "universe.csv", "events.csv", "study.toml")
SAMPLE = "core firms, common sessions"
LABELS = {
    "ols": "Least squares",
    "no_events": "Without event days",
    "huber": "Huber",
    "median": "Median regression",
    "dimson": "Dimson",
    "ewm": "Exponential weights, last session",
    "recent": "Last estimation window",
    "shrunk": "The same, shrunk to the peers",
}
Estimator = Callable[[pd.Series, pd.Series], Slope]


def compute(panel: Panel) -> Findings:
    """Estimate every beta by every method and count how often the claim holds."""
    grid, gaps, equal = by_method(panel), differences(panel), equality(panel)
    methods = grid[grid["benchmark"] == panel.snapshot.study.benchmark.market]
    source = Provenance(f"{HERE}.by_method", INPUTS, SAMPLE)
    tested = Provenance(f"{HERE}.equality", INPUTS, SAMPLE)
    return Findings(
        numbers=[
            *_method_numbers(methods, source),
            *_gap_numbers(panel, gaps),
            *_equality_numbers(equal, tested),
        ],
        tables=[_method_table(panel, methods, source), _gap_table(panel, gaps)],
        verdicts=[*_gap_verdicts(panel, gaps), *_quiet_verdicts(panel, methods)],
        datasets=[
            Dataset("beta_methods", grid, source),
            Dataset("beta_equality", equal, tested),
            Dataset("beta_differences", gaps, Provenance(f"{HERE}.differences", INPUTS, SAMPLE)),
        ],
    )


def quiet_sessions(panel: Panel) -> pd.DatetimeIndex:
    """Sessions outside the primary window of every listed event, whatever its status."""
    sessions = panel.snapshot.sessions
    first, last = panel.snapshot.study.windows.primary_bounds
    places = sessions.get_indexer(pd.DatetimeIndex(panel.events["day0"].unique()))
    touched = (places[:, None] + np.arange(first, last + 1)).ravel()
    return sessions.delete(np.unique(touched[touched < len(sessions)]))


def _estimators(panel: Panel) -> dict[str, Estimator]:
    """Methods that serve a firm and a difference of firms alike."""
    rules, level = panel.snapshot.study.beta, panel.snapshot.study.inference.level
    quiet = quiet_sessions(panel)

    def least_squares(y: pd.Series, x: pd.Series) -> Slope:
        fit = ols_beta(y, x, rules.hac_lags)
        return Slope(fit.beta, fit.se_hac, *fit.interval("hac", level), fit.n)

    def outside_events(y: pd.Series, x: pd.Series) -> Slope:
        return least_squares(y[y.index.isin(quiet)], x)

    def summed(y: pd.Series, x: pd.Series) -> Slope:
        return dimson_beta(
            y, x, lags=rules.dimson, leads=rules.dimson, hac_lags=rules.hac_lags, level=level
        )

    return {
        "ols": least_squares,
        "no_events": outside_events,
        "huber": partial(huber_beta, level=level),
        "median": partial(median_beta, level=level),
        "dimson": summed,
    }


def _common(panel: Panel) -> pd.DataFrame:
    return panel.returns.dropna(subset=list(panel.snapshot.study.firms.core))


def _benchmarks(panel: Panel) -> tuple[str, ...]:
    return panel.snapshot.study.benchmark.funds


def by_method(panel: Panel) -> pd.DataFrame:
    """Estimate each core firm's beta to every benchmark and to the other core firms, every way.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``method``, ``beta``, ``se`` (missing for exponential weights and
        after shrinkage), ``n`` (sessions). Methods beside those of the table: ``up`` and ``down``
        (days when the benchmark rose or fell), ``rolling`` (last window).
    """
    study, returns = panel.snapshot.study, _common(panel)
    core = study.firms.core
    pairs = [(f, b) for b in (*_benchmarks(panel), *core) for f in core if f != b]
    rows: list[dict[str, object]] = []
    for firm, benchmark in pairs:
        y, x = returns[firm], returns[benchmark]
        fits = {name: estimate(y, x) for name, estimate in _estimators(panel).items()}
        found = [(name, fit.beta, fit.se, fit.n) for name, fit in fits.items()]
        sides = up_down_beta(y, x, study.beta.hac_lags)
        found.append(("up", sides.up, sides.se_up, sides.n_up))
        found.append(("down", sides.down, sides.se_down, sides.n_down))
        last = rolling_beta(y, x, study.beta.rolling).iloc[-1]
        found.append(("rolling", last["beta"], last["se"], study.beta.rolling))
        weighted = ewm_beta(y, x, study.beta.half_life).iloc[-1]
        found.append(("ewm", float(weighted), float("nan"), len(y)))
        found += _recent(panel, firm, benchmark)
        rows += [
            {"firm": firm, "benchmark": benchmark, "method": m, "beta": beta, "se": se, "n": n}
            for m, beta, se, n in found
        ]
    return pd.DataFrame(rows)


def _recent(panel: Panel, firm: str, benchmark: str) -> list[tuple[str, float, float, int]]:
    """Least squares on the last estimation window, plain and shrunk to the mean of all firms."""
    study = panel.snapshot.study
    last = panel.returns.iloc[-study.estimation.length :]
    names = [f for f in study.firms.studied if f != benchmark]
    fits = {f: ols_beta(last[f], last[benchmark], study.beta.hac_lags) for f in names}
    shrunk = shrink_betas(
        pd.Series({f: fit.beta for f, fit in fits.items()}),
        pd.Series({f: fit.se_hac for f, fit in fits.items()}),
    )
    own = fits[firm]
    return [
        ("recent", own.beta, own.se_hac, own.n),
        ("shrunk", float(shrunk[firm]), float("nan"), own.n),
    ]


def equality(panel: Panel) -> pd.DataFrame:
    """Test that the core firms share one beta, for every benchmark, with and without event days.

    Returns
    -------
    DataFrame
        ``benchmark``, ``sample`` (all, no_events), ``f``, ``p`` (exact under normal residuals),
        ``f_clustered``, ``p_clustered`` (by session), ``df1``, ``df2``, ``n``.
    """
    returns, core = _common(panel), list(panel.snapshot.study.firms.core)
    samples = {"all": returns, "no_events": returns[returns.index.isin(quiet_sessions(panel))]}
    rows = []
    for benchmark in _benchmarks(panel):
        for name, sample in samples.items():
            test = equal_betas(sample[core], sample[benchmark])
            row = {"benchmark": benchmark, "sample": name, "f": test.f, "p": test.p}
            row |= {"f_clustered": test.f_clustered, "p_clustered": test.p_clustered}
            rows.append(row | {"df1": test.df1, "df2": test.df2, "n": test.n})
    return pd.DataFrame(rows)


def differences(panel: Panel) -> pd.DataFrame:
    """Regress each pure play's return less the producer's on each benchmark by each method.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``method``, ``difference`` (in beta), ``se``, ``low``, ``high``,
        ``p``, ``n``.
    """
    returns = _common(panel)
    baskets = panel.snapshot.study.baskets
    producer = returns[list(baskets["producer"])].mean(axis=1)
    rows = []
    for firm in baskets["heavy_exposed"]:
        for benchmark in _benchmarks(panel):
            for name, estimate in _estimators(panel).items():
                fit = estimate(returns[firm] - producer, returns[benchmark])
                rows.append(
                    {
                        "firm": firm,
                        "benchmark": benchmark,
                        "method": name,
                        "difference": fit.beta,
                        "se": fit.se,
                        "low": fit.low,
                        "high": fit.high,
                        "p": 2 * float(stats.t.sf(abs(fit.beta / fit.se), fit.n - 2)),
                        "n": fit.n,
                    }
                )
    return pd.DataFrame(rows)


def _method_numbers(methods: pd.DataFrame, source: Provenance) -> list[Number]:
    shown = methods[methods["method"].isin(set(LABELS) - {"huber", "ols"})]  # those: elsewhere
    return [
        Number(f"beta.{row['firm']}.{row['benchmark']}.{row['method']}".lower(), row["beta"],
               "beta", "decimal2", f"market beta of {row['firm']}: {LABELS[row['method']].lower()}",
               source, se=None if np.isnan(row["se"]) else row["se"], n=int(row["n"]))
        for row in shown.to_dict("records")
    ]  # fmt: skip


def _equality_numbers(equal: pd.DataFrame, source: Provenance) -> list[Number]:
    return [
        Number(f"beta.equal.{row['benchmark']}.{row['sample']}.p".lower(), row["p_clustered"],
               "p-value", "pvalue", f"p of equal betas of the core firms to {row['benchmark']}, "
               f"errors clustered by session, {row['sample']}", source, n=int(row["n"]))
        for row in equal.to_dict("records")
    ]  # fmt: skip


def _gap_numbers(panel: Panel, gaps: pd.DataFrame) -> list[Number]:
    source = Provenance(f"{HERE}.differences", INPUTS, SAMPLE)
    size, producer = panel.snapshot.study.inference.size, _producer(panel)
    numbers = [
        Number("beta.higher.specifications", len(gaps) // gaps["firm"].nunique(), "count",
               "integer", "benchmarks times methods of a beta difference", source),
        Number("beta.quiet_sessions", int(_common(panel).index.isin(quiet_sessions(panel)).sum()),
               "sessions", "integer", "common sessions outside every primary window", source),
    ]  # fmt: skip
    for firm, part in gaps.groupby("firm"):
        key = f"beta.higher.{firm}".lower()
        reliable = (part["difference"] > 0) & (part["p"] < size)
        numbers += [
            Number(f"{key}.positive", int((part["difference"] > 0).sum()), "count", "integer",
                   f"specifications in which {firm} has a higher beta than {producer}", source),
            Number(f"{key}.reliable", int(reliable.sum()), "count", "integer",
                   f"the same with p below {size:g}, {firm}", source),
        ]  # fmt: skip
    return numbers


def _producer(panel: Panel) -> str:
    """Name the firms that the pure plays are held against."""
    return listed(panel.snapshot.study.baskets["producer"])


def _gap_verdicts(panel: Panel, gaps: pd.DataFrame) -> list[Verdict]:
    size, producer = panel.snapshot.study.inference.size, _producer(panel)
    source = Provenance(f"{HERE}.differences", INPUTS, SAMPLE)
    verdicts = []
    for firm, part in gaps.groupby("firm"):
        positive = int((part["difference"] > 0).sum())
        reliable = int(((part["difference"] > 0) & (part["p"] < size)).sum())
        count, key = len(part), f"beta.higher.{firm}".lower()
        verdicts += [
            Verdict(key, _share(positive, count, ("higher in all", "depends on the method",
                                                  "lower in all")),
                    f"sign of the beta difference to {producer} over benchmarks and methods",
                    f"positive in {positive} of {count}", source),
            Verdict(f"{key}.reliable", _share(reliable, count, ("always", "sometimes", "never")),
                    f"how often the difference to {producer} is positive with p below {size:g}",
                    f"{reliable} of {count}", source),
        ]  # fmt: skip
    return verdicts


def _share(hits: int, of: int, names: tuple[str, str, str]) -> str:
    return names[0] if hits == of else names[1] if hits else names[2]


def _quiet_verdicts(panel: Panel, methods: pd.DataFrame) -> list[Verdict]:
    """Apply the rule of claim A6 without event days, and compare the order of the betas."""
    study = panel.snapshot.study
    returns = _common(panel)
    quiet = returns[returns.index.isin(quiet_sessions(panel))]
    pure, producer = (list(study.baskets[name]) for name in ("heavy_exposed", "producer"))
    firms = list(dict.fromkeys((*study.firms.core, *pure, *producer)))
    test = equal_betas(quiet[firms], quiet[study.benchmark.market])
    above = test.betas[pure] > test.betas[producer].mean()
    betas = methods.pivot_table(index="firm", columns="method", values="beta")
    orders = [list(betas[name].sort_values().index) for name in ("ols", "no_events")]
    source = Provenance(f"{HERE}.by_method", INPUTS, SAMPLE)
    return [
        Verdict("beta.no_events",
                _rule_a6(above.tolist(), test.p_clustered < study.inference.size),
                "the rule of claim A6, sessions outside every primary window",
                f"{int(above.sum())} of {len(above)} above {_producer(panel)}; "
                f"p {test.p_clustered:.3g}", source),
        Verdict("beta.no_events.order", "unchanged" if orders[0] == orders[1] else "changed",
                "order of the core firms' market betas with and without event days",
                " < ".join(orders[1]), source),
    ]  # fmt: skip


def _rule_a6(
    above: list[bool], significant: bool
) -> Literal[
    "mixed", "supported", "contradicted", "right sign within noise", "wrong sign within noise"
]:
    if any(above) != all(above):
        return "mixed"
    if significant:
        return "supported" if all(above) else "contradicted"
    return "right sign within noise" if all(above) else "wrong sign within noise"


def _method_table(panel: Panel, methods: pd.DataFrame, source: Provenance) -> Table:
    """Methods down, firms across, each beta beside its error."""
    study, rows = panel.snapshot.study, []
    for name, label in LABELS.items():
        part = methods[methods["method"] == name].set_index("firm")
        row: dict[str, object] = {"method": label}
        for firm in study.firms.core:
            row |= {firm: part.loc[firm, "beta"], f"se_{firm}": part.loc[firm, "se"]}
        rows.append(row | {"n": part["n"].iloc[0]})
    frame = pd.DataFrame(rows)
    errors = {f"se_{f}": "s.e." + " " * i for i, f in enumerate(study.firms.core)}
    return Table(
        "beta_methods",
        frame,
        {str(c): "decimal2" for c in frame.columns[1:-1]} | {"n": "integer"},  # type: ignore[arg-type]
        {"method": "Method"} | errors,
        source,
        f"Market betas ({study.benchmark.market}) on the sessions that all "
        f"{words(len(study.firms.core))} firms share, n of them; HAC errors for least squares and "
        "Dimson. Event days: the primary window of every listed event.",
    )


def _gap_table(panel: Panel, gaps: pd.DataFrame) -> Table:
    """Each firm's difference to the producer by method, summed up over the benchmarks."""
    size, rows = panel.snapshot.study.inference.size, []
    for (firm, method), part in gaps.groupby(["firm", "method"], sort=False):
        cells = part.set_index("benchmark")["difference"].to_dict()
        reliable = int(((part["difference"] > 0) & (part["p"] < size)).sum())
        rows.append({"firm": firm, "method": LABELS[str(method)], **cells, "reliable": reliable})
    frame = pd.DataFrame(rows)
    formats = {str(c): "decimal2" for c in frame.columns[2:-1]} | {"reliable": "integer"}
    return Table(
        "beta_differences",
        frame,
        formats,  # type: ignore[arg-type]
        {"firm": "Firm", "method": "Method", "reliable": f"p < {size:g}"},
        Provenance(f"{HERE}.differences", INPUTS, SAMPLE),
        f"Beta of the firm's return less {_producer(panel)}'s to each benchmark. Last column: how "
        f"many of the {words(len(_benchmarks(panel)))} are positive with p below {size:g}.",
    )
