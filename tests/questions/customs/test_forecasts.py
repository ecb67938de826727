"""Forecasts of export figures: made of earlier prints, chosen by errors that were known before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.questions.customs import forecasts, surprises
from analysis.study.panel import Panel

MONTHS = pd.period_range("2021-01", periods=60, freq="M")
Maker = Callable[[np.ndarray], Panel]


@pytest.fixture
def with_tonnes(committed) -> Maker:
    """Return a maker of panels whose headline has given figures, released on the tenth."""

    def make(values: np.ndarray) -> Panel:
        like = committed.snapshot.customs
        other = like[~like["series"].str.startswith("rare_earths_total")]
        template = like[like["series"] == "rare_earths_total"].iloc[0].to_dict()
        released = [month.to_timestamp() + pd.Timedelta(days=40) for month in MONTHS]
        fixed = {"coverage": "month", "status": "reported", "low": np.nan, "high": np.nan}
        rows = [
            template | fixed | {"month": month, "value": value, "release_date": day}
            for month, value, day in zip(MONTHS, values, released, strict=True)
        ]
        made = pd.DataFrame(rows).astype(like.dtypes.to_dict())
        customs = pd.concat([made, other], ignore_index=True)
        return replace(committed, snapshot=replace(committed.snapshot, customs=customs))

    return make


def headline(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["series"] == "headline"].set_index("month")


def draw(kind: str) -> np.ndarray:
    """Draw figures that one forecast alone suits: a season, a random walk, or noise around both."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 0.05, len(MONTHS))
    if kind == "year":
        return np.exp(7 + np.tile(rng.normal(0, 0.5, 12), 5) + noise)
    if kind == "last":
        return np.exp(7 + np.cumsum(rng.normal(0, 0.3, len(MONTHS))))
    return np.exp(7 + 6 * noise)


@pytest.mark.parametrize("kind", ["year", "last", "shrunk"])
def test_the_forecast_that_suits_the_figures_is_chosen(with_tonnes, kind):
    """A season is forecast by the year before, a walk by the month before, noise by their mean."""
    panel = with_tonnes(draw(kind))
    chosen = headline(forecasts.forecasts(panel))["best"]
    assert (chosen.iloc[-24:] == kind).mean() > 0.9
    errors = forecasts.compare_errors(panel)
    errors = errors[errors["series"] == "headline"].set_index("forecast")
    assert errors["error"].idxmin() == kind
    assert errors["n"].tolist() == [48] * 3
    assert np.isnan(errors.loc[kind, "p"])


@pytest.mark.parametrize(("kind", "said"), [("year", "told apart"), ("last", "told apart")])
def test_a_better_forecast_makes_a_surprise(with_tonnes, kind, said):
    """Where one forecast beats another what it missed is called a surprise, elsewhere not."""
    panel = with_tonnes(draw(kind))
    found = {v.key: v.verdict for v in forecasts.report(panel).verdicts}
    assert found["customs.headline.forecast"] == said
    assert found["customs.forecasts"] == "some"
    assert found["customs.magnets.forecast"] == "alike within noise"


def test_without_a_better_forecast_nothing_is_called_a_surprise(committed):
    """In the committed data no forecast beats another: the table says difference."""
    found = {v.key: v.verdict for v in forecasts.report(committed).verdicts}
    assert found["customs.forecasts"] == "none"
    assert surprises.MEASURES["best"] == "difference from the best forecast"


def test_forecasts_are_worked_by_hand(with_tonnes):
    """In the thirteenth month: 200 a year ago, 50 last month, and their geometric mean, 100."""
    values = np.full(len(MONTHS), 100.0)
    values[[0, 11, 12]] = 200.0, 50.0, 300.0
    found = headline(forecasts.forecasts(with_tonnes(values)))
    row = found[found.index == MONTHS[12]].iloc[0]
    assert (row["year"], row["last"], row["shrunk"]) == (200.0, 50.0, pytest.approx(100.0))
    assert row["best"] == "year"  # no errors on record yet
    panel = with_tonnes(values)
    beyond = surprises.beyond_best(panel).to_dict()
    assert beyond["headline", MONTHS[12], "month"] == pytest.approx(np.log(300 / 200))


def test_later_prints_change_no_earlier_choice(with_tonnes):
    """Figures of the last two years turned upside down leave every choice before them."""
    values = draw("year")
    changed = values.copy()
    changed[36:] = values[36:].mean() ** 2 / values[36:]
    one, other = (headline(forecasts.forecasts(with_tonnes(v))) for v in (values, changed))
    before = one.index < MONTHS[36]
    pd.testing.assert_frame_equal(one[before], other[before])
    assert one["best"].iloc[before.sum()] == other["best"].iloc[before.sum()]


def test_an_error_counts_from_its_release_on(with_tonnes):
    """A print that came late judges no forecast of a month released before it."""
    panel = with_tonnes(draw("last"))
    rows = forecasts.forecasts(panel)
    rows = rows[rows["series"] == "headline"].copy()
    needed = panel.snapshot.choices.customs.errors
    first = forecasts.choose(rows, needed)
    assert set(first.iloc[11 : 11 + needed]) == {"year"}  # the first months with a year before
    assert set(first.iloc[11 + needed :]) == {"last"}
    rows["release_date"] = pd.Timestamp("2026-01-10")  # all at once: nothing was known before
    assert set(forecasts.choose(rows, needed).iloc[11:]) == {"year"}


def test_an_earlier_figure_is_released_before_and_positive():
    """Not one of the same day, of another coverage or of nothing; an unknown day is taken."""
    days = [
        "2025-02-07",
        "2025-03-07",
        "2025-03-07",
        "2025-05-07",
        "2025-06-07",
        "NaT",
        "2025-08-07",
    ]
    rows = pd.DataFrame(
        {
            "series": "headline",
            "month": pd.period_range("2025-01", periods=7, freq="M"),
            "coverage": ["month"] * 6 + ["jan_feb"],
            "value": [4.0, 5.0, 6.0, 0.0, 8.0, 9.0, 10.0],
            "release_date": pd.to_datetime(days),
        },
        index=[*"abcdefg"],
    )
    found = forecasts.earlier(rows, 1)
    assert found.dropna().to_dict() == {"b": 4.0, "d": 6.0, "f": 8.0}
