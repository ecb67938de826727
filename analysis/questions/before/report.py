"""The years before the two news items: what was registered when, what can be seen, what came out.

Its results of events came after the registration and the detectable effects, in commits of their
own.
"""

from __future__ import annotations

import pandas as pd

from analysis.questions.before.claims_beside import report_claims
from analysis.questions.before.detectable import report_detectable
from analysis.questions.before.exploratory import report_exploratory
from analysis.questions.before.outcomes import decide_registered, report_outcomes
from analysis.questions.requirements import EARLIER
from analysis.results import Findings, Provenance
from analysis.results.columns import Column, Scalar, scalar_numbers, table_of
from analysis.snapshot.load import Snapshot
from analysis.snapshot.own_sessions import judge_firms, own_returns
from analysis.snapshot.registration import read_registration
from analysis.study.each_firm import list_episodes
from analysis.study.earlier import earlier_study
from analysis.study.panel import Panel

__all__ = ["compute", "list_firms"]

NEEDS = (EARLIER,)
FIRMS = (
    Column("ticker", "Ticker"),
    Column("name", "Firm"),
    Column("exchange", "Exchange"),
    Column("first", "First close", "date"),
    Column("last", "Last close", "date"),
    Column("returns", "Returns", "integer"),
    Column("events", "Events", "integer"),
    Column("own_news", "Own news", "integer"),
)
NOTE = (
    "Exchange: code of the exchange on whose sessions a firm is measured. Returns: known ones. "
    "Events: tested ones on which the firm can be used; own news: those of them from which it is "
    "left out. Firms below the core are read apart."
)
SEEN = (Column("what", "What was known"), Column("hence", "What follows"))


def compute(panel: Panel) -> Findings:
    """Publish registration, sample, detectable effects and results of the earlier study."""
    snapshot = earlier_study(panel.snapshot)
    findings = _registration(snapshot)
    held = decide_registered(snapshot)
    return findings.extend(
        [
            _sample(snapshot),
            report_detectable(snapshot),
            report_outcomes(snapshot, held),
            report_exploratory(snapshot, held, panel),
            report_claims(panel),
        ]
    )


def _registration(snapshot: Snapshot) -> Findings:
    """State the file that fixes the rules: its hash, its days, what had been seen before."""
    registered = read_registration(snapshot)
    source = Provenance.of(read_registration, "registration of the earlier study")
    seen = pd.DataFrame(registered.seen, columns=["what", "hence"])
    words: dict[str, Scalar] = {
        "sha256": (registered.sha256, "hash of the registration", "sha256", "text"),
        "rules": (registered.rules.isoformat(), "day of the rules", "date", "date"),
        "readings": (registered.readings.isoformat(), "day of the readings", "date", "date"),
    }
    if unseen := snapshot.choices.each_firm.unseen:
        said = "day to which nobody had looked at a response before the rules"
        words["unseen"] = (unseen.isoformat(), said, "date", "date")
    return Findings(
        numbers=scalar_numbers("before.registration", words, source),
        tables=[table_of("before_seen", seen, SEEN, source)],
    )


def _sample(snapshot: Snapshot) -> Findings:
    """Count events and episodes by direction, and list the firms."""
    choices, events = snapshot.choices, snapshot.events
    source = Provenance.of(list_firms, "firms and events of the earlier study")
    counted = Provenance.of(list_episodes, "tested events with a firm of the core")
    episodes = list_episodes(snapshot, choices.firms.core)
    one = episodes.drop_duplicates("episode")
    counts: dict[str, Scalar] = {
        "events": (len(events), "policy events"),
        "with_firm": (len(episodes), "tested events with a firm"),
        "one_firm": (int((episodes["firms"] == 1).sum()), "tested events that rest on one firm"),
        "episodes": (len(one), "episodes"),
        "episodes_mixed": (int(one["mixed"].sum()), "episodes with events of opposite sign"),
    }
    for name, direction in choices.directions.items():
        listed = int((events["direction"] == name).sum())
        counts |= {f"events_{name}": (listed, f"{name} events")} if listed else {}
        alone = int((one["alone"] & (one["direction"] == name)).sum())
        counts |= (
            {f"episodes_{name}": (alone, f"episodes of {name} alone")} if direction.tested else {}
        )
    return Findings(
        numbers=scalar_numbers("before", counts, counted),
        tables=[table_of("before_firms", list_firms(snapshot), FIRMS, source, NOTE)],
    )


def list_firms(snapshot: Snapshot) -> pd.DataFrame:
    """List the firms studied with their closes, and the events on which each can be used.

    Returns
    -------
    DataFrame
        One row a firm, the core first: ``ticker``, ``name``, ``exchange``, ``first`` and ``last``
        (closes), ``returns``, ``events``, ``own_news``.
    """
    choices = snapshot.choices
    tested = [name for name, direction in choices.directions.items() if direction.tested]
    ids = snapshot.events.loc[snapshot.events["direction"].isin(tested), "id"]
    judged = judge_firms(snapshot)
    judged = judged[judged["event"].isin(ids) & (judged["reason"] == "")]
    rows = []
    for code, returns in own_returns(snapshot).items():
        for firm in returns.columns.intersection(list(choices.firms.studied)):
            closes, own = snapshot.prices[firm].dropna(), judged[judged["ticker"] == firm]
            rows.append(
                {
                    "ticker": firm,
                    "name": snapshot.universe.loc[firm, "name"],
                    "exchange": code,
                    "first": closes.index[0].date().isoformat(),
                    "last": closes.index[-1].date().isoformat(),
                    "returns": int(returns[firm].notna().sum()),
                    "events": len(own),
                    "own_news": int(own["left_out"].sum()),
                }
            )
    return pd.DataFrame(rows).set_index("ticker", drop=False).loc[[*choices.firms.studied]]
