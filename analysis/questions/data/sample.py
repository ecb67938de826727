"""What the study looks at: counts and dates that the paper states, and the price paths."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from analysis.results import Figure, Findings, Provenance
from analysis.results.columns import Column, Scalar, scalar_numbers, table_of
from analysis.results.formats import escape_markup, listed
from analysis.snapshot.schema import BESIDE, SCHEMAS
from analysis.study.claim_words import name_item, quoted
from analysis.study.panel import Panel

__all__ = ["compute"]

CLAIMS = (
    Column("id", "Claim"),
    Column("kind", "Kind"),
    Column("quoted", "In the words of the item"),
    Column("estimand", "What is measured"),
)
FIRMS = (
    Column("ticker", "Ticker"),
    Column("name", "Firm"),
    Column("flagship_project", "Flagship"),
    Column("sessions", "Returns", "integer"),
    Column("volatility", "Volatility", "percent1"),
)


def compute(panel: Panel) -> Findings:
    """Count what entered and list the claims and the firms."""
    studied = list(panel.snapshot.choices.firms.studied)
    returns, customs = panel.returns[studied], panel.snapshot.customs
    firms = panel.snapshot.universe.loc[studied].assign(
        ticker=studied, sessions=returns.count(), volatility=returns.std(ddof=1)
    )
    prices = Provenance.of(compute, "all tickers and sessions")
    ledger = Provenance.of(compute, "the ledger")
    of_firms = Provenance.of(compute, "firms studied")
    of_events = Provenance.of(compute, "all events")
    of_customs = Provenance.of(compute, "all customs rows")
    derived = int((customs["status"] == "derived").sum())
    figures: dict[str, Scalar] = {
        "customs_rows": (len(customs), "customs figures"),
        "customs_derived": (derived, "derived customs figures"),
    }
    claims = pd.DataFrame([asdict(claim) for claim in panel.claims.values()])
    firms, shown = _with_measures(firms.replace("", np.nan).dropna(axis="columns", how="all"))
    tables = [table_of("firms", firms, shown, of_firms)]
    if len(claims):  # a study may make none
        claims["kind"] = claims["status"].str[0].str.upper()
        claims["quoted"] = [quoted(claim) for claim in panel.claims.values()]
        claims["estimand"] = claims["estimand"].map(escape_markup)
        tables.append(table_of("claims", claims, CLAIMS, ledger, _sources(panel)))
    return Findings(
        numbers=[
            *scalar_numbers("data", _days(panel), prices, "date", "date"),
            *scalar_numbers("data", _prices(panel), prices),
            *scalar_numbers("data", _events(panel), of_events),
            *scalar_numbers("data", figures, of_customs),
            *scalar_numbers("ledger", {"claims": (len(claims), "claims in the ledger")}, ledger),
        ],
        tables=tables,
        figures=[_price_paths(panel)],
    )


def _with_measures(firms: pd.DataFrame) -> tuple[pd.DataFrame, list[Column]]:
    """Print what a study knows of its firms besides: numbers as such, shares in percent."""
    known = {*SCHEMAS["universe.csv"].columns, *BESIDE["universe.csv"]} - {"heavy_share"}
    beside = []
    for name in (str(c) for c in firms if c not in {*known, "sessions", "volatility"}):
        numbers, head = (
            pd.to_numeric(firms[name], errors="coerce"),
            name.replace("_", " ").capitalize(),
        )
        if numbers.isna().sum() > firms[name].isna().sum():
            beside.append(Column(name, head))
            continue
        firms = firms.assign(**{name: numbers})
        share = numbers.between(0, 1)[numbers.notna()].all()
        beside.append(Column(name, head, "percent0" if share else "decimal2"))
    return firms, [*FIRMS[:-2], *beside, *FIRMS[-2:]]


def _sources(panel: Panel) -> str:
    """Name the news items that are quoted, by the letters of their claims."""
    letters: dict[str, list[str]] = {}
    for claim in panel.claims.values():
        if claim.quote:
            letters.setdefault(claim.item, []).append(claim.id.rstrip("0123456789"))
    return " ".join(
        f"{listed(list(dict.fromkeys(of)))}: {name_item(panel.snapshot.items[name])}."
        for name, of in letters.items()
    )


def _days(panel: Panel) -> dict[str, Scalar]:
    """Return the ends of the sample and the listings within it, as ISO dates."""
    choices, sessions = panel.snapshot.choices, panel.snapshot.sessions
    days: dict[str, tuple[Any, str]] = {
        "first_session": (sessions[0], "first session"),
        "last_session": (sessions[-1], "last session"),
        "as_of": (choices.as_of, "day the prices were retrieved"),
    }
    for ticker in choices.firms.core:
        name, listed = panel.snapshot.universe.loc[ticker, ["name", "listed_from"]].to_numpy()
        if listed >= sessions[0]:
            days[f"{ticker.lower()}_listed"] = (listed, f"first session of {name}")
    return {key: (f"{day:%Y-%m-%d}", what) for key, (day, what) in days.items()}


def _prices(panel: Panel) -> dict[str, Scalar]:
    sessions, tickers = panel.snapshot.prices.shape
    return {
        "sessions": (sessions, "sessions with prices", "sessions", "integer"),
        "tickers": (tickers, "tickers with prices"),
    }


def _events(panel: Panel) -> dict[str, Scalar]:
    events, mixed = panel.events, panel.events.groupby("episode")["mixed"].first()
    twice = events[events["second_direction"] != ""]
    agreeing = int((twice["second_direction"] == twice["direction"]).sum())
    of = events["status"].value_counts()
    confirmatory, selected, beside = (
        int(of.get(status, 0)) for status in ("confirmatory", "selected_on_outcome", "found_beside")
    )
    by_outcome = "events found by searching large days or beside them"
    counts: dict[str, Scalar] = {
        "events": (len(events), "policy events"),
        "episodes": (len(mixed), "episodes"),
        "episodes_mixed": (int(mixed.sum()), "episodes with events of opposite sign"),
        "confounders": (len(panel.snapshot.confounders), "confounding events"),
        "second_coded": (len(twice), "events coded a second time"),
        "second_agreeing": (agreeing, "events whose second coding agrees with the first"),
        "events_confirmatory": (confirmatory, "confirmatory events"),
        "events_beside": (beside, "events found beside a large day"),
        "events_by_outcome": (selected + beside, by_outcome),
    }
    directions = events["direction"].value_counts()
    return counts | {f"events_{d}": (int(n), f"{d} events") for d, n in directions.items()}


def _price_paths(panel: Panel) -> Figure:
    choices, prices = panel.snapshot.choices, panel.snapshot.prices
    core, steps = list(choices.firms.core), choices.steps
    start = panel.returns[core].dropna().index[0]
    levels = 100 * prices.loc[start:, core] / prices.loc[start, core]
    paths = levels.rename_axis("session").reset_index()
    days = pd.Series(panel.highlights.values(), dtype="datetime64[ns]")
    notes = panel.events.loc[panel.events.index.isin(list(steps)), ["day0"]]
    notes = notes.assign(
        number=range(1, len(notes) + 1), label=[steps[str(i)] for i in notes.index]
    )
    peak, last = (
        ", ".join(f"{firm} {value:.0f}" for firm, value in row.items())
        for row in (levels.max(), levels.iloc[-1])
    )
    alt = (
        f"Prices of the core firms from {start.date()} (= 100) on a log scale, with the events "
        f"marked below by direction and {len(notes)} policy steps numbered. "
        f"Peaks: {peak}. Last session: {last}."
    )
    source = Provenance.of(compute, "core firms")
    shown = panel.events.loc[panel.events["day0"] >= start, ["day0", "direction"]]
    data = {
        "paths": paths.melt("session", var_name="firm", value_name="level"),
        "events": shown.reset_index(drop=True),
        "highlights": pd.DataFrame({"day0": days, "label": [f"{d.day} {d:%b %Y}" for d in days]}),
        "notes": notes.reset_index(drop=True),
    }
    return Figure("price_paths", "price_paths", data, alt, source)
