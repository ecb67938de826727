"""Responses: one portfolio around one kind of event, observed and on placebo sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.errors import StudyError
from analysis.findings.definitions import definition
from analysis.findings.episodes import averaged, chosen_days
from analysis.findings.outcomes import Outcome, from_pool, two_samples
from analysis.findings.panel import Panel
from analysis.findings.placebo import EpisodeNull, moved_episodes, portfolio_responses
from analysis.findings.portfolios import Weigher, portfolio_cars
from analysis.snapshot.study import window_name

__all__ = ["Response", "Test", "difference_test", "mean_test"]

Test = Callable[[Panel], Outcome]


@dataclass(frozen=True)
class Response:
    """What a pooled test averages.

    Attributes
    ----------
    portfolio : callable
        Gives the weigher of a panel.
    directions : tuple of str
        Kinds of events asked for.
    claim : str
        The claim whose definition names the window; empty: the primary window of the study.
    signed : bool
        Multiply by the expected sign.
    factors : callable, optional
        Gives the factors in place of the market alone.
    only : callable, optional
        Gives the identifiers of the events that may enter.
    """

    portfolio: Callable[[Panel], Weigher]
    directions: tuple[str, ...]
    claim: str = ""
    signed: bool = False
    factors: Callable[[Panel], tuple[str, ...]] | None = None
    only: Callable[[Panel], pd.Index] | None = None

    def days(self, panel: Panel) -> pd.DataFrame:
        """Return the responses of the chosen days; see :func:`chosen_days`."""
        clean, bounds = self._windows(panel)
        cars = portfolio_cars(
            panel,
            self.portfolio(panel),
            clean,
            bounds=bounds,
            factors=self.factors(panel) if self.factors else None,
        )
        if self.only is not None:
            cars = cars[cars.index.isin(self.only(panel))]
        return chosen_days(panel, cars, self.directions, signed=self.signed)

    def values(self, panel: Panel) -> pd.DataFrame:
        """Return one response an episode; see :func:`averaged`."""
        return averaged(self.days(panel))

    def on_placebo(self, panel: Panel) -> pd.DataFrame:
        """Return what the same episodes would show on every session. (K, T)."""
        days = self.days(panel)
        clean, bounds = self._windows(panel)
        responses = portfolio_responses(
            panel,
            self.portfolio(panel),
            clean,
            days["members"],
            bounds=bounds,
            factors=self.factors(panel) if self.factors else None,
        )
        return moved_episodes(panel, days, responses)

    def _windows(self, panel: Panel) -> tuple[str, tuple[int, int] | None]:
        """Return the window that must be clean, and the days that are cumulated if others."""
        windows = panel.snapshot.study.windows
        if not self.claim:
            return windows.primary, None
        asked = definition(panel, self.claim)
        first, last = asked["window"]
        clean = window_name(asked.get("clean", (first, last)))
        if clean not in windows.bounds:
            raise StudyError(
                f"claims.toml, claim {self.claim}: expected a clean window of study.toml "
                f"({', '.join(windows.bounds)}), found {clean}; add it there or correct the claim"
            )
        return clean, (first, last)


def mean_test(response: Response, sign: int = 1) -> Test:
    """Build the t-test across episodes of one response."""

    def test(panel: Panel) -> Outcome:
        def null() -> EpisodeNull:
            return EpisodeNull((response.on_placebo(panel),))

        return from_pool(response.values(panel), panel, sign, null)

    return test


def difference_test(one: Response, other: Response) -> Test:
    """Build the two-sample test of one response against another."""

    def test(panel: Panel) -> Outcome:
        def null() -> EpisodeNull:
            return EpisodeNull((one.on_placebo(panel), other.on_placebo(panel)))

        return two_samples(one.values(panel), other.values(panel), panel, null)

    return test
