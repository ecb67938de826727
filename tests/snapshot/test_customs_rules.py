"""Monthly panel and release days: the rules, worked by hand on small tables."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from analysis.errors import SnapshotError
from analysis.snapshot.customs import check_earlier, monthly_panel, release_days
from analysis.snapshot.load import Snapshot, load_snapshot

NAN = float("nan")


def table(*rows: tuple[str, str, float, float, float, str, str | None]) -> pd.DataFrame:
    """Customs rows of one series: month, coverage, value, low, high, status, release day."""
    names = ["month", "coverage", "value", "low", "high", "status", "release_date"]
    frame = pd.DataFrame(list(rows), columns=names)
    return frame.assign(
        month=pd.PeriodIndex(frame["month"], freq="M"),
        release_date=pd.to_datetime(frame["release_date"]),
        series="tonnes",
        unit="t",
    )


def plain(month: str, value: float) -> tuple[str, str, float, float, float, str, str | None]:
    """A reported single month without a band."""
    return (month, "month", value, NAN, NAN, "reported", None)


def panel_of(
    snapshot: Snapshot, *rows: tuple[str, str, float, float, float, str, str | None]
) -> pd.DataFrame:
    """The panel of one series under the committed study."""
    return monthly_panel(table(*rows), snapshot.choices).loc[["tonnes"]].droplevel(0)


def test_change_is_the_log_of_the_ratio(snapshot: Snapshot) -> None:
    """From 100 to 110 t the change is ln 1.1; the first month has none."""
    panel = panel_of(snapshot, plain("2025-04", 100), plain("2025-05", 110))
    assert math.isclose(panel["change"].iloc[1], math.log(1.1))
    assert np.isnan(panel["change"].iloc[0])
    assert list(panel["reason"]) == ["the month before is unknown", ""]


def test_sum_of_two_months_is_never_split(snapshot: Snapshot) -> None:
    """With the sum only, both months are gaps and January, February and March have no change."""
    panel = panel_of(
        snapshot,
        plain("2024-12", 100),
        ("2025-02", "jan_feb", 180, NAN, NAN, "reported", None),
        plain("2025-03", 95),
        plain("2025-04", 97),
    )
    assert list(panel["coverage"]) == ["month", "jan_feb", "jan_feb", "month", "month"]
    assert list(panel["gap"]) == [False, True, True, False, False]
    assert list(panel["change"].notna()) == [False, False, False, False, True]
    assert panel["reason"].iloc[1] == "published only as the sum of January and February"


def test_single_months_win_over_their_sum(snapshot: Snapshot) -> None:
    """With single figures beside the sum, every month has a level and a change."""
    panel = panel_of(
        snapshot,
        plain("2024-12", 100),
        plain("2025-01", 100),
        ("2025-02", "jan_feb", 180, NAN, NAN, "reported", None),
        plain("2025-02", 80),
    )
    assert list(panel["level"]) == [100, 100, 80]
    assert math.isclose(panel["change"].iloc[2], math.log(0.8))


def test_gap_is_not_bridged(snapshot: Snapshot) -> None:
    """A missing month appears as a gap and takes the change of the next one with it."""
    panel = panel_of(snapshot, plain("2025-04", 100), plain("2025-06", 110))
    assert list(panel.index.astype(str)) == ["2025-04", "2025-05", "2025-06"]
    assert list(panel["gap"]) == [False, True, False]
    assert panel["change"].isna().all()
    assert panel["reason"].iloc[1] == "no figure found"


@pytest.mark.parametrize(("half", "kept"), [(0.9, True), (1.0, True), (1.1, False)])
def test_derived_figure_with_a_wide_band_is_left_out(
    snapshot: Snapshot, half: float, kept: bool
) -> None:
    """A band of at most two percent of the value is kept, a wider one is a gap."""
    assert snapshot.choices.customs.derived_band == 0.02
    row = ("2025-04", "month", 100.0, 100 - half, 100 + half, "derived", None)
    panel = panel_of(snapshot, row, plain("2025-05", 100))
    assert panel["gap"].iloc[0] == (not kept)
    assert panel["change"].notna().iloc[1] == kept


def test_reported_figure_is_kept_whatever_its_band(snapshot: Snapshot) -> None:
    """The rule on bands is for derived figures."""
    panel = panel_of(snapshot, ("2025-04", "month", 25.0, 24.5, 25.5, "reported", None))
    assert panel["level"].iloc[0] == 25


def test_derived_figure_without_a_band_is_kept(snapshot: Snapshot) -> None:
    """No stated band means no ground to leave it out; the flag stays."""
    panel = panel_of(snapshot, ("2025-04", "month", 25.0, NAN, NAN, "derived", None))
    assert list(panel["status"]) == ["derived"]
    assert list(panel["level"]) == [25]


def test_zero_has_a_level_but_no_change(snapshot: Snapshot) -> None:
    """Exports of zero are known; changes from and to zero are not defined."""
    panel = panel_of(snapshot, plain("2025-04", 5), plain("2025-05", 0), plain("2025-06", 1))
    assert list(panel["level"]) == [5, 0, 1]
    assert panel["change"].isna().all()
    assert list(panel["reason"].iloc[1:]) == ["zero has no logarithm", "the month before was zero"]


def test_committed_headline_gaps(snapshot: Snapshot) -> None:
    """The headline lacks only the single Januaries and Februaries of 2023 and 2024."""
    panel = monthly_panel(snapshot.customs, snapshot.choices).loc["rare_earths_total"]
    assert list(panel.index[panel["gap"]].astype(str)) == [
        "2023-01",
        "2023-02",
        "2024-01",
        "2024-02",
    ]
    september = panel["change"].to_dict()[pd.Period("2025-09")]
    assert math.isclose(september, math.log(4000.3 / 5791.8))


@pytest.mark.parametrize(
    ("released", "session", "reason"),
    [
        ("2025-10-13", "2025-10-13", ""),  # a Monday with trading
        ("2026-05-09", "2026-05-11", "no session on the release day"),  # a Saturday
        ("2025-12-25", "2025-12-26", "no session on the release day"),  # a holiday
        ("2023-10-13", None, "released before the first price"),
        ("2026-07-31", "2026-07-31", ""),  # the last session
        ("2026-08-01", None, "released after the last price"),
        ("2026-08-07", None, "released after the last price"),
        (None, None, "release day not known"),
    ],
)
def test_release_is_priced_by_the_first_session_on_or_after_it(
    snapshot: Snapshot, released: str | None, session: str | None, reason: str
) -> None:
    """The release precedes the opening in New York, so its own date counts if it is a session."""
    rows = table(("2023-01", "month", 1.0, NAN, NAN, "reported", released))
    found = release_days(rows, snapshot.sessions).iloc[0]
    assert found["session"] == pd.Timestamp(session) if session else pd.isna(found["session"])
    assert found["reason"].startswith(reason)
    assert bool(found["reason"]) == bool(reason)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2015-01,rare_earths_total", "2023-05,rare_earths_total", "row 2, column month: expected "
         "a month before 2023-02, the first of customs.csv, found 2023-05; correct the row or"),
        ("month,1457,", "month,many,", "row 2, column value: expected a number, found many;"),
    ],
)  # fmt: skip
def test_earlier_figures_lie_before_those_of_the_study(refused_edit, old, new, said):
    """A month that both files have and a slip are told with file and row."""
    assert refused_edit("history/customs.csv", old, new).startswith(f"history/customs.csv, {said}")


def test_earlier_figures_have_the_unit_of_the_study():
    """Kilograms before tonnes are told; a series that the study lacks is left alone."""
    later = pd.DataFrame({"series": "a", "month": ["2023-02"], "unit": "t"})
    earlier = pd.DataFrame({"series": ["b", "a"], "month": "2022-02", "unit": "kg"}, [2, 3])
    check_earlier("history/customs.csv", earlier[:1], later)
    with pytest.raises(SnapshotError) as caught:
        check_earlier("history/customs.csv", earlier, later)
    assert str(caught.value) == (
        "history/customs.csv, row 3, column unit: expected t, the unit of the series in "
        "customs.csv, found kg; correct the row or remove it"
    )


def test_a_study_needs_no_earlier_figures(snapshot_copy):
    """Without the file there are no rows; a file without an entry in the manifest is refused."""
    path = snapshot_copy / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["files"]["history/customs.csv"]
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(SnapshotError, match=r"history/customs.csv: expected an entry in manifest"):
        load_snapshot(snapshot_copy)
    (snapshot_copy / "history" / "customs.csv").unlink()
    assert load_snapshot(snapshot_copy).earlier_customs.empty
