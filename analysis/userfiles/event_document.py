"""The result of an event study on a user's own files, arranged for JSON and for tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.userfiles.event_result import EventStudyResult
from analysis.userfiles.output import plain, records, spec, spec_table

__all__ = ["document", "tables"]

NAMES = {"p": "p_value", "name": "test"}  # of a test in the document


def document(result: EventStudyResult, files: Sequence[Path]) -> dict[str, Any]:
    """Arrange a result for JSON: lists and plain numbers, null where a value is unknown."""
    rows = zip(records(result.events), result.ar.to_numpy().tolist(), strict=True)
    groups = result.events.groupby("group", sort=False).groups
    told = {str(row["group"]): row for row in records(result.groups)}
    return {
        "spec": spec(result.options, files),
        "events": [_event(row, ar) for row, ar in rows],
        "groups": {
            str(group): _group(result, told[str(group)], rows) for group, rows in groups.items()
        },
        "windows": records(result.windows),
        "advice": result.advice(),
        "contrasts": _tests(result.contrasts),
        "breakdown": _tests(result.breakdown),
        "skipped": records(result.skipped),
    }


def tables(result: EventStudyResult, files: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """Arrange a result as tables by name, that of the events first; none is left out."""
    days = {f"ar_{day}".replace("-", "m"): result.ar[day] for day in result.ar.columns}
    events = result.events.drop(columns="k").rename(columns={"se": "se_car"})
    tests = result.tests.reset_index() if len(result.tests) else result.tests
    return {
        "events": pd.concat([events, pd.DataFrame(days)], axis=1),
        "groups": result.groups,
        "tests": tests.rename(columns=NAMES),
        "windows": result.windows,
        "path": result.paths,
        "contrasts": result.contrasts.rename(columns=NAMES),
        "breakdown": result.breakdown.rename(columns=NAMES),
        "skipped": result.skipped,
        "spec": spec_table(result.options, files),
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


def _group(result: EventStudyResult, told: dict[str, Any], rows: pd.Index) -> dict[str, Any]:
    group = told["group"]
    tests = _tests(result.tests.loc[group].reset_index()) if len(result.tests) else []
    path = result.paths[result.paths["group"] == group]
    return {name: value for name, value in told.items() if name != "group"} | {
        "aar": [plain(value) for value in result.ar.loc[rows].mean()],
        "path": records(path.drop(columns="group")),
        "tests": {test.pop("test"): test for test in tests},
    }


def _tests(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table of tests under the names of the document."""
    return records(table.drop(columns="se", errors="ignore").rename(columns=NAMES))
