"""A smooth calibration curve: logistic regression on a restricted cubic spline.

Ref. Harrell 2015, doi:10.1007/978-3-319-19425-7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.stats.resampling.layout import log_odds
from samd_validate.stats.sample import Sample

POINTS = 60
KNOTS = (0.05, 0.35, 0.65, 0.95)
FEWEST_SPREAD = 1e-3
SEPARATED = 1e-4


@dataclass(frozen=True, kw_only=True)
class SplineFit:
    """A fitted curve: knots on the log-odds, coefficients and their covariance.

    ``is_separated`` says that the curve tells the classes apart without error, so that the
    likelihood has no maximum.
    """

    knots: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    is_separated: bool

    def risk(self, score: FloatArray) -> FloatArray:
        """Return the observed risk that the curve gives at predicted risks, each in [0, 1]."""
        from scipy.special import expit

        return np.asarray(expit(_basis(log_odds(score), self.knots) @ self.coefficients))

    def band(self, score: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
        """Return the limits of the pointwise Wald band at predicted risks."""
        from scipy.special import expit, ndtri

        basis = _basis(log_odds(score), self.knots)
        eta = basis @ self.coefficients
        error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", basis, self.covariance, basis), 0))
        error = np.where(np.isfinite(error), error, np.inf)  # then the band is all of [0, 1]
        half = float(ndtri((1 + level) / 2)) * error
        return expit(eta - half), expit(eta + half)


def fit_spline(sample: Sample) -> SplineFit:
    """Return the curve of a sample with both classes and scores in [0, 1].

    Where patients have several rows the covariance is the robust one, by patient (Liang & Zeger
    1986, doi:10.1093/biomet/73.1.13). With fewer than three distinct knots the curve is a line on
    the log-odds.
    """
    order = np.argsort(-sample.score, kind="stable")
    x = log_odds(sample.score[order])
    knots = np.unique(np.quantile(x, KNOTS))
    patient = sample.codes[order] if sample.n_clusters < sample.n else None
    coefficients, covariance, separated = _logistic(_basis(x, knots), sample.label[order], patient)
    return SplineFit(
        knots=knots, coefficients=coefficients, covariance=covariance, is_separated=separated
    )


def spline_fit(
    sample: Sample, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return predicted risks, fitted observed risks, and the limits of the pointwise band.

    The curve runs over the middle 98 % of the predicted risks.
    """
    from scipy.special import expit

    fit = fit_spline(sample)
    first, last = np.quantile(log_odds(sample.score), (0.01, 0.99))
    grid = np.asarray(expit(np.linspace(first, last, POINTS)))
    low, high = fit.band(grid, level)
    return grid, fit.risk(grid), low, high


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


def _logistic(
    design: FloatArray, label: Column, patient: Column | None
) -> tuple[FloatArray, FloatArray, bool]:
    """Return coefficients and covariance of a logistic regression, and whether it separates.

    Columns are scaled to unit spread for the fit, since spline terms differ by magnitudes.
    """
    import warnings

    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    scale = np.where(design.std(axis=0) > 0, design.std(axis=0), 1.0)
    model = sm.GLM(label, design / scale, family=sm.families.Binomial())
    robust = {} if patient is None else {"cov_type": "cluster", "cov_kwds": {"groups": patient}}
    with warnings.catch_warnings(), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # its band is then very wide
        fit = model.fit(**robust)
        if not np.isfinite(
            fit.cov_params()
        ).all():  # a robust one may not exist where nearly separated
            fit = model.fit()
        separated = bool(np.abs(label - fit.fittedvalues).max() < SEPARATED)
    covariance = fit.cov_params() / np.outer(scale, scale)
    return np.asarray(fit.params / scale), np.asarray(covariance, dtype=np.float64), separated
