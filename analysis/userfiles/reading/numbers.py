"""Numbers as people write them: missing marks, decimal commas, thousands, currency, percent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats

__all__ = [
    "FIGURE",
    "MARKS",
    "MISSING",
    "AmbiguousNumberError",
    "Column",
    "Decimal",
    "NoNumberError",
    "find_decimal",
    "is_missing",
    "is_word",
    "to_floats",
]

Decimal = Literal["", ",", "."]

MISSING = (
    "", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "NaN", "nan", "NAN", "-nan", "NULL", "null",
    "None", "none", "NONE", "n.a.", "N.A.", "NaT", "<NA>", ".", "..", "-", "--", "–", "—",
    "#DIV/0!",
    "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!", "#ERROR!",
)  # fmt: skip
"""Cells that hold no value, whatever the program that wrote them."""

ERROR = "#"  # begins what spreadsheets and their add-ins write for a value they do not have
SIGNS = re.compile(
    r"(?:\b(?:US|HK|NT|AU|CA|NZ|[ACRS]))?[$]|[€£¥₹₽₩]|\bkr\b|zł|"
    r"\b(?:USD|EUR|GBP|GBp|GBX|JPY|CHF|CAD|AUD|HKD|CNY|SEK|NOK|DKK|INR|PLN)\b"
)
BLANKS = re.compile(r"[\s\u00a0\u202f’']")
FIGURE = re.compile(r"\W*\d")  # begins a number, whatever stands behind it
FIGURES = re.compile(r"[-+]?[\d.,]*\d[\d.,]*%?(?:[eE][-+]?\d+)?")
GROUPED = {
    ",": re.compile(r"[-+]?\d{1,3}(?:,\d{3})+"),
    ".": re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+"),
}
MARKS: dict[str, Decimal] = {"auto": "", "comma": ",", "point": "."}
"""The decimal marks by the words that choose them."""


class NoNumberError(ValueError):
    """A cell is no number; `place` counts the rows of the column from 0."""

    def __init__(self, place: int, cell: str) -> None:
        super().__init__(cell)
        self.place, self.cell = place, cell


class AmbiguousNumberError(NoNumberError):
    """A mark may stand between thousands or before decimals; the message holds both readings."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers, and what its cells bore besides: said once, for nothing is guessed."""

    values: Floats
    percent: bool = False
    signs: bool = False
    thousands: str = ""


def find_decimal(cells: Iterable[str]) -> Decimal:
    """Return the decimal mark that cells of one file agree on; empty where none tells it.

    A mark that stands twice in a cell, or before the other one, parts thousands; one that does not
    stand before three figures is decimal.
    """
    commas = points = 0
    for cell in cells:
        text = _bare(cell)[0]
        if not FIGURES.fullmatch(text):
            continue
        text = text.rstrip("%")
        mark = _decimal_of(text)
        commas += mark == ","
        points += mark == "."
    if commas and not points:
        return ","
    return "." if points and not commas else ""


def to_floats(values: pd.Series, decimal: Decimal = "", *, letters: bool = False) -> Column:
    """Return a column of a file as floats, (N,), NaN where a cell is empty or a missing mark.

    Parameters
    ----------
    values : Series
        Text, or numbers already.
    decimal : {"", ",", "."}
        Mark that the other cells of the file agree on.
    letters : bool
        Whether single letters are missing marks: in a return column of CRSP they are, elsewhere a
        letter is a fault.

    Raises
    ------
    NoNumberError
        For the first cell that is none.
    AmbiguousNumberError
        If a cell such as 1,234 has two readings.
    """
    if values.dtype.kind in "fiub":
        return Column(values.to_numpy(dtype=float))
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan).copy()
    odd = np.flatnonzero(np.isnan(numbers) & values.notna().to_numpy())
    if decimal == ",":  # 1.234 is a number to pandas, and a thousand and more to this file
        written = values.astype(str).str.strip()
        odd = np.union1d(odd, np.flatnonzero(written.str.fullmatch(GROUPED["."]).to_numpy(bool)))
    texts = [(int(at), str(values.iloc[at]).strip()) for at in odd]
    cells = [(at, *_bare(text)) for at, text in texts if not is_missing(text)]
    cells = [cell for cell in cells if cell[1]]
    if letters:
        cells = [cell for cell in cells if not re.fullmatch(r"[A-Z]", cell[1])]
    mark = decimal or find_decimal(text for _, text, _ in cells)
    percent = [text.endswith("%") for _, text, _ in cells]
    thousands = ""
    for (at, text, _), share in zip(cells, percent, strict=True):
        numbers[at], parted = _number(at, text.rstrip("%"), mark)
        numbers[at] *= 0.01 if share else 1.0
        thousands = thousands or parted
    return Column(numbers, any(percent), any(sign for *_, sign in cells), thousands)


def is_missing(cell: str) -> bool:
    """Say whether a cell holds no value: a mark, or the error of a spreadsheet."""
    return cell in MISSING or cell.startswith(ERROR)


def is_word(cell: str) -> bool:
    """Say whether a cell has letters and is no number, with currency or without."""
    return re.search(r"[^\W\d_]", cell) is not None and not FIGURES.fullmatch(_bare(cell)[0])


def _bare(cell: object) -> tuple[str, bool]:
    """Return the cell without blanks, currency and brackets, and whether it had a currency."""
    text = str(cell).strip(' "=')  # ="1.5" is how a spreadsheet is made to keep text
    plain = SIGNS.sub("", text)
    plain = BLANKS.sub("", plain).replace("−", "-")
    if re.fullmatch(r"\(.*\d.*\)", plain):  # as accountants write what is below zero
        plain = "-" + plain[1:-1]
    return plain, plain != text and bool(SIGNS.search(text))


def _decimal_of(text: str) -> Decimal:
    """Return the decimal mark that one cell shows, empty where it has two readings or none."""
    last = max(text.rfind(","), text.rfind("."))
    if last < 0:
        return ""
    mark, other = text[last], "." if text[last] == "," else ","
    if other in text:
        return ("," if mark == "," else ".") if text.count(mark) == 1 else ""
    if text.count(mark) > 1:  # 1,234,567
        return "." if mark == "," else ","
    if GROUPED[mark].fullmatch(text) and not text.lstrip("+-").startswith("0"):
        return ""
    return "," if mark == "," else "."


def _number(at: int, text: str, mark: Decimal) -> tuple[float, str]:
    """Return the number that a cell is, and the mark between its thousands."""
    own = mark or _decimal_of(text)
    if not own and GROUPED[","].fullmatch(text):
        whole, fraction = text.replace(",", ""), text.replace(",", ".")
        raise AmbiguousNumberError(at, f"{text!r}, which is {whole} or {fraction}")
    other = "." if own == "," else ","
    parted = other if other in text else ""
    whole, point, fraction = text.partition(own or ".")
    if parted and not GROUPED[other].fullmatch(whole):
        raise NoNumberError(at, text)
    try:
        return float(whole.replace(other, "") + ("." if point else "") + fraction), parted
    except ValueError:
        raise NoNumberError(at, text) from None
