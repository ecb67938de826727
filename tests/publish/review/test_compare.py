"""Two versions of the results held against each other."""

from __future__ import annotations

import pytest

from analysis.errors import ResultsError
from analysis.publish.review.compare import compare
from analysis.publish.review.result_set import parse


def number(value, **more):
    base = {"value": value, "text": f"{value:.4g}" if isinstance(value, float) else str(value), "unit": "fraction", "format": "decimal2"}
    return base | {"estimand": "mean", "function": "f", "inputs": [], "sample": "all"} | more


def version(fabricate, **parts):
    texts = fabricate(**parts)
    return parse(texts.get, parts.get("tables", {}), "memory")


def test_equal_versions_give_an_empty_comparison(fabricate):
    """Nothing differs, so that every part is empty and the comparison is false."""
    one = version(fabricate, numbers={"a": number(1.0)}, verdicts={"C": "mixed"})
    assert not compare(one, one)


def test_moves_are_in_units_of_the_standard_error_and_largest_first(fabricate):
    """A move of 0.3 with s.e. 0.1 is 3 s.e.; half an interval stands in where there is no s.e."""
    old = {
        "small": number(1.0, se=1.0),
        "large": number(1.0, se=0.1),
        "interval": number(1.0, low=0.8, high=1.2),
        "bare": number(1.0),
    }
    new = {
        "small": number(1.5, se=1.0),
        "large": number(1.3, se=0.1),
        "interval": number(1.2, low=1.0, high=1.4),
        "bare": number(2.0),
    }
    moves = compare(version(fabricate, numbers=old), version(fabricate, numbers=new)).moves
    assert [m.key for m in moves] == ["large", "interval", "small", "bare"]
    assert [m.size for m in moves[:3]] == pytest.approx([3.0, 1.0, 0.5])
    assert [m.scale for m in moves] == ["s.e.", "half-width", "s.e.", ""]
    assert moves[3].share == pytest.approx(0.5)


def test_the_base_gives_the_yardstick(fabricate):
    """A change that widens the standard error cannot make its own move look small."""
    old, new = {"a": number(1.0, se=0.1)}, {"a": number(2.0, se=10.0)}
    (move,) = compare(version(fabricate, numbers=old), version(fabricate, numbers=new)).moves
    assert move.size == pytest.approx(10.0)
    assert move.details == ("se 0.1 → 10",)


def test_an_interval_is_shown_as_the_paper_prints_it(fabricate):
    """Both bounds together, in the printed form, even if only one of them moved."""
    old = {"a": number(1.0, low=0.5, high=1.5, interval="0.5 to 1.5")}
    new = {"a": number(1.0, low=0.5, high=1.6, interval="0.5 to 1.6")}
    (move,) = compare(version(fabricate, numbers=old), version(fabricate, numbers=new)).moves
    assert move.details == ("interval 0.5 to 1.5 → 0.5 to 1.6",)
    assert move.size is None


def test_last_bits_are_no_move(fabricate):
    """A difference of one part in 1e12 comes from a machine, one in 1e9 from a change."""
    old = version(fabricate, numbers={"a": number(1.0)})
    assert not compare(old, version(fabricate, numbers={"a": number(1.0 + 1e-12)}))
    assert compare(old, version(fabricate, numbers={"a": number(1.0 + 1e-9)}))


@pytest.mark.parametrize(("before", "after", "flips"), [(0.04, 0.06, 1), (0.04, 0.01, 0)])
def test_significance_flips_at_five_percent(fabricate, before, after, flips):
    """Crossing 0.05 is a flip, moving below it is none; p-values of their own count too."""
    for make in (lambda p: number(1.0, p=p), lambda p: number(p, unit="p-value")):
        found = compare(
            version(fabricate, numbers={"a": make(before)}),
            version(fabricate, numbers={"a": make(after)}),
        )
        assert len(found.significance) == flips
        assert len(found.moves) == 1


def test_verdicts_tables_figures_and_keys(fabricate):
    """A flipped verdict, a changed table and figure, a new and a lost key are all reported."""
    old = version(
        fabricate, numbers={"a": number(1), "gone": number(1)}, verdicts={"C": "supported"},
        tables={"t": "| x |\n| - |\n| 1 |"}, figures={"f": "d1", "same": "d"},
    )  # fmt: skip
    new = version(
        fabricate, numbers={"a": number(1), "new": number(1)}, verdicts={"C": "mixed"},
        tables={"t": "| x |\n| - |\n| 2 |"}, figures={"f": "d2", "same": "d"},
    )  # fmt: skip
    found = compare(old, new)
    assert [(f.key, f.old, f.new) for f in found.verdicts] == [("C", "supported", "mixed")]
    assert (found.tables["t"].added, found.tables["t"].removed) == (("2",), ("1",))
    assert found.figures == ("f",)
    assert (found.added, found.removed) == (("new",), ("gone",))


def test_another_definition_under_an_old_key_is_reported(fabricate):
    """A key whose estimand changed is no longer the same number."""
    old = version(fabricate, numbers={"a": number(1.0)})
    new = version(fabricate, numbers={"a": number(1.0, estimand="median")})
    assert [(f.key, f.new) for f in compare(old, new).redefined] == [("a: estimand", "median")]


def test_merge_conflict_is_one_line_with_its_place(fabricate):
    """A results file with conflict marks is refused: file, version, line, what to do."""
    texts = fabricate(numbers={"a": number(1.0)})
    texts["numbers.json"] = '{"numbers": {\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> b\n}}'
    with pytest.raises(ResultsError, match=r"numbers\.json at HEAD, line 2: .*merge conflict.*nox"):
        parse(texts.get, [], "HEAD")


@pytest.mark.parametrize("text", ["{", "[]", '{"numbers": 3}', '{"numbers": {"a": 3}}'])
def test_broken_results_are_refused(fabricate, text):
    """Text that is no JSON, or JSON of another form, is named and not guessed at."""
    texts = fabricate() | {"numbers.json": text}
    with pytest.raises(ResultsError, match=r"numbers\.json at HEAD: expected"):
        parse(texts.get, [], "HEAD")


def test_missing_results_are_refused():
    """A version without committed results says so."""
    with pytest.raises(ResultsError, match=r"at abc: expected committed results, found none"):
        parse({}.get, [], "abc")
