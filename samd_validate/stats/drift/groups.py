"""Two groups of rows, the patients behind them, and what several rows a patient cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray, read_only
from samd_validate.core.estimate import Estimate, NotEstimable

FEWEST_PATIENTS = 10
"""Fewer patients on either side give no number."""

POWER = 0.80
ALPHA = 0.05
"""Detectable shifts are those found with this chance by a test at this level."""

Labels: TypeAlias = BoolArray
"""Which patient is on the other side ``(patients, 1 + permutations)``, first as observed."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """An effect size with interval and p-value, and the smallest shift that could be found.

    ``detectable`` is on the scale of the effect: with a true shift of that size a sample like
    this one gives p < 0.05 in 80 % of cases.
    """

    effect: Estimate
    detectable: float


ShiftFound: TypeAlias = Shift | NotEstimable


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Which rows ``(n,)`` belong to the other group, and the patient behind each row.

    ``patient`` holds whole numbers from 0; no patient is in both groups. The reference group is
    where ``is_other`` is false.

    Raises
    ------
    ValueError
        For columns of differing length, or a patient in both groups.
    """

    is_other: BoolArray
    patient: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_other", read_only(self.is_other, np.bool_))
        object.__setattr__(self, "patient", read_only(self.patient, np.int64))
        if self.is_other.ndim != 1 or self.is_other.shape != self.patient.shape:
            raise ValueError("is_other and patient must be of one length")
        if np.intersect1d(self.patient[self.is_other], self.patient[~self.is_other]).size:
            raise ValueError("patient: a patient is in both groups")

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return int(self.is_other.size)

    @property
    def sizes(self) -> tuple[int, int]:
        """Return the rows of the reference group and of the other."""
        other = int(self.is_other.sum())
        return self.n - other, other

    @property
    def patients(self) -> tuple[int, int]:
        """Return the patients of the reference group and of the other."""
        sides = (self.patient[~self.is_other], self.patient[self.is_other])
        return np.unique(sides[0]).size, np.unique(sides[1]).size

    @property
    def are_rows(self) -> bool:
        """Return whether every row is a patient of its own."""
        return sum(self.patients) == self.n

    def take(self, rows: BoolArray) -> Groups:
        """Return the groups of some rows (a mask); patients keep their numbers."""
        return Groups(is_other=self.is_other[rows], patient=self.patient[rows])

    def lacking(self) -> NotEstimable | None:
        """Return why the groups cannot be compared, if so."""
        if min(self.patients) >= FEWEST_PATIENTS:
            return None
        reason = f"fewer than {FEWEST_PATIENTS} patients with a value in one of the groups"
        return NotEstimable(code="too_few", reason=reason, n=self.n)

    def labels(self, n_permutations: int, seed: int) -> Labels:
        """Return the observed side of each patient, and permuted ones; rows stay together."""
        n_patients = int(self.patient.max()) + 1
        observed = np.zeros(n_patients, dtype=np.bool_)
        observed[self.patient] = self.is_other
        labels = np.empty((n_patients, 1 + n_permutations), dtype=np.bool_)
        labels[:, 0] = observed
        generator = np.random.Generator(np.random.Philox(seed))
        for number in range(1, 1 + n_permutations):
            labels[:, number] = generator.permutation(observed)
        return labels

    def effective(self, design_effect: float) -> tuple[float, float]:
        """Return the rows of both groups as if they were independent."""
        reference, other = self.sizes
        return reference / design_effect, other / design_effect


def groups_of(reference_patient: Column, other_patient: Column) -> Groups:
    """Return the groups of two cohorts, known by the patient ids of their rows."""
    codes = np.unique(reference_patient, return_inverse=True)[1]
    others = np.unique(other_patient, return_inverse=True)[1]
    first = int(codes.max()) + 1 if codes.size else 0
    is_other = np.repeat([False, True], [codes.size, others.size])
    return Groups(is_other=is_other, patient=np.concatenate([codes, others + first]))


def design_effect(indicators: FloatArray, weight: FloatArray, groups: Groups) -> float:
    """Return how many rows stand for one independent row, at least 1.

    The variance of the shares of ``indicators (n, k)`` with patients as the unit over that with
    rows as the unit, summed with ``weight (k,)``: the first-order correction of Rao & Scott 1981,
    doi:10.2307/2287815. It is 1 where every row is a patient.
    """
    if groups.are_rows:
        return 1.0
    centred = centred_within(indicators, groups)
    sums = sums_by_patient(centred, groups)
    by_rows = float((centred**2).sum(axis=0) @ weight)
    by_patients = float((sums**2).sum(axis=0) @ weight)
    return max(1.0, by_patients / by_rows) if by_rows > 0 else 1.0


def centred_within(columns: FloatArray, groups: Groups) -> FloatArray:
    """Return columns ``(n, k)`` less their means in each group."""
    centred = np.array(columns, dtype=np.float64)
    for side in (groups.is_other, ~groups.is_other):
        centred[side] -= centred[side].mean(axis=0)
    return centred


def sums_by_patient(columns: FloatArray, groups: Groups) -> FloatArray:
    """Return columns ``(n, k)`` summed over the rows of each patient, ``(patients, k)``."""
    order = np.argsort(groups.patient, kind="stable")
    starts = np.flatnonzero(np.diff(groups.patient[order], prepend=-1))
    return np.asarray(np.add.reduceat(columns[order], starts, axis=0))


def harmonic(sizes: tuple[float, float]) -> float:
    """Return 1 / (1 / n + 1 / m), the size that two groups have together.

    >>> harmonic((200, 200))
    100.0
    """
    return 1 / (1 / sizes[0] + 1 / sizes[1])


def checked(values: Column, groups: Groups, dtype: type = np.float64) -> Column:
    """Return values as an array, one per row of the groups, or refuse them."""
    column: Column = np.asarray(values, dtype=dtype)
    if column.shape != groups.is_other.shape:
        raise ValueError("values and groups must be of one length")
    return column


def estimate_of(
    value: float,
    limits: tuple[float, float],
    groups: Groups,
    *,
    level: float,
    method: str,
    p_value: float,
    note: str = "",
    n_resamples: int = 0,
) -> Estimate:
    """Return the estimate of an effect; its limits are widened to hold the value."""
    return Estimate(
        value=value,
        low=min(limits[0], value),
        high=max(limits[1], value),
        level=level,
        method=method,
        n=groups.n,
        n_clusters=sum(groups.patients),
        n_resamples=n_resamples,
        p_value=float(min(1.0, max(0.0, p_value))),
        note=note,
    )
