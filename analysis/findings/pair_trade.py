"""The pair of claim A13: pure plays bought, the producer or the metals fund sold short.

The signal, unwelcome news, is known before the close of day 0 by the definition of day 0. The trade
is opened at that close, or at the next one, which allows for news that came after the first. It is
closed a fixed number of sessions later. Nothing after the close of entry decides whether, how or
how long it is held.

Two samples. The *test* uses the episodes of the ledger, which leave out mixed ones: a trader could
not have known that an episode would become mixed. The *account* therefore takes every confirmatory
signal in order of time, one position at a time, and skips signals while one is open.

Decision rules, fixed before any number was computed; the base is the
producer short, close of day 0:

``pair.net``
    Mean net return over episodes, t(K-1): "earns" or "loses" with p below the size of the tests,
    else "within noise"; "not testable" below three episodes.
``pair.placebo``
    The same mean against rotated calendars: "better than other dates", "worse than other dates"
    with p below the size, else "like other dates".
``pair.variants``
    "all within noise" if no variant has a p below the size, else "some differ".
``pair.account``
    "gain" or "loss" at the end of the base account: a fact and no test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.estimators.rotation import Rotation, rotate
from analysis.findings.episodes import FEWEST, chosen_days
from analysis.findings.panel import Panel
from analysis.findings.portfolios import Portfolio, parse_portfolio
from analysis.findings.volatility import mean_weights
from analysis.results import Dataset, Figure, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import counted, listed
from analysis.snapshot.claims import Events

__all__ = ["ENTRIES", "Account", "Tested", "account", "compute", "net_returns", "signals", "tested"]

HERE = "analysis.findings.pair_trade"
INPUTS = ("prices.csv", "universe.csv", "events.csv", "study.toml")
UNWELCOME = ("tightening", "disappointment")
ENTRIES = {"close": 0, "next": 1}  # sessions after day 0 at whose close the trade is opened
LABELS = {"close": "close of day 0", "next": "next close"}


@dataclass(frozen=True)
class Tested:
    """Mean net return over episodes (fraction of one leg) with interval, p and rotations."""

    episodes: int
    mean: float
    low: float
    high: float
    p: float
    rotation: Rotation | None


@dataclass(frozen=True)
class Account:
    """The signals traded in order.

    Attributes
    ----------
    trades : DataFrame
        ``signal``, ``entry``, ``exit`` (sessions), ``net`` (fraction of one leg).
    path : Series
        Cumulated net result by session, fraction of one leg, not reinvested.
    skipped : int
        Signals that came while a position was open, or without both legs or room to close.
    """

    trades: pd.DataFrame
    path: pd.Series
    skipped: int

    @property
    def hit_rate(self) -> float:
        """Share of trades with a positive net return."""
        return float((self.trades["net"] > 0).mean())

    @property
    def drawdown(self) -> float:
        """Largest fall of the account from an earlier peak, fraction of one leg."""
        peak = self.path.cummax().clip(lower=0)
        return float((peak - self.path).max())


def compute(panel: Panel) -> Findings:
    """Test every variant of the pair and keep its account."""
    study = panel.snapshot.study
    shorts = {"_".join(study.baskets["producer"]).lower(): "producer"}
    shorts[study.benchmark.metals.lower()] = study.benchmark.metals
    pairs = {
        name: parse_portfolio(f"all(heavy_exposed) - {short}", panel.snapshot)
        for name, short in shorts.items()
    }
    variants = [(name, entry) for name in pairs for entry in ENTRIES]
    tests = {(n, e): tested(panel, pairs[n], ENTRIES[e]) for n, e in variants}
    accounts = {(n, e): account(panel, pairs[n], ENTRIES[e]) for n, e in variants}
    source = Provenance(f"{HERE}.tested", INPUTS, "unwelcome confirmatory news, unmixed episodes")
    kept = Provenance(f"{HERE}.account", INPUTS, "unwelcome confirmatory news, in order of time")
    trades = pd.concat(
        [
            a.trades.assign(short=listed(_short(pairs[n])), opened=LABELS[e])
            for (n, e), a in accounts.items()
        ]
    )
    base = variants[0]
    return Findings(
        numbers=[
            Number(
                "pair.holding",
                study.pair.holding,
                "sessions",
                "integer",
                "sessions that a trade of the pair is held",
                source,
            ),
            *(
                number
                for (n, e), test in tests.items()
                for number in _numbers(
                    f"pair.{n}.{e}", test, accounts[n, e], source, kept, study.inference.level
                )
            ),
        ],
        tables=[_table(panel, pairs, tests, accounts, source)],
        figures=[_figure(listed(_short(pairs[base[0]])), tests[base], accounts[base], kept)],
        verdicts=_verdicts(tests, tests[base], accounts[base], source, kept, study.inference.size),
        datasets=[Dataset("pair_trades", trades, kept)],
    )


def _short(pair: Portfolio) -> tuple[str, ...]:
    return pair.legs[1].members


def net_returns(panel: Panel, pair: Portfolio, delay: int) -> pd.Series:
    """Compute the net return of a trade signalled on each session.

    The long side in equal parts against the short one, opened at the close `delay` sessions
    after the signal and closed `holding` sessions later. Costs: four trades of one leg's value, and
    the borrow fee.

    Returns
    -------
    Series
        Fraction of one leg, by session of the signal; missing where a leg had no own return by the
        close of entry or the data end before the exit.
    """
    study = panel.snapshot.study
    rules, prices = study.pair, panel.snapshot.prices
    held = (prices.shift(-rules.holding) / prices - 1).where(panel.returns.notna())
    long, short = (held[list(leg.members)].mean(axis=1, skipna=False) for leg in pair.legs)
    gross = long - short
    fee = 4 * rules.cost + rules.borrow * rules.holding / 252
    return (gross - fee).shift(-delay)


def tested(panel: Panel, pair: Portfolio, delay: int) -> Tested:
    """Average the net return over the unmixed episodes of unwelcome news."""
    values = net_returns(panel, pair, delay)
    at = values.reindex(panel.events["day0"]).set_axis(panel.events.index)
    cars = pd.DataFrame({"car": at, "scar": at}).dropna()
    days = chosen_days(panel, cars, Events(directions=UNWELCOME))
    means = days.groupby("episode")["car"].mean()
    count = len(means)
    nan = float("nan")
    if count < FEWEST:
        return Tested(count, nan, nan, nan, nan, None)
    level = panel.snapshot.study.inference.level
    reach = stats.t.ppf((1 + level) / 2, count - 1) * means.std(ddof=1) / np.sqrt(count)
    mean = float(means.mean())
    turned = rotate(values, mean_weights(days), 2 * panel.snapshot.study.pair.holding)
    p = float(stats.ttest_1samp(means, 0.0).pvalue)
    return Tested(count, mean, mean - float(reach), mean + float(reach), p, turned)


def signals(panel: Panel) -> pd.DatetimeIndex:
    """Day 0s of confirmatory unwelcome news without easing news on the same day, in order."""
    events = panel.events
    good = events.loc[events["direction"] == "easing", "day0"]
    bad = events["direction"].isin(UNWELCOME) & (events["status"] == "confirmatory")
    days = events.loc[bad & ~events["day0"].isin(good), "day0"]
    return pd.DatetimeIndex(sorted(days.unique()))


def account(panel: Panel, pair: Portfolio, delay: int) -> Account:
    """Trade every signal in order of time, one position at a time."""
    sessions, holding = panel.snapshot.sessions, panel.snapshot.study.pair.holding
    values = net_returns(panel, pair, delay)
    path = pd.Series(0.0, sessions)
    rows, skipped, free = [], 0, 0
    days = signals(panel)
    for day, at in zip(days, sessions.get_indexer(days), strict=True):
        entry = int(at) + delay
        if entry < free or np.isnan(values[day]):
            skipped += 1
            continue
        free = entry + holding
        path.iloc[entry : free + 1] += _daily(panel, pair, entry)
        rows.append((day, sessions[entry], sessions[free], float(values[day])))
    trades = pd.DataFrame(rows, columns=["signal", "entry", "exit", "net"])
    return Account(trades, path.cumsum(), skipped)


def _daily(panel: Panel, pair: Portfolio, entry: int) -> npt.NDArray[np.float64]:
    """Results of one trade from the close of entry to that of exit, session by session."""
    rules = panel.snapshot.study.pair
    prices = panel.snapshot.prices.iloc[entry : entry + rules.holding + 1]
    worth = prices / prices.iloc[0]
    long, short = (worth[list(leg.members)].mean(axis=1) for leg in pair.legs)
    result: npt.NDArray[np.float64] = (long - short).diff().fillna(0.0).to_numpy(copy=True)
    result[1:] -= rules.borrow / 252
    result[[0, -1]] -= 2 * rules.cost
    return result


def _numbers(
    key: str, test: Tested, kept: Account, source: Provenance, trades: Provenance, level: float
) -> list[Number]:
    what = f"net return of the pair, {key}"
    numbers = [
        Number(f"{key}.episodes", test.episodes, "count", "integer", f"episodes, {key}", source),
        Number(f"{key}.trades", len(kept.trades), "count", "integer", f"trades, {key}", trades),
        Number(f"{key}.skipped", kept.skipped, "count", "integer",
               f"signals not traded, {key}", trades),
        Number(f"{key}.hit_rate", kept.hit_rate, "fraction", "percent0",
               f"share of trades with a positive {what}", trades, n=len(kept.trades)),
        Number(f"{key}.drawdown", kept.drawdown, "fraction", "percent1",
               f"largest fall of the account from its peak, share of one leg, {key}", trades),
        Number(f"{key}.total", float(kept.path.iloc[-1]), "fraction", "percent1",
               f"sum of the net returns of all trades, {key}", trades),
    ]  # fmt: skip
    if test.rotation is None:
        return numbers
    return [
        *numbers,
        Number(f"{key}.net", test.mean, "fraction", "percent1", f"mean over episodes, {what}",
               source, low=test.low, high=test.high, level=level, p=test.p, n=test.episodes),
        Number(f"{key}.p", test.p, "p-value", "pvalue", f"p of no mean {what}", source),
        Number(f"{key}.placebo", float(test.rotation.null.mean()), "fraction", "percent1",
               f"mean over rotated calendars, {what}", source),
        Number(f"{key}.placebo_p", test.rotation.p, "p-value", "pvalue",
               f"p against rotated calendars, {what}", source),
    ]  # fmt: skip


def _verdicts(
    tests: dict[tuple[str, str], Tested],
    base: Tested,
    kept: Account,
    source: Provenance,
    trades: Provenance,
    size: float,
) -> list[Verdict]:
    small = [p for p in (t.p for t in tests.values()) if p < size]
    return [
        Verdict("pair.net", _earned(base, size),
                f"mean net return over episodes, t, p below {size:g}",
                f"{base.mean:+.4f} over {base.episodes} episodes, p {base.p:.3g}", source),
        Verdict("pair.placebo", _compared(base, size),
                f"the mean against rotated calendars, p below {size:g}",
                f"p {base.rotation.p:.3g}" if base.rotation else "no episodes", source),
        Verdict("pair.variants", "some differ" if small else "all within noise",
                f"a variant with p below {size:g}", f"{len(small)} of {len(tests)}", source),
        Verdict("pair.account", "gain" if kept.path.iloc[-1] > 0 else "loss",
                "sign of the account at the end", f"{kept.path.iloc[-1]:+.4f}", trades),
    ]  # fmt: skip


def _earned(test: Tested, size: float) -> str:
    if test.rotation is None:
        return "not testable"
    return "within noise" if test.p >= size else "earns" if test.mean > 0 else "loses"


def _compared(test: Tested, size: float) -> str:
    if test.rotation is None:
        return "not testable"
    if test.rotation.p >= size:
        return "like other dates"
    better = test.mean > float(test.rotation.null.mean())
    return f"{'better' if better else 'worse'} than other dates"


def _table(
    panel: Panel,
    pairs: dict[str, Portfolio],
    tests: dict[tuple[str, str], Tested],
    accounts: dict[tuple[str, str], Account],
    source: Provenance,
) -> Table:
    frame = pd.DataFrame(
        [
            {
                "variant": f"{listed(_short(pairs[name]))}, {LABELS[entry]}",
                "episodes": test.episodes,
                "net": test.mean,
                "p": test.p,
                "placebo_p": test.rotation.p if test.rotation else np.nan,
                "trades": len(accounts[name, entry].trades),
                "hit_rate": accounts[name, entry].hit_rate,
                "drawdown": accounts[name, entry].drawdown,
            }
            for (name, entry), test in tests.items()
        ]
    )
    study = panel.snapshot.study
    return Table(
        "pair_trade",
        frame,
        {
            "episodes": "integer",
            "net": "percent1",
            "p": "pvalue",
            "placebo_p": "pvalue",
            "trades": "integer",
            "hit_rate": "percent0",
            "drawdown": "percent1",
        },
        {
            "variant": "Short leg, entry",
            "episodes": "K",
            "net": "Net",
            "placebo_p": "Placebo p",
            "trades": "Trades",
            "hit_rate": "Hits",
            "drawdown": "Drawdown",
        },
        source,
        f"{listed(study.baskets['heavy_exposed'])} bought in equal parts, the other leg sold "
        f"short, held {counted(study.pair.holding, 'session')}; net of costs and borrow, as a "
        "share of one leg. K: unmixed episodes; Trades: every signal in order, one position at a "
        "time; Drawdown: of their sum.",
    )


def _figure(short: str, test: Tested, kept: Account, source: Provenance) -> Figure:
    path = kept.path.rename("total").rename_axis("session").reset_index()
    start = kept.trades["entry"].min()
    null = test.rotation.null if test.rotation else np.array([np.nan])
    alt = (
        f"Left: the account of the pair ({short} short) over {len(kept.trades)} trades, ending at "
        f"{kept.path.iloc[-1]:+.1%} of one leg after a largest fall of {kept.drawdown:.1%}. "
        f"Right: mean net return an episode on {len(null)} rotated calendars, from "
        f"{null.min():+.1%} to {null.max():+.1%}, and on the events, {test.mean:+.1%}."
    ).replace("-", "\u2212")
    data = {
        "path": path[path["session"] >= start].reset_index(drop=True),
        "trades": kept.trades,
        "null": pd.DataFrame({"mean": null}),
        "observed": pd.DataFrame({"mean": [test.mean]}),
    }
    return Figure("pair_trade", "pair_trade", data, alt, source)
