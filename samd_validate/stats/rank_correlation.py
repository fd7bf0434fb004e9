"""How alike the orders are that two explanations give to the same inputs, case by case."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from samd_validate.core.arrays import BoolArray, Column, FloatArray


def rank_correlations(first: Column, second: Column) -> tuple[FloatArray, BoolArray]:
    """Return Spearman's rank correlation of each row of two arrays ``(n, k)``, and which have none.

    Between -1 and 1; ties share their mean rank. A row that is constant in either array has no
    order and so no correlation: it gives 0 (nothing in common) and is marked.

    >>> values, none = rank_correlations(np.array([[1, 2, 3], [1, 1, 1]]),
    ...                                  np.array([[3, 2, 1], [1, 2, 3]]))
    >>> values.tolist(), none.tolist()
    ([-1.0, 0.0], [False, True])

    Raises
    ------
    ValueError
        For arrays that are not of one shape ``(n, k)`` with two columns or more, or not finite.
    """
    a, b = (np.asarray(one, dtype=np.float64) for one in (first, second))
    if a.ndim != 2 or a.shape != b.shape or a.shape[1] < 2:  # noqa: PLR2004  # rows by columns
        raise ValueError("two arrays of one shape are needed, with two columns or more")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("contributions must be finite")
    if not a.shape[0]:
        return np.zeros(0), np.zeros(0, dtype=np.bool_)
    ranks = [rankdata(one, axis=1) for one in (a, b)]
    centred = [one - one.mean(axis=1, keepdims=True) for one in ranks]
    spread = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    none = np.asarray(spread == 0)
    shared = (centred[0] * centred[1]).sum(axis=1)
    found = np.divide(shared, spread, out=np.zeros_like(shared), where=~none)
    return np.clip(found, -1, 1), none
