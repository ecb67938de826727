"""Dates as people write them: recognised by their form, never guessed between two readings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Ints

__all__ = [
    "AmbiguousDatesError",
    "Dates",
    "Frequency",
    "Order",
    "find_form",
    "is_weekday",
    "read_dates",
]

Order = Literal["", "dmy", "mdy"]
Frequency = Literal["day", "month", "quarter"]

NAMES = (  # of months in English, German, French, Spanish, Italian and Dutch, as they begin
    "jan ene janv gen", "feb fév fev", "mar mär mrz maa mrt", "apr avr abr", "may mai mag mei",
    "jun juin giu", "jul juil lug", "aug aoû ago", "sep set", "oct okt ott", "nov",
    "dec dez déc dic",
)  # fmt: skip
MONTHS = {name: month for month, names in enumerate(NAMES, 1) for name in names.split()}
EXCEL = date(1899, 12, 30)  # day 0 of a spreadsheet, which counts a 29 February 1900
TIME = (
    r"(?:[T ]\s*(?P<h>\d{1,2}):\d{2}.*)?"  # of the day, with or without its zone: the date is kept
)
EVENING = 12  # the hour from which on a stamp may be the midnight of a place further east
WORD = r"([A-Za-zÄäéû]{3,10})\.?"
WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?(?:,?\s+|$)", re.IGNORECASE)
POINTED = re.compile(r"(?<=\d)\. (?=\d)")  # 2024. 1. 31., as in Korea
NUMERIC = "day and month in figures"
SERIAL = "days since 1900 (spreadsheet)"

FORMS: dict[str, tuple[str, ...]] = {  # what is said of a form: the patterns of its cells
    "YYYY-MM-DD": (rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})\.?{TIME}",),
    "YYYYMMDD": (r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\.0|[T ]\d{6}Z?)?",),
    NUMERIC: (rf"(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d{{2}}){TIME}",),
    "day and name of the month": (
        rf"(?P<d>\d{{1,2}})[-. /]?\s*(?P<n>{WORD})[-., /]*(?P<y>\d{{4}}|\d{{2}}){TIME}",
        rf"(?P<n>{WORD})[ -]*(?P<d>\d{{1,2}}),?[ -]+(?P<y>\d{{4}}){TIME}",
        rf"(?P<y>\d{{4}})[- ](?P<n>{WORD})[- ](?P<d>\d{{1,2}}){TIME}",
    ),
    SERIAL: (r"(?P<serial>[1-7]\d{4})(?P<part>\.\d+)?",),
    "seconds since 1970": (r"(?P<seconds>\d{10})(?:\.0+)?", r"(?P<seconds>\d{10})\d{3}"),
    "months": (
        r"(?P<y>\d{4})[-/ ]?[Mm]?(?P<m>0?[1-9]|1[0-2])",
        r"(?P<m>0?[1-9]|1[0-2])[-/.](?P<y>\d{4})",
        rf"(?P<n>{WORD})[- ]?(?P<y>\d{{4}}|\d{{2}})",
        rf"(?P<y>\d{{4}})[- ](?P<n>{WORD})",
    ),
    "quarters": (
        r"(?P<y>\d{4})[-: ]?[Qq](?P<q>[1-4])",
        r"[Qq](?P<q>[1-4])[-/: ]?(?P<y>\d{4}|\d{2})",
        r"(?P<q>[1-4])[Qq][-/: ]?(?P<y>\d{4}|\d{2})",
    ),
}
PATTERNS = [(form, re.compile(p)) for form, patterns in FORMS.items() for p in patterns]
FIGURES = ("YYYYMMDD", SERIAL, "seconds since 1970", "months")
FREQUENCY: dict[str, Frequency] = {"months": "month", "quarters": "quarter"}


class AmbiguousDatesError(ValueError):
    """Dates have two readings; the message holds both, `remedy` says what decides."""

    def __init__(
        self, found: str, remedy: str = "say which with --dates dmy or --dates mdy"
    ) -> None:
        super().__init__(found)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of a column.

    Attributes
    ----------
    index : DatetimeIndex
        One a row; NaT where a cell is no date of the column's form. Months and quarters stand on
        their last day.
    form : str
        How they were read, in words.
    order : {"", "dmy", "mdy"}
        Which of day and month comes first, where both are figures.
    frequency : {"day", "month", "quarter"}
        What a row stands for.
    late : bool
        Whether the stamps were midnights further east than their clock, and mean the next day.
    """

    index: pd.DatetimeIndex
    form: str
    order: Order = ""
    frequency: Frequency = "day"
    late: bool = False


def find_form(cell: str) -> str | None:
    """Return the form of a date, or None if the text is no date.

    Text of figures alone (20230522, 45068) may be a number as well: see ``FIGURES``.
    """
    text = _bare(cell)
    for form, pattern in PATTERNS:
        if (match := pattern.fullmatch(text)) and _sensible(match):
            return form
    return None


def read_dates(values: pd.Series, order: Order = "", *, late: bool | None = None) -> Dates:
    """Read a column of dates, text or typed.

    Parameters
    ----------
    values : Series
        As it stands in the file.
    order : {"", "dmy", "mdy"}
        What to take where day and month cannot be told apart.
    late : bool, optional
        Whether evening stamps mean the next day; without it their weekdays tell.

    Raises
    ------
    AmbiguousDatesError
        If no order is given and the cells allow both, or contradict one another; or if days are
        numbered from another day than a spreadsheet's.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
        stamps = pd.DatetimeIndex(values)
        stamps = stamps.tz_localize(None) if stamps.tz is not None else stamps
        return _on_their_day(
            stamps.normalize(), stamps.hour.to_numpy(), late, Dates(stamps, "dates")
        )
    codes, cells = pd.factorize(values)
    texts = [_bare(str(cell)) for cell in cells]
    forms = [find_form(text) for text in texts]
    counts = Counter(form for form in forms if form)
    if not counts:
        return Dates(pd.DatetimeIndex([pd.NaT] * len(values)), "")
    form = counts.most_common(1)[0][0]
    matches = [
        _match(text, form) if found == form else None
        for text, found in zip(texts, forms, strict=True)
    ]
    said: Order = _order((m for m in matches if m), order) if form == NUMERIC else ""
    iso = [_iso(match, said) if match else None for match in matches]
    index = pd.to_datetime(pd.Series([*iso, None], dtype=object), format="%Y-%m-%d")
    told = {"dmy": "day first", "mdy": "month first", "": form}[said]
    told += ", each on its last day" * (form in FREQUENCY)
    days = pd.DatetimeIndex(index.to_numpy()[codes])
    if form == SERIAL:
        _check_serial(days)
    hours = np.array([*map(_hour, matches), 0])[codes]
    return _on_their_day(days, hours, late, Dates(days, told, said, FREQUENCY.get(form, "day")))


def _on_their_day(days: pd.DatetimeIndex, hours: Ints, late: bool | None, read: Dates) -> Dates:
    """Return dates as read, on the next day where the stamps are midnights further east.

    Such stand at one hour of the evening, two with summer time, on Sundays and never on Fridays.
    """
    hours, weekday = hours[days.notna()], days[days.notna()].day_of_week
    one_hour = hours.size > 0 and hours.min() >= EVENING and np.ptp(hours) <= 1
    if one_hour and late is None:
        late = bool((weekday == 6).mean() > 0.1 and not (weekday == 4).any())
    if not one_hour or not late:
        return replace(read, index=days)
    told = f"{read.form}, at midnight of a place further east: the next day taken"
    return replace(read, index=days + pd.Timedelta(days=1), form=told, late=True)


def _check_serial(days: pd.DatetimeIndex) -> None:
    """Raise AmbiguousDatesError where Mondays would be Saturdays: days of another count."""
    weekdays = set(days.dropna().day_of_week)
    if 0 not in weekdays and 5 in weekdays and len(weekdays) > 3:
        raise AmbiguousDatesError(
            f"numbers that a spreadsheet counts from 1900, here {days.dropna()[0].date()} and "
            "later on Saturdays but no Monday, or another program from 1960 or 1970",
            "write them as 2024-01-31",
        )


def _hour(match: re.Match[str] | None) -> int:
    """Return the hour of a stamp, 0 where it has none."""
    parts = match.groupdict() if match else {}
    if parts.get("part"):
        return int(24 * float(parts["part"]) + 1e-3)
    return int(parts.get("h") or int(parts.get("seconds") or 0) % 86_400 // 3600)


def _bare(cell: str) -> str:
    """Return a date without its weekday, quotes, or the signs of Chinese and Japanese."""
    text = cell.strip(" \t\u00a0'\"=`")
    if "年" in text:
        text = re.sub("[年月]", "-", text).rstrip("日-")
    if text[:1].isdigit():
        return POINTED.sub(".", text)
    return WEEKDAY.sub("", text, count=1)


def is_weekday(cell: str) -> bool:
    """Say whether a cell names a day of the week and nothing else."""
    return WEEKDAY.fullmatch(cell.strip()) is not None


def _match(text: str, form: str) -> re.Match[str] | None:
    found = (pattern.fullmatch(text) for name, pattern in PATTERNS if name == form)
    return next((match for match in found if match and _sensible(match)), None)


def _sensible(match: re.Match[str]) -> bool:
    """Say whether the figures of a match can be a date at all."""
    parts = match.groupdict()
    year = parts.get("y")
    if year and len(year) == 4 and not 1700 <= int(year) <= 2200:
        return False
    name = parts.get("n")
    if name and not _month(name):
        return False
    if (month := parts.get("m")) and not 1 <= int(month) <= 12:
        return False
    return not (day := parts.get("d")) or 1 <= int(day) <= 31


def _order(matches: Iterable[re.Match[str]], given: Order) -> Order:
    """Return which of day and month comes first."""
    held = list(matches)
    first = next((m for m in held if int(m["a"]) > 12), None)
    second = next((m for m in held if int(m["b"]) > 12), None)
    if first and second:
        raise AmbiguousDatesError(
            f"days first ({first[0]}) and months first ({second[0]}) in one column"
        )
    years = {m["y"] for m in held}
    short = not given and not second and all(len(y) == 2 and "01" <= y <= "31" for y in years)
    if short and len(years) > len({m["a"] for m in held}):  # days change more often than years
        found = f"{held[0][0]!r}, of which the first or the last figures are the year"
        raise AmbiguousDatesError(found, "write years with four digits")
    if first or second:
        return "dmy" if first else "mdy"
    if given:
        return given
    if all(re.fullmatch(r"\d+\.\d+\.\d+.*", m[0]) for m in held):
        return "dmy"  # where dates are written with points, days stand first
    text = held[0][0]
    raise AmbiguousDatesError(
        f"{text!r}, which is {_iso(held[0], 'dmy')} with the day first and "
        f"{_iso(held[0], 'mdy')} with the month first"
    )


def _iso(match: re.Match[str], order: Order) -> str | None:
    """Return the date as YYYY-MM-DD, None where the calendar has no such day."""
    parts = {name: text for name, text in match.groupdict().items() if text}
    try:
        return _day(parts, order).isoformat()
    except ValueError:
        return None


def _day(parts: dict[str, str], order: Order) -> date:
    if "serial" in parts:
        return EXCEL + timedelta(days=int(parts["serial"]))
    if "seconds" in parts:
        return date(1970, 1, 1) + timedelta(seconds=int(parts["seconds"]))
    year = int(parts["y"])
    if len(parts["y"]) == 2:
        year += 2000 if year < 70 else 1900
    if "q" in parts:
        return _last_day(year, 3 * int(parts["q"]))
    if "a" in parts:
        day, month = int(parts["a"]), int(parts["b"])
        return date(year, month, day) if order == "dmy" else date(year, day, month)
    month = _month(parts["n"]) if "n" in parts else int(parts["m"])
    return date(year, month, int(parts["d"])) if "d" in parts else _last_day(year, month)


def _month(name: str) -> int:
    """Return the number of a month, 0 for another word."""
    small = name.rstrip(".").lower()
    return MONTHS.get(small[:4], 0) or MONTHS.get(small[:3], 0)


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
