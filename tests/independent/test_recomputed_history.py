"""The study of 2009 to 2024, recomputed from its registration by other hands.

No line of ``analysis`` takes part in that. What is held against it is what the study of the paper
hands over to be published, by the names of ``PARTS`` and ``KEYS``; what is registered as a count is
looked up in the registration.
"""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.questions import answer, question
from analysis.results import Findings
from analysis.study.panel import Panel

from .history.episodes import Calendar, Values, form, measure_events
from .history.oracle import Number, Numbers, count_sample, recompute, recompute_customs
from .history.record import Files, Record
from .history.registered import Sample, registered_sample
from .record import Record as Items

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DATA = ROOT / "data"
HISTORY = DATA / "history"
PUBLISHED = ROOT / "paper" / "results" / "numbers.json"

# Parts of a test here, and the fields of the published numbers they are.
PARTS = {
    "estimate": ("{key}.scar", "value"),
    "low": ("{key}.scar", "low"),
    "high": ("{key}.scar", "high"),
    "error": ("{key}.scar", "se"),
    "p": ("{key}.p", "value"),
    "t": ("{key}.t", "value"),
    "freedom": ("{key}.df", "value"),
    "car": ("{key}.car", "value"),
    "holm": ("{key}.holm", "value"),
    "placebo_t": ("{key}.rotations", "value"),
    "placebo": ("{key}.rotations_mean", "value"),
    "rotations": ("{key}.rotated", "value"),
}
CLAIMS = ("h1", "h2", "h3", "h4", "h5")
RUNS = (
    "to-2020", "new-york", "sydney", "remx", "ilu", "secondary", "own-news", "export-policy",
    "output-quotas", "high-confidence", "both-coders", "no-quoted-price", "one-session-earlier",
    "day-0", "intercept",
)  # fmt: skip
# The published key of each line here.
KEYS = {
    **{claim: f"before.{claim}" for claim in CLAIMS},
    **{f"beside.{run}.{claim}": f"before.beside.{run.replace('-', '_')}.{claim}" for run in RUNS
       for claim in CLAIMS},
    **{f"pooled.{claim}": f"before.pooled.{claim}" for claim in CLAIMS[:4]},
}  # fmt: skip
# Which parts of a line are published.
TABLED = {"estimate", "p"}
WHOLE = TABLED | {"low", "high", "error", "t", "freedom", "car", "holm", "placebo_t", "placebo",
                  "rotations"}  # fmt: skip
SHOWN = {
    **dict.fromkeys(KEYS, TABLED),
    **dict.fromkeys(CLAIMS[:4], WHOLE),
    "h5": TABLED | {"placebo", "rotations"},
    **{f"pooled.{claim}": TABLED | {"low", "high", "error"} for claim in CLAIMS[:4]},
}
LAGS, NAMES_OF_LAGS = range(-3, 4), ("m3", "m2", "m1", "0", "1", "2", "3")
# Single numbers here, and their published keys.
RANGES = {"estimate_low": "low", "estimate_high": "high", "p_low": "p_low", "p_high": "p_high"}
SINGLE = {
    **{f"leave_one_out.{claim}.{part}": f"before.{claim}.one_out.{name}"
       for claim in CLAIMS[:4] for part, name in RANGES.items()},
    **{f"turn.{claim}.episodes": f"before.{claim}.turned_by" for claim in CLAIMS[:4]},
    **{f"{claim}.detectable_{of}": f"before.detectable.{claim}.{of}"
       for claim in CLAIMS[:4] for of in ("scar", "car")},
    "customs.changes": "before.exports.changes",
    "customs.adjustable": "before.exports.adjustable",
    **{f"customs.adjusted.{asset}.{lag:+d}": f"before.exports.{asset}.pearson.lag_{name}"
       for asset in ("remx", "firms") for lag, name in zip(LAGS, NAMES_OF_LAGS, strict=True)},
}  # fmt: skip
COUNTS = {  # here, and in [sample] and [customs] of the registration
    "sample.events": ("sample", "counts", "events"),
    "sample.tested": ("sample", "counts", "tested"),
    "sample.with_a_firm": ("sample", "counts", "with_a_firm"),
    "sample.tightening_episodes": ("sample", "counts", "tightening_episodes"),
    "sample.easing_episodes": ("sample", "counts", "easing_episodes"),
    "sample.support_episodes": ("sample", "counts", "support_episodes"),
    "sample.mixed_episodes": ("sample", "counts", "mixed_episodes"),
    "sample.on_one_firm": ("sample", "on_one_firm"),
    "customs.changes": ("customs", "counts", "single_month_changes"),
    "customs.adjustable": ("customs", "counts", "adjustable"),
}


@pytest.fixture(scope="module")
def record() -> Record:
    return Record(Files(HISTORY, DATA / "prices.csv"))


@pytest.fixture(scope="module")
def sample(record: Record) -> Sample:
    return registered_sample(record)


@pytest.fixture(scope="module")
def numbers(record: Record) -> Numbers:
    return recompute(record, Items(DATA))


@pytest.fixture(scope="module")
def handed(committed: Panel) -> Findings:
    """What the questions hand over to be published."""
    events, exports = (
        answer(question(title), committed) for title in ("Fifteen years before", "Exports before")
    )
    return events.extend([exports])


@pytest.fixture(scope="module")
def published(handed: Findings) -> dict[str, dict[str, Any]]:
    """By key: the fields of each number."""
    return {number.key: asdict(number) for number in handed.numbers}


def test_nothing_of_the_package_is_imported() -> None:
    """The recomputation stands on numpy, pandas, scipy and the calendars of exchanges alone."""
    allowed = {"numpy", "pandas", "scipy", "exchange_calendars", *sys.stdlib_module_names}
    for path in (HERE / "history").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = {str(node.module).split(".")[0]}
            else:
                assert getattr(node, "level", 0) <= 2, f"{path.name} reaches out of its folder"
                continue
            assert names <= allowed, f"{path.name}: {names}"


def test_one_response_is_least_squares(record: Record, sample: Sample) -> None:
    """A Sydney response is what a regression of its own on the 120 sessions gives."""
    firm = sample.firms["LYC"]
    place = int(record.sessions["XASX"].searchsorted(pd.Timestamp("2019-05-29")))
    market = record.files.closes["SPY"].dropna()
    york = record.sessions["XNYS"]
    moved = (market / market.shift(1) - 1)[market.index >= york[0]]
    dates = record.sessions["XASX"][place - 130 : place + 2]
    x = np.array([moved[moved.index < date].to_numpy()[[-1, -2]] for date in dates])
    y = record.files.closes["LYC"].reindex(record.sessions["XASX"]).to_numpy()
    y = (y[1:] / y[:-1] - 1)[place - 131 : place + 1]
    fit, square, *_ = np.linalg.lstsq(x[:120], y[:120], rcond=None)
    total = x[130:].sum(axis=0)
    variance = square[0] / (120 - 2) * (2 + total @ np.linalg.inv(x[:120].T @ x[:120]) @ total)
    car = y[130:].sum() - total @ fit
    assert np.isclose(firm.car[place], car, rtol=1e-9)
    assert np.isclose(firm.scar[place], car / np.sqrt(variance), rtol=1e-9)


def values_of(york: list[list[int]], count: list[list[int]], value: list[list[float]]) -> Values:
    return Values(np.array(york), np.array(count), {"scar": np.array(value)})


def test_episodes_by_hand() -> None:
    """Day 0s one session apart chain, an event without a firm neither chains nor counts.

    Tightening on 10 and 11 is one episode of mean 2; 13 stands alone; easing on 14 makes it
    mixed; the event of 12, which would join them all, has no firm. A second calendar, turned by
    five of sixteen sessions, ends an episode where the span ends.
    """
    directions = pd.Series(["tightening", "tightening", "support", "tightening", "easing"])
    values = values_of(
        [[10, 11, 12, 13, 14], [15, 0, 1, 2, 3]],
        [[1, 1, 0, 1, 1], [1, 1, 1, 1, 1]],
        [[1.0, 3.0, np.nan, 5.0, 7.0], [1.0, 3.0, 4.0, 5.0, 8.0]],
    )
    found = form(values, directions)
    assert found.group.tolist() == [[0, 0, -1, 1, 1], [1, 0, 0, 0, 0]]
    assert found.of("scar", found.pure("tightening")).tolist() == [2.0]
    assert found.of("scar", found.mixed).tolist() == [6.0]
    assert found.mean("scar", found.pure("tightening")).tolist() == [2.0, 1.0]
    assert found.mean("scar", found.any).tolist() == [4.0, 3.0]


def test_a_sydney_day_keeps_its_lag(record: Record) -> None:
    """Turning by nothing gives the Sydney days of the file back, all of them."""
    events = record.events
    dates = (record.sessions[venue][events[venue]].to_numpy() for venue in ("XNYS", "XASX"))
    found = record.sydney(events["XNYS"].to_numpy(), np.equal(*dates))
    assert found.tolist() == events["XASX"].tolist()


def test_own_news_leaves_the_firm_out(sample: Sample) -> None:
    """An event that is one firm's own news counts the others alone."""
    events = sample.events[sample.events["leave_out"] != ""].reset_index(drop=True)
    calendar = Calendar(events[["XNYS"]].to_numpy().T, events[["XASX"]].to_numpy().T)
    fewer = measure_events(sample.firms, events, calendar).count
    more = measure_events(sample.firms, events, calendar, own_news=True).count
    assert (fewer <= more).all()
    assert (fewer < more).any()


def test_counts_are_those_registered(record: Record, sample: Sample) -> None:
    """Events, episodes and months are as many as the registration says."""
    path = DATA / "registration" / "history.toml"
    registered = tomllib.loads(path.read_text(encoding="utf-8"))
    found = count_sample(sample) | recompute_customs(record)
    for name, keys in COUNTS.items():
        expected: Any = registered
        for key in keys:
            expected = expected[key]
        assert found[name] == expected, name


def agrees(found: Number, expected: Number) -> bool:
    """Say whether two numbers agree to nine digits, or two words do."""
    if isinstance(found, str) or isinstance(expected, str):
        return found == expected
    return abs(found - expected) <= 1e-9 * abs(expected) + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("line", KEYS)
def test_line_agrees(line: str, numbers: Numbers, published: dict[str, dict[str, Any]]) -> None:
    """Every published part of a line of the result is the one recomputed."""
    key, wrong = KEYS[line], {}
    counts = [
        numbers[f"{line}.{name}"] for name in ("k", "k1", "k2") if f"{line}.{name}" in numbers
    ]
    assert published[f"{key}.episodes"]["value"] == " + ".join(map(str, counts))
    for part in SHOWN[line]:
        name, field = PARTS[part]
        name = name.format(key=key)
        if line == "h5" and part == "placebo":
            name = f"{key}.rotations"  # of squares there is one reading
        found, expected = numbers.get(f"{line}.{part}"), published.get(name, {}).get(field)
        if found is None and line.endswith("h5") and part == "p":
            found = numbers[f"{line}.placebo"]
        if found is None or expected is None:
            assert found is expected, part  # without an episode there is neither
            assert min(counts) == 0
        elif not agrees(found, expected):
            wrong[part] = (found, expected)
    assert not wrong


@pytest.mark.parametrize("claim", CLAIMS)
def test_verdict_agrees(claim: str, numbers: Numbers, handed: Findings) -> None:
    """The verdict is the one recomputed, and names a sign where that does."""
    verdicts = {verdict.key: verdict.verdict for verdict in handed.verdicts}
    said = verdicts[f"before.{claim}"]
    assert said.endswith(str(numbers[f"{claim}.verdict"]))
    if claim != "h5":
        assert ("no sign" not in said) == bool(numbers[f"{claim}.sign_named"])


@pytest.mark.parametrize("name", SINGLE)
def test_single_number_agrees(
    name: str, numbers: Numbers, published: dict[str, dict[str, Any]]
) -> None:
    """A range, a count or a detectable effect is the one published."""
    assert agrees(numbers[name], published[SINGLE[name]]["value"])


def test_what_is_committed_is_what_is_handed_over(published: dict[str, dict[str, Any]]) -> None:
    """The numbers that the paper cites are those compared here, to their twelve digits."""
    committed = json.loads(PUBLISHED.read_text(encoding="utf-8"))["numbers"]
    cited = {key: entry for key, entry in committed.items() if key.startswith("before.h")}
    assert cited
    for key, entry in cited.items():
        assert agrees(entry["value"], published[key]["value"]), key
