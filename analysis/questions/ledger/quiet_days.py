"""What tests across episodes make of quiet days under each reading of the normal return.

A reading is right if quiet days have a mean of zero and draws of them reject at the size of the
tests. It decides between two amendments; no result of an event enters.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.arrays import Floats, Ints
from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, table_of
from analysis.snapshot.portfolios import equal
from analysis.study.panel import Panel, under
from analysis.study.placebo import t_statistics
from analysis.study.responses import cumulate

__all__ = ["quiet_responses", "quiet_rows"]


READINGS = {"intercept": "intercept", "recentred": "recentred", "none": "no intercept"}
COUNTS = {"five": (5,), "seven": (7,), "fourteen": (14,), "seven_less_five": (7, 5)}
BLOCK, RESAMPLES, DRAWS = 10, 100, 1000  # sessions in a block, resamples, draws in each
RATE = "rejections of draws of quiet days, {reading}: {words}"
WORDS = {name: " less ".join(map(str, counts)) for name, counts in COUNTS.items()}
COLUMNS = (
    Column("said", "Normal return"),
    Column("sessions", "Sessions", "integer"),
    Column("mean", "Mean SCAR", "decimal3", "standard errors", "mean, {said}", ".mean", "mean_se"),
    Column("mean_se", "s.e.", "decimal3"),
    *(
        column
        for name, words in WORDS.items()
        for column in (
            Column(name, f"K {words}", "percent1", "fraction", f"rejections with {words} days, "
                   "{said}", f".{name}", f"{name}_se"),
            Column(f"{name}_se", "s.e.", "percent1"),
        )
    ),
)  # fmt: skip
NOTE = (
    "Core as composed on each quiet session, primary window, contamination as amended. Recentred: "
    "less the mean of the same firms. K: rejection rates of tests with so many episodes on quiet "
    "sessions. Standard errors from a bootstrap of blocks of {block} sessions. Exploratory: "
    "specified after results were known."
)


def quiet_rows(panel: Panel) -> Findings:
    """Publish what each reading does, and whether the two that amend it differ."""
    values = quiet_responses(panel)
    source = Provenance.later(quiet_responses, "core portfolio on quiet sessions")
    if len(values) < 2 * max(map(sum, COUNTS.values())):
        return Findings()
    inference = panel.snapshot.choices.inference
    frame, gaps = _rates(values, inference.size, np.random.default_rng(inference.seed))
    far = gaps["gap"].abs() > 2 * gaps["se"]
    return Findings(
        numbers=numbers_of(frame, COLUMNS, "quiet_days.{reading}", source),
        tables=[table_of("quiet_days", frame, COLUMNS, source, NOTE, block=BLOCK)],
        verdicts=[
            Verdict(
                "quiet_days.readings",
                "differ" if far.any() else "alike within error",
                "rejection rates without intercept and recentred, within two standard errors",
                "; ".join(f"{n}: {row.gap:+.3f} ({row.se:.3f})" for n, row in gaps.iterrows()),
                source,
            )
        ],
    )


def quiet_responses(panel: Panel) -> pd.DataFrame:
    """Compute the standardised CAR of the core on every quiet session.

    Returns
    -------
    DataFrame, (quiet sessions, 3)
        ``firms`` held, and the responses with an ``intercept`` and with ``none``.
    """
    amended = panel.snapshot.choices.rules.amended
    found: dict[str, pd.Series] = {}
    for reading in ("intercept", "none"):
        ruled = under(panel, replace(amended, normal=reading))
        responses = cumulate(ruled, equal(panel.snapshot.choices.firms.core))
        wide = responses.on_quiet_sessions(ruled, responses.members)
        most = sorted(wide, key=lambda name: -str(name).count(","))  # all that can be held
        wide = wide.loc[wide.notna().any(axis=1), most]
        found["firms"] = wide.notna().idxmax(axis=1)
        found[reading] = wide.bfill(axis=1).iloc[:, 0]
    return pd.DataFrame(found).dropna()


def _rates(
    values: pd.DataFrame, size: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return mean and rejection rates of each reading, and the gap between the amending ones."""
    count = len(values)
    whole = _measure(values, np.arange(count), size, rng)
    starts = rng.integers(0, count, (RESAMPLES, -(-count // BLOCK)))
    places = (starts[:, :, None] + np.arange(BLOCK)).reshape(RESAMPLES, -1)[:, :count] % count
    again = [_measure(values, at, size, rng) for at in places]
    error = pd.concat(again).groupby(level=0).std().add_suffix("_se")
    frame = whole.join(error).loc[[*READINGS]].assign(sessions=count)
    rates = list(COUNTS)
    gaps = [each.loc["none", rates] - each.loc["recentred", rates] for each in [whole, *again]]
    both = pd.DataFrame({"gap": gaps[0], "se": pd.DataFrame(gaps[1:]).std()})
    frame = frame.rename_axis("reading").reset_index()
    return frame.assign(said=frame["reading"].map(READINGS)), both


def _measure(
    values: pd.DataFrame, places: Ints, size: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the mean and the rates of a sample of sessions, by reading; draws are shared."""
    sample = values.iloc[places]
    mean = sample.groupby("firms")["intercept"].transform("mean")
    sample = sample.assign(recentred=sample["intercept"] - mean).drop(columns="firms")
    order = rng.random((DRAWS, len(sample))).argsort(axis=1)[:, : max(map(sum, COUNTS.values()))]
    rows = {
        str(name): {"mean": float(x.mean())}
        | {key: _rejects(x.to_numpy()[order], counts, size) for key, counts in COUNTS.items()}
        for name, x in sample.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _rejects(drawn: Floats, counts: tuple[int, ...], size: float) -> float:
    """Return the share of draws in which the test of so many episodes rejects."""
    ends = np.cumsum((0, *counts))
    groups = [drawn[:, a:b] for a, b in pairwise(ends.tolist())]
    bound = stats.t.ppf(1 - size / 2, min(counts) - 1)
    return float((np.abs(t_statistics(groups)) > bound).mean())
