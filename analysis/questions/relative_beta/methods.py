"""How far "the exposed firms have the higher beta" survives other methods, benchmarks and days.

Decision rules, fixed before any number was computed:

``beta.higher.FIRM``
    Sign of the firm's beta less that of those held against over all benchmarks and methods:
    "higher in all", "lower in all", else "depends on the method".
``beta.higher.FIRM.reliable``
    How often that difference is positive with p below the size of the tests (HAC for least squares,
    else the error of the method): "always", "sometimes" or "never".
``beta.no_events``
    Whether the exposed firms have the higher beta, on days outside every event window.
``beta.no_events.order``
    "unchanged" if the core firms' market betas have the same order without event days, else
    "changed".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.beta.equality import equal_betas
from analysis.estimators.beta.relative import (
    Slope,
    dimson_beta,
    huber_beta,
    median_beta,
    ols_beta,
    shrink_betas,
    up_down_beta,
)
from analysis.estimators.beta.rolling import ewm_beta, rolling_beta
from analysis.questions.requirements import PLAYS, TWO_FIRMS
from analysis.results import Dataset, Findings, Provenance, Table, Verdict
from analysis.results.columns import (
    Column,
    numbers_of,
    scalar_numbers,
    spread,
    table_of,
    verdicts_of,
)
from analysis.results.formats import listed, words
from analysis.study.outcomes import decide_all
from analysis.study.panel import Panel, event_sessions

__all__ = ["by_method", "compute", "differences", "equality"]

NEEDS = (TWO_FIRMS, PLAYS)

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

METHOD = Column("beta", "", "decimal2", "beta", "market beta of {firm}: {label}", "", "se", n="n")
SAME = "p of equal betas of the core firms to {benchmark}, errors clustered by session, {sample}"
EQUAL = Column("p_clustered", "", "pvalue", "p-value", SAME, ".p", n="n")
HIGHER = "specifications in which {firm} has a higher beta than {others}"
COUNTS = (
    Column("positive", "", "integer", "count", HIGHER, ".positive"),
    Column("reliable", "", "integer", "count", "the same with p below {size}, {firm}", ".reliable"),
)
OUTSIDE = "betas of {} above that of {}, sessions outside every primary window"
ORDER = "order of the core firms' market betas with and without event days"
GRID = "benchmarks times methods of a beta difference"
SIGN = "sign of the beta difference to {} over benchmarks and methods"
OFTEN = "how often the difference to {} is positive with p below {}"


def compute(panel: Panel) -> Findings:
    """Estimate every beta by every method and count how often the claim holds."""
    choices = panel.snapshot.choices
    grid, gaps, equal = by_method(panel), differences(panel), equality(panel)
    fitted, compared, tested = (
        Provenance.of(function, "core firms, common sessions")
        for function in (by_method, differences, equality)
    )
    on_market = grid[grid["benchmark"] == choices.benchmark.market]
    methods = on_market.assign(label=on_market["method"].map(LABELS)).dropna(subset=["label"])
    told = methods[~methods["method"].isin(["huber", "ols"])]  # those: elsewhere
    told = told.assign(label=told["label"].str.lower())
    counts, quiet = _counts(panel, gaps), len(_quiet(panel))
    cells = {"specifications": (int(counts["of"].iloc[0]), GRID)}
    sessions = {"quiet_sessions": (quiet, "common sessions outside every primary window")}
    others, size = _others(panel), f"{choices.inference.size:g}"
    key, sign = "beta.higher.{firm}", SIGN.format(others)
    often = (f"{key}.reliable", OFTEN.format(others, size), "{reliable} of {of}")
    return Findings(
        numbers=[
            *numbers_of(told, [METHOD], "beta.{firm}.{benchmark}.{method}", fitted),
            *numbers_of(equal, [EQUAL], "beta.equal.{benchmark}.{sample}", tested),
            *scalar_numbers("beta.higher", cells, compared),
            *scalar_numbers("beta", sessions, compared, "sessions"),
            *numbers_of(counts, COUNTS, key, compared, others=others, size=size),
        ],
        tables=[_method_table(panel, methods, fitted), _gap_table(panel, gaps, compared)],
        verdicts=[
            *verdicts_of(counts, "sign", key, sign, "positive in {positive} of {of}", compared),
            *verdicts_of(counts, "often", *often, compared),
            *_quiet_verdicts(panel, methods, fitted),
        ],
        datasets=[
            Dataset("beta_methods", grid, fitted),
            Dataset("beta_equality", equal, tested),
            Dataset("beta_differences", gaps, compared),
        ],
    )


def _quiet(panel: Panel) -> pd.DataFrame:
    return panel.common[~panel.common.index.isin(event_sessions(panel))]


def _estimators(panel: Panel) -> dict[str, Estimator]:
    """Methods that serve a firm and a difference of firms alike."""
    rules, level = panel.snapshot.choices.beta, panel.snapshot.choices.inference.level
    events, lags = event_sessions(panel), rules.dimson

    def least_squares(y: pd.Series, x: pd.Series) -> Slope:
        fit = ols_beta(y, x, rules.hac_lags)
        return Slope(fit.beta, fit.se_hac, *fit.interval("hac", level), fit.n)

    def outside_events(y: pd.Series, x: pd.Series) -> Slope:
        return least_squares(y[~y.index.isin(events)], x)

    return {
        "ols": least_squares,
        "no_events": outside_events,
        "huber": partial(huber_beta, level=level),
        "median": partial(median_beta, level=level),
        "dimson": partial(dimson_beta, lags=lags, leads=lags, hac_lags=rules.hac_lags, level=level),
    }


def by_method(panel: Panel) -> pd.DataFrame:
    """Estimate each core firm's beta to every benchmark and to the other core firms, every way.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``method``, ``beta``, ``se`` (missing for exponential weights and
        after shrinkage), ``n`` (sessions). Methods beside those of the table: ``up`` and ``down``
        (days when the benchmark rose or fell), ``rolling`` (last window).
    """
    choices, returns, estimators = panel.snapshot.choices, panel.common, _estimators(panel)
    core, rules = choices.firms.core, choices.beta
    rows: list[tuple[object, ...]] = []
    pairs = ((f, b) for b in (*choices.benchmark.funds, *core) for f in core if f != b)
    for firm, benchmark in pairs:
        y, x = returns[firm], returns[benchmark]
        fits = {name: estimate(y, x) for name, estimate in estimators.items()}
        sides = up_down_beta(y, x, rules.hac_lags)
        last = rolling_beta(y, x, rules.rolling).iloc[-1]
        weighted = ewm_beta(y, x, rules.half_life).iloc[-1]
        found = [
            *((name, fit.beta, fit.se, fit.n) for name, fit in fits.items()),
            ("up", sides.up, sides.se_up, sides.n_up),
            ("down", sides.down, sides.se_down, sides.n_down),
            ("rolling", last["beta"], last["se"], rules.rolling),
            ("ewm", float(weighted), float("nan"), len(y)),
            *_recent(panel, firm, benchmark),
        ]
        rows += [(firm, benchmark, *row) for row in found]
    return pd.DataFrame(rows, columns=["firm", "benchmark", "method", "beta", "se", "n"])


def _recent(panel: Panel, firm: str, benchmark: str) -> list[tuple[str, float, float, int]]:
    """Least squares on the last estimation window, plain and shrunk to the mean of all firms."""
    choices = panel.snapshot.choices
    last = panel.returns.iloc[-choices.estimation.length :]
    names = [f for f in choices.firms.studied if f != benchmark]
    fits = {f: ols_beta(last[f], last[benchmark], choices.beta.hac_lags) for f in names}
    frame = pd.DataFrame({f: {"beta": fit.beta, "se": fit.se_hac} for f, fit in fits.items()}).T
    shrunk = shrink_betas(frame["beta"], frame["se"])
    own, beta = fits[firm], float(shrunk[firm])
    return [("recent", own.beta, own.se_hac, own.n), ("shrunk", beta, float("nan"), own.n)]


def equality(panel: Panel) -> pd.DataFrame:
    """Test that the core firms share one beta, for every benchmark, with and without event days.

    Returns
    -------
    DataFrame
        ``benchmark``, ``sample`` (all, no_events), ``f``, ``p`` (exact under normal residuals),
        ``f_clustered``, ``p_clustered`` (by session), ``df1``, ``df2``, ``n``.
    """
    returns, core = panel.common, list(panel.snapshot.choices.firms.core)
    samples = {"all": returns, "no_events": _quiet(panel)}
    rows = [
        {"benchmark": fund, "sample": name} | vars(equal_betas(sample[core], sample[fund]))
        for fund in panel.snapshot.choices.benchmark.funds
        for name, sample in samples.items()
    ]
    return pd.DataFrame(rows).drop(columns="betas")


def differences(panel: Panel) -> pd.DataFrame:
    """Regress each exposed firm's return less that of the others on each benchmark by each method.

    Returns
    -------
    DataFrame
        ``firm``, ``benchmark``, ``method``, ``difference`` (in beta), ``se``, ``low``, ``high``,
        ``p``, ``n``.
    """
    choices, returns = panel.snapshot.choices, panel.common
    exposed, others = (list(choices.baskets[name]) for name in choices.exposure.held)
    held = returns[others].mean(axis=1)
    rows = [
        {"firm": firm, "benchmark": fund, "method": name}
        | asdict(estimate(returns[firm] - held, returns[fund]))
        for firm in exposed
        for fund in choices.benchmark.funds
        for name, estimate in _estimators(panel).items()
    ]
    frame = pd.DataFrame(rows).rename(columns={"beta": "difference"})
    t = frame["difference"] / frame["se"]
    frame.insert(7, "p", 2 * stats.t.sf(t.abs(), frame["n"] - 2))
    return frame


def _reliable(panel: Panel, gaps: pd.DataFrame) -> pd.Series:
    return (gaps["difference"] > 0) & (gaps["p"] < panel.snapshot.choices.inference.size)


def _counts(panel: Panel, gaps: pd.DataFrame) -> pd.DataFrame:
    """Count by firm how many differences are positive, and how many reliably so."""
    found = gaps.assign(positive=gaps["difference"] > 0, reliable=_reliable(panel, gaps), of=1)
    counts = found.groupby("firm")[["positive", "reliable", "of"]].sum().reset_index()
    every, none = counts.eq(counts["of"], axis=0), counts.eq(0)
    signs, often = ["higher in all", "lower in all"], ["always", "never"]
    return counts.assign(
        sign=np.select([every["positive"], none["positive"]], signs, "depends on the method"),
        often=np.select([every["reliable"], none["reliable"]], often, "sometimes"),
    )


def _others(panel: Panel) -> str:
    """Name the firms that the exposed ones are held against."""
    choices = panel.snapshot.choices
    return listed(choices.baskets[choices.exposure.held[1]])


def _quiet_verdicts(panel: Panel, methods: pd.DataFrame, source: Provenance) -> list[Verdict]:
    """Ask who has the higher beta without event days, and compare the order of the betas."""
    choices, quiet = panel.snapshot.choices, _quiet(panel)
    exposed, others = (list(choices.baskets[name]) for name in choices.exposure.held)
    firms = list(dict.fromkeys((*choices.firms.core, *exposed, *others)))
    test = equal_betas(quiet[firms], quiet[choices.benchmark.market])
    above = test.betas[exposed] > test.betas[others].mean()
    betas = methods.pivot(index="firm", columns="method", values="beta")
    plain, without = (list(betas[name].sort_values().index) for name in ("ols", "no_events"))
    said = decide_all(above.tolist(), test.p_clustered < choices.inference.size)
    higher = f"{int(above.sum())} of {len(above)} above {_others(panel)}"
    order = "unchanged" if plain == without else "changed"
    evidence = f"{higher}; p {test.p_clustered:.3g}"
    outside = OUTSIDE.format(choices.exposure.words, _others(panel))
    return [
        Verdict("beta.no_events", said, outside, evidence, source),
        Verdict("beta.no_events.order", order, ORDER, " < ".join(without), source),
    ]


def _method_table(panel: Panel, methods: pd.DataFrame, source: Provenance) -> Table:
    """Methods down, firms across, each beta beside its error."""
    choices = panel.snapshot.choices
    cells = [Column("beta", format="decimal2"), Column("se", "s.e.", "decimal2")]
    wide, columns = spread(methods, ["label"], "firm", cells)
    wide["n"] = methods.groupby("label", sort=False)["n"].first().to_numpy()
    return table_of(
        "beta_methods",
        wide,
        [Column("label", "Method"), *columns, Column("n", format="integer")],
        source,
        f"Market betas ({choices.benchmark.market}) on the sessions that all "
        f"{words(len(choices.firms.core))} firms share, n of them; HAC errors for least squares "
        "and Dimson. Event days: the primary window of every listed event.",
    )


def _gap_table(panel: Panel, gaps: pd.DataFrame, source: Provenance) -> Table:
    """Each firm's difference to those held against by method, summed up over the benchmarks."""
    size, funds = panel.snapshot.choices.inference.size, panel.snapshot.choices.benchmark.funds
    by, last = ["firm", "method"], Column("reliable", f"p < {size:g}", "integer")
    wide, columns = spread(gaps, by, "benchmark", [Column("difference", format="decimal2")])
    reliable = gaps.assign(reliable=_reliable(panel, gaps)).groupby(by, sort=False)["reliable"]
    return table_of(
        "beta_differences",
        wide.assign(method=wide["method"].map(LABELS), reliable=reliable.sum().to_numpy()),
        [Column("firm", "Firm"), Column("method", "Method"), *columns, last],
        source,
        f"Beta of the firm's return less {_others(panel)}'s to each benchmark. Last column: how "
        f"many of the {words(len(funds))} are positive with p below {size:g}.",
    )
