"""Two versions of the paper's text: marked words, and guards that were silenced."""

from __future__ import annotations

import pytest

from analysis.publish.result_set import parse
from analysis.publish.review.prose import changed_guards, read, text_edits

CLAIM = '[It is\nno more than {{< num a.mean >}}.]{.claim key="C1" is="mixed"}'


def kinds(marked) -> list[tuple[str, str]]:
    return [(span.kind, span.text) for span in marked.spans]


def test_text_is_read_as_it_is_printed(fabricate):
    """Numbers and intervals are put in, ties to verdicts and what prints nothing left out."""
    numbers = {"a.mean": {"value": 0.1, "text": "10%", "interval": "8% to 12%"}}
    results = parse(fabricate(numbers=numbers), "memory")
    source = f"{CLAIM} So {{{{< interval a.mean >}}}} and {{{{< num b >}}}}. {{{{< source f >}}}}"
    source += '![A [b] caption.](f.svg){#fig-f fig-alt="{{< alt f >}}"}'
    assert read(source, results) == "It is\nno more than 10%. So 8% to 12% and ⟨b⟩. A [b] caption."


def test_words_are_marked_within_their_paragraph():
    """Only paragraphs that differ, each with its line; a new line break is no change."""
    old = "One two three.\n\nThe same\nwords.\n\nThis goes entirely.\n"
    new = "One four three.\n\nThe same words.\n\n\nSomething new came here instead\nof it.\n"
    first, second, third = text_edits({"a.qmd": old}, {"a.qmd": new})
    assert first.place == "a.qmd:1"
    assert kinds(first) == [
        ("same", "One"), ("deleted", "two"), ("inserted", "four"), ("same", "three."),
    ]  # fmt: skip
    assert second.place == "a.qmd:6"
    assert kinds(second) == [("inserted", "Something new came here instead of it.")]
    assert kinds(third) == [("deleted", "This goes entirely.")]


def test_text_that_one_version_lacks_is_marked_whole():
    """A section that came or went is all inserted or all deleted."""
    came, gone = text_edits({"old.qmd": "Old."}, {"new.qmd": "New."})
    assert (kinds(came), kinds(gone)) == ([("inserted", "New.")], [("deleted", "Old.")])


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (CLAIM, []),
        (CLAIM.replace("mixed", "supported"), [("C1: mixed", "C1: supported")]),
        (CLAIM.replace("C1", "C2"), [("C1: mixed", "C2: mixed")]),
        (CLAIM[1 : CLAIM.index("]")], [("C1: mixed", "no verdict")]),
        (CLAIM.replace("mixed", "supported").replace("no more", "no less"), []),
        (CLAIM.replace("no more", "no less"), []),
        (CLAIM.replace("\n", " "), []),
        ("", []),
    ],
)  # fmt: skip
def test_a_guard_silenced_under_the_same_words_is_found(now, found):
    """Words that stay while their tie to a verdict is edited or dropped; new words are fine."""
    guards = changed_guards({"a.qmd": f"Before.\n{CLAIM}"}, {"b.qmd": f"\n\n{now} After."})
    assert [(g.old, g.new) for g in guards] == found
    assert all(g.sentence == "It is no more than ⟨a.mean⟩." for g in guards)
