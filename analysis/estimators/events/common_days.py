"""Firms with different sessions on the days that all of them share, for tests that need those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import pandas as pd

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.abnormal import event_study
from analysis.estimators.events.event_study import EventStudy
from analysis.estimators.events.layout import Panel
from analysis.estimators.events.own_sessions import OwnReturns, compound, lay_out_own
from analysis.estimators.names import Kind

__all__ = ["on_common_days", "with_own_portfolios"]


def _join_members(members: Sequence[OwnReturns], weights: Floats, kind: Kind) -> OwnReturns:
    """Return the portfolio of some firms, its factors weighed alike: one benchmark stays itself."""
    shared, parts = _on_shared(members, kind)
    returns = np.stack([part.returns for part in parts])
    factors = np.stack([part.factors for part in parts])
    return OwnReturns(shared, weights @ returns, np.tensordot(weights, factors, axes=1))


def with_own_portfolios(
    panel: Panel,
    study: EventStudy,
    groups: Sequence[Ints],
    weights: Sequence[Floats],
) -> Panel:
    """Return the panel of portfolios, (G,), with own sessions where a member has them.

    Parameters
    ----------
    panel : Panel
        Of the portfolios, on the sessions of all.
    study : EventStudy
        Of their members.
    groups : sequence of (n,)
        Rows of each portfolio's members in the study.
    weights : sequence of (n,)
        Their shares.
    """
    own = study.panel.own
    if own is None:
        return panel
    apart = [at for at, rows in enumerate(groups) if own.among(study.column[rows]).size]
    joined = [
        _join_members(
            [_member(study.panel, int(column)) for column in study.column[groups[at]]],
            weights[at],
            study.kind,
        )
        for at in apart
    ]
    row = np.full(len(groups), -1, dtype=np.int64)
    row[apart] = np.arange(len(apart))
    layout = panel.layout
    bounds = (layout.length, layout.before, layout.after)
    laid = lay_out_own(joined, row, len(panel.factors), bounds, own.excluded)
    return replace(panel, own=laid if apart else None)


def on_common_days(study: EventStudy) -> EventStudy:
    """Return a study of firms with one day 0, fitted on the sessions that all of them share.

    The study itself if none of its firms has sessions of its own.

    Raises
    ------
    ValueError
        If its firms have different factors.
    """
    panel, own = study.panel, study.panel.own
    if own is None or not own.among(study.column).size:
        return study
    members = [_member(panel, int(column)) for column in study.column]
    shared, parts = _on_shared(members, study.kind)
    factors = parts[0].factors
    if not all(np.allclose(p.factors, factors, rtol=1e-9, equal_nan=True) for p in parts):
        raise ValueError("needs firms with one benchmark")
    names = [str(at) for at in range(len(parts))]
    table = np.column_stack([*(part.returns for part in parts), *factors])
    columns = [*names, *(f"factor {name}" for name in study.factors)]
    sessions = panel.sessions[shared]
    layout = panel.layout
    return event_study(
        pd.DataFrame(table, sessions, columns),
        study.events.assign(ticker=names)[["ticker", "day0"]],
        factors=tuple(columns[len(names) :]),
        model=study.model,
        length=layout.length,
        gap=layout.gap,
        minimum=study.minimum,
        window=(layout.first, layout.last),
        exclude=panel.sessions[own.excluded],
        kind=study.kind,
        run=study.run,
    )


def _member(panel: Panel, column: int) -> OwnReturns:
    """Return one firm of a panel with its sessions, the first of which has a price alone."""
    before, total = panel.layout.before, len(panel.sessions)
    if panel.own is not None and (row := int(panel.own.row[column])) >= 0:
        place = panel.own.place[row]
        sessions = np.flatnonzero(place >= 0)
        part = slice(before, before + sessions.size)
        return OwnReturns(sessions, panel.own.observed[row, part], panel.own.factors[:, row, part])
    returns = panel.observed[column, before : before + total]
    known = np.flatnonzero(np.isfinite(returns))
    if known.size and known[0] > 0:
        known = np.append(known[0] - 1, known)
    return OwnReturns(known, returns[known], panel.factors[:, before + known])


def _on_shared(members: Sequence[OwnReturns], kind: Kind) -> tuple[Ints, list[OwnReturns]]:
    """Return the sessions that all of some firms share, and each firm between them."""
    shared = reduce(np.intersect1d, [member.sessions for member in members])
    parts = []
    for member in members:
        places = np.searchsorted(member.sessions, shared)
        found = compound(np.concatenate([member.returns[None], member.factors]), places, kind)
        parts.append(OwnReturns(shared, found[0], found[1:]))
    return shared, parts
