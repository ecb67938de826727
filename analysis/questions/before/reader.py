"""What the tests of the earlier years return under the choices of a reader.

The registration lists runs beside its own, one change each, and gives none of them a verdict. Here
the changes that the choices of a reader name are combined; all of it is exploratory, and without
verdicts, too.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pandas as pd

from analysis.estimators.multiplicity import holm
from analysis.questions.before.outcomes import Registered
from analysis.results import Dataset, Provenance
from analysis.results.formats import brackets
from analysis.results.printed import print_p, print_values
from analysis.snapshot.load import Snapshot
from analysis.study.each_firm_tests import run_tests

__all__ = ["answer_earlier", "report_reader"]

SAMPLE = "events of the earlier years, runs that a reader's choices name"


def answer_earlier(snapshot: Snapshot, held: Registered) -> pd.DataFrame:
    """Run the tests of the family for every window, normal return and way with firms' own news.

    Returns
    -------
    DataFrame
        One row a run and claim: ``window``, ``contamination``, ``normal``, ``claim``, ``scar``
        (standard errors), ``low``, ``high``, ``p``, ``holm``, ``episodes``.
    """
    family = {key: claim for key, claim in held.claims.items() if claim.family}
    bounds, primary = snapshot.choices.windows.bounds, snapshot.choices.windows.primary
    windows = [bounds[primary], *(b for name, b in bounds.items() if name != primary)]
    market, frames = snapshot.choices.benchmark.market, []
    own = snapshot.choices.registered.normal == "intercept"
    for window, intercept, kept in product(windows, (own, not own), (False, True)):
        run = replace(held.run, window=window, intercept=intercept, own_news=kept)
        calendar = run.calendar(snapshot)
        found = run.average(snapshot, calendar, ("scar", "car"))
        tests = run_tests(snapshot, family, found, found, beside=False)
        frames.append(
            tests.assign(
                window=brackets(window),
                contamination="keep" if kept else "exclude",
                normal=f"{'market' if intercept else 'no_intercept'} {market}",
                holm=holm(tests["p"]),
            )
        )
    return pd.concat(frames, ignore_index=True)


def report_reader(
    snapshot: Snapshot,
    held: Registered,
    pooled: pd.DataFrame | None,
) -> Dataset:
    """Publish the runs, and what the episodes of both studies say together at the first choices.

    Numbers are whole, as they are printed: hundredths of a standard error, thousandths of a p.
    """
    found = answer_earlier(snapshot, held).assign(sample="history")
    if pooled is not None:
        first = found.iloc[0][["window", "contamination", "normal"]]
        found = pd.concat([found, pooled.assign(sample="both", **first)], ignore_index=True)
    printed = {name: print_values(found[name], "decimal2") for name in ("scar", "low", "high")}
    names = ["sample", "window", "contamination", "normal", "claim", "episodes"]
    frame = found[names].assign(
        **printed,
        p=print_p(found["p"]),
        holm=print_p(found["holm"]),
    )
    return Dataset("reader_earlier", frame, Provenance.later(answer_earlier, SAMPLE))
