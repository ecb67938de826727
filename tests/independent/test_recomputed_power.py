"""What the tests of 2009 to 2024 can find, recomputed by other hands from quiet days alone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from analysis.questions.before import report
from analysis.snapshot.load import load_snapshot
from analysis.study.panel import build_panel

from .earlier import Earlier

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def earlier() -> Earlier:
    return Earlier(ROOT / "data")


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, Any]]:
    """All that the question finds, whether or not the text cites it."""
    found = report.compute(build_panel(load_snapshot(ROOT / "data")))
    return {number.key: asdict(number) for number in found.numbers}


def test_the_registered_counts_are_those_of_the_data(earlier: Earlier) -> None:
    """Before company news is left out the episodes are those that the registration counted."""
    counts, found = earlier.terms["sample"]["counts"], earlier.episodes(own_news=True)
    for direction in ("tightening", "easing", "support", "mixed"):
        assert found[direction] == counts[f"{direction}_episodes"]
    assert found["with_firm"] == counts["with_a_firm"]
    assert found["one_firm"] == earlier.terms["sample"]["on_one_firm"]
    assert len(earlier.events) == counts["events"]


def test_the_sample_agrees(earlier: Earlier, published: dict[str, dict[str, Any]]) -> None:
    """After it has been left out, episodes and events are those that the paper states."""
    found = earlier.episodes()
    for direction in ("tightening", "easing", "support", "mixed"):
        assert found[direction] == published[f"before.episodes_{direction}"]["value"]
    assert found["with_firm"] == published["before.with_firm"]["value"]
    assert found["one_firm"] == published["before.one_firm"]["value"]


@pytest.mark.parametrize("measure", ["scar", "car"])
def test_the_spread_on_quiet_days_agrees(
    measure: str, earlier: Earlier, published: dict[str, dict[str, Any]]
) -> None:
    """Days and standard deviation of the firms' mean, to nine digits."""
    assert len(earlier.quiet) == published["before.detectable.quiet_days"]["value"]
    expected = published[f"before.detectable.sd_{measure}"]["value"]
    assert earlier.quiet[measure].std(ddof=1) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("measure", ["scar", "car"])
@pytest.mark.parametrize("claim", ["H1", "H2", "H3", "H4"])
def test_the_detectable_effect_agrees(
    claim: str, measure: str, earlier: Earlier, published: dict[str, dict[str, Any]]
) -> None:
    """Every detectable effect of the paper, to nine digits."""
    expected = published[f"before.detectable.{claim.lower()}.{measure}"]["value"]
    assert earlier.detectable[claim][measure] == pytest.approx(expected, rel=1e-9)
