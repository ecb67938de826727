"""What the study looks at: counts, dates and choices that the paper states, and the price paths."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from analysis.results import Figure, Findings, Format, Number, Provenance, Table
from analysis.results.formats import escape_markup
from analysis.study.panel import Panel

__all__ = ["compute"]

HERE = "analysis.questions.data.sample"
PRICES = ("prices.csv", "universe.csv", "study.toml")
EVENTS = ("events.csv", "confounders.csv", "study.toml")


def compute(panel: Panel) -> Findings:
    """Count what entered and list the choices of the study."""
    numbers = [*_choices(panel), *_prices(panel), *_events(panel), *_customs(panel)]
    claims = _claims(panel)
    source = Provenance(f"{HERE}.compute", ("claims.toml",), "the ledger")
    numbers.append(
        Number("ledger.claims", len(claims), "count", "integer", "claims in the ledger", source)
    )
    listed = [] if claims.empty else [_claim_table(claims)]
    return Findings(numbers=numbers, tables=[*listed, _firms(panel)], figures=[_price_paths(panel)])


def _choices(panel: Panel) -> list[Number]:
    choices = panel.snapshot.choices
    source = Provenance(f"{HERE}.compute", ("study.toml",), "choices of the study")
    rows: list[tuple[str, float, str, Format, str]] = [
        (
            "estimation_length",
            choices.estimation.length,
            "sessions",
            "integer",
            "estimation window",
        ),
        ("estimation_gap", choices.estimation.gap, "sessions", "integer", "gap before day 0"),
        ("estimation_minimum", choices.estimation.minimum, "sessions", "integer", "fewest returns"),
        ("episode_distance", choices.episodes.distance, "sessions", "integer", "episode distance"),
        ("level", choices.inference.level, "fraction", "percent0", "coverage of intervals"),
        ("power", choices.inference.power, "fraction", "percent0", "power of detectable effects"),
        (
            "reference",
            choices.inference.reference,
            "fraction",
            "percent0",
            "CAR at which power is given",
        ),
        ("draws", choices.inference.draws, "count", "integer", "resampling draws"),
        ("hac_lags", choices.beta.hac_lags, "sessions", "integer", "lags of HAC errors"),
        ("rolling", choices.beta.rolling, "sessions", "integer", "rolling window"),
        ("block", choices.customs.block, "months", "integer", "block of the bootstrap"),
        (
            "derived_band",
            choices.customs.derived_band,
            "fraction",
            "percent0",
            "widest derived band",
        ),
    ]
    return [Number(f"study.{key}", v, unit, fmt, what, source) for key, v, unit, fmt, what in rows]


def _prices(panel: Panel) -> list[Number]:
    prices, universe = panel.snapshot.prices, panel.snapshot.universe
    source = Provenance(f"{HERE}.compute", PRICES, "all tickers and sessions")
    days = {
        "first_session": (prices.index[0], "first session"),
        "last_session": (prices.index[-1], "last session"),
        "as_of": (pd.Timestamp(panel.snapshot.choices.as_of), "day the prices were retrieved"),
    }
    for ticker in panel.snapshot.choices.firms.core:
        name, listed = universe.loc[ticker, ["name", "listed_from"]]
        if listed >= prices.index[0]:
            days[f"{ticker.lower()}_listed"] = (listed, f"first session of {name}")
    dated = [
        Number(f"data.{key}", day.date().isoformat(), "date", "date", what, source)
        for key, (day, what) in days.items()
    ]
    counts = [
        Number("data.sessions", len(prices), "sessions", "integer", "sessions with prices", source),
        Number("data.tickers", prices.shape[1], "count", "integer", "tickers with prices", source),
    ]
    return dated + counts


def _events(panel: Panel) -> list[Number]:
    events = panel.events
    source = Provenance(f"{HERE}.compute", EVENTS, "all events")
    episodes = events.groupby("episode")["mixed"].first()
    twice = events[events["second_direction"] != ""]
    counts = {
        "events": (len(events), "policy events"),
        "episodes": (len(episodes), "episodes"),
        "episodes_mixed": (int(episodes.sum()), "episodes with events of opposite sign"),
        "confounders": (len(panel.snapshot.confounders), "confounding events"),
        "second_coded": (len(twice), "events coded a second time"),
        "second_agreeing": (
            int((twice["second_direction"] == twice["direction"]).sum()),
            "events whose second coding agrees with the first",
        ),
        "events_confirmatory": (
            int((events["status"] == "confirmatory").sum()),
            "confirmatory events",
        ),
        "events_beside": (
            int((events["status"] == "found_beside").sum()),
            "events found beside a large day",
        ),
        "events_by_outcome": (
            int(events["status"].isin(["selected_on_outcome", "found_beside"]).sum()),
            "events found by searching large days or beside them",
        ),
    } | {
        f"events_{direction}": (int(count), f"{direction} events")
        for direction, count in events["direction"].value_counts().items()
    }
    return [
        Number(f"data.{key}", value, "count", "integer", what, source)
        for key, (value, what) in counts.items()
    ]


def _customs(panel: Panel) -> list[Number]:
    customs = panel.snapshot.customs
    source = Provenance(f"{HERE}.compute", ("customs.csv",), "all customs rows")
    derived = int((customs["status"] == "derived").sum())
    return [
        Number("data.customs_rows", len(customs), "count", "integer", "customs figures", source),
        Number(
            "data.customs_derived", derived, "count", "integer", "derived customs figures", source
        ),
    ]


def _claims(panel: Panel) -> pd.DataFrame:
    """Read the claims of the study, one row each; a study may make none."""
    return pd.DataFrame([asdict(claim) for claim in panel.snapshot.claims.values()])


def _claim_table(claims: pd.DataFrame) -> Table:
    """List the claims as the ledger words them."""
    frame = claims[["id", "status", "statement", "estimand"]].map(escape_markup)
    frame["status"] = frame["status"].str[0].str.upper()
    return Table(
        "claims",
        frame,
        {},
        {"id": "Claim", "status": "Kind", "statement": "Statement", "estimand": "What is measured"},
        Provenance(f"{HERE}.compute", ("claims.toml",), "the ledger"),
    )


def _firms(panel: Panel) -> Table:
    universe, returns = panel.snapshot.universe, panel.returns
    firms = list(panel.snapshot.choices.firms.studied)
    rows = universe.loc[firms]
    frame = pd.DataFrame(
        {
            "ticker": firms,
            "name": rows["name"].to_numpy(),
            "project": rows["flagship_project"].to_numpy(),
            "heavy_share": rows["heavy_share"].to_numpy(),
            "sessions": returns[firms].count().to_numpy(),
            "volatility": returns[firms].std(ddof=1).to_numpy(),
        }
    )
    return Table(
        "firms",
        frame,
        {"heavy_share": "percent0", "sessions": "integer", "volatility": "percent1"},
        {
            "ticker": "Ticker",
            "name": "Firm",
            "project": "Flagship",
            "heavy_share": "Heavy share",
            "sessions": "Returns",
            "volatility": "Volatility",
        },
        Provenance(f"{HERE}.compute", PRICES, "firms studied"),
    )


def _price_paths(panel: Panel) -> Figure:
    choices, prices = panel.snapshot.choices, panel.snapshot.prices
    start = panel.returns[list(choices.firms.core)].dropna().index[0]
    levels = prices.loc[start:, list(choices.firms.core)]
    levels = 100 * levels / levels.iloc[0]
    paths = levels.rename_axis("session").reset_index()
    paths = paths.melt("session", var_name="firm", value_name="level")
    marks = pd.DataFrame(
        {
            "day0": [pd.Timestamp(d) for d in panel.highlights.values()],
            "label": [f"{d.day} {d:%b %Y}" for d in panel.highlights.values()],
        }
    )
    notes = panel.events.loc[panel.events.index.isin(list(choices.steps)), ["day0"]]
    labels = [choices.steps[str(i)] for i in notes.index]
    notes = notes.assign(number=range(1, len(notes) + 1), label=labels)
    last = ", ".join(f"{firm} {value:.0f}" for firm, value in levels.iloc[-1].items())
    peak = ", ".join(f"{firm} {value:.0f}" for firm, value in levels.max().items())
    alt = (
        f"Prices of the core firms from {start.date()} (= 100) on a log scale, with the events "
        f"marked below by direction and {len(notes)} policy steps numbered. "
        f"Peaks: {peak}. Last session: {last}."
    )
    source = Provenance(f"{HERE}.compute", (*PRICES, "events.csv"), "core firms")
    shown = panel.events.loc[panel.events["day0"] >= start, ["day0", "direction"]]
    data = {
        "paths": paths,
        "events": shown.reset_index(drop=True),
        "highlights": marks,
        "notes": notes.reset_index(drop=True),
    }
    return Figure("price_paths", "price_paths", data, alt, source)
