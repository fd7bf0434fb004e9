"""Which predictions to leave to a human, so that the rest keep a bound."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from samd_validate.core.arrays import FloatArray
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.resampling.layout import layout_of
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import value_of

CLIP = 1e-9
SHARES = np.round(np.arange(0, 0.91, 0.01), 2)


def certainty(score: FloatArray, threshold: float) -> FloatArray:
    """Return the distance from the threshold in log-odds ``(n,)``: near 0 the call is close.

    >>> certainty(np.array([0.5, 0.9]), 0.5).round(1).tolist()
    [0.0, 2.2]
    """
    clipped = np.clip(np.asarray(score, dtype=np.float64), CLIP, 1 - CLIP)
    return np.asarray(np.abs(logit(clipped) - logit(np.clip(threshold, CLIP, 1 - CLIP))))


def smallest_share(sample: Sample, measure: str, at_least: float) -> tuple[float, float] | None:
    """Return the smallest share to defer so that the rest keep a bound, and where it ends.

    Shares are tried in steps of 0.01 up to 0.9, the least certain first; None if none does. The
    second number is the certainty below which a prediction is deferred.

    Raises
    ------
    ValueError
        For an unknown measure, or a sample without a threshold.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure: {measure!r} is not one of {', '.join(MEASURES)}")
    if sample.threshold is None:
        raise ValueError("threshold must be given")
    sure = certainty(sample.score, sample.threshold)
    for share in SHARES.tolist():
        cut = float(np.quantile(sure, share)) if share else 0.0
        kept = sample.take(sure >= cut)
        value = value_of(measure, layout_of(kept)) if kept.n else np.nan
        if np.isfinite(value) and value >= at_least:
            return share, cut
    return None
