"""Who is more exposed: responses to news over a firm's own noise and over its beta.

Decision rules, fixed before any number was computed:

``exposure.order``
    "same" if the core firms have the same order by mean signed response, by response over own
    residual standard deviation and by response over sector beta; else "depends on the scale".
``exposure.larger``
    Exposed firms' response over own noise less that of the others, t across episodes: "larger" or
    "smaller" with p below the size of the tests, else "not different".
``MEASURE.beta``
    Market betas of the firms whose measure is known, in its order: "rises" or "falls" if monotone,
    else "no order". Three firms have six orders: no p below one third can come of it.
"""

from __future__ import annotations

import math
from dataclasses import asdict

import pandas as pd

from analysis.estimators.beta.relative import ols_beta
from analysis.estimators.significance import Significance
from analysis.questions.event_windows.baskets import is_share, measure
from analysis.questions.requirements import PLAYS, need_funds
from analysis.results import Dataset, Findings, Format, Number, Provenance, Table, Verdict
from analysis.results.columns import Column, numbers_of, table_of
from analysis.results.formats import brackets, listed
from analysis.snapshot.portfolios import equal
from analysis.study.directions import list_policy
from analysis.study.episodes import average_effect, episode_values, mean_over, say_effect
from analysis.study.panel import Panel, chained
from analysis.study.responses import cumulate

__all__ = ["compute", "firm_responses", "scaled_gap", "signed_values"]

NEEDS = (PLAYS, need_funds("sector"))

CLEAN = "confirmatory policy events, clean windows"
ORDER = "order of the core firms by response, response over own noise, response over sector beta"
SCALES = ("response", "over_sd", "over_beta")
NOISE = "residual standard deviation of a session of {ticker}"
SIGNED = "mean signed CAR {window} of {ticker}"
BY_NOISE = "the same over the residual noise of {ticker}"
BY_BETA = "the same over the sector beta of {ticker}"
FIRMS = (
    Column("ticker", "Firm"),
    Column("beta", "Beta", "decimal2"),
    Column("sd", "Noise", "percent1", "fraction", NOISE, ".sd"),
    Column("episodes", "K", "integer"),
    Column("response", "Response", "percent1", "fraction", SIGNED, ".response", n="episodes"),
    Column(
        "over_sd", "By error", "decimal2", "standard deviations", BY_NOISE, ".over_sd", n="episodes"
    ),
    Column("over_beta", "By beta", "percent1", "fraction", BY_BETA, ".over_beta", n="episodes"),
)

SCALED = (
    "Response: signed CAR {window}, {effect}, K confirmatory policy episodes with a clean "
    "window. Noise: residual standard deviation of a session; By error: mean of the CARs over "
    "their own standard errors; By beta: response over the beta to {own.sector}; Beta: to "
    "{own.market}, each firm since its listing."
)


def compute(panel: Panel) -> Findings:
    """Scale every firm's response to news of policy."""
    choices, values = panel.snapshot.choices, signed_values(panel)
    firms, gap = firm_responses(panel, values), scaled_gap(panel, values)
    window, exposure = brackets(choices.windows.primary_bounds), choices.exposure
    pair = (exposure.words, listed(choices.baskets[exposure.against]))
    source = Provenance.of(firm_responses, CLEAN)
    held = Provenance.of(scaled_gap, f"episodes with {' and '.join(pair)}")
    note = SCALED.format(window=window, own=choices.benchmark, effect=say_effect(panel))
    return Findings(
        numbers=[
            *numbers_of(firms, FIRMS, "exposure.{ticker}", source, window=window),
            *_gap_numbers(gap, pair, held),
        ],
        tables=[_table(panel, firms, source, note)],
        verdicts=[_order(panel, firms, source), _larger(panel, gap, pair, held)],
        datasets=[Dataset("exposure", firms, source)],
    ).extend([_over_measure(panel, firms, source)] if exposure.column else [])


def _table(panel: Panel, firms: pd.DataFrame, source: Provenance, note: str) -> Table:
    """Print the measure of each firm beside its responses, where the study has one."""
    exposure, columns = panel.snapshot.choices.exposure, [*FIRMS]
    if exposure.column:
        form: Format = "percent0" if is_share(firms[exposure.column]) else "decimal2"
        columns.insert(1, Column(exposure.column, exposure.name.capitalize(), form))
        note += f" A dash: no published {exposure.name}."
    return table_of("exposure", firms, columns, source, note)


def _over_measure(panel: Panel, firms: pd.DataFrame, source: Provenance) -> Findings:
    """Count the firms whose measure is known, and put their betas in its order."""
    exposure = panel.snapshot.choices.exposure
    key, name = exposure.key, exposure.name
    known = firms.dropna(subset=[exposure.column]).sort_values(exposure.column)["beta"]
    steps, count = known.diff().dropna(), len(known)
    said = "rises" if (steps > 0).all() else "falls" if (steps < 0).all() else "no order"
    rule = f"market betas in order of the {name}: monotone or not"
    told = f"firms with a known {name}"
    least = f"smallest two-sided p of a rank test on the firms with a {name}"
    p = 2 / math.factorial(count)
    return Findings(
        numbers=[
            Number(f"{key}.firms", count, "count", "integer", told, source),
            Number(f"{key}.p_min", p, "p-value", "pvalue", least, source),
        ],
        verdicts=[Verdict(f"{key}.beta", said, rule, ", ".join(f"{b:.2f}" for b in known), source)],
    )


def signed_values(panel: Panel) -> dict[str, pd.DataFrame]:
    """Return each firm's clean primary CARs by episode, signed: see :func:`averaged`."""
    panel = chained(panel)
    return {
        ticker: episode_values(
            panel,
            cumulate(panel, equal([ticker])).at_events(panel),
            list_policy(panel.snapshot.choices),
            signed=True,
        )
        for ticker in panel.snapshot.choices.firms.studied
    }


def firm_responses(panel: Panel, values: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Average each firm's signed response over episodes and scale it.

    Parameters
    ----------
    values : dict of DataFrame
        See :func:`signed_values`.

    Returns
    -------
    DataFrame
        ``ticker``, the measure under its name in ``universe.csv`` (missing where unknown),
        ``beta`` (market), ``beta_sector``, ``sd`` (market-model residual of a session, fraction),
        ``episodes``, ``response`` (of signed CARs: :func:`average_effect`, fraction), ``over_sd``
        (mean of the CARs over their own forecast-corrected standard error), ``over_beta`` (response
        over the sector beta, fraction).
    """
    choices, returns = panel.snapshot.choices, panel.returns
    frame = pd.DataFrame({"ticker": list(values)})
    if choices.exposure.column:
        frame[choices.exposure.column] = measure(panel).loc[frame["ticker"]].to_numpy()
    market, sector = (
        [ols_beta(returns[ticker], returns[fund], choices.beta.hac_lags) for ticker in values]
        for fund in (choices.benchmark.market, choices.benchmark.sector)
    )
    frame["beta"] = [fit.beta for fit in market]
    frame["beta_sector"] = [fit.beta for fit in sector]
    frame["sd"] = [fit.sigma for fit in market]
    frame["episodes"] = [len(own) for own in values.values()]
    frame["response"] = [average_effect(own, panel) for own in values.values()]
    frame["over_sd"] = [own["scar"].mean() for own in values.values()]
    frame["over_beta"] = frame["response"] / frame["beta_sector"]
    return frame


def scaled_gap(panel: Panel, values: dict[str, pd.DataFrame]) -> Significance:
    """Compare exposed firms with the others by response over own noise, episodes that both have.

    Returns
    -------
    Significance
        In standard deviations; refused below three episodes.
    """
    choices = panel.snapshot.choices
    scaled = pd.DataFrame({ticker: own["scar"] for ticker, own in values.items()})
    exposed, others = (
        scaled.reindex(columns=choices.baskets[name]).mean(axis=1) for name in choices.exposure.held
    )
    return mean_over(exposed - others)


def _gap_numbers(gap: Significance, pair: tuple[str, str], source: Provenance) -> list[Number]:
    what = f"{' less '.join(pair)}: signed response over own noise"
    columns = (
        Column("estimate", "", "decimal2", "standard deviations", what, "", p="p", n="n"),
        Column("p", "", "pvalue", "p-value", "p of that difference", ".p"),
        Column("n", "", "integer", "count", "episodes of that difference", ".episodes"),
    )
    return numbers_of(pd.DataFrame([asdict(gap)]), columns, "exposure.gap", source)


def _order(panel: Panel, firms: pd.DataFrame, source: Provenance) -> Verdict:
    core = firms.set_index("ticker").loc[list(panel.snapshot.choices.firms.core)]
    orders = {scale: " < ".join(core[scale].sort_values().index) for scale in SCALES}
    said = "same" if len(set(orders.values())) == 1 else "depends on the scale"
    evidence = "; ".join(f"{scale}: {order}" for scale, order in orders.items())
    return Verdict("exposure.order", said, ORDER, evidence, source)


def _larger(panel: Panel, gap: Significance, pair: tuple[str, str], source: Provenance) -> Verdict:
    size, larger = panel.snapshot.choices.inference.size, gap.estimate > 0
    said = "not different" if not gap.p < size else "larger" if larger else "smaller"
    test = f"response over own noise, t across episodes, p below {size:g}"
    evidence = f"{gap.estimate:.2f} over {gap.n} episodes, p {gap.p:.3g}"
    return Verdict("exposure.larger", said, f"{' less '.join(pair)}, {test}", evidence, source)
