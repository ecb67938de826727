"""Relative beta on a user's own prices: ``python -m analysis beta --help``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.errors import UserDataError
from analysis.estimators.beta.equality import equal_betas
from analysis.estimators.beta.relative import (
    BetaFit,
    bootstrap_beta,
    dimson_beta,
    huber_beta,
    ols_beta,
    scholes_williams_beta,
    shrink_betas,
    up_down_beta,
)
from analysis.estimators.beta.rolling import ewm_beta, rolling_beta
from analysis.estimators.multiplicity import holm
from analysis.estimators.returns import log_returns, simple_returns
from analysis.userfiles.output import plain, records

__all__ = ["Choices", "Result", "document", "run"]

FEWEST = 30  # common returns below which no beta is worth a row


@dataclass(frozen=True)
class Choices:
    """Every choice of one run; HAC lags, lags, leads, window, half-life and block in sessions.

    ``assets`` are all columns but the benchmark unless named.
    """

    benchmark: str
    assets: tuple[str, ...] = ()
    returns: Literal["simple", "log"] = "simple"
    hac: int = 5
    lags: int = 1
    leads: int = 1
    window: int = 60
    halflife: float = 60.0
    block: int = 10
    draws: int = 2000
    seed: int = 1


@dataclass(frozen=True)
class Result:
    """Frames of one run.

    Attributes
    ----------
    betas : DataFrame, one row an asset
        Least squares with three errors, shrunk and other estimates; see ``docs/beta.md``.
    rolling : DataFrame
        ``ticker``, ``date`` (last session of the window), ``beta``, ``se``, ``low``, ``high``,
        ``weighted`` (exponential weights).
    equality : DataFrame
        Tests of equal betas: of all assets first, then of each pair.
    skipped : DataFrame
        ``ticker``, ``reason``.
    """

    betas: pd.DataFrame
    rolling: pd.DataFrame
    equality: pd.DataFrame
    skipped: pd.DataFrame


def run(prices: pd.DataFrame, choices: Choices) -> Result:
    """Estimate the beta of each asset on the benchmark.

    Parameters
    ----------
    prices : DataFrame
        Sessions by assets; see :func:`analysis.userfiles.user_data.read_prices`.
    choices : Choices
        Everything else.

    Raises
    ------
    UserDataError
        If a column is missing, the benchmark does not vary, or the estimators refuse the choices.
    """
    assets = _assets(prices, choices)
    try:
        returns = (log_returns if choices.returns == "log" else simple_returns)(prices)
        market = returns[choices.benchmark]
        reasons = {name: _reason(returns[name], market) for name in assets}
        kept = [name for name in assets if not reasons[name]]
        rows = [_row(name, returns[name], market, choices) for name in kept]
        rolling = [_rolling(name, returns[name], market, choices) for name in kept]
        equality = _equality(returns[kept], market)
    except ValueError as error:
        raise UserDataError(f"beta: {error}; change the option or the file") from None
    betas = pd.DataFrame(rows)
    if len(kept) > 1:
        betas["shrunk"] = shrink_betas(betas["beta"], betas["se_hc3"])
    skipped = [{"ticker": name, "reason": text} for name, text in reasons.items() if text]
    return Result(
        betas=betas,
        rolling=pd.concat(rolling, ignore_index=True) if rolling else pd.DataFrame(),
        equality=equality,
        skipped=pd.DataFrame(skipped),
    )


def document(result: Result, settings: dict[str, Any]) -> dict[str, Any]:
    """Arrange a result for JSON: one entry an asset, its other estimates and path inside it."""
    assets = []
    for row in result.betas.to_dict("records"):
        path = result.rolling[result.rolling["ticker"] == row["ticker"]]
        assets.append(_nested(row) | {"rolling": records(path.drop(columns="ticker"))})
    return {
        "spec": settings,
        "assets": assets,
        "equality": records(result.equality),
        "skipped": records(result.skipped),
    }


def _assets(prices: pd.DataFrame, choices: Choices) -> list[str]:
    """Return the assets asked for; raise UserDataError where a column or a choice is no good."""
    named = choices.assets or tuple(c for c in prices.columns if c != choices.benchmark)
    for name in (choices.benchmark, *named):
        if name not in prices.columns:
            raise UserDataError(
                f"prices: expected a column {name!r}, found "
                f"{', '.join(map(str, prices.columns[:8]))}; name one of the columns"
            )
    for option, least in {"hac": 0, "lags": 0, "leads": 0, "draws": 2, "halflife": 1}.items():
        found = getattr(choices, option)
        if found < least:
            raise UserDataError(f"{option}: expected {least} or more, found {found}; change it")
    values = prices[choices.benchmark].dropna()
    if values.size < FEWEST or values.min() == values.max():
        raise UserDataError(
            f"prices, column {choices.benchmark}: expected {FEWEST} varying prices of the "
            f"benchmark or more, found {values.size}; choose another benchmark"
        )
    return list(dict.fromkeys(named))


def _reason(returns: pd.Series, market: pd.Series) -> str:
    """Say why an asset has no beta; empty where it has one."""
    common = returns[returns.notna() & market.notna()]
    if len(common) < FEWEST:
        return f"too few common returns (found {len(common)}, needed {FEWEST})"
    if float(common.std()) <= 1e-12:
        return "constant returns"
    if np.allclose(common, market[common.index], rtol=1e-9, atol=1e-12):
        return "the benchmark itself"
    return ""


def _row(name: str, y: pd.Series, x: pd.Series, choices: Choices) -> dict[str, Any]:
    """Return every estimate of one asset, flat: ``huber.beta``, ``up_down.t``, ..."""
    common = y.index[y.notna() & x.notna()]
    fit = ols_beta(y, x, choices.hac)
    low, high = fit.interval("hc3")
    rng = np.random.default_rng(choices.seed)
    others = {
        "huber": asdict(huber_beta(y, x)),
        "dimson": asdict(
            dimson_beta(y, x, lags=choices.lags, leads=choices.leads, hac_lags=choices.hac)
        ),
        "bootstrap": asdict(bootstrap_beta(y, x, choices.block, choices.draws, rng)),
        "up_down": asdict(up_down_beta(y, x, choices.hac)),
    }
    return (
        {"ticker": name, "start": common[0], "end": common[-1]}
        | _least_squares(fit)
        | {"low": low, "high": high, "scholes_williams": scholes_williams_beta(y, x)}
        | {f"{kind}.{k}": v for kind, values in others.items() for k, v in values.items()}
    )


def _least_squares(fit: BetaFit) -> dict[str, float]:
    names = ("n", "df", "alpha", "beta", "se_ols", "se_hc3", "se_hac", "r2", "sigma")
    return {name: getattr(fit, name) for name in names}


def _rolling(name: str, y: pd.Series, x: pd.Series, choices: Choices) -> pd.DataFrame:
    """Return the path of one asset's beta."""
    path = rolling_beta(y, x, choices.window)
    weighted = ewm_beta(y, x, choices.halflife).rename("weighted")
    joined = path.join(weighted).rename_axis("date").reset_index()
    joined.insert(0, "ticker", name)
    return joined


def _equality(returns: pd.DataFrame, market: pd.Series) -> pd.DataFrame:
    """Test all assets together, then each pair; Holm over the pairs."""
    names = list(map(str, returns.columns))
    sets = [names] if len(names) > 2 else []
    pairs = [list(pair) for pair in combinations(names, 2)]
    rows = []
    for members in sets + pairs:
        if returns[members].notna().all(axis=1).sum() < FEWEST + len(members):
            continue
        found = asdict(equal_betas(returns[members], market))
        found |= {"assets": "+".join(members), "betas": found["betas"].tolist()}
        rows.append(found)
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    table = table.rename(columns={"p": "p_value"})
    for column in ("p_value", "p_clustered"):
        family = table["assets"].str.count(r"\+") == 1
        table.loc[family, f"{column}_holm"] = holm(table.loc[family, column])
    return table[["assets", *[c for c in table.columns if c != "assets"]]]


def _nested(row: dict[Any, Any]) -> dict[str, Any]:
    """Turn ``huber.beta`` into an entry ``beta`` of ``huber``."""
    nested: dict[str, Any] = {}
    for name, value in row.items():
        outer, _, inner = str(name).partition(".")
        if inner:
            nested.setdefault(outer, {})[inner] = plain(value)
        else:
            nested[outer] = plain(value)
    return nested
