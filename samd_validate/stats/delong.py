"""DeLong's variance of the AUROC, in O(n log n) by midranks, and the tests made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from samd_validate.core.arrays import Column, FloatArray


@dataclass(frozen=True, kw_only=True)
class Delong:
    """An AUROC with the placement values it is the mean of.

    ``of_events (m,)`` is for each event the share of non-events that it outranks, ``of_others
    (k,)`` for each non-event the share of events that outrank it.
    """

    auroc: float
    of_events: FloatArray
    of_others: FloatArray

    @property
    def variance(self) -> float:
        """Return DeLong's variance; 0 where one class has a single member."""
        return covariance(self, self)


def delong(label: Column, score: Column) -> Delong:
    """Return AUROC and placement values (Sun & Xu 2014, doi:10.1109/LSP.2014.2337313).

    Raises
    ------
    ValueError
        If one of the two classes is missing.
    """
    events, others = score[label == 1], score[label == 0]
    m, k = events.size, others.size
    if not m or not k:
        raise ValueError("label must hold both classes")
    together = rankdata(np.concatenate([events, others]))
    of_events = (together[:m] - rankdata(events)) / k
    of_others = 1 - (together[m:] - rankdata(others)) / m
    return Delong(auroc=float(of_events.mean()), of_events=of_events, of_others=of_others)


def covariance(a: Delong, b: Delong) -> float:
    """Return DeLong's covariance of two AUROCs on the same patients."""
    parts = ((a.of_events, b.of_events), (a.of_others, b.of_others))
    return sum(
        float(((left - left.mean()) * (right - right.mean())).sum() / (left.size - 1) / left.size)
        for left, right in parts
        if left.size > 1
    )


def delong_interval(
    one: Delong, level: float = 0.95, *, on_log_odds: bool = False
) -> tuple[float, float]:
    """Return the Wald interval of an AUROC, kept within [0, 1], or that on the log-odds scale.

    The log-odds interval never leaves (0, 1) and covers better near 1; it needs an AUROC inside.
    """
    z = float(ndtri(1 - (1 - level) / 2))
    error = float(np.sqrt(one.variance))
    if on_log_odds and 0 < one.auroc < 1:
        centre = float(np.log(one.auroc / (1 - one.auroc)))
        half = z * error / (one.auroc * (1 - one.auroc))
        return 1 / (1 + float(np.exp(half - centre))), 1 / (1 + float(np.exp(-half - centre)))
    return max(0.0, one.auroc - z * error), min(1.0, one.auroc + z * error)


@dataclass(frozen=True, kw_only=True)
class DelongTest:
    """A difference of two AUROCs with interval, z and two-sided p-value."""

    difference: float
    low: float
    high: float
    z: float
    p_value: float


def delong_test(a: Delong, b: Delong, level: float = 0.95, *, is_paired: bool) -> DelongTest:
    """Test whether two AUROCs differ, on the same patients or on independent ones.

    Ref. DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595. Scores that order alike have no
    variance of the difference: z is 0 and p is 1.
    """
    shared = 2 * covariance(a, b) if is_paired else 0.0
    error = float(np.sqrt(max(a.variance + b.variance - shared, 0.0)))
    difference = a.auroc - b.auroc
    quantile = float(ndtri(1 - (1 - level) / 2))
    z = difference / error if error > 0 else 0.0
    return DelongTest(
        difference=difference,
        low=difference - quantile * error,
        high=difference + quantile * error,
        z=z,
        p_value=float(2 * ndtr(-abs(z))),
    )


def partial_auroc(label: Column, score: Column, specificity_from: float) -> float:
    """Return the area under the ROC curve where specificity is at least ``specificity_from``.

    It lies between 0 and ``1 - specificity_from``; ties are joined by straight lines.
    """
    if not 0 <= specificity_from < 1:
        raise ValueError("specificity_from must lie in [0, 1)")
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(score[order][1:] != score[order][:-1], True))
    tp = np.cumsum(label[order] == 1)[ends]
    fp = np.cumsum(label[order] == 0)[ends]
    if tp[-1] == 0 or fp[-1] == 0:
        raise ValueError("label must hold both classes")
    tpr, fpr = np.append(0.0, tp / tp[-1]), np.append(0.0, fp / fp[-1])
    limit = 1 - specificity_from
    x = np.append(fpr[fpr < limit], limit)
    y = np.append(tpr[fpr < limit], np.interp(limit, fpr, tpr))
    return float(np.trapezoid(y, x))


def mcclish(area: float, specificity_from: float) -> float:
    """Return a partial area rescaled to 0.5 for chance and 1 for perfect (McClish 1989).

    >>> mcclish(0.1, 0.9)
    1.0
    """
    largest = 1 - specificity_from
    chance = largest**2 / 2
    return 0.5 * (1 + (area - chance) / (largest - chance))
