"""Intervals of a proportion: Wilson, Clopper-Pearson, Agresti-Coull; and McNemar's exact test."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtri
from scipy.stats import binom


def _checked(events: float, n: float, level: float) -> float:
    """Return the normal quantile of the level, or refuse counts that are none."""
    if n <= 0 or not 0 <= events <= n:
        raise ValueError("events must lie between 0 and n, and n above 0")
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    return float(ndtri(1 - (1 - level) / 2))


def wilson(events: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    >>> [round(limit, 4) for limit in wilson(8, 10)]
    [0.4902, 0.9433]

    Raises
    ------
    ValueError
        For counts or a level that cannot be.
    """
    z = _checked(events, n, level)
    p = events / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if events == 0 else float(centre - half)
    high = 1.0 if events == n else float(centre + half)
    return max(0.0, low), min(1.0, high)


def clopper_pearson(events: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval (Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404).

    It covers at least at its level, and for small n well above it.

    >>> [round(limit, 4) for limit in clopper_pearson(8, 10)]
    [0.4439, 0.9748]
    """
    _checked(events, n, level)
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, tail))
    high = 1.0 if events == n else float(betaincinv(events + 1, n - events, 1 - tail))
    return low, high


def agresti_coull(events: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the adjusted Wald interval (Agresti & Coull 1998, doi:10.2307/2685469)."""
    z = _checked(events, n, level)
    more = n + z * z
    p = (events + z * z / 2) / more
    half = z * float(np.sqrt(p * (1 - p) / more))
    return max(0.0, p - half), min(1.0, p + half)


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the two-sided exact p-value that two tests are right equally often.

    The arguments count the patients whom only the first, or only the second, got right
    (McNemar 1947, doi:10.1007/BF02295996). Without any such patient it is 1.

    >>> mcnemar_exact(0, 0)
    1.0
    """
    if min(only_first, only_second) < 0:
        raise ValueError("counts must not be negative")
    n = only_first + only_second
    if n == 0:
        return 1.0
    return min(1.0, 2 * float(binom.cdf(min(only_first, only_second), n, 0.5)))
