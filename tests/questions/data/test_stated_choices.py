"""The choices that sentences cite: printed as needed, absent where a study has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.questions.data import stated_choices
from analysis.results.formats import format_value
from analysis.snapshot.choices import Benchmark


def printed(panel, **changes) -> dict[str, str]:
    """Return the texts of the choices, some of them changed."""
    choices = replace(panel.snapshot.choices, **changes)
    changed = replace(panel, snapshot=replace(panel.snapshot, choices=choices))
    return {n.key: format_value(n.value, n.format) for n in stated_choices.compute(changed).numbers}


@pytest.mark.parametrize(
    ("level", "size", "odds"),
    [
        (0.95, "five percent", "one in twenty"),
        (0.9, "ten percent", "one in ten"),
        (0.99, "one percent", "one in a hundred"),
        (0.87, "13 percent", "13%"),
        (0.975, "2.5%", "2.5%"),
    ],
)
def test_size_of_tests_follows_the_level(committed, level, size, odds):
    """In words where that is how one says it."""
    inference = replace(committed.snapshot.choices.inference, level=level)
    texts = printed(committed, inference=inference)
    assert texts["study.inference.size"] == size
    assert texts["study.inference.size.odds"] == odds


def test_windows_and_days_are_printed_as_they_are_written(committed):
    """Brackets, words and dates."""
    texts = printed(committed)
    assert texts["study.windows.primary"] == "[0, +1]"
    assert texts["study.windows.primary.sessions"] == "two"
    assert texts["study.highlights.truce"] == "27 October 2025"


def test_what_a_study_leaves_out_is_not_stated(committed):
    """No fund, no regimes, no highlighted days: no key."""
    texts = printed(committed, benchmark=Benchmark(market="SPY"), regimes=None, highlights={})
    assert "study.benchmark.market" in texts
    assert {"study.benchmark.metals", "study.regimes.starts.count"}.isdisjoint(texts)
    assert not [key for key in texts if key.startswith("study.highlights.")]
