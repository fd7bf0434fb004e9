"""Limits from replicates and from left-out values: percentile, basic, BCa, studentised, jackknife.

Refs. Efron 1987, doi:10.1080/01621459.1987.10478410 (BCa); Davison & Hinkley 1997,
doi:10.1017/CBO9780511802843 (basic, studentised); Efron & Stein 1981,
doi:10.1214/aos/1176345462 (jackknife).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import t as student

from samd_validate.core.arrays import FloatArray
from samd_validate.stats.intervals.scales import Scale

Limits = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Values ``(patients,)`` of a measure without each patient in turn.

    The first ``n_with_event`` patients have an event. For a difference of independent samples the
    values are those of the difference, sample behind sample.
    """

    values: FloatArray
    n_with_event: int

    @property
    def deviations(self) -> FloatArray:
        """Return how far each patient pulls the measure up ``(patients,)``."""
        return np.asarray(self.values.mean() - self.values)

    @property
    def standard_error(self) -> float:
        """Return the jackknife's standard error."""
        n = self.values.size
        return float(np.sqrt((n - 1) / n * (self.deviations**2).sum()))

    @property
    def acceleration(self) -> float:
        """Return the acceleration of a BCa interval; 0 where no patient moves the measure."""
        deviations = self.deviations
        spread = float(deviations @ deviations)
        if spread == 0:
            return 0.0
        skew = np.einsum("i,i,i->", deviations, deviations, deviations)
        return float(skew) / float(6 * spread**1.5)

    @property
    def degrees_of_freedom(self) -> float:
        """Return Satterthwaite's degrees of freedom over patients with and without the event.

        Few events carry most of the variance of most measures, and the normal quantile is then
        too small (for the AUROC: Brunner & Munzel 2000,
        doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U).
        """
        parts = self.deviations[: self.n_with_event], self.deviations[self.n_with_event :]
        spreads = [((one - one.mean()) ** 2).sum() if one.size else 0.0 for one in parts]
        if sum(spreads) <= 1e-12 * (self.deviations**2).sum():  # all between the two kinds
            return float(self.values.size - 1)
        if min(one.size for one in parts if one.size) < 2:  # noqa: PLR2004
            return 1.0
        bottom = sum(
            spread**2 / (one.size - 1)
            for spread, one in zip(spreads, parts, strict=True)
            if one.size
        )
        return float(sum(spreads) ** 2 / bottom)


def percentile(draws: FloatArray, level: float) -> Limits:
    """Return the quantiles of the replicates (type 7)."""
    tail = (1 - level) / 2
    low, high = np.quantile(draws, (tail, 1 - tail))
    return float(low), float(high)


def basic(value: float, draws: FloatArray, level: float) -> Limits:
    """Return the percentile limits mirrored at the estimate; they may leave its range."""
    low, high = percentile(draws, level)
    return 2 * value - high, 2 * value - low


def bca(value: float, draws: FloatArray, level: float, acceleration: float) -> Limits:
    """Return the bias-corrected and accelerated limits; ties with the estimate count half.

    Where all replicates lie on one side of the estimate there is no correction, and NaN.
    """
    below = (np.count_nonzero(draws < value) + np.count_nonzero(draws <= value)) / 2 / draws.size
    shift = float(ndtri(below))
    tail = float(ndtri((1 - level) / 2))
    with np.errstate(invalid="ignore"):
        shares = [
            float(ndtr(shift + (shift + z) / (1 - acceleration * (shift + z))))
            for z in (tail, -tail)
        ]
    if not np.isfinite(shares).all():
        return float("nan"), float("nan")
    low, high = np.quantile(draws, shares)
    return float(low), float(high)


def studentised(
    value: float,
    error: float,
    draws: FloatArray,
    errors: FloatArray,
    level: float,
    scale: Scale,
) -> Limits:
    """Return bootstrap-t limits on a scale; ``errors (resamples,)`` are those of the replicates.

    All values lie strictly inside the range of the scale, and all errors above 0.
    """
    centre = float(scale.to(np.array(value)))
    pivot = (scale.to(draws) - centre) / (errors * scale.slope(draws))
    low, high = np.quantile(pivot, ((1 - level) / 2, (1 + level) / 2))
    half = error * float(scale.slope(np.array(value)))
    ends = scale.back(np.array([centre - high * half, centre - low * half]))
    return float(ends[0]), float(ends[1])


def around(
    value: float, error: float, level: float, scale: Scale, freedom: float = np.inf
) -> Limits:
    """Return the limits ``value -/+ quantile * error`` on a scale, with Student's quantile.

    ``error`` is the standard error of ``value`` itself; ``freedom`` its degrees of freedom.
    """
    tail = (1 + level) / 2
    quantile = float(ndtri(tail)) if np.isinf(freedom) else float(student.ppf(tail, freedom))
    at = np.array(value)
    half = quantile * error * float(scale.slope(at))
    ends = scale.back(np.array([float(scale.to(at)) - half, float(scale.to(at)) + half]))
    return float(ends[0]), float(ends[1])
