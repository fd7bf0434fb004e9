"""The largest distance of two distribution functions (Kolmogorov and Smirnov)."""

from __future__ import annotations

import numpy as np
from scipy.stats import kstwo, kstwobign

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.stats.drift.groups import (
    ALPHA,
    Groups,
    Shift,
    ShiftFound,
    checked,
    design_effect,
    estimate_of,
    harmonic,
)

DECILES = np.arange(0.1, 0.95, 0.1)


def kolmogorov_smirnov(values: Column, groups: Groups, level: float = 0.95) -> ShiftFound:
    """Return the distance D of the distributions of a number in two groups.

    ``values (n,)``, NaN = missing, left out. D is the largest difference between the shares of
    both groups that lie below a value: 0 where the distributions are alike, 1 where they do not
    overlap. The p-value is the asymptotic one (exact in the limit, too large with ties). The
    interval is D -/+ the critical value at ``level``, cut at 0 and 1: by the triangle inequality
    it holds for every pair of distributions, and covers oftener than it says. Where patients have
    several rows, the rows are counted down by a design effect of the shares below the deciles.
    Ref. Massey 1951, doi:10.1080/01621459.1951.10500769.

    >>> groups = Groups(is_other=np.arange(40) >= 20, patient=np.arange(40))
    >>> kolmogorov_smirnov(np.arange(40.0), groups).effect.describe()
    '1.00 (95% CI 0.57 to 1.00)'

    Raises
    ------
    ValueError
        For values that are not one per row.
    """
    column = checked(values, groups)
    known = np.isfinite(column)
    column, groups = column[known], groups.take(known)
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    distance = largest_distance(column[~groups.is_other], column[groups.is_other])
    together = harmonic(groups.effective(_design_effect(column, groups)))
    half = float(kstwobign.isf(1 - level)) / together**0.5
    effect = estimate_of(
        distance,
        (max(0.0, distance - half), min(1.0, distance + half)),
        groups,
        level=level,
        method="Kolmogorov-Smirnov band" + ("" if groups.are_rows else ", design effect"),
        p_value=float(kstwo.sf(distance, max(1, round(together)))),
    )
    critical = float(kstwobign.isf(ALPHA)) / together**0.5
    return Shift(effect=effect, detectable=min(1.0, critical))


def largest_distance(reference: FloatArray, other: FloatArray) -> float:
    """Return the largest distance of two empirical distribution functions."""
    at = np.concatenate([reference, other])
    below = [
        np.searchsorted(np.sort(one), at, side="right") / one.size for one in (reference, other)
    ]
    return float(np.abs(below[0] - below[1]).max())


def _design_effect(column: FloatArray, groups: Groups) -> float:
    if groups.are_rows:
        return 1.0
    below = (column[:, None] <= np.quantile(column, DECILES)).astype(np.float64)
    return design_effect(below, np.ones(DECILES.size), groups)
