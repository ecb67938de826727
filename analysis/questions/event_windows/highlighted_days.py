"""The two days on which the news items were written, against an ordinary day."""

from __future__ import annotations

import pandas as pd
from scipy import stats

from analysis.estimators.events.conformal import conformal
from analysis.estimators.events.event_study import EventStudy
from analysis.results import Figure, Findings, Number, Provenance, Table, Verdict
from analysis.results.columns import Column, numbers_of, table_of
from analysis.results.formats import counted, listed, percent
from analysis.snapshot.portfolios import equal
from analysis.study.panel import Panel
from analysis.study.responses import fit_events

__all__ = ["compute", "reactions"]

NOTE = (
    "Return: close to close. AR: abnormal return of the {model}; s.e.: its forecast error. "
    "p(t): two-sided, Student t; p(c): conformal, the p-value of record. core: equal-weight "
    "portfolio of {firms} as one asset."
)
ABNORMAL = "abnormal return of {ticker} on {day}"
SHOWN = (
    Column("raw", "return", "percent1", "fraction", "return of {ticker} on {day}", ".return"),
    Column(
        "car", "AR", "percent1", "fraction", ABNORMAL + ", {model}", ".ar",
        se="se", low="low", high="high", p="p",
    ),
    Column("se", "s.e.", "percent1"),
    Column("p", "p(t)", "pvalue", "p-value", f"two-sided p of the {ABNORMAL}", ".p"),
    Column(
        "conformal_p", "p(c)", "pvalue", "p-value",
        f"conformal p of the {ABNORMAL}, the p-value of record", ".p_conformal",
    ),
)  # fmt: skip
COLUMNS = (
    *SHOWN,
    Column("t", "t", "decimal1", "t statistic", f"{ABNORMAL} over its forecast error", ".t"),
    Column(
        "detectable", "MDE", "percent1", "fraction",
        f"smallest {ABNORMAL} that the t-test finds with the stated power", ".detectable",
    ),
)  # fmt: skip


def compute(panel: Panel) -> Findings:
    """Turn the reactions of the two days into numbers, a table and a figure."""
    days = reactions(panel)
    return Findings(
        numbers=_numbers(panel, days),
        tables=[_table(panel, days)],
        figures=[_figure(panel, days)],
        verdicts=_verdicts(panel, days),
    )


def reactions(panel: Panel) -> pd.DataFrame:
    """Collect the day-0 reactions of every firm and of the core portfolio.

    Returns
    -------
    DataFrame
        ``highlight``, ``ticker`` (``core`` for the portfolio), ``raw``, ``car``, ``se`` (fraction),
        ``t``, ``df``, ``p``, ``conformal_p`` and its smallest attainable value
        ``conformal_p_min``; one row a day and asset, the portfolio first.
    """
    core = fit_events(panel, equal(panel.snapshot.choices.firms.core))
    frames = []
    for name, day in panel.highlights.items():
        event = panel.events.index[panel.events["day0"] == pd.Timestamp(day)][0]
        for fitted, label in ((core, "core"), (panel.event_study, None)):
            part = _one_event(fitted, event)
            frames.append(part.assign(highlight=name, **({"ticker": label} if label else {})))
    days: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return days


def _source(panel: Panel) -> Provenance:
    days = counted(len(panel.highlights), "highlighted day")
    return Provenance(
        "analysis.questions.event_windows.highlighted_days.reactions",
        ("prices.csv", "events.csv", "universe.csv", "study.toml"),
        f"the {days}, every firm with an estimation window",
    )


def _one_event(fitted: EventStudy, event: str) -> pd.DataFrame:
    """Day-0 reactions to one event, with the conformal p beside that of the t-test."""
    chosen = fitted.take((fitted.rows["id"] == event).to_numpy())
    exact = conformal(chosen, 0, 0)[["p", "p_min"]].add_prefix("conformal_")
    columns = ["raw", "car", "se", "t", "df", "p"]
    return pd.concat([chosen.rows["ticker"], chosen.car(0, 0)[columns], exact], axis=1)


def _verdicts(panel: Panel, days: pd.DataFrame) -> list[Verdict]:
    """Say whether the core portfolio left its noise, and who reacted most on each day."""
    size, source = panel.snapshot.choices.inference.size, _source(panel)
    verdicts = []
    for name, part in days.groupby("highlight", sort=False):
        core = part[part["ticker"] == "core"].iloc[0]
        firms = part[part["ticker"] != "core"]
        largest = firms.iloc[int(firms["t"].abs().argmax())]
        noise = "within noise" if core["conformal_p"] >= size else "beyond noise"
        verdicts += [
            Verdict(f"{name}.core", noise, f"conformal p of the core portfolio against {size:g}",
                    f"p {core['conformal_p']:.3g}", source),
            Verdict(f"{name}.largest", str(largest["ticker"]), "largest absolute t of the firms",
                    f"t {largest['t']:.3g}", source),
        ]  # fmt: skip
    return verdicts


def _numbers(panel: Panel, days: pd.DataFrame) -> list[Number]:
    choices = panel.snapshot.choices
    bound = stats.t.ppf((1 + choices.inference.level) / 2, days["df"])
    detectable = (bound + stats.t.ppf(choices.inference.power, days["df"])) * days["se"]
    keyed = days.assign(
        day=days["highlight"].map({n: d.isoformat() for n, d in panel.highlights.items()}),
        low=days["car"] - bound * days["se"],
        high=days["car"] + bound * days["se"],
        detectable=detectable,
    )
    return numbers_of(
        keyed,
        COLUMNS,
        "{highlight}.{ticker}",
        _source(panel),
        level=choices.inference.level,
        model=choices.estimation.said,
    )


def _table(panel: Panel, days: pd.DataFrame) -> Table:
    choices = panel.snapshot.choices
    heads = {name: f"{day.day} {day:%b}" for name, day in panel.highlights.items()}
    frame = pd.DataFrame({"ticker": days["ticker"].unique()})
    columns = [Column("ticker", "Firm")]
    for name, head in heads.items():
        part = days[days["highlight"] == name].set_index("ticker")[[c.name for c in SHOWN]]
        frame = frame.join(part.add_prefix(f"{name}_"), on="ticker")
        columns += [Column(f"{name}_{c.name}", f"{head} {c.header}", c.format) for c in SHOWN]
    return table_of(
        "highlights",
        frame,
        columns,
        _source(panel),
        NOTE.format(model=choices.estimation.said, firms=listed(choices.firms.core)),
    )


def _figure(panel: Panel, days: pd.DataFrame) -> Figure:
    choices = panel.snapshot.choices
    reach = days["se"] * stats.t.ppf((1 + choices.inference.level) / 2, days["df"])
    expected = days["raw"] - days["car"]  # what the market's move alone predicts
    labels = {name: f"{day.day} {day:%B %Y}" for name, day in panel.highlights.items()}
    frame = days.assign(
        low=expected - reach, high=expected + reach, label=days["highlight"].map(labels)
    )
    outside = int(((frame["raw"] < frame["low"]) | (frame["raw"] > frame["high"])).sum())
    sentences = [
        f"On {label}: "
        + ", ".join(f"{t} {r:+.1%}" for t, r in zip(part["ticker"], part["raw"], strict=True))
        + "."
        for label, part in frame.groupby("label", sort=False)
    ]
    alt = (
        f"{len(labels)} panels of dots, one a firm, on grey bars that show the "
        f"{percent(choices.inference.level)} forecast interval. "
        + " ".join(sentences).replace("-", "\u2212")
        + f" Of {len(frame)} dots {outside} lie outside their bar."
    )
    columns = ["label", "ticker", "raw", "low", "high"]
    drawn = {
        "level": choices.inference.level,
        "model": choices.estimation.said,
        "core": choices.firms.core,
    }
    return Figure(
        "day_reactions", "day_reactions", {"days": frame[columns]}, alt, _source(panel), drawn
    )
