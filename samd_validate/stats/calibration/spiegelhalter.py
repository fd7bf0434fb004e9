"""Spiegelhalter's test of calibration."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from samd_validate.core.arrays import Column


def spiegelhalter(label: Column, score: Column) -> tuple[float, float]:
    """Return z and its two-sided p-value; large |z| speaks against calibration.

    Ref. Spiegelhalter 1986, doi:10.1002/sim.4780050506. It does not say how far risks are off: with
    many patients a trifle is significant.

    Raises
    ------
    ValueError
        If scores leave [0, 1], or none lies strictly inside except at 0.5.
    """
    if label.shape != score.shape or score.min() < 0 or score.max() > 1:
        raise ValueError("score must lie in [0, 1], one for each label")
    weight = 1 - 2 * score
    variance = float((weight**2 * score * (1 - score)).sum())
    if variance == 0:
        raise ValueError("score must hold a risk other than 0, 0.5 and 1")
    z = float(((label - score) * weight).sum() / np.sqrt(variance))
    return z, float(2 * ndtr(-abs(z)))
