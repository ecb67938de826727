"""The diff command on fabricated repositories: report, places in the paper, exit code."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.commands import Workspace, diff
from analysis.publish.result_set import parse
from analysis.publish.review.compare import compare
from analysis.publish.review.document import Document, Marked, Picture, Section, Span
from analysis.publish.review.edited import Edits, Entry
from analysis.publish.review.markdown_form import ROWS, write_markdown
from analysis.publish.review.page_form import write_page
from analysis.publish.review.prose import GuardEdit
from analysis.publish.review.report import Report, _claims, build_document
from analysis.publish.review.terminal_form import print_document
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

    def call(now: dict[str, Any], *words: str) -> tuple[int, str, str]:
        texts = fabricate(**now)
        fresh = parse(texts, "now")
        monkeypatch.setattr(diff, "_rebuild", lambda *_: (Findings(), fresh))
        code = main(["diff", *words], Workspace.at(clone.root))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def headings(text: str) -> list[str]:
    # The title ends in a commit, whose short name may be digits alone.
    return re.findall(r"^([A-Z][^→\n]*) \(\d+\)$", text, re.MULTILINE)


def test_unchanged_tree_gives_an_empty_report(clone, run, describe):
    """No section, exit code 0, and how many results of each kind were compared."""
    everything = OLD | {"tables": {"t": "| a |\n"}, "passages": {"p": "P."}, "figures": {"f": "d"}}
    everything["datasets"] = {"d": describe(a="1")}
    clone.publish(**everything)
    clone.git("checkout", "-q", "-b", "change")
    code, said, _ = run(everything)
    assert code == 0
    assert headings(said) == []
    assert "No result differs." in said
    words = " ".join(said.split())
    for part in ("1 number (value", "1 table (cell by", "1 figure (", "1 verdict (verdict, rule",
                 "1 passage (", "1 data set (rows"):  # fmt: skip
        assert part in words
    assert "Not compared" not in said


def test_a_base_without_a_record_of_data_sets_says_so(clone, run, describe):
    """Nothing is claimed of what could not be compared."""
    clone.publish(**OLD)
    clone.git("checkout", "-q", "-b", "change")
    now = OLD | {"datasets": {"d": describe(a="1")}}
    clone.publish(**now)
    code, said, _ = run(now, "main")
    assert code == 0
    assert "No result differs." in said
    assert "Not compared: data sets; the base has no record of them." in said


def test_moved_code_gives_no_result_that_differs(clone, run):
    """The proof of a move: exit code 0, the sentence, and one counted line on the modules."""
    results: dict[str, Any] = {
        "verdicts": {"C1": "mixed", "C2": "mixed"},
        "tables": {"t": "| a |\n"},
    }
    clone.publish(**results)
    clone.git("checkout", "-q", "-b", "change")
    results["module"] = "analysis.questions.beta"
    clone.publish(**results)
    code, said, _ = run(results)
    assert code == 0
    assert "No result differs." in said
    assert headings(said) == ["Where results come from (no result)"]
    row = r"module +analysis\.questions\.a +analysis\.questions\.beta +3"
    assert re.search(row, said)


def test_changed_results_are_reported_with_the_places_that_use_them(clone, run):
    """Edits come first, then flips in the claim's words; numbers and sentences have places."""
    claims = '[[claim]]\nid = "C1"\nstatement = "Shares rose"\n'
    clone.write({"data/study.toml": "length = 1\n", "data/claims.toml": claims})
    clone.publish(**OLD)
    clone.git("checkout", "-q", "-b", "change")
    clone.write({"data/study.toml": "length = 2\n"})
    clone.publish(**NEW)
    code, said, _ = run(NEW)
    assert code == 0
    assert headings(said)[:5] == [
        "Edited: choices",
        "Verdicts that flipped",
        "Significance that flipped",
        "Numbers that moved",
        "Sentences to read again",
    ]
    text = (clone.root / "paper/_output/diff.md").read_text("utf-8")
    assert "| data/study.toml | length | 1 | 2 |" in text
    assert "| C1 | Shares rose | supported | mixed | e | paper/sections/a.qmd:2 |" in text
    assert "| a.mean | 0.1 | 0.4 | 3 s.e. |" in text
    assert "The mean is ⟨0.1 → 0.4⟩ here." in text
    assert "The mean is ~~0.1~~ **0.4** here." in text
    assert "The mean is [-0.1-] {+0.4+} here." in said


def test_a_margin_that_shrank_has_a_section(clone, run):
    """What would turn a verdict now and before, above the numbers, though nothing flipped."""
    same = {"verdicts": {"C1": "mixed"}}
    counts = {"unit": "changes", "format": "words", "estimand": "fewest episodes"}
    clone.publish(numbers={"claim.c1.tipping.dropped": number(3, **counts)}, **same)
    clone.git("checkout", "-q", "-b", "change")
    now = {"numbers": {"claim.c1.tipping.dropped": number(1, **counts)}, **same}
    clone.publish(**now)
    _, said, _ = run(now)
    assert headings(said)[:2] == [
        "Margins that shrank though no verdict flipped",
        "Numbers that moved",
    ]
    text = (clone.root / "paper/_output/diff.md").read_text("utf-8")
    assert "| claim.c1.tipping.dropped | fewest episodes | 3 | 1 |" in text


def test_nothing_on_the_terminal_is_markdown(clone, run):
    """Columns of plain text: no bars, no escapes, no stars, whatever stands in a cell."""
    clone.publish(**OLD)
    clone.git("checkout", "-q", "-b", "change")
    new = {"numbers": {"a_b[c]*.mean": number(1)}, "verdicts": {"C1": "mixed*"}}
    clone.publish(**new)
    _, said, _ = run(new)
    assert "a_b[c]*.mean" in said
    assert "mixed*" in said
    assert not re.search(r"\\|\||~~|\*\*|^#|`", said, re.MULTILINE)


def test_a_silenced_guard_is_listed(clone, run):
    """The author turned `is=` to please the check and left the sentence as it was."""
    clone.publish(**OLD)
    clone.git("checkout", "-q", "-b", "change")
    path = clone.root / "paper/sections/a.qmd"
    clone.write({"paper/sections/a.qmd": path.read_text().replace('is="supp', 'is="not supp')})
    clone.publish(**OLD)
    _, said, _ = run(OLD)
    assert "Guards changed while the words were not" in headings(said)
    assert "C1: not supported" in said


def test_a_detached_head_and_a_base_without_common_history(clone, run):
    """The default base is found from a detached HEAD; a named base needs no ancestor."""
    clone.publish(**OLD)
    clone.git("checkout", "-q", "--detach")
    assert run(OLD)[0] == 0
    clone.git("checkout", "-q", "--orphan", "other")
    clone.publish(**OLD)
    code, said, _ = run(OLD, "main")
    assert (code, "No result differs." in said) == (0, True)
    code, _, complaint = run(OLD)
    assert code == 1
    assert "expected a commit with a history in common" in complaint


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


def document(fabricate, numbers_old, numbers_new, **more):
    one, other = (parse(fabricate(numbers=n), "memory") for n in (numbers_old, numbers_new))
    return build_document(Report("main", "HEAD", compare(one, other), **more))


def printed(made) -> str:
    file = io.StringIO()
    print_document(made, file)
    return file.getvalue()


def test_long_reports_are_cut_and_the_page_is_complete(fabricate):
    """A thousand moved numbers: comment and terminal say what they leave out, the page folds."""
    old = {f"key.{i}": number(1.0, se=1.0) for i in range(1000)}
    new = {f"key.{i}": number(2.0 + i, se=1.0) for i in range(1000)}
    made = document(fabricate, old, new)
    assert f"{1000 - ROWS} more are in the HTML page." in write_markdown(made)
    assert "more are in diff.html" in printed(made)
    page = write_page(made)
    assert page.count("<tr>") == 1001
    assert "<details><summary>Show all 1000</summary>" in page


def test_a_comment_is_never_too_long(fabricate):
    """Sections that do not fit are named instead of cut in the middle."""
    text = [Marked(f"a.qmd:{i}", (Span("inserted", "word " * 400),)) for i in range(60)]
    made = document(fabricate, {"a": number(1)}, {"a": number(2)}, text=text)
    assert len(write_markdown(made).encode()) < 60_000
    assert "Only in the HTML page: The paper's text, marked up (60)." in write_markdown(made)


def test_the_page_has_contents_that_lead_to_its_sections(fabricate):
    """Every entry of the contents has its anchor, every section its entry."""
    guards = [GuardEdit("a.qmd:1", "It is.", "A: mixed", "A: supported")]
    page = write_page(document(fabricate, {"a": number(1)}, {"b": number(9)}, guards=guards))
    nav = page[page.index("<nav") : page.index("</nav>")]
    links = re.findall(r'href="#([\w-]+)"', nav)
    assert len(links) == 3
    assert re.findall(r'<section id="([\w-]+)"', page) == links
    assert 'name="viewport"' in page


def test_nothing_in_a_report_acts_as_markup(fabricate):
    """Text of a stranger's version neither runs in the page nor mentions people in a comment."""
    evil = '<script>x</script>|@all ![a](b)"~~'
    made = document(
        fabricate, {"a": number("x")}, {"a": number("y") | {"text": evil}},
        pictures=[Picture("f", b"<svg><script>x</script></svg>", None)],
        text=[Marked("a.qmd:1", (Span("inserted", evil),))],
    )  # fmt: skip
    page, text = write_page(made), write_markdown(made)
    assert "<script" not in page
    assert not re.search(r"https?://", page)
    assert "@all" not in text
    assert "<script>" not in text.replace("\\<", "")
    assert evil in " ".join(printed(made).split()).replace("- ", "-")


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


def test_a_claim_that_came_is_one_row_and_one_that_changed_is_a_row_a_field():
    """With its statement alone; a statement that changed has both, and stands with its fields."""

    def edits(*fields: tuple[str, str, str]) -> Edits:
        claims = tuple(Entry("claims.toml", *field) for field in fields)
        return Edits({}, (), claims, (), ())

    came = edits(("A1.kind", "", "mean"), ("A1.statement", "", "It falls"))
    assert _claims(came) == [("A1", "statement", "", "It falls")]
    went = edits(("A1.kind", "mean", ""), ("A1.statement", "It falls", ""))
    assert _claims(went) == [("A1", "statement", "It falls", "")]
    changed = edits(
        ("A1.kind", "mean", "order"), ("A1.statement", "It falls", "It rises"), ("B1.of", "a", "b")
    )
    assert _claims(changed) == [
        ("A1", "kind", "mean", "order"), ("A1", "statement", "It falls", "It rises"),
        ("B1", "of", "a", "b"),
    ]  # fmt: skip


def test_a_comment_of_exactly_the_bytes_allowed_is_whole():
    """One byte less and the last section is named instead."""
    made = Document("T", ["é"], sections=[Section("S", ("a",), [("b",)])])
    text = write_markdown(made)
    size = len(text.encode())
    assert write_markdown(made, longest=size) == text
    whole = [longest for longest in range(size - 3, size + 1) if "### S" in
             write_markdown(made, longest=longest)]  # fmt: skip
    assert whole in ([size - 1, size], [size])
