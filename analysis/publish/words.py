"""No result is told by a word alone: number words and comparatives are bound or have a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from analysis.publish.numerals import MARKUP, blank
from analysis.publish.sources import Source

__all__ = ["COMPARATIVES", "COUNTS", "PHRASES", "unbound_words"]

COUNTS = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("twenty", "thirty", "hundred", "half", "twice", "double", "doubled", "halved"),
)
"""Words that count."""

COMPARATIVES = (
    *("more", "fewer", "less", "larger", "smaller", "higher", "lower", "greater", "bigger"),
    *("stronger", "weaker", "longer", "shorter", "wider", "narrower", "closer", "better", "worse"),
    *("most", "fewest", "least", "largest", "smallest", "highest", "lowest", "greatest"),
    *("biggest", "strongest", "weakest", "longest", "shortest", "widest", "closest", "best"),
    *("worst", "rose", "rises", "fell", "falls", "gained", "gains", "lost", "loses", "grew"),
    *("grows", "shrank", "shrinks", "exceed", "exceeds", "exceeded", "outperform", "outperformed"),
)
"""Words that compare, or say which way something went."""

PHRASES: Mapping[str, tuple[str, ...]] = {
    "counts what the text itself lists": (
        "two cautions",
        "two days",
        "two items",
        "two news items",
        "*two:*",
        "*three:*",
        "*four:*",
        "*five:*",
        "*six:*",
        "six findings",
        "four contributions",
        "four directions",
        "four rules",
        "four testable kinds and two measures",
        "four tests",
        "four weeks after a truce",
        "two different figures",
        "two kinds of sample",
        "two periods",
        "two of the core firms",
        "two of them without sales",
        "two other designs",
        "two restricted elements",
        "gap between the two",
        "these three kinds",
        "three or four weeks",
    ),
    "a difference: one less the other": (
        "easing less rise on tightening",
        "fall on easing less rise",
        "less that of",
        "number of firms less one",
        "processors less explorers",
        "pure plays less",
        "plays less MP, tightening less easing",
        "tightening less easing",
    ),
    "a rule or a definition of the design": (
        "needs at least",
        "with at least",
        "least squares",
        "if no month is lost",
        "from six episodes on",
        "two-sample",
        "two published ones",
        "two known neighbouring months",
        "band is wider than",
        "doubled on event days",
        "errors with four degrees",
        "with a hundred firms",
        "every firm gains the amount",
        "so that fewer are mixed",
        "expected half of the news",
        "easing to lower them",
        "days when it fell and when it rose",
        "days when the market fell and when it rose",
        "to sessions more than",
        "twice as many as now, whichever is more",
        "detectable effect exceeds",
        "as the claim names and fewer than it needs",
        "the smallest errors before the release",
        "difference from the best forecast",
        "smallest change",
        "squares weigh the largest days most",
        "in which wild days weigh less",
        "in which they weigh less",
        "where that exceeds a plausible response",
        "what a share gained over some days",
        "a few wild days weigh most",
        "where an option is more frequent",
    ),
    "what the news items or the press say": (
        "explains the larger moves",
        "firms with the most heavy rare earths move most",
        "rose by more than a tenth",
        "rose less because it depends less",
        "listed in the united states fell",
        "showed lower exports",
        "have the higher beta",
        'does "higher beta" survive',
        "most exposed names",
        "half of the remark",
        "widens in the four weeks",
        "who is more exposed",
    ),
    "what the work cited beside it reports": (
        "better predictors",
        "about half of the idiosyncratic volatility",
        "far less of that",
        "two to nine times",
        "less powerful than",
        "under weaker assumptions",
        "refines most of the world",
        "two working papers",
        "value after supply events, and more after",
        "the closest work",
        "most support comes from the united states",
    ),
    "the number or the table beside it is that comparison": (
        "the smallest is",
        "the design sees correlations of and more",
        "by more than this test can tell",
        "smallest adjusted p",
        "smallest p",
        "month of the largest headline",
        "in their largest",
        "more claims have their first look",
        "volatility after events exceeds that before",
        "larger than registered",
        "costs usar most of the events",
        "event days were larger",
        "most of the intervals overlap",
        "crml responds most",
        "usar least, with",
        "closer to one another and better determined",
        "other patterns fare no better",
        "years from 2009 to 2024 hold more",
    ),
    "argument, of which no number decides": (
        "two other designs would ask for more than we have",
        "asks for more",
        "are closer to one observation",
        "items describe best",
        "most of their episodes",
        "sample its largest moves",
        "most tests here",
        "longer windows lose",
        "more likely to be remembered",
        "larger move of a more volatile share is not yet a larger exposure",
        "larger than reported",
        "pooling more episodes",
        "way to more power",
        "fund that fell with the miners",
    ),
}
"""Phrases that may hold such a word outside a claim, by reason; case and spacing do not matter."""

_LISTED = re.compile(rf"\b(?:{'|'.join((*COUNTS, *COMPARATIVES))})\b", re.IGNORECASE)
_PHRASE = re.compile(
    "|".join(
        r"\s+".join(map(re.escape, phrase.split()))
        for phrase in sorted(chain(*PHRASES.values()), key=len, reverse=True)
    ),
    re.IGNORECASE,
)


def unbound_words(source: Source) -> Iterator[tuple[int, str, str]]:
    """Yield position, word and the words around it where a listed one is neither bound nor allowed.

    It is bound in a sentence that is tied to a verdict, ``[Sentence]{.claim key= is=}``, and
    allowed in a phrase of :data:`PHRASES`.
    """
    text = source.prose
    for pattern in (*MARKUP, r"[\[\]]"):
        text = re.sub(pattern, blank, text, flags=re.DOTALL | re.MULTILINE)
    spans = [(guard.start, guard.position) for guard in source.guards()]
    spans += [match.span() for match in _PHRASE.finditer(text)]
    for match in _LISTED.finditer(text):
        if not any(start <= match.start() < end for start, end in spans):
            around = text[max(0, match.start() - 30) : match.end() + 30]
            yield match.start(), match[0], " ".join(around.split())
