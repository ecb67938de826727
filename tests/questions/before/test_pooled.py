"""Episodes of both studies taken together, against SciPy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.questions.before.exploratory import pool_studies
from analysis.results.formats import format_value
from analysis.study.panel import Panel


def test_episodes_of_both_studies_are_one_sample(committed: Panel) -> None:
    """Each study is told by itself, earlier first; together as SciPy has it; no family, no row."""
    rng = np.random.default_rng(8)
    earlier, later = rng.normal(1, 1, 9), {"up": rng.normal(2, 1, 5), "down": rng.normal(0, 2, 4)}
    up, down = SimpleNamespace(directions="up"), SimpleNamespace(directions="down")
    sides = {"up": np.arange(9) < 6, "down": np.arange(9) >= 6}
    held: Any = SimpleNamespace(
        found=SimpleNamespace(
            values={"scar": earlier[None]}, enter=lambda events: sides[events.directions][None]
        ),
        claims={
            "one": SimpleNamespace(family=True, sides={"": up}),
            "two": SimpleNamespace(family=True, sides={"first": up, "second": down}),
            "none": SimpleNamespace(family=False, sides={"": up}),
        },
    )
    both: Any = SimpleNamespace(values=later.__getitem__, panel=committed)
    frame = pool_studies(held, both).set_index("claim")
    assert list(frame.index) == ["one", "two"]
    first = np.concatenate([earlier[:6], later["up"]])
    second = np.concatenate([earlier[6:], later["down"]])
    one, two = frame.loc["one"].to_dict(), frame.loc["two"].to_dict()
    assert one["earlier"] == f"{format_value(float(earlier[:6].mean()), 'decimal2')}; 6"
    assert one["later"] == f"{format_value(float(later['up'].mean()), 'decimal2')}; 5"
    assert two["later"].endswith("; 5 + 4")
    assert (one["episodes"], two["episodes"]) == ("11", "11 + 7")
    known = stats.ttest_1samp(first, 0)
    interval = known.confidence_interval(committed.snapshot.choices.inference.level)
    assert [one["scar"], one["p"]] == pytest.approx([first.mean(), known.pvalue])
    assert [one["low"], one["high"]] == pytest.approx([interval.low, interval.high])
    assert two["scar"] == pytest.approx(first.mean() - second.mean())
    assert two["se"] == pytest.approx(np.hypot(stats.sem(first), stats.sem(second)))
    assert two["p"] == pytest.approx(2 * stats.t.sf(abs(two["scar"]) / two["se"], 6))
