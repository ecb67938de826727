"""The result of an event study on a user's own files, arranged for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.userfiles.event_study import EventStudyResult
from analysis.userfiles.output import plain, records, spec

__all__ = ["document"]

NAMES = {"p": "p_value", "name": "test"}  # of a test in the document


def document(result: EventStudyResult, files: Sequence[Path]) -> dict[str, Any]:
    """Arrange a result for JSON: lists and plain numbers, null where a value is unknown."""
    rows = zip(records(result.events), result.ar.to_numpy().tolist(), strict=True)
    groups = result.events.groupby("group", sort=False).groups
    return {
        "spec": spec(result.options, files),
        "events": [_event(row, ar) for row, ar in rows],
        "groups": {str(group): _group(result, str(group), rows) for group, rows in groups.items()},
        "contrasts": _tests(result.contrasts),
        "breakdown": _tests(result.breakdown),
        "skipped": records(result.skipped),
    }


def _event(row: dict[str, Any], ar: list[float]) -> dict[str, Any]:
    betas = {name[5:]: value for name, value in row.items() if name.startswith("beta_")}
    own = row.get("benchmark")
    if own and betas:  # fitted on the benchmark of this event
        first, *rest = betas.items()
        betas = {str(own): first[1], **dict(rest)}
    shown = {k: v for k, v in row.items() if k not in {"k", "se"} and not k.startswith("beta_")}
    return shown | {
        "beta": next(iter(betas.values()), None),
        "betas": betas,
        "ar": [plain(value) for value in ar],
        "se_car": row["se"],
    }


def _group(result: EventStudyResult, group: str, rows: pd.Index) -> dict[str, Any]:
    tests = _tests(result.tests.loc[group].reset_index()) if len(result.tests) else []
    return {
        "n": len(rows),
        "aar": [plain(value) for value in result.ar.loc[rows].mean()],
        "caar": plain(result.events.loc[rows, "car"].mean()),
        "mean_bhar": plain(result.events.loc[rows, "bhar"].mean()),
        "tests": {test.pop("test"): test for test in tests},
    }


def _tests(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table of tests under the names of the document."""
    return records(table.drop(columns="se", errors="ignore").rename(columns=NAMES))
