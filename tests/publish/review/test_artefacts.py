"""Two builds held against each other: bytes, numbers, printed text."""

from __future__ import annotations

import pytest

from analysis.publish.number_rows import list_keys, write_rows
from analysis.publish.review.artefacts import (
    _first_line,
    artefacts,
    different_bytes,
    different_numbers,
    different_text,
)


def build(folder, mean=0.25, text="mean 0.25", table="| 0.25 |\n", svg="<svg>1.0</svg>"):
    """A folder as a build leaves it."""
    entry = {"value": mean, "text": text, "n": 3, "format": "decimal2"}
    files = {
        "paper/results/numbers.csv": write_rows({"a.mean": entry}),
        "paper/results/keys.csv": list_keys({"a.mean": entry}),
        "paper/results/tables/t.md": table,
        "paper/results/figures/f.svg": svg,
        "paper/_output/p.html": f"<p>The {text}.</p><img alt='' src='data:image/svg+xml,{svg}'>",
        "data/derived/r.csv": "a\n1\n",
        "analysis/a.py": "",
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return artefacts(folder)


def test_equal_builds_do_not_differ(tmp_path):
    """Two builds with the same content pass all three levels, wherever they stand."""
    one, other = build(tmp_path / "one"), build(tmp_path / "the-second")
    assert len(one) == 6
    assert different_bytes(one, other) is None
    assert different_numbers(one, other, 1e-10) is None
    assert different_text(one, other) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"mean": 0.26}, "paper/results/numbers.csv: a.mean, value: 0.25 and 0.26"),
        ({"table": "| 0.31 |\n"}, "paper/results/tables/t.md: line 1: 0.25 and 0.31"),
    ],
)
def test_the_artefact_and_the_first_number_are_named(tmp_path, change, expected):
    """Of a difference one reads where it is and which number it is."""
    one, other = build(tmp_path / "a"), build(tmp_path / "b", **change)
    assert str(different_bytes(one, other)) == expected


def test_the_source_of_a_difference_is_named_before_the_page_that_shows_it(tmp_path):
    """A path that leaked into a figure makes the page differ, too; the figure is named."""
    one, other = build(tmp_path / "a"), build(tmp_path / "b", svg="<svg>1.5</svg>")
    assert str(different_bytes(one, other)) == "paper/results/figures/f.svg: line 1: 1.0 and 1.5"


def test_a_file_that_one_build_lacks(tmp_path):
    """A missing artefact is a difference."""
    one, other = build(tmp_path / "a"), build(tmp_path / "b")
    del other["data/derived/r.csv"]
    assert str(different_bytes(one, other)) == "data/derived/r.csv: only the first build has it"


@pytest.mark.parametrize(("mean", "passes"), [(0.25 * (1 + 1e-11), True), (0.25 + 1e-9, False)])
def test_another_kernel_may_change_the_last_digits_only(tmp_path, mean, passes):
    """A relative difference of 1e-11 passes at 1e-10, one of 4e-9 does not and is named."""
    found = different_numbers(build(tmp_path / "a"), build(tmp_path / "b", mean=mean), 1e-10)
    assert (found is None) is passes
    assert passes or "a.mean, value: 0.25 and" in str(found)


def test_printed_text_must_be_the_same(tmp_path):
    """The bytes of a figure may differ under another kernel, the words of the page may not."""
    one = build(tmp_path / "a")
    assert different_text(one, build(tmp_path / "b", svg="<svg>1.5</svg>")) is None
    found = different_text(one, build(tmp_path / "c", text="mean 0.26"))
    assert str(found) == "paper/_output/p.html: line 1: 0.25 and 0.26"


def test_a_number_that_one_build_lacks_is_named(tmp_path):
    """Rather than compared with nothing."""
    one, other = build(tmp_path / "a"), build(tmp_path / "b")
    other["paper/results/numbers.csv"].write_text(write_rows({}), "utf-8")
    found = different_numbers(one, other, 1e-10)
    assert str(found) == "paper/results/numbers.csv: a.mean is in one build only"


def test_a_file_that_ends_early_and_a_word_file_are_told_apart(tmp_path):
    """Where no line differs, and where there are no lines."""
    one, other = build(tmp_path / "a"), build(tmp_path / "b", table="| 0.25 |\n| more |\n")
    assert "t.md: one ends before the other" in str(different_bytes(one, other))
    for folder, content in (("a", b"1"), ("b", b"2")):
        (tmp_path / folder / "paper/results/tables/t.md").write_text("| 0.25 |\n", "utf-8")
        (tmp_path / folder / "paper/_output/p.docx").write_bytes(content)
    one, other = artefacts(tmp_path / "a"), artefacts(tmp_path / "b")
    assert str(different_bytes(one, other)) == "paper/_output/p.docx: its bytes differ"


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (["a", "n 1"], ["a", "n 1 2"], "line 2: n 1 and n 1 2"),
        (["n 1 2"], ["n 1 3 4"], "line 1: 2 and 3"),
        (["same", "more"], ["same"], "one ends before the other, or bytes that are no text differ"),
    ],
)
def test_lines_of_unequal_length_are_compared_as_far_as_they_go(one, other, said):
    """The first number that differs, else the lines; one more number or line is no fault."""
    assert _first_line(one, other) == said


@pytest.mark.parametrize(("value", "differs"), [(1.0 + 1e-9, False), (1.0 + 3e-9, True)])
def test_numbers_differ_beyond_the_tolerance(tmp_path, value, differs):
    """Relative to the larger of both, and to a thousandth at least."""
    one, other = build(tmp_path / "a", mean=1.0), build(tmp_path / "b", mean=value)
    assert (different_numbers(one, other, 2e-9) is not None) == differs
    one, other = build(tmp_path / "c", mean=0.0), build(tmp_path / "d", mean=(value - 1) / 1000)
    assert (different_numbers(one, other, 2e-9) is not None) == differs
