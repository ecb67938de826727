"""Volatility after events against before, and whether falls raise it more than rises.

Decision rules, fixed before any number was computed:

``volatility.KIND`` (all, and every direction)
    Mean log ratio of realised volatility after to before over episodes, against rotated calendars:
    "higher" or "lower" with p below the size of the tests, else "unchanged"; "not testable" below
    three episodes.
``volatility.garch``
    "agrees" if the conditional volatility of a GARCH(1,1) gives the same verdict for every kind,
    else "differs".
``volatility.leverage``
    "asymmetric" if the leverage term of an asset is positive with a Holm-adjusted p below the size,
    "inverse" if negative with it, else "symmetric".
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.dependence.volatility import garch, half_life, leverage, volatility_change
from analysis.estimators.events.rotation import rotate
from analysis.estimators.multiplicity import holm
from analysis.results import Dataset, Figure, Findings, Number, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, table_of, verdicts_of
from analysis.results.formats import counted, event_day, percent, span, words
from analysis.study.directions import list_policy_ends, list_policy_first
from analysis.study.episodes import FEWEST, averaged, mean_over
from analysis.study.families import any_adjusted
from analysis.study.outcomes import judge_signs
from analysis.study.panel import Panel
from analysis.study.series import mean_weights, rotate_days, series_days

__all__ = ["changes", "compute", "paths"]

SAMPLE = "core portfolio, confirmatory events in episodes of one sign"
NAMES = {"realised": "realised", "garch": "GARCH"}

WHAT = "{measure} volatility after over before, {kind} events"
AGAINST = f"p against rotated calendars of {WHAT}"
MEAN = f"geometric mean of {WHAT}"
CHANGES = (
    Column("kind", "Events"),
    Column("named", "Measure"),
    Column("episodes", "K", "integer", "count", f"episodes of {WHAT}", ".episodes"),
    Column(
        "ratio", "Ratio", "decimal2", "ratio", MEAN, ".ratio", "", "low", "high", "p", "episodes"
    ),
    Column("low", format="decimal2"),
    Column("high", format="decimal2"),
    Column("placebo", "Placebo", "decimal2"),
    Column("p", "", "pvalue", "p-value", AGAINST, ".p"),
)
AGREED = "verdict by conditional volatility equals that by realised, every kind"
CHANGED = (
    "Volatility of the core portfolio over days {after} over that of days {before}, geometric mean "
    "over K episodes; low and high: {level}, t(K−1); Placebo and p: mean and two-sided p over "
    "calendars moved round the sample."
)
LASTING, TERM = "GARCH(1,1) persistence of {asset}", "leverage term of {asset}"
NONE = "p of no leverage, {asset}"
TERMS = (
    Column("asset", "Asset"),
    Column("persistence", "Persistence", "decimal2", "persistence", LASTING, ".persistence", n="n"),
    Column("half_life", "Half-life", "decimal1"),
    Column("gamma", "Leverage", "decimal2", "coefficient", TERM, ".leverage", "se", p="p"),
    Column("se", "s.e.", "decimal2"),
    Column("p", "", "pvalue", "p-value", NONE, ".leverage_p"),
    Column("holm", "Holm", "pvalue"),
    Column("n", format="integer"),
)

TERMED = (
    "GARCH(1,1) with t shocks: sum of its coefficients and sessions until half of a shock is gone "
    "(a dash: never); leverage: extra weight of the square of a fall."
)


def compute(panel: Panel) -> Findings:
    """Measure volatility around events by two measures, and its asymmetry."""
    choices = panel.snapshot.choices
    window, level = choices.volatility.window, choices.inference.level
    frame, terms = changes(panel), leverage_terms(panel)
    source = Provenance.of(changes, SAMPLE)
    fitted = Provenance.of(leverage_terms, "core portfolio and core firms")
    tested = frame.assign(
        named=frame["measure"].map(NAMES),
        end=frame["measure"].map({"realised": "", "garch": ".garch"}),
    ).dropna(subset=["p"])
    days = {"after": span((1, window)), "before": span((-window, -1))}
    note = CHANGED.format(level=percent(level), **days)
    told = "sessions before and after over which volatility is measured"
    return Findings(
        numbers=[
            Number("volatility.window", window, "sessions", "integer", told, source),
            *numbers_of(tested, CHANGES, "volatility.{kind}{end}", source, level=level),
            *numbers_of(terms, TERMS, "volatility.garch.{asset}", fitted),
        ],
        tables=[
            table_of("volatility", tested, CHANGES, source, note),
            table_of("leverage", terms, TERMS, fitted, TERMED),
        ],
        figures=_figure(panel),
        verdicts=[*_verdicts(panel, frame, source), _symmetry(panel, terms, fitted)],
        datasets=[Dataset("volatility_changes", frame, source)],
    )


def _measures(panel: Panel) -> dict[str, pd.Series]:
    """Log ratio of volatility after to before at every session, realised and GARCH."""
    window, core = panel.snapshot.choices.volatility.window, panel.core.dropna()
    conditional = garch(core).conditional.rolling(window).mean()
    return {
        "realised": volatility_change(core.to_frame("core"), window, window)["core"],
        "garch": (conditional.shift(-window) / conditional.shift(1)).apply(np.log),
    }


def changes(panel: Panel) -> pd.DataFrame:
    """Average the log ratio of volatility over the episodes of each kind.

    Returns
    -------
    DataFrame
        ``kind``, ``measure``, ``episodes``, ``ratio`` (geometric mean), ``low``, ``high`` (t),
        ``placebo`` (mean over rotated calendars; those by fewer sessions than both windows are left
        out), ``p`` against them; missing below three episodes.
    """
    choices, rows = panel.snapshot.choices, []
    every = list_policy_first(choices)
    for measure, values in _measures(panel).items():
        for kind in ("all", *every):
            days = series_days(panel, values, *(every if kind == "all" else (kind,)))
            mean = mean_over(averaged(days)["car"])
            logs = np.array([mean.estimate, *mean.interval(choices.inference.level)])
            if measure == "garch":
                logs = np.round([_settled(value) for value in logs], 5)  # near zero, too
            turned = rotate_days(values, days, 2 * choices.volatility.window)
            against = (np.exp(turned.null.mean()), turned.p)
            rows.append((kind, measure, mean.n, *np.exp(logs), *against))
    names = ["kind", "measure", "episodes", "ratio", "low", "high", "placebo", "p"]
    return pd.DataFrame(rows, columns=names)


def _settled(value: float) -> float:
    """Keep three digits: the optimiser stops elsewhere in the sixth on another machine."""
    return float(f"{value:.3g}")


def leverage_terms(panel: Panel) -> pd.DataFrame:
    """Fit the asymmetric GARCH to the core portfolio and each core firm.

    Returns
    -------
    DataFrame
        ``asset``, ``persistence`` and ``half_life`` (sessions) of the symmetric model, ``gamma``,
        ``se``, ``p``, ``holm``, ``n``.
    """
    assets = {"core": panel.core.dropna()}
    assets |= {firm: panel.returns[firm] for firm in panel.snapshot.choices.firms.core}
    rows = []
    for name, returns in assets.items():
        term, persistence = leverage(returns), _settled(garch(returns).persistence)
        fitted = (_settled(value) for value in (term.gamma, term.se, term.p))
        rows.append((name, persistence, half_life(persistence), *fitted, term.n))
    names = ["asset", "persistence", "half_life", "gamma", "se", "p", "n"]
    frame = pd.DataFrame(rows, columns=names).replace({"half_life": {np.inf: np.nan}})
    frame.insert(6, "holm", holm(frame["p"]))
    return frame


def paths(panel: Panel) -> pd.DataFrame:
    """Average absolute returns around events, over those of the sessions before.

    The absolute return of the core portfolio on each event day from -window to +window is divided
    by its mean over days -window to -1, and averaged over days and episodes. The band holds a
    share ``inference.level`` of the same on rotated calendars, day by day.

    Returns
    -------
    DataFrame
        ``kind``, ``day``, ``ratio``, ``low``, ``high``, ``episodes``.
    """
    window, tails = panel.snapshot.choices.volatility.window, panel.snapshot.choices.inference.tails
    size = panel.core.dropna().abs()
    before = size.rolling(window).mean().shift(1)
    ratios = pd.DataFrame(
        {day: size.shift(-day) / before for day in range(-window, window + 1)}
    ).dropna()
    rows = []
    choices = panel.snapshot.choices
    for kind in list_policy_ends(choices):
        days = series_days(panel, ratios[0], kind)
        count = days["episode"].nunique()
        if count < FEWEST:
            continue
        for day in ratios.columns:
            turned = rotate(ratios[day], mean_weights(days), 2 * window)
            rows.append((kind, day, turned.observed, *np.quantile(turned.null, tails), count))
    return pd.DataFrame(rows, columns=["kind", "day", "ratio", "low", "high", "episodes"])


def _verdicts(panel: Panel, frame: pd.DataFrame, source: Provenance) -> list[Verdict]:
    """Say of each kind whether volatility is higher or lower than on rotated calendars."""
    size = panel.snapshot.choices.inference.size
    gain = frame["ratio"] - frame["placebo"]
    judged = frame.assign(
        over=frame["ratio"].map("ratio {:.2f} over ".format).where(frame["p"].notna(), ""),
        verdict=judge_signs(frame["p"], gain, size, "higher", "lower", "unchanged"),
    )
    realised, modelled = (
        judged[judged["measure"] == m].set_index("kind", drop=False) for m in NAMES
    )
    differing = list(realised.index[realised["verdict"] != modelled["verdict"]])
    rule = f"mean log ratio over episodes against rotated calendars, p below {size:g}"
    evidence = "{over}{episodes} episodes"
    same, agreed = "differs" if differing else "agrees", ", ".join(differing) or "all kinds"
    return [
        *verdicts_of(realised, "verdict", "volatility.{kind}", rule, evidence, source),
        Verdict("volatility.garch", same, AGREED, agreed, source),
    ]


def _symmetry(panel: Panel, terms: pd.DataFrame, source: Provenance) -> Verdict:
    clear = terms[terms["holm"] < panel.snapshot.choices.inference.size]
    sided = "asymmetric" if (clear["gamma"] > 0).any() else "inverse"
    rule = "Holm-adjusted p of the leverage term below {size} for the core portfolio or a core firm"
    said = (sided, "symmetric")
    return any_adjusted(panel, "volatility.leverage", terms["holm"], said, rule, source)


def _figure(panel: Panel) -> list[Figure]:
    frame = paths(panel)
    if frame.empty:
        return []
    choices, said = panel.snapshot.choices, []
    level, window = choices.inference.level, choices.volatility.window
    for kind, part in frame.groupby("kind", sort=False):
        by_day = part.set_index("day")["ratio"]
        peak = int(part["day"].iloc[int(part["ratio"].argmax())])
        said.append(
            f"{kind} {by_day[0]:.1f} on day 0, {by_day[by_day.index > 0].mean():.1f} on average "
            f"after, largest {by_day[peak]:.1f} on day {event_day(peak)}"
        )
    alt = (
        f"Panels of the core portfolio's mean absolute return from {counted(window, 'session')} "
        f"before to {words(window)} after an event, over its mean of the {words(window)} before, "
        f"with a shaded band of {percent(level)} of rotated calendars: " + "; ".join(said) + "."
    )
    source = Provenance.of(paths, SAMPLE)
    drawn, data = {"level": level, "window": window}, {"paths": frame}
    return [Figure("volatility_paths", "volatility_paths", data, alt, source, drawn)]
