"""What the core portfolio does on event-free dates: zero on average if the normal return is right.

The tests across episodes take the abnormal return of an ordinary day to be zero on average. A
fitted intercept that holds a past rally, or the jumps of listed events, breaks that.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS

from analysis.estimators.events.abnormal import event_study
from analysis.estimators.names import Model
from analysis.questions.requirements import THREE_FIRMS, need_window
from analysis.questions.size.design import Design, build_design
from analysis.results import Findings, Provenance, Verdict
from analysis.results.columns import Column, numbers_of, table_of
from analysis.study.panel import Panel, event_sessions

__all__ = ["compute", "event_free_means"]

NEEDS = (THREE_FIRMS, need_window("car_0_10"))

VARIANTS: dict[str, tuple[str, Model, bool]] = {
    "market": ("market model", "market", False),
    "no_intercept": ("market model without intercept", "no_intercept", False),
    "market_event_free": ("market model, listed events left out of estimation", "market", True),
    "adjusted": ("return less market", "market_adjusted", False),
}
LAGS = 10  # sessions over which neighbouring dates share returns and estimation windows

INTERCEPT = "mean fitted intercept a session, event-free dates"
MEAN, P = "mean standardised CAR, event-free dates", "p of the mean standardised CAR, HAC errors"
COLUMNS = (
    Column("model", "Normal return"),
    Column("dates", format="integer"),
    Column("alpha", "intercept", "percent1", "fraction", INTERCEPT, ".alpha"),
    Column("mean", "mean SCAR", "decimal2", "standard errors", MEAN, ".mean"),
    Column("sd", "s.d.", "decimal2"),
    Column("p", "", "pvalue", "p-value", P, ".p"),
)
NOTE = f"p: of a zero mean, errors robust to autocorrelation over {LAGS} sessions."


def compute(panel: Panel) -> Findings:
    """Publish the means as a table and numbers."""
    means = event_free_means(panel, build_design(panel)).rename_axis("key").reset_index()
    sample = "core portfolio on event-free dates, primary window"
    source = Provenance.of(event_free_means, sample)
    return Findings(
        numbers=numbers_of(means, COLUMNS, "size.event_free.{key}", source),
        tables=[table_of("event_free", means, COLUMNS, source, NOTE)],
        verdicts=[_verdict(panel, means.set_index("key"), source)],
    )


def _verdict(panel: Panel, means: pd.DataFrame, source: Provenance) -> Verdict:
    """Say whether ordinary days have a zero mean under the study's model, as the tests suppose."""
    size, ours = (
        panel.snapshot.choices.inference.size,
        "market" if panel.intercept else "no_intercept",
    )
    p, mean = float(means["p"][ours]), float(means["mean"][ours])
    sign = "zero within error" if p >= size else "below zero" if mean < 0 else "above zero"
    rule = f"mean standardised CAR on event-free dates, HAC p against {size:g}"
    return Verdict("size.event_free", sign, rule, f"mean {mean:.3f}, p {p:.3f}", source)


def event_free_means(panel: Panel, design: Design) -> pd.DataFrame:
    """Average the standardised CARs of the core portfolio over event-free dates.

    Returns
    -------
    DataFrame, indexed by variant of the normal return
        ``model``, ``dates``, ``alpha`` (mean intercept, fraction a session), ``mean`` and ``sd`` of
        the standardised CARs, ``p`` of a zero mean.
    """
    core = panel.returns[list(panel.snapshot.choices.firms.core)].mean(axis=1, skipna=False)
    returns = pd.DataFrame({"core": core, design.market: panel.returns[design.market]})
    days = pd.DatetimeIndex(returns.index)
    events = pd.DataFrame({"day0": days[design.clear["one_date_3"]]}).assign(ticker="core")
    window = panel.snapshot.choices.windows.primary_bounds
    length, gap, minimum = design.estimation
    rows = {}
    for key, (name, model, without) in VARIANTS.items():
        result = event_study(
            returns,
            events,
            factors=(design.market,),
            model=model,
            length=length,
            gap=gap,
            # Without the events' sessions the first windows are shorter; the dates stay the same.
            minimum=minimum // 2 if without else minimum,
            window=window,
            exclude=event_sessions(panel) if without else None,
        )
        t = result.car(*window)["t"].to_numpy()
        fit = OLS(t, np.ones(len(t))).fit(cov_type="HAC", cov_kwds={"maxlags": LAGS})
        rows[key] = {
            "model": name,
            "dates": len(t),
            "alpha": float(result.rows["alpha"].mean()),
            "mean": float(t.mean()),
            "sd": float(t.std(ddof=1)),
            "p": float(fit.pvalues[0]),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
