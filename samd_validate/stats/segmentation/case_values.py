"""The mean of any number that each case has, with patients as the unit."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.patient_sums import (
    PatientSums,
    Range,
    border_limits,
    student_limits,
    sums_by_patient,
)

FEW_PATIENTS = 30
METHODS = {
    "share": "cluster-robust Student's t over patients, log-odds",
    "positive": "cluster-robust Student's t over patients, log",
    "line": "cluster-robust Student's t over patients",
}
RANGES = {"share": (0.0, 1.0), "positive": (0.0, np.inf), "line": (-np.inf, np.inf)}


def estimate_values(
    values: Column, patient: Column, plan: IntervalPlan, *, where: Range = "share", note: str = ""
) -> Measurement:
    """Return the mean of ``values (n,)`` over cases; ``patient (n,)`` names whom each is of.

    ``where`` says where the values lie: from 0 to 1, from 0 up, or anywhere. Each case counts once.
    The interval is Student's by patient, for shares on the log-odds; a share that is 0, or 1, in
    every patient has exact limits. Not estimable from fewer than two patients, or where values that
    are no such share do not differ.

    >>> plan = IntervalPlan()
    >>> estimate_values(np.array([0.2, 0.4, 0.3]), np.array(["a", "b", "c"]), plan).describe()
    '0.30 (95% CI 0.12 to 0.58)'

    Raises
    ------
    ValueError
        For columns of different lengths, values that are not finite, or not where they should be.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.shape != np.shape(patient) or given.ndim != 1:
        raise ValueError("values and patient must be of one length")
    if not np.isfinite(given).all():
        raise ValueError("values must be finite")
    if (
        where != "line"
        and given.size
        and (given.min() < 0 or (where == "share" and given.max() > 1))
    ):
        raise ValueError(f"values must lie where a {where} lies")
    n_patients = int(np.unique(patient).size)
    if n_patients < 2:  # noqa: PLR2004  # one patient has no spread
        reason = f"{given.size} cases of {n_patients} patients: two patients are needed"
        return NotEstimable(code="too_few", reason=reason, n=int(given.size))
    sums = sums_by_patient(given, np.ones(given.size), patient)
    found = _limits(sums, plan.level, where)
    if found is None:
        reason = f"{sums.value:g} in each of {n_patients} patients: no spread to judge by"
        return NotEstimable(code="no_spread", reason=reason, n=int(given.size))
    limits, method = found
    few = "" if n_patients >= FEW_PATIENTS else f"fewer than {FEW_PATIENTS} patients"
    return Estimate(
        value=sums.value,
        low=min(limits[0], sums.value),
        high=max(limits[1], sums.value),
        level=plan.level,
        method=method,
        n=int(given.size),
        n_clusters=n_patients,
        note="; ".join(words for words in (note, few) if words),
    )


def _limits(
    sums: PatientSums, level: float, where: Range
) -> tuple[tuple[float, float], str] | None:
    if sums.standard_error > 0:
        return student_limits(sums, level, where), METHODS[where]
    if where == "share" and sums.value in (0.0, 1.0):
        return border_limits(sums, level), "exact, all patients at the border"
    return None
