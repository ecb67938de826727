"""Two versions of the results held against each other."""

from __future__ import annotations

import pytest

from analysis.errors import ResultsError
from analysis.publish.number_rows import list_keys
from analysis.publish.result_set import parse
from analysis.publish.review.compare import compare


def number(value, **more):
    base = {
        "value": value,
        "text": f"{value:.4g}" if isinstance(value, float) else str(value),
        "unit": "fraction",
        "format": "decimal2",
    }
    return base | {"estimand": "mean", "function": "f", "inputs": [], "sample": "all"} | more


def version(fabricate, **parts):
    return parse(fabricate(**parts), "memory")


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
        fabricate, numbers={"a": number(1), "new": number(2)}, verdicts={"C": "mixed"},
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


def test_all_parts_of_a_number_are_compared(fabricate):
    """Level, format and unit count; a last bit that turns what is printed counts, too."""
    old = version(fabricate, numbers={"a": number(0.125, low=0.1, high=0.2, level=0.95)})
    for changed in (
        number(0.125, low=0.1, high=0.2, level=0.9),
        number(0.125, low=0.1, high=0.2, level=0.95, format="decimal3"),
        number(0.125, low=0.1, high=0.2, level=0.95, unit="sessions"),
        number(0.125 + 1e-16, low=0.1, high=0.2, level=0.95, text="0.13"),
    ):
        assert compare(old, version(fabricate, numbers={"a": changed}))


def test_passages_and_data_sets_are_compared(fabricate, describe):
    """Other words of a passage; rows and columns of a data set, each by name."""
    one = describe(firm="1", car="2", p="3")
    old = version(fabricate, passages={"c": "It is."}, datasets={"d": one, "same": one})
    now = {"d": describe(firm="1", car="9", n="3"), "same": one}
    found = compare(old, version(fabricate, passages={"c": "It was."}, datasets=now))
    assert found.passages == ("c",)
    (flip,) = found.datasets
    assert flip.key == "d"
    assert flip.evidence == "column p gone; column n new; values of car"
    assert found.counts["data set"] == 2


def test_a_base_without_a_record_of_data_sets_is_not_called_equal(fabricate, describe):
    """They are neither new nor the same: they are not compared, and that is said."""
    old, new = version(fabricate), version(fabricate, datasets={"d": describe(car="1")})
    found = compare(old, new)
    assert not found
    assert found.added == ()
    assert found.not_compared == ("data set",)


def test_tables_are_compared_cell_by_cell(fabricate):
    """Rows by their leading cells, columns by header, notes as one cell."""
    old = "| firm | kind | p |\n| :- | :- | -: |\n| MP | a | 1 |\n| MP | b | 2 |\n| X | a | 3 |\n"
    new = "| firm | kind | p |\n| :- | :- | -: |\n| MP | a | 1 |\n| MP | b | 5 |\n| Y | a | 3 |\n"
    edits = compare(
        version(fabricate, tables={"t": f"{old}\n::: {{.table-note}}\nSo.\n:::\n"}),
        version(fabricate, tables={"t": f"{new}\n::: {{.table-note}}\nNo.\n:::\n"}),
    ).tables["t"]
    assert [(c.row, c.column, c.old, c.new) for c in edits.cells] == [
        ("MP, b", "p", "2", "5"),
        ("(table)", "notes", "So.", "No."),
    ]
    assert (edits.added, edits.removed) == (("Y, a",), ("X, a",))


@pytest.mark.parametrize(
    "new", ["| b | a |\n| - | - |\n| 2 | 1 |\n", "| a | b |\n| -: | - |\n| 1 | 2 |\n"]
)
def test_another_order_of_columns_or_layout_is_a_change(fabricate, new):
    """No cell differs and yet the table does: it is not passed over."""
    old = "| a | b |\n| - | - |\n| 1 | 2 |\n"
    one, other = (version(fabricate, tables={"t": text}) for text in (old, new))
    assert compare(one, other).tables["t"]


def test_moved_code_is_no_result(fabricate):
    """Results that another module gives are the same results: counted aside, of every kind."""
    parts = {"verdicts": {"C": "mixed"}, "figures": {"f": "d"}, "tables": {"t": "| a |\n"}}
    parts["numbers"] = {"a": number(1.0, function="analysis.questions.a.f")}
    old = version(fabricate, **parts)
    texts = {k: v.replace("analysis.questions", "analysis.study")
             for k, v in fabricate(**parts).items()}  # fmt: skip
    found = compare(old, parse(texts, "memory"))
    assert not found
    assert len(found.provenance) == 4


def test_a_renamed_result_is_paired_with_its_old_name(fabricate, describe):
    """Gone and come with the same content and a similar name; two alike go to their nearest."""
    same = describe(car="1")
    old = version(
        fabricate, datasets={"windows": same},
        numbers={"a.mp.mean": number(0.31), "a.usar.mean": number(0.31), "n": number(3)},
    )  # fmt: skip
    new = version(
        fabricate, datasets={"all_windows": same},
        numbers={"b.mp.mean": number(0.31), "b.usar.mean": number(0.31), "other.count": number(3)},
    )  # fmt: skip
    found = compare(old, new)
    assert [(f.old, f.new) for f in found.renamed] == [
        ("a.mp.mean", "b.mp.mean"),
        ("a.usar.mean", "b.usar.mean"),
        ("data set windows", "data set all_windows"),
    ]
    assert (found.added, found.removed) == (("other.count",), ("n",))


def test_flips_state_the_effect_as_the_paper_prints_it(fabricate):
    """Percent with interval and p before and now, and not the floats of the rule."""
    effects = [
        number(v, text=t, p=p, interval=i)
        for v, t, p, i in ((0.1, "10.0%", 0.01, "4.0% to 16.0%"), (0.05, "5.0%", 0.2, "−1% to 11%"))
    ]
    old, new = (
        version(fabricate, numbers={"claim.c1.effect": effect}, verdicts={"C1": verdict})
        for effect, verdict in zip(effects, ("supported", "mixed"), strict=True)
    )
    (flip,) = compare(old, new).verdicts
    assert flip.evidence == "10.0% (4.0% to 16.0%), p 0.010 → 5.0% (−1% to 11%), p 0.20"
    (flip,) = compare(old, new).significance
    assert flip.evidence == "10.0% → 5.0%, p 0.010 → 0.20"
    assert flip.meaning == "mean"


def test_evidence_that_moved_under_the_same_verdict_is_reported(fabricate):
    """The verdict stays, what it rests on does not."""
    one, other = (fabricate(verdicts={"C": "mixed"}) for _ in range(2))
    other["claims.json"] = other["claims.json"].replace('"evidence": "e"', '"evidence": "f"')
    old, new = (parse(texts, "memory") for texts in (one, other))
    assert [(f.key, f.old, f.new) for f in compare(old, new).evidence] == [("C", "e", "f")]


def test_merge_conflict_is_one_line_with_its_place(fabricate):
    """A results file with conflict marks is refused: file, version, line, what to do."""
    texts = fabricate(numbers={"a": number(1.0)})
    texts["numbers.json"] = '{"numbers": {\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> b\n}}'
    with pytest.raises(ResultsError, match=r"numbers\.json at HEAD, line 2: .*merge conflict.*nox"):
        parse(texts, "HEAD")


@pytest.mark.parametrize("text", ["{", "[]", '{"numbers": 3}', '{"numbers": {"a": 3}}'])
def test_broken_results_are_refused(fabricate, text):
    """Text that is no JSON, or JSON of another form, is named and not guessed at."""
    texts = fabricate() | {"numbers.json": text}
    with pytest.raises(ResultsError, match=r"numbers\.json at HEAD: expected"):
        parse(texts, "HEAD")


def test_missing_results_are_refused():
    """A version without committed results says so."""
    with pytest.raises(ResultsError, match=r"at abc: expected committed results, found none"):
        parse({}, "abc")


def margin(count, said="fewest episodes"):
    return number(count, unit="changes", estimand=said)


def test_a_margin_that_shrank_is_told_though_nothing_flipped(fabricate):
    """Fewer changes than before, or some where nothing turned it; not where the verdict flipped."""
    old = {
        "claim.a1.tipping.dropped": margin(2),
        "claim.a2.tipping.dropped": margin(3),
        "before.h1.turned_by": margin(3),
    }
    new = {
        "claim.a1.tipping.dropped": margin(1),
        "claim.a1.tipping.put_back": margin(4),
        "claim.a2.tipping.dropped": margin(1),
        "claim.a3.tipping.moved": margin(2),
        "before.h1.turned_by": margin(1),
    }
    held = {"A1": "mixed", "A3": "supported", "before.h1": "within noise"}
    before = version(fabricate, numbers=old, verdicts={**held, "A2": "mixed"})
    after = version(fabricate, numbers=new, verdicts={**held, "A2": "supported"})
    assert set(compare(before, after).margins) == {
        ("claim.a1.tipping.dropped", "2", "1", "fewest episodes"),
        ("claim.a1.tipping.put_back", "none", "4", "fewest episodes"),
        ("claim.a3.tipping.moved", "none", "2", "fewest episodes"),
        ("before.h1.turned_by", "3", "1", "fewest episodes"),
    }
    assert compare(after, before).margins == ()  # they grew, or the verdict flipped


def test_a_version_without_tipping_points_has_no_margins(fabricate):
    """What was never worked out did not shrink."""
    old = version(fabricate, numbers={"claim.a1.p": number(0.3)}, verdicts={"A1": "mixed"})
    new = {"claim.a1.tipping.dropped": margin(1)}
    assert not compare(old, version(fabricate, numbers=new, verdicts={"A1": "mixed"})).margins


def test_numbers_that_nobody_cites_are_compared_by_their_hashes(fabricate):
    """Which key moved, in values or words, with the new value; new, gone and renamed ones too."""

    def listing(**numbers):
        return {"keys.csv": list_keys(numbers)}

    old = parse(
        fabricate(numbers={"a": number(1.0)})
        | listing(a=number(1.0), b=number(2.0), c=number(3.0), gone=number(7.0),
                  mean_mp=number(4.25), same=number(5.0)),
        "memory",
    )  # fmt: skip
    now = {
        "a": number(1.0), "b": number(2.5), "c": number(3.0, estimand="median"),
        "new": number(8.0), "mean.mp": number(4.25), "same": number(5.0),
    }  # fmt: skip
    new = parse(fabricate(numbers=now), "memory")
    found = compare(old, new)
    said = [(f.key, f.old, f.new, f.evidence) for f in found.uncited]
    assert said == [
        ("b", "", str(now["b"].get("text", 2.5)), "values"),
        ("c", "", str(now["c"].get("text", 3.0)), "words"),
    ]
    assert [(f.old, f.new) for f in found.renamed] == [("mean_mp", "mean.mp")]
    assert (found.added, found.removed) == (("new",), ("gone",))
    assert not found.moves
    assert found.counts["number"] == 1
    assert found.counts["key"] == 3
    assert {"number b", "number c"} <= set(found.names())
    assert not compare(old, old)


def test_citing_another_number_is_no_result(fabricate):
    """A number that the text begins or ceases to cite did not move."""
    every = {"a": number(1.0), "b": number(2.0)}
    one, other = (
        parse(fabricate(numbers={k: every[k]}) | {"keys.csv": list_keys(every)}, "memory")
        for k in every
    )
    assert not compare(one, other)


def only_move(fabricate, old, new):
    """The one number that moved between two versions."""
    (move,) = compare(
        version(fabricate, numbers={"a": old}), version(fabricate, numbers={"a": new})
    ).moves
    return move


def test_a_number_without_a_yardstick_moves_by_its_share(fabricate):
    """Of the larger one; an interval without width and an error of nought are no yardsticks."""
    for more in ({}, {"low": 1.0, "high": 1.0}, {"se": 0.0}):
        move = only_move(fabricate, number(1.0, **more), number(4.0, **more))
        assert (move.size, move.scale, move.share) == (None, "", 0.75)
    down = only_move(fabricate, number(4.0), number(1.0))
    assert down.share == 0.75
    from_nought = only_move(fabricate, number(0.0), number(-2.0))
    assert from_nought.share == 1.0


def test_the_new_yardstick_serves_where_the_old_version_has_none(fabricate):
    """And one bound alone is no interval."""
    move = only_move(fabricate, number(1.0, low=0.5), number(1.5, se=0.25))
    assert (move.size, move.scale) == (2.0, "s.e.")


def test_a_text_that_changed_is_a_move_of_all_of_it(fabricate):
    """It has a share of one and comes before numbers that moved less."""
    old = {"word": number("up"), "bare": number(1.0)}
    new = {"word": number("down"), "bare": number(2.0)}
    moves = compare(version(fabricate, numbers=old), version(fabricate, numbers=new)).moves
    assert [(move.key, move.share) for move in moves] == [("word", 1.0), ("bare", 0.5)]


def test_the_last_bits_are_no_move_and_the_first_beyond_them_are(fabricate):
    """One part in 1e10 of a number, 1e-13 of nought."""
    for old, new in ((1.0, 1.0 + 5e-11), (0.0, 5e-14)):
        versions = (version(fabricate, numbers={"a": number(v, text="x")}) for v in (old, new))
        assert not compare(*versions)
    for old, new in ((1.0, 1.0 + 5e-10), (0.0, 5e-13)):
        assert only_move(fabricate, number(old, text="x"), number(new, text="x")).old == "x"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.049, 0.05, ("below 0.05", "at or above 0.05")),
        (0.05, 0.049, ("at or above 0.05", "below 0.05")),
        (0.05, 0.06, None),
        (0.01, 0.049, None),
        (None, 0.01, None),
        (0.01, None, None),
    ],
)
def test_a_p_value_crosses_at_five_percent_itself(fabricate, before, after, words):
    """A p of 0.05 is not below it; one that a version does not have crosses nothing."""
    sides = (
        version(fabricate, numbers={"a": number(1.0, **({} if p is None else {"p": p}))})
        for p in (before, after)
    )
    found = [(flip.old, flip.new) for flip in compare(*sides).significance]
    assert found == ([] if words is None else [words])
