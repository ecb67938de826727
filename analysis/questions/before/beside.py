"""The runs always shown beside the registered tests of the earlier years.

The registration lists them; nothing is added, and no verdict on a claim rests on them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.reads import once
from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, table_of
from analysis.results.formats import format_value
from analysis.snapshot.load import Snapshot
from analysis.study.calendars import rotate
from analysis.study.each_firm_runs import list_beside
from analysis.study.each_firm_tests import Run, list_tested, run_tests

__all__ = ["OWN_NEWS", "report_beside", "run_beside", "tell_own_news"]

OWN_NEWS = "own-news"
BESIDE = (
    Column("scar", "", "decimal2", "standard errors", "estimate of {claim}: {words}", ".scar",
           p="p"),
    Column("p", "", "pvalue", "p-value", "unadjusted p of {claim}: {words}", ".p"),
    Column("episodes", "", "text", "episodes", "episodes of {claim}: {words}", ".episodes"),
)  # fmt: skip
BESIDE_NOTE = (
    "In each cell the estimate, its unadjusted p and the number of episodes; estimates as in the "
    "table of the tests. A fixed list, registered with them; no verdict rests on it. A dash: no "
    "episode, or too few for a p."
)


def run_beside(snapshot: Snapshot, *ids: str) -> pd.DataFrame:
    """Run the tests once for each entry of the registered list, without a verdict.

    With ``ids`` only these entries.

    Returns
    -------
    DataFrame
        One row a run and claim: ``run``, ``words`` and the columns of
        :func:`analysis.study.each_firm_tests.run_tests`.
    """
    frames = [
        once(snapshot, (Run, run.id), partial(_run_one, snapshot, run))
        for run in list_beside(snapshot)
        if not ids or run.id in ids
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _run_one(snapshot: Snapshot, run: Run) -> pd.DataFrame:
    calendar = run.calendar(snapshot)
    found = run.average(snapshot, calendar)
    moved = run.average(snapshot, rotate(snapshot, calendar), ["square"])
    tests = run_tests(snapshot, list_tested(snapshot.claims), found, moved, beside=False)
    return tests.assign(run=run.id, words=run.words)


def tell_own_news(tests: pd.DataFrame, beside: pd.DataFrame) -> list[str]:
    """Say what each claim is with firms left in the events that are their own news."""
    if beside.empty:
        return [format_value(None, "text")] * len(tests)
    rows = beside[beside["run"] == OWN_NEWS].set_index("claim").loc[tests["claim"]]
    return [_cell(row, counted=False) for row in rows.to_dict("records")]


def _cell(row: Mapping[Hashable, Any], *, counted: bool = True) -> str:
    parts = [format_value(row["scar"], "decimal2"), format_value(row["p"], "pvalue")]
    return "; ".join([*parts, str(row["episodes"])] if counted else parts)


def report_beside(beside: pd.DataFrame, tests: pd.DataFrame, size: float) -> Findings:
    """Publish the runs of :func:`run_beside`, and whether own news of the firms matters.

    `tests` are the registered ones, `size` their size.
    """
    if beside.empty:
        return Findings()
    source = Provenance.of(run_beside, "the fixed list of the registration")
    registered = tests.assign(run="registered", words="as registered")
    rows = pd.concat([registered, beside], ignore_index=True)
    rows["cell"] = [_cell(row) for row in rows.to_dict("records")]
    wide = rows.pivot(index="words", columns="claim", values="cell").loc[rows["words"].unique()]
    columns = [Column("words", "Run"), *(Column(str(claim)) for claim in wide.columns)]
    return Findings(
        numbers=numbers_of(
            beside.assign(key=beside["run"].str.replace("-", "_")),
            BESIDE,
            "before.beside.{key}.{claim}",
            source,
        ),
        tables=[table_of("before_beside", wide.reset_index(), columns, source, BESIDE_NOTE)],
        verdicts=_compare_own_news(tests, beside, size, source),
    )


def _compare_own_news(
    tests: pd.DataFrame, beside: pd.DataFrame, size: float, source: Provenance
) -> list[Verdict]:
    """Say whether the tests say the same with firms left in the events that are their own news."""
    own = beside[beside["run"] == OWN_NEWS].set_index("claim")
    if own.empty:
        return []
    held = tests.set_index("claim")[["scar", "p"]]
    own = own.loc[held.index, ["scar", "p"]]
    same = (np.sign(held["scar"]) == np.sign(own["scar"])) & (
        (held["p"] < size) == (own["p"] < size)
    )
    return [
        Verdict(
            "before.own_news",
            "alike" if same.all() else "differ",
            "with own news of the firms left in every estimate has the sign that it has without, "
            f"and its unadjusted p lies on the same side of {size:g}",
            f"differ: {', '.join(same.index[~same]) or 'none'}",
            source,
        )
    ]
