"""The Kolmogorov-Smirnov distance between the scores of events and of non-events."""

from __future__ import annotations

import numpy as np

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.sample import Sample


def kolmogorov_smirnov(sample: Sample) -> tuple[float, float] | NotEstimable:
    """Return D in [0, 1], higher separates better, and its two-sided asymptotic p-value.

    D is the largest distance between the distribution functions of the scores of events and of
    non-events; it equals the largest ``|sensitivity + specificity - 1|`` over thresholds. The
    p-value is that of the limiting distribution (R's ``ks.test(exact = FALSE)``): it is
    conservative with ties, and takes every row for independent. Not estimable with one class.

    Ref. Smirnov 1948, doi:10.1214/aoms/1177730256.

    >>> score, label = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 0, 1, 1])
    >>> distance, p_value = kolmogorov_smirnov(Sample(label=label, score=score))
    >>> distance, round(p_value, 3)
    (1.0, 0.27)
    """
    from scipy.special import kolmogorov
    from scipy.stats import ks_2samp

    events, others = (sample.score[sample.label == one] for one in (1, 0))
    if min(events.size, others.size) == 0:
        reason = "one class only" if sample.n else "no rows"
        return NotEstimable(code="one_class", reason=reason, n=sample.n, n_events=sample.n_events)
    distance = float(ks_2samp(events, others, method="asymp").statistic)
    effective = events.size / sample.n * others.size
    return distance, float(kolmogorov(np.sqrt(effective) * distance))
