"""Claims decided by pooling episodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.episodes import across_episodes_t
from analysis.findings.definitions import Definition, definition, holds
from analysis.findings.episodes import averaged, chosen_days
from analysis.findings.outcomes import Outcome, from_pool
from analysis.findings.pair_trade import net_returns
from analysis.findings.panel import Panel
from analysis.findings.placebo import EpisodeNull, moved_episodes, quiet_sessions
from analysis.findings.portfolios import Weigher, contrast, equal, slope
from analysis.findings.responses import Response, Test, difference_test, mean_test

__all__ = ["POOLED", "core_portfolio", "pair_returns", "raw_move", "volatility_ratios"]

POLICY = ("tightening", "disappointment", "easing")
UNWELCOME = ("tightening", "disappointment")
ALL = (*POLICY, "support")


def _basket(panel: Panel, name: str) -> tuple[str, ...]:
    return panel.snapshot.study.baskets[name]


def core_portfolio(panel: Panel) -> Weigher:
    """Weigh the usable core firms equally."""
    return equal(panel.snapshot.study.firms.core)


def _pure(panel: Panel) -> Weigher:
    return equal(_basket(panel, "heavy_exposed"))


def _pure_less_producer(panel: Panel) -> Weigher:
    return contrast(_basket(panel, "heavy_exposed"), _basket(panel, "producer"))


def _chain(panel: Panel) -> Weigher:
    return contrast(_basket(panel, "processors"), _basket(panel, "explorers"))


def _against_metals(panel: Panel) -> Weigher:
    return contrast(_basket(panel, "processors"), [panel.snapshot.study.benchmark.metals])


def _against_cyclicals(panel: Panel) -> Weigher:
    return contrast(panel.snapshot.study.firms.core, _basket(panel, "metals_funds"))


def _heavy(panel: Panel) -> Weigher:
    shares = panel.snapshot.universe["heavy_share"]
    return slope(shares[list(panel.snapshot.study.firms.core)])


def _market_and_sector(panel: Panel) -> tuple[str, ...]:
    benchmark = panel.snapshot.study.benchmark
    return (benchmark.market, benchmark.sector)


def _weak_demand(panel: Panel) -> pd.Index:
    """Events before which a fund moved as the claim says."""
    claim = definition(panel, "B4")
    where = Definition(claim["where"], id=claim["id"])
    fund = panel.snapshot.prices[where["return"]]
    past = fund.shift(-where["to"]) / fund.shift(-where["from"]) - 1
    return panel.events.index[holds(where, past.reindex(panel.events["day0"])).to_numpy()]


def _after_the_truce(panel: Panel) -> pd.Index:
    """Events after the day that the claim names."""
    after = pd.Timestamp(definition(panel, "B10")["after"])
    return panel.events.index[panel.events["day0"] > after]


_NET = Response(core_portfolio, POLICY, signed=True, factors=_market_and_sector)


def raw_move(panel: Panel) -> float:
    """Return the mean signed return of the days of claim A4, beside which its CAR is read.

    Their ratio, the share of the move that is left, means nothing while the raw move is near zero.
    """
    days = _NET.days(panel)
    raw = (days["raw"] * days["sign"]).groupby(days["episode"]).mean()
    return float(raw.mean())


_DRIFT = Response(core_portfolio, ALL, "A10", signed=True)


def _no_drift(panel: Panel) -> Outcome:
    """Equivalence: an interval of the mean drift against bounds."""
    outcome = mean_test(_DRIFT)(panel)
    if outcome.effect is None or outcome.p is None:
        return outcome
    claim, size = definition(panel, "A10"), panel.snapshot.study.inference.size
    mean = across_episodes_t(_DRIFT.values(panel)["car"])
    reach = float(stats.t.ppf((1 + claim["interval"]) / 2, mean.df)) * mean.se
    low, high = claim["bounds"]
    inside = low < mean.estimate - reach and mean.estimate + reach < high
    verdict = "supported" if inside else "contradicted" if outcome.p < size else "mixed"
    return replace(outcome, verdict=verdict, confirmatory=False)


def pair_returns(panel: Panel) -> pd.DataFrame:
    """Compute the pair trade's net return after each event, without look-ahead.

    The capital in the pure plays against the producer sold short, opened at the close of day 0 and
    closed ``holding`` sessions later. Costs: four trades of one leg's value, and the borrow fee.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: ``car`` (net return, fraction of one leg) and ``scar``, the same,
        so that the tests across episodes apply. Events without both legs are left out.
    """
    net = _pair_by_session(panel)
    per_event = net.reindex(panel.events["day0"]).set_axis(panel.events.index)
    return pd.DataFrame({"car": per_event, "scar": per_event}).dropna()


def _pair_by_session(panel: Panel) -> pd.Series:
    """Net return of the pair opened at the close of every session."""
    return net_returns(panel, _basket(panel, "producer"), delay=0)


def _pair(panel: Panel) -> Outcome:
    days = chosen_days(panel, pair_returns(panel), UNWELCOME)
    return from_pool(averaged(days), panel, null=lambda: _moved(panel, days, _pair_by_session))


def volatility_ratios(panel: Panel) -> pd.DataFrame:
    """Compare the core portfolio's realised volatility after and before each episode's first day.

    Returns
    -------
    DataFrame
        Indexed by episode: ``car`` = log of the standard deviation over the days after less that
        over the days before, and ``scar``, the same; ``day0``.
    """
    events = panel.events[panel.events["status"] == "confirmatory"]
    first = events.groupby("episode")["day0"].min()
    values = _ratio_by_session(panel).reindex(first).set_axis(first.index)
    return pd.DataFrame({"car": values, "scar": values, "day0": first}).dropna()


def _ratio_by_session(panel: Panel) -> pd.Series:
    """Log of the core volatility after every session less that before it."""
    claim = definition(panel, "B7")
    core = panel.returns[list(panel.snapshot.study.firms.core)].mean(axis=1)

    def deviation(first: int, last: int) -> pd.Series:
        spread: pd.Series = np.log(core.rolling(last - first + 1).std()).shift(-last)
        return spread

    return deviation(*claim["after"]) - deviation(*claim["before"])


def _volatility(panel: Panel) -> Outcome:
    ratios = volatility_ratios(panel)
    days = ratios.reset_index().assign(sign=1)
    outcome = from_pool(ratios, panel, null=lambda: _moved(panel, days, _ratio_by_session))
    return replace(outcome, format="decimal2", power=None)


def _moved(
    panel: Panel, days: pd.DataFrame, by_session: Callable[[Panel], pd.Series]
) -> EpisodeNull:
    """Move the chosen days of a series that has a value on every session to quiet sessions."""
    values = by_session(panel).to_numpy()
    series = pd.DataFrame({"series": np.where(quiet_sessions(panel), values, np.nan)})
    return EpisodeNull((moved_episodes(panel, days.assign(members="series"), series),))


def _difference(portfolio: Callable[[Panel], Weigher]) -> Test:
    """Build the test of tightening less easing."""
    return difference_test(Response(portfolio, ("tightening",)), Response(portfolio, ("easing",)))


POOLED: Mapping[str, Test] = {
    "A3": mean_test(Response(_heavy, POLICY, signed=True)),
    "A4": mean_test(_NET),
    "A5": mean_test(Response(_pure, ("disappointment",))),
    "A7": mean_test(Response(_chain, POLICY, signed=True)),
    "A9": mean_test(Response(core_portfolio, ("easing",), "A9")),
    "A10": _no_drift,
    "A11": difference_test(
        Response(_pure, ("easing",), signed=True), Response(_pure, ("tightening",))
    ),
    "A12": mean_test(Response(core_portfolio, POLICY, "A12", signed=True)),
    "A13": _pair,
    "A14": mean_test(Response(_against_metals, POLICY, signed=True)),
    "B3": _difference(core_portfolio),
    "B4": mean_test(Response(core_portfolio, ("tightening",), only=_weak_demand)),
    "B7": _volatility,
    "B9": mean_test(Response(_against_cyclicals, ("easing",), "B9"), sign=-1),
    "B10": mean_test(Response(core_portfolio, UNWELCOME, only=_after_the_truce)),
    "B11": _difference(_pure_less_producer),
    "B15": mean_test(Response(_chain, ("easing",), "B15")),
}
