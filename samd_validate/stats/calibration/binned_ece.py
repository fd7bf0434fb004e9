"""Calibration error over groups of patients with like scores, with its bias removed.

The plain expected calibration error grows with the number of bins even for calibrated risks, and
percentiles of its bootstrap miss it. Offered instead is the root of the mean squared difference
of predicted and observed risk over bins, less the part that chance alone would give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.sample import Sample

N_BINS = 10
FEWEST_BINS = 2
ROWS_A_BIN = 10
DRAWS = 4000
LUCK = 0.5
METHOD = "root of debiased squared error over equal-count bins; wider of test inversion and Wald"
STREAM = 0xB1_44ED


@dataclass(frozen=True, kw_only=True)
class Binned:
    """Bins of like scores: their shares of rows, observed minus predicted risk, and its error.

    ``share``, ``gap`` and ``is_one_class`` are ``(bins,)``, ``covariance (bins, bins)`` is that of
    the gaps over patients, ``calibrated`` the variance of each gap were the scores the risks.
    """

    share: FloatArray
    gap: FloatArray
    covariance: FloatArray
    is_one_class: Column
    calibrated: FloatArray

    @property
    def raw_square(self) -> float:
        """Return the squared error before its bias is removed."""
        return float((self.share * self.gap**2).sum())

    @property
    def debiased_square(self) -> float:
        """Return the squared error less its bias; negative where chance explains more than all."""
        return self.raw_square - float((self.share * np.diag(self.covariance)).sum())


def equal_count_bins(score: FloatArray, n_bins: int) -> Column:
    """Return the bin ``(n,)`` of each score, from 0: equal counts, ties never parted.

    >>> equal_count_bins(np.array([0.1, 0.2, 0.2, 0.9]), 2).tolist()
    [0, 1, 1, 1]
    """
    ordered = np.sort(score)
    starts = np.unique(ordered[np.arange(1, n_bins) * score.size // n_bins])
    return np.unique(np.searchsorted(starts, score, side="right"), return_inverse=True)[1]


def binned_calibration_error(
    sample: Sample, plan: IntervalPlan, n_bins: int = N_BINS
) -> Measurement:
    """Return the root-mean-square calibration error over bins, debiased; 0 is perfect.

    ``score (n,)`` in [0, 1], higher is riskier. The square is debiased as by Kumar, Liang & Ma
    2019 (arXiv:1909.10155) and Ferro & Fricker 2012, doi:10.1002/qj.1924, with the variance of
    ``label - score`` within bins over patients. The value is 0, and the note says so, where the
    debiased square is negative. The interval is the wider, at each end, of two: the errors at
    which the observed raw error is not in a tail, gaps being normal; and the debiased square plus
    or minus normal quantiles. What differs within a bin is not seen: it is a lower bound of the
    error without bins. Not estimable from fewer than 10 rows a bin, one class, or scores with so
    many ties that fewer than two bins, or bins of one patient, remain.

    Raises
    ------
    ValueError
        If a score leaves [0, 1] or there are fewer than two bins.

    >>> score = np.repeat(np.linspace(0.05, 0.95, 10), 200)
    >>> label = np.arange(2000) % 200 < 200 * (0.1 + 0.8 * score)
    >>> found = binned_calibration_error(Sample(label=label, score=score), IntervalPlan())
    >>> f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
    '0.050 (0.022 to 0.069)'
    """
    binned = _binned_or_lacking(sample, n_bins)
    if isinstance(binned, NotEstimable):
        return binned
    value, low, high = root_error(binned, plan)
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=plan.level,
        method=METHOD,
        n=sample.n,
        n_events=sample.n_events,
        n_clusters=sample.n_clusters,
        n_resamples=DRAWS,
        note=words_of_bins(binned.debiased_square, binned.gap.size),
    )


def root_error(binned: Binned, plan: IntervalPlan) -> tuple[float, float, float]:
    """Return the root of the debiased squared error, at least 0, and its limits."""
    low, high = _widest(binned, plan)
    value = float(np.sqrt(max(binned.debiased_square, 0.0)))
    return value, min(low, value), max(high, value)


def words_of_bins(square: float, n_bins: int) -> str:
    """Return what a reader must know of an error: the bins, and why it may be 0."""
    words = f"{n_bins} bins; interval conservative, the more so the closer to calibrated"
    return words + ("; 0 because chance alone explains the observed error" if square <= 0 else "")


def _binned_or_lacking(sample: Sample, n_bins: int) -> Binned | NotEstimable:
    if n_bins < FEWEST_BINS:
        raise ValueError(f"n_bins must be at least {FEWEST_BINS}")
    if sample.n and (sample.score.min() < 0 or sample.score.max() > 1):
        raise ValueError("score must lie in [0, 1] for a calibration error")
    if sample.n < ROWS_A_BIN * n_bins:
        return _none(sample, "too_few", f"fewer than {ROWS_A_BIN} rows for each of {n_bins} bins")
    if sample.n_events in (0, sample.n):
        return _none(sample, "one_class", "all outcomes are the same")
    bins = equal_count_bins(sample.score, n_bins)
    if bins.max() + 1 < FEWEST_BINS:
        return _none(sample, "one_bin", "scores are tied so much that one bin remains")
    patients = np.unique(np.stack([bins, sample.codes]), axis=1)[0]
    if np.bincount(patients).min() < 2:  # noqa: PLR2004  # one patient has no spread
        return _none(sample, "too_few", "a bin holds one patient only")
    return _binned(sample, bins)


def _none(sample: Sample, code: str, reason: str) -> NotEstimable:
    return NotEstimable(code=code, reason=reason, n=sample.n, n_events=sample.n_events)


def _binned(sample: Sample, bins: Column) -> Binned:
    rows = np.bincount(bins)
    residual = sample.label - sample.score
    gap = np.bincount(bins, weights=residual) / rows
    events = np.bincount(bins, weights=sample.label)
    expected = np.bincount(bins, weights=sample.score * (1 - sample.score))
    return Binned(
        share=rows / sample.n,
        gap=gap,
        covariance=_covariance(sample, bins, (residual - gap[bins]) / rows[bins]),
        is_one_class=(events == 0) | (events == rows),
        calibrated=expected / rows**2,
    )


def _covariance(sample: Sample, bins: Column, part: FloatArray) -> FloatArray:
    """Return the covariance of gaps from what each row adds to its gap, summed by patient."""
    codes = np.unique(sample.codes, return_inverse=True)[1]
    size = int(bins.max()) + 1, int(codes.max()) + 1
    place = bins * size[1] + codes
    by_patient = np.bincount(place, weights=part, minlength=size[0] * size[1]).reshape(size)
    patients = (np.bincount(place, minlength=size[0] * size[1]).reshape(size) > 0).sum(axis=1)
    correction = np.sqrt(patients / (patients - 1))
    return np.asarray(by_patient @ by_patient.T * np.outer(correction, correction))


def _widest(binned: Binned, plan: IntervalPlan) -> tuple[float, float]:
    """Return the wider limits of two, at each end."""
    floor = np.where(binned.is_one_class, binned.calibrated, 0.0)
    covariance = binned.covariance + np.diag(np.maximum(floor - np.diag(binned.covariance), 0.0))
    inverted, wald = (of(binned, covariance, plan) for of in (_inverted, _wald))
    return min(inverted[0], wald[0]), max(inverted[1], wald[1])


def _inverted(binned: Binned, covariance: FloatArray, plan: IntervalPlan) -> tuple[float, float]:
    """Return the errors at which the raw error observed is not in a tail.

    With gaps ``t u + noise`` along the observed direction u, the raw squared error is quadratic
    in t; each draw of the noise gives the t at which it equals the observed one. For the upper
    limit a raw error counts at least as the median of those of calibrated risks, lest luck
    look like proof (power constraint: Cowan et al. 2011, arXiv:1105.3166).
    """
    generator = np.random.Generator(np.random.Philox([plan.seed % 2**64, STREAM]))
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = generator.standard_normal((DRAWS, values.size)) @ root.T
    chance = float(np.quantile(noise**2 @ binned.share, LUCK))
    tails = (1 - plan.level) / 2, (1 + plan.level) / 2
    squares = binned.raw_square, max(binned.raw_square, chance)
    low, high = (
        float(np.quantile(_equal(binned, noise, square), tail))
        for square, tail in zip(squares, tails, strict=True)
    )
    return low, high


def _equal(binned: Binned, noise: FloatArray, square: float) -> FloatArray:
    """Return for each draw of noise the error, at least 0, that gives this raw square."""
    size = np.sqrt(binned.raw_square)
    direction = binned.gap / size if size > 0 else np.ones_like(binned.gap)
    along = noise @ (binned.share * direction)
    inside = along**2 - noise**2 @ binned.share + square
    return np.maximum(np.where(inside > 0, np.sqrt(np.maximum(inside, 0.0)) - along, 0.0), 0.0)


def _wald(binned: Binned, covariance: FloatArray, plan: IntervalPlan) -> tuple[float, float]:
    """Return the root of the debiased square plus or minus normal quantiles."""
    from scipy.special import ndtri

    true = np.maximum(binned.gap**2 - np.diag(covariance), 0.0)
    along = binned.share * np.sign(binned.gap) * np.sqrt(true)
    weight = np.outer(binned.share, binned.share)
    variance = 4 * along @ covariance @ along + 2 * (weight * covariance**2).sum()
    half = float(ndtri((1 + plan.level) / 2) * np.sqrt(variance))
    ends = np.sqrt(np.maximum([binned.debiased_square - half, binned.debiased_square + half], 0))
    return float(ends[0]), float(ends[1])
