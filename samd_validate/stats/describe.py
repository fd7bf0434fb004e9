"""How two groups of patients differ, one column at a time."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import Column


def standardised_difference(a: Column, b: Column) -> float | None:
    """Return (mean of b - mean of a) / pooled standard deviation; None where it is undefined.

    Missing values (NaN) are left out. Ref. Austin 2009, doi:10.1002/sim.3697. For a 0/1 column it
    is the standardised difference of proportions.

    >>> standardised_difference(np.array([0.0, 2.0]), np.array([1.0, 3.0]))
    1.0
    """
    left, right = a[np.isfinite(a)], b[np.isfinite(b)]
    if not left.size or not right.size:
        return None
    pooled = np.sqrt((left.var() + right.var()) / 2)
    gap = float(right.mean() - left.mean())
    if pooled == 0:
        return 0.0 if gap == 0 else None
    return float(gap / pooled)
