"""Which test of a group to believe: what its event days allow, and what other tests then say."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.estimators.arrays import Ints
from analysis.estimators.events.windows import group_episodes
from analysis.estimators.significance import LEVEL
from analysis.userfiles.options import Window

__all__ = ["Advice", "advise", "tell_disagreement"]

ONE_DATE = ("conformal", "portfolio_t", "placebo")
DEPENDENT = ("across_episodes_t", "sign_flip", "placebo", "calendar_time_t", "kp_bmp")
INDEPENDENT = (
    "bmp",
    "across_episodes_t",
    "sign_flip",
    "placebo",
    "grank_t",
    "generalized_sign",
    "wilcoxon",
    "bhar_skewness_adjusted_t",
    "calendar_time_t",
)
SHOWN = 3  # tests that a line names


@dataclass(frozen=True, slots=True)
class Advice:
    """The tests that a group's event days allow, the first to be read first, and why."""

    tests: tuple[str, ...]
    reason: str


def advise(events: pd.DataFrame, position: Ints, window: Window) -> Advice:
    """Say which tests hold their size for a group.

    Parameters
    ----------
    events : DataFrame, (N, ...)
        Of one group: ``episode``, where they have it, numbers event days that count once.
    position : (N,)
        Sessions of their day 0s.
    window : (int, int)
        First and last event day.
    """
    days = pd.unique(position)
    if len(days) == 1:
        return Advice(ONE_DATE, "all events share one day, so the firms are one asset")
    overlap = len(set(group_episodes(days, window[1] - window[0]))) < len(days)
    if "episode" in events.columns and events["episode"].nunique() < len(events):
        return Advice(DEPENDENT, "episodes hold several events, which count once")
    if len(days) < len(position):
        return Advice(DEPENDENT, "firms share event days, so they are not independent")
    if overlap:
        told = "windows overlap, so events are not independent: give each cluster an episode"
        return Advice(DEPENDENT, told)
    return Advice(INDEPENDENT, "each event has its own days, so events are independent")


def tell_disagreement(group: str, tests: pd.DataFrame, advice: Advice) -> str:
    """Say in one line which test to believe where tests disagree at 5%; empty where none do.

    Parameters
    ----------
    tests : DataFrame, by name
        ``p`` of each test of the group; NaN where it was refused.
    """
    known = tests["p"].dropna()
    found = {name: bool(p <= LEVEL) for name, p in known.items()}
    trusted = [name for name in advice.tests if name in found]
    others = [str(name) for name in found if name not in advice.tests]
    if not trusted:
        if not others or not any(found.values()):
            return ""
        wanted = ", ".join(advice.tests[:SHOWN])
        return f"{group}: {advice.reason}; none of its tests allows for that, ask for {wanted}"
    first = trusted[0]
    apart = [name for name in trusted if found[name] != found[first]]
    if apart:
        return (
            f"{group}: tests that can be trusted disagree at {LEVEL:.0%}: "
            f"{_with_p([first, *apart], known)}; report them together"
        )
    misled = [name for name in others if found[name] != found[first]]
    if not misled:
        return ""
    verb = "find an" if found[misled[0]] else "find no"
    return (
        f"{group}: {_with_p(misled, known)} {verb} effect at {LEVEL:.0%}; believe "
        f"{_with_p([first], known)}, for {advice.reason}"
    )


def _with_p(names: list[str], known: pd.Series) -> str:
    shown = [f"{name} (p {known[name]:.3g})" for name in names[:SHOWN]]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(shown) + more
