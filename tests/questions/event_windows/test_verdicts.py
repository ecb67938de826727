"""What is said of baskets, measures and highlighted days, worked by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.questions.event_windows import baskets, explorer, highlighted_days
from analysis.results import Provenance
from analysis.study.panel import Panel, build_panel

SOURCE = Provenance.of(baskets.basket_responses, "made up")


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.0499, "differs"), (0.05, "no difference"), (np.nan, "no difference")],
)
def test_the_core_differs_from_placebo_names_below_the_size(committed: Panel, p, said, monkeypatch):
    """A p at the size is no difference, and neither is one that too few episodes have."""
    monkeypatch.setattr(baskets, "pool", lambda *_: SimpleNamespace(p=p, mean=0.01))
    found = baskets._against_placebo(committed)
    assert found.verdict == said
    assert (found.evidence == "too few episodes") == np.isnan(p)


def test_intervals_that_touch_zero_do_not_leave_it_out(committed: Panel):
    """An end of exactly nought is within; the alternative text counts two of four."""
    frame = pd.DataFrame(
        {
            "ticker": ["MP", "USAR", "CRML", "UUUU"],
            "kind": "policy",
            "share": [0.0, 0.5, 1.0, 0.2],
            "mean": [0.02, -0.02, 0.03, -0.03],
            "low": [0.0, -0.04, 0.01, -0.05],
            "high": [0.04, 0.0, 0.05, -0.01],
        }
    )
    figure = baskets._measure_figure(committed, frame, SOURCE)
    assert "2 of 4 intervals leave out zero" in figure.alt
    assert figure.choices["share"] is True
    assert "MP 0%, USAR 50%, CRML 100%" in figure.alt
    more = baskets._measure_figure(committed, frame.assign(share=[0.0, 0.5, 1.01, 0.2]), SOURCE)
    assert more.choices["share"] is False
    assert "CRML 1.01" in more.alt


def test_baskets_are_named_for_readers():
    """Placebo names by what they are, the others without underscores."""
    assert baskets._label("placebo") == "placebo names"
    assert baskets._label("heavy_firms") == "heavy firms"


@pytest.mark.parametrize(("p", "said"), [(0.05, "within noise"), (0.0499, "beyond noise")])
def test_a_highlighted_day_is_judged_by_the_core(p, said):
    """Its p against the size; the firm of the largest absolute t is named, never the core."""
    days = pd.DataFrame(
        {
            "highlight": ["day"] * 3,
            "ticker": ["core", "MP", "USAR"],
            "conformal_p": [p, 1 - p, 1 - p],
            "t": [9.0, 1.0, -2.0],
        }
    )
    core, largest = highlighted_days._verdicts(days, 0.05, SOURCE)
    assert (core.verdict, largest.verdict) == (said, "USAR")
    assert largest.evidence == "t -2"


def test_highlighted_days_stay_in_their_order():
    """As the study names them, not by the alphabet."""
    days = pd.DataFrame(
        {
            "highlight": ["b", "b", "a", "a"],
            "ticker": ["core", "MP"] * 2,
            "conformal_p": 0.5,
            "t": 1.0,
        }
    )
    keys = [verdict.key for verdict in highlighted_days._verdicts(days, 0.05, SOURCE)]
    assert keys == ["b.core", "b.largest", "a.core", "a.largest"]


def test_bands_leave_out_the_windows_that_an_event_touches(simulate):
    """One more event far from others takes L + 1 starts: of its days and of the day before."""
    made = []
    for days in (["2025-10-15"], ["2025-09-15", "2025-10-15"]):
        snapshot = simulate([{"day0": day, "direction": "tightening"} for day in days])
        bands = explorer.bands(build_panel(snapshot)).set_index(["ticker", "length"])
        made.append(bands["dates"].to_dict())
    one, two = made
    for length in (1, 2, 5, 10):
        assert one["MP", length] - two["MP", length] == length + 1
