"""The result of an event study on a user's own files, arranged for JSON and for tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.userfiles.event_result import EventStudyResult
from analysis.userfiles.output import plain, plain_rows, records, spec, spec_table

__all__ = ["document", "tables"]

NAMES = {"p": "p_value", "name": "test"}  # of a test in the document


def document(result: EventStudyResult, files: Sequence[Path]) -> dict[str, Any]:
    """Arrange a result for JSON: lists and plain numbers, null where a value is unknown."""
    groups = result.events.groupby("group", sort=False).groups
    told = {str(row["group"]): row for row in records(result.groups)}
    return {
        "spec": spec(result.options, files),
        "events": _events(result),
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


def _events(result: EventStudyResult) -> list[dict[str, Any]]:
    """Return one entry an event, its slopes inside it under the names of their factors."""
    slopes = [name for name in map(str, result.events.columns) if name.startswith("beta_")]
    rows = records(result.events.drop(columns=["k", "se", *slopes]))
    fitted = plain_rows(result.events[slopes])
    errors = plain_rows(result.events[["se"]])
    factors = [name.removeprefix("beta_") for name in slopes]
    for row, betas, ar, (error,) in zip(rows, fitted, plain_rows(result.ar), errors, strict=True):
        own = row.get("benchmark")  # fitted on the benchmark of this event
        names = [str(own), *factors[1:]] if own and factors else factors
        row |= {
            "beta": betas[0] if betas else None,
            "betas": dict(zip(names, betas, strict=True)),
            "ar": ar,
            "se_car": error,
        }
    return rows


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
