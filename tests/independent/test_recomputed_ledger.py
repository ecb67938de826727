"""The ledger, recomputed from data/ by other hands: no line of ``analysis`` takes part."""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .amended import recompute_amended
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
    return recompute_amended(Record(ROOT / "data"), published["claim.b6.amended.p"]["value"])


def test_nothing_of_the_package_is_imported() -> None:
    """The recomputation stands on numpy, pandas, scipy and the calendars of exchanges alone."""
    allowed = {"numpy", "pandas", "scipy", "exchange_calendars", "pytest", *sys.stdlib_module_names}
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["pytest" if node.level else str(node.module)]
                assert node.level <= 1, f"{path.name} reaches out of its folder"
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


@pytest.mark.parametrize("name", CLAIMS)
def test_claim_agrees(
    name: str,
    ledger: dict[str, Result],
    published: dict[str, dict[str, float]],
    verdicts: dict[str, dict[str, str]],
) -> None:
    """Effect, interval, p, adjusted p, sample and verdict of a claim are those published.

    To nine digits (the published ones have twelve); what is resampled within Monte-Carlo error.
    """
    found, key = ledger[name], f"claim.{name.lower()}"
    effect = published.get(f"{key}.effect", {})
    beside = {
        part: published.get(f"{key}.{part}", {}).get("value") for part in ("holm", "detectable")
    }
    assert verdicts[name]["evidence"].endswith(f"sample {found.sample}")
    assert verdicts[name]["verdict"].endswith(found.verdict)
    assert not differs(found.effect, effect.get("value"))
    if name in RESAMPLED:
        p, low, high = (getattr(found, part) for part in ("p", "low", "high"))
        one = p / 4  # the smallest of four, times four
        error = 4 * np.sqrt(one * (1 - one) * (1 / 9_999 + 1 / 20_000))
        assert abs(p - effect["p"]) < 4 * error
        assert abs(low - effect["low"]) < 0.03
        assert abs(high - effect["high"]) < 0.03
        return
    wrong = [
        part for part in ("low", "high", "p") if differs(getattr(found, part), effect.get(part))
    ]
    assert not wrong
    assert not differs(found.holm, beside["holm"])
    assert not differs(found.detectable, beside["detectable"])


def test_family_and_counts_agree(
    ledger: dict[str, Result], published: dict[str, dict[str, float]]
) -> None:
    """The family, and how many claims have which verdict, are those published."""
    assert sum(found.family for found in ledger.values()) == published["ledger.family"]["value"]
    for verdict in (
        "supported",
        "contradicted",
        "mixed",
        "not testable",
        "wrong sign within noise",
    ):
        count = sum(found.verdict == verdict for found in ledger.values())
        assert count == published[f"ledger.{verdict.replace(' ', '_')}"]["value"], verdict


@pytest.mark.parametrize("name", CLAIMS)
def test_amended_claim_agrees(
    name: str,
    amended: dict[str, Result],
    published: dict[str, dict[str, Any]],
    verdicts: dict[str, dict[str, str]],
) -> None:
    """Effect, interval, p, adjusted p, episodes and verdict by the amended rules as published.

    Claims without a test have the verdict that they had.
    """
    key = f"claim.{name.lower()}.amended"
    if name not in amended:
        assert verdicts[f"{name.lower()}.amended"]["verdict"] == verdicts[name]["verdict"]
        assert f"{key}.holm" not in published
        return
    found, effect = amended[name], published.get(f"{key}.effect", {})
    values = {part: published.get(f"{key}.{part}", {}).get("value") for part in
              ("count", "p", "holm", "detectable")}  # fmt: skip
    assert values["count"] == found.sample
    assert verdicts[f"{name.lower()}.amended"]["verdict"].endswith(found.verdict)
    assert not differs(found.effect, effect.get("value"))
    assert not differs(found.p, values["p"])
    assert not differs(found.holm, values["holm"])
    if name in DRAWN:  # by other random numbers
        for part in ("low", "high"):
            assert abs(getattr(found, part) - effect[part]) < DRAWN[name]
        return
    assert not differs(found.low, effect.get("low"))
    assert not differs(found.high, effect.get("high"))
    assert not differs(found.detectable, values["detectable"], 1e-6)


def test_resampled_p_of_the_amended_exports_agrees(
    published: dict[str, dict[str, float]],
) -> None:
    """The smallest of four adjusted p by other random numbers, within Monte-Carlo error."""
    found = exports(Record(ROOT / "data"))
    assert found.p is not None
    one = found.p / 4
    error = 4 * np.sqrt(one * (1 - one) * (1 / 9_999 + 1 / 20_000))
    assert abs(found.p - published["claim.b6.amended.p"]["value"]) < 4 * error


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
        assert not differs(value, published[f"claim.b12.amended.{name}"]["value"])


def test_amended_family_agrees(
    amended: dict[str, Result], published: dict[str, dict[str, float]]
) -> None:
    """The amended family holds every confirmatory claim with a p, as many as are published."""
    family = [found for found in amended.values() if found.holm is not None]
    assert len(family) == published["amended.family"]["value"]
