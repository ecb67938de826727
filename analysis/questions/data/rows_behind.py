"""The first rows of the data behind numbers and claims, for whoever points at one on the page.

All rows of one number are what ``explain`` lists; here stand the first ten, as printed, for every
claim on events, the means by direction, the highlighted days, the betas and the customs series.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from analysis.questions.event_windows.by_direction import list_pooled
from analysis.results import Dataset, Findings, Format, Provenance
from analysis.results.formats import brackets, format_value
from analysis.snapshot.claims import Events, Facts, OnEvents
from analysis.snapshot.load import Snapshot
from analysis.snapshot.periods import name_periods
from analysis.snapshot.portfolios import equal, parse_portfolio
from analysis.study.claim_facts import day_named
from analysis.study.claim_kinds import list_events
from analysis.study.customs import each_firm_keys, export_months, say_every
from analysis.study.episodes import pick_days
from analysis.study.panel import Panel, chained
from analysis.study.responses import SERIES as ONE_SERIES
from analysis.study.responses import cumulate

__all__ = ["compute"]

SHOWN = 10  # rows of each
SAMPLE = "first rows of each, in time"
Behind = tuple[str, str, pd.DataFrame]


def compute(panel: Panel) -> Findings:
    """Collect the rows."""
    source = Provenance.of(list_behind, SAMPLE)
    return Findings(datasets=[Dataset("rows_behind", list_behind(panel), source)])


def list_behind(panel: Panel) -> pd.DataFrame:
    """List the first rows behind each group of numbers.

    Returns
    -------
    DataFrame
        ``key`` (what the keys of the numbers begin with), ``what`` (the value), ``count`` (of all
        rows), ``place`` (from 1), ``date`` (ISO day or month), ``tickers``, ``value`` (as printed).
        In place 0 the files and how many rows they have.
    """
    rules = (_claims, _facts, _pooled, _highlights, _betas, _customs)
    frames = [
        rows.sort_values("date", kind="stable")
        .head(SHOWN)
        .assign(key=key, what=what, count=len(rows), place=range(1, min(len(rows), SHOWN) + 1))
        for rule in rules
        for key, what, rows in rule(panel)
        if len(rows)
    ]
    columns = ["key", "what", "count", "place", "date", "tickers", "value"]
    whole = pd.DataFrame(_files(panel.snapshot), columns=["key", "count"]).assign(place=0)
    return pd.concat([*frames, whole], ignore_index=True)[columns].fillna("")


def _files(snapshot: Snapshot) -> list[tuple[str, int]]:
    """Count the rows of each file."""
    names = ("events", "prices", "confounders", "customs", "universe")
    figures = snapshot.choices.customs.file
    files = {name: figures if name == "customs" else f"{name}.csv" for name in names}
    return [(file, len(getattr(snapshot, name))) for name, file in files.items()]


def _rows(dates: object, tickers: object, values: Iterable[float], fmt: Format) -> pd.DataFrame:
    """Print rows: days as ISO, values as the paper does."""
    printed = [format_value(float(value), fmt) for value in values]
    frame = pd.DataFrame({"date": dates, "tickers": tickers, "value": printed})
    if pd.api.types.is_datetime64_any_dtype(frame["date"]):
        frame["date"] = frame["date"].dt.strftime("%Y-%m-%d")
    return frame.astype("str")


def _claims(panel: Panel) -> Iterator[Behind]:
    """Yield the days of the events that decide a claim, as its test takes them."""
    for key, claim in panel.claims.items():
        if not isinstance(claim, OnEvents):
            continue
        days = list_events(claim, panel)
        days = days[days["left_out"] == ""]
        members = ",".join(parse_portfolio(claim.of, panel.snapshot).members)
        held = days["firms"].replace(ONE_SERIES, members).str.replace(",", ", ")
        response = getattr(claim, "response", "car")
        window = brackets(claim.window or panel.snapshot.choices.windows.primary_bounds)
        what = {"trade": "net return", "log_volatility_ratio": "log ratio of volatilities"}.get(
            response, f"CAR {window}" if response == "car" else "mean square"
        )
        fmt: Format = "percent1" if response in ("car", "trade") else "decimal2"
        yield f"claim.{key.lower()}", what, _rows(days["day0"], held, days["value"], fmt)


def _facts(panel: Panel) -> Iterator[Behind]:
    """Yield the returns of the day that a claim compares."""
    for key, claim in panel.claims.items():
        if not isinstance(claim, Facts) or not claim.facts[0].of or not claim.facts[0].day:
            continue
        day = day_named(claim.facts[0].day, panel)
        tickers = list(parse_portfolio(claim.facts[0].of, panel.snapshot).members)
        rows = _rows(day, tickers, panel.returns.loc[day, tickers].to_numpy(), "percent1")
        yield f"claim.{key.lower()}", "return of the day", rows


def _pooled(panel: Panel) -> Iterator[Behind]:
    """Yield the days that a mean over episodes averages, over the primary window."""
    choices = panel.snapshot.choices
    name, bounds = choices.windows.primary, choices.windows.primary_bounds
    responses = cumulate(panel, equal(choices.firms.core), bounds)
    coded = chained(panel, bounds)
    found = responses.at_events(coded)
    for kind, (directions, signed) in list_pooled(choices).items():
        asked = Events(directions=tuple(directions), signed=bool(signed))
        days = pick_days(coded, found.index, asked).join(found[["car", "members"]])
        held, values = days["members"].str.replace(",", ", "), days["car"] * days["sign"]
        rows = _rows(days["day0"], held, values, "percent1")
        yield f"pooled.{kind}.{name}", f"CAR {brackets(bounds)} of the core", rows


def _highlights(panel: Panel) -> Iterator[Behind]:
    """Yield the return of each firm on a highlighted day."""
    firms = panel.snapshot.choices.firms
    for name, day in panel.highlights.items():
        returns = panel.returns.loc[pd.Timestamp(day)]
        groups = {f".{ticker.lower()}": [ticker] for ticker in firms.studied}
        for suffix, tickers in {**groups, ".core": list(firms.core), "": list(firms.core)}.items():
            rows = _rows(pd.Timestamp(day), tickers, returns[tickers].to_numpy(), "percent1")
            yield f"{name}{suffix}", "return of the day", rows


def _betas(panel: Panel) -> Iterator[Behind]:
    """Yield the sessions on which a firm is held against the market."""
    choices = panel.snapshot.choices
    market = choices.benchmark.market
    for ticker in choices.firms.core:
        both = panel.returns[[ticker, market]].dropna()
        rows = _rows(pd.Series(both.index), f"{ticker}; {market}", both[ticker], "percent1")
        second = [format_value(float(value), "percent1") for value in both[market]]
        rows["value"] = [f"{one}; {two}" for one, two in zip(rows["value"], second, strict=True)]
        yield f"beta.{ticker.lower()}", "return of the session", rows


def _customs(panel: Panel) -> Iterator[Behind]:
    """Yield the months of a customs series with a change against the month before."""
    if not {*each_firm_keys(panel.snapshot)} & {*panel.snapshot.customs["series"]}:
        return
    months = export_months(panel)
    for series, name in each_firm_keys(panel.snapshot).items():
        if series in months.index.get_level_values(0):
            change = months.xs(series)["change"].dropna()
            dates = name_periods(pd.PeriodIndex(change.index))
            rows = _rows(dates, series.replace("_", " "), change, "percent1")
            yield f"customs.{name}", f"log change on the {say_every(panel.snapshot).noun}", rows
