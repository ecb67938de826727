"""The two days on which the news items were written, against an ordinary day."""

from __future__ import annotations

import pandas as pd
from scipy import stats

from analysis.estimators.events.conformal import conformal
from analysis.estimators.significance import minimum_detectable
from analysis.questions.requirements import need_section, need_window
from analysis.results import Figure, Findings, Provenance, Table, Verdict
from analysis.results.columns import Column, numbers_of, table_of
from analysis.results.formats import counted, listed, percent, signed
from analysis.snapshot.portfolios import equal
from analysis.study.panel import Panel
from analysis.study.responses import fit_events

__all__ = ["compute", "reactions"]

NEEDS = (need_section("highlights"), need_window("car_0_0"))

NOTE = (
    "Return: close to close. AR: abnormal return of the {model}; s.e.: its forecast error. "
    "p(t): two-sided, Student t; p(c): conformal, the p-value of record. core: equal-weight "
    "portfolio of {firms} as one asset."
)
RETURN, ABNORMAL = "return of {ticker} on {day}", "abnormal return of {ticker} on {day}"
MODEL, RATIO = ABNORMAL + ", {model}", f"{ABNORMAL} over its forecast error"
RECORD = f"conformal p of the {ABNORMAL}, the p-value of record"
LEAST = f"smallest {ABNORMAL} that the t-test finds with the stated power"
SHOWN = (
    Column("raw", "return", "percent1", "fraction", RETURN, ".return"),
    Column("car", "AR", "percent1", "fraction", MODEL, ".ar", "se", "low", "high", "p"),
    Column("se", "s.e.", "percent1"),
    Column("p", "p(t)", "pvalue", "p-value", f"two-sided p of the {ABNORMAL}", ".p"),
    Column("conformal_p", "p(c)", "pvalue", "p-value", RECORD, ".p_conformal"),
)
COLUMNS = (
    *SHOWN,
    Column("t", "t", "decimal1", "t statistic", RATIO, ".t"),
    Column("detectable", "MDE", "percent1", "fraction", LEAST, ".detectable"),
)


def compute(panel: Panel) -> Findings:
    """Turn the reactions of the two days into numbers, a table and a figure."""
    days, choices = reactions(panel), panel.snapshot.choices
    sample = f"the {counted(len(panel.highlights), 'highlighted day')}, every firm with an "
    source = Provenance.of(reactions, f"{sample}estimation window")
    level, model = choices.inference.level, panel.model
    key = "{highlight}.{ticker}"
    return Findings(
        numbers=numbers_of(days, COLUMNS, key, source, level=level, model=model),
        tables=[_table(panel, days, source)],
        figures=[_figure(panel, days, source)],
        verdicts=_verdicts(days, choices.inference.size, source),
    )


def reactions(panel: Panel) -> pd.DataFrame:
    """Collect the day-0 reactions of every firm and of the core portfolio.

    Returns
    -------
    DataFrame
        One row a day and asset, the portfolio first: ``highlight``, ``day`` (ISO date), ``ticker``
        (``core`` for the portfolio), ``raw``, ``car``, ``se`` (fraction), ``t``, ``df``, ``p``,
        ``conformal_p`` and its smallest attainable value ``conformal_p_min``; ``low``, ``high``
        and ``detectable`` (fraction) of the t-test.
    """
    core = fit_events(panel, equal(panel.snapshot.choices.firms.core))
    columns, frames = ["raw", "car", "se", "t", "df", "p"], []
    for name, day in panel.highlights.items():
        event = panel.events.index[panel.events["day0"] == pd.Timestamp(day)][0]
        for fitted in (core, panel.event_study):
            chosen = fitted.take((fitted.rows["id"] == event).to_numpy())
            exact = conformal(chosen, 0, 0)[["p", "p_min"]].add_prefix("conformal_")
            tickers = "core" if fitted is core else chosen.rows["ticker"]
            part = pd.concat([chosen.car(0, 0)[columns], exact], axis=1)
            frames.append(part.assign(highlight=name, day=day.isoformat(), ticker=tickers))
    days = pd.concat(frames, ignore_index=True)
    inference = panel.snapshot.choices.inference
    bound = stats.t.ppf((1 + inference.level) / 2, days["df"])
    least = minimum_detectable(days["se"], days["df"], inference.power, inference.size)
    low, high = days["car"] - bound * days["se"], days["car"] + bound * days["se"]
    return days.assign(low=low, high=high, detectable=least)


def _verdicts(days: pd.DataFrame, size: float, source: Provenance) -> list[Verdict]:
    """Say whether the core portfolio left its noise, and who reacted most on each day."""
    verdicts, rule = [], f"conformal p of the core portfolio against {size:g}"
    most = "largest absolute t of the firms"
    for name, part in days.set_index("ticker").groupby("highlight", sort=False):
        p, t = float(part["conformal_p"]["core"]), part["t"].drop("core")
        noise, largest = "within noise" if p >= size else "beyond noise", str(t.abs().idxmax())
        verdicts += [
            Verdict(f"{name}.core", noise, rule, f"p {p:.3g}", source),
            Verdict(f"{name}.largest", largest, most, f"t {t[largest]:.3g}", source),
        ]
    return verdicts


def _table(panel: Panel, days: pd.DataFrame, source: Provenance) -> Table:
    """Assets down, the columns of each day side by side under its date."""
    choices, wide = panel.snapshot.choices, days.pivot(index="ticker", columns="highlight")
    wide = wide.loc[days["ticker"].unique()]
    wide.columns = wide.columns.map(" ".join)
    columns = [
        Column(f"{c.name} {name}", f"{day.day} {day:%b} {c.header}", c.format)
        for name, day in panel.highlights.items()
        for c in SHOWN
    ]
    note = NOTE.format(model=panel.model, firms=listed(choices.firms.core))
    wide = wide.reset_index()
    return table_of("highlights", wide, [Column("ticker", "Firm"), *columns], source, note)


def _figure(panel: Panel, days: pd.DataFrame, source: Provenance) -> Figure:
    """Returns on bars round what the market's move alone predicts, the forecast interval."""
    choices = panel.snapshot.choices
    labels = {name: f"{day.day} {day:%B %Y}" for name, day in panel.highlights.items()}
    frame = days.assign(
        low=days["raw"] - days["high"],
        high=days["raw"] - days["low"],
        label=days["highlight"].map(labels),
    )
    outside = int(((frame["raw"] < frame["low"]) | (frame["raw"] > frame["high"])).sum())
    returns = " ".join(
        f"On {label}: " + ", ".join(f"{t} {signed(r, 'percent1')}" for t, r in raw.items()) + "."
        for label, raw in frame.set_index("ticker").groupby("label", sort=False)["raw"]
    )
    alt = (
        f"{len(labels)} panels of dots, one a firm, on grey bars that show the "
        f"{percent(choices.inference.level)} forecast interval. {returns} Of {len(frame)} dots "
        f"{outside} lie outside their bar."
    )
    data = {"days": frame[["label", "ticker", "raw", "low", "high"]]}
    drawn = {
        "level": choices.inference.level,
        "model": panel.model,
        "core": choices.firms.core,
    }
    return Figure("day_reactions", "day_reactions", data, alt, source, drawn)
