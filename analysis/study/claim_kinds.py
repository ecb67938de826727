"""The kinds of claims that are decided across episodes: a mean, a difference, an equivalence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.estimators.events.across_episodes import across_episodes_t
from analysis.snapshot.claims import Difference, Equivalence, Events, Mean
from analysis.snapshot.portfolios import Portfolio, parse_portfolio
from analysis.study.episodes import averaged, chosen_days
from analysis.study.outcomes import SIGN, Outcome, from_pool, two_samples
from analysis.study.panel import Panel
from analysis.study.placebo import EpisodeNull, moved_episodes
from analysis.study.responses import Responses, cumulate, series_responses
from analysis.study.trades import net_returns

__all__ = [
    "Pooled",
    "days_of",
    "decide_difference",
    "decide_equivalence",
    "decide_mean",
    "raw_move",
    "responses_of",
    "sides_of",
]

Pooled = Mean | Difference | Equivalence


def responses_of(claim: Pooled, panel: Panel) -> Responses:
    """Compute what a claim measures, for every session."""
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    if isinstance(claim, Mean) and claim.response == "trade":
        return series_responses(panel, net_returns(panel, portfolio, delay=0))
    if isinstance(claim, Mean) and claim.response == "log_volatility_ratio":
        return series_responses(panel, _log_volatility_ratio(panel, portfolio, claim))
    curve = panel.snapshot.choices.own_curve
    return cumulate(
        panel,
        portfolio,
        claim.window,
        clean=claim.clean or True,
        factors=curve.models[claim.model].factors if claim.model else None,
    )


def _log_volatility_ratio(panel: Panel, portfolio: Portfolio, claim: Mean) -> pd.Series:
    """Log of the volatility over the window after every session less that over the base."""
    returns = panel.returns[list(portfolio.members)].mean(axis=1)
    spreads = [
        np.log(returns.rolling(last - first + 1).std()).shift(-last)
        for first, last in filter(None, (claim.window, claim.base))
    ]
    ratio: pd.Series = spreads[0] - spreads[1]
    return ratio


def sides_of(claim: Pooled) -> tuple[Events, ...]:
    """Return the events that are averaged, or those of the first side and of the second."""
    return (claim.first, claim.second) if isinstance(claim, Difference) else (claim.events,)


def days_of(claim: Pooled, panel: Panel, events: Events) -> pd.DataFrame:
    """Return the responses of the days that a claim averages; see :func:`chosen_days`."""
    return chosen_days(panel, responses_of(claim, panel).at_events(panel), events)


def decide_mean(claim: Mean, panel: Panel) -> Outcome:
    """Test the mean response by t across episodes."""
    responses = responses_of(claim, panel)
    days = chosen_days(panel, responses.at_events(panel), claim.events)
    outcome = from_pool(
        averaged(days),
        panel,
        SIGN[claim.claimed],
        lambda: EpisodeNull((_placed(panel, responses, days),)),
    )
    if claim.response == "log_volatility_ratio":  # the reference size is one of a CAR
        outcome = replace(outcome, format="decimal2", power=None)
    return outcome


def decide_difference(claim: Difference, panel: Panel) -> Outcome:
    """Compare two kinds of events by the t-test of Ibragimov and Müller (2016)."""
    responses = responses_of(claim, panel)
    found = responses.at_events(panel)
    sides = [chosen_days(panel, found, events) for events in sides_of(claim)]
    outcome = two_samples(
        averaged(sides[0]),
        averaged(sides[1]),
        panel,
        lambda: EpisodeNull(tuple(_placed(panel, responses, days) for days in sides)),
    )
    return replace(outcome, sign=SIGN[claim.claimed])


def decide_equivalence(claim: Equivalence, panel: Panel) -> Outcome:
    """Hold the interval of the mean response against the bounds."""
    responses = responses_of(claim, panel)
    days = chosen_days(panel, responses.at_events(panel), claim.events)
    values = averaged(days)
    outcome = from_pool(values, panel, null=lambda: EpisodeNull((_placed(panel, responses, days),)))
    outcome = replace(outcome, confirmatory=claim.family)
    if outcome.effect is None or outcome.p is None:
        return outcome
    low, high = across_episodes_t(values["car"]).interval(claim.interval)
    inside = claim.bounds[0] < low and high < claim.bounds[1]
    rejected = outcome.p < panel.snapshot.choices.inference.size
    verdict = "supported" if inside else "contradicted" if rejected else "mixed"
    return replace(outcome, verdict=verdict)


def _placed(panel: Panel, responses: Responses, days: pd.DataFrame) -> pd.DataFrame:
    """Return what the same episodes would show on every session. (K, T)."""
    return moved_episodes(panel, days, responses.on_quiet_sessions(panel, days["members"]))


def raw_move(claim: Mean, panel: Panel) -> float:
    """Return the mean signed return of a claim's days, beside which its CAR is read.

    Their ratio, the share of the move that is left, means nothing while the raw move is near zero.
    """
    days = days_of(claim, panel, claim.events)
    raw = (days["raw"] * days["sign"]).groupby(days["episode"]).mean()
    return float(raw.mean())
