"""How a value is printed: one place, so that both renderers and every table agree."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Sequence

from analysis.errors import ResultsError
from analysis.results import Format

__all__ = [
    "MISSING",
    "as_key",
    "brackets",
    "counted",
    "escape_cell",
    "escape_markup",
    "event_day",
    "format_value",
    "listed",
    "percent",
    "pipe_row",
    "signed",
    "span",
    "with_interval",
    "words",
]

MINUS = "\u2212"
THIN_SPACE = "\u202f"
MISSING = "–"
_MARKUP = re.compile(r"[\\`*_<$@^~{]|\](?=[\[({:])|&(?=#?\w+;)")
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def as_key(text: str) -> str:
    """Write a name as keys have it.

    >>> as_key("beta.BRK-B.^SOX")
    'beta.brk_b._sox'
    """
    return re.sub(r"[^a-z0-9_.]", "_", text.lower())


def format_value(value: float | int | str | None, fmt: Format) -> str:
    """Format one value for print.

    Parameters
    ----------
    value : float, int, str or None
        Fractions for the percent formats, an ISO date string for ``date``. ``None`` and NaN give an
        en dash: unknown is shown as unknown.
    fmt : Format
        Name of the format.

    Returns
    -------
    str
        Text with a true minus sign (U+2212).

    Raises
    ------
    ResultsError
        If the format is unknown or does not fit the value.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    try:
        return _FORMATTERS[fmt](value).replace("-", MINUS if fmt not in _VERBATIM else "-")
    except KeyError:
        raise ResultsError(
            f"unknown number format {fmt!r}; expected one of {', '.join(sorted(_FORMATTERS))}"
        ) from None
    except (TypeError, ValueError) as error:
        raise ResultsError(f"the value {value!r} cannot be printed as {fmt}: {error}") from None


def escape_markup(text: str) -> str:
    r"""Write words of a user so that Markdown prints them as they are.

    Examples
    --------
    >>> print(escape_markup("*all* of [0, 1], see [x](y)"))
    \*all\* of [0, 1], see [x\](y)
    """
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def escape_cell(text: str) -> str:
    """Keep a text inside one cell of a pipe table."""
    return text.replace("|", r"\|").replace("\n", " ")


def pipe_row(cells: Iterable[str]) -> str:
    """Write one row of a pipe table from escaped cells."""
    return f"| {' | '.join(cells)} |"


def signed(value: float, fmt: Format) -> str:
    """Format a change with its sign, the plus as well.

    Examples
    --------
    >>> signed(0.019, "percent1"), signed(-0.134, "percent1")
    ('+1.9%', '−13.4%')
    """
    text = format_value(value, fmt)
    return text if text.startswith((MINUS, MISSING)) else f"+{text}"


def with_interval(value: float | None, low: float | None, high: float | None, fmt: Format) -> str:
    """Format a value with its interval in brackets, or alone where it has none.

    Examples
    --------
    >>> with_interval(0.012, -0.174, 0.198, "percent1"), with_interval(1, None, None, "integer")
    ('1.2% (−17.4% to 19.8%)', '1')
    """
    text, *ends = (format_value(each, fmt) for each in (value, low, high))
    return text if MISSING in ends else f"{text} ({' to '.join(ends)})"


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> listed(["MP", "USAR", "CRML"])
    'MP, USAR and CRML'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def words(count: int) -> str:
    """Write a count as a sentence does: in words up to ten.

    Examples
    --------
    >>> words(3), words(20)
    ('three', '20')
    """
    return WORDS[count] if 0 <= count < len(WORDS) else format_value(count, "integer")


def counted(count: int, unit: str) -> str:
    """Write a count with its unit, which takes an s unless there is one.

    Examples
    --------
    >>> counted(5, "session"), counted(1, "session")
    ('five sessions', 'one session')
    """
    return f"{words(count)} {unit}" + ("" if count == 1 else "s")


def percent(share: float) -> str:
    """Write a chosen share with the decimals it was chosen with.

    Examples
    --------
    >>> percent(0.95), percent(0.975)
    ('95%', '97.5%')
    """
    return f"{100 * share:g}%"


def event_day(day: int) -> str:
    """Write an event day.

    Examples
    --------
    >>> event_day(-20), event_day(0), event_day(5)
    ('−20', '0', '+5')
    """
    return f"{day:+d}".replace("-", MINUS) if day else "0"


def span(days: tuple[int, int]) -> str:
    """Name the first and the last of some event days.

    Examples
    --------
    >>> span((-20, -1)), span((0, 5))
    ('−20 to −1', '0 to +5')
    """
    return " to ".join(map(event_day, days))


def brackets(window: tuple[int, int]) -> str:
    """Write an event window as the literature does.

    Examples
    --------
    >>> brackets((-1, 1))
    '[−1, +1]'
    """
    return f"[{', '.join(map(event_day, window))}]"


def _signless_zero(text: str) -> str:
    """Turn ``-0.0`` into ``0.0``: the sign of a rounded zero says nothing."""
    return text[1:] if text.startswith("-") and not text.strip("-0.,%") else text


def _fixed(digits: int, scale: float = 1.0, suffix: str = "") -> Callable[[float | int | str], str]:
    def show(value: float | int | str) -> str:
        return _signless_zero(f"{float(value) * scale:.{digits}f}") + suffix

    return show


def _grouped(text: str) -> str:
    return text.replace(",", THIN_SPACE)


def _integer(value: float | int | str) -> str:
    number = float(value)
    if not number.is_integer():
        raise ValueError("not a whole number")
    return _grouped(f"{int(number):,}" if abs(number) >= 10_000 else f"{int(number)}")


def _words(value: float | int | str) -> str:
    _integer(value)  # refuses what is no whole number
    return words(int(value))


def _amount(value: float | int | str) -> str:
    number = float(value)
    return _grouped(f"{number:,.0f}" if number.is_integer() else f"{number:,.1f}")


def _pvalue(value: float | int | str) -> str:
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError("a p-value lies between 0 and 1")
    if number < 0.001:
        return "< 0.001"
    return f"{number:.3f}" if number < 0.0995 else f"{number:.2f}"


def _date(value: float | int | str) -> str:
    day = dt.date.fromisoformat(str(value)[:10])
    return f"{day.day} {day:%B %Y}"


_FORMATTERS: dict[str, Callable[[float | int | str], str]] = {
    "percent1": _fixed(1, 100, "%"),
    "percent0": _fixed(0, 100, "%"),
    "points1": _fixed(1, 100),
    "decimal1": _fixed(1),
    "decimal2": _fixed(2),
    "decimal3": _fixed(3),
    "pvalue": _pvalue,
    "integer": _integer,
    "words": _words,
    "count": lambda value: "none" if value == 0 else _words(value),
    "amount1": _amount,
    "date": _date,
    "text": str,
}
_VERBATIM = {"text", "date"}
