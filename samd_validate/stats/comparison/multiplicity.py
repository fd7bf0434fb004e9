"""Adjusted p-values for several hypotheses, and a fixed sequence of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from samd_validate.core.arrays import FloatArray

METHODS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "benjamini-hochberg": "fdr_bh",
}


def adjusted(p_values: Sequence[float], method: str) -> FloatArray:
    """Return adjusted p-values in the order given.

    ``bonferroni``, ``holm`` and ``hochberg`` control the chance of any false rejection (Holm 1979,
    never worse than Bonferroni; Hochberg 1988, doi:10.1093/biomet/75.4.800, for independent or
    positively dependent tests),
    ``benjamini-hochberg`` the share of false ones among rejections (1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x).

    >>> adjusted([0.01, 0.04], "holm").tolist()
    [0.02, 0.04]

    Raises
    ------
    ValueError
        For an unknown method or a p-value outside [0, 1].
    """
    from statsmodels.stats.multitest import multipletests

    if method not in METHODS:
        raise ValueError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    values = np.asarray(p_values, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p_values must lie in [0, 1]")
    if values.size == 0:
        return values
    return np.asarray(multipletests(values, method=METHODS[method])[1], dtype=np.float64)


def fixed_sequence(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Return which hypotheses are rejected when they are tested in order, up to the first failure.

    The whole level goes to each in turn (Westfall & Krishen 2001,
    doi:10.1016/S0378-3758(01)00077-5).

    >>> fixed_sequence([0.01, 0.2, 0.001], alpha=0.05)
    [True, False, False]
    """
    rejected: list[bool] = []
    for p_value in p_values:
        rejected.append(p_value <= alpha and all(rejected))
    return rejected
