"""How often each test rejects on a user's own prices where nothing happened.

After Brown and Warner (1985, J. Financial Economics 14): events at random firms and sessions, study
after study, each with as many events and event days as the user has. Firms of one day share it, so
that what dependence there is in the prices is there. Listed events stay: they are few among all.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import UserDataError
from analysis.estimators.arrays import Bools, Ints
from analysis.estimators.events import abnormal
from analysis.estimators.events.named_tests import TESTS, run_tests
from analysis.estimators.significance import LEVEL
from analysis.userfiles.factors import name_factors
from analysis.userfiles.options import EventOptions, SizeOptions, takes
from analysis.userfiles.output import check_names
from analysis.userfiles.sessions import place_events

__all__ = ["empirical_size"]

AT_ONCE = 20_000  # events in one run of the engine, which holds their windows: some 30 MB


@takes(SizeOptions)
def empirical_size(prices: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """Count how often each test rejects at 5% in studies of random events.

    Parameters
    ----------
    prices : DataFrame, (T, A)
        Sessions (increasing dates) by assets; missing prices stay missing. With ``given="returns"``
        returns, fractions.
    **options

    Returns
    -------
    DataFrame, by ``test``
        ``studies`` in which it has a p, ``rejects`` (share of these with p at most 0.05), ``low``
        and ``high`` (95% interval of Clopper and Pearson 1934, Biometrika 26), ``reason`` why it
        has none.

    Raises
    ------
    UserDataError
        If the benchmark is no column, a test is unknown, or the prices have no room for the events.
    """
    asked = SizeOptions(**options)
    tests = TESTS if asked.tests == ("all",) else asked.tests
    check_names("tests", tests, TESTS)
    own = ("events", "days", "replications")
    choices = EventOptions(**{n: v for n, v in vars(asked).items() if n not in own})
    factors, rng = name_factors(choices, prices, None), np.random.default_rng(asked.seed)
    try:
        drawn = _draw(prices.drop(columns=list(factors)), asked, rng)
        placed = place_events(prices, drawn, factors, choices)
        found: list[pd.DataFrame] = []
        step = max(1, AT_ONCE // asked.events)
        for start in range(0, asked.replications, step):
            inside = placed.events["group"].between(start, start + step - 1)
            study = abnormal.event_study(
                placed.returns,
                placed.events[inside],
                factors=factors,
                model=asked.model,
                length=asked.estimation,
                gap=asked.gap,
                minimum=_fewest(asked),
                window=asked.window,
                own=placed.own,
            )
            kept = study.take(np.isfinite(study.over(*asked.window).car))
            found += [
                run_tests(kept.take(np.asarray(rows)), *asked.window, rng, tests)
                for rows in kept.rows.groupby("group").indices.values()
            ]
    except ValueError as error:
        raise UserDataError(f"size: {error}; change the option or the file") from None
    return _count(pd.concat(found))


def _fewest(asked: SizeOptions) -> int:
    return math.ceil(asked.estimation / 2)


def _draw(prices: pd.DataFrame, asked: SizeOptions, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the events of every study: ``group`` (its number), ``ticker``, ``day0``.

    Days are drawn without replacement among those that have firms enough, then firms of a day.
    """
    able = _mark_able(prices, asked)
    share, rest = divmod(asked.events, asked.days)
    room = np.flatnonzero(able.sum(axis=1) >= share + (rest > 0))
    if not share or len(room) < asked.days:
        raise UserDataError(
            f"size: expected {asked.days} days on which {share + (rest > 0)} firms have prices "
            f"before and around, found {len(room)}; ask for fewer --events or --days"
        )
    parts = []
    for study in range(asked.replications):
        for place, day in enumerate(rng.choice(room, asked.days, replace=False)):
            firms = rng.choice(np.flatnonzero(able[day]), share + (place < rest), replace=False)
            parts.append(np.column_stack([np.full((len(firms), 2), (study, day)), firms]))
    study, day, firm = np.concatenate(parts).T
    return pd.DataFrame({"group": study, "ticker": prices.columns[firm], "day0": prices.index[day]})


def _mark_able(prices: pd.DataFrame, asked: SizeOptions) -> Bools:
    """Mark the firm-days that can be events: (T, A)."""
    known = np.isfinite(prices.to_numpy(dtype=float))
    before = np.zeros((len(known) + 1, known.shape[1]), dtype=np.int32)
    np.cumsum(known, axis=0, out=before[1:])
    day = np.arange(len(known))

    def count(first: int, last: int) -> Ints:
        low, high = (np.clip(day + end, 0, len(known)) for end in (first, last + 1))
        return np.asarray(before[high] - before[low])

    first, last = asked.window  # a return needs the price before, too
    whole = count(first - 1, last) == last - first + 2
    fitted = count(-asked.gap - asked.estimation, -asked.gap) > _fewest(asked)
    able: Bools = whole & fitted & (day >= asked.gap + asked.estimation)[:, None]
    return able


def _count(tables: pd.DataFrame) -> pd.DataFrame:
    """Count rejections by test over the tables of all studies."""
    rows = []
    for name, table in tables.groupby(level=0, sort=False):
        p = table["p"].dropna()
        hits, row = int((p <= LEVEL).sum()), {"test": name, "studies": len(p)}
        if len(p):
            interval = stats.binomtest(hits, len(p)).proportion_ci(0.95)
            row |= {"rejects": hits / len(p), "low": interval.low, "high": interval.high}
        refused = table.loc[table["p"].isna(), "reason"]
        rows.append(row | {"reason": "" if refused.empty else str(refused.mode().iloc[0])})
    return pd.DataFrame(rows).set_index("test")
