"""Surprises, release days, heavy elements and the months needed, on figures with known truth."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from analysis.questions.customs import parts
from analysis.questions.customs import surprises as customs_surprises
from analysis.questions.customs.correlations import quoted_levels
from analysis.results import Provenance
from analysis.study import customs
from analysis.study.panel import Panel


def with_headline(panel: Panel, rows: list[dict[str, object]]) -> Panel:
    """Replace the headline figures by the given ones."""
    like = panel.snapshot.customs
    headline = like["series"] == "rare_earths_total"
    template = like[headline & (like["coverage"] == "month")].iloc[0].to_dict()
    template |= {"low": np.nan, "high": np.nan, "status": "reported", "release_date": pd.NaT}
    made = pd.DataFrame([template | row for row in rows]).astype(like.dtypes.to_dict())
    return replace(
        panel,
        snapshot=replace(
            panel.snapshot, customs=pd.concat([made, like[~headline]], ignore_index=True)
        ),
    )


def figure(month: str, value: float, **more: object) -> dict[str, object]:
    return {"month": pd.Period(month, "M"), "value": value, "coverage": "month"} | more


def headline(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["series"] == "headline"].set_index(["month", "coverage"])


def test_surprise_is_the_log_ratio_to_the_year_before(committed):
    """Twice last year's figure is log two; a sum meets a sum and never a single month."""
    panel = with_headline(
        committed,
        [
            figure("2024-05", 100.0),
            figure("2025-05", 200.0),
            figure("2024-02", 300.0, coverage="jan_feb"),
            figure("2025-02", 150.0, coverage="jan_feb"),
            figure("2026-02", 90.0),
        ],
    )
    found = headline(customs_surprises.surprises(panel))["surprise"].to_dict()
    assert len(found) == 2
    assert found[pd.Period("2025-05"), "month"] == pytest.approx(np.log(2))
    assert found[pd.Period("2025-02"), "jan_feb"] == pytest.approx(np.log(0.5))


def test_forecast_never_comes_from_a_later_print(committed):
    """A figure published after the one it would forecast makes no forecast."""
    late = pd.Timestamp("2025-07-01")
    panel = with_headline(
        committed,
        [
            figure("2024-05", 100.0, release_date=late),
            figure("2025-05", 200.0, release_date=pd.Timestamp("2025-06-09")),
            figure("2024-06", 100.0, release_date=pd.Timestamp("2024-07-12")),
            figure("2025-06", 200.0, release_date=pd.Timestamp("2025-07-14")),
        ],
    )
    found = headline(customs_surprises.surprises(panel))
    assert [str(month) for month, _ in found.index] == ["2025-06"]


def test_wide_derived_figures_neither_surprise_nor_forecast(committed):
    """The band rule of the monthly panel holds for surprises too."""
    wide = {"status": "derived", "low": 90.0, "high": 110.0}
    panel = with_headline(
        committed,
        [figure("2024-05", 100.0, **wide), figure("2025-05", 200.0), figure("2026-05", 100.0)],
    )
    found = headline(customs_surprises.surprises(panel))
    assert [str(month) for month, _ in found.index] == ["2026-05"]


def test_surprises_of_the_committed_data_use_earlier_prints_only(committed):
    """Every forecast is the committed figure of twelve months before."""
    found = customs_surprises.surprises(committed)
    known = committed.snapshot.customs.set_index(["series", "month", "coverage"])
    figures = known["value"].to_dict()
    for row in headline(found).itertuples():
        month, coverage = cast(tuple[pd.Period, str], row.Index)
        assert row.forecast == figures["rare_earths_total", month - 12, coverage]
    assert (found["series"].value_counts() >= 5).all()


def test_planted_response_to_surprises_is_found(quick, monkeypatch):
    """Responses that rise with the surprise have rank correlation one; with noise none."""
    released = customs.release_returns(quick)
    known = customs_surprises.surprises(quick).set_index(["series", "month", "coverage"])
    keys = ["series", "month", "coverage"]
    planted = released.assign(
        car=released[keys].merge(known["surprise"], left_on=keys, right_index=True, how="left")[
            "surprise"
        ]
    ).dropna(subset=["car"])
    monkeypatch.setattr(customs_surprises, "release_returns", lambda _: planted)
    found = customs_surprises.release_responses(quick).set_index(["series", "measure"])
    assert found.loc[("headline", "surprise"), "estimate"] == pytest.approx(1.0)
    assert found["p"]["headline", "surprise"] < 0.01


def test_unit_value_is_dollars_over_tonnes(committed):
    """April to May 2025, worked by hand from the four committed figures."""
    known = committed.snapshot.customs.set_index(["series", "coverage", "month"])
    figures = known["value"].to_dict()
    usd = [figures["rare_earths_total_usd", "month", pd.Period(m)] for m in ("2025-04", "2025-05")]
    tonnes = [figures["rare_earths_total", "month", pd.Period(m)] for m in ("2025-04", "2025-05")]
    expected = np.log(usd[1] / tonnes[1]) - np.log(usd[0] / tonnes[0])
    found = customs.export_changes(committed)["unit_value"].to_dict()
    assert found[pd.Period("2025-05")] == pytest.approx(expected)


def test_correlation_does_not_depend_on_what_else_is_asked(quick):
    """One pair alone gives the same interval and p as among others."""
    pair = ("magnets", "core")
    alone = customs.correlations(quick, ["pearson"], [pair])
    among = customs.correlations(quick, ["pearson"], [("headline", "core"), pair])
    rest = among[among["series"] == "magnets"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, rest)


def test_release_mean_recovers_a_planted_effect(committed):
    """Three percent on every release day is the mean, and noise alone widens the interval."""
    released = customs.release_returns(committed)
    rng = np.random.default_rng(5)
    planted = released.assign(car=0.03 + rng.normal(0, 0.01, len(released)))
    found = customs.release_tests(committed, planted).set_index("series")
    assert found["mean"].between(0.02, 0.04).all()
    assert found["low"].between(0.015, 0.035).all()
    assert (found["low"] < found["mean"]).all()
    assert (found["high"] > found["mean"]).all()
    assert (found["p"] < 0.001).all()
    assert (found["n_clear"] <= found["n"]).all()


def test_quoted_figures_are_reproduced_exactly(committed):
    """Claim B5: 6,146 to 5,774 t of magnets and 5,791.8 to 4,000.3 t in total."""
    found = quoted_levels(committed).set_index(["series", "at"])["level"]
    assert found["magnets", "2025_08"] == 6146.0
    assert found["magnets", "2025_09"] == 5774.0
    assert found["headline", "2025_08"] == 5791.8
    assert found["headline", "2025_09"] == 4000.3


def test_the_share_of_the_parts_is_worked_by_hand(committed):
    """September 2025: 18,043 and 4,450 kg in 4,000.3 t."""
    frame = parts.set_beside_whole(committed).set_index("month")
    expected = 100 * (18.043 + 4.450) / 4000.3
    assert frame["share"].to_dict()[pd.Period("2025-09")] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("at_peak", "verdict"), [(1.0, "hidden"), (10.0, "visible"), (90.0, "visible")]
)
def test_the_verdict_on_parts_looks_at_the_peak_of_the_whole(
    committed, monkeypatch, at_peak, verdict
):
    """Hidden if the parts have under a tenth of their largest where the whole is largest."""
    months = pd.period_range("2025-01", periods=2, freq="M")
    named = {"dysprosium_exports": [at_peak, 100.0], "terbium_exports": [0.0, 0.0]}
    frame = pd.DataFrame({"month": months, "rare_earths_total": [10.0, 5.0], **named, "share": 1.0})
    monkeypatch.setattr(parts, "set_beside_whole", lambda _: frame)
    found = parts.compute(committed, "").verdicts
    assert [(each.key, each.verdict) for each in found] == [("customs.heavy", verdict)]


def test_figures_of_the_parts_are_worked_by_hand(committed, monkeypatch):
    """The peak of the whole is not that of both parts; kilograms and tonnes stay apart."""
    months = pd.period_range("2025-01", periods=3, freq="M")
    named = {"dysprosium_exports": [60.0, 20.0, 100.0], "terbium_exports": [20.0, 5.0, 50.0]}
    of = {"month": months, "rare_earths_total": [2.0, 10.0, 5.0], "share": [4.0, 0.25, 3.0]}
    monkeypatch.setattr(parts, "set_beside_whole", lambda _: pd.DataFrame(of | named))
    found = {number.key: number.value for number in parts.compute(committed, "").numbers}
    assert found == {
        "customs.heavy.share_min": 0.25, "customs.heavy.share_max": 4.0,
        "customs.heavy.rank": pytest.approx(-0.5), "customs.heavy.months": 3,
        "customs.heavy.at_peak": 25.0, "customs.heavy.peak": 10.0, "customs.heavy.most": 150.0,
    }  # fmt: skip


@pytest.mark.parametrize(("smallest", "verdict"), [(0.049, "some"), (0.05, "none")])
def test_any_response_needs_a_p_below_the_size(smallest, verdict):
    """The size itself is not below it; a series without a p does not count."""
    source = Provenance.of(customs_surprises.release_responses, "")
    rows = pd.DataFrame({"p": [0.5, smallest, np.nan]})
    assert customs_surprises._any_response(rows, 0.05, source).verdict == verdict


@pytest.mark.parametrize(("needed", "year"), [(8, "2025"), (12, "2025"), (13, "2026")])
def test_the_year_with_enough_months_is_counted_from_the_last_pair(
    committed, monkeypatch, needed, year
):
    """Ten pairs to October 2025: two more end that year, three the next; none are taken back."""
    months = pd.period_range("2025-01", "2025-10", freq="M")
    known = pd.Series(1.0, index=months)
    core = pd.DataFrame({"core": known.reindex(months.union([pd.Period("2025-11", "M")]))})
    monkeypatch.setattr(customs_surprises, "export_changes", lambda _: {"headline": known})
    monkeypatch.setattr(customs_surprises, "monthly_returns", lambda _: core)
    monkeypatch.setattr(customs_surprises, "needed_pairs", lambda *_: needed)
    found = {n.key: n.value for n in customs_surprises._months_needed(committed)}
    assert found["customs.months_needed.year"] == year
    assert found["customs.months_needed.pearson"] == needed
