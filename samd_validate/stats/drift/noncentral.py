"""The non-central chi-square distribution turned round: limits of the shift, and power."""

from __future__ import annotations

from collections.abc import Callable

from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from samd_validate.stats.drift.groups import ALPHA, POWER

FURTHEST = 2.0
TOLERANCE = 1e-6


def noncentrality_limits(statistic: float, freedom: float, level: float) -> tuple[float, float]:
    """Return the limits of the non-centrality of which ``statistic`` is one observation.

    Ref. Smithson 2003, doi:10.4135/9781412983761. The lower limit is 0 where the statistic is not
    beyond the upper ``(1 - level) / 2`` point of the central distribution.

    >>> [round(limit, 2) for limit in noncentrality_limits(20.0, 4, 0.95)]
    [4.08, 37.76]
    """
    tail = (1 - level) / 2
    low = high = 0.0
    if chi2.sf(statistic, freedom) < tail:
        low = _root(lambda shift: float(ncx2.sf(statistic, freedom, shift)) - tail, statistic)
    if chi2.cdf(statistic, freedom) > tail:
        high = _root(lambda shift: float(ncx2.cdf(statistic, freedom, shift)) - tail, statistic)
    return low, high


def detectable_noncentrality(freedom: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the non-centrality with which a test at ``alpha`` has the power.

    >>> round(detectable_noncentrality(1), 3)  # (1.960 + 0.842) squared
    7.849
    """
    limit = float(chi2.isf(alpha, freedom))
    return _root(lambda shift: float(ncx2.sf(limit, freedom, shift)) - power, limit)


def _root(distance: Callable[[float], float], start: float) -> float:
    """Return where a monotone function of the non-centrality crosses 0."""
    first, upper = TOLERANCE, max(start, 1.0)
    sign = distance(first) > 0
    while (distance(upper) > 0) == sign:
        upper *= FURTHEST
    return float(brentq(distance, first, upper))
