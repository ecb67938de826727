"""What an event study on a user's own files returns."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.userfiles.event_windows import tell_reasons
from analysis.userfiles.options import EventOptions
from analysis.userfiles.output import as_text
from analysis.userfiles.trust import Advice, tell_disagreement

__all__ = ["EventStudyResult"]

IDLE = 0.5  # share of zero returns in its estimation window beyond which a firm hardly trades
MOST_TOLD = 5  # events that are named on the terminal; the result has all
SHOWN = ["estimate", "statistic", "p", "p_holm", "reason"]  # of a test in the summary


@dataclass(frozen=True)
class EventStudyResult:
    """Frames of one event study.

    Attributes
    ----------
    events : DataFrame, (N, ...)
        One row an event: its columns, fit, bounds of the estimation window,
        ``listed_in_estimation`` and ``overlaps`` (counts), ``zero_returns`` (share of the
        estimation window), and ``raw``, ``car``, ``se``, ``t``, ``df``, ``p``, ``bhar`` of the
        window; returns are fractions. ``asked`` is the date of the list, ``day0`` the session.
    ar : DataFrame, (N, L)
        Abnormal returns by event day, fraction.
    groups : DataFrame, one row a group
        Means, signs and which tests to trust, see :func:`describe_groups`.
    paths : DataFrame
        Mean path of each group by event day, see :func:`mean_paths`.
    tests : DataFrame
        Tests by ``group`` and ``name``.
    windows : DataFrame
        One row a group and window: means, signs and the p of each test.
    contrasts : DataFrame
        Two-sample test across episodes of each pair of groups.
    breakdown : DataFrame
        Tests by window and slice; empty without ``by``.
    skipped : DataFrame
        Events left out, with the reason.
    options : EventOptions
        What was chosen, with what "all" and the default of ``minimum`` stand for.
    """

    events: pd.DataFrame
    ar: pd.DataFrame
    groups: pd.DataFrame
    paths: pd.DataFrame
    tests: pd.DataFrame
    windows: pd.DataFrame
    contrasts: pd.DataFrame
    breakdown: pd.DataFrame
    skipped: pd.DataFrame
    options: EventOptions

    def warnings(self) -> list[str]:
        """Return what a reader should know of the events: moved, left out, hardly traded."""
        moved = self.events[self.events["asked"] != self.events["day0"]]
        lines = [
            f"moved: {row['ticker']} from {row['asked'].date()} to its session of "
            f"{row['day0'].date()}"
            for _, row in moved.head(MOST_TOLD).iterrows()
        ]
        lines += [f"moved: {len(moved) - MOST_TOLD} more"] * (len(moved) > MOST_TOLD)
        lines += tell_reasons(self.skipped)
        idle = self.events[self.events["zero_returns"] > IDLE]
        if len(idle):
            names = ", ".join(dict.fromkeys(idle["ticker"].head(MOST_TOLD)))
            lines.append(
                f"flagged: over half of the estimation returns are zero in {len(idle)} events "
                f"({names})"
            )
        return lines

    def advice(self) -> list[str]:
        """Return a line for each group whose tests disagree: which of them to believe."""
        if not len(self.tests):
            return []
        lines = [
            tell_disagreement(
                row["group"],
                self.tests.loc[[row["group"]]].droplevel(0),
                Advice(row["trusted"], row["why"]),
            )
            for row in self.groups.to_dict("records")
        ]
        return [line for line in lines if line]

    def summary(self) -> str:
        """Return the mean CAR and the tests of each group as text."""
        first, last = self.options.window
        lines = [
            f"{self.options.model} model on {self.options.benchmark}, event days {first} to {last}",
            f"{len(self.events)} events, {len(self.skipped)} skipped",
        ]
        for group, cars in self.events.groupby("group", sort=False)["car"]:
            lines += ["", f"{group}: {len(cars)} events, mean CAR {cars.mean():.2%}"]
            if len(self.tests):
                lines.append(as_text(self.tests.loc[[group], SHOWN].droplevel(0), index=True))
        return "\n".join(lines)
