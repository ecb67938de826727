"""The ledger, recomputed from data/ by other hands: no line of ``analysis`` takes part."""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from analysis.questions.event_windows import by_direction
from analysis.snapshot.load import load_snapshot
from analysis.study.panel import build_panel

from .amended import recompute_amended, recompute_pooled
from .anew import exports
from .claims import CLAIMS, CORE, growth, recompute
from .episodes import Result
from .record import Record

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = ROOT / "paper" / "results"
RESAMPLED = {"B6"}  # its p is that of a block permutation
DRAWN = {"A4": 0.02, "B6": 0.05}  # bounds that a bootstrap gives as amended: their error


@pytest.fixture(scope="module")
def ledger() -> dict[str, Result]:
    return recompute(Record(ROOT / "data"))


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, float]]:
    return json.loads((RESULTS / "numbers.json").read_text(encoding="utf-8"))["numbers"]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, dict[str, str]]:
    return json.loads((RESULTS / "claims.json").read_text(encoding="utf-8"))["verdicts"]


@pytest.fixture(scope="module")
def amended(published: dict[str, dict[str, float]]) -> dict[str, Result]:
    """By the amended rules and entries; B6 with the p that was published."""
    return recompute_amended(Record(ROOT / "data"), published["claim.b6.effect"]["p"])


def test_nothing_of_the_package_is_imported() -> None:
    """The recomputation stands on numpy, pandas, scipy and the calendars of exchanges alone."""
    allowed = {"numpy", "pandas", "scipy", "exchange_calendars", "pytest", *sys.stdlib_module_names}
    for path in sorted(set(HERE.rglob("*.py")) - set(HERE.glob("test_*.py"))):
        deep = len(path.relative_to(HERE).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["pytest" if node.level else str(node.module)]
                assert node.level <= deep, f"{path.name} reaches out of its folder"
            else:
                continue
            assert {name.split(".")[0] for name in names} <= allowed, f"{path.name}: {names}"


def test_every_claim_is_recomputed() -> None:
    """Every claim of the file has its recomputation and the other way round."""
    entries = tomllib.loads((ROOT / "data" / "claims.toml").read_text(encoding="utf-8"))["claim"]
    assert [entry["id"] for entry in entries] == list(CLAIMS)


def differs(found: float | None, expected: float | None, relative: float = 1e-9) -> bool:
    """Say whether two numbers differ by more than a share of them; nothing equals nothing."""
    if found is None or expected is None:
        return found is not expected
    return abs(found - expected) > relative * abs(expected) + 1e-12


def assert_agrees(
    found: Result,
    key: str,
    published: dict[str, dict[str, float]],
    verdict: dict[str, str],
    *,
    resampled: bool = False,
    drawn: float = 0.0,
) -> None:
    """Hold effect, interval, p, adjusted p, detectable effect, sample and verdict of a claim.

    To nine digits (the published ones have twelve); what is resampled within Monte-Carlo error,
    bounds that are ``drawn`` within the error that is given.
    """
    effect = published.get(f"{key}.effect", {})
    beside = {
        part: published.get(f"{key}.{part}", {}).get("value") for part in ("holm", "detectable")
    }
    assert verdict["evidence"].endswith(f"sample {found.sample}")
    assert verdict["verdict"].endswith(found.verdict)
    assert not differs(found.effect, effect.get("value"))
    if resampled:
        p, low, high = (getattr(found, part) for part in ("p", "low", "high"))
        one = p / 4  # the smallest of four, times four
        error = 4 * np.sqrt(one * (1 - one) * (1 / 9_999 + 1 / 20_000))
        assert abs(p - effect["p"]) < 4 * error
        assert abs(low - effect["low"]) < 0.03
        assert abs(high - effect["high"]) < 0.03
        return
    parts = {part: (getattr(found, part), effect.get(part)) for part in ("p", "low", "high")}
    if drawn:
        for part in ("low", "high"):
            one, other = parts.pop(part)
            assert abs(one - other) < drawn, part
    wrong = [part for part, (one, other) in parts.items() if differs(one, other)]
    assert not wrong
    assert not differs(found.holm, beside["holm"])
    if found.detectable is not None or not drawn:
        assert not differs(found.detectable, beside["detectable"], 1e-8)


@pytest.mark.parametrize("name", CLAIMS)
def test_registered_claim_agrees(
    name: str,
    ledger: dict[str, Result],
    published: dict[str, dict[str, float]],
    verdicts: dict[str, dict[str, str]],
) -> None:
    """All that is published of a claim by the registered rules is what is recomputed."""
    key, verdict = f"claim.{name.lower()}.registered", verdicts[f"{name.lower()}.registered"]
    assert_agrees(ledger[name], key, published, verdict, resampled=name in RESAMPLED)


def test_resampled_p_of_the_amended_exports_agrees(
    published: dict[str, dict[str, float]],
) -> None:
    """The smallest of four adjusted p by other random numbers, within Monte-Carlo error."""
    found = exports(Record(ROOT / "data"))
    assert found.p is not None
    one = found.p / 4
    error = 4 * np.sqrt(one * (1 - one) * (1 / 9_999 + 1 / 20_000))
    assert abs(found.p - published["claim.b6.effect"]["p"]) < 4 * error


def test_what_stands_beside_the_loss_agrees(published: dict[str, dict[str, float]]) -> None:
    """B12: the share gone before, and the last close against the first."""
    path = {
        day: growth(Record(ROOT / "data"), CORE, "2025-10-08", f"2025-10-{day}").mean()
        for day in ("14", "24", "27")
    }
    said = {
        "gone_before": 1 - path["24"] / path["14"],
        "level": path["27"],
    }
    for name, value in said.items():
        assert not differs(value, published[f"claim.b12.{name}"]["value"])


@pytest.mark.parametrize("name", CLAIMS)
def test_claim_agrees(
    name: str,
    ledger: dict[str, Result],
    amended: dict[str, Result],
    published: dict[str, dict[str, float]],
    verdicts: dict[str, dict[str, str]],
) -> None:
    """All that is published of a claim by the amended rules is what is recomputed.

    Claims that these do not reach are what they were.
    """
    found = amended.get(name, ledger[name])
    key = f"claim.{name.lower()}"
    assert_agrees(found, key, published, verdicts[name], drawn=DRAWN.get(name, 0.0))


def test_families_and_counts_agree(
    ledger: dict[str, Result],
    amended: dict[str, Result],
    published: dict[str, dict[str, float]],
) -> None:
    """Both families, and how many claims have which verdict, are those published."""
    assert sum(found.family for found in ledger.values()) == published["registered.family"]["value"]
    decided = [found for found in ledger.values() if found.family]
    for verdict in ("supported", "contradicted"):
        count = sum(found.verdict == verdict for found in decided)
        assert count == published[f"registered.{verdict}"]["value"], verdict
    family = [found for found in amended.values() if found.holm is not None]
    assert len(family) == published["ledger.family"]["value"]
    every = [amended.get(name, ledger[name]) for name in CLAIMS]
    for said in ("supported", "contradicted", "mixed", "not testable", "cannot decide",
                 "no sign within noise", "wrong sign within noise"):  # fmt: skip
        count = sum(found.verdict == said for found in every)
        assert count == published[f"ledger.{said.replace(' ', '_')}"]["value"], said


def test_pooled_responses_agree() -> None:
    """Every mean response of the core is recomputed by the amended rules."""
    record, held = Record(ROOT / "data"), 0
    found = by_direction.compute(build_panel(load_snapshot(ROOT / "data")))
    for key, effect in {number.key: asdict(number) for number in found.numbers}.items():
        if not (key.startswith("pooled.") and key.endswith(".mean")):
            continue
        kind, window, *kept = key.removesuffix(".mean").split(".")[1:]
        first, last = (int(day.replace("m", "-")) for day in window.split("_")[1:])
        again = recompute_pooled(record, kind, (first, last), kept=bool(kept))
        assert int(again.sample) == effect["n"], key
        for name, value in (("value", again.effect), ("low", again.low), ("high", again.high),
                            ("p", again.p)):  # fmt: skip
            assert not differs(value, effect[name]), f"{key} {name}"
        held += 1
    assert held >= 4
