"""A measure of cases in one group less that in another: two sites, or a subgroup and the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.optimize import brentq

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.from_draws import Limits
from samd_validate.stats.segmentation.case_estimates import check_table, estimate_cases
from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.patient_sums import (
    Range,
    border_limits,
    student_limits,
    sums_by_patient,
)
from samd_validate.stats.segmentation.worst_decile import (
    DECILE,
    estimate_worst_decile,
    order_limits,
)

SMALLEST_P = 1e-8
"""Below this no limit is looked for: the p-value is given as this."""

LimitsAt: TypeAlias = Callable[[float], Limits]


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One group: its estimate, its limits at any level, and what each patient adds to its error."""

    estimate: Estimate
    limits_at: LimitsAt
    patients: Column
    influence: FloatArray


def difference_groups(
    cases: Sequence[CaseOverlap], others: Sequence[CaseOverlap], measure: str, plan: IntervalPlan
) -> Measurement:
    """Return the mean of a measure over some cases less that over others (first minus second).

    The limits are made of those of either mean by squares that are added (MOVER: Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Zou & Donner 2008,
    doi:10.1002/sim.3095): means near 0 or 1 keep their skewed limits. Where patients have cases in
    both groups the correlation of the means, by patient, enters. ``p_value`` is two-sided, by
    inversion: one less the level at which a limit touches 0. Not estimable where either mean is
    not.

    Raises
    ------
    ValueError
        As ``estimate_cases``, and for a case that is in both groups.
    """
    _refuse_common(cases, others)
    sides = []
    for group in (cases, others):
        found = _mean_side(group, measure, plan)
        if isinstance(found, NotEstimable):
            return found
        sides.append(found)
    return _difference(sides[0], sides[1], plan, unit=cases[0].unit(measure))


def difference_worst_decile(
    cases: Sequence[CaseOverlap], others: Sequence[CaseOverlap], measure: str, plan: IntervalPlan
) -> Measurement:
    """Return the worst decile of a share over some cases less that over others.

    The limits are those of either decile, squares added, as for means; no patient may have cases in
    both groups.

    Raises
    ------
    ValueError
        As ``estimate_worst_decile``, and for a patient who is in both groups.
    """
    shared = {case.patient_id for case in cases} & {case.patient_id for case in others}
    if shared:
        raise ValueError("no patient may be in both groups")
    sides = []
    for group in (cases, others):
        found = _decile_side(group, measure, plan)
        if isinstance(found, NotEstimable):
            return found
        sides.append(found)
    return _difference(sides[0], sides[1], plan, unit=cases[0].unit(measure))


def _refuse_common(cases: Sequence[CaseOverlap], others: Sequence[CaseOverlap]) -> None:
    if {(c.patient_id, c.case_id) for c in cases} & {(c.patient_id, c.case_id) for c in others}:
        raise ValueError("no case may be in both groups")


def _counted(cases: Sequence[CaseOverlap], measure: str) -> tuple[FloatArray, Column]:
    known = [(case.values[measure], case.patient_id) for case in cases]
    kept = [(value, who) for value, who in known if value is not None]
    values, patients = zip(*kept, strict=True)
    return np.array(values, dtype=np.float64), np.array(patients)


def _mean_side(
    cases: Sequence[CaseOverlap], measure: str, plan: IntervalPlan
) -> _Side | NotEstimable:
    estimate = _lone(cases, measure, plan)
    if isinstance(estimate, NotEstimable):
        return estimate
    values, patient = _counted(cases, measure)
    sums = sums_by_patient(values, np.ones(values.size), patient)
    where: Range = CASE_MEASURES[measure].where

    def limits_at(level: float) -> Limits:
        if sums.standard_error == 0:
            return border_limits(sums, level)
        return student_limits(sums, level, where)

    return _Side(
        estimate=estimate,
        limits_at=limits_at,
        patients=np.unique(patient),
        influence=sums.numerator - sums.value * sums.denominator,
    )


def _lone(cases: Sequence[CaseOverlap], measure: str, plan: IntervalPlan) -> Measurement:
    if not cases:
        return NotEstimable(code="no_case", reason="a group without cases", n=0)
    return estimate_cases(cases, measure, plan)


def _decile_side(
    cases: Sequence[CaseOverlap], measure: str, plan: IntervalPlan
) -> _Side | NotEstimable:
    check_table(cases, measure, plan)
    estimate = estimate_worst_decile(cases, measure, plan)
    if isinstance(estimate, NotEstimable):
        return estimate
    values, patient = _counted(cases, measure)
    return _Side(
        estimate=estimate,
        limits_at=lambda level: order_limits(values, patient, DECILE, level),
        patients=np.unique(patient),
        influence=np.zeros(np.unique(patient).size),
    )


def _difference(one: _Side, other: _Side, plan: IntervalPlan, *, unit: str) -> Estimate:
    correlation = _correlation(one, other)

    def limits_at(level: float) -> Limits:
        return _added(one, other, correlation, level)

    value = one.estimate.value - other.estimate.value
    low, high = limits_at(plan.level)
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=plan.level,
        method="MOVER of both groups' intervals, by patient",
        n=one.estimate.n + other.estimate.n,
        n_clusters=np.union1d(one.patients, other.patients).size,
        unit=unit,
        p_value=_p_value(value, limits_at),
        note=_warned(one.estimate, other.estimate),
    )


def _warned(*estimates: Estimate) -> str:
    """Return what the notes say of few patients; how empty masks count is told with each mean."""
    parts = [part for one in estimates for part in one.note.split("; ")]
    return "; ".join(dict.fromkeys(part for part in parts if "few" in part))


def _correlation(one: _Side, other: _Side) -> float:
    """Return the correlation of two means that patients with cases in both of them make."""
    _, here, there = np.intersect1d(one.patients, other.patients, return_indices=True)
    scale = np.sqrt((one.influence**2).sum() * (other.influence**2).sum())
    if here.size == 0 or scale == 0:
        return 0.0
    return float((one.influence[here] * other.influence[there]).sum() / scale)


def _added(one: _Side, other: _Side, correlation: float, level: float) -> Limits:
    first, second = one.estimate.value, other.estimate.value
    ends = one.limits_at(level), other.limits_at(level)
    below = first - ends[0][0], ends[1][1] - second
    above = ends[0][1] - first, second - ends[1][0]
    value = first - second
    return value - _root(*below, correlation), value + _root(*above, correlation)


def _root(a: float, b: float, correlation: float) -> float:
    return float(np.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0)))


def _p_value(value: float, limits_at: LimitsAt) -> float:
    """Return one less the level at which the limit nearest to 0 touches it."""
    if value == 0:
        return 1.0
    nearest, sign = (0, 1) if value > 0 else (1, -1)

    def end(p_value: float) -> float:
        return limits_at(1 - p_value)[nearest] * sign

    if end(SMALLEST_P) >= 0:
        return SMALLEST_P
    if end(1 - SMALLEST_P) <= 0:
        return 1.0
    return float(brentq(end, SMALLEST_P, 1 - SMALLEST_P, xtol=1e-10))
