"""A smooth calibration curve: logistic regression on a restricted cubic spline."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.stats.layout import log_odds
from samd_validate.stats.sample import Sample

POINTS = 60
KNOTS = (0.05, 0.35, 0.65, 0.95)
FEWEST_SPREAD = 1e-3


def spline_fit(
    sample: Sample, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return predicted risks, fitted observed risks, and the limits of the pointwise band.

    The curve runs over the middle 98 % of the predicted risks.
    """
    from scipy.special import expit, ndtri

    x = log_odds(sample.score)
    knots = np.unique(np.quantile(x, KNOTS))
    design = _basis(x, knots)
    beta, covariance = _logistic(design, sample.label.astype(np.float64))
    first, last = (float(q) for q in np.quantile(x, (0.01, 0.99)))
    grid = np.linspace(first, last, POINTS)
    basis = _basis(grid, knots)
    eta = basis @ beta
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", basis, covariance, basis), 0))
    z = float(ndtri(1 - (1 - level) / 2))
    return expit(grid), expit(eta), expit(eta - z * error), expit(eta + z * error)


def _basis(x: FloatArray, knots: FloatArray) -> FloatArray:
    """Return intercept, linear term and restricted cubic terms (Harrell's truncated powers)."""
    columns = [np.ones_like(x), x]
    if knots.size > 2 and np.diff(knots).min() > FEWEST_SPREAD:  # noqa: PLR2004  # a spline needs 3
        last, before = knots[-1], knots[-2]
        for knot in knots[:-2]:
            bend = _cube(x - knot)
            bend -= _cube(x - before) * (last - knot) / (last - before)
            bend += _cube(x - last) * (before - knot) / (last - before)
            columns.append(bend / (last - knots[0]) ** 2)
    return np.stack(columns, axis=1)


def _cube(x: FloatArray) -> FloatArray:
    return np.maximum(x, 0) ** 3


def _logistic(design: FloatArray, label: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and covariance of a logistic regression.

    Columns are scaled to unit spread for the fit, since spline terms differ by magnitudes.
    """
    import warnings

    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    scale = np.where(design.std(axis=0) > 0, design.std(axis=0), 1.0)
    with warnings.catch_warnings(), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # its band is then very wide
        fit = sm.GLM(label, design / scale, family=sm.families.Binomial()).fit()
    covariance = fit.cov_params() / np.outer(scale, scale)
    return np.asarray(fit.params / scale), np.asarray(covariance, dtype=np.float64)
