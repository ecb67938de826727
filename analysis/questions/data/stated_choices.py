"""The choices of the study that its prose states, printed as a sentence needs them.

Most keys are the dotted name of the entry in ``study.toml``, with ``count`` or ``sessions`` behind
it where the sentence says how many there are.
"""

from __future__ import annotations

from analysis.results import Findings, Provenance
from analysis.results.columns import Scalar, scalar_numbers
from analysis.results.formats import brackets, percent, words
from analysis.snapshot.choices import Choices
from analysis.study.panel import Panel

__all__ = ["compute"]

ROUND = {10: "ten", 20: "twenty", 50: "fifty", 100: "a hundred"}


def compute(panel: Panel) -> Findings:
    """Publish the choices that the prose cites, and every highlighted day."""
    choices = panel.snapshot.choices
    source = Provenance.of(compute, "choices of the study")
    days = {
        f"highlights.{name}": (day.isoformat(), f"day of the news item {name}")
        for name, day in choices.highlights.items()
    }
    stated = {key: cell for key, cell in _stated(choices).items() if cell[0]}  # what there is
    if choices.register:
        days |= {
            "register.known": (choices.register.known.isoformat(), "last day known to the plan"),
            "register.prices": (choices.register.prices.isoformat(), "last close of the plan"),
        }
    return Findings(
        numbers=[
            *scalar_numbers("study", _fixed(choices) | stated, source, "sessions"),
            *scalar_numbers("study", days, source, "date", "date"),
        ]
    )


def _fixed(choices: Choices) -> dict[str, Scalar]:
    """Return the numbers of ``study.toml`` that are printed as they are, sessions in the main."""
    estimation, inference = choices.estimation, choices.inference
    return {
        "estimation_length": (estimation.length, "estimation window"),
        "estimation_gap": (estimation.gap, "gap before day 0"),
        "estimation_minimum": (estimation.minimum, "fewest returns"),
        "episode_distance": (choices.episodes.distance, "episode distance"),
        "level": (inference.level, "coverage of intervals", "fraction", "percent0"),
        "power": (inference.power, "power of detectable effects", "fraction", "percent0"),
        "reference": (inference.reference, "CAR at which power is given", "fraction", "percent0"),
        "draws": (inference.draws, "resampling draws", "count", "integer"),
        "hac_lags": (choices.beta.hac_lags, "lags of HAC errors"),
        "rolling": (choices.beta.rolling, "rolling window"),
        "block": (choices.customs.block, "block of the bootstrap", "months", "integer"),
        "derived_band": (
            choices.customs.derived_band,
            "widest derived band",
            "fraction",
            "percent0",
        ),
    }


def _stated(choices: Choices) -> dict[str, Scalar]:
    """Return the choices in words, counts and tickers, empty where the study leaves one out."""
    funds, firms, primary = choices.benchmark, choices.firms, choices.windows.primary_bounds
    size, pure = choices.inference.size, choices.baskets.get(choices.exposure.firms, ())
    release, regimes = brackets(choices.customs.release_window), choices.regimes
    plays: dict[str, Scalar] = {}
    if pure:
        key, called = f"baskets.{choices.exposure.firms}.count", choices.exposure.words
        plays[key] = (len(pure), called, "count", "words")
    starts = len(regimes.starts) if regimes else 0
    freedom = "degrees of freedom across core firms"
    length, lag = primary[1] - primary[0] + 1, max(map(abs, choices.customs.lags))
    return {
        "returns": (choices.returns, "kind of returns", "name", "text"),
        "benchmark.market": (funds.market, "fund of the market", "ticker", "text"),
        "benchmark.sector": (funds.sector, "fund of the sector", "ticker", "text"),
        "benchmark.small_caps": (funds.small_caps, "fund of small caps", "ticker", "text"),
        "benchmark.metals": (funds.metals, "fund of strategic metals", "ticker", "text"),
        "windows.count": (len(choices.windows.bounds), "event windows", "count", "words"),
        "windows.primary": (brackets(primary), "primary event window", "event days", "text"),
        "windows.primary.sessions": (length, "sessions of the primary window", "sessions", "words"),
        "inference.size": (_in_words(size), "size of every test", "fraction", "text"),
        "inference.size.odds": (_odds(size), "size of every test", "fraction", "text"),
        "firms.core.count": (len(firms.core), "core firms", "count", "words"),
        "firms.core.freedom": (len(firms.core) - 1, freedom, "count", "words"),
        "firms.peers.count": (len(firms.peers), "peers", "count", "words"),
        **plays,
        "customs.lags": (lag, "longest lag", "months", "words"),
        "customs.release_window": (release, "window around a release", "event days", "text"),
        "regimes.starts.count": (starts, "policy regimes", "count", "words"),
        "register.bounds.car": (
            choices.register.bounds.car if choices.register else 0,
            "response that a later look must find",
            "fraction",
            "percent0",
        ),
        "one_choice.claims.count": (
            len(choices.one_choice.claims) if choices.one_choice else 0,
            "claims with one choice changed at a time",
            "count",
            "words",
        ),
    }


def _in_words(size: float) -> str:
    """Write a share in words where the percent are whole: ``five percent``."""
    points = round(100 * size, 9)
    return f"{words(int(points))} percent" if points.is_integer() else percent(size)


def _odds(size: float) -> str:
    """Write a share as odds where they are round: ``one in twenty``."""
    times = round(1 / size, 9)
    known = ROUND.get(int(times)) if times.is_integer() else None
    return f"one in {known}" if known else percent(size)
