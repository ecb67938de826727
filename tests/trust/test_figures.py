"""The figures of the sessions: CONTRIBUTING states what was kept, each with its origin."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from trust.figures import FIGURES, MARKS, ROOT, state


def test_contributing_states_the_figures_that_were_kept():
    """No figure is typed: the table is what the kept ones make."""
    kept: dict[str, Any] = json.loads(FIGURES.read_text("utf-8"))
    assert set(kept) <= {"mutants", "faults", "fuzz"}
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    stated = text.split(MARKS[0])[1].split(MARKS[1])[0]
    assert stated.strip() == state(kept)


def test_a_figure_is_stated_with_sample_seed_day_and_machine():
    """A sample is told beside the size of a whole run."""
    machine = {"processor": "P", "processors": 2, "system": "S", "python": "3.11.7"}
    told = {"tried": 2000, "whole": 20000, "found": "all read", "seed": 3, "day": "2026-01-02"}
    row = state({"fuzz": told | {"machine": machine}}).splitlines()[-1]
    assert row == "| fuzz | 2,000 | 20,000 | all read | 3 | 2026-01-02 | 2 × P, Python 3.11.7 |"


def test_the_mutator_imports_nothing_of_the_package():
    """Its children change the package, and a module that the parent had would stay as it was."""
    program = (
        "import sys, trust.mutants.__main__; "
        "print(*[name for name in sys.modules if name.partition('.')[0] == 'analysis'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
