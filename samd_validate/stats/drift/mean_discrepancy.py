"""Whether two groups differ jointly: the maximum mean discrepancy, by permutation of patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.stats.drift.groups import (
    ALPHA,
    POWER,
    Groups,
    Labels,
    Shift,
    ShiftFound,
    estimate_of,
)

Kernel = npt.NDArray[np.float32]
MEDIAN_ROWS = 1000
"""The bandwidth is the median distance of so many rows, evenly spread over all."""

NEGLIGIBLE = 1e-9
ITERATIONS = 30


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums over pairs of different rows, for each column of labels ``(columns,)``.

    ``n`` and ``m`` count rows of the reference group and the other; ``within_reference``,
    ``within_other`` and ``across`` sum the kernel.
    """

    n: FloatArray
    m: FloatArray
    within_reference: FloatArray
    within_other: FloatArray
    across: FloatArray

    @property
    def discrepancy(self) -> FloatArray:
        """Return the unbiased estimate of the squared discrepancy for each column."""
        reference = self.within_reference / (self.n * (self.n - 1))
        other = self.within_other / (self.m * (self.m - 1))
        return np.asarray(reference + other - 2 * self.across / (self.n * self.m))


def mean_discrepancy(
    features: FloatArray, groups: Groups, labels: Labels, level: float = 0.95
) -> ShiftFound:
    """Return the squared maximum mean discrepancy of two groups with a Gaussian kernel.

    ``features (n, d)`` are finite, and on scales that can be compared; the bandwidth is the
    median distance between rows. The estimate is unbiased, so that it lies about 0, and may be
    below it, where nothing differs; 2 is the most. The p-value is by permutation of patients
    (``labels`` of the groups): the kernel is computed once, and all permutations are one matrix
    product with it. The interval is normal, with the variance of the permutations added to that
    of the kernel's means, summed by patient. With several rows a patient, pairs of rows of one
    patient are left in: both groups have them. Ref. Gretton et al. 2012, JMLR 13:723-773.

    Raises
    ------
    ValueError
        For features that are not finite or not one row per row of the groups.
    """
    rows = np.asarray(features, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[0] != groups.n:  # noqa: PLR2004
        raise ValueError("features must have a row for each row of the groups")
    if not np.isfinite(rows).all():
        raise ValueError("features must be finite")
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    with threadpool_limits(1):  # sums must come out the same on every machine
        return _tested(rows, groups, labels, level)


def _tested(rows: FloatArray, groups: Groups, labels: Labels, level: float) -> Shift:
    kernel = gaussian_kernel(rows, median_distance(rows))
    permuted = sums_of(kernel, labels[groups.patient]).discrepancy
    error = _error(kernel, groups, permuted[1:])
    beyond = int(np.count_nonzero(permuted >= permuted[0] - NEGLIGIBLE))
    value, half = float(permuted[0]), float(norm.isf((1 - level) / 2)) * error
    limit = float(np.quantile(permuted[1:], 1 - ALPHA))
    effect = estimate_of(
        value,
        (value - half, value + half),
        groups,
        level=level,
        method="normal, kernel means by patient; p by permutation of patients",
        p_value=beyond / permuted.size,
        note=f"chance alone stays below {limit:.5f}",
        n_resamples=permuted.size - 1,
    )
    return Shift(effect=effect, detectable=_detectable(limit, float(permuted[1:].std()), kernel))


def _detectable(limit: float, error: float, kernel: Kernel) -> float:
    """Return the squared discrepancy v with which 80 % of samples lie above the limit of chance.

    Its variance is that of the permutations, ``error`` squared, and a part that grows with v: at
    most ``4 l v (1 / n + 1 / m)`` with l the largest eigenvalue of the centred kernel, and the
    former is ``2 S (1 / n + 1 / m)²`` with S the sum of all squared. A shift along the widest
    spread of the data comes near to this; others are found sooner.
    """
    growing = 8**0.5 * error * _share_of_largest(kernel)
    z = float(norm.isf(1 - POWER))
    square = z**2 * growing
    return limit + square / 2 + float((square**2 / 4 + z**2 * (growing * limit + error**2)) ** 0.5)


def _share_of_largest(kernel: Kernel) -> float:
    """Return the largest eigenvalue of the centred kernel over the root of the sum of squares."""
    n = len(kernel)
    mean = (kernel.sum(axis=1, dtype=np.float64) + 1) / n
    squares = np.einsum("ij,ij->", kernel, kernel, dtype=np.float64) + n
    whole = squares - 2 * n * float(mean @ mean) + n**2 * mean.mean() ** 2
    direction = np.random.Generator(np.random.Philox(0)).standard_normal(n)
    largest = 0.0
    for _ in range(ITERATIONS):
        direction -= direction.mean()
        direction /= np.linalg.norm(direction)
        image = kernel @ direction.astype(np.float32) + direction
        largest = float(direction @ image)
        direction = image
    return min(1.0, largest / float(whole**0.5))


def median_distance(rows: FloatArray) -> float:
    """Return the median distance between rows, of at most 1,000 of them; 1 where all are alike."""
    from scipy.spatial.distance import pdist

    chosen = np.unique(np.linspace(0, len(rows) - 1, MEDIAN_ROWS).round().astype(np.int64))
    return float(np.median(pdist(rows[chosen]))) or 1.0


def gaussian_kernel(rows: FloatArray, bandwidth: float) -> Kernel:
    """Return exp(-d² / (2 bandwidth²)) of all pairs ``(n, n)``, 0 on the diagonal."""
    scaled = rows / (bandwidth * 2**0.5)
    square = (scaled**2).sum(axis=1)
    exponent = (2 * scaled @ scaled.T - square[:, None] - square).astype(np.float32)
    kernel = np.exp(np.minimum(exponent, 0, out=exponent), out=exponent)
    np.fill_diagonal(kernel, 0)
    return np.asarray(kernel)


def sums_of(kernel: Kernel, is_other: BoolArray) -> Sums:
    """Return the sums over pairs for each column of ``is_other (n, columns)``: one product."""
    side = is_other.astype(np.float32)
    other = np.einsum("ij,ij->j", kernel @ side, side, dtype=np.float64)
    by_row = kernel.sum(axis=1, dtype=np.float64)
    touching = by_row @ is_other
    m = is_other.sum(axis=0).astype(np.float64)
    return Sums(
        n=len(kernel) - m,
        m=m,
        within_reference=by_row.sum() - 2 * touching + other,
        within_other=other,
        across=touching - other,
    )


def _error(kernel: Kernel, groups: Groups, permuted: FloatArray) -> float:
    """Return the standard error: of the kernel's means by patient, and of the second order."""
    n, m = groups.sizes
    to_other = kernel @ groups.is_other.astype(np.float32)
    to_reference = kernel @ (~groups.is_other).astype(np.float32)
    witness = to_reference / n - to_other / m
    variance = float(permuted.var())
    for side in (~groups.is_other, groups.is_other):
        apart = (witness[side] - witness[side].mean()).astype(np.float64)
        by_patient = np.bincount(groups.patient[side], weights=apart)
        variance += 4 * float((by_patient**2).sum()) / int(side.sum()) ** 2
    return float(np.sqrt(variance))
