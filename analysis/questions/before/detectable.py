"""The effects that the registered tests can find, from quiet days alone: no response of an event.

On each quiet day the firms that can be used are measured as they will be on events. The spread of
their mean over quiet days stands for that of one episode, so that the standard error of a mean over
K episodes is this spread over the root of K.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.estimators.significance import minimum_detectable
from analysis.reads import Made, make
from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import Column, Scalar, numbers_of, scalar_numbers, table_of
from analysis.snapshot.claims import Difference, Events, Mean
from analysis.snapshot.load import Snapshot
from analysis.snapshot.portfolios import parse_portfolio
from analysis.study.each_firm import list_episodes, mean_on_quiet_days

__all__ = ["detectable_effects", "report_detectable"]

WORDS = "effect that the test of {claim} finds with the power of the study, "
COLUMNS = (
    Column("claim", "Claim"),
    Column("statement", "Statement"),
    Column("episodes", "K"),
    Column("scar", "SCAR", "decimal2", "standard errors", WORDS + "mean SCAR", ".scar"),
    Column("car", "CAR", "percent1", "fraction", WORDS + "mean CAR", ".car"),
)
NOTE = (
    "K: episodes. Effect found with {power:.0%} power by a two-sided t-test of size {size:.0%}, "
    "noncentral t; standard error from the spread of the firms' mean on {days} quiet days, each "
    "more than {quiet} sessions of New York from every listed event, before any response of an "
    "event was computed. Above {bound:.0%} of the price a test cannot decide."
)


def report_detectable(snapshot: Snapshot) -> Findings:
    """Publish the detectable effect of each confirmatory test across episodes."""
    source = Provenance.of(detectable_effects, "firms of the earlier study on quiet days")
    found, quiet = detectable_effects(snapshot)
    choices = snapshot.choices
    bound = choices.registered.bound["car"]
    spread: dict[str, Scalar] = {
        "quiet_days": (len(quiet), "quiet days with a firm"),
        "sd_scar": (quiet["scar"].std(), "standard deviation of the firms' mean SCAR on quiet days",
                    "standard errors", "decimal2"),
        "sd_car": (quiet["car"].std(), "standard deviation of the firms' mean CAR on quiet days",
                   "fraction", "percent1"),
    }  # fmt: skip
    above = found.loc[found["car"] > bound, "claim"]
    return Findings(
        numbers=[
            *numbers_of(found, COLUMNS, "before.detectable.{claim}", source),
            *scalar_numbers("before.detectable", spread, source),
        ],
        tables=[
            table_of(
                "before_detectable",
                found,
                COLUMNS,
                source,
                NOTE,
                power=choices.inference.power,
                size=choices.inference.size,
                days=len(quiet),
                quiet=choices.each_firm.quiet,
                bound=bound,
            )
        ],
        verdicts=[
            Verdict(
                "before.detectable",
                "some cannot decide" if len(above) else "each can decide",
                f"detectable mean CAR of each test against {bound:g} of the price",
                f"largest {found['car'].max():.4f}; above: {', '.join(above) or 'none'}",
                source,
            )
        ],
    )


def detectable_effects(snapshot: Snapshot) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute the detectable effect of every confirmatory mean or difference.

    Returns
    -------
    tuple of DataFrame
        One row a claim: ``claim``, ``statement``, ``episodes`` (K, or K of both sides), ``df``,
        ``scar`` and ``car`` (fraction), the detectable effects; and the means on quiet days of the
        core: see :func:`analysis.study.each_firm.mean_on_quiet_days`.
    """
    return _kept(snapshot).use()


@lru_cache(maxsize=4)
def _kept(snapshot: Snapshot) -> Made[tuple[pd.DataFrame, pd.DataFrame]]:
    return make(lambda: _detectable_effects(snapshot))


def _detectable_effects(snapshot: Snapshot) -> tuple[pd.DataFrame, pd.DataFrame]:
    inference, rows = snapshot.choices.inference, []
    core = snapshot.choices.firms.core
    quiet = {core: mean_on_quiet_days(snapshot, core)}
    for claim in snapshot.claims.values():
        if not isinstance(claim, Mean | Difference) or claim.status != "confirmatory":
            continue
        firms = parse_portfolio(claim.of, snapshot).members
        if firms not in quiet:
            quiet[firms] = mean_on_quiet_days(snapshot, firms)
        spread = quiet[firms][["scar", "car"]].std()
        episodes = list_episodes(snapshot, firms)
        counts = np.array([_count(episodes, events) for events in claim.sides.values()])
        df = counts.min() - 1
        found = minimum_detectable(
            spread * np.sqrt((1 / counts).sum()), [df, df], inference.power, inference.size
        )
        rows.append(
            {
                "claim": claim.id,
                "statement": claim.statement,
                "episodes": " + ".join(map(str, counts)),
                "df": df,
                "scar": found[0],
                "car": found[1],
            }
        )
    return pd.DataFrame(rows), quiet[core]


def _count(episodes: pd.DataFrame, events: Events) -> int:
    """Count the episodes that hold events of the directions asked for and no others."""
    asked = episodes["direction"].isin(events.directions)
    whole = asked.groupby(episodes["episode"]).all() & ~episodes.groupby("episode")["mixed"].any()
    return int(whole.sum())
