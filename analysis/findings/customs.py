"""Customs data: whether China's export figures go with the returns of the miners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimators.dependence import Method, lead_lag
from analysis.estimators.returns import equal_weight
from analysis.findings.panel import Panel, estimate
from analysis.results import Figure, Findings, Number, Provenance, Table
from analysis.snapshot.customs import monthly_panel, release_days

__all__ = ["SERIES", "compute", "correlations", "monthly_returns", "release_returns"]

HERE = "analysis.findings.customs"
INPUTS = ("customs.csv", "prices.csv", "universe.csv", "study.toml")
SERIES = {"rare_earths_total": "headline", "magnets_total": "magnets"}
NAMES = {"headline": "Headline exports", "magnets": "Magnet exports"}
METHODS: tuple[Method, ...] = ("pearson", "spearman")


def compute(panel: Panel) -> Findings:
    """Correlate exports with returns at leads and lags and look at the release days."""
    lags = correlations(panel)
    released = release_returns(panel)
    return Findings(
        numbers=[
            *_lag_numbers(panel, lags),
            *_summary(lags),
            *_levels(panel),
            *_release_numbers(panel, released),
        ],
        tables=[_lag_table(lags), _release_table(panel, released), _coverage_table(panel)],
        figures=[_series_figure(panel), _correlogram(lags)],
    )


def _source(function: str, sample: str) -> Provenance:
    return Provenance(f"{HERE}.{function}", INPUTS, sample)


def monthly_returns(panel: Panel) -> pd.DataFrame:
    """Compound each core firm's returns within whole calendar months.

    Returns
    -------
    DataFrame
        Months by core firms and ``core``, their equal-weight mean (fraction). A firm's month counts
        if it traded as the present firm on every session of it.
    """
    firms = list(panel.snapshot.study.firms.core)
    returns = panel.returns[firms]
    months = panel.snapshot.sessions.to_period("M")
    whole = returns.notna().groupby(months).all()
    compounded = (1 + returns.fillna(0)).groupby(months).prod() - 1
    monthly = compounded.where(whole)
    return monthly.assign(core=equal_weight(monthly, firms))


def correlations(
    panel: Panel, methods: Sequence[Method] = METHODS, assets: Sequence[str] | None = None
) -> pd.DataFrame:
    """Correlate log changes of exports with monthly returns at leads and lags.

    ``assets`` defaults to every core firm and their equal-weight mean ``core``.

    Returns
    -------
    DataFrame
        ``series``, ``asset``, ``method``, ``lag`` (months; positive: exports lead), ``n``,
        ``estimate``, ``low``, ``high``, ``p``, ``mde``.
    """
    study = panel.snapshot.study
    changes = monthly_panel(panel.snapshot.customs, study)
    returns = monthly_returns(panel)
    rng = np.random.default_rng(study.inference.seed)
    frames = []
    for series, name in SERIES.items():
        x = changes.xs(series)["change"].dropna()
        for asset in assets or returns.columns:
            for method in methods:
                found = lead_lag(
                    x,
                    returns[asset].dropna(),
                    study.customs.lags,
                    method=method,
                    block=study.customs.block,
                    draws=study.inference.draws,
                    rng=rng,
                    level=study.inference.level,
                )
                found = found.rename_axis("lag").reset_index()
                frames.append(found.assign(series=name, asset=asset, method=method))
    return pd.concat(frames, ignore_index=True)


def _lag_numbers(panel: Panel, lags: pd.DataFrame) -> list[Number]:
    numbers = []
    for row in lags[lags["asset"] == "core"].to_dict("records"):
        lag = f"lag_{row['lag']}".replace("-", "m")
        sample = f"{row['n']} months, {row['series']} and core firms"
        numbers.append(
            Number(
                f"customs.{row['series']}.{row['method']}.{lag}", row["estimate"], "correlation",
                "decimal2", f"{row['method']} correlation of the change of {row['series']} exports "
                f"with the core return {row['lag']} months later", _source("correlations", sample),
                low=row["low"], high=row["high"], level=panel.snapshot.study.inference.level,
                p=row["p"], n=row["n"],
            )
        )  # fmt: skip
    return numbers


def _summary(lags: pd.DataFrame) -> list[Number]:
    """Say how many of all correlations are nominally and how many jointly significant."""
    source = _source("correlations", "both series, all assets, methods and lags")
    ordered = np.sort(lags["p"].to_numpy())
    count = len(ordered)
    holm = float(min(1.0, np.max(ordered[:1] * count)))
    zero = lags[(lags["lag"] == 0) & (lags["asset"] == "core") & (lags["method"] == "pearson")]
    values = {
        "tests": (count, "correlations tested"),
        "nominal": (int((ordered < 0.05).sum()), "correlations with p below 0.05"),
    }
    numbers = [
        Number(f"customs.{key}", value, "count", "integer", what, source)
        for key, (value, what) in values.items()
    ]
    numbers.append(
        Number("customs.smallest_p", float(ordered[0]), "p-value", "pvalue", "smallest p", source)
    )
    numbers.append(
        Number("customs.smallest_p_holm", holm, "p-value", "pvalue",
               "smallest p after Holm's adjustment", source)
    )  # fmt: skip
    numbers += [
        Number(f"customs.{row['series']}.detectable", row["mde"], "correlation", "decimal2",
               "correlation found with 80% power at this number of months", source, n=row["n"])
        for row in zero.to_dict("records")
    ]  # fmt: skip
    return numbers


def _levels(panel: Panel) -> list[Number]:
    """State the figures of August and September 2025 that the truce item speaks of."""
    changes = monthly_panel(panel.snapshot.customs, panel.snapshot.study)
    numbers = []
    for series, name in SERIES.items():
        source = _source("compute", f"{name} exports, reported figures")
        for month in ("2025-08", "2025-09"):
            value = float(changes.xs(series)["level"].loc[month])
            key = f"customs.{name}.{month.replace('-', '_')}"
            numbers.append(
                Number(key, value, "tonnes", "tonnes1", f"{name} exports in {month}", source)
            )
        change = float(np.expm1(changes.xs(series)["change"].loc["2025-09"]))
        numbers.append(
            Number(f"customs.{name}.2025_09.change", change, "fraction", "percent1",
                   f"change of {name} exports from August to September 2025", source)
        )  # fmt: skip
        count = int(changes.xs(series)["change"].count())
        numbers.append(
            Number(f"customs.{name}.changes", count, "count", "integer",
                   f"usable monthly changes of {name} exports", source)
        )  # fmt: skip
    return numbers


def release_returns(panel: Panel) -> pd.DataFrame:
    """Compute the core portfolio's CAR on the days on which figures were released.

    Returns
    -------
    DataFrame
        One row a release with a session: ``series``, ``month``, ``day0``, ``change`` (log change
        of the figure, NaN where unknown), ``car``, ``se``, ``raw`` (fraction).
    """
    study = panel.snapshot.study
    changes = monthly_panel(panel.snapshot.customs, study)
    days = release_days(panel.snapshot.customs, panel.snapshot.sessions)
    days = days[days["series"].isin(SERIES)].dropna(subset=["session"])
    days = days.drop(columns="reason").rename(columns={"session": "day0"})
    days = days.drop_duplicates(["series", "day0"], keep="last")
    core = equal_weight(panel.returns, list(study.firms.core)).rename("core")
    fitted = estimate(panel.snapshot, panel.returns.assign(core=core), days.assign(ticker="core"))
    found = pd.concat([fitted.rows, fitted.car(*study.customs.release_window)], axis=1)
    found["change"] = [
        changes["change"].get((series, month), np.nan)
        for series, month in zip(found["series"], found["month"], strict=True)
    ]
    found["series"] = found["series"].map(SERIES)
    return found.dropna(subset=["car"])[["series", "month", "day0", "change", "raw", "car", "se"]]


def _release_tests(panel: Panel, released: pd.DataFrame) -> pd.DataFrame:
    level = panel.snapshot.study.inference.level
    rows = []
    for name, part in released.groupby("series", sort=False):
        mean = stats.ttest_1samp(part["car"], 0)
        low, high = mean.confidence_interval(level)
        both = part.dropna(subset=["change"])
        rank = stats.spearmanr(both["change"], both["car"])
        rows.append(
            {
                "series": NAMES[str(name)],
                "n": len(part),
                "mean": float(part["car"].mean()),
                "low": float(low),
                "high": float(high),
                "p": float(mean.pvalue),
                "n_change": len(both),
                "rank": float(rank.statistic),
                "p_rank": float(rank.pvalue),
            }
        )
    return pd.DataFrame(rows)


def _release_numbers(panel: Panel, released: pd.DataFrame) -> list[Number]:
    source = _source("release_returns", "release days with a session")
    numbers = []
    for row in _release_tests(panel, released).to_dict("records"):
        key = "customs." + {v: k for k, v in NAMES.items()}[row["series"]] + ".release"
        numbers += [
            Number(f"{key}.mean", row["mean"], "fraction", "percent1",
                   "mean core CAR around the release", source, low=row["low"], high=row["high"],
                   level=panel.snapshot.study.inference.level, p=row["p"], n=row["n"]),
            Number(f"{key}.p", row["p"], "p-value", "pvalue", "p of the mean core CAR", source),
            Number(f"{key}.rank", row["rank"], "correlation", "decimal2",
                   "rank correlation of the CAR with the change released", source,
                   n=row["n_change"], p=row["p_rank"]),
            Number(f"{key}.n", row["n"], "count", "integer", "release days", source),
        ]  # fmt: skip
    return numbers


def _release_table(panel: Panel, released: pd.DataFrame) -> Table:
    first, last = panel.snapshot.study.customs.release_window
    return Table(
        "releases",
        _release_tests(panel, released),
        {
            "n": "integer",
            "mean": "percent1",
            "low": "percent1",
            "high": "percent1",
            "p": "pvalue",
            "n_change": "integer",
            "rank": "decimal2",
            "p_rank": "pvalue",
        },
        {
            "series": "Series",
            "n": "Days",
            "mean": "Mean CAR",
            "n_change": "With change",
            "rank": "Spearman",
            "p_rank": "p ",
        },
        _source("release_returns", "release days with a session"),
        f"CAR [{first}, +{last}] of the core portfolio; Student t over release days. "
        "Spearman: of the "
        "CAR with the log change of the figure released.",
    )


def _lag_table(lags: pd.DataFrame) -> Table:
    part = lags[lags["asset"] == "core"].copy()
    part["interval"] = [
        f"{low:.2f} to {high:.2f}".replace("-", "\u2212")
        for low, high in zip(part["low"], part["high"], strict=True)
    ]
    frame = part[["series", "method", "lag", "n", "estimate", "interval", "p", "mde"]]
    return Table(
        "correlations",
        frame.assign(series=frame["series"].map(NAMES), method=frame["method"].str.title()),
        {
            "lag": "integer",
            "n": "integer",
            "estimate": "decimal2",
            "p": "pvalue",
            "mde": "decimal2",
        },
        {
            "series": "Exports",
            "method": "Method",
            "lag": "Lag",
            "n": "Months",
            "estimate": "Correlation",
            "interval": "95% interval",
            "mde": "MDE",
        },
        _source("correlations", "core firms"),
        "Log change of exports with the monthly return of the equal-weight core firms; a "
        "positive lag "
        "means that exports come first. Moving-block bootstrap intervals, block-permutation "
        "p. MDE: "
        "correlation found with 80% power. Single-month figures only; figures whose error "
        "band is wider "
        "than the rule allows are left out.",
    )


def _coverage_table(panel: Panel) -> Table:
    customs = panel.snapshot.customs
    changes = monthly_panel(customs, panel.snapshot.study)
    rows = []
    for series, name in SERIES.items():
        part = customs[customs["series"] == series]
        rows.append(
            {
                "series": NAMES[name],
                "rows": len(part),
                "combined": int((part["coverage"] == "jan_feb").sum()),
                "derived": int((part["status"] == "derived").sum()),
                "months": int(changes.xs(series)["level"].count()),
                "changes": int(changes.xs(series)["change"].count()),
                "released": int(part["release_date"].notna().sum()),
            }
        )
    frame = pd.DataFrame(rows)
    return Table(
        "customs_coverage",
        frame,
        {str(c): "integer" for c in frame.columns if c != "series"},
        {
            "series": "Series",
            "rows": "Figures",
            "combined": "Jan–Feb",
            "derived": "Derived",
            "months": "Months used",
            "changes": "Changes",
            "released": "Release day known",
        },
        _source("compute", "both export series"),
    )


def _series_figure(panel: Panel) -> Figure:
    customs = panel.snapshot.customs
    months = customs[(customs["coverage"] == "month") & customs["series"].isin(SERIES)]
    exports = pd.DataFrame(
        {
            "series": months["series"].map(SERIES).map(NAMES),
            "month": months["month"].dt.to_timestamp(),
            "value": months["value"],
            "status": months["status"],
        }
    )
    core = monthly_returns(panel)["core"].dropna()
    returns = pd.DataFrame(
        {"month": pd.PeriodIndex(core.index).to_timestamp(), "value": core.to_numpy()}
    )
    spans = [
        f"{name} between {part['value'].min():,.0f} and {part['value'].max():,.0f} tonnes a month"
        for name, part in exports.groupby("series", sort=False)
    ]
    alt = (
        "Three panels over time: "
        + "; ".join(spans)
        + "; and the monthly return of the core firms, "
        f"between {core.min():+.0%} and {core.max():+.0%}. Hollow dots are derived figures."
    ).replace("-", "\u2212")
    source = _source("compute", "single-month figures")
    return Figure(
        "customs_series", "customs_series", {"exports": exports, "returns": returns}, alt, source
    )


def _correlogram(lags: pd.DataFrame) -> Figure:
    assets = {"core": "core firms", "MP": "MP"}
    part = lags[lags["asset"].isin(assets)]
    names = part["series"].map(NAMES) + ", " + part["asset"].map(assets)
    frame = part.assign(panel=names)[["panel", "lag", "method", "estimate", "low", "high", "n"]]
    clear = int(((part["low"] > 0) | (part["high"] < 0)).sum())
    strongest = part.iloc[int(part["estimate"].abs().argmax())]
    alt = (
        "Four panels of correlations with 95% intervals at lags of minus three to plus three "
        "months. "
        f"{clear} of {len(part)} intervals leave out zero; the strongest correlation is "
        f"{strongest['estimate']:.2f} ({strongest['method']}, {strongest['series']} exports, lag "
        f"{strongest['lag']})."
    ).replace("-", "\u2212")
    source = _source("correlations", "core firms and MP")
    return Figure("correlogram", "correlogram", {"lags": frame}, alt, source)
