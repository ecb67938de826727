"""Reads a user's files as people have them, and says in one line a file what it understood.

``files`` opens any format, ``grid`` finds header and data, ``dates`` and ``numbers`` read cells,
``layouts`` and ``long_tables`` put one column an asset side by side, ``values`` tells what the
numbers are, ``tables`` and ``events`` return what the commands work on. Nothing is guessed where
two readings are possible: the message says which option decides.
"""

from analysis.userfiles.reading.events import Events, read_events
from analysis.userfiles.reading.numbers import MARKS
from analysis.userfiles.reading.tables import Reading, Table, read_factors, read_prices, read_series

__all__ = [
    "MARKS",
    "Events",
    "Reading",
    "Table",
    "read_events",
    "read_factors",
    "read_prices",
    "read_series",
]
