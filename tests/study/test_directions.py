"""The directions of news are the study's: their names, order, signs and groups come from data."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import SnapshotError
from analysis.questions.event_windows import baskets, by_direction, episode_days
from analysis.questions.relative_beta import exposure
from analysis.questions.volatility import around_events, other_assets, pair_trade
from analysis.snapshot.load import Snapshot, load_snapshot
from analysis.study.claims import decide_claim
from analysis.study.directions import list_kinds, list_policy, list_policy_first, list_signs
from analysis.study.panel import build_panel

OTHER = {"tightening": "curb", "easing": "licence", "disappointment": "delay", "support": "subsidy"}


def _renamed(text: str) -> str:
    return re.sub("|".join(OTHER), lambda found: OTHER[found[0]], text)


@pytest.fixture
def other(snapshot_copy: Path) -> Snapshot:
    """The committed study with other names for its directions, the positive ones last."""
    for name in ("study.toml", "claims.toml", "events.csv"):
        path = snapshot_copy / name
        text = path.read_text("utf-8")
        if name == "events.csv":
            words = "|".join(OTHER)
            text = re.sub(rf",({words})(?=,)", lambda found: f",{OTHER[found[1]]}", text)
        elif name == "study.toml":
            lines = [line for line in text.splitlines() if re.match("|".join(OTHER), line)]
            text = text.replace("\n".join(lines), "\n".join(map(_renamed, sorted(lines))))
        else:
            text = re.sub(r"(?m)^(?:events|first|second) = .*", lambda m: _renamed(m[0]), text)
        path.write_text(text, "utf-8")
    return load_snapshot(snapshot_copy, check_hashes=False)


def test_groups_follow_signs_and_policy(snapshot: Snapshot) -> None:
    """Nothing is left out or named twice; support is not China's policy."""
    choices = snapshot.choices
    assert list_signs(choices) == {d: (-1) ** (d == "easing") for d in choices.directions}
    assert list_policy(choices) == ("tightening", "disappointment", "easing")
    assert list_policy(choices, 1) == ("tightening", "disappointment")
    assert list_policy(choices, -1) == ("easing",)
    assert list_policy_first(choices) == (*list_policy(choices), "support")
    assert list_kinds(choices, "policy")["policy"] == (list_policy(choices), True)


@pytest.mark.slow
def test_a_study_with_other_directions_gives_the_same_results(other: Snapshot, committed) -> None:
    """Under other names and in another order every response and claim is what it was."""
    panel = build_panel(other)
    few = replace(other.choices, inference=replace(other.choices.inference, draws=99))
    panel = replace(panel, snapshot=replace(other, choices=few))
    old, new = (by_direction.pooled_by_direction(p) for p in (committed, panel))
    names = OTHER | {"policy": "policy", "all": "all"}
    old["kind"] = old["kind"].map(names)
    both = old.merge(new, on=["kind", "window", "clean"], how="outer", indicator=True)
    assert set(both["_merge"]) == {"both"}
    for name in ("episodes", "mean", "low", "p"):
        assert both[f"{name}_x"].to_numpy() == pytest.approx(both[f"{name}_y"], nan_ok=True)
    for claim in ("A3", "B3", "A13", "B7"):
        one, two = (decide_claim(p.snapshot.registered[claim], p) for p in (committed, panel))
        assert (one.effect, one.p, one.count) == pytest.approx((two.effect, two.p, two.count))


@pytest.mark.slow
def test_questions_speak_of_the_directions_of_the_study(other: Snapshot) -> None:
    """No result of a study with other directions names one of the paper's."""
    panel = build_panel(other)
    choices = replace(other.choices, inference=replace(other.choices.inference, draws=99))
    panel = replace(panel, snapshot=replace(panel.snapshot, choices=choices))
    asked = (baskets, by_direction, episode_days, exposure)
    for each in (*asked, around_events, other_assets, pair_trade):
        found = each.compute(panel)
        said = [n.key + n.estimand for n in found.numbers] + [v.key for v in found.verdicts]
        said += [t.notes for t in found.tables if t.name != "events"] + [
            f.alt for f in found.figures
        ]
        assert not [text for text in said if re.search("|".join(OTHER), text)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('dict", sign = 1 }'.replace("dict", "conflict"), 'conflict" }',
         "study.toml, key directions.tightening.sign: expected a value, found none; add it"),
        ("sign = -1 }", "sign = 2 }",
         "study.toml, key directions.easing.sign: expected 1, -1 or 0, found 2; correct the line"),
        ("sign = -1 }", "sign = 0 }",
         "study.toml, key directions.easing: expected tested = false where no sign is expected, "),
        ("sign = -1 }", "sign = -1, tested = false }",
         "study.toml, key directions.easing: expected policy = false where tested = false, found "),
        ("sign = -1 }", "sing = -1 }",
         "study.toml, key directions.easing.sing: expected a known key, found 'sing'; did you "
         "mean sign? correct the line (and 1 more)"),
        ("\nsupport = {", "\nall = {", "study.toml, key directions: expected directions by other "
         "names than all, found "),
        ("[directions]", "[direction]", "study.toml, key direction: expected a known key, found "
         "'direction'; did you mean directions?"),
        ("\nsupport = {", "\nsupports = {", "events.csv, row 4, column direction: expected one "
         "of tightening, disappointment, supports, easing ([directions] in study.toml), found "
         "support; did you mean supports? correct it (and"),
    ],
)  # fmt: skip
def test_a_slip_in_the_directions_is_one_line(refused_edit, old, new, said) -> None:
    """A missing or strange sign, a name that is taken and a word of no direction are told."""
    message = refused_edit("study.toml", old, new)
    assert message.startswith(said)
    assert "\n" not in message


def test_a_study_without_policy_is_told(snapshot_copy: Path) -> None:
    """What is pooled as policy must be something."""
    path = snapshot_copy / "study.toml"
    path.write_text(re.sub(r"(?m)(sign = -?1) }", r"\1, policy = false }", path.read_text("utf-8")))
    with pytest.raises(SnapshotError, match="expected directions of which one at least has policy"):
        load_snapshot(snapshot_copy, check_hashes=False)
