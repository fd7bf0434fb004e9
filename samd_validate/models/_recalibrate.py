"""Platt's recalibration on the tuning part: two numbers that map a score to a probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray

EDGE = 1e-7


def log_odds(probability: Column) -> FloatArray:
    """Return the log-odds of probabilities, kept finite at 0 and 1."""
    inside = np.clip(probability.astype(np.float64), EDGE, 1 - EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def logistic(value: Column) -> FloatArray:
    """Return the probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-value.astype(np.float64))))


@dataclass(frozen=True, kw_only=True)
class Platt:
    """``log-odds = slope * raw log-odds + intercept`` (Platt 1999)."""

    slope: float
    intercept: float

    def apply(self, raw_log_odds: Column) -> FloatArray:
        """Return recalibrated probabilities."""
        return logistic(self.slope * raw_log_odds + self.intercept)


def learn_platt(raw_log_odds: Column, label: Column) -> Platt:
    """Return the recalibration that fits the tuning part best; the slope is never negative."""
    from scipy.optimize import minimize

    x, y = raw_log_odds.astype(np.float64), label.astype(np.float64)

    def loss(theta: FloatArray) -> tuple[float, FloatArray]:
        eta = theta[0] * x + theta[1]
        residual = logistic(eta) - y
        value = float(np.logaddexp(0, eta).sum() - (y * eta).sum())
        return value, np.array([(residual * x).sum(), residual.sum()])

    fit = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)]
    )
    return Platt(slope=float(fit.x[0]), intercept=float(fit.x[1]))
