"""Export tonnage of the earlier years: months, seasons, returns, and what can be joined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.questions import answer, question
from analysis.questions.before.exports import correlate_exports
from analysis.questions.before.joined_exports import correlate_joined, join_series
from analysis.reads import vary
from analysis.results import Findings
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.snapshot.registration import read_registration
from analysis.study.adjusted_exports import HEADLINE, asset_returns, headline_changes
from analysis.study.own_months import month_returns
from analysis.study.panel import Panel, build_panel
from tests.conftest import DATA
from tests.independent.earlier import Earlier
from tests.independent.exports import adjusted_changes, correlate, monthly


@pytest.fixture(scope="module")
def earlier() -> Snapshot:
    """The committed study of 2009 to 2024."""
    return load_snapshot(DATA / "history")


@pytest.fixture(scope="module")
def answered(committed: Panel) -> Findings:
    """The registered exports, asked beside the study of the items."""
    return answer(question("Exports before"), committed)


def test_the_registered_counts_are_those_of_the_data(earlier: Snapshot, answered) -> None:
    """Changes, their span and how many can be adjusted are those that the registration names."""
    terms = read_registration(earlier).terms["customs"]
    months = pd.PeriodIndex(earlier.customs["month"])
    assert (months.year.min(), months.year.max()) == (terms["from"], terms["to"])
    assert list(earlier.choices.customs.lags) == terms["lags"]
    counts, changes = terms["counts"], headline_changes(earlier.customs, earlier.choices)
    assert changes.index[0] == pd.Period(counts["first"], "M")
    assert changes.index[-1] == pd.Period(counts["last"], "M")
    found = {number.key: number.value for number in answered.numbers}
    assert found["before.exports.changes"] == counts["single_month_changes"] == len(changes)
    assert found["before.exports.adjustable"] == counts["adjustable"]


def test_every_correlation_agrees_with_other_hands(earlier: Snapshot) -> None:
    """Both methods, both returns, every lag: estimate to nine digits and months, from the files."""
    found = correlate_exports(earlier)
    _, adjusted = adjusted_changes(DATA / "history")
    returns = monthly(Earlier(DATA))
    assert len(found) == 2 * 2 * len(earlier.choices.customs.lags)
    for row in found.to_dict("records"):
        of = returns[row["asset"].lower()]
        expected, pairs = correlate(adjusted, of, row["lag"], row["method"])
        assert row["estimate"] == pytest.approx(expected, abs=1e-9)
        assert row["n"] == pairs


def test_nothing_is_tested(answered: Findings) -> None:
    """No p-value stands in a number, a verdict or a cell: the registration has no test of them."""
    assert not answered.verdicts
    assert all(number.p is None for number in answered.numbers)
    (table,) = answered.tables
    assert "nothing is tested" in table.notes


def test_the_study_by_itself_answers_alike(answered: Findings, earlier: Snapshot) -> None:
    """The paper's numbers are those of a report on the folder alone."""
    alone = answer(question("Exports before"), build_panel(earlier))
    assert {n.key: n.value for n in answered.numbers} == {n.key: n.value for n in alone.numbers}


def by_month(snapshot: Snapshot, ticker: str) -> dict[str, float]:
    """The known returns of a ticker by month, ``"2019-12"``."""
    found = month_returns(snapshot, [ticker])[ticker].dropna()
    return {str(month): float(value) for month, value in found.items()}


def test_a_month_runs_from_last_session_to_last_session(earlier: Snapshot) -> None:
    """By hand: Sydney and New York by their own sessions, and no month without both closes."""
    closes = earlier.prices
    lynas, fund = by_month(earlier, "LYC"), by_month(earlier, "REMX")
    for ticker, month, start, end in [
        ("LYC", "2019-12", "2019-11-29", "2019-12-31"),
        ("REMX", "2021-04", "2021-03-31", "2021-04-30"),
    ]:
        first, last = (float(closes[ticker][pd.Timestamp(day)]) for day in (start, end))
        assert {"LYC": lynas, "REMX": fund}[ticker][month] == last / first - 1
    assert min(by_month(earlier, "MP")) == "2020-12"  # listed in November
    assert not {"2021-07", "2024-01"} & lynas.keys()  # no close on the last day of July
    assert max(by_month(earlier, "ARU")) == "2019-12"
    assert max(fund) == "2025-01"  # the file ends on 19 February


def test_an_unadjusted_issue_does_not_take_a_month_out(earlier: Snapshot) -> None:
    """As registered a month is known by the closes at its ends, halts and issues or not."""
    assert pd.Timestamp("2020-08-18") not in earlier.prices["LYC"].dropna().index
    assert "2020-08" in by_month(earlier, "LYC")


def test_the_firms_return_is_the_mean_of_those_that_are_known(earlier: Snapshot) -> None:
    """Two firms in 2019, one in the first half of 2020; the fund beside them."""
    found = asset_returns(earlier)
    firms = {str(month): value for month, value in found["firms"].items()}
    lynas, arafura = by_month(earlier, "LYC"), by_month(earlier, "ARU")
    assert firms["2019-05"] == pytest.approx((lynas["2019-05"] + arafura["2019-05"]) / 2)
    assert firms["2020-03"] == lynas["2020-03"]
    assert list(found) == [earlier.choices.benchmark.metals, "firms"]


@pytest.mark.slow
def test_a_planted_lead_is_found_at_its_lag(earlier: Snapshot) -> None:
    """Tonnage made from what the fund returns two months later has correlation one there alone."""
    returns = asset_returns(earlier)[earlier.choices.benchmark.metals].dropna().to_dict()
    months = [*pd.period_range("2014-12", "2022-12", freq="M")]
    changes = [0.0]  # the first has a level alone
    for month in months[1:]:
        known = [c for c, m in zip(changes[1:], months[1:], strict=False) if m.month == month.month]
        changes.append(np.mean(known) + returns[month + 2] if known else np.sin(month.month))
    customs = earlier.customs[earlier.customs["series"] == HEADLINE].iloc[[0] * len(months)]
    value = 1000 * np.exp(np.cumsum(changes))
    customs = customs.assign(month=months, value=value, low=np.nan, high=np.nan,
                             coverage="month", status="reported")  # fmt: skip
    found = correlate_exports(vary(earlier, customs=customs.reset_index(drop=True)))
    fund = found[(found["asset"] != "firms") & (found["method"] == "pearson")].set_index("lag")
    assert fund["estimate"][2] == pytest.approx(1)
    assert (fund["estimate"].drop(2).abs() < 0.5).all()


def test_only_the_headline_can_be_joined(snapshot: Snapshot, earlier: Snapshot) -> None:
    """Magnets have no figure of the earlier years, or three: the table says so."""
    found = join_series(snapshot, earlier).set_index("name")["said"]
    assert found.to_dict() == {
        "Headline exports": "yes",
        "Magnet exports": "no: no earlier figure",
        "Magnets to the US": "no: 2 earlier changes",
    }


@pytest.mark.slow
def test_the_joined_series_has_both_and_no_change_across_the_seam(
    snapshot: Snapshot, earlier: Snapshot
) -> None:
    """Changes are those of both studies; what the earlier years add is their number and seasons."""
    joined = join_series(snapshot, earlier).set_index("name").loc["Headline exports"]
    alone = [len(headline_changes(each.customs, each.choices)) for each in (earlier, snapshot)]
    assert joined["changes"] == sum(alone)  # January 2023 is known within a sum alone
    found = correlate_joined(snapshot, earlier)
    assert found["n"].max() == joined["adjustable"]
    assert len(found) == 2 * 2 * len(snapshot.choices.customs.lags)


@pytest.mark.slow
def test_what_is_not_registered_says_so(committed: Panel) -> None:
    """Every result of the joined series is marked as specified after results were known."""
    findings = answer(question("Exports of both studies"), committed)
    sources = [each.source for each in findings.numbers]
    sources += [each.source for each in findings.tables]
    sources += [each.source for each in findings.datasets]
    assert all("exploratory" in source.sample for source in sources)


@pytest.mark.parametrize("lags", [(0,), (-1, 0, 1)])
def test_the_lags_are_those_of_the_study(earlier: Snapshot, lags: tuple[int, ...]) -> None:
    """No lag is typed into the code."""
    customs = replace(earlier.choices.customs, lags=lags)
    varied = vary(earlier, choices=replace(earlier.choices, customs=customs))
    assert set(correlate_exports(varied)["lag"]) == set(lags)
