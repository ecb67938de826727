"""Returns and events of a batch of replications, laid out as one wide panel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events import simulate
from analysis.questions.size.design import Case, Cell, Design, Settings

__all__ = ["Batch", "draw", "generator", "replications"]


@dataclass(frozen=True, slots=True)
class Batch:
    """R replications of one cell.

    Attributes
    ----------
    returns : DataFrame, (T, ...)
        Fractions; a column for each firm (of each replication, where drawn) and for the market.
    events : DataFrame
        ``replication`` (0, 1, ..., in order), ``ticker``, ``position``, ``episode``.
    listed : (M,)
        Sessions that placebo dates keep clear of, besides the replication's own day 0s.
    """

    returns: pd.DataFrame
    events: pd.DataFrame
    listed: Ints


def generator(settings: Settings, *place: int) -> np.random.Generator:
    """Return the generator of a cell, batch and use; the same wherever and whenever it is asked."""
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=place))


def replications(cell: Cell, design: Design, asked: int) -> int:
    """Return the replications of a cell: half for power, every date once for placebo dates."""
    if cell.law == "placebo" and cell.case.episodes == 1:
        return int(design.clear[cell.case.name].size)
    return asked // 2 if cell.effect else asked


def draw(
    cell: Cell, design: Design, settings: Settings, rows: range, rng: np.random.Generator
) -> Batch:
    """Draw the replications numbered `rows` of a cell."""
    if cell.law == "placebo":
        return _placebo(cell.case, design, rows, rng)
    if cell.law == "panel":
        return _panel(cell, design, settings, len(rows), rng)
    return _simulated(cell, design, settings, len(rows), rng)


def _simulated(
    cell: Cell, design: Design, settings: Settings, count: int, rng: np.random.Generator
) -> Batch:
    """Draw returns from a law, on a calendar with evenly spaced events."""
    case, (length, gap, _) = cell.case, design.estimation
    span = max(settings.history, settings.spacing * case.episodes)
    day0 = length + gap - 1 + span * (np.arange(case.episodes) + 1) // case.episodes
    shape = (count, int(day0[-1]) + case.window[1] + 1, case.firms)
    errors = _errors(cell, design, shape, rng)
    if cell.law == "jump":
        inside = day0[:, None] + np.arange(case.window[0], case.window[1] + 1)
        errors = simulate.with_jump(errors, inside.ravel(), settings.jump)
    cycle = np.arange(case.firms) % len(design.firms)
    market = settings.market * rng.standard_normal(shape[1])
    returns = errors * design.sigma[cycle] + market[:, None] * design.beta[cycle]
    returns[:, day0] += cell.effect
    names = [f"F{firm}" for firm in range(case.firms)]
    sample = pd.DataFrame(
        {
            "ticker": np.tile(np.array(names, dtype=object), case.episodes),
            "position": np.repeat(day0, case.firms),
            "episode": np.repeat(np.arange(case.episodes), case.firms),
        }
    )
    days = pd.date_range("2000-01-03", periods=shape[1], freq="B")
    return _wide(returns, market, names, days, [sample] * count, day0, design.market)


def _errors(
    cell: Cell, design: Design, shape: tuple[int, int, int], rng: np.random.Generator
) -> Floats:
    """Return standardised errors under the law of a cell."""
    if cell.law in ("correlated", "jump"):
        return simulate.correlated(shape, rng, design.correlation)
    if cell.law == "garch":
        return simulate.garch(shape, rng)
    return simulate.student(shape, rng) if cell.law == "t4" else simulate.normal(shape, rng)


def _panel(
    cell: Cell, design: Design, settings: Settings, count: int, rng: np.random.Generator
) -> Batch:
    """Draw the real names on the real calendar: their residuals resampled, all else as it was."""
    real = design.returns
    firms = list(design.firms[: cell.case.firms])
    residuals = design.residuals[:, : len(firms)]
    errors = simulate.resampled(residuals, count, len(real), settings.block, rng)
    market = real[design.market].to_numpy()
    returns = errors + np.nan_to_num(market)[:, None] * design.beta[: len(firms)]
    sample = design.samples[cell.case.name]
    chosen = [sample] * count
    if cell.case.episodes == 1:
        dates = sample["position"].unique()
        chosen = [sample[sample["position"] == day] for day in rng.choice(dates, count)]
    for row, events in enumerate(chosen):
        at = events["ticker"].map(firms.index).to_numpy()
        returns[row, events["position"].to_numpy(), at] += cell.effect
    returns[:, real[firms].isna().to_numpy()] = np.nan
    days = pd.DatetimeIndex(real.index)
    return _wide(returns, market, firms, days, chosen, design.listed, design.market)


def _placebo(case: Case, design: Design, rows: range, rng: np.random.Generator) -> Batch:
    """Put the study on event-free dates of the real returns: each once, or K apart at random."""
    clear = design.clear[case.name]
    firms = design.firms[: case.firms]
    distance = case.window[1] - case.window[0] + 1
    samples = []
    for number, row in enumerate(rows):
        days = clear[[row]] if case.episodes == 1 else _apart(clear, case.episodes, distance, rng)
        sample = pd.DataFrame({"ticker": np.tile(np.array(firms, dtype=object), len(days))})
        place = np.repeat(days, len(firms))
        samples.append(sample.assign(position=place, episode=place, replication=number))
    return Batch(design.returns, pd.concat(samples, ignore_index=True), design.listed)


def _apart(dates: Ints, count: int, distance: int, rng: np.random.Generator) -> Ints:
    """Draw `count` dates at least `distance` sessions apart: a random order, taken where free."""
    taken: list[int] = []
    for day in rng.permutation(dates):
        if all(abs(day - other) >= distance for other in taken):
            taken.append(int(day))
        if len(taken) == count:
            return np.sort(np.array(taken))
    raise ValueError(f"placebo dates: only {len(taken)} of {count} fit {distance} sessions apart")


def _wide(
    returns: Floats,
    market: Floats,
    names: list[str],
    days: pd.DatetimeIndex,
    samples: list[pd.DataFrame],
    listed: Ints,
    benchmark: str,
) -> Batch:
    """Lay replications side by side: a column for each firm of each, named apart."""
    columns = [f"{row}:{name}" for row in range(len(returns)) for name in names]
    flat = np.moveaxis(returns, 0, 1).reshape(len(days), -1)
    frame = pd.DataFrame(np.column_stack([flat, market]), days, [*columns, benchmark])
    numbered = [
        sample.assign(replication=row, ticker=f"{row}:" + sample["ticker"])
        for row, sample in enumerate(samples)
    ]
    return Batch(frame, pd.concat(numbered, ignore_index=True), listed)
