"""No result is typed by hand: every numeral is a registry reference or has a reason here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MARKUP", "blank", "foreign_numerals", "typed_numerals"]

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

ALLOWED: Mapping[str, str] = {
    rf"\b\d{{1,2}}\s+({_MONTHS})(\s+\d{{4}})?\b": "a date that names an event",
    r"\b(19|20)\d\d[a-z]?\b": "a year",
    r"\[[−+]?\d+, [−+]?\d+\]": "an event window, defined in study.toml",
    r"\bday \d+\b|\bday 0s?\b": "event time",
    r"\b(Figure|Table|Section|Appendix|Equation)\s[\dA-Z][\d.]*": "the number of an exhibit",
    r"\bHC3\b|\bS&P 500\b|\bt\(\d\)|\bCC BY 4\.0\b": "names",
    r"\b[AB]\d{1,2}\b": "the number of a claim",
    r"\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b": "an ORCID",
    r"\b280530\b|\b284610\b|\b284690\b|\b850511\b": "a code of the Harmonized System",
}
"""What may hold a digit without being a result, with the reason."""

MARKUP: Mapping[str, str] = {
    r"\{\{<.*?>\}\}": "a reference to the registry",
    r"`[^`]*`": "code and file names",
    r"\$\$.*?\$\$": "a displayed formula",
    r"\$[^$]*\$": "a formula",
    r"\{[#.][^}]*\}": "identifiers and attributes",
    r"\]\([^)]*\)": "the target of a link or image",
    r"\[?-?@[\w-]+(, p{1,2}\. \d+)?\]?": "a citation or cross-reference",
    r"^(date|date-format|lang):.*$": "settings of the front matter",
    r"\[\^\d+\]:?": "the mark of a footnote",
}
"""What may hold a digit in the source and is gone, or no prose, once it is rendered."""


def typed_numerals(text: str, *, source: bool = True) -> Iterator[tuple[int, str]]:
    """Yield the position of each numeral that nothing explains, and a few words around it.

    The text is a source, with its markup, or the prose of a rendered page.
    """
    patterns = {**MARKUP, **ALLOWED} if source else ALLOWED
    for pattern in patterns:
        text = re.sub(pattern, blank, text, flags=re.DOTALL | re.MULTILINE)
    for match in _NUMERAL.finditer(text):
        around = text[max(0, match.start() - 30) : match.end() + 20]
        yield match.start(), " ".join(around.split())


def blank(match: re.Match[str]) -> str:
    """Return a passage as blanks, so that positions and lines stay."""
    return re.sub(r"[^\n]", " ", match[0])


def foreign_numerals(pdf_pages: Iterable[str], page_text: str) -> list[str]:
    """Return the numerals of the PDF that the page does not have, page numbers apart."""
    pages = list(pdf_pages)
    known = set(_numerals(page_text)) | {str(n) for n in range(1, len(pages) + 1)}
    whole = [re.sub(r"(https?://\S+)\n", r"\1", page) for page in pages]  # addresses break anywhere
    return [numeral for page in whole for numeral in _numerals(page) if numeral not in known]


def _numerals(text: str) -> list[str]:
    return _NUMERAL.findall(text)
