"""Volatility: before against after a session, and GARCH(1,1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from arch.univariate.base import ARCHModelResult

__all__ = ["garch", "half_life", "leverage", "volatility_change"]


@dataclass(frozen=True)
class GarchFit:
    """A GARCH(1,1) with constant mean, ``h_t = ω + α e²_{t-1} + β h_{t-1}``.

    Attributes
    ----------
    persistence : float
        α + β.
    conditional : Series
        Volatility of each session, fraction.
    """

    persistence: float
    conditional: pd.Series


@dataclass(frozen=True, slots=True)
class Leverage:
    """How much more a fall adds to the variance than a rise: γ, its robust error and p, n."""

    gamma: float
    se: float
    p: float
    n: int


def volatility_change(returns: pd.DataFrame, before: int, after: int) -> pd.DataFrame:
    """Return the log ratio of volatility after each session to that before it.

    Parameters
    ----------
    returns : DataFrame, (T, A)
        Fractions.
    before, after : int
        Sessions in the two windows: event days -before to -1, and 1 to after.

    Returns
    -------
    DataFrame, (T, A)
        ``log(s_after / s_before)`` with sample standard deviations, at every session, so that
        events and placebo dates are read from one table; missing where a window is not complete.
    """
    earlier = returns.rolling(before).std().shift(1)
    later = returns.rolling(after).std().shift(-after)
    ratio: pd.DataFrame = later.where(later > 0) / earlier.where(earlier > 0)
    return ratio.apply(np.log)


def garch(returns: pd.Series, distribution: Literal["normal", "t"] = "t") -> GarchFit:
    """Fit a GARCH(1,1) by maximum likelihood (Bollerslev 1986, J. Econometrics 31).

    Parameters
    ----------
    returns : Series
        Fractions; missing ones are left out.
    distribution : {"normal", "t"}
        Of the standardised shocks.

    Raises
    ------
    ValueError
        If fewer than 100 returns are left or they do not vary.
    """
    fit, scale = _fit(returns, distribution)
    persistence = float(fit.params["alpha[1]"]) + float(fit.params["beta[1]"])
    return GarchFit(persistence, pd.Series(fit.conditional_volatility / scale))


def leverage(returns: pd.Series, distribution: Literal["normal", "t"] = "t") -> Leverage:
    """Test for asymmetry in ``h_t = ω + (α + γ 1{e_{t-1} < 0}) e²_{t-1} + β h_{t-1}``.

    The model of Glosten, Jagannathan and Runkle (1993, J. Finance 48), fitted by arch; the error is
    that of Bollerslev and Wooldridge (1992), p two-sided from the normal law.

    Parameters and errors are those of :func:`garch`.
    """
    fit, _ = _fit(returns, distribution, asymmetric=True)
    return Leverage(
        gamma=float(fit.params["gamma[1]"]),
        se=float(fit.std_err["gamma[1]"]),
        p=float(fit.pvalues["gamma[1]"]),
        n=int(fit.nobs),
    )


def half_life(persistence: float) -> float:
    """Return the sessions until half of a shock to the variance is gone; infinite from 1 on."""
    return float(np.log(0.5) / np.log(persistence)) if 0 < persistence < 1 else float("inf")


def _fit(
    returns: pd.Series, distribution: Literal["normal", "t"], *, asymmetric: bool = False
) -> tuple[ARCHModelResult, float]:
    """Fit the known returns times the factor that gives them unit variance; return it too."""
    from arch import arch_model  # late: it imports matplotlib, which takes half a second

    known = returns.dropna().astype(float)
    if len(known) < 100 or not known.std() > 0:
        raise ValueError(f"GARCH: expected at least 100 varying returns, found {len(known)}")
    scale = 1.0 / float(known.std())  # the optimiser works best near unit variance
    model = arch_model(
        known * scale,
        mean="Constant",
        p=1,
        o=int(asymmetric),
        q=1,
        dist=distribution,
        rescale=False,
    )
    return model.fit(disp="off", show_warning=False), scale
