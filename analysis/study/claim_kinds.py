"""The kinds of claims on responses to events: a mean, a difference, an equivalence, a variance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimators.events.variance import average_sizes, compare_variance, share_left
from analysis.estimators.significance import student
from analysis.snapshot.claims import (
    Difference,
    Equivalence,
    Mean,
    OnEvents,
    Variance,
    VarianceShare,
)
from analysis.snapshot.portfolios import parse_portfolio
from analysis.study.episodes import FEWEST, averaged, chosen_days, judge_events
from analysis.study.outcomes import CANNOT, SIGN, Outcome, compare_episodes
from analysis.study.panel import Panel, chained
from analysis.study.placebo import EpisodeNull, moved_episodes
from analysis.study.responses import (
    Responses,
    add_returns,
    cumulate,
    daily_scores,
    series_responses,
)
from analysis.study.series import log_volatility_ratio, net_returns, other_sessions

__all__ = [
    "chained_for",
    "decide_difference",
    "decide_equivalence",
    "decide_mean",
    "decide_variance",
    "decide_variance_share",
    "factors_of",
    "judge_equivalence",
    "judge_share",
    "lies_inside",
    "list_events",
    "raw_move",
    "responses_of",
]


def responses_of(claim: OnEvents, panel: Panel) -> Responses:
    """Compute what a claim measures, for every session."""
    portfolio = parse_portfolio(claim.of, panel.snapshot)
    if isinstance(claim, Mean) and claim.response == "trade":
        return series_responses(panel, net_returns(panel, portfolio, delay=0))
    if isinstance(claim, Mean) and claim.response == "log_volatility_ratio":
        window, base = _window(claim, panel), claim.base or claim.window or (0, 0)
        return series_responses(panel, log_volatility_ratio(panel, portfolio, window, base))
    factors = factors_of(claim, panel)
    if isinstance(claim, Variance):
        scores = daily_scores(panel, portfolio, clean=claim.clean or (0, 0), factors=factors)
        return series_responses(panel, average_sizes(scores, 2, _window(claim, panel)))
    follows = claim.follows if isinstance(claim, Mean) else None
    clean = claim.clean or True
    return cumulate(panel, portfolio, claim.window, clean=clean, factors=factors, follows=follows)


def factors_of(claim: OnEvents, panel: Panel) -> tuple[str, ...] | None:
    """Return the factors of the model that a claim names; None if it takes the study's."""
    if not claim.model:
        return None
    return panel.snapshot.choices.own_curve.models[claim.model].factors


def _window(claim: OnEvents, panel: Panel) -> tuple[int, int]:
    return claim.window or panel.snapshot.choices.windows.primary_bounds


def _days(claim: OnEvents, panel: Panel) -> tuple[Responses, list[pd.DataFrame]]:
    """Return what a claim measures, and the days that it averages on each side."""
    responses = responses_of(claim, panel)
    panel = chained_for(claim, panel)
    found = responses.at_events(panel)
    return responses, [chosen_days(panel, found, events) for events in claim.sides.values()]


def chained_for(claim: OnEvents, panel: Panel) -> Panel:
    """Return the panel with the episodes of a claim: those of its window where that is of a CAR."""
    if getattr(claim, "response", "car") != "car":
        return panel
    return chained(panel, claim.window or panel.snapshot.choices.windows.primary_bounds)


def _test(claim: OnEvents, panel: Panel) -> tuple[Outcome, list[pd.DataFrame]]:
    """Test a claim across episodes; also return their values, a frame a side."""
    responses, sides = _days(claim, panel)

    def null() -> EpisodeNull:
        quiet = (responses.on_quiet_sessions(panel, days["members"]) for days in sides)
        moved = (moved_episodes(panel, *each) for each in zip(sides, quiet, strict=True))
        return EpisodeNull(tuple(moved))

    values = [averaged(days) for days in sides]
    return compare_episodes(panel, *values, sign=SIGN[claim.claimed], null=null), values


def decide_mean(claim: Mean, panel: Panel) -> Outcome:
    """Test the mean response by t across episodes."""
    outcome, _ = _test(claim, panel)
    if claim.response == "log_volatility_ratio":  # the reference size is one of a CAR
        outcome = replace(outcome, format="decimal2", power=None)
    return outcome


def decide_difference(claim: Difference, panel: Panel) -> Outcome:
    """Compare two kinds of events by the t-test of Ibragimov and Müller (2016)."""
    return _test(claim, panel)[0]


def decide_equivalence(claim: Equivalence, panel: Panel) -> Outcome:
    """Hold the interval of the mean response against the bounds."""
    outcome, (values,) = _test(claim, panel)
    outcome = replace(outcome, confirmatory=claim.family)
    if outcome.p is None or outcome.effect is None or outcome.se is None:
        return outcome
    mean = student("t", len(values), outcome.effect, outcome.se, len(values) - 1)
    low, high = mean.interval(claim.interval)
    size = panel.snapshot.choices.inference.size
    inside, rejected = bool(lies_inside(claim, low, high)), outcome.p < size
    return replace(
        outcome,
        inside=inside,
        verdict=judge_equivalence(inside, rejected),
        applied=f"the {claim.interval:.0%} interval {low:.3g} to {high:.3g} lies "
        f"{'inside' if inside else 'not inside'} {claim.bounds[0]:g} to {claim.bounds[1]:g}; "
        f"p {outcome.p:.3g} is {'below' if rejected else 'not below'} {size:g}",
    )


def decide_variance(claim: Variance, panel: Panel) -> Outcome:
    """Hold the mean square on event days against rotated calendars, one-sided as claimed.

    Shown is by how much it exceeds that of sessions without listed events, as a share of it. The
    rotations are placebo dates already, so that the p-value is its own placebo p.
    """
    responses, (days,) = _days(claim, panel)
    count, sign = days["episode"].nunique(), SIGN[claim.claimed]
    if count < FEWEST:
        return Outcome(None, count=str(count), sign=sign)
    inference, (first, last) = panel.snapshot.choices.inference, _window(claim, panel)
    found = compare_variance(
        responses.table["car"].droplevel(0),
        days.set_index("day0")["episode"],
        other_sessions(panel),
        clear=last - first + 1,
        side="greater" if sign > 0 else "less",
        level=inference.level,
        draws=inference.draws,
        seed=inference.seed,
    )
    return Outcome(
        effect=found.ratio - 1,
        low=found.low - 1,
        high=found.high - 1,
        p=found.p,
        count=str(count),
        sign=sign,
        format="percent0",
        placebo=found.p,
    )


def decide_variance_share(claim: VarianceShare, panel: Panel) -> Outcome:
    """Hold the share of the mean square that the model leaves, by its interval, against a bound.

    Over the days of events: squared CARs over squared returns, daily ones added up as those of the
    CAR are. No placebo: it is not claimed that event days differ from others.
    """
    responses, (days,) = _days(claim, panel)
    count = days["episode"].nunique()
    if count < FEWEST:
        return Outcome(None, count=str(count))
    inference, portfolio = (
        panel.snapshot.choices.inference,
        parse_portfolio(claim.of, panel.snapshot),
    )
    moves = add_returns(panel, portfolio, _window(claim, panel), responses.clean)
    share, low, high = share_left(
        days["car"],
        moves.loc[days.index],
        days["episode"],
        level=inference.level,
        draws=inference.draws,
        seed=inference.seed,
    )
    above, below = low > claim.bound, high < claim.bound
    return Outcome(
        share,
        low,
        high,
        count=str(count),
        format="percent0",
        verdict=str(judge_share(claim, low, high)),
        applied=f"the {inference.level:.0%} interval {low:.3g} to {high:.3g} "
        f"{'lies above' if above else 'lies below' if below else 'holds'} {claim.bound:g}",
        confirmatory=False,
    )


def lies_inside(
    claim: Equivalence, low: npt.ArrayLike, high: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Say of intervals whether they lie inside the bounds of a claim."""
    below, above = claim.bounds
    return np.asarray((below < np.asarray(low)) & (np.asarray(high) < above))


def judge_share(
    claim: VarianceShare, low: npt.ArrayLike, high: npt.ArrayLike
) -> npt.NDArray[np.str_]:
    """Judge shares by their intervals against the bound of a claim."""
    above, below = np.asarray(low) > claim.bound, np.asarray(high) < claim.bound
    return np.select([above, below], ["supported", "contradicted"], CANNOT)


def judge_equivalence(inside: bool, rejected: bool) -> str:
    """Judge a claim by its interval, and by whether a response of zero is rejected."""
    return "supported" if inside else "contradicted" if rejected else "mixed"


def raw_move(claim: Mean, panel: Panel) -> float:
    """Return the mean signed return of a claim's days, beside which its CAR is read.

    Their ratio, the share of the move that is left, means nothing while the raw move is near zero.
    """
    _, (days,) = _days(claim, panel)
    raw = (days["raw"] * days["sign"]).groupby(days["episode"]).mean()
    return float(raw.mean())


def list_events(claim: OnEvents, panel: Panel) -> pd.DataFrame:
    """List the events of the directions that a claim asks for.

    Returns
    -------
    DataFrame
        One row an event and side: ``side`` (the directions asked for), ``event``, ``day0``,
        ``episode``, ``firms`` (tickers held), ``value`` (signed as the claim asks, fraction),
        ``left_out`` (the reason; empty where the event enters).
    """
    responses, sides = _days(claim, panel)
    known, frames = responses.at_events(panel).index, []
    for events, days in zip(claim.sides.values(), sides, strict=True):
        frame = judge_events(chained_for(claim, panel), known, events).join(
            days[["members", "car"]]
        )
        frame = frame.rename(columns={"members": "firms", "car": "value"})
        frame = frame.rename_axis("event").reset_index()
        frames.append(frame.assign(side=", ".join(events.directions) or "all"))
    columns = ["side", "event", "day0", "episode", "firms", "value", "left_out"]
    return pd.concat(frames, ignore_index=True)[columns]
