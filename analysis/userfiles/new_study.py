"""A study of one's own begun from files as people have them: prices, a list of events, or both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from analysis.errors import UserDataError
from analysis.snapshot import own_study
from analysis.snapshot.calendar import list_exchanges, list_sessions
from analysis.snapshot.exchange_choices import HOME
from analysis.snapshot.files import as_long
from analysis.snapshot.schema import TICKER
from analysis.userfiles.reading import Reading, read_prices
from analysis.userfiles.reading.columns import dates_of, no_date
from analysis.userfiles.reading.dates import Order
from analysis.userfiles.reading.files import open_grid
from analysis.userfiles.reading.grid import DATES, is_named, simplify

__all__ = ["read_study"]

LIKELY = (HOME, "XETR", "XLON", "XPAR", "XAMS", "XSWX", "XTSE", "XTKS", "XHKG", "XASX", "XTAL")
MARKETS = ("MKT", "MARKET", "INDEX", "SPY", "DAX", "^GSPC", "^STOXX", "URTH")
MOST_EVENTS = 100_000
FITS = 0.98  # share of the sessions of an exchange on which prices must lie to take it for theirs
_DIRECTION = ("direction", "group", "kind", "type", "category")
_HEADLINE = ("headline", "title", "event", "news", "description", "name")


class _Proposal(NamedTuple):
    """What prices say of a study: tables, firms, their market and exchange."""

    prices: pd.DataFrame
    firms: list[str]
    market: str
    exchange: str


def read_study(
    prices: Path | None, events: Path | None, exchange: str = "", reading: Reading | None = None
) -> tuple[dict[str, bytes], list[str]]:
    """Turn a user's files into those of a study: its universe, choices and events to begin with.

    Parameters
    ----------
    prices, events : Path or None
        In any layout and format that :mod:`analysis.userfiles.reading` knows; at least one.
    exchange : str
        ISO 10383 code; "" for the one on whose sessions the prices lie.
    reading : Reading, optional
        What is told of the files.

    Returns
    -------
    contents : dict of str to bytes
        By path below the folder of the study.
    said : list of str
        What was understood and proposed, a line each.

    Raises
    ------
    UserDataError
        If a file cannot be read or understood, or a name is no ticker.
    """
    contents, said = own_study.read_minimal(), list[str]()
    text = contents["study.toml"].decode("utf-8")
    sessions: pd.DatetimeIndex | None = None
    order: Order = reading.dates if reading else ""
    if prices is not None:
        table, heard, found_order = _read_prices(prices, reading)
        order = order or found_order
        found = _propose(table, exchange)
        said += [*heard, *_tell(found)]
        contents["prices.csv"] = own_study.as_table("prices.csv", as_long(table, "adjusted_close"))
        contents["universe.csv"] = own_study.as_table("universe.csv", _universe(found))
        text, sessions = _fill(text, found), pd.DatetimeIndex(table.index)
    if events is not None:
        rows, directions, line = _read_events(events, sessions, order)
        contents["events.csv"] = own_study.as_table("events.csv", rows)
        text = _with_directions(text, directions)
        said += [line, f"[directions] in study.toml: {', '.join(directions)}; correct their signs"]
    contents["study.toml"] = text.encode("utf-8")
    return contents, said


def _read_prices(path: Path, reading: Reading | None) -> tuple[pd.DataFrame, list[str], Order]:
    """Read prices by session and ticker, with what was understood and the order of their dates."""
    table = read_prices(path, reading)
    table.check([*map(str, table.frame.columns)])
    if table.kind != "prices":
        raise UserDataError(
            f"{path.name}: expected prices, found returns; give adjusted closes, of which a study "
            "shows the paths"
        )
    frame = table.frame.rename(columns=lambda name: str(name).strip().upper())
    for name in frame:
        if not re.fullmatch(TICKER, str(name)):
            raise UserDataError(
                f"{path.name}: expected a ticker as BRK-B or ^SOX above each column, found "
                f"{str(name)!r}; rename the column"
            )
    return frame.rename_axis(index="session", columns="ticker"), table.said, table.order


def _propose(table: pd.DataFrame, exchange: str) -> _Proposal:
    """Take the exchange on whose sessions the days lie, and the market among the columns."""
    if exchange and exchange not in list_exchanges():
        raise UserDataError(
            f"--exchange: expected an ISO 10383 code such as XETR, found {exchange!r}; correct it"
        )
    days = pd.DatetimeIndex(table.index)
    named = [ticker for ticker in MARKETS if ticker in table]
    together = table.pct_change(fill_method=None).corr().mean()
    market = named[0] if named else str(together.idxmax())
    firms = [str(ticker) for ticker in table if ticker != market]
    return _Proposal(table, firms, market, exchange or _find_exchange(days))


def _find_exchange(days: pd.DatetimeIndex) -> str:
    def fit(code: str) -> float:
        sessions = list_sessions(code, days[0], days[-1])
        return len(sessions.intersection(days)) / len(sessions.union(days))

    best = max(LIKELY, key=fit)
    return best if fit(best) >= FITS else HOME


def _tell(found: _Proposal) -> list[str]:
    days = pd.DatetimeIndex(found.prices.index)
    sessions = list_sessions(found.exchange, days[0], days[-1])
    strays, lacking = days.difference(sessions), sessions.difference(days)
    told = [
        f"proposed: exchange {found.exchange}, market {found.market}, firms "
        f"{', '.join(found.firms)}; correct them in study.toml"
    ]
    if len(strays):
        told.append(
            f"{len(strays)} days are no sessions of {found.exchange}, first {strays[0].date()}"
        )
    if len(lacking):
        told.append(f"{len(lacking)} sessions of {found.exchange} lack, first {lacking[0].date()}")
    return told


def _universe(found: _Proposal) -> pd.DataFrame:
    """Name every ticker; one whose prices begin later is taken to have been listed then."""
    starts = {ticker: found.prices[ticker].first_valid_index() for ticker in found.prices}
    first = found.prices.index[0]
    return pd.DataFrame(
        {
            "ticker": list(starts),
            "name": list(starts),
            "role": ["market" if t == found.market else "firm" for t in starts],
            "listed_from": [pd.NaT if day == first else day for day in starts.values()],
        }
    )


def _fill(text: str, found: _Proposal) -> str:
    """Write tickers, exchange and baskets into the choices: halves of the firms by volatility."""
    spread = found.prices[found.firms].pct_change(fill_method=None).std().sort_values()
    half = max(len(spread) // 2, 1)
    calm, lively = (
        _listed([*map(str, part)]) for part in (spread.index[:half], spread.index[half:])
    )
    last = found.prices.index[-1]
    changes = {
        "as_of = 2026-01-31 ": f"as_of = {last:%Y-%m-%d} ",
        'market = "SPY" ': f'market = "{found.market}" ',
        'core = ["AAA", "BBB"] ': f"core = {_listed(found.firms)} ",
        '# producers = ["AAA"]\n': f"calm = {calm}   # proposed: halves by volatility\n"
        + (f"lively = {lively}\n" if lively != "[]" else "")
        + '# producers = ["AAA"]\n',
        "[benchmark]\n": f"[exchanges]                 # on whose sessions the firms trade\n"
        f"{found.exchange} = {{}}\n\n[benchmark]\n",
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _read_events(
    path: Path, sessions: pd.DatetimeIndex | None, order: Order
) -> tuple[pd.DataFrame, list[str], str]:
    """Read days, directions and headlines; a day without prices goes to the next that has some."""
    grid = open_grid(path, MOST_EVENTS, text=True)
    names = [*map(str, grid.shape.heads[-1])] if grid.shape.heads else []
    at = [n for n, name in enumerate(names) if is_named(name, DATES) or simplify(name) == "day0"]
    at = at[:1] or [*grid.shape.dates[:1]]
    if not at:
        raise UserDataError(f"{path.name}: expected a column of days, found {', '.join(names)}")
    body = grid.body[grid.body.notna().any(axis=1)]
    cells, label = body.iloc[:, at[0]], names[at[0]] if names else ""
    dates = dates_of(grid, cells, label, order, late=False)
    told = pd.DatetimeIndex(dates.index)
    if told.isna().any():
        raise no_date(grid, cells, int(told.isna().argmax()), label, dates)
    body = body.reset_index(drop=True)
    day0, moved = told, 0
    if sessions is not None:
        place = sessions.searchsorted(told)
        inside = (told >= sessions[0]) & (place < len(sessions))
        body, told = body[inside].reset_index(drop=True), told[inside]
        day0 = sessions[place[inside]]
        moved = int((day0 != told).sum())
    words = _column(body, names, _DIRECTION)
    kinds = words.map(_slug) if words is not None else pd.Series(["news"] * len(body))
    heads = _column(body, names, _HEADLINE)
    rows = pd.DataFrame(
        {
            "id": [f"{d:%Y-%m}-{k.replace('_', '-')}-{n:03d}" for n, (d, k) in
                   enumerate(zip(told, kinds, strict=True), 1)],
            "announced": told, "announced_time": "unknown", "day0": day0, "direction": kinds,
            "scheduled": "no", "headline": heads if heads is not None else kinds, "scope": "sector",
            "status": "confirmatory", "confidence": "medium", "source_title": path.name,
            "source_url": "https://example.org/to-be-stated",
        }
    )  # fmt: skip
    left = len(grid.body.dropna(how="all")) - len(rows)
    line = f"{path.name}: {len(rows)} events" + (f", {moved} on the next session" if moved else "")
    return rows, [*dict.fromkeys(kinds)], line + (f", {left} outside the prices" if left else "")


def _column(body: pd.DataFrame, names: list[str], wanted: tuple[str, ...]) -> pd.Series | None:
    for word in wanted:
        for at, name in enumerate(names):
            if simplify(name) == word:
                return body.iloc[:, at].fillna("not stated").astype(str)
    return None


def _slug(text: str) -> str:
    """Write a word as names of directions are: small letters and underlines."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return plain if re.match("[a-z]", plain) else f"news_{plain}".rstrip("_")


def _with_directions(text: str, names: list[str]) -> str:
    """Put the directions of the list in the place of those of the template, the first up."""
    begin, end = text.index("[directions]"), text.index("[episodes]")
    head = text[begin:end].splitlines()[:2]
    lines = [f'{n} = {{ words = "{n.replace("_", " ")}", sign = 1 }}   # or -1' for n in names]
    return text[:begin] + "\n".join([*head, *lines, "", ""]) + text[end:]
