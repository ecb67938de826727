"""The pair trade: exposed firms bought, those they are held against or the metals fund sold short.

The signal, unwelcome news, is known before the close of day 0 by the definition of day 0. The trade
is opened at that close, or at the next one, which allows for news that came after the first. It is
closed a fixed number of sessions later. Nothing after the close of entry decides whether, how or
how long it is held.

Two samples. The *test* uses the episodes of the ledger, which leave out mixed ones: a trader could
not have known that an episode would become mixed. The *account* therefore takes every signal in
order of time, one position at a time, and skips signals while one is open. A trader would have seen
headlines found beside large moves as well, and those of the highlighted days: since the amendment
they count. The registered account, of confirmatory signals alone, stands beside.

Decision rules, fixed before any number was computed; the base has
the firms held against short, close of day 0:

``pair.net``
    Mean net return over episodes, t(K-1): "earns" or "loses" with p below the size of the tests,
    else "within noise"; "not testable" below three episodes.
``pair.placebo``
    The same mean against rotated calendars: "better than other dates", "worse than other dates"
    with p below the size, else "like other dates".
``pair.variants``
    "all within noise" if no variant has a p below the size, else "some differ".
``pair.account``, ``pair.account.registered``
    "gain" or "loss" at the end of the base account: a fact and no test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.questions.requirements import PLAYS, need_funds, need_policy, need_section
from analysis.results import Dataset, Figure, Findings, Number, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, table_of
from analysis.results.formats import counted, format_value, listed, signed
from analysis.snapshot.portfolios import Portfolio, parse_portfolio
from analysis.study.directions import list_policy
from analysis.study.episodes import averaged, mean_over
from analysis.study.outcomes import judge_signs
from analysis.study.panel import Panel
from analysis.study.series import net_returns, rotate_days, series_days, trade_costs

__all__ = ["ENTRIES", "Account", "account", "compute", "tested"]

NEEDS = (need_section("pair"), PLAYS, need_funds("metals"), need_policy(1))

SAMPLE = "unwelcome confirmatory news"
CONFIRMING = "confirmatory"
EVERY = "all unwelcome news"
ENTRIES = {"close": 0, "next": 1}  # sessions after day 0 at whose close the trade is opened
LABELS = {"close": "close of day 0", "next": "next close"}

KEY = "pair.{short}.{entry}"
WHAT = f"net return of the pair, {KEY}"
MEAN = f"mean over episodes, {WHAT}"
ROTATED = f"mean over rotated calendars, {WHAT}"
PLACEBO_P = f"p against rotated calendars, {WHAT}"
TESTS = (
    Column("variant", "Short leg, entry"),
    Column("episodes", "K", "integer", "count", f"episodes, {KEY}", ".episodes"),
    Column("net", "Net", "percent1", "fraction", MEAN, ".net", "", "low", "high", "p", "episodes"),
    Column("p", "", "pvalue", "p-value", f"p of no mean {WHAT}", ".p"),
    Column("placebo_p", "Placebo p", "pvalue", "p-value", PLACEBO_P, ".placebo_p"),
)
PLACEBO = Column("placebo", "", "percent1", "fraction", ROTATED, ".placebo")
WINS = f"share of trades with a positive {WHAT}"
FALL = f"largest fall of the account from its peak, share of one leg, {KEY}"
TRADES = (
    Column("trades", "Trades", "integer", "count", f"trades, {KEY}", ".trades"),
    Column("hit_rate", "Hits", "percent0", "fraction", WINS, ".hit_rate", n="trades"),
    Column("drawdown", "Drawdown", "percent1", "fraction", FALL, ".drawdown"),
)
TRADED = (
    "{} bought in equal parts, the other leg sold short, held {}; net of costs and borrow, as a "
    "share of one leg. K: unmixed episodes; Trades: every signal in order, one position at a time; "
    "Sum, Drawdown: of their net returns; Registered: trades and sum with confirmatory signals "
    "alone. That all signals count was specified after results were known: exploratory."
)
SUM = f"sum of the net returns of all trades, {KEY}"
TOTAL = Column("total", "Sum", "percent1", "fraction", SUM, ".total")
SKIPPED = Column("skipped", "", "integer", "count", f"signals not traded, {KEY}", ".skipped")
REGISTERED = (
    Column("registered_trades", "Registered", "integer"),
    Column("registered_total", "Sum", "percent1"),
)


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
    def summary(self) -> dict[str, float]:
        """Trades, signals skipped, hit rate, drawdown and the total, fractions of one leg."""
        return {
            "trades": len(self.trades),
            "skipped": self.skipped,
            "hit_rate": self.hit_rate,
            "drawdown": self.drawdown,
            "total": float(self.path.iloc[-1]),
        }

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
    choices = panel.snapshot.choices
    rows: list[dict[str, Any]] = []
    trades, accounts, nulls = [], [], []
    for short, pair in _pairs(panel).items():
        name = listed(pair.legs[1].members)
        for entry, delay in ENTRIES.items():
            (test, null), kept = tested(panel, pair, delay), account(panel, pair, delay)
            confirmed = account(panel, pair, delay, CONFIRMING).summary
            named = {"short": short, "entry": entry, "name": name, "opened": LABELS[entry]}
            beside = {f"registered_{what}": value for what, value in confirmed.items()}
            rows.append({**named, **test, **kept.summary, **beside})
            trades.append(kept.trades.assign(short=name, opened=LABELS[entry]))
            accounts.append(kept)
            nulls.append(null)
    pure, span = (
        listed(choices.baskets[choices.exposure.held[0]]),
        counted(choices.pair.holding, "session"),
    )
    note = TRADED.format(pure, span)
    frame = pd.DataFrame(rows)
    frame["variant"] = frame["name"] + ", " + frame["opened"]
    source = Provenance.of(tested, f"{SAMPLE}, unmixed episodes")
    traded = Provenance.later(account, f"{EVERY}, in order of time")
    confirming = Provenance.of(account, f"{SAMPLE}, in order of time")
    accounts_of = (*TRADES, TOTAL, SKIPPED)
    registered = frame.drop(columns=[c.name for c in accounts_of]).rename(
        columns=lambda name: name.removeprefix("registered_")
    )
    days, level = "sessions that a trade of the pair is held", choices.inference.level
    return Findings(
        numbers=[
            Number("pair.holding", choices.pair.holding, "sessions", "integer", days, source),
            *numbers_of(frame, (*TESTS, PLACEBO), KEY, source, level=level),
            *numbers_of(frame, accounts_of, KEY, traded),
            *numbers_of(registered, accounts_of, f"{KEY}.registered", confirming),
        ],
        tables=[table_of("pair_trade", frame, (*TESTS, *TRADES, TOTAL, *REGISTERED), source, note)],
        figures=[_figure(rows[0], accounts[0], nulls[0], traded)],
        verdicts=[
            *_verdicts(frame, choices.inference.size, source),
            _ended("pair.account", frame, traded),
            _ended("pair.account.registered", registered, confirming),
        ],
        datasets=[Dataset("pair_trades", pd.concat(trades), traded)],
    )


def _pairs(panel: Panel) -> dict[str, Portfolio]:
    """Hold the exposed firms against the others and against the metals fund."""
    choices = panel.snapshot.choices
    exposed, others = choices.exposure.held
    shorts = {"_".join(choices.baskets[others]).lower(): others}
    shorts[choices.benchmark.metals.lower()] = choices.benchmark.metals
    return {
        name: parse_portfolio(f"all({exposed}) - {short}", panel.snapshot)
        for name, short in shorts.items()
    }


def tested(
    panel: Panel, pair: Portfolio, delay: int
) -> tuple[dict[str, float], npt.NDArray[np.float64]]:
    """Average the net return over the unmixed episodes of unwelcome news.

    Returns
    -------
    tuple
        ``episodes``, mean ``net`` (fraction of one leg) with ``low``, ``high`` and ``p`` of t(K-1),
        ``placebo`` (mean over rotated calendars) and ``placebo_p``; and those means, (S,).
    """
    values = net_returns(panel, pair, delay)
    days = series_days(panel, values, *list_policy(panel.snapshot.choices, 1))
    mean = mean_over(averaged(days)["car"])
    turned = rotate_days(values, days, 2 * panel.snapshot.choices.pair.holding)
    low, high = mean.interval(panel.snapshot.choices.inference.level)
    test = {"episodes": mean.n, "net": mean.estimate, "low": low, "high": high, "p": mean.p}
    return test | {"placebo": turned.null.mean(), "placebo_p": turned.p}, turned.null


def signals(panel: Panel, status: str = "") -> pd.DatetimeIndex:
    """Day 0s of unwelcome news without welcome news on the same day, in order.

    With a ``status``, events of that one alone.
    """
    events = panel.events
    unwelcome, welcome = (list_policy(panel.snapshot.choices, sign) for sign in (1, -1))
    good = events.loc[events["direction"].isin(welcome), "day0"]
    bad = events["direction"].isin(unwelcome) & events["status"].isin(
        [status] if status else events["status"]
    )
    days = events.loc[bad & ~events["day0"].isin(good), "day0"]
    return pd.DatetimeIndex(sorted(days.unique()))


def account(panel: Panel, pair: Portfolio, delay: int, status: str = "") -> Account:
    """Trade every signal in order of time, one position at a time: see :func:`signals`."""
    sessions, holding = panel.snapshot.sessions, panel.snapshot.choices.pair.holding
    values = net_returns(panel, pair, delay)
    path = pd.Series(0.0, sessions)
    rows, skipped, free = [], 0, 0
    days = signals(panel, status)
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
    rules = panel.snapshot.choices.pair
    prices = panel.snapshot.prices.iloc[entry : entry + rules.holding + 1]
    worth = prices / prices.iloc[0]
    long, short = (worth[list(leg.members)].mean(axis=1) for leg in pair.legs)
    gained: npt.NDArray[np.float64] = (long - short).diff().fillna(0.0).to_numpy()
    return gained - trade_costs(rules)


def _ended(key: str, frame: pd.DataFrame, source: Provenance) -> Verdict:
    """Say how the base account ended."""
    total = frame["total"].iloc[0]
    end = "gain" if total > 0 else "loss"
    return Verdict(key, end, "sign of the account at the end", f"{total:+.4f}", source)


def _verdicts(frame: pd.DataFrame, size: float, source: Provenance) -> list[Verdict]:
    base, small = frame.iloc[0], int((frame["p"] < size).sum())
    earned = judge_signs(base["p"], base["net"], size, "earns", "loses", "within noise")
    better, worse, like = (f"{word} other dates" for word in ("better than", "worse than", "like"))
    gain, p = base["net"] - base["placebo"], base["placebo_p"]
    placebo = judge_signs(p, gain, size, better, worse, like)
    rotated = "no episodes" if np.isnan(p) else f"p {p:.3g}"
    evidence = "{net:+.4f} over {episodes} episodes, p {p:.3g}".format_map(base)
    rule = f"mean net return over episodes, t, p below {size:g}"
    against = f"the mean against rotated calendars, p below {size:g}"
    some, of = "some differ" if small else "all within noise", f"{small} of {len(frame)}"
    return [
        Verdict("pair.net", str(earned), rule, evidence, source),
        Verdict("pair.placebo", str(placebo), against, rotated, source),
        Verdict("pair.variants", some, f"a variant with p below {size:g}", of, source),
    ]


def _figure(
    base: dict[str, Any], kept: Account, null: npt.NDArray[np.float64], source: Provenance
) -> Figure:
    path = kept.path.rename("total").rename_axis("session").reset_index()
    start = kept.trades["entry"].min()
    total, low, high, mean = (
        signed(value, "percent1") for value in (base["total"], null.min(), null.max(), base["net"])
    )
    alt = (
        f"Left: the account of the pair ({base['name']} short) over {len(kept.trades)} trades, "
        f"ending at {total} of one leg after a largest fall of "
        f"{format_value(kept.drawdown, 'percent1')}. Right: mean net return an episode on "
        f"{len(null)} rotated calendars, from {low} to {high}, and on the events, {mean}."
    )
    data = {
        "path": path[path["session"] >= start].reset_index(drop=True),
        "trades": kept.trades,
        "null": pd.DataFrame({"mean": null}),
        "observed": pd.DataFrame({"mean": [base["net"]]}),
    }
    return Figure("pair_trade", "pair_trade", data, alt, source)
