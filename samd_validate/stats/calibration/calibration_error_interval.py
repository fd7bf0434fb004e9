"""Intervals of calibration errors, which cannot be below 0 and are too large in every sample.

An error of perfectly calibrated risks is 0, yet its estimate is above 0, and the replicates of a
bootstrap lie higher still: their percentiles never hold 0. The lower limit is therefore moved
down and put to the test of calibrated outcomes, see docs/methods/calibration_error.md.
"""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.calibration_error import (
    ERRORS,
    errors_of_counts,
    lacking_for_curve,
    score_bins,
)
from samd_validate.stats.lacking import MOST_UNDEFINED
from samd_validate.stats.sample import Sample

METHOD = "bias-lowered percentile bootstrap, patients resampled; low end tested against 0"
CALIBRATED_SETS = 999
CELLS = 1_000_000
STREAM = 0xCA11B8A7ED
"""Sets the draws of calibrated outcomes apart from those of resamples of the same seed."""


def calibration_error_interval(
    measure: str,
    value: float,
    draws: FloatArray,
    sample: Sample,
    plan: IntervalPlan,
    calibrated: FloatArray | None = None,
) -> Measurement:
    """Return a calibration error by lowess with its interval.

    ``value`` is the error of the sample; ``draws (resamples,)`` are its replicates over resampled
    patients, NaN where undefined. With the bias b = mean of the replicates - value, but not below
    0, the limits are the lower percentile less 2 b and the upper percentile. The lower limit is 0
    unless the value is above the upper tail of errors of 999 simulated sets of outcomes that are
    calibrated to the scores (:func:`calibrated_errors`; given as ``calibrated (sets, 4)`` they
    serve several measures); ``p_value`` is that of the test. Not estimable where
    :func:`calibration_errors` is not, or where more than 5 % of the replicates are undefined.

    Raises
    ------
    ValueError
        If the measure is no calibration error, a score leaves [0, 1] or there are no draws.

    >>> generator = np.random.default_rng(1)
    >>> score = generator.uniform(0.1, 0.9, 300)
    >>> sample = Sample(label=generator.random(300) < score, score=score)
    >>> draws = generator.uniform(0.02, 0.08, 500)  # of resamples
    >>> found = calibration_error_interval("ici", 0.035, draws, sample, IntervalPlan())
    >>> found.low, round(found.high, 2)
    (0.0, 0.08)
    """
    if measure not in ERRORS:
        raise ValueError(f"measure: {measure!r} is not one of {', '.join(ERRORS)}")
    if draws.size == 0:
        raise ValueError("draws must hold at least one replicate")
    lacking = lacking_for_curve(sample) or _undefined(value, draws, sample)
    if lacking is not None:
        return lacking
    under = calibrated_errors(sample, plan) if calibrated is None else calibrated
    p_value = _p_value(value, under[:, ERRORS.index(measure)])
    low, high = _limits(value, draws[np.isfinite(draws)], plan.level, p_value)
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=plan.level,
        method=METHOD,
        n=sample.n,
        n_events=sample.n_events,
        n_clusters=sample.n_clusters,
        n_resamples=int(draws.size),
        n_undefined=int(np.count_nonzero(~np.isfinite(draws))),
        p_value=p_value,
        note=_note(p_value, plan.level),
    )


def _limits(value: float, draws: FloatArray, level: float, p_value: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low, high = np.quantile(draws, (tail, 1 - tail))
    bias = max(float(draws.mean()) - value, 0.0)
    lowered = 0.0 if p_value > tail else max(float(low) - 2 * bias, 0.0)
    return min(lowered, value), max(float(high), value)


def _undefined(value: float, draws: FloatArray, sample: Sample) -> NotEstimable | None:
    undefined = int(np.count_nonzero(~np.isfinite(draws)))
    if np.isfinite(value) and undefined <= MOST_UNDEFINED * draws.size:
        return None
    reason = f"undefined in {undefined} of {draws.size} resamples"
    return NotEstimable(code="undefined", reason=reason, n=sample.n, n_events=sample.n_events)


def _note(p_value: float, level: float) -> str:
    biased = "estimates of calibration errors are too large, the more so the fewer the patients"
    if p_value > (1 - level) / 2:
        return f"{biased}; perfect calibration is not excluded (p = {p_value:.2g})"
    return biased


def _p_value(value: float, under_calibration: FloatArray) -> float:
    """Return the share of calibrated sets whose error is as large, the sample itself counted."""
    defined = under_calibration[np.isfinite(under_calibration)]
    return float((np.count_nonzero(defined >= value) + 1) / (defined.size + 1))


def calibrated_errors(
    sample: Sample, plan: IntervalPlan, n_sets: int = CALIBRATED_SETS
) -> FloatArray:
    """Return ICI, E50, E90 and Emax ``(n_sets, 4)`` of simulated outcomes calibrated to the scores.

    Where every row is a patient, outcomes are drawn with the scores as risks. Where patients have
    several rows, the residuals of each patient keep or change their sign together (wild
    bootstrap, Cameron, Gelbach & Miller 2008, doi:10.1162/rest.90.3.414): the curve of such
    outcomes is that of the scores and the residuals, since lowess keeps straight lines.
    """
    score, inverse = score_bins(sample.score)
    count = np.bincount(inverse)
    generator = np.random.Generator(np.random.Philox([plan.seed % 2**64, STREAM]))
    width = max(score.size, sample.n_clusters)
    block = max(1, CELLS // width)
    found = []
    for start in range(0, n_sets, block):
        size = min(block, n_sets - start)
        events = _calibrated(sample, score, inverse, generator, size)
        counts = np.broadcast_to(count, events.shape)
        found.append(errors_of_counts(score, counts, events))
    return np.concatenate(found)


def _calibrated(
    sample: Sample,
    score: FloatArray,
    inverse: Column,
    generator: np.random.Generator,
    size: int,
) -> FloatArray:
    """Return events ``(size, points)`` at each point of score under calibration."""
    count = np.bincount(inverse)
    if sample.n_clusters == sample.n:
        return generator.binomial(count, score, size=(size, score.size)).astype(np.float64)
    from scipy.sparse import csr_array

    codes = np.unique(sample.codes, return_inverse=True)[1]
    sign = generator.integers(0, 2, size=(size, sample.n_clusters)) * 2.0 - 1.0
    shape = (sample.n_clusters, score.size)
    residual = csr_array((sample.label - sample.score, (codes, inverse)), shape=shape)
    return np.asarray(sign @ residual + count * score)
