"""Volatility after events against before, and whether falls raise it more than rises.

Decision rules, fixed before any number was computed:

``volatility.KIND`` (all, tightening, easing, support, disappointment)
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

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.estimators.rotation import Rotation, rotate
from analysis.estimators.volatility import garch, half_life, leverage, volatility_change
from analysis.findings.episodes import FEWEST, chosen_days
from analysis.findings.panel import Panel
from analysis.results import Dataset, Figure, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import counted, percent, span, words
from analysis.snapshot.claims import Events

__all__ = ["KINDS", "Change", "changes", "compute", "leverage_terms", "mean_weights", "paths"]

HERE = "analysis.findings.volatility"
INPUTS = ("prices.csv", "universe.csv", "events.csv", "study.toml")
SAMPLE = "core portfolio, confirmatory events in episodes of one sign"
KINDS: dict[str, tuple[str, ...]] = {
    "all": ("tightening", "disappointment", "easing", "support"),
    "tightening": ("tightening",),
    "disappointment": ("disappointment",),
    "easing": ("easing",),
    "support": ("support",),
}


@dataclass(frozen=True)
class Change:
    """Mean log ratio of volatility over episodes, its interval (t) and the rotations.

    A p below ``size`` decides.
    """

    kind: str
    measure: str
    episodes: int
    mean: float
    low: float
    high: float
    rotation: Rotation | None
    size: float

    @property
    def verdict(self) -> str:
        """Higher or lower than on rotated calendars, or neither."""
        if self.rotation is None:
            return "not testable"
        if self.rotation.p >= self.size:
            return "unchanged"
        return "higher" if self.mean > float(self.rotation.null.mean()) else "lower"


def compute(panel: Panel) -> Findings:
    """Measure volatility around events by two measures, and its asymmetry."""
    found, terms = changes(panel), leverage_terms(panel)
    source = Provenance(f"{HERE}.changes", INPUTS, SAMPLE)
    garch_source = Provenance(f"{HERE}.leverage_terms", INPUTS, "core portfolio and core firms")
    frame = _frame(found)
    return Findings(
        numbers=[
            Number(
                "volatility.window",
                panel.snapshot.study.volatility.window,
                "sessions",
                "integer",
                "sessions before and after over which volatility is measured",
                source,
            ),
            *_change_numbers(panel, found, source),
            *_term_numbers(terms, garch_source),
        ],
        tables=[_table(panel, frame, source), _term_table(terms, garch_source)],
        figures=_figure(panel),
        verdicts=[*_change_verdicts(found, source), _symmetry(panel, terms, garch_source)],
        datasets=[Dataset("volatility_changes", frame, source)],
    )


def _core(panel: Panel) -> pd.Series:
    return panel.returns[list(panel.snapshot.study.firms.core)].mean(axis=1).dropna()


def _measures(panel: Panel) -> dict[str, pd.Series]:
    """Log ratio of volatility after to before at every session, realised and GARCH."""
    window = panel.snapshot.study.volatility.window
    core = _core(panel)
    realised = volatility_change(core.to_frame("core"), window, window)["core"]
    conditional = garch(core).conditional.rolling(window).mean()
    return {
        "realised": realised.dropna(),
        "garch": (conditional.shift(-window) / conditional.shift(1)).apply(np.log).dropna(),
    }


def mean_weights(days: pd.DataFrame) -> pd.Series:
    """Weight each event day so that the weighted sum is the mean over episodes; by session."""
    sizes = days.groupby("episode")["day0"].transform("size")
    return pd.Series((1 / sizes / days["episode"].nunique()).to_numpy(), days["day0"].to_numpy())


def changes(panel: Panel) -> list[Change]:
    """Average the log ratio of volatility over the episodes of each kind.

    Returns
    -------
    list of Change
        For each measure and kind; rotations by fewer sessions than both windows are left out.
    """
    window, inference = panel.snapshot.study.volatility.window, panel.snapshot.study.inference
    found = []
    for measure, values in _measures(panel).items():
        at = values.reindex(panel.events["day0"]).set_axis(panel.events.index)
        cars = pd.DataFrame({"car": at, "scar": at}).dropna()
        for kind, directions in KINDS.items():
            days = chosen_days(panel, cars, Events(directions=directions))
            means = days.groupby("episode")["car"].mean()
            count = len(means)
            if count < FEWEST:
                empty = Change(kind, measure, count, np.nan, np.nan, np.nan, None, inference.size)
                found.append(empty)
                continue
            error = means.std(ddof=1) / np.sqrt(count)
            reach = stats.t.ppf((1 + inference.level) / 2, count - 1) * error
            mean = float(means.mean())
            turned = rotate(values, mean_weights(days), 2 * window)
            low, high = mean - float(reach), mean + float(reach)
            if measure == "garch":
                mean, low, high = _settled(mean), _settled(low), _settled(high)
            found.append(Change(kind, measure, count, mean, low, high, turned, inference.size))
    return found


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
    assets = {"core": _core(panel)}
    assets |= {firm: panel.returns[firm] for firm in panel.snapshot.study.firms.core}
    rows = []
    for name, returns in assets.items():
        plain, term = garch(returns), leverage(returns)
        persistence = _settled(plain.persistence)
        row = {"asset": name, "persistence": persistence, "half_life": half_life(persistence)}
        rows.append(row | {"gamma": term.gamma, "se": term.se, "p": term.p, "n": term.n})
    frame = pd.DataFrame(rows).replace({"half_life": {np.inf: np.nan}})
    fitted = ["gamma", "se", "p"]
    frame[fitted] = frame[fitted].map(_settled)
    frame.insert(6, "holm", multipletests(frame["p"], method="holm")[1])
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
    window, tails = panel.snapshot.study.volatility.window, panel.snapshot.study.inference.tails
    size = _core(panel).abs()
    before = size.rolling(window).mean().shift(1)
    ratios = pd.DataFrame(
        {day: size.shift(-day) / before for day in range(-window, window + 1)}
    ).dropna()
    inside = pd.Series(0.0, panel.events.index)[panel.events["day0"].isin(ratios.index)]
    cars = pd.DataFrame({"car": inside, "scar": inside})
    frames = []
    for kind in ("tightening", "easing"):
        days = chosen_days(panel, cars, Events(directions=KINDS[kind]))
        if days["episode"].nunique() < FEWEST:
            continue
        weights = mean_weights(days)
        for day in ratios.columns:
            turned = rotate(ratios[day], weights, 2 * window)
            low, high = np.quantile(turned.null, tails)
            frames.append((kind, day, turned.observed, low, high, days["episode"].nunique()))
    return pd.DataFrame(frames, columns=["kind", "day", "ratio", "low", "high", "episodes"])


def _frame(found: list[Change]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "kind": c.kind,
                "measure": c.measure,
                "episodes": c.episodes,
                "ratio": np.exp(c.mean),
                "low": np.exp(c.low),
                "high": np.exp(c.high),
                "placebo": np.exp(c.rotation.null.mean()) if c.rotation else np.nan,
                "p": c.rotation.p if c.rotation else np.nan,
            }
            for c in found
        ]
    )


def _change_numbers(panel: Panel, found: list[Change], source: Provenance) -> list[Number]:
    level, numbers = panel.snapshot.study.inference.level, []
    for c in found:
        if c.rotation is None:
            continue
        key = f"volatility.{c.kind}" + ("" if c.measure == "realised" else ".garch")
        what = f"{c.measure} volatility after over before, {c.kind} events"
        numbers += [
            Number(f"{key}.ratio", float(np.exp(c.mean)), "ratio", "decimal2",
                   f"geometric mean of {what}", source, low=float(np.exp(c.low)),
                   high=float(np.exp(c.high)), level=level, p=c.rotation.p, n=c.episodes),
            Number(f"{key}.p", c.rotation.p, "p-value", "pvalue",
                   f"p against rotated calendars of {what}", source),
            Number(f"{key}.episodes", c.episodes, "count", "integer", f"episodes of {what}",
                   source),
        ]  # fmt: skip
    return numbers


def _term_numbers(terms: pd.DataFrame, source: Provenance) -> list[Number]:
    numbers = []
    for row in terms.to_dict("records"):
        key = f"volatility.garch.{row['asset']}".lower()
        numbers += [
            Number(f"{key}.persistence", row["persistence"], "persistence", "decimal2",
                   f"GARCH(1,1) persistence of {row['asset']}", source, n=row["n"]),
            Number(f"{key}.leverage", row["gamma"], "coefficient", "decimal2",
                   f"leverage term of {row['asset']}", source, se=row["se"], p=row["p"]),
            Number(f"{key}.leverage_p", row["p"], "p-value", "pvalue",
                   f"p of no leverage, {row['asset']}", source),
        ]  # fmt: skip
    return numbers


def _change_verdicts(found: list[Change], source: Provenance) -> list[Verdict]:
    realised = {c.kind: c for c in found if c.measure == "realised"}
    modelled = {c.kind: c for c in found if c.measure == "garch"}
    verdicts = [
        Verdict(f"volatility.{kind}", c.verdict,
                f"mean log ratio over episodes against rotated calendars, p below {c.size:g}",
                f"ratio {np.exp(c.mean):.2f} over {c.episodes} episodes" if c.rotation
                else f"{c.episodes} episodes", source)
        for kind, c in realised.items()
    ]  # fmt: skip
    differing = [k for k, c in realised.items() if modelled[k].verdict != c.verdict]
    return [
        *verdicts,
        Verdict("volatility.garch", "differs" if differing else "agrees",
                "verdict by conditional volatility equals that by realised, every kind",
                ", ".join(differing) or "all kinds", source),
    ]  # fmt: skip


def _symmetry(panel: Panel, terms: pd.DataFrame, source: Provenance) -> Verdict:
    size = panel.snapshot.study.inference.size
    clear = terms[terms["holm"] < size]
    verdict = "symmetric"
    if not clear.empty:
        verdict = "asymmetric" if (clear["gamma"] > 0).any() else "inverse"
    return Verdict(
        "volatility.leverage",
        verdict,
        f"Holm-adjusted p of the leverage term below {size:g} for the core portfolio or a core "
        "firm",
        f"smallest adjusted p {terms['holm'].min():.3g}",
        source,
    )


def _table(panel: Panel, frame: pd.DataFrame, source: Provenance) -> Table:
    study = panel.snapshot.study
    window = study.volatility.window
    return Table(
        "volatility",
        frame.assign(
            measure=frame["measure"].map({"realised": "realised", "garch": "GARCH"})
        ).dropna(subset=["p"]),
        dict.fromkeys(("ratio", "low", "high", "placebo"), "decimal2")
        | {"episodes": "integer", "p": "pvalue"},  # type: ignore[arg-type]
        {
            "kind": "Events",
            "measure": "Measure",
            "episodes": "K",
            "ratio": "Ratio",
            "placebo": "Placebo",
        },
        source,
        f"Volatility of the core portfolio over days {span((1, window))} over that of days "
        f"{span((-window, -1))}, geometric mean over K episodes; low and high: "
        f"{percent(study.inference.level)}, t(K−1); Placebo and p: mean and two-sided p over "
        "calendars moved round the sample.",
    )


def _term_table(terms: pd.DataFrame, source: Provenance) -> Table:
    return Table(
        "leverage",
        terms,
        dict.fromkeys(("persistence", "gamma", "se"), "decimal2")
        | {"half_life": "decimal1", "p": "pvalue", "holm": "pvalue", "n": "integer"},  # type: ignore[arg-type]
        {
            "asset": "Asset",
            "persistence": "Persistence",
            "half_life": "Half-life",
            "gamma": "Leverage",
            "se": "s.e.",
            "holm": "Holm",
        },
        source,
        "GARCH(1,1) with t shocks: sum of its coefficients and sessions until half of a shock is "
        "gone (a dash: never); leverage: extra weight of the square of a fall.",
    )


def _figure(panel: Panel) -> list[Figure]:
    frame = paths(panel)
    if frame.empty:
        return []
    study, said = panel.snapshot.study, []
    level, window = study.inference.level, study.volatility.window
    for kind, part in frame.groupby("kind", sort=False):
        by_day = part.set_index("day")["ratio"]
        peak = int(part["day"].iloc[int(part["ratio"].argmax())])
        said.append(
            f"{kind} {by_day[0]:.1f} on day 0, {by_day[by_day.index > 0].mean():.1f} on average "
            f"after, largest {by_day[peak]:.1f} on day {peak:+d}"
        )
    alt = (
        f"Panels of the core portfolio's mean absolute return from {counted(window, 'session')} "
        f"before to {words(window)} after an event, over its mean of the {words(window)} before, "
        f"with a shaded band of {percent(level)} of rotated calendars: " + "; ".join(said) + "."
    ).replace("-", "\u2212")
    source = Provenance(f"{HERE}.paths", INPUTS, SAMPLE)
    choices = {"level": level, "window": window}
    return [Figure("volatility_paths", "volatility_paths", {"paths": frame}, alt, source, choices)]
