"""The window by the hour of the news: day 0 alone where it is certain which session priced it.

The primary window takes the next session as well, since the hour of many headlines is unknown.
Where the first session that could price the news is certain, that session adds noise alone. The
reading was specified after the results of the primary window were known: it stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.questions.event_windows.by_direction import list_pooled
from analysis.questions.requirements import Need
from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import Column, Interval, numbers_of, scalar_numbers, table_of
from analysis.results.formats import brackets, percent
from analysis.snapshot.claims import Difference, Events, Mean
from analysis.snapshot.portfolios import equal, parse_portfolio
from analysis.study.claim_kinds import factors_of
from analysis.study.episodes import averaged, chosen_days
from analysis.study.outcomes import compare_episodes
from analysis.study.panel import Panel, chained
from analysis.study.responses import Responses, cumulate

__all__ = ["by_hour", "compare_windows", "compute", "mark_certain"]

NEEDS = (
    Need(
        "an event with session_certain = yes in events.csv",
        lambda snapshot: bool((snapshot.events["session_certain"] == "yes").any()),
    ),
)

DAY0 = (0, 0)
OF = "{what}, {window}"
COLUMNS = (
    Column("what", "News or claim"),
    Column("days", "Days", "integer", "days", f"days of {OF}", ".days"),
    Column("certain", "Certain", "integer", "days", f"certain days of {OF}", ".certain"),
    Column("sample_primary", "K"),
    Column("effect_primary", "{primary}", "percent1"),
    Interval("{level} interval", "low_primary", "high_primary", "percent1", "interval_primary"),
    Column("p_primary", "p", "pvalue"),
    Column("sample", "K"),
    Column("effect", "By hour", "percent1", "fraction", OF, "", "", "low", "high", "p", "days"),
    Interval("{level} interval", "low", "high", "percent1"),
    Column("p", "p", "pvalue", "p-value", f"p of {OF}", ".p"),
)
NOTE = (
    "By hour: CAR of day 0 alone on days on which it is certain which session could first price "
    "every headline, else {primary}; beside it {primary} for all. Certain: such days among those "
    "that enter. Firms are clean over the window used; episodes are those of the primary window. "
    "p: t across episodes, unadjusted. policy, all: signed. Specified after the results of the "
    "primary window were known: exploratory."
)
RULE = "p below {size:g} with the primary window and with that by hour, every kind and claim"


def compute(panel: Panel) -> Findings:
    """Compare the primary window with that by the hour of the news."""
    frame, choices = compare_windows(panel), panel.snapshot.choices
    level, size = choices.inference.level, choices.inference.size
    source = Provenance.later(compare_windows, "confirmatory events, clean windows")
    texts = {"level": percent(level), "primary": brackets(choices.windows.primary_bounds)}
    keyed = frame.assign(window="window by hour")
    tested = frame.dropna(subset=["p", "p_primary"])
    changed = tested.loc[(tested["p"] < size) != (tested["p_primary"] < size), "what"]
    certain = int((panel.events["session_certain"] == "yes").sum())
    counts = {
        "certain": (certain, "events of which it is certain which session could first price them"),
        "rows": (len(tested), "kinds and claims with a test by both windows"),
        "below_5": (int((tested["p"] < size).sum()), f"of these with p below {size:g} by hour"),
    }
    return Findings(
        numbers=[
            *numbers_of(keyed, COLUMNS, "hours.{key}", source, level=level),
            *scalar_numbers("hours", counts, source),
        ],
        tables=[table_of("hours", frame, COLUMNS, source, NOTE, **texts)],
        verdicts=[
            Verdict(
                "hours.windows",
                "changed" if len(changed) else "unchanged",
                RULE.format(size=size),
                ", ".join(changed) or "none",
                source,
            )
        ],
    )


def mark_certain(panel: Panel) -> pd.Series:
    """Mark the events on whose day 0 the session of every listed event is certain, by ``id``."""
    certain = panel.events["session_certain"] == "yes"
    return certain.groupby(panel.events["day0"]).transform("all")


def by_hour(panel: Panel, primary: Responses, day0: Responses) -> pd.DataFrame:
    """Look up every event in the window that its hour asks for.

    Parameters
    ----------
    panel : Panel
    primary, day0 : Responses
        Over the primary window and over day 0 alone.

    Returns
    -------
    DataFrame
        Indexed by event ``id``: see :meth:`Responses.at_events`, and ``certain``.
    """
    certain = mark_certain(panel)
    frames = [
        found[certain[found.index] == which].assign(certain=which)
        for which, found in ((True, day0.at_events(panel)), (False, primary.at_events(panel)))
    ]
    joined = pd.concat(frames)
    return joined.reindex(panel.events.index.intersection(joined.index))


def compare_windows(panel: Panel) -> pd.DataFrame:
    """Test every pooled kind of news and every claim on the primary window by both windows.

    Returns
    -------
    DataFrame
        ``what``, ``key``, ``days``, ``certain`` (days that enter by hour, and those with a certain
        session), and by either window ``sample`` (episodes), ``effect``, ``low``, ``high``
        (fraction), ``p``; those of the primary window end in ``_primary``. NaN below three
        episodes.
    """
    rows = []
    of = chained(panel, panel.snapshot.choices.windows.primary_bounds)
    for what, sides, (primary, day0) in _asked(panel):
        looked_up = primary.at_events(panel), by_hour(panel, primary, day0)
        outcomes, entered = [], pd.DataFrame()
        for found in looked_up:
            days = [chosen_days(of, found, events) for events in sides]
            outcomes.append(compare_episodes(panel, *map(averaged, days)))
            entered = pd.concat(days)
        before = {f"{name}_primary": cell for name, cell in outcomes[0].cells.items()}
        counts = {"days": len(entered), "certain": int(entered["certain"].sum())}
        rows.append({"what": what, "key": what} | counts | before | outcomes[1].cells)
    values = [f"{name}{end}" for name in ("effect", "low", "high", "p") for end in ("", "_primary")]
    return pd.DataFrame(rows).astype(dict.fromkeys(values, float))


def _asked(
    panel: Panel,
) -> Iterator[tuple[str, tuple[Events, ...], tuple[Responses, Responses]]]:
    """Yield what is tested: its name, the events of each side, responses by both windows."""
    choices = panel.snapshot.choices
    primary = choices.windows.primary_bounds
    core = equal(choices.firms.core)
    responses = cumulate(panel, core, primary), cumulate(panel, core, DAY0)
    for kind, (directions, signed) in list_pooled(choices).items():
        yield kind, (Events(directions=tuple(directions), signed=signed),), responses
    for claim in panel.claims.values():
        if not isinstance(claim, (Mean, Difference)) or claim.window not in (None, primary):
            continue
        if isinstance(claim, Mean) and claim.response != "car":
            continue
        portfolio, factors = parse_portfolio(claim.of, panel.snapshot), factors_of(claim, panel)
        both = tuple(
            cumulate(panel, portfolio, window, clean=claim.clean or True, factors=factors)
            for window in (primary, DAY0)
        )
        yield claim.id, tuple(claim.sides.values()), (both[0], both[1])
