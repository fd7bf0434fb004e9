"""The value that nine cases of ten reach: what a mean over cases hides."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.from_draws import Limits
from samd_validate.stats.segmentation.case_estimates import check_table, too_few
from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.patient_sums import sums_by_patient

DECILE = 0.1


def estimate_worst_decile(
    cases: Sequence[CaseOverlap], measure: str, plan: IntervalPlan
) -> Measurement:
    """Return the 10th percentile of a share over cases, with patients as the unit.

    Limits are order statistics by the binomial distribution (Conover 1999, Practical Nonparametric
    Statistics, section 3.2), for as many independent cases as would leave the share below the
    percentile as unsure as patients leave it (Korn & Graubard 1998, Surv Methodol 24:193-201), and
    never more than there are. With fewer than 36 such cases no case bounds the percentile from
    below at level 0.95: the low limit is then 0, and the note says so.

    Raises
    ------
    ValueError
        As ``estimate_cases``, and for a measure that is no share.
    """
    check_table(cases, measure, plan)
    if CASE_MEASURES[measure].where != "share":
        raise ValueError("measure must be a share, of which the low end is the bad one")
    counted = [case for case in cases if case.values[measure] is not None]
    values = np.array([case.values[measure] for case in counted], dtype=np.float64)
    patient = np.array([case.patient_id for case in counted])
    refused = too_few(patient, f"the policy for empty masks leaves out all {len(cases)} cases")
    if refused is not None:
        return refused
    if np.ptp(values) == 0:
        reason = f"{values[0]:g} in all cases: no spread to judge by"
        return NotEstimable(code="no_spread", reason=reason, n=values.size)
    value = float(np.quantile(values, DECILE))
    low, high = order_limits(values, patient, DECILE, plan.level)
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=plan.level,
        method="order statistics, binomial, effective number of cases by patient",
        n=values.size,
        n_clusters=np.unique(patient).size,
        note="" if low > 0 else "too few patients for a case to bound it from below",
    )


def order_limits(values: FloatArray, patient: Column, share: float, level: float) -> Limits:
    """Return limits of a quantile of shares; 0 or 1 where no case bounds it.

    >>> cases = np.arange(1, 101) / 101
    >>> [round(end * 101) for end in order_limits(cases, np.arange(100), 0.1, 0.95)]
    [5, 17]
    """
    n, effective = values.size, _effective(values, patient, share)
    tail = (1 - level) / 2
    below = int(binom.ppf(tail, effective, share))
    above = int(binom.ppf(1 - tail, effective, share)) + 1
    first = math.floor(below * n / effective)
    last = math.ceil(above * n / effective)
    ranked = np.sort(values)
    low = float(ranked[first - 1]) if first > 0 else 0.0
    return low, float(ranked[last - 1]) if last <= n else 1.0


def _effective(values: FloatArray, patient: Column, share: float) -> int:
    """Return how many independent cases would be as unsure of the share as patients are."""
    patients = int(np.unique(patient).size)
    if patients == values.size:
        return patients
    middle = np.quantile(values, share)
    ones = np.ones(values.size)
    error = max(
        sums_by_patient(below.astype(np.float64), ones, patient).standard_error
        for below in (values < middle, values <= middle)
    )
    if error == 0:
        return patients
    return int(np.clip(math.floor(share * (1 - share) / error**2), 1, values.size))
