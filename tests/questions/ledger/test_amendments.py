"""The amended ledger beside the registered one, and the quiet days that decided a rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.questions.ledger import quiet_days
from analysis.snapshot.rules import SWITCHES, Rules, RuleSets


def quiet(shift: float) -> pd.DataFrame:
    """Return three hundred quiet days of two portfolios whose intercept model is off by a shift."""
    values = np.random.default_rng(5).normal(0, 1, 300)
    firms = np.where(np.arange(300) < 150, "MP", "MP,CRML")
    return pd.DataFrame({"firms": firms, "intercept": values + shift, "none": values})


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_readings_without_the_shift_reject_at_the_size(shift):
    """A shift of all quiet days is found where it is, and in no reading that takes it out."""
    frame, gaps = quiet_days._rates(quiet(shift), 0.05, np.random.default_rng(1))
    rates = frame.set_index("reading")
    assert rates["mean"]["recentred"] == pytest.approx(0, abs=1e-12)
    for name in ("recentred", "none"):
        assert rates["fourteen"][name] < 0.10
    assert (rates["fourteen"]["intercept"] > 0.5) == (shift > 0)
    assert rates["seven_less_five"]["intercept"] < 0.10  # a shift cancels in a difference
    assert (gaps["gap"].abs() < 3 * gaps["se"]).all()
    assert (frame["mean_se"][frame["reading"] != "recentred"] > 0.02).all()


def test_each_switch_turns_what_belongs_to_it():
    """A rule alone takes its own fields of the amended set; all together are that set."""
    amended = Rules(
        contamination="deals", deal="deal", leave_out=("doubted",), mixture="windows", shared=2,
        statistic="scar", verdicts="symmetric", bound={"car": 0.1}, few="not testable",
        normal="none",
    )  # fmt: skip
    sets = RuleSets(Rules(), "B3", amended)
    fields = [field for switch in SWITCHES.values() for field in switch]
    # Which entries are decided is no rule of inference: no switch turns it alone.
    assert sorted([*fields, "claims"]) == sorted(Rules.__dataclass_fields__)
    for switch, own in SWITCHES.items():
        alone = sets.alone(switch)
        changed = {name for name in fields if getattr(alone, name) != getattr(Rules(), name)}
        assert changed == set(own)
