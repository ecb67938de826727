"""What was specified after results were known says so wherever it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.results import LATER, Provenance

RESULTS = Path(__file__).parents[2] / "paper" / "results"
LATE = {  # functions whose results were specified later
    "analysis.questions.event_windows.hours.compare_windows",
    "analysis.questions.moves.mean_squares.moves",
    "analysis.questions.customs.forecasts.compare_errors",
    "analysis.questions.ledger.amendments.decide_by_rules",
    "analysis.questions.ledger.quiet_days.quiet_responses",
    "analysis.questions.ledger.register.planned_looks",
    "analysis.questions.ledger.register.policy_days",
    "analysis.questions.ledger.looks.take_looks",
    "analysis.questions.ledger.tipping.tip_claims",
    "analysis.questions.before.joined_exports.correlate_joined",
    "analysis.questions.before.joined_exports.join_series",
}
KEYS = (".p_median_holm", ".release.best", ".release.best.p")  # beside what was registered
ACCOUNTS = (".trades", ".hit_rate", ".drawdown", ".total", ".skipped")


def shown(name: str) -> dict[str, dict[str, str]]:
    """Return the entries of one committed file of results, by key."""
    content = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    found: dict[str, dict[str, str]]
    (found,) = (part for key, part in content.items() if key not in ("data", "schema"))
    return found


def was_late(key: str, function: str) -> bool:
    account = key.startswith("pair.") and key.endswith(ACCOUNTS) and ".registered." not in key
    return function in LATE or key.endswith(KEYS) or account


def test_the_provenance_of_what_came_later_says_exploratory():
    """The one way to state it adds the words to the sample."""
    assert Provenance.later(shown, "all events").sample == f"all events; {LATER}"
    assert "exploratory" in LATER


def test_every_published_number_that_came_later_says_exploratory():
    """Its estimand or its sample says so, and no other number does."""
    numbers = shown("numbers.json")
    late = {key for key, entry in numbers.items() if was_late(key, entry["function"])}
    assert len(late) > 30
    silent = [
        key
        for key in late
        if "exploratory" not in numbers[key]["estimand"] + numbers[key]["sample"]
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["claims.json", "tables.json", "figures.json"])
def test_tables_and_verdicts_that_came_later_say_exploratory(name):
    """The sample of every table, verdict and figure that one of these functions made says so."""
    entries = shown(name)
    late = [e for key, e in entries.items() if e["function"] in LATE]
    assert late
    assert all("exploratory" in entry["sample"] for entry in late)
