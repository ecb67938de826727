"""The choices of the study that its prose states, printed as a sentence needs them.

Each key is the dotted name of the entry in ``study.toml``, with ``count`` or ``sessions`` behind it
where the sentence says how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analysis.results import Findings, Format, Number, Provenance
from analysis.results.formats import brackets, percent, words
from analysis.snapshot.choices import Choices
from analysis.study.panel import Panel

__all__ = ["compute"]

SOURCE = Provenance(
    "analysis.questions.data.stated_choices.compute", ("study.toml",), "choices of the study"
)
ROUND = {10: "ten", 20: "twenty", 50: "fifty", 100: "a hundred"}

Value = float | int | str
CITED: Mapping[str, tuple[str, str, Format, Callable[[Choices], Value]]] = {
    "returns": ("kind of returns", "name", "text", lambda s: s.returns),
    "benchmark.market": ("fund of the market", "ticker", "text", lambda s: s.benchmark.market),
    "benchmark.sector": ("fund of the sector", "ticker", "text", lambda s: s.benchmark.sector),
    "benchmark.small_caps": (
        "fund of small caps", "ticker", "text", lambda s: s.benchmark.small_caps,
    ),
    "benchmark.metals": (
        "fund of strategic metals", "ticker", "text", lambda s: s.benchmark.metals,
    ),
    "windows.count": ("event windows", "count", "words", lambda s: len(s.windows.bounds)),
    "windows.primary": (
        "primary event window", "event days", "text", lambda s: brackets(_primary(s)),
    ),
    "windows.primary.sessions": (
        "sessions of the primary window", "sessions", "words", lambda s: _length(_primary(s)),
    ),
    "inference.size": (
        "size of every test", "fraction", "text", lambda s: _in_words(s.inference.size),
    ),
    "inference.size.odds": (
        "size of every test", "fraction", "text", lambda s: _odds(s.inference.size),
    ),
    "firms.core.count": ("core firms", "count", "words", lambda s: len(s.firms.core)),
    "firms.core.freedom": (
        "degrees of freedom across core firms", "count", "words", lambda s: len(s.firms.core) - 1,
    ),
    "firms.peers.count": ("peers", "count", "words", lambda s: len(s.firms.peers)),
    "baskets.heavy_exposed.count": (
        "pure plays", "count", "words", lambda s: len(s.baskets.get("heavy_exposed", ())),
    ),
    "customs.lags": ("longest lag", "months", "words", lambda s: max(map(abs, s.customs.lags))),
    "customs.release_window": (
        "window around a release", "event days", "text",
        lambda s: brackets(s.customs.release_window),
    ),
    "regimes.starts.count": (
        "policy regimes", "count", "words", lambda s: len(s.regimes.starts) if s.regimes else 0,
    ),
    "one_choice.claims.count": (
        "claims with one choice changed at a time", "count", "words",
        lambda s: len(s.one_choice.claims) if s.one_choice else 0,
    ),
}  # fmt: skip


def compute(panel: Panel) -> Findings:
    """Publish the choices that the prose cites, and every highlighted day."""
    choices = panel.snapshot.choices
    numbers = [
        Number(f"study.{key}", chosen, unit, fmt, what, SOURCE)
        for key, (what, unit, fmt, value) in CITED.items()
        if (chosen := value(choices))  # what a study leaves out is not stated
    ]
    days = [
        Number(f"study.highlights.{name}", day.isoformat(), "date", "date",
               f"day of the news item {name}", SOURCE)
        for name, day in choices.highlights.items()
    ]  # fmt: skip
    return Findings(numbers=numbers + days)


def _primary(choices: Choices) -> tuple[int, int]:
    return choices.windows.bounds[choices.windows.primary]


def _length(window: tuple[int, int]) -> int:
    return window[1] - window[0] + 1


def _in_words(size: float) -> str:
    """Write a share in words where the percent are whole: ``five percent``."""
    points = round(100 * size, 9)
    return f"{words(int(points))} percent" if points.is_integer() else percent(size)


def _odds(size: float) -> str:
    """Write a share as odds where they are round: ``one in twenty``."""
    times = round(1 / size, 9)
    known = ROUND.get(int(times)) if times.is_integer() else None
    return f"one in {known}" if known else percent(size)
