"""How much sites differ beyond chance: Q, the variance between sites, and its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from samd_validate.core.arrays import FloatArray

GRID = 200
POLISHING = 10


def pooled_mean(values: FloatArray, variances: FloatArray, tau2: float = 0.0) -> float:
    """Return the mean weighted by ``1 / (variance + tau2)``."""
    weight = 1 / (variances + tau2)
    return float((weight * values).sum() / weight.sum())


def generalised_q(values: FloatArray, variances: FloatArray, tau2: float = 0.0) -> float:
    """Return the weighted sum of squares around the pooled mean; Cochran's Q at ``tau2`` 0.

    It falls as ``tau2`` grows. Under the model it is chi-squared with k - 1 degrees of freedom.

    >>> generalised_q(np.array([0.0, 2.0]), np.array([1.0, 1.0]))
    2.0
    """
    centre = pooled_mean(values, variances, tau2)
    return float(((values - centre) ** 2 / (variances + tau2)).sum())


def typical_variance(variances: FloatArray) -> float:
    """Return the typical variance within a site (Higgins & Thompson 2002, doi:10.1002/sim.1186)."""
    weight = 1 / variances
    freedom = weight.size - 1
    return float(freedom * weight.sum() / (weight.sum() ** 2 - (weight**2).sum()))


def dersimonian_laird(values: FloatArray, variances: FloatArray) -> float:
    """Return the moment estimate of the variance between sites, 0 if Q is below k - 1.

    Ref. DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2. With few sites it is too small
    on average (Veroniki et al. 2016, doi:10.1002/jrsm.1164).
    """
    weight = 1 / variances
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    excess = generalised_q(values, variances) - (values.size - 1)
    return max(0.0, float(excess / scale))


def paule_mandel(values: FloatArray, variances: FloatArray) -> float:
    """Return where Q equals k - 1 (Paule & Mandel 1982, doi:10.6028/jres.087.022)."""
    return _tau2_at(values.size - 1, values, variances)


def reml(values: FloatArray, variances: FloatArray) -> float:
    """Return the restricted maximum likelihood estimate of the variance between sites.

    The best point of a grid from 0 to a bound that no maximum exceeds is refined by Brent's
    method and by Fisher scoring, so that a local maximum is not taken for the highest one.
    Ref. Viechtbauer 2005, doi:10.3102/10769986030003261.
    """
    spread = float(np.ptp(values))
    if spread == 0:
        return 0.0
    highest = 2 * spread**2 + float(variances.max())
    grid = np.append(0.0, np.geomspace(1e-6 * variances.min(), highest, GRID))
    fits = [_restricted_log_likelihood(float(point), values, variances) for point in grid]
    best = int(np.argmax(fits))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, GRID)])
    refined = minimize_scalar(
        lambda tau2: -_restricted_log_likelihood(tau2, values, variances),
        bounds=(low, high),
        method="bounded",
    )
    return _polished(float(refined.x), low, high, values, variances)


def _restricted_log_likelihood(tau2: float, values: FloatArray, variances: FloatArray) -> float:
    total = variances + tau2
    q = generalised_q(values, variances, tau2)
    return float(-0.5 * (np.log(total).sum() + np.log((1 / total).sum()) + q))


def _polished(
    tau2: float, low: float, high: float, values: FloatArray, variances: FloatArray
) -> float:
    """Return ``tau2`` after steps of Fisher scoring, kept between ``low`` and ``high``."""
    for _ in range(POLISHING):
        weight = 1 / (variances + tau2)
        total = weight.sum()
        away = values - pooled_mean(values, variances, tau2)
        score = (weight**2 * away**2).sum() - total + (weight**2).sum() / total
        information = (
            (weight**2).sum() - 2 * (weight**3).sum() / total + ((weight**2).sum() / total) ** 2
        )
        tau2 = min(high, max(low, tau2 + float(score / information)))
    return tau2


def tau2_interval(values: FloatArray, variances: FloatArray, level: float) -> tuple[float, float]:
    """Return the Q-profile interval of the variance between sites.

    Its ends are where Q meets the quantiles of chi-squared with k - 1 degrees of freedom; an end
    that would be negative is 0. Ref. Viechtbauer 2007, doi:10.1002/sim.2514.
    """
    tail = (1 - level) / 2
    low, high = (
        _tau2_at(float(chi2.ppf(share, values.size - 1)), values, variances)
        for share in (1 - tail, tail)
    )
    return low, high


def _tau2_at(target: float, values: FloatArray, variances: FloatArray) -> float:
    """Return where Q, which falls in ``tau2``, meets the target; 0 if it starts below."""
    if generalised_q(values, variances) <= target:
        return 0.0
    highest = float(((values - values.mean()) ** 2).sum()) / target

    def excess(tau2: float) -> float:
        return generalised_q(values, variances, tau2) - target

    return float(brentq(excess, 0.0, highest, xtol=1e-14 * (1 + highest), rtol=1e-13))


ESTIMATORS: Mapping[str, Callable[[FloatArray, FloatArray], float]] = MappingProxyType(
    {
        "fixed": dersimonian_laird,
        "dersimonian-laird": dersimonian_laird,
        "reml": reml,
        "paule-mandel": paule_mandel,
    }
)
"""Estimators of the variance between sites; ``fixed`` pools as if it were 0."""
