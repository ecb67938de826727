"""Episodes of a study on shared sessions, measured as a study firm by firm measures its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats
from analysis.estimators.events.abnormal import event_study
from analysis.snapshot.claims import Events
from analysis.snapshot.eligibility import news_window
from analysis.snapshot.portfolios import equal
from analysis.study.episodes import averaged, chosen_days
from analysis.study.panel import Panel, under
from analysis.study.responses import compose

__all__ = ["LaterStudy", "measure_later"]


@dataclass(frozen=True)
class LaterStudy:
    """A study with what the firms of its events show.

    Attributes
    ----------
    panel : Panel
    responses : DataFrame
        By event ``id``: ``car`` (fraction) and ``scar``, means over the firms that count, each
        measured by itself with no intercept.
    """

    panel: Panel
    responses: pd.DataFrame

    def values(self, directions: Collection[str]) -> Floats:
        """Return the value of each episode: the mean over its days of the mean SCAR.

        Days, firms and episodes are those of the registered rules of the study.

        Returns
        -------
        array, (K,)
            Empty where the study has no such direction.
        """
        known = [name for name in directions if name in self.panel.snapshot.choices.directions]
        if not known:
            return np.empty(0)
        days = chosen_days(self.panel, self.responses, Events(directions=tuple(known)))
        return averaged(days)["scar"].to_numpy()


def measure_later(panel: Panel) -> LaterStudy:
    """Measure the core firms of a study on shared sessions one by one, by its registered rules."""
    panel = under(panel, panel.snapshot.choices.registered)
    choices = panel.snapshot.choices
    window = choices.windows.primary_bounds
    members, _ = compose(panel, equal(choices.firms.core), news_window(window))
    rows = members.str.split(",").explode().rename("ticker").reset_index()
    rows = rows.assign(day0=rows["id"].map(panel.events["day0"]))
    study = event_study(
        panel.returns,
        rows,
        factors=(choices.benchmark.market,),
        model="no_intercept",
        length=choices.estimation.length,
        gap=choices.estimation.gap,
        minimum=choices.estimation.minimum,
        window=window,
        kind=choices.returns,
    )
    cars = study.car(*window).rename(columns={"t": "scar"})[["car", "scar"]]
    return LaterStudy(panel, cars.groupby(study.events["id"]).mean().dropna())
