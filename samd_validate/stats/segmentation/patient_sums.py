"""Ratios of sums over cases, and medians of cases, with intervals in which the patient is the unit.

A mean over cases is the ratio of a sum of values to a number of cases; a lesion-wise sensitivity
is the ratio of lesions found to lesions present. Both are made of sums by patient, so that cases of
one patient stay together. The intervals were chosen by simulated coverage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.from_draws import LeftOut, Limits, bca
from samd_validate.stats.resampling.resample import CELLS, drawn

Range: TypeAlias = Literal["share", "positive", "line"]
"""Where a quantity lies: from 0 to 1, from 0 up, or anywhere."""

NO_SPREAD = 1e-9
"""A standard error below this share of the values is rounding."""


@dataclass(frozen=True, kw_only=True)
class PatientSums:
    """Numerators and denominators summed by patient, each ``(patients,)``.

    Raises
    ------
    ValueError
        If there are fewer than two patients, or a denominator is not above 0.
    """

    numerator: FloatArray
    denominator: FloatArray

    def __post_init__(self) -> None:
        if self.numerator.size < 2:  # noqa: PLR2004  # one patient has no spread
            raise ValueError("patient must name at least two patients")
        if not (self.denominator > 0).all():
            raise ValueError("denominator must be above 0 in each patient")

    @property
    def n_patients(self) -> int:
        """Return the number of patients."""
        return int(self.numerator.size)

    @property
    def value(self) -> float:
        """Return the ratio of the sums."""
        return float(self.numerator.sum() / self.denominator.sum())

    @property
    def standard_error(self) -> float:
        """Return the linearised standard error of the ratio, with patients as independent units.

        Ref. Cochran 1977, Sampling Techniques, section 6.4; 0 where it is only rounding.
        """
        m = self.n_patients
        residual = self.numerator - self.value * self.denominator
        error = float(np.sqrt(m / (m - 1) * (residual**2).sum())) / float(self.denominator.sum())
        size = max(abs(self.value), float(np.abs(self.numerator).max()) / self.denominator.sum())
        return error if error > NO_SPREAD * size else 0.0


def sums_by_patient(numerator: Column, denominator: Column, patient: Column) -> PatientSums:
    """Return the sums of each patient; all three are ``(cases,)``.

    >>> sums = sums_by_patient([1.0, 0.5, 0.0], [1, 1, 1], ["a", "a", "b"])
    >>> sums.numerator, sums.value
    (array([1.5, 0. ]), 0.5)

    Raises
    ------
    ValueError
        If the columns are not of one length or not finite, or as ``PatientSums``.
    """
    columns = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    if {one.shape for one in columns} != {(len(patient),)}:
        raise ValueError("numerator, denominator and patient must be of one length")
    if not np.isfinite(columns).all():
        raise ValueError("numerator and denominator must be finite")
    code = np.unique(patient, return_inverse=True)[1]
    return PatientSums(
        numerator=np.bincount(code, weights=columns[0]).astype(np.float64),
        denominator=np.bincount(code, weights=columns[1]).astype(np.float64),
    )


def student_limits(sums: PatientSums, level: float, where: Range) -> Limits:
    """Return Student's limits by patient: on the log-odds of a share, the log of a positive number.

    ``patients - 1`` degrees of freedom; the value must not lie on the border of its range.
    """
    value, half = sums.value, _quantile(level, sums.n_patients) * sums.standard_error
    if where == "share":
        ends = expit(logit(value) + np.array([-1, 1]) * half / (value * (1 - value)))
    elif where == "positive":
        ends = value * np.exp(np.array([-1, 1]) * half / value)
    else:
        ends = value + np.array([-1, 1]) * half
    return float(ends[0]), float(ends[1])


def border_limits(sums: PatientSums, level: float) -> Limits:
    """Return the exact limits of a share that is 0, or 1, in every patient.

    If a patient is without fault with probability ``p``, all ``m`` are so with ``p ** m``; and the
    share is at least ``p`` if patients at fault are not larger than others. It is the border of
    Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404.

    >>> [round(end, 3) for end in border_limits(sums_by_patient([1] * 9, [1] * 9, range(9)), 0.95)]
    [0.664, 1.0]
    """
    reach = float(((1 - level) / 2) ** (1 / sums.n_patients))
    return (reach, 1.0) if sums.value == 1 else (0.0, 1 - reach)


def ratio_replicates(sums: PatientSums, plan: IntervalPlan) -> FloatArray:
    """Return the ratio on each resample of patients ``(resamples,)``."""
    blocks = patient_multiplicities(sums.n_patients, plan)
    return np.concatenate([(one @ sums.numerator) / (one @ sums.denominator) for one in blocks])


def patient_multiplicities(n_patients: int, plan: IntervalPlan) -> Iterator[FloatArray]:
    """Yield blocks ``(resamples, patients)`` of how often each patient is drawn."""
    for counts in drawn(np.array([0, n_patients]), plan):
        yield counts.astype(np.float64)


def bca_limits(sums: PatientSums, draws: FloatArray, level: float) -> Limits:
    """Return bias-corrected and accelerated limits; NaN where no draw lies beyond the value.

    The acceleration is that of the ratio without each patient in turn.
    """
    left_out = (sums.numerator.sum() - sums.numerator) / (sums.denominator.sum() - sums.denominator)
    left = LeftOut(values=left_out, n_with_event=0)
    return bca(sums.value, draws, level, left.acceleration)


def woodruff_limits(values: FloatArray, patient: Column, level: float) -> Limits | None:
    """Return Woodruff's limits of a median (1952, doi:10.1080/01621459.1952.10483443).

    The share of cases below the median has a standard error by patient, and Student's limits around
    one half; the limits of the median are the quantiles at these shares. None without a spread.
    """
    median = np.median(values)
    one = np.ones(values.size)
    error = max(
        sums_by_patient(below.astype(np.float64), one, patient).standard_error
        for below in (values < median, values <= median)
    )
    if error == 0:
        return None
    half = _quantile(level, np.unique(patient).size) * error
    low, high = np.quantile(values, np.clip((0.5 - half, 0.5 + half), 0, 1))
    return float(low), float(high)


def median_replicates(values: FloatArray, patient: Column, plan: IntervalPlan) -> FloatArray:
    """Return the median of the cases on each resample of patients ``(resamples,)``."""
    order = np.argsort(values, kind="stable")
    names, code = np.unique(patient, return_inverse=True)
    ranked, of = values[order], code[order]
    parts = []
    for weights in patient_multiplicities(names.size, plan):
        for weight in np.array_split(weights, -(-weights.shape[0] * of.size // CELLS)):
            total = weight[:, of].cumsum(axis=1)
            half = total[:, -1:] / 2
            lower, upper = (total >= half).argmax(axis=1), (total > half).argmax(axis=1)
            parts.append((ranked[lower] + ranked[upper]) / 2)
    return np.concatenate(parts)


def _quantile(level: float, n_patients: int) -> float:
    return float(student.ppf((1 + level) / 2, n_patients - 1))
