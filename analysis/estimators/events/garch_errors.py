"""The market model with GARCH(1,1) errors: coefficients and the variance expected on event days.

No closed form serves all windows at once, so windows are fitted one by one, some ten milliseconds
each. ``y = α + β'x + e``, ``h_t = ω + a e²_{t-1} + b h_{t-1}`` (Bollerslev 1986, J. Econometrics
31), by normal maximum likelihood with the arch package. The variance of an event day is the
forecast made at the end of the estimation window, whatever happens in the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.estimators.arrays import Array, Floats, Ints
from analysis.estimators.events.layout import Panel
from analysis.estimators.events.models import WindowFit

__all__ = ["FEWEST", "Forecast", "fit_garch", "refit"]

FEWEST = 100  # sessions below which the likelihood says little about the variance


@dataclass(frozen=True, slots=True)
class Forecast:
    """Variances expected at the end of N estimation windows.

    Attributes
    ----------
    variance : (N, L)
        Of the error on each event day, squared fraction.
    covariance : (N, 1 + m, 1 + m)
        Of intercept and slopes; robust to the law of the shocks (Bollerslev and Wooldridge 1992,
        Econometric Reviews 11).
    """

    variance: Floats
    covariance: Floats

    def take(self, rows: Array | slice) -> Forecast:
        """Return the forecasts of some rows, by number, mask or slice."""
        return Forecast(self.variance[rows], self.covariance[rows])

    def days(self, part: slice) -> Forecast:
        """Return the forecasts of some of the event days."""
        return Forecast(self.variance[:, part], self.covariance)

    def of_sum(self, factor_sum: Floats) -> Floats:
        """Return the variance of the CAR over all L days: errors and estimated mean. (N,)."""
        count, length = self.variance.shape
        moved = np.column_stack([np.full(count, float(length)), factor_sum])
        mean = np.einsum("na,nab,nb->n", moved, self.covariance, moved)
        return np.asarray(self.variance.sum(axis=1) + mean)

    def of_days(self, factors: Floats) -> Floats:
        """Return the variance of each day's abnormal return, (N, L), from (m, N, L) factors."""
        days = range(self.variance.shape[1])
        parts = [self.days(slice(d, d + 1)).of_sum(factors[:, :, d].T) for d in days]
        return np.stack(parts, axis=1)


def refit(
    panel: Panel, column: Ints, position: Ints, plain: WindowFit
) -> tuple[WindowFit, Forecast]:
    """Replace the least-squares fits of N windows by fits with GARCH(1,1) errors.

    Returns
    -------
    WindowFit
        NaN coefficients where the likelihood does not converge.
    Forecast
        NaN in those rows, and in rows that least squares could not fit or with fewer than FEWEST
        sessions.
    """
    count, m = plain.beta.shape
    fit = replace(plain, alpha=plain.alpha.copy(), beta=plain.beta.copy(), sse=plain.sse.copy())
    variance = np.full((count, panel.layout.days), np.nan)
    covariance = np.full((count, 1 + m, 1 + m), np.nan)
    layout = panel.layout
    ahead = np.arange(layout.first, layout.last + 1) + layout.gap  # of a window's last session
    usable = (plain.n >= FEWEST) & np.isfinite(plain.alpha) & ~plain.perfect & ~plain.constant
    for row in np.flatnonzero(usable):
        place = slice(row, row + 1)
        y, x = panel.estimation_windows(column[place], position[place])
        known = np.flatnonzero(np.isfinite(y[0]) & np.isfinite(x[:, 0]).all(axis=0))
        left, right = y[0, known], x[:, 0, known].T
        mean, variance_path, cov = fit_garch(left, right, ahead + layout.length - 1 - known[-1])
        fit.alpha[row], fit.beta[row] = mean[0], mean[1:]
        fit.sse[row] = ((left - mean[0] - right @ mean[1:]) ** 2).sum()
        variance[row], covariance[row] = variance_path, cov
    return fit, Forecast(variance, covariance)


def fit_garch(y: Floats, x: Floats, horizons: Ints) -> tuple[Floats, Floats, Floats]:
    """Fit one window; all NaN where the likelihood does not converge.

    Parameters
    ----------
    y : (n,)
        Returns in order, fraction; a session left out joins its neighbours.
    x : (n, m)
        Factors.
    horizons : (L,)
        Sessions ahead of the last one, at least 1.

    Returns
    -------
    (1 + m,), (L,), (1 + m, 1 + m)
        Intercept and slopes, variance expected at the horizons, covariance of the coefficients.
    """
    from arch import arch_model  # late: it imports matplotlib, which takes half a second

    k = 1 + x.shape[1]
    scale = 1.0 / float(y.std())  # the optimiser works best near unit variance
    mean = {"x": x, "mean": "LS"} if x.shape[1] else {"mean": "Constant"}
    model = arch_model(y * scale, p=1, q=1, dist="normal", rescale=False, **mean)
    found = model.fit(disp="off", show_warning=False)
    if found.convergence_flag != 0:
        return np.full(k, np.nan), np.full(len(horizons), np.nan), np.full((k, k), np.nan)
    parameters = np.asarray(found.params, dtype=float)
    omega, a, b = parameters[k : k + 3]
    error, h = float(found.resid[-1]), float(found.conditional_volatility[-1]) ** 2
    path = _expected(omega + a * error**2 + b * h, omega, a + b, horizons)
    covariance = np.asarray(found.param_cov, dtype=float)[:k, :k]
    return parameters[:k] / scale, path / scale**2, covariance / scale**2


def _expected(first: float, omega: float, persistence: float, horizons: Ints) -> Floats:
    """Return the variance expected at the horizons: ``first`` at 1, then decaying by a + b."""
    steps = np.arange(int(horizons.max()), dtype=float)
    decay = persistence**steps
    gone = np.concatenate([[0.0], np.cumsum(decay)[:-1]])
    return np.asarray((omega * gone + decay * first)[horizons - 1])
