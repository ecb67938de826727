"""The small invented data of a new study: prices, events and a monthly series, all from one seed.

Nothing in them was ever observed. Strikes sink and settlements lift the ferry lines, more the more
freight they carry; the railway feels nothing; berths in use run ahead of the lines' returns by a
month. So the paper that `init` writes has something to find, and something to find nothing of.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.snapshot.calendar import list_sessions
from analysis.snapshot.exchange_choices import HOME
from analysis.snapshot.files import as_long

__all__ = ["invent_tables"]

SEED = 20230103
SPAN = (pd.Timestamp("2023-01-03"), pd.Timestamp("2025-10-17"))
SOURCE = {"source_title": "invented", "source_url": "https://example.org/invented"}
FIRMS = {  # beta to the market, daily noise, share of income from freight, name, role
    "FERA": (1.2, 0.014, 0.2, "Ferry line A", "ferry"),
    "FERB": (1.0, 0.013, 0.4, "Ferry line B", "ferry"),
    "FERC": (0.9, 0.016, 0.6, "Ferry line C", "ferry"),
    "FERD": (1.4, 0.018, 0.9, "Ferry line D", "ferry"),
    "PORA": (0.8, 0.011, np.nan, "Port operator A", "port"),
    "PORB": (0.7, 0.012, np.nan, "Port operator B", "port"),
    "RAIL": (0.6, 0.010, np.nan, "Railway", "railway"),
}
MARKET = "MKT"
MOVES = {
    "strike": -0.030,
    "settlement": 0.025,
    "grant": 0.0,
}  # of a line that carries freight alone
FIRST, APART, EVENTS = 160, 21, 25  # sessions before the first event and between two; how many
WARM_UP = 250  # sessions until the variance has forgotten where it began
HEADLINES = {
    "strike": "Crews walk out at the northern ports",
    "settlement": "Crews and ports agree on pay",
    "grant": "Ministry grants money for new berths",
}


def invent_tables() -> dict[str, pd.DataFrame]:
    """Return the five tables of a study, by file name, as text will hold them."""
    rng = np.random.default_rng(SEED)
    sessions = list_sessions(HOME, *SPAN)
    events = _events(sessions)
    returns = _returns(sessions, events, rng)
    prices = (50 * (1 + returns).cumprod()).round(4)
    lines = [name for name, firm in FIRMS.items() if firm[4] == "ferry"]
    firms = [
        {"ticker": ticker, "name": name, "role": role, "freight_share": share}
        for ticker, (_, _, share, name, role) in FIRMS.items()
    ]
    market = {"ticker": MARKET, "name": "Market fund", "role": "market", "freight_share": np.nan}
    return {
        "prices.csv": as_long(prices, "adjusted_close"),
        "events.csv": events,
        "universe.csv": pd.DataFrame([*firms, market]),
        "berths.csv": _berths(returns[lines].mean(axis=1), rng),
        "confounders.csv": _confounders(sessions),
    }


def _events(sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Place strikes, settlements and now and then a grant at even distances."""
    rows = []
    for number in range(EVENTS):
        day = sessions[FIRST + APART * number]
        kind = "grant" if number % 6 == 5 else ("strike", "settlement")[number % 2]
        rows.append(
            {
                "id": f"{day:%Y-%m}-{kind}-{number + 1:02d}",
                "announced": day,
                "announced_time": "before open",
                "day0": day,
                "direction": kind,
                "scheduled": "no",
                "headline": HEADLINES[kind],
                "scope": "sector",
                "status": "confirmatory",
                "confidence": "high",
                **SOURCE,
            }
        )
    return pd.DataFrame(rows)


def _returns(
    sessions: pd.DatetimeIndex, events: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    market = 0.0003 + 0.009 * _clustered(len(sessions), rng)
    returns = pd.DataFrame({MARKET: market}, sessions)
    for ticker, (beta, noise, share, _, _) in FIRMS.items():
        own = beta * market + noise * _clustered(len(sessions), rng)
        felt = events["direction"].map(MOVES).to_numpy() * (0 if np.isnan(share) else share)
        own[sessions.get_indexer(pd.DatetimeIndex(events["day0"]))] += felt
        returns[ticker] = own
    return returns


def _clustered(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw errors of unit variance as returns have them: Student's t, in clusters of GARCH(1,1).

    Without clusters a GARCH has no optimum to speak of, and where its fit ends depends on the BLAS.
    """
    errors: npt.NDArray[np.float64] = rng.standard_t(6, WARM_UP + count) * np.sqrt(4 / 6)
    variance = 1.0
    for place, error in enumerate(errors):
        errors[place] = error * np.sqrt(variance)
        variance = 0.05 + 0.10 * errors[place] ** 2 + 0.85 * variance
    return errors[WARM_UP:]


def _berths(lines: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Let berths in use grow with what the lines return one month later; told on the twelfth."""
    months = pd.PeriodIndex(lines.index, freq="M")
    monthly = lines.groupby(months).sum()
    score = ((monthly - monthly.mean()) / monthly.std()).shift(-1).fillna(0)
    growth = 0.03 * (0.7 * score + 0.7 * rng.normal(size=len(score)))
    values = (1200 * np.exp(growth.cumsum())).round(1)
    told = (months.unique() + 1).to_timestamp() + pd.Timedelta(days=11)
    return pd.DataFrame(
        {
            "month": months.unique().astype(str),
            "series": "berths",
            "coverage": "month",
            "value": values.to_numpy(),
            "unit": "ship days",
            "status": "reported",
            "release_date": told,
            "source_title": "invented",
        }
    )


def _confounders(sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Let two firms have news of their own, one of it around an event."""
    days = [sessions[FIRST + 2 * APART], sessions[FIRST + 3 * APART + 10]]
    return pd.DataFrame(
        {
            "ticker": ["FERB", "FERA"],
            "date": days,
            "kind": "earnings",
            "first_priced": days,
            "note": "Quarterly figures, invented",
            "confidence": "high",
        }
    )
