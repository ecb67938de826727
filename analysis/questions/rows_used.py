"""Which rows of the data entered a number: events, firms, sessions, months.

Each rule imports the module of its question late: whoever asks for one needs no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from analysis.results.formats import as_key
from analysis.snapshot.claims import OnEvents
from analysis.snapshot.periods import name_periods
from analysis.study.panel import Panel, chained, under

__all__ = ["Rows", "rows_entered"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one file.

    Attributes
    ----------
    file : str
        ``events.csv``.
    what : str
        Tickers, spans, how many: one line.
    frame : DataFrame
        The rows themselves where they are few enough to read, else empty.
    """

    file: str
    what: str
    frame: pd.DataFrame


def rows_entered(panel: Panel, key: str) -> list[Rows]:
    """Find the rows that entered a number.

    Parameters
    ----------
    panel : Panel
        What the study was computed on.
    key : str
        A published key.

    Returns
    -------
    list of Rows
        Empty where no rule narrows the rows down: then all rows of the files read count.
    """
    first, *rest = key.split(".")
    rules: dict[str, Callable[[Panel, list[str]], list[Rows]]] = {
        "pooled": _pooled,
        "claim": _claim,
        "beta": _beta,
        "customs": _customs,
    } | dict.fromkeys(panel.highlights, lambda panel, parts: _highlight(panel, first, parts))
    return rules[first](panel, rest) if first in rules else []


def _claim(panel: Panel, parts: list[str]) -> list[Rows]:
    """Rows of the events of a claim, by the rules under which the number was found."""
    from analysis.questions.ledger.decision import list_rows

    ruled = under(panel, panel.snapshot.choices.registered) if "registered" in parts else panel
    claims = {key.lower(): claim for key, claim in ruled.claims.items()}
    claim = claims.get(parts[0]) if parts else None
    return list_rows(claim, ruled) if isinstance(claim, OnEvents) else []


def _highlight(panel: Panel, name: str, parts: list[str]) -> list[Rows]:
    day = pd.Timestamp(panel.highlights[name])
    core = list(panel.snapshot.choices.firms.core)
    firms = core if parts[0] == "core" else [parts[0].upper()]
    ids = list(panel.events.index[panel.events["day0"] == day][:1])
    return _around(panel, ids, firms)


def _pooled(panel: Panel, parts: list[str]) -> list[Rows]:
    """Rows of a mean over episodes, by the functions that computed it."""
    from analysis.questions.event_windows.by_direction import list_pooled
    from analysis.snapshot.claims import Events
    from analysis.snapshot.portfolios import equal
    from analysis.study.episodes import count_firms, pick_days, tell_firms
    from analysis.study.responses import cumulate

    kinds = list_pooled(panel.snapshot.choices)
    if len(parts) < 2 or parts[0] not in kinds:
        return []
    (directions, _), window = kinds[parts[0]], parts[1]
    firms = panel.snapshot.choices.firms.core
    bounds = panel.snapshot.choices.windows.bounds[window]
    panel = chained(panel, bounds)
    responses = cumulate(panel, equal(firms), bounds, clean="all_windows" not in parts)
    found, events = responses.at_events(panel), panel.events
    known = found.index
    days = pick_days(chained(panel, bounds), known, Events(directions=directions))
    # A day may have several headlines, of which one stands for the others.
    confirming = (events["status"] == "confirmatory") & events.index.isin(known)
    chosen = events[confirming & events["day0"].isin(days["day0"])]
    told = tell_firms(count_firms(days.join(found["members"]), firms))
    rows = _around(panel, list(chosen.index), list(firms))
    rows[0] = replace(rows[0], what=f"{rows[0].what}; episodes hold: {told}")
    if "all_windows" in parts:
        return rows
    clean = panel.clean[window]
    pairs = rows[1].frame.set_index(["id", "ticker"]).index
    return [rows[0], replace(rows[1], frame=rows[1].frame[clean.loc[pairs].to_numpy(bool)])]


def _around(panel: Panel, ids: list[str], firms: list[str]) -> list[Rows]:
    """Rows of firm-events: the events, and the sessions of their windows."""
    rows = panel.event_study.rows
    rows = rows[rows["id"].isin(ids) & rows["ticker"].isin(firms)]
    events = panel.events.loc[ids, ["day0", "direction", "episode", "headline"]]
    shown = rows[["id", "ticker", "day0", "estimation_start", "estimation_end"]]
    market = panel.snapshot.choices.benchmark.market
    tickers = ", ".join([*rows["ticker"].unique(), market])
    return [
        Rows("events.csv", f"{events['day0'].nunique()} days", _plain(events.reset_index())),
        Rows("prices.csv", f"{tickers}; a row a firm-event", _plain(shown)),
    ]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    days = {str(c): frame[c].dt.strftime("%Y-%m-%d") for c in frame.select_dtypes("datetime")}
    return frame.assign(**days)


def _beta(panel: Panel, parts: list[str]) -> list[Rows]:
    returns, choices = panel.returns, panel.snapshot.choices
    names = {as_key(ticker): ticker for ticker in returns.columns}
    firm = names.get(parts[0])
    own = firm is not None and len(parts) > 1 and parts[1] not in names
    tickers = [names[p] for p in parts[:2] if p in names]
    if own or not tickers:  # to the market: over a firm's own sessions, or the core firms together
        tickers = [*(tickers or choices.firms.core), choices.benchmark.market]
    needed = tickers if own else list(dict.fromkeys([*choices.firms.core, *tickers]))
    used = returns[needed].dropna().index
    span = f"{used[0]:%Y-%m-%d} to {used[-1]:%Y-%m-%d}"
    what = f"{', '.join(tickers)}; {len(used)} sessions with a return, {span}"
    return [Rows("prices.csv", what, pd.DataFrame())]


def _customs(panel: Panel, parts: list[str]) -> list[Rows]:
    """Pairs of months that a correlation at one lag uses."""
    from analysis.study.customs import (
        each_firm_keys,
        export_months,
        monthly_returns,
        say_every,
    )

    series = {name: series for series, name in each_firm_keys(panel.snapshot).items()}
    if parts[0] not in series or not parts[-1].startswith("lag_"):
        return []
    lag = int(parts[-1].removeprefix("lag_").replace("m", "-"))
    change = export_months(panel).xs(series[parts[0]])["change"].dropna()
    core = monthly_returns(panel)["core"].dropna()
    pairs = [month for month in change.index if month + lag in core.index]
    file, every = panel.snapshot.choices.customs.file, say_every(panel.snapshot).words["months"]
    months = ", ".join(name_periods(pd.PeriodIndex(pairs)))
    later = ", ".join(name_periods(pd.PeriodIndex([month + lag for month in pairs])))
    firms = ", ".join(panel.snapshot.choices.firms.core)
    return [
        Rows(file, f"{series[parts[0]]}, changes of {len(pairs)} {every}: {months}",
             pd.DataFrame()),
        Rows("prices.csv", f"{firms}; returns of the {every} {later}", pd.DataFrame()),
    ]  # fmt: skip
