"""Claims decided by pooling episodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.findings.episodes import episode_values
from analysis.findings.outcomes import Outcome, from_pool, two_samples
from analysis.findings.pair_trade import net_returns
from analysis.findings.panel import Panel
from analysis.findings.portfolios import Weigher, contrast, equal, portfolio_cars, slope

__all__ = ["POOLED", "pair_returns", "volatility_ratios"]

POLICY = ("tightening", "disappointment", "easing")
UNWELCOME = ("tightening", "disappointment")
ALL = (*POLICY, "support")
Test = Callable[[Panel], Outcome]


def _basket(panel: Panel, name: str) -> tuple[str, ...]:
    return panel.snapshot.study.baskets[name]


def _core(panel: Panel) -> Weigher:
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
    study = panel.snapshot.study
    return contrast(study.firms.core, ["COPX", study.benchmark.sector])


def _heavy(panel: Panel) -> Weigher:
    shares = panel.snapshot.universe["heavy_share"]
    return slope(shares[list(panel.snapshot.study.firms.core)])


def _mean(
    portfolio: Callable[[Panel], Weigher],
    window: str,
    directions: tuple[str, ...],
    *,
    signed: bool = False,
    sign: int = 1,
    bounds: tuple[int, int] | None = None,
) -> Test:
    """Build the t-test across episodes of one portfolio's response."""

    def test(panel: Panel) -> Outcome:
        cars = portfolio_cars(panel, portfolio(panel), window, bounds=bounds)
        return from_pool(episode_values(panel, cars, directions, signed=signed), panel, sign)

    return test


def _difference(portfolio: Callable[[Panel], Weigher], *, flip_easing: bool = False) -> Test:
    """Build the two-sample test of tightening against easing.

    With ``flip_easing`` it asks instead whether easing lowers more than tightening raises.
    """

    def test(panel: Panel) -> Outcome:
        cars = portfolio_cars(panel, portfolio(panel), panel.snapshot.study.windows.primary)
        tightening = episode_values(panel, cars, ("tightening",))
        easing = episode_values(panel, cars, ("easing",))
        if flip_easing:
            return two_samples(
                easing.assign(car=-easing["car"], scar=-easing["scar"]), tightening, panel
            )
        return two_samples(tightening, easing, panel)

    return test


def _after_market_and_sector(panel: Panel) -> Outcome:
    benchmark = panel.snapshot.study.benchmark
    cars = portfolio_cars(
        panel,
        _core(panel),
        panel.snapshot.study.windows.primary,
        factors=(benchmark.market, benchmark.sector),
    )
    return from_pool(episode_values(panel, cars, POLICY, signed=True), panel)


def _no_drift(panel: Panel) -> Outcome:
    """Equivalence: the 90% interval of the mean drift against bounds of five points."""
    cars = portfolio_cars(panel, _core(panel), "car_0_20", bounds=(1, 20))
    values = episode_values(panel, cars, ALL, signed=True)
    outcome = from_pool(values, panel)
    if outcome.effect is None or outcome.p is None:
        return outcome
    count = len(values)
    reach = stats.t.ppf(0.95, count - 1) * values["car"].std(ddof=1) / np.sqrt(count)
    inside = abs(outcome.effect) + float(reach) < 0.05
    verdict = "supported" if inside else "contradicted" if outcome.p < 0.05 else "mixed"
    return replace(outcome, verdict=verdict, confirmatory=False)


def _weak_demand(panel: Panel) -> Outcome:
    """Tightening after a fall of the sector over the 20 sessions that end at day -1."""
    cars = portfolio_cars(panel, _core(panel), panel.snapshot.study.windows.primary)
    sector = panel.snapshot.prices[panel.snapshot.study.benchmark.sector]
    past = (sector.shift(1) / sector.shift(21) - 1).reindex(panel.events["day0"])
    weak = panel.events.index[(past < 0).to_numpy()]
    return from_pool(episode_values(panel, cars[cars.index.isin(weak)], ("tightening",)), panel)


def _after_the_truce(panel: Panel) -> Outcome:
    """Unwelcome news after October 2025."""
    cars = portfolio_cars(panel, _core(panel), panel.snapshot.study.windows.primary)
    late = panel.events.index[panel.events["day0"] > pd.Timestamp("2025-10-31")]
    return from_pool(episode_values(panel, cars[cars.index.isin(late)], UNWELCOME), panel)


def pair_returns(panel: Panel) -> pd.DataFrame:
    """Compute the pair trade's net return after each event, without look-ahead.

    Half the capital in each pure play against MP sold short, opened at the close of day 0 and
    closed ``holding`` sessions later. Costs: four trades of one leg's value, and the borrow fee.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: ``car`` (net return, fraction of one leg) and ``scar``, the same,
        so that the tests across episodes apply. Events without both legs are left out.
    """
    net = net_returns(panel, _basket(panel, "producer"), delay=0)
    per_event = net.reindex(panel.events["day0"]).set_axis(panel.events.index)
    return pd.DataFrame({"car": per_event, "scar": per_event}).dropna()


def _pair(panel: Panel) -> Outcome:
    return from_pool(episode_values(panel, pair_returns(panel), UNWELCOME), panel)


def volatility_ratios(panel: Panel) -> pd.DataFrame:
    """Compare the core portfolio's realised volatility after and before each episode's first day.

    Returns
    -------
    DataFrame
        Indexed by episode: ``car`` = log of the standard deviation over days +1 to +20 less that
        over days -20 to -1, and ``scar``, the same.
    """
    firms = list(panel.snapshot.study.firms.core)
    core = panel.returns[firms].mean(axis=1)
    deviation = np.log(core.rolling(20).std())
    ratio = deviation.shift(-20) - deviation.shift(1)
    events = panel.events[panel.events["status"] == "confirmatory"]
    first = events.groupby("episode")["day0"].min()
    values = ratio.reindex(first).set_axis(first.index)
    return pd.DataFrame({"car": values, "scar": values}).dropna()


def _volatility(panel: Panel) -> Outcome:
    return replace(from_pool(volatility_ratios(panel), panel), format="decimal2")


POOLED: Mapping[str, Test] = {
    "A3": _mean(_heavy, "car_0_1", POLICY, signed=True),
    "A4": _after_market_and_sector,
    "A5": _mean(_pure, "car_0_1", ("disappointment",)),
    "A7": _mean(_chain, "car_0_1", POLICY, signed=True),
    "A9": _mean(_core, "car_0_10", ("easing",), bounds=(1, 5)),
    "A10": _no_drift,
    "A11": _difference(_pure, flip_easing=True),
    "A12": _mean(_core, "car_0_4", POLICY, signed=True),
    "A13": _pair,
    "A14": _mean(_against_metals, "car_0_1", POLICY, signed=True),
    "B3": _difference(_core),
    "B4": _weak_demand,
    "B7": _volatility,
    "B9": _mean(_against_cyclicals, "car_0_20", ("easing",), sign=-1),
    "B10": _after_the_truce,
    "B11": _difference(_pure_less_producer),
    "B15": _mean(_chain, "car_0_20", ("easing",)),
}
