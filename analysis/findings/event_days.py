"""The two days on which the news items were written, against an ordinary day."""

from __future__ import annotations

import pandas as pd
from scipy import stats

from analysis.estimators.conformal import conformal
from analysis.estimators.study import EventStudy
from analysis.findings.panel import Panel
from analysis.findings.portfolios import equal
from analysis.findings.responses import fit_events
from analysis.results import Figure, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import counted, listed, percent

__all__ = ["compute", "reactions"]

NOTE = (
    "Return: close to close. AR: abnormal return of the {model}; s.e.: its forecast error. "
    "p(t): two-sided, Student t; p(c): conformal, the p-value of record. core: equal-weight "
    "portfolio of {firms} as one asset."
)
SHOWN = ("raw", "car", "se", "p", "conformal_p")
HEADS = {"raw": "return", "car": "AR", "se": "s.e.", "p": "p(t)", "conformal_p": "p(c)"}


def compute(panel: Panel) -> Findings:
    """Turn the reactions of the two days into numbers, a table and a figure."""
    days = reactions(panel)
    found = Findings(
        tables=[_table(panel, days)],
        figures=[_figure(panel, days)],
        verdicts=_verdicts(panel, days),
    )
    for _, row in days.iterrows():
        found.numbers += _numbers(panel, row)
    return found


def reactions(panel: Panel) -> pd.DataFrame:
    """Collect the day-0 reactions of every firm and of the core portfolio.

    Returns
    -------
    DataFrame
        ``highlight``, ``ticker`` (``core`` for the portfolio), ``raw``, ``car``, ``se`` (fraction),
        ``t``, ``df``, ``p``, ``conformal_p`` and its smallest attainable value
        ``conformal_p_min``; one row a day and asset, the portfolio first.
    """
    core = fit_events(panel, equal(panel.snapshot.study.firms.core))
    frames = []
    for name, day in panel.highlights.items():
        event = panel.events.index[panel.events["day0"] == pd.Timestamp(day)][0]
        for fitted, label in ((core, "core"), (panel.study, None)):
            part = _one_event(fitted, event)
            frames.append(part.assign(highlight=name, **({"ticker": label} if label else {})))
    days: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return days


def _source(panel: Panel) -> Provenance:
    days = counted(len(panel.highlights), "highlighted day")
    return Provenance(
        "analysis.findings.event_days.reactions",
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
    size, source = panel.snapshot.study.inference.size, _source(panel)
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


def _numbers(panel: Panel, row: pd.Series) -> list[Number]:
    study, source = panel.snapshot.study, _source(panel)
    key, who = f"{row['highlight']}.{row['ticker'].lower()}", row["ticker"]
    day = panel.highlights[row["highlight"]].isoformat()
    reach = float(stats.t.ppf((1 + study.inference.level) / 2, row["df"])) * row["se"]
    power = float(
        stats.t.ppf((1 + study.inference.level) / 2, row["df"])
        + stats.t.ppf(study.inference.power, row["df"])
    )
    abnormal = f"abnormal return of {who} on {day}"
    return [
        Number(
            f"{key}.return", row["raw"], "fraction", "percent1", f"return of {who} on {day}", source
        ),
        Number(
            f"{key}.ar", row["car"], "fraction", "percent1",
            f"{abnormal}, {study.estimation.said}", source, se=row["se"],
            low=row["car"] - reach, high=row["car"] + reach, level=study.inference.level,
            p=row["p"],
        ),
        Number(
            f"{key}.t", row["t"], "t statistic", "decimal1", f"{abnormal} over its forecast error",
            source,
        ),
        Number(
            f"{key}.p_conformal", row["conformal_p"], "p-value", "pvalue",
            f"conformal p of the {abnormal}, the p-value of record", source,
        ),
        Number(f"{key}.p", row["p"], "p-value", "pvalue", f"two-sided p of the {abnormal}", source),
        Number(
            f"{key}.detectable", power * row["se"], "fraction", "percent1",
            f"smallest {abnormal} that the t-test finds with the stated power", source,
        ),
    ]  # fmt: skip


def _table(panel: Panel, days: pd.DataFrame) -> Table:
    highlights, study = panel.highlights, panel.snapshot.study
    frame = pd.DataFrame({"ticker": days["ticker"].unique()})
    for name in highlights:
        part = days[days["highlight"] == name].set_index("ticker")[list(SHOWN)]
        frame = frame.join(part.add_prefix(f"{name}_"), on="ticker")
    order = [str(c) for c in frame.columns[1:]]
    heads = {
        f"{d}_{v}": f"{on.day} {on:%b} {HEADS[v]}" for d, on in highlights.items() for v in SHOWN
    }
    return Table(
        "highlights",
        frame,
        {c: "pvalue" if c.endswith("_p") else "percent1" for c in order},
        {"ticker": "Firm"} | heads,
        _source(panel),
        NOTE.format(model=study.estimation.said, firms=listed(study.firms.core)),
    )


def _figure(panel: Panel, days: pd.DataFrame) -> Figure:
    study = panel.snapshot.study
    reach = days["se"] * stats.t.ppf((1 + study.inference.level) / 2, days["df"])
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
        f"{percent(study.inference.level)} forecast interval. "
        + " ".join(sentences).replace("-", "\u2212")
        + f" Of {len(frame)} dots {outside} lie outside their bar."
    )
    columns = ["label", "ticker", "raw", "low", "high"]
    choices = {
        "level": study.inference.level,
        "model": study.estimation.said,
        "core": study.firms.core,
    }
    return Figure(
        "day_reactions", "day_reactions", {"days": frame[columns]}, alt, _source(panel), choices
    )
