"""Tests across episodes of firms on their own sessions: t, exact rotations, Holm, verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import StudyError
from analysis.estimators.arrays import Bools, Floats, Ints
from analysis.estimators.multiplicity import holm
from analysis.snapshot.claims import Claim, Difference, Events, Mean, OnEvents, Variance
from analysis.snapshot.load import Snapshot
from analysis.study.calendars import Calendars, Episodes, average, place_events
from analysis.study.each_session import MEASURES, FirmTable, tabulate
from analysis.study.outcomes import SIGN, Outcome
from analysis.study.verdicts import decide_symmetric

__all__ = ["Run", "Statistics", "decide_run", "list_tested", "run_tests", "take_statistics"]

LEAST = 2  # episodes on a side: the registration names no other number that t needs
ROUNDING = 1e-12  # share by which a rotation as large may fall short


@dataclass(frozen=True)
class Run:
    """One way of running the tests.

    Attributes
    ----------
    id, words : str
        Its name and what it is, as registered.
    firms : tuple of str
        Firms that may count.
    since : mapping of str to Timestamp
        Firms that count from a day on.
    until : mapping of str to Timestamp
        Firms that count to a day, whatever closes there are after it.
    events : array of bool, or None
        Which events of the study enter, of those tested; None: all.
    earlier : array of bool, or None
        Events whose day 0 is taken one session earlier.
    own_news : bool
        Whether firms stay in the events that are their own news.
    window : (int, int) or None
        The primary one if None.
    intercept : bool or None
        Of the market model; as the rules of the study have it if None.
    """

    id: str
    words: str
    firms: tuple[str, ...]
    since: Mapping[str, pd.Timestamp] = field(default_factory=dict)
    until: Mapping[str, pd.Timestamp] = field(default_factory=dict)
    events: Bools | None = None
    earlier: Bools | None = None
    own_news: bool = False
    window: tuple[int, int] | None = None
    intercept: bool | None = None

    def table(self, snapshot: Snapshot) -> FirmTable:
        """Return what its firms show on every session."""
        found = tabulate(snapshot, self.window, intercept=self.intercept)
        last = snapshot.choices.windows.primary_bounds[1]
        return found.keep(self.firms, self.since, self.until, last)

    def calendar(self, snapshot: Snapshot) -> Calendars:
        """Return the calendar of its events."""
        tested = [n for n, each in snapshot.choices.directions.items() if each.tested]
        chosen = snapshot.events["direction"].isin(tested).to_numpy()
        chosen = chosen if self.events is None else chosen & self.events
        earlier = None if self.earlier is None else self.earlier[chosen]
        return place_events(snapshot, snapshot.events[chosen], earlier)

    def average(
        self, snapshot: Snapshot, calendars: Calendars, measures: Sequence[str] = MEASURES
    ) -> Episodes:
        """Return the episodes of calendars of its events."""
        table = self.table(snapshot)
        return average(snapshot, calendars, table, own_news=self.own_news, measures=measures)


@dataclass(frozen=True)
class Statistics:
    """What a test finds in each of C calendars; NaN where it cannot be made.

    Attributes
    ----------
    count : array, (S, C)
        Episodes on each side.
    mean, se, t, p : array, (C,)
        Mean or difference of means, its standard error, t and the two-sided p of Student's t.
    """

    count: Ints
    mean: Floats
    se: Floats
    t: Floats
    p: Floats

    @property
    def df(self) -> Ints:
        """Episodes on the smaller side, less one. (C,)."""
        return np.asarray(self.count.min(axis=0) - 1)


def take_statistics(values: Floats, sides: Sequence[Bools]) -> Statistics:
    """Take t across episodes, of two sides that of Ibragimov and Müller (2016).

    Parameters
    ----------
    values : array, (C, E)
        Of episodes.
    sides : one or two arrays of bool, (C, E)
        Which episodes enter.
    """
    count = np.stack([side.sum(axis=1) for side in sides])
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.stack([np.where(s, values, 0).sum(axis=1) for s in sides]) / count
        squares = [
            (np.where(side, values - mean[:, None], 0) ** 2).sum(axis=1)
            for side, mean in zip(sides, means, strict=True)
        ]
        se = np.sqrt((np.stack(squares) / (count - 1) / count).sum(axis=0))
        mean = means[0] - means[1] if len(sides) == 2 else means[0]
        fewest = count.min(axis=0)
        se = np.where(fewest >= LEAST, se, np.nan)
        t = mean / se
    p = 2 * special.stdtr(np.maximum(fewest - 1, 1), -np.abs(t))
    return Statistics(count, mean, se, t, p)


def list_tested(claims: Mapping[str, Claim]) -> dict[str, OnEvents]:
    """Return the confirmatory claims on events, which are tested firm by firm.

    Raises
    ------
    StudyError
        If one asks for what responses firm by firm do not have.
    """
    known, plain = (Mean, Difference, Variance), Events()
    found: dict[str, OnEvents] = {}
    for key, claim in claims.items():
        if not isinstance(claim, known) or claim.status != "confirmatory":
            continue
        for events in claim.sides.values():
            for name in ("signed", "after", "before", "only", "without", "day", "where"):
                if getattr(events, name) != getattr(plain, name):
                    raise StudyError(
                        f"claims.toml, claim {key}: expected events by direction alone in a study "
                        f"firm by firm, found {name}; take it out"
                    )
        found[key] = claim
    return found


def run_tests(
    snapshot: Snapshot,
    claims: Mapping[str, OnEvents],
    found: Episodes,
    moved: Episodes,
    *,
    beside: bool = True,
) -> pd.DataFrame:
    """Run every test.

    Parameters
    ----------
    found, moved : Episodes
        Of the calendar and of all its rotations.
    beside : bool
        Whether t-tests get a p of the rotations as well; `moved` then holds ``scar``.

    Returns
    -------
    DataFrame
        One row a claim: ``claim``, ``statement``, ``episodes`` (K, or K of both sides), ``fewest``,
        ``scar`` (mean SCAR or difference, of a variance the mean square), ``rotations`` (p of t, of
        a variance of the mean square), ``rotations_mean`` (that of the mean, the other reading),
        ``rotated`` (how many), ``elsewhere`` (mean square over rotations), ``se``, ``low``,
        ``high``, ``df``, ``t``, ``p`` (two-sided Student; of a variance that of the rotations),
        ``car`` (mean CAR or difference, fraction).
    """
    level, rows = snapshot.choices.inference.level, []
    for key, claim in claims.items():
        of = moved if beside or isinstance(claim, Variance) else None
        rows.append({"claim": key, "statement": claim.statement, **_test(claim, found, of, level)})
    return pd.DataFrame(rows)


def _test(
    claim: OnEvents, found: Episodes, moved: Episodes | None, level: float
) -> dict[str, object]:
    sides = list(claim.sides.values())
    squared = isinstance(claim, Variance)
    here = _statistics("square" if squared else "scar", found, sides)
    count, fewest = here.count[:, 0], int(here.count[:, 0].min())
    row = {
        "episodes": " + ".join(map(str, count)),
        "fewest": fewest,
        "scar": float(here.mean[0]),
        **_beside(squared, here, moved, sides),
    }
    if squared:
        return row | {"p": row["rotations"]}
    half = special.stdtrit(max(fewest - 1, 1), (1 + level) / 2) * here.se[0]
    return row | {
        "se": float(here.se[0]),
        "low": float(here.mean[0] - half),
        "high": float(here.mean[0] + half),
        "df": fewest - 1,
        "t": float(here.t[0]),
        "p": float(here.p[0]),
        "car": float(_statistics("car", found, sides).mean[0]),
    }


def _statistics(measure: str, of: Episodes, sides: Sequence[Events]) -> Statistics:
    return take_statistics(of.values[measure], [of.enter(events) for events in sides])


def _beside(
    squared: bool, here: Statistics, moved: Episodes | None, sides: Sequence[Events]
) -> dict[str, object]:
    """Return the p of the rotations, their number, and their mean of a square."""
    if moved is None:
        return {}
    there = _statistics("square" if squared else "scar", moved, sides)
    mean = _rotation_p(there.mean, here.mean[0], squared)
    if not squared:
        p, count = _rotation_p(there.t, here.t[0], squared)
        return {"rotations": p, "rotated": count, "rotations_mean": mean[0]}
    p = mean[0] if here.count.min() >= LEAST else np.nan
    known = there.mean[~np.isnan(there.mean)]
    elsewhere = float(known.mean()) if known.size else np.nan
    return {"rotations": p, "rotated": mean[1], "elsewhere": elsewhere}


def _rotation_p(moved: Floats, observed: float, one_sided: bool) -> tuple[float, int]:
    """Return (1 + rotations at least as large) / (1 + rotations), and the number of rotations."""
    known = moved[~np.isnan(moved)]
    if np.isnan(observed):
        return np.nan, known.size
    size, limit = (known, observed) if one_sided else (np.abs(known), abs(observed))
    beyond = int((size >= limit * (1 - ROUNDING)).sum())
    return (1 + beyond) / (1 + known.size), known.size


def decide_run(
    snapshot: Snapshot,
    tests: pd.DataFrame,
    claims: Mapping[str, OnEvents],
    detectable: Mapping[str, float],
) -> pd.DataFrame:
    """Adjust the p of the family by Holm's method and decide by the registered rule.

    A claim on squares is on its own: supported below the size of tests, else within noise.

    Parameters
    ----------
    tests : DataFrame
        From :func:`run_tests`.
    detectable : mapping of str to float
        By claim: detectable mean CAR (fraction).

    Returns
    -------
    DataFrame
        With ``holm`` and ``verdict``.
    """
    size, bound = snapshot.choices.inference.size, snapshot.choices.registered.bound.get("car")
    family = [claims[key].family for key in tests["claim"]]
    adjusted = pd.Series(np.nan, tests.index)
    adjusted[family] = holm(tests.loc[family, "p"])
    said = []
    for row, p in zip(tests.to_dict("records"), adjusted, strict=True):
        claim = claims[row["claim"]]
        if isinstance(claim, Variance):
            said.append("supported" if row["p"] < size else "within noise")
            continue
        outcome = Outcome(
            row["scar"],
            p=row["p"],
            detectable=detectable[row["claim"]],
            sign=SIGN[claim.claimed],
            se=row["se"],
        )
        said.append(decide_symmetric(outcome, None if np.isnan(p) else p, size, bound))
    return tests.assign(holm=adjusted, verdict=said)
