"""Market models for prices that lag: Scholes-Williams and Dimson slopes, all windows at once.

Both slopes are linear in the returns, ``β̂ = w'y`` with ``Σw = 0``, so that a CAR has the variance
``σ² (L2 + L2²/n + d² w'w)``: the market model's, with ``1 / w'w`` in the place of the factor's sum
of squares. The abnormal return is the return less ``α̂ + β̂ x`` on the same session, as in Brown
and Warner (1985, J. Financial Economics 14). σ² is the sum of its squares over
``n - 2``, a little too large: the slope is not the one that makes the sum smallest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.estimators.arrays import Floats, Ints
from analysis.estimators.events.layout import Panel
from analysis.estimators.events.models import WindowFit, excess_variance, fit_windows
from analysis.estimators.names import Model

__all__ = ["SHIFTED", "fit_shifted", "with_neighbours"]

SHIFTED: tuple[Model, ...] = ("scholes_williams", "dimson")


def with_neighbours(panel: Panel) -> Panel:
    """Leave sessions out of estimation on which the factor lacks its neighbours.

    The slopes need the factor on the session before and after; without this the sessions that
    enter the fit would not be those that the panel shows.
    """
    lonely = np.isnan(_shifted(panel.factors[0])).any(axis=0)
    panel = replace(panel, estimation=np.where(lonely, np.nan, panel.estimation))
    if panel.own is None:
        return panel
    lonely = np.isnan(_shifted(panel.own.fitted[0])).any(axis=0)
    apart = np.where(lonely, np.nan, panel.own.estimation)
    return replace(panel, own=replace(panel.own, estimation=apart))


def fit_shifted(panel: Panel, column: Ints, position: Ints, model: Model) -> WindowFit:
    """Fit the market model with a slope corrected for trades that are not simultaneous.

    Scholes and Williams (1977, J. Financial Economics 5): ``cov(y, z) / cov(x, z)`` with ``z_t =
    x_{t-1} + x_t + x_{t+1}``. Dimson (1979, J. Financial Economics 7): the sum of the slopes of a
    regression on ``x_{t-1}, x_t, x_{t+1}``.

    Parameters
    ----------
    panel : Panel
        With one factor, x, and :func:`with_neighbours` applied.
    column, position : (N,)
        Rows of the assets and sessions of the day 0s.
    model : {"scholes_williams", "dimson"}

    Returns
    -------
    WindowFit
        ``scatter`` holds ``1 / w'w``, (N, 1, 1), so that errors follow as in the market model.
    """
    own = panel.own and replace(panel.own, fitted=_shifted(panel.own.fitted[0]))
    wide = replace(panel, factors=_shifted(panel.factors[0]), own=own)
    y, x = wide.estimation_windows(column, position)
    y = np.where(np.isfinite(x).all(axis=0), y, np.nan)
    plain = fit_windows(y, x[1:2], "market")
    slope, information = (_dimson if model == "dimson" else _scholes_williams)(y, x)
    change = slope - plain.beta[:, 0]
    return replace(
        plain,
        alpha=plain.alpha - change * plain.mean[:, 0],
        beta=slope[:, None],
        # Least-squares residuals are orthogonal to x, so another slope adds its own square.
        sse=plain.sse + change**2 * plain.scatter[:, 0, 0],
        scatter=information[:, None, None],
    )


def _shifted(line: Floats) -> Floats:
    """Return the factor on the session before, the same and the one after. (3, ..., T)."""
    edge = np.full((*line.shape[:-1], 1), np.nan)
    padded = np.concatenate([edge, line, edge], axis=-1)
    return np.stack([padded[..., :-2], line, padded[..., 2:]])


def _dimson(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return the sum of the three slopes and ``1 / w'w``, one over the sum of S⁻¹. (N,) each."""
    fit = fit_windows(y, x, "market")
    squares = excess_variance(fit, "market", 0, np.ones_like(fit.beta))
    return fit.beta.sum(axis=1), 1.0 / squares


def _scholes_williams(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return the instrumental slope and ``1 / w'w = cov(x, z)² / var(z)``. (N,) each."""
    z = x.sum(axis=0, keepdims=True)
    known = np.isfinite(y) & np.isfinite(z[0])
    reduced = fit_windows(y, z, "market")
    first = fit_windows(np.where(known, x[1], np.nan), z, "market")
    strength = np.where(first.beta[:, 0] == 0, np.nan, first.beta[:, 0])
    return reduced.beta[:, 0] / strength, first.scatter[:, 0, 0] * strength**2
