"""The test of one claim for every model and estimation length at once, on days of one coding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy import special

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.variance import shares_left
from analysis.questions.robustness.designs import Episodes
from analysis.questions.robustness.reader_cars import Cars
from analysis.snapshot.claims import OnEvents, VarianceShare
from analysis.study.episodes import FEWEST
from analysis.study.outcomes import SIGN
from analysis.study.panel import Panel
from analysis.study.tipping_rules import SIGNED, Measured, add_up, rule_of

__all__ = ["Tested", "join", "run_test"]

Bounds = tuple[int, int]


@dataclass(frozen=True)
class Tested:
    """What the test of a claim finds for N choices.

    Attributes
    ----------
    found : Measured
        NaN where the claim is not testable; of a share of the variance without p and error.
    low, high : array, (N,)
        Interval of the study's level, in the unit of the claim.
    episodes : array, (N, 2)
        On each side; none on the second where there is one side.
    """

    found: Measured
    low: Floats
    high: Floats
    episodes: Ints


def run_test(
    panel: Panel, claim: OnEvents, cars: Cars, window: Bounds, rows: Ints, episodes: Episodes
) -> Tested:
    """Test a claim on the days of its episodes, under N = normals times lengths choices.

    Parameters
    ----------
    panel : Panel
    claim : OnEvents
    cars : Cars
        Of M pairs of a portfolio and a session.
    window : (int, int)
        Event days that are cumulated.
    rows : array, (D,)
        The pair of each day of the claim; -1 where it has none.
    episodes : Episodes
        Of the days.
    """
    shape = (-1, rows.size)
    car = np.where(rows >= 0, cars.car[window][..., rows], np.nan).reshape(shape)
    held = _Held(car, episodes)
    if isinstance(claim, VarianceShare):
        return _test_share(panel, held, car, np.where(rows >= 0, cars.raw[window][rows], np.nan))
    weight = np.where(rows >= 0, cars.weight[window][..., rows], np.nan).reshape(shape)
    if follows := getattr(claim, "follows", None):
        car = car * np.sign(cars.car[follows][..., rows].reshape(shape))
    columns = {"car": car, "scar": car * weight, "weight": weight}
    rule = rule_of(panel.rules)
    turned = episodes.factor * SIGN[claim.claimed]  # effects are those of the ledger, not turned
    values = np.stack(
        [held.average(columns[n]) * (turned if n in SIGNED else 1) for n in rule.columns], axis=-1
    )
    sides = [values[:, episodes.second == later] for later in range(len(claim.sides))]
    sums = np.stack([add_up(side) for side in sides], axis=1)
    found = rule.measure(sums)
    half = special.stdtrit(found.df, (1 + panel.snapshot.choices.inference.level) / 2) * found.se
    half = np.where(np.isnan(found.p), np.nan, half)
    counts = np.zeros((len(car), 2), dtype=np.int64)
    counts[:, : len(sides)] = sums[:, :, 0]
    return Tested(found, found.effect - half, found.effect + half, counts)


def join(parts: Sequence[Tested]) -> Tested:
    """Put what was found for several sets of choices one after the other."""
    names = [field.name for field in fields(Measured)]
    found = {n: np.concatenate([getattr(part.found, n) for part in parts]) for n in names}
    low, high, episodes = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("low", "high", "episodes")
    )
    return Tested(Measured(**found), low, high, episodes)


class _Held:
    """Which days of which episodes have a response, for each of N choices."""

    def __init__(self, responses: Floats, episodes: Episodes) -> None:
        self.known = np.isfinite(responses)
        self.of = np.zeros((responses.shape[1], len(episodes.days)))  # days by episodes
        for number, days in enumerate(episodes.days):
            self.of[days, number] = 1.0
        self.count = self.known @ self.of

    def add(self, values: Floats) -> Floats:
        """Add up over the days of each episode. (N, E)."""
        return np.asarray(np.where(self.known, values, 0.0) @ self.of)

    def average(self, values: Floats) -> Floats:
        """Average over the days of each episode, NaN where it has none. (N, E)."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.add(values) / self.count)


def _test_share(panel: Panel, held: _Held, car: Floats, raw: Floats) -> Tested:
    """Find the share of the squares that the model leaves; choices on the same days share draws.

    See :func:`analysis.study.claim_kinds.decide_variance_share`.
    """
    inference = panel.snapshot.choices.inference
    left, whole = held.add(car**2), held.add(raw**2)
    found = np.full((3, len(car)), np.nan)
    there = held.count > 0
    for mask in np.unique(there, axis=0):
        if mask.sum() < FEWEST:
            continue
        same = (there == mask).all(axis=1)
        parts = (part[same][:, mask] for part in (left, whole))
        found[:, same] = shares_left(
            *parts, level=inference.level, draws=inference.draws, seed=inference.seed
        )
    none = np.full(len(car), np.nan)
    counts = np.stack([there.sum(axis=1), np.zeros(len(car), dtype=np.int64)], axis=1)
    return Tested(Measured(found[0], none, none, none, none), found[1], found[2], counts)
