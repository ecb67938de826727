"""Time another package on the panel: ``python rival.py PANEL.npz PACKAGE EVENTS``.

Runs under an interpreter of its own, in which the package is installed. The panel is cut into
windows beforehand and only the package's own estimation and pooling are timed, with its
lowest-level call, which is its fastest.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

warnings.simplefilter("ignore")
ESTIMATION, BEFORE, AFTER, GAP = 250, 5, 5, 11


def windows(panel: str, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cut the estimation and event window of each event out of the panel."""
    data = np.load(panel)
    returns, market = data["returns"], data["market"]
    pairs = []
    for asset, day in zip(data["asset"][:count], data["day"][:count], strict=True):
        early = slice(day - GAP - ESTIMATION + 1, day - GAP + 1)
        late = slice(day - BEFORE, day + AFTER + 1)
        rows = np.r_[early, late]
        pairs.append((returns[rows, asset], market[rows]))
    return pairs


def run_eventstudy(pairs: list[tuple[np.ndarray, np.ndarray]]) -> object:
    """Use ``eventstudy``: one Single an event, then Multiple."""
    from eventstudy import Multiple, Single, models

    events = [
        Single(
            models.market_model,
            {"security_returns": y, "market_returns": x},
            event_window=(-BEFORE, AFTER),
            estimation_size=ESTIMATION,
        )
        for y, x in pairs
    ]
    return Multiple(events)


def run_ffjr(pairs: list[tuple[np.ndarray, np.ndarray]]) -> object:
    """Use ``ffjr-eventstudies``: one SingleEvent an event, then MultipleEvents."""
    from eventstudies import MultipleEvents, SingleEvent, models

    events = [
        SingleEvent(
            models.MarketModel,
            {"daily_ret": y, "daily_mkt": x},
            event_window=(-BEFORE, AFTER),
            est_size=ESTIMATION,
        )
        for y, x in pairs
    ]
    return MultipleEvents(events)


PACKAGES: dict[str, Callable[[list[tuple[np.ndarray, np.ndarray]]], object]] = {
    "eventstudy": run_eventstudy,
    "ffjr-eventstudies": run_ffjr,
}


def main() -> None:
    """Print one line of JSON with the seconds of the faster of two runs."""
    panel, package, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pairs = windows(panel, count)
    PACKAGES[package](pairs[:5])  # imports and first-call costs are not timed
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        PACKAGES[package](pairs)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": min(seconds)}))


if __name__ == "__main__":
    main()
