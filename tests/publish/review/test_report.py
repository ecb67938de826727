"""The diff command on fabricated repositories: report, places in the paper, exit code."""

from __future__ import annotations

import re

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, diff
from analysis.publish.review.compare import compare
from analysis.publish.review.report import LONGEST, Picture, Report, as_html, as_markdown
from analysis.publish.review.result_set import parse
from analysis.publish.review.usage import find_uses
from analysis.results import Findings


def number(value, **more):
    base = {"value": value, "text": f"{value}", "unit": "fraction", "format": "decimal2"}
    return base | {"estimand": "mean", "function": "f", "inputs": [], "sample": "all"} | more


OLD = {"numbers": {"a.mean": number(0.1, se=0.1, p=0.2)}, "verdicts": {"C1": "supported"}}
NEW = {"numbers": {"a.mean": number(0.4, se=0.1, p=0.01)}, "verdicts": {"C1": "mixed"}}


@pytest.fixture
def run(clone, fabricate, monkeypatch, capsys):
    """Run ``diff`` where computing anew would give the results passed in."""

    def call(now: dict, *words: str) -> tuple[int, str, str]:
        texts = fabricate(**now)
        fresh = parse(texts.get, now.get("tables", {}), "now")
        monkeypatch.setattr(diff, "_rebuild", lambda *_: (Findings(), fresh))
        code = main(["diff", *words], Workspace.at(clone.root))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_unchanged_tree_gives_an_empty_report(clone, run):
    """No section, one sentence, exit code 0."""
    clone.publish(**OLD)
    clone.git("checkout", "-q", "-b", "change")
    code, said, _ = run(OLD)
    assert code == 0
    assert "###" not in said
    assert "No result differs." in said


def test_changed_results_are_reported_with_the_places_that_use_them(clone, run):
    """Flips stand on top; number, verdict and sentence carry file and line."""
    clone.publish(**OLD)
    clone.git("checkout", "-q", "-b", "change")
    clone.publish(**NEW)
    code, said, _ = run(NEW)
    assert code == 0
    titles = re.findall(r"^### (.*) \(", said, re.MULTILINE)
    assert titles[:3] == [
        "Verdicts that flipped",
        "Significance that flipped",
        "Numbers that moved",
    ]
    assert "| C1 | supported | mixed | e | paper/sections/a.qmd:2 |" in said
    assert "| a.mean | 0.1 | 0.4 | 3 s.e. |" in said
    assert "The mean is ⟨0.1 → 0.4⟩ here." in said
    assert "Last words" not in said
    assert (clone.root / "paper/_output/diff.md").read_text("utf-8") == said


def test_stale_results_have_an_exit_code_of_their_own(clone, run):
    """Code that computes something else than what is committed exits with 3 and says what."""
    clone.publish(**OLD)
    code, said, _ = run(NEW, "HEAD")
    assert code == diff.STALE == 3
    assert "The committed results are stale" in said
    assert "first: claim C1" in said


@pytest.mark.parametrize(
    ("spoil", "words", "expected"),
    [
        (lambda _: None, ["no-such-base"], "base no-such-base: expected a commit"),
        (lambda c: c.write({"data/events.csv": "x"}), [], "expected a clean tree"),
        (
            lambda c: c.commit({"paper/results/claims.json": "<<<<<<< HEAD\n{}\n>>>>>>> b\n"}),
            [],
            "claims.json at HEAD, line 1: expected results, found a merge conflict",
        ),
    ],
)
def test_bad_state_is_one_line_and_exit_code_one(clone, run, spoil, words, expected):
    """Unknown base, dirty tree, merge conflict: a line, no traceback, nothing written."""
    clone.publish(**OLD)
    clone.git("checkout", "-q", "-b", "change")
    spoil(clone)
    code, said, complaint = run(OLD, *words)
    assert code == 1
    assert said == ""
    assert complaint.startswith("error: ")
    assert expected in complaint
    assert complaint.strip().count("\n") == 0
    assert not (clone.root / "paper/_output").exists()


def report(fabricate, numbers_old, numbers_new, **more) -> Report:
    one, other = (parse(fabricate(numbers=n).get, [], "memory") for n in (numbers_old, numbers_new))
    comparison = compare(one, other)
    return Report("main", "HEAD", comparison, stale=(), uses={}, **more)


def test_markdown_is_short_enough_for_a_comment_and_the_page_is_complete(fabricate):
    """A thousand moved numbers: the comment says how many it leaves out, the page has all."""
    old = {f"key.{i}": number(1.0, se=1.0) for i in range(1000)}
    new = {f"key.{i}": number(2.0 + i, se=1.0) for i in range(1000)}
    made = report(fabricate, old, new)
    text = as_markdown(made)
    assert len(text) < 60_000
    assert f"{1000 - LONGEST} more are in the HTML page." in text
    assert as_html(made).count("<tr>") == 1001


def test_nothing_in_a_report_acts_as_markup(fabricate):
    """Text of a stranger's version neither runs in the page nor mentions people in a comment."""
    evil = '<script>x</script>|@all ![a](b)"'
    made = report(
        fabricate, {"a": number("x")}, {"a": number("y") | {"text": evil}},
        pictures=[Picture("f", b"<svg><script>x</script></svg>", None)],
    )  # fmt: skip
    page, text = as_html(made), as_markdown(made)
    assert "<script" not in page
    assert "data:image/svg+xml;base64," in page
    assert not re.search(r"https?://", page)
    assert "@all" not in text
    assert "<script>" not in text.replace("\\<", "")


def test_uses_give_line_and_sentence(clone):
    """The line is that of the mark, the sentence the one around it."""
    uses = find_uses(clone.root / "paper")
    (mean,) = uses["number", "a.mean"]
    assert (mean.place, mean.text) == ("paper/sections/a.qmd:1", "The mean is ⟨a.mean⟩ here.")
    (claim,) = uses["claim", "C1"]
    assert (claim.line, claim.text) == (2, "It is supported.")
    clone.write({"paper/sections/a.qmd": "{{< num a.mean capital >}} firms.\n"})
    (capital,) = find_uses(clone.root / "paper")["number", "a.mean"]
    assert capital.text == "⟨a.mean⟩ firms."
    assert uses["table", "t"][0].line == 4
    assert uses["figure", "f"][0].line == 6
