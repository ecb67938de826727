"""Do headlines move these shares at all? Sizes of abnormal returns on event days, without signs.

Specified after the results on signed returns were known, on a re-reading: exploratory throughout.
By the rules by which the study decides, as to normal return and firms left out; but its blocks are
the episodes of the distance of the study, since days of one spell of high variance are no
independent witnesses of variance, whether or not their windows share a session.

The core portfolio's standardised abnormal return of day 0 is squared, and its mean over all
confirmatory event days, those of mixed episodes too, held against that of sessions without a listed
event. Decision rules:

``moves.all``
    "larger" if the one-sided p against rotated calendars lies below the size of the tests, else
    "within noise"; "not testable" below three episodes.
``moves.groups``
    "some" if the mean square of any group of days has a Holm-adjusted p below the size, else
    "none".
``moves.choices``
    "stable" if mean squares and mean absolute values, with firms left out where they have news of
    their own and with all firms kept, lie on one side of the size, else "depends on choices".
``moves.nested``
    Actors all of whose news is of one direction, so that the two cannot be told apart.
``moves.direction``
    Direction whose days have the largest ratio of mean squares, whatever its p.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.estimators.events.variance import average_sizes, compare_variance
from analysis.estimators.multiplicity import holm
from analysis.results import Dataset, Figure, Findings, Provenance, Verdict
from analysis.results.columns import Column, Interval, numbers_of, table_of
from analysis.results.formats import format_value, listed, percent, words
from analysis.snapshot.portfolios import equal
from analysis.study.directions import list_policy
from analysis.study.episodes import FEWEST
from analysis.study.families import any_adjusted
from analysis.study.panel import Panel
from analysis.study.responses import daily_scores
from analysis.study.series import other_sessions

__all__ = ["compute", "moves"]

SAMPLE = "core portfolio on day 0, confirmatory events, mixed episodes too"
MEASURES = {"square": 2, "absolute": 1}
NEWS = {"": (0, 0), ".kept": None}  # end of a key: the days that must be free of a firm's own news
ALL = "all"
TESTED = ("ratio", "low", "high", "p")
FRAME = ("row", "by", "group", "measure", "news", "days", "episodes", "others", *TESTED)
KEY = "moves.{row}.{measure}{news}"
WHAT = "mean {measure} of the standardised AR on days of {row} news over that on other days"
AGAINST = f"one-sided p against rotated calendars: {WHAT}"
NUMBERS = (
    Column("days", "", "integer", "count", f"event days of the {WHAT}", ".days"),
    Column("ratio", "", "decimal2", "ratio", WHAT, ".ratio", "", "low", "high", "p", "days"),
    Column("p", "", "pvalue", "p-value", AGAINST, ".p"),
)
COLUMNS = (
    Column("group", "Days of"),
    Column("days", "Days", "integer"),
    Column("episodes", "K", "integer"),
    Column("ratio", "Square", "decimal2"),
    Interval("{level} interval", "low", "high", "decimal2"),
    Column("p", "p", "pvalue"),
    Column("holm", "Holm", "pvalue"),
    Column("ratio absolute", "Absolute", "decimal2"),
    Column("p absolute", "p", "pvalue"),
    Column("ratio square.kept", "Kept", "decimal2"),
    Column("p square.kept", "p", "pvalue"),
)
NOTE = (
    "Exploratory. Mean square of the core portfolio's standardised abnormal return on day 0, over "
    "that of {others} sessions without a listed event; interval: bootstrap over episodes; p: "
    "one-sided, all rotations of the calendar; Holm: over the groups. Absolute: the same of "
    "absolute values; Kept: of squares, with firms kept that had news of their own. A day with "
    "news of two groups of one kind is in neither. A dash: fewer than {fewest} episodes."
)


def compute(panel: Panel) -> Findings:
    """Compare event days with other days, all of them and by group."""
    frame, level = moves(panel), panel.snapshot.choices.inference.level
    source = Provenance.later(moves, SAMPLE)
    known = frame.dropna(subset=["ratio"])
    wide = _side_by_side(frame)
    others = format_value(int(frame["others"].iloc[0]) if len(frame) else None, "integer")
    texts = {"level": percent(level), "others": others, "fewest": words(FEWEST)}
    return Findings(
        numbers=numbers_of(known, NUMBERS, KEY, source, level=level),
        tables=[table_of("moves", wide, COLUMNS, source, NOTE, **texts)],
        figures=_figure(wide, level, source),
        verdicts=_verdicts(panel, frame, source),
        datasets=[Dataset("moves", frame, source)],
    )


def _label_events(panel: Panel) -> dict[str, pd.Series]:
    """Label the events, by ``id``, in each way in which days are grouped; empty is no label."""
    events, policy = panel.events, list_policy(panel.snapshot.choices)
    hour = events["hour"].map({"known": "known", "approximate": "known", "unknown": "unknown"})
    return {
        "": pd.Series(ALL, events.index),
        "pooled": events["direction"].isin(policy).map({True: "policy", False: ""}),
        "direction": events["direction"],
        "actor": events["actor"],
        "timing": events["scheduled"].map({True: "scheduled", False: "unscheduled"}),
        "hour": hour.fillna(""),
        "session": events["session_certain"].map({"yes": "certain", "no": "open"}).fillna(""),
    }


def _days_of(panel: Panel, labels: pd.Series) -> pd.DataFrame:
    """Return the confirmatory days whose listed events all bear one label."""
    events = panel.events.assign(label=labels)
    alike = events.groupby("day0")["label"].transform("nunique") == 1
    kept = events[alike & (events["label"] != "") & (events["status"] == "confirmatory")]
    return kept.drop_duplicates("day0").set_index("day0")[["label", "episode"]].sort_index()


def moves(panel: Panel) -> pd.DataFrame:
    """Hold the sizes of moves on event days against other days and rotated calendars.

    Returns
    -------
    DataFrame
        A row a group, measure and treatment of firms' own news: ``row`` (of a key), ``by``,
        ``group``, ``measure`` (square or absolute), ``news`` (empty: a firm is left out on a day
        that its own news touches; or ``.kept``), ``days``, ``episodes``, ``others`` (sessions
        without a listed event), ``ratio`` with ``low`` and ``high``, ``p`` (one-sided) and ``holm``
        over the groups; missing below three episodes.
    """
    core = equal(panel.snapshot.choices.firms.core)
    calendars = {by: _days_of(panel, labels) for by, labels in _label_events(panel).items()}
    rows = []
    for news, clean in NEWS.items():
        scores = daily_scores(panel, core, clean=clean)
        for measure, power in MEASURES.items():
            values = average_sizes(scores, power).dropna()
            for by, calendar in calendars.items():
                known = calendar[calendar.index.isin(values.index)]
                for group, days in known.groupby("label", sort=False)["episode"]:
                    named = {"row": f"{by}.{group}".lstrip("."), "by": by, "group": group}
                    of = {"measure": measure, "news": news}
                    rows.append({**named, **of, **_compare(panel, values, days)})
    frame = pd.DataFrame(rows, columns=[*FRAME]).assign(holm=np.nan)
    groups = frame[(frame["by"] != "") & frame["p"].notna()]
    for _, part in groups.groupby(["measure", "news"]):
        frame.loc[part.index, "holm"] = holm(part["p"])
    return frame


def _compare(panel: Panel, values: pd.Series, days: pd.Series) -> dict[str, float]:
    """Compare event days with the others; below three episodes they are counted alone."""
    other, inference = other_sessions(panel), panel.snapshot.choices.inference
    counts: dict[str, float] = {
        "days": len(days),
        "episodes": days.nunique(),
        "others": int(values.index.isin(other).sum()),
    }
    if counts["episodes"] < FEWEST:
        return counts | dict.fromkeys(TESTED, np.nan)
    found = compare_variance(
        values,
        days,
        other,
        level=inference.level,
        draws=inference.draws,
        seed=inference.seed,
    )
    return counts | {name: getattr(found, name) for name in TESTED}


def _side_by_side(frame: pd.DataFrame) -> pd.DataFrame:
    """Put measures side by side, one row a group, under the words that a reader sees."""
    parts = frame.assign(of=frame["measure"] + frame["news"]).set_index("row")
    wide = parts[parts["of"] == "square"].copy()
    for of in ("absolute", "square.kept"):
        wide[[f"ratio {of}", f"p {of}"]] = parts.loc[parts["of"] == of, ["ratio", "p"]]
    heads = wide["by"].where(wide["by"].isin(["actor", "hour", "session"]), "")
    names = wide["group"].str.replace("_", " ").where(heads != "actor", wide["group"].map(_title))
    wide["group"] = (heads + ": ").where(heads != "", "") + names
    return wide.reset_index()


def _title(name: str) -> str:
    return name.replace("_", " ").title()


def _verdicts(panel: Panel, frame: pd.DataFrame, source: Provenance) -> list[Verdict]:
    size = panel.snapshot.choices.inference.size
    every = frame.loc[frame["row"] == ALL, ["measure", "news", "p"]]
    rule = f"one-sided p against rotated calendars below {size:g}"
    said = ", ".join(f"{each.measure}{each.news} {each.p:.3g}" for each in every.itertuples())
    overall, choices = "not testable", "not testable"
    if len(every) and every["p"].notna().all():
        below = every["p"] < size
        overall = "larger" if below.iloc[0] else "within noise"
        choices = "stable" if below.all() or not below.any() else "depends on choices"
    verdicts = [
        Verdict("moves.all", overall, rule, said, source),
        Verdict(
            "moves.choices", choices, f"the same side of it all four ways: {rule}", said, source
        ),
        _nested(panel, source),
        *_largest(frame, source),
    ]
    groups = frame.loc[(frame["measure"] == "square") & (frame["news"] == ""), "holm"]
    if groups.notna().any():
        verdicts.append(any_adjusted(
            panel, "moves.groups", groups, ("some", "none"),
            "Holm-adjusted p of a group below {size}", source, counted=True,
        ))  # fmt: skip
    return verdicts


def _largest(frame: pd.DataFrame, source: Provenance) -> list[Verdict]:
    """Name the direction whose days have the largest ratio of mean squares."""
    main = frame[(frame["by"] == "direction") & (frame["measure"] == "square")]
    ratios = main[main["news"] == ""].set_index("group")["ratio"].dropna()
    if ratios.empty:
        return []
    said = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    rule = "largest ratio of mean squares of a direction, whatever its p"
    return [Verdict("moves.direction", str(ratios.idxmax()), rule, said, source)]


def _nested(panel: Panel, source: Provenance) -> Verdict:
    """Name the actors whose news is all of one direction."""
    events = panel.events[panel.events["status"] == "confirmatory"]
    counts = events[events["actor"] != ""].groupby("actor")["direction"].nunique()
    names = listed(sorted(map(_title, counts.index[counts == 1]))) or "none"
    rule = "actors all of whose confirmatory news is of one direction"
    return Verdict("moves.nested", names, rule, f"{len(counts)} actors", source)


def _figure(wide: pd.DataFrame, level: float, source: Provenance) -> list[Figure]:
    shown = wide.dropna(subset=["ratio"])
    if shown.empty:
        return []
    drawn = shown[["group", "days", "ratio", "low", "high", "ratio absolute"]]
    drawn = drawn.rename(columns={"ratio absolute": "absolute"})
    ends = drawn.set_index("group")["ratio"].sort_values()
    first, least, most = drawn.iloc[0], ends.index[0], ends.index[-1]
    alt = (
        "One row for each group of event days, on a logarithmic axis: mean square of the core's "
        f"standardised abnormal return over that of other days, with {percent(level)} interval, "
        f"and the same of absolute values. {first['group'].capitalize()}: {first['ratio']:.1f} "
        f"({first['low']:.1f} to {first['high']:.1f}) and {first['absolute']:.1f}; groups from "
        f"{ends[least]:.1f} ({least}) to {ends[most]:.1f} ({most})."
    )
    return [Figure("moves", "moves", {"groups": drawn}, alt, source, {"level": level})]
