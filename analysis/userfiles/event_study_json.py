"""The result of an event study on a user's own files, arranged for JSON."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.userfiles.event_study import Result
from analysis.userfiles.output import plain, records

__all__ = ["document"]

FIT = ("ticker", "day0", "group", "episode", "alpha", "sigma", "n_estimation", "estimation_start",
       "estimation_end", "listed_in_estimation", "overlaps", "car", "t", "df", "p", "raw",
       "bhar")  # fmt: skip
OUTCOME = {"statistic": "statistic", "df": "df", "df2": "df2", "p": "p_value", "p_min": "p_min",
           "estimate": "estimate", "mde": "mde", "n": "n", "reason": "reason", "p_holm": "p_holm",
           "p_bh": "p_bh", "p_step_down": "p_step_down"}  # fmt: skip


def document(result: Result, settings: dict[str, Any]) -> dict[str, Any]:
    """Arrange a result for JSON: lists and plain numbers, null where a value is unknown."""
    rows = result.events.to_dict("records")
    return {
        "spec": settings,
        "events": [
            _event({str(k): v for k, v in row.items()}, ar)
            for row, ar in zip(rows, result.ar.to_numpy().tolist(), strict=True)
        ],
        "groups": {name: _group(result, name) for name in result.groups},
        "contrasts": records(_shown(result.contrasts)),
        "breakdown": records(_shown(result.breakdown)),
        "skipped": records(result.skipped),
    }


def _event(row: dict[str, Any], ar: list[float]) -> dict[str, Any]:
    betas = {name[5:]: plain(value) for name, value in row.items() if name.startswith("beta_")}
    return {name: plain(row[name]) for name in FIT if name in row} | {
        "beta": next(iter(betas.values()), None),
        "betas": betas,
        "ar": [plain(value) for value in ar],
        "se_car": plain(row["se"]),
    }


def _group(result: Result, name: str) -> dict[str, Any]:
    rows = (result.events["group"] == name).to_numpy()
    table = _shown(result.groups[name])
    return {
        "n": int(rows.sum()),
        "aar": [plain(value) for value in result.ar.loc[rows].mean()],
        "caar": plain(result.events.loc[rows, "car"].mean()),
        "mean_bhar": plain(result.events.loc[rows, "bhar"].mean()),
        "tests": {
            str(test): {str(k): plain(v) for k, v in fields.items()}
            for test, fields in zip(table.index, table.to_dict("records"), strict=True)
        },
    }


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of outcomes under the names of the document."""
    hidden = [name for name in ("se",) if name in table.columns]
    return table.drop(columns=hidden).rename(columns=OUTCOME | {"name": "test"})
