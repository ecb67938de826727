"""The event study on a user's own prices and events: ``python -m analysis event-study --help``."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.abnormal import event_study
from analysis.estimators.battery import TESTS as ENGINE_TESTS
from analysis.estimators.battery import run_tests
from analysis.estimators.blocks import Runner, here
from analysis.estimators.models import Model
from analysis.estimators.placebo import clear_sessions, placebo_draws, placebo_p, placebo_table
from analysis.estimators.returns import log_returns, simple_returns
from analysis.estimators.study import EventStudy

__all__ = ["TESTS", "Choices", "Result", "document", "run", "spec", "write"]

TESTS = (*(name for name in ENGINE_TESTS if name != "portfolio_t_risk"), "placebo")


@dataclass(frozen=True)
class Choices:
    """Every choice of one run; estimation, gap and window in sessions.

    ``gap`` 11 and ``estimation`` 120 mean estimation returns on the event days -130 to -11.
    ``minimum`` is the fewest usable estimation returns, half of ``estimation`` unless given.
    """

    benchmark: str
    factors: tuple[str, ...] = ()
    model: Model = "market"
    estimation: int = 120
    gap: int = 11
    window: tuple[int, int] = (-5, 5)
    returns: Literal["simple", "log"] = "simple"
    tests: tuple[str, ...] = TESTS
    placebo: int = 1000
    seed: int = 1
    minimum: int | None = None


@dataclass(frozen=True)
class Result:
    """Frames of one run.

    Attributes
    ----------
    events : DataFrame, (N, ...)
        One row an event: fit, bounds of the estimation window, CAR with its test.
    ar : ndarray, (N, L)
        Abnormal returns by session of the window, fraction.
    groups : dict
        Group to a frame of its tests, by test name.
    skipped : DataFrame
        Events left out, with the reason.
    """

    events: pd.DataFrame
    ar: np.ndarray[Any, np.dtype[np.float64]]
    groups: dict[str, pd.DataFrame]
    skipped: pd.DataFrame


def run(
    prices: pd.DataFrame, events: pd.DataFrame, choices: Choices, runner: Runner = here
) -> Result:
    """Run the event study.

    Parameters
    ----------
    prices : DataFrame
        Sessions by assets; see :func:`analysis.userfiles.user_data.read_prices`.
    events : DataFrame
        ``ticker``, ``day0``, ``group`` and optionally ``episode``.
    choices : Choices
        Everything else.
    runner : Runner
        Where blocks of events are worked on; results do not depend on it.

    Raises
    ------
    UserDataError
        If a benchmark is no column, a test is unknown, or the estimators refuse the choices.
    """
    _check(prices, choices)
    returns = (log_returns if choices.returns == "log" else simple_returns)(prices)
    try:
        study = event_study(
            returns,
            events,
            factors=(choices.benchmark, *choices.factors),
            model=choices.model,
            length=choices.estimation,
            gap=choices.gap,
            minimum=choices.minimum or math.ceil(choices.estimation / 2),
            window=choices.window,
            kind=choices.returns,
            run=runner,
        )
        whole = np.asarray(np.isfinite(study.ar).all(axis=1))
        kept = study.take(whole)
        groups = {
            str(name): _tests(kept.take((kept.rows["group"] == name).to_numpy()), study, choices)
            for name in dict.fromkeys(kept.rows["group"])
        }
    except ValueError as error:
        raise UserDataError(f"event study: {error}; change the option or the file") from None
    columns = [str(c) for c in study.skipped.columns]
    broken = study.rows.loc[~whole, [c for c in columns if c != "reason"]]
    reason = "the event window leaves the data or holds a missing return"
    skipped = pd.concat([study.skipped, broken.assign(reason=reason)], ignore_index=True)
    cars = pd.concat([kept.rows, kept.car(*choices.window)], axis=1)
    return Result(cars, kept.ar, groups, skipped)


def _check(prices: pd.DataFrame, choices: Choices) -> None:
    for name in (choices.benchmark, *choices.factors):
        if name not in prices.columns:
            raise UserDataError(
                f"prices: expected a column {name!r} for the benchmark or factor, found "
                f"{', '.join(map(str, prices.columns[:8]))}; name one of the columns"
            )
    unknown = [name for name in choices.tests if name not in TESTS]
    if unknown:
        raise UserDataError(
            f"tests: expected all or names from {', '.join(TESTS)}, found {unknown[0]!r}; "
            "correct the name"
        )


def _tests(group: EventStudy, everything: EventStudy, choices: Choices) -> pd.DataFrame:
    """Run the named tests on one group; a refused test has its reason."""
    rng = np.random.default_rng(choices.seed)
    names = [name for name in choices.tests if name != "placebo"]
    episode = "episode" if "episode" in group.rows.columns else None
    table = run_tests(group, *choices.window, rng, tests=names, episode=episode)
    if "placebo" in choices.tests:
        outcome = _placebo(group, everything, choices, rng)
        table = pd.concat([table, pd.DataFrame([outcome]).set_index("name")])
    return table


def _placebo(
    group: EventStudy, everything: EventStudy, choices: Choices, rng: np.random.Generator
) -> dict[str, Any]:
    """Hold the mean standardised CAR against the same study on dates clear of every event."""
    first, last = choices.window
    listed = np.unique(everything.position)
    dates = clear_sessions(len(group.panel.sessions), listed, last - first, last - first)
    table = placebo_table(group, first, last, dates)
    null = placebo_draws(group, table, choices.placebo, rng).mean(axis=1)
    cars = group.car(first, last)
    found = placebo_p(float((cars["car"] / cars["se"]).mean()), null)
    fields = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return fields | {"name": "placebo", "n": len(group.rows)}


def document(result: Result, settings: dict[str, Any]) -> dict[str, Any]:
    """Arrange a result for JSON: lists and plain numbers, null where a value is unknown."""
    return {
        "spec": settings,
        "events": [
            _event(row, ar)
            for (_, row), ar in zip(result.events.iterrows(), result.ar, strict=True)
        ],
        "groups": {name: _group(result, name) for name in result.groups},
        "skipped": [
            {str(k): _plain(v) for k, v in row.items()} for row in result.skipped.to_dict("records")
        ],
    }


def _event(row: pd.Series, ar: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    betas = {str(k)[5:]: _plain(v) for k, v in row.items() if str(k).startswith("beta_")}
    same = ("ticker", "day0", "group", "alpha", "sigma", "n_estimation", "estimation_start",
            "estimation_end", "car", "t", "df", "p")  # fmt: skip
    return {name: _plain(row[name]) for name in same} | {
        "beta": next(iter(betas.values()), None),
        "betas": betas,
        "ar": [_plain(v) for v in ar],
        "se_car": _plain(row["se"]),
    }


def _group(result: Result, name: str) -> dict[str, Any]:
    rows = (result.events["group"] == name).to_numpy()
    shown = {"statistic": "statistic", "df": "df", "p": "p_value", "p_min": "p_min",
             "estimate": "estimate", "mde": "mde", "reason": "reason"}  # fmt: skip
    tests = {
        str(test): {label: _plain(fields[field]) for field, label in shown.items()}
        for test, fields in result.groups[name].iterrows()
    }
    return {
        "n": int(rows.sum()),
        "aar": [_plain(v) for v in result.ar[rows].mean(axis=0)],
        "caar": _plain(result.events.loc[rows, "car"].mean()),
        "tests": tests,
    }


def _plain(value: object) -> object:
    """Turn what a frame holds into what JSON knows; unknown and infinite become null."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, (np.integer, int)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, (np.floating, float)):
        return float(value) if math.isfinite(value) else None
    return value


def spec(choices: Choices, files: Sequence[Path]) -> dict[str, Any]:
    """List every choice and the hashes of the files, so that a result can be traced."""
    chosen = replace(choices, minimum=choices.minimum or math.ceil(choices.estimation / 2))
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(chosen).items()}
    return values | {"sha256": hashes}


def write(content: dict[str, Any], out: Path) -> None:
    """Write the result whole or not at all."""
    staged = out.with_name(f".{out.name}.new")
    try:
        text = json.dumps(content, indent=1, allow_nan=False) + "\n"
        staged.write_text(text, encoding="utf-8")
        staged.replace(out)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise UserDataError(
            f"{out}: expected a place that can be written, found: {error.strerror}; choose another"
        ) from None
