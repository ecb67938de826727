"""Who is more exposed: responses to news over a firm's own noise and over its beta.

Decision rules, fixed before any number was computed:

``exposure.order``
    "same" if the core firms have the same order by mean signed response, by response over own
    residual standard deviation and by response over sector beta; else "depends on the scale".
``exposure.larger``
    Pure plays' response over own noise less the producer's, t across episodes: "larger" or
    "smaller" with p below the size of the tests, else "not different".
``heavy.beta``
    Market betas of the firms with a known heavy share, in order of the share: "rises" or "falls" if
    monotone, else "no order". Three firms have six orders: no p below one third can come of it.
"""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats

from analysis.estimators.beta import ols_beta
from analysis.findings.episodes import FEWEST, episode_values
from analysis.findings.panel import Panel
from analysis.results import Dataset, Findings, Number, Provenance, Table, Verdict
from analysis.results.formats import brackets, listed

__all__ = ["compute", "firm_responses", "scaled_gap"]

HERE = "analysis.findings.exposure"
INPUTS = ("prices.csv", "events.csv", "confounders.csv", "universe.csv", "study.toml")
POLICY = ("tightening", "disappointment", "easing")
SCALES = ("response", "over_sd", "over_beta")


def compute(panel: Panel) -> Findings:
    """Scale every firm's response to China-policy news."""
    firms = firm_responses(panel)
    source = Provenance(
        f"{HERE}.firm_responses", INPUTS, "confirmatory China-policy events, clean windows"
    )
    return Findings(
        numbers=_numbers(panel, firms, source),
        tables=[_table(panel, firms, source)],
        verdicts=[_order(panel, firms, source), _larger(panel), _heavy(firms, source)],
        datasets=[Dataset("exposure", firms, source)],
    )


def _cars(panel: Panel) -> pd.DataFrame:
    """Clean primary CARs of every firm: ``id``, ``ticker``, ``car`` (fraction), ``scar``."""
    study = panel.snapshot.study
    cars = panel.study.car(*study.windows.primary_bounds)
    frame = panel.study.rows[["id", "ticker"]].assign(
        car=cars["car"], scar=cars["car"] / cars["se"]
    )
    pairs = pd.MultiIndex.from_frame(frame[["id", "ticker"]])
    clean = panel.clean.loc[pairs, study.windows.primary].to_numpy(dtype=bool)
    return frame[clean].dropna(subset=["car"])


def _signed(panel: Panel, cars: pd.DataFrame, ticker: str) -> pd.DataFrame:
    own = cars[cars["ticker"] == ticker].set_index("id")
    return episode_values(panel, own, POLICY, signed=True)


def firm_responses(panel: Panel) -> pd.DataFrame:
    """Average each firm's signed response over episodes and scale it.

    Returns
    -------
    DataFrame
        ``ticker``, ``heavy_share`` (fraction, missing where unknown), ``beta`` (market),
        ``beta_sector``, ``sd`` (market-model residual of a session, fraction), ``episodes``,
        ``response`` (mean signed CAR, fraction), ``over_sd`` (mean of the CARs over their own
        forecast-corrected standard error), ``over_beta`` (response over the sector beta, fraction).
    """
    study, cars = panel.snapshot.study, _cars(panel)
    shares = panel.snapshot.universe["heavy_share"]
    rows = []
    for ticker in study.firms.studied:
        own = panel.returns[ticker]
        market = ols_beta(own, panel.returns[study.benchmark.market], study.beta.hac_lags)
        sector = ols_beta(own, panel.returns[study.benchmark.sector], study.beta.hac_lags)
        values = _signed(panel, cars, ticker)
        mean = float(values["car"].mean())
        rows.append(
            {
                "ticker": ticker,
                "heavy_share": shares[ticker],
                "beta": market.beta,
                "beta_sector": sector.beta,
                "sd": market.sigma,
                "episodes": len(values),
                "response": mean,
                "over_sd": float(values["scar"].mean()),
                "over_beta": mean / sector.beta,
            }
        )
    return pd.DataFrame(rows)


def scaled_gap(panel: Panel) -> tuple[int, float, float]:
    """Compare pure plays with the producer by response over own noise, episodes that both have.

    Returns
    -------
    tuple
        Episodes, mean difference (in standard deviations), two-sided p of t(K-1); NaN below three.
    """
    baskets, cars = panel.snapshot.study.baskets, _cars(panel)

    def mean_of(basket: tuple[str, ...]) -> pd.Series:
        columns = [_signed(panel, cars, ticker)["scar"] for ticker in basket]
        return pd.concat(columns, axis=1).mean(axis=1)

    gap = (mean_of(baskets["heavy_exposed"]) - mean_of(baskets["producer"])).dropna()
    if len(gap) < FEWEST:
        return len(gap), float("nan"), float("nan")
    test = stats.ttest_1samp(gap, 0.0)
    return len(gap), float(gap.mean()), float(test.pvalue)


def _numbers(panel: Panel, firms: pd.DataFrame, source: Provenance) -> list[Number]:
    window, producer = brackets(panel.snapshot.study.windows.primary_bounds), _producer(panel)
    numbers = []
    for row in firms.to_dict("records"):
        key, who = f"exposure.{row['ticker']}".lower(), row["ticker"]
        numbers += [
            Number(f"{key}.response", row["response"], "fraction", "percent1",
                   f"mean signed CAR {window} of {who}", source, n=row["episodes"]),
            Number(f"{key}.over_sd", row["over_sd"], "standard deviations", "decimal2",
                   f"the same over the residual noise of {who}", source, n=row["episodes"]),
            Number(f"{key}.over_beta", row["over_beta"], "fraction", "percent1",
                   f"the same over the sector beta of {who}", source, n=row["episodes"]),
            Number(f"{key}.sd", row["sd"], "fraction", "percent1",
                   f"residual standard deviation of a session of {who}", source),
        ]  # fmt: skip
    known = int(firms["heavy_share"].notna().sum())
    episodes, gap, p = scaled_gap(panel)
    here = Provenance(f"{HERE}.scaled_gap", INPUTS, f"episodes with pure plays and {producer}")
    return [
        *numbers,
        Number("heavy.firms", known, "count", "integer", "firms with a known heavy share", source),
        Number("heavy.p_min", 2 / math.factorial(known), "p-value", "pvalue",
               "smallest two-sided p of a rank test on the firms with a heavy share", source),
        Number("exposure.gap", gap, "standard deviations", "decimal2",
               f"pure plays less {producer}: signed response over own noise", here, p=p,
               n=episodes),
        Number("exposure.gap.p", p, "p-value", "pvalue", "p of that difference", here),
        Number("exposure.gap.episodes", episodes, "count", "integer",
               "episodes of that difference", here),
    ]  # fmt: skip


def _producer(panel: Panel) -> str:
    return listed(panel.snapshot.study.baskets["producer"])


def _order(panel: Panel, firms: pd.DataFrame, source: Provenance) -> Verdict:
    core = firms.set_index("ticker").loc[list(panel.snapshot.study.firms.core)]
    orders = {scale: " < ".join(core[scale].sort_values().index) for scale in SCALES}
    return Verdict(
        "exposure.order",
        "same" if len(set(orders.values())) == 1 else "depends on the scale",
        "order of the core firms by response, response over own noise, response over sector beta",
        "; ".join(f"{scale}: {order}" for scale, order in orders.items()),
        source,
    )


def _larger(panel: Panel) -> Verdict:
    episodes, gap, p = scaled_gap(panel)
    size, producer = panel.snapshot.study.inference.size, _producer(panel)
    verdict = "not different" if not p < size else "larger" if gap > 0 else "smaller"
    return Verdict(
        "exposure.larger",
        verdict,
        f"pure plays less {producer}, response over own noise, t across episodes, p below {size:g}",
        f"{gap:.2f} over {episodes} episodes, p {p:.3g}",
        Provenance(f"{HERE}.scaled_gap", INPUTS, f"episodes with pure plays and {producer}"),
    )


def _heavy(firms: pd.DataFrame, source: Provenance) -> Verdict:
    betas = firms.dropna(subset=["heavy_share"]).sort_values("heavy_share")["beta"]
    steps = betas.diff().dropna()
    verdict = "rises" if (steps > 0).all() else "falls" if (steps < 0).all() else "no order"
    return Verdict(
        "heavy.beta",
        verdict,
        "market betas in order of the heavy share: monotone or not",
        ", ".join(f"{b:.2f}" for b in betas),
        source,
    )


def _table(panel: Panel, firms: pd.DataFrame, source: Provenance) -> Table:
    study = panel.snapshot.study
    return Table(
        "exposure",
        firms.drop(columns="beta_sector"),
        {
            "heavy_share": "percent0",
            "beta": "decimal2",
            "sd": "percent1",
            "episodes": "integer",
            "response": "percent1",
            "over_sd": "decimal2",
            "over_beta": "percent1",
        },
        {
            "ticker": "Firm",
            "heavy_share": "Heavy",
            "beta": "Beta",
            "sd": "Noise",
            "episodes": "K",
            "response": "Response",
            "over_sd": "By error",
            "over_beta": "By beta",
        },
        source,
        f"Response: mean signed CAR {brackets(study.windows.primary_bounds)} over K confirmatory "
        "China-policy episodes with a clean window. Noise: residual standard deviation of a "
        "session; By error: mean of the CARs over their own standard errors; By beta: response "
        f"over the beta to {study.benchmark.sector}; Beta: to {study.benchmark.market}, each firm "
        "since its listing. A dash: no published heavy share.",
    )
