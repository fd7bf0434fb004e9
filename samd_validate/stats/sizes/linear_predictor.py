"""How the linear predictor (log-odds of the predicted risk) is spread over the patients to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, expit, log_expit, logit, ndtri

from samd_validate.core.arrays import FloatArray, read_only

REACH = 45.0  # beyond it a log-odds adds less than 1e-19 to any integral below
STEPS = 18_001
WIDEST = 12.0  # standard deviations of a normal distribution that are integrated over


@dataclass(frozen=True, kw_only=True)
class LinearPredictor:
    """Log-odds of predicted risk ``points (k,)`` with the share ``weights (k,)`` of patients.

    ``prevalence`` is the mean predicted risk, in (0, 1); ``words`` say what was assumed.
    """

    points: FloatArray
    weights: FloatArray
    prevalence: float
    words: str

    def information(self, intercept: float = 0.0, slope: float = 1.0) -> tuple[float, float, float]:
        """Return Fisher's information of one patient on intercept, both, and slope.

        The outcome is taken to follow ``log-odds = intercept + slope * linear predictor``; a
        slope below 1 says that the predicted risks are too extreme.
        """
        risk = expit(intercept + slope * self.points)
        share = self.weights * risk * (1 - risk)
        return (
            float(share.sum()),
            float(share @ self.points),
            float(share @ self.points**2),
        )


def normal_predictor(mean: float, sd: float) -> LinearPredictor:
    """Return a linear predictor that is normal in all patients together.

    >>> round(normal_predictor(-1.75, 1.47).prevalence, 3)
    0.219

    Raises
    ------
    ValueError
        If the mean is not finite or the standard deviation not above 0.
    """
    if not np.isfinite(mean):
        raise ValueError("mean must be a finite log-odds")
    if not 0 < sd < np.inf:
        raise ValueError("sd must be a finite number above 0")
    steps = np.linspace(-WIDEST, WIDEST, STEPS)
    density = np.exp(-(steps**2) / 2)
    return _weighted(mean + sd * steps, density, f"normal, mean {mean:g}, SD {sd:g}")


def beta_predictor(alpha: float, beta: float) -> LinearPredictor:
    """Return the linear predictor whose predicted risk has a beta distribution.

    >>> round(beta_predictor(1.33, 1.75).prevalence, 3)
    0.432

    Raises
    ------
    ValueError
        If a parameter is not above 0.
    """
    if not (0 < alpha < np.inf and 0 < beta < np.inf):
        raise ValueError("alpha and beta must be finite numbers above 0")
    points = np.linspace(-REACH, REACH, STEPS)
    # the density of the log-odds: that of the risk times risk * (1 - risk)
    log_density = alpha * log_expit(points) + beta * log_expit(-points) - betaln(alpha, beta)
    return LinearPredictor(
        points=read_only(points),
        weights=read_only(np.exp(log_density) * (points[1] - points[0])),
        prevalence=alpha / (alpha + beta),
        words=f"predicted risk beta, alpha {alpha:g}, beta {beta:g}",
    )


def binormal_predictor(prevalence: float, auroc: float) -> LinearPredictor:
    """Return the calibrated linear predictor that a prevalence and an AUROC imply.

    It is normal among events and among non-events, with one variance, ``2 * probit(auroc)^2``
    (Riley et al. 2021, section 4.6.3, doi:10.1002/sim.9025); calibration fixes both means.

    Raises
    ------
    ValueError
        If the prevalence is outside (0, 1) or the AUROC outside (0.5, 1).
    """
    if not 0 < prevalence < 1:
        raise ValueError("prevalence must lie between 0 and 1")
    if not 0.5 < auroc < 1:  # noqa: PLR2004  # chance
        raise ValueError("auroc must lie between 0.5 and 1")
    variance = 2 * float(ndtri(auroc)) ** 2
    sd = np.sqrt(variance)
    middle = float(logit(prevalence)) - variance / 2
    points = np.linspace(middle - WIDEST * sd, middle + variance + WIDEST * sd, STEPS)
    others, events = (
        np.exp(-((points - mean) ** 2) / (2 * variance)) for mean in (middle, middle + variance)
    )
    words = f"binormal, from prevalence {prevalence:g} and AUROC {auroc:g}"
    return _weighted(points, (1 - prevalence) * others + prevalence * events, words)


def predictor_of_sample(log_odds: ArrayLike) -> LinearPredictor:
    """Return the linear predictor of a sample ``(n,)`` of log-odds, as of a pilot study.

    Raises
    ------
    ValueError
        If the sample is no row of finite numbers that differ.
    """
    points = np.asarray(log_odds, dtype=np.float64)
    if points.ndim != 1 or points.size == 0 or not np.isfinite(points).all():
        raise ValueError("log_odds must be a row of finite numbers")
    if points.min() == points.max():
        raise ValueError("log_odds must differ: with one value there is no slope")
    return _weighted(points, np.ones(points.size), f"a sample of {points.size} patients")


def _weighted(points: FloatArray, density: FloatArray, words: str) -> LinearPredictor:
    weights = density / density.sum()
    return LinearPredictor(
        points=read_only(points),
        weights=read_only(weights),
        prevalence=float(weights @ expit(points)),
        words=words,
    )
