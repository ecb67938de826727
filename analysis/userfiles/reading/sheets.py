"""Several sheets of a workbook as one table: of other assets, or of other days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.userfiles.reading.columns import Layout
from analysis.userfiles.reading.grid import Grid
from analysis.userfiles.reading.values import guess

__all__ = ["join_sheets", "name_rows"]

STEPS = {4.0: "days", 10.0: "weeks", 45.0: "months", 100.0: "quarters", np.inf: "years"}
"""The most days between two rows of a table, by what they are called."""


def name_rows(index: pd.Index) -> str:
    """Return what the rows of a table stand for, by the usual distance of two."""
    steps = np.diff(index.to_numpy()) / np.timedelta64(1, "D")
    step = float(np.median(steps)) if steps.size else 1.0
    return next(name for most, name in STEPS.items() if step <= most)


def join_sheets(
    grid: Grid, layout: Layout, further: Sequence[tuple[Grid, Layout]], *, shares: bool
) -> str:
    """Put sheets of other assets beside the one that has most rows, those of other days below it.

    Only such as hold the same kind of numbers as often; says which were read.
    """
    read, names, frame = [grid.sheet], set(map(str, layout.frame.columns)), layout.frame
    one_share = bool(layout.same_share) and all(set(frame.index).isdisjoint(other.frame.index)
                                                for _, other in further)  # fmt: skip
    for sheet, other in further:
        added = other.frame
        if one_share and other.same_share:  # a sheet a year of one share
            added = added.set_axis(frame.columns, axis=1)
        if name_rows(added.index) != name_rows(layout.frame.index) or (
            shares and guess(added) != guess(frame)
        ):
            continue
        if names.isdisjoint(map(str, added.columns)):
            frame = pd.concat([frame, added], axis=1).sort_index()
        elif set(map(str, added.columns)) == names and set(frame.index).isdisjoint(added.index):
            frame = pd.concat([frame, added]).sort_index()
        else:
            continue
        read.append(sheet.sheet)
        names.update(map(str, added.columns))
        layout.same_share += tuple(n for n in other.same_share if n not in layout.same_share)
    if one_share and len(read) > 1:
        frame = frame.set_axis([grid.path.name.partition(".")[0]], axis=1)
    if len(read) > 1:
        layout.frame, layout.lines = frame, None
        layout.dates = replace(layout.dates, index=pd.DatetimeIndex(frame.index))
    left = [sheet.sheet for sheet in grid.others if sheet.sheet not in read]
    told = f"sheet{'s' * (len(read) > 1)} {', '.join(read)} read"
    return told + (f", not {', '.join(left)}" if left else "")
