"""What a word tells is bound to a verdict, or has a reason on the list."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from analysis.errors import RenderError
from analysis.publish.source_check import check_sources
from analysis.publish.sources import Source
from analysis.publish.words import COMPARATIVES, COUNTS, PHRASES, unbound_words


def found(text: str) -> list[str]:
    """Return the listed words of a text that nothing explains."""
    return [word for _, word, _ in unbound_words(Source("paper/sections/x.qmd", text))]


@pytest.mark.parametrize("word", [*COUNTS, *COMPARATIVES])
def test_every_listed_word_is_seen(word):
    """Each word of the list fails in a sentence that nothing explains, at its start too."""
    assert found(f"Volatility {word} after easing.") == [word]
    assert found(f"{word.capitalize()} of them.") == [word.capitalize()]


def test_the_list_has_the_words_that_a_result_is_told_with():
    """Counts up to twelve, and the comparatives of size, rank and direction are on it."""
    assert {"two", "twelve", "half", "twice"} <= set(COUNTS)
    assert {"more", "larger", "smallest", "fell", "rose", "gains"} <= set(COMPARATIVES)


@pytest.mark.parametrize(
    "text",
    [
        '[USAR fell further than CRML]{.claim key="A1" is="supported"} that day.',
        '[USAR [fell]{} further]{.claim key="A1" is="supported"}.',
        "$more$ and `fell` <!-- twice as large -->",
        "{{< num more.fell >}} and @tbl-more",
        "Tightening\nless   easing",
        "moreover, the fellow",
    ],
)
def test_bound_and_allowed_words_are_left_alone(text):
    """A claim, markup, a comment, an allowed phrase over two lines: nothing is found."""
    assert found(text) == []


def test_a_word_beside_a_claim_is_found():
    """The claim covers its own sentence alone."""
    assert found('[It fell]{.claim key="A1" is="supported"} and rose.') == ["rose"]


def test_an_allowed_phrase_has_a_listed_word_and_one_reason():
    """What holds no such word needs no entry, and none stands twice."""
    phrases = list(chain(*PHRASES.values()))
    assert len(phrases) == len(set(phrases))
    listed = {*COUNTS, *COMPARATIVES}
    for phrase in phrases:
        assert listed & set(phrase.lower().replace("*", "").replace(":", "").replace(",", "")
                            .replace("-", " ").replace('"', "").split()), phrase  # fmt: skip


def test_the_check_names_the_line(sample: Path):
    """A sentence with a comparative stops the render at its line and says what to do."""
    file = sample / "sections/introduction.qmd"
    line = len(file.read_text("utf-8").splitlines()) + 2
    file.write_text(file.read_text("utf-8") + "\nVolatility fell further.\n", "utf-8")
    with pytest.raises(RenderError) as caught:
        check_sources(sample)
    assert (
        f"paper/sections/introduction.qmd:{line}: word: expected 'fell' in a {{.claim}} or in an "
        'allowed phrase, found "'
    ) in str(caught.value)
