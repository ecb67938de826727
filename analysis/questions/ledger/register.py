"""The forward register: what is not decided, which later data decide it, and from when.

Specified with every result known: it says nothing of the past, and fixes what later data are held
against before any of them were seen.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pandas as pd

from analysis.questions.ledger.beside import SHORT
from analysis.questions.ledger.looks import Planned, plan, take_looks, threshold
from analysis.questions.requirements import LEDGER, need_section
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.columns import Column, Scalar, numbers_of, scalar_numbers, table_of
from analysis.results.formats import escape_markup, format_value, percent, words
from analysis.snapshot.claims import Correlation, Waiting
from analysis.study.episodes import FEWEST
from analysis.study.panel import Panel

__all__ = ["compute", "planned_looks", "policy_days"]

NEEDS = (LEDGER, need_section("register"))

KEY = "register.{claim}"
OF = "for the first later look at claim {claim}"
COLUMNS = (
    Column("claim", "Claim"),
    Column("said", "Verdict"),
    Column("now", "Now"),
    Column("rate", "A year"),
    Column("needed", "First look", "text", "see table", f"episodes, months or sessions {OF}", ""),
    Column("start", "From", "text", "date", f"day or year expected {OF}", ".from"),
    Column("least", "Finds"),
)
FINDS = "effect that the first later look at claim {claim} would find"
NOTE = (
    "Claims of @tbl-ledger that are confirmatory, not decided, and can be by later data. Now: "
    "episodes (of each side), months (m) or sessions (s) to {last}; A year: as many came on "
    "average; First look: as many as the test needs to find {bound} of the price (a correlation of "
    "{correlation}, a log ratio of {ratio}) with {power} power at the threshold of that look, or "
    "twice as many as now, whichever is more, and {fewest} where no spread is known; From: the "
    "calendar of sessions for those, else the year expected at that rate; Finds: what the look "
    "would find. RS and WS: right and wrong sign, within noise. Specified after the results were "
    "known: exploratory until a look is taken."
)
CALENDAR = (
    Column("ends", "Ends", "date"),
    Column("words", "What ends"),
    Column("source", "Source"),
)
CALENDAR_NOTE = "As published by {known}, from reports of the announcements. No look goes by it."
DUE = "a claim has the episodes, months or sessions of a later look"
PLANNED = ("claim", "verdict", "said", "now", "rate", "needed", "day", "exact", "start",
           "detectable", "least", "format")  # fmt: skip
YEAR = pd.Timedelta(days=365)


def compute(panel: Panel) -> Findings:
    """Publish the register, and the looks whose day has come."""
    planned, looks = plan(panel), take_looks(panel)
    frame, choices = planned_looks(planned), panel.snapshot.choices
    source = Provenance.later(planned_looks, "confirmatory claims that are not decided")
    bounds, last = choices.register.bounds, choices.register.prices
    note = NOTE.format(
        last=format_value(last.isoformat(), "date"),
        bound=percent(bounds.car),
        correlation=format_value(bounds.correlation, "decimal1"),
        ratio=format_value(bounds.log_volatility_ratio, "decimal2"),
        power=percent(choices.inference.power),
        fewest=words(FEWEST),
    )
    return Findings(
        numbers=[
            *_counts(planned, looks, panel, source),
            *numbers_of(frame, COLUMNS, KEY, source),
            *_found(frame, source),
        ],
        tables=[
            *([table_of("register", frame, COLUMNS, source, note)] if len(frame) else []),
            *_calendar(panel),
        ],
        datasets=[
            Dataset("register", frame.drop(columns=["said", "least"]), source),
            Dataset("later_looks", looks, Provenance.later(take_looks, "looks taken")),
        ],
        verdicts=[_due(looks)],
    )


def planned_looks(planned: list[Planned]) -> pd.DataFrame:
    """Put the plan in one row a claim.

    Returns
    -------
    DataFrame
        ``claim``, ``verdict``, ``now`` and ``needed`` (of each side, joined by a plus), ``rate`` (a
        year, as now), ``day`` (expected; missing where none has come so far), ``exact`` (whether
        the calendar gives it), ``detectable`` in the unit of ``format``; ``said``, ``start`` and
        ``least`` are verdict, day and detectable effect as printed.
    """
    rows = [
        {
            "claim": p.claim.id,
            "verdict": p.verdict,
            "said": SHORT.get(p.verdict, p.verdict),
            "now": _joined(p, p.now),
            "rate": " + ".join(format_value(rate, "decimal1") for rate in p.rates) or "–",
            "needed": _joined(p, p.needed),
            "day": p.day,
            "exact": isinstance(p.claim, Waiting),
            "start": _started(p),
            "detectable": p.detectable,
            "least": format_value(p.detectable, p.outcome.format),
            "format": p.outcome.format,
        }
        for p in planned
    ]
    return pd.DataFrame(rows, columns=[*PLANNED]).astype({"detectable": float})


def policy_days(panel: Panel) -> pd.DataFrame:
    """List the days to come on which something that was agreed ends, by date.

    Returns
    -------
    DataFrame
        ``ends`` (ISO), ``words``, ``source``: a link in Markdown.
    """
    rows = [
        {
            "ends": day.ends.isoformat(),
            "words": escape_markup(day.words),
            "source": f"[{urlsplit(day.source).hostname}]({day.source})",
        }
        for day in panel.snapshot.choices.register.calendar.values()
    ]
    return pd.DataFrame(rows).sort_values("ends", kind="stable") if rows else pd.DataFrame()


def _calendar(panel: Panel) -> list[Table]:
    days, source = policy_days(panel), Provenance.later(policy_days, "register of the study")
    known = format_value(panel.snapshot.choices.register.known.isoformat(), "date")
    if days.empty:
        return []
    return [table_of("policy_calendar", days, CALENDAR, source, CALENDAR_NOTE, known=known)]


def _joined(planned: Planned, sizes: tuple[int, ...]) -> str:
    unit = {Correlation: "m", Waiting: "s"}.get(type(planned.claim), "")
    return " + ".join(map(str, sizes)) + (f" {unit}" if unit else "")


def _started(planned: Planned) -> str:
    """Write the day that the calendar gives, or the year that is expected."""
    if planned.day is None:
        return format_value(None, "text")
    if isinstance(planned.claim, Waiting):
        return format_value(planned.day.date().isoformat(), "date")
    return str(planned.day.year)


def _found(frame: pd.DataFrame, source: Provenance) -> list[Number]:
    numbers = []
    for fmt in frame["format"].unique():
        column = Column("detectable", "", fmt, "see estimand", FINDS, ".detectable")
        numbers += numbers_of(frame[frame["format"] == fmt], [column], KEY, source)
    return numbers


def _counts(
    planned: list[Planned], looks: pd.DataFrame, panel: Panel, source: Provenance
) -> list[Number]:
    """Count the entries and those expected soon; say what a first look is held against."""
    last = pd.Timestamp(panel.snapshot.choices.register.prices)
    days = [p.day for p in planned if p.day is not None]
    soon = sum(day <= last + YEAR for day in days)
    held = threshold(panel, len(planned), 1)
    cells: dict[str, Scalar] = {
        "claims": (len(planned), "claims that later data may decide", "count", "words"),
        "soon": (soon, "of these expected within a year of the last price", "count", "words"),
        "due": (len(looks), "later looks whose day has come", "count", "words"),
        "threshold": (held, "threshold of the p of a first later look", "p-value", "pvalue"),
    }
    if days:
        year = str(max(days).year)
        cells["last_year"] = (year, "year in which the last is expected", "year", "text")
    if len(ends := policy_days(panel)):
        end = "day on which something that was agreed ends"
        cells["first_end"] = (ends["ends"].iloc[0], f"first {end}", "date", "date")
        cells["last_end"] = (ends["ends"].iloc[-1], f"last {end}", "date", "date")
    return scalar_numbers("register", cells, source)


def _due(looks: pd.DataFrame) -> Verdict:
    """Say whether any look is due, and what it said."""
    said = [f"{r['claim']} look {r['look']}: {r['verdict']}" for r in looks.to_dict("records")]
    source = Provenance.later(take_looks, "claims of the register")
    due, evidence = ("some" if said else "none"), "; ".join(said) or "no look"
    return Verdict("register.due", due, DUE, evidence, source)
