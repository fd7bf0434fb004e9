"""Two devices on the same cases: the mean difference of a measure, with patients as the unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.patient_sums import student_limits, sums_by_patient

FEWEST_PATIENTS = 2


def difference_cases(
    cases: Sequence[CaseOverlap],
    others: Sequence[CaseOverlap],
    measure: str,
    plan: IntervalPlan,
) -> Measurement:
    """Return the mean of the case-wise differences (first minus second), paired and by patient.

    A case that the policy for empty masks leaves out on either side is left out on both. The
    interval is Student's, from the spread of patients' sums of differences.

    Raises
    ------
    ValueError
        If the two tables are not of the same cases in the same order.
    """
    ids = [case.case_id for case in cases]
    if ids != [case.case_id for case in others]:
        raise ValueError("both tables must hold the same cases in the same order")
    pairs = [
        (case.patient_id, case.values[measure], other.values[measure])
        for case, other in zip(cases, others, strict=True)
    ]
    known = [(who, a - b) for who, a, b in pairs if a is not None and b is not None]
    patient = np.array([who for who, _ in known])
    n_patients = np.unique(patient).size
    if n_patients < FEWEST_PATIENTS:
        reason = f"{n_patients} patients with a value on both sides; two are needed"
        return NotEstimable(code="too_few", reason=reason, n=len(known))
    difference = np.array([one for _, one in known], dtype=np.float64)
    sums = sums_by_patient(difference, np.ones(difference.size), patient)
    low, high = student_limits(sums, plan.level, "line")
    return Estimate(
        value=sums.value,
        low=low,
        high=high,
        level=plan.level,
        method="Student's t of paired differences, by patient",
        n=difference.size,
        n_clusters=n_patients,
        unit=cases[0].unit(measure),
    )
