"""Which numbers stand in numbers.json, and how the others are found again."""

from __future__ import annotations

import json

import pytest

from analysis.errors import ResultsError
from analysis.publish import cited
from analysis.publish.cited import cited_numbers, keep_cited
from analysis.publish.number_rows import list_keys, read_listed, read_rows, summarise, write_rows
from analysis.publish.result_set import parse, read_folder
from analysis.publish.results_check import find_misfits
from analysis.publish.writers import documents, publish_cited, write_results
from analysis.results import Findings, Number, Provenance, Verdict

SOURCE = Provenance("analysis.questions.a.f", "all firms, 2025", ("events.csv", "prices.csv"))
NUMBERS = [
    Number("a.mean", 1 / 3, "fraction", "percent1", 'mean, "raw"', SOURCE,
           se=0.1, low=-0.1, high=0.5, level=0.95, p=0.04, n=7),
    Number("a.count", 20260818, "count", "integer", "draws", SOURCE),
    Number("a.day", "2026-01-02", "date", "date", "first day", SOURCE),
    Number("a.word", "12", "words", "text", "a code", SOURCE),
    Number("claim.c1.effect", 0.5, "fraction", "percent1", "effect", SOURCE),
    Number("claim.c1.power", 0.2, "fraction", "percent1", "power", SOURCE),
]  # fmt: skip
FINDINGS = Findings(numbers=NUMBERS, verdicts=[Verdict("C1", "mixed", "rule", "evidence", SOURCE)])


@pytest.fixture
def paper(tmp_path):
    """A paper that cites one number, and the results of a run."""
    folder = tmp_path / "paper"
    (folder / "sections").mkdir(parents=True)
    (folder / "index.qmd").write_text("{{< include sections/a.qmd >}}\n", "utf-8")
    (folder / "sections/a.qmd").write_text("It is {{< num a.mean capital >}}.\n", "utf-8")
    write(folder)
    return folder


def write(paper):
    write_results(
        FINDINGS, paper / "results", fingerprint="f", as_of="2026-01-01",
        cited=cited_numbers(paper),
    )  # fmt: skip


def published(paper):
    return json.loads((paper / "results/numbers.json").read_text("utf-8"))["numbers"]


def test_papers_reports_and_the_readme_cite(paper, monkeypatch):
    """Sections, the report, a text of one's own and the places of the README's template."""
    monkeypatch.setattr(cited, "TEMPLATE", "MP {readme.key}.")
    (paper / "report.qmd").write_text("{{< interval report.key >}} {{< table t >}}\n", "utf-8")
    (paper / "mine.qmd").write_text("{{< num my.key >}}\n", "utf-8")
    found = cited_numbers(paper, paper / "none")
    assert found == {"a.mean", "report.key", "my.key", "readme.key"}


def test_what_a_verdict_rests_on_is_published():
    """Effect, adjusted p and detectable effect of a claim with a verdict, and nothing else."""
    numbers = dict.fromkeys(["a", "b", "claim.c1.effect", "claim.c1.power", "claim.c2.effect"], 0)
    assert list(keep_cited(numbers, {"a"}, ["C1"])) == ["a", "claim.c1.effect"]


def test_only_cited_numbers_are_published_one_by_one(paper):
    """The others are listed with their function and stand in full in the data set."""
    assert list(published(paper)) == ["a.mean", "claim.c1.effect"]
    keys = sorted(n.key for n in NUMBERS)
    assert list(read_listed((paper / "results/keys.csv").read_text("utf-8"))) == keys
    assert list(read_rows((paper / "results/numbers.csv").read_text("utf-8"))) == keys
    assert list(read_folder(paper / "results")["key"]) == keys


def test_rows_read_back_are_what_was_computed():
    """Floats, whole numbers, days and codes come back as they were, in every field."""
    whole = json.loads(documents(FINDINGS, fingerprint="f", as_of="d")["numbers.json"])["numbers"]
    read = read_rows(write_rows(whole))
    assert json.dumps(read, sort_keys=True) == json.dumps(whole, sort_keys=True)


def test_a_number_that_is_cited_later_needs_no_new_run(paper):
    """The text prints another number: it comes from the data set, to the byte as from a run."""
    (paper / "sections/a.qmd").write_text("{{< num a.day >}} {{< num a.count >}}\n", "utf-8")
    assert find_misfits(paper, before=True) == []
    told = find_misfits(paper)
    assert len(told) == 2
    assert "a.qmd:1: expected a published number, found 'a.day', which no text cited" in told[0]
    assert publish_cited(paper / "results", cited_numbers(paper))
    assert find_misfits(paper) == []
    assert not publish_cited(paper / "results", cited_numbers(paper))
    quick = (paper / "results/numbers.json").read_bytes()
    write(paper)
    assert (paper / "results/numbers.json").read_bytes() == quick
    assert "a.mean" not in published(paper)


def test_a_slip_is_told_with_keys_that_nobody_cites(paper):
    """The nearest keys are those of all numbers."""
    (paper / "sections/a.qmd").write_text("{{< num a.cuont >}}\n", "utf-8")
    (said,) = find_misfits(paper, before=True)
    assert "found 'a.cuont'; nearest: 'a.count'" in said


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        ({"value": 1 / 3 + 1e-12}, []),
        ({"value": 1 / 3 + 1e-6}, ["values"]),
        ({"n": 8}, ["values"]),
        ({"unit": "x"}, ["values"]),
        ({"estimand": "median"}, ["words"]),
        ({"function": "analysis.questions.b.f"}, ["function"]),
    ],
)
def test_hashes_say_what_moved(change, moved):
    """The last bits of another machine leave a hash as it is; values and words have one each."""
    entry = {"value": 1 / 3, "n": 7, "unit": "fraction", "estimand": "mean", "function": "a.f"}
    one, other = summarise(entry), summarise(entry | change)
    assert [name for name in one if one[name] != other[name]] == moved


@pytest.mark.parametrize("row", ["a.mean,f", "a.mean,f,1,2,3", "a.mean,f,,2"])
def test_a_damaged_list_is_refused(row):
    """A row that lacks a cell, or has one too many, is named."""
    whole = documents(FINDINGS, fingerprint="f", as_of="2026-01-01")
    texts = whole | {"keys.csv": f"key,function,values,words\n{row}\n"}
    with pytest.raises(ResultsError, match=r"keys\.csv at HEAD: expected key, .*found the row"):
        parse(texts, "HEAD")


def test_a_version_without_a_list_has_published_every_number():
    """Of such a base all numbers are listed all the same."""
    texts = documents(FINDINGS, fingerprint="f", as_of="2026-01-01")
    listed = texts.pop("keys.csv")
    numbers = json.loads(texts["numbers.json"])["numbers"]
    assert dict(parse(texts)["key"]) == read_listed(listed) == read_listed(list_keys(numbers))
