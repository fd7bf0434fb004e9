"""From a table of cases to estimates: mean and median over cases, lesions over all cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.from_draws import Limits, percentile
from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.empty_masks import DEFAULTS
from samd_validate.stats.segmentation.lesions import Lesions
from samd_validate.stats.segmentation.masks import Empty
from samd_validate.stats.segmentation.patient_sums import (
    PatientSums,
    Range,
    bca_limits,
    border_limits,
    median_replicates,
    ratio_replicates,
    student_limits,
    sums_by_patient,
    woodruff_limits,
)

FEW_PATIENTS = 30
METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"mean": ("auto", "student", "percentile", "bca"), "median": ("auto", "woodruff", "percentile")}
)
"""The intervals of each summary; ``auto`` is the one named next."""

WHERE: Mapping[Range, str] = MappingProxyType(
    {"share": ", log-odds", "positive": ", log", "line": ""}
)
POOLED: Mapping[str, Callable[[Lesions], tuple[float, float]]] = MappingProxyType(
    {
        "lesion_sensitivity": lambda one: (one.tp, one.n_reference),
        "lesion_precision": lambda one: (one.tp, one.n_prediction),
        "lesion_f1": lambda one: (2 * one.tp, one.n_reference + one.n_prediction),
        "lesion_fp": lambda one: (one.fp, 1),
    }
)
"""Numerator and denominator of what is pooled over the lesions of all cases."""


@dataclass(frozen=True, kw_only=True)
class _Found:
    """Limits, the words for their method, and how they were drawn."""

    limits: Limits
    words: str
    n_resamples: int = 0


def estimate_cases(
    cases: Sequence[CaseOverlap],
    measure: str,
    plan: IntervalPlan,
    *,
    summary: Literal["mean", "median"] = "mean",
    method: str = "auto",
) -> Measurement:
    """Return the mean or the median of a measure over cases, with patients as the unit.

    Each case counts once, so a patient with many cases weighs more. ``n`` is the number of cases
    that count, ``n_clusters`` that of their patients; cases left out, and cases that count by the
    policy for empty masks, are in the note. ``student`` is a Student interval on the log-odds of
    shares and the log of distances, ``woodruff`` that of a median; both were chosen by simulated
    coverage. For distances prefer the median: a few missed structures decide the mean, and from few
    patients its interval fails.

    Raises
    ------
    ValueError
        For a table without cases, with a case twice, or of differing units, tolerances, policies
        or lesion rules; for a measure that is unknown or was not measured; for a summary, method or
        level that is none.
    """
    _check_choice(summary, tuple(METHODS), "summary")
    _check_choice(method, METHODS[summary], "method")
    check_table(cases, measure, plan)
    counted = [case for case in cases if case.values[measure] is not None]
    values = np.array([case.values[measure] for case in counted], dtype=np.float64)
    patient = np.array([case.patient_id for case in counted])
    refused = too_few(patient, f"the policy for empty masks leaves out all {len(cases)} cases")
    if refused is not None:
        return refused
    note = _note(cases, measure, np.unique(patient).size)
    unit, where = cases[0].unit(measure), CASE_MEASURES[measure].where
    if summary == "median":
        value, found = float(np.median(values)), _of_median(values, patient, plan, method)
    else:
        sums = sums_by_patient(values, np.ones(values.size), patient)
        value, found = sums.value, _of_ratio(sums, plan, method, where)
    return _estimate(value, found, patient, plan, unit=unit, note=note)


def estimate_lesions(
    cases: Sequence[CaseOverlap], measure: str, plan: IntervalPlan, *, method: str = "auto"
) -> Measurement:
    """Return a lesion-wise measure over the lesions of all cases, with patients as the unit.

    ``lesion_sensitivity``, ``lesion_precision``, ``lesion_f1``, or ``lesion_fp``, the false
    positives per image. Each lesion counts once, whatever case it is of, and no rule for empty
    masks is needed. ``n`` is the number of cases with something to count, ``n_events`` that of true
    lesions in them.

    Raises
    ------
    ValueError
        As ``estimate_cases``, and if lesions were not matched.
    """
    _check_choice(measure, tuple(POOLED), "measure")
    _check_choice(method, METHODS["mean"], "method")
    check_table(cases, measure, plan)
    parts = [(case, POOLED[measure](case.lesions)) for case in cases if case.lesions is not None]
    counted = [(case, part) for case, part in parts if part[1] > 0]
    patient = np.array([case.patient_id for case, _ in counted])
    refused = too_few(patient, f"none of {len(cases)} cases has a lesion to count")
    if refused is not None:
        return refused
    top, bottom = np.array([part for _, part in counted], dtype=np.float64).T
    sums = sums_by_patient(top, bottom, patient)
    found = _of_ratio(sums, plan, method, CASE_MEASURES[measure].where)
    n_events = sum(case.lesions.n_reference for case, _ in counted if case.lesions is not None)
    without = len(cases) - len(counted)
    note = f"of {len(cases)} cases, {without} without a lesion to count" if without else ""
    note = _joined(note, _few(sums.n_patients))
    return _estimate(sums.value, found, patient, plan, unit="1", note=note, n_events=n_events)


def _of_ratio(
    sums: PatientSums, plan: IntervalPlan, method: str, where: Range
) -> _Found | NotEstimable:
    if sums.standard_error == 0:
        return _without_spread(sums, plan.level, where)
    if method in ("auto", "student"):
        words = f"cluster-robust Student's t over patients{WHERE[where]}"
        return _Found(limits=student_limits(sums, plan.level, where), words=words)
    draws, words = ratio_replicates(sums, plan), "bootstrap over patients"
    if method == "bca" and np.isfinite(limits := bca_limits(sums, draws, plan.level)).all():
        return _Found(limits=limits, words=f"BCa {words}", n_resamples=plan.n_resamples)
    limits = percentile(draws, plan.level)
    return _Found(limits=limits, words=f"percentile {words}", n_resamples=plan.n_resamples)


def _without_spread(sums: PatientSums, level: float, where: Range) -> _Found | NotEstimable:
    if where == "share" and sums.value in (0.0, 1.0):
        words = "exact, all patients at the border"
        return _Found(limits=border_limits(sums, level), words=words)
    reason = f"{sums.value:g} in each of {sums.n_patients} patients: no spread to judge by"
    return NotEstimable(code="no_spread", reason=reason, n=sums.n_patients)


def _of_median(
    values: FloatArray, patient: Column, plan: IntervalPlan, method: str
) -> _Found | NotEstimable:
    if method == "percentile":
        limits = percentile(median_replicates(values, patient, plan), plan.level)
        words = "percentile bootstrap over patients"
        return _Found(limits=limits, words=words, n_resamples=plan.n_resamples)
    by_rank = woodruff_limits(values, patient, plan.level)
    if by_rank is None:
        reason = f"{values[0]:g} in all cases: no spread to judge by"
        return NotEstimable(code="no_spread", reason=reason, n=values.size)
    return _Found(limits=by_rank, words="Woodruff, cluster-robust Student's t over patients")


def _estimate(
    value: float,
    found: _Found | NotEstimable,
    patient: Column,
    plan: IntervalPlan,
    *,
    unit: str,
    note: str,
    n_events: int | None = None,
) -> Measurement:
    if isinstance(found, NotEstimable):
        return found
    low, high = found.limits
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=plan.level,
        method=found.words,
        n=patient.size,
        n_events=n_events,
        n_clusters=np.unique(patient).size,
        n_resamples=found.n_resamples,
        unit=unit,
        note=note,
    )


def too_few(patient: Column, why_none: str) -> NotEstimable | None:
    """Return why cases of so few patients give no estimate; None if they do."""
    if patient.size == 0:
        return NotEstimable(code="no_case", reason=why_none, n=0)
    if np.unique(patient).size == 1:
        reason = "one patient alone does not say how patients differ"
        return NotEstimable(code="one_patient", reason=reason, n=patient.size)
    return None


def _note(cases: Sequence[CaseOverlap], measure: str, n_patients: int) -> str:
    """Return what a reader must know: empty masks by kind and how they count, and few patients."""
    if measure not in DEFAULTS:  # it exists for every mask
        return _few(n_patients)
    words = [
        f"{len(of_kind)} with {_EMPTY[kind]} {_worth(of_kind)}"
        for kind in Empty
        if kind in _EMPTY
        and (of_kind := [case.values[measure] for case in cases if case.empty is kind])
    ]
    empty = f"of {len(cases)} cases, {', '.join(words)}" if words else ""
    return _joined(empty, _few(n_patients))


_EMPTY = {
    Empty.REFERENCE: "an empty reference",
    Empty.PREDICTION: "an empty prediction",
    Empty.BOTH: "both masks empty",
}


def _worth(values: Sequence[float | None]) -> str:
    known = [one for one in values if one is not None]
    if not known:
        return "left out"
    low, high = min(known), max(known)
    return f"counted as {low:g}" if low == high else f"counted as {low:g} to {high:g}"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _few(n_patients: int) -> str:
    if n_patients >= FEW_PATIENTS:
        return ""
    return f"fewer than {FEW_PATIENTS} patients: the interval may be too narrow"


def _check_choice(word: str, choices: tuple[str, ...], name: str) -> None:
    if word not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}")


def check_table(cases: Sequence[CaseOverlap], measure: str, plan: IntervalPlan) -> None:
    """Raise ``ValueError`` unless the table is of one kind and holds the measure in every case."""
    _check_choice(measure, tuple(CASE_MEASURES), "measure")
    if not 0 < plan.level < 1:
        raise ValueError("level must lie between 0 and 1")
    if not cases:
        raise ValueError("cases must not be empty")
    if len({case.case_id for case in cases}) < len(cases):
        raise ValueError("cases must not hold a case_id twice")
    if any(measure not in case.values for case in cases):
        needs = CASE_MEASURES[measure].needs
        raise ValueError(f"{measure} was not measured in every case: give {needs} to measure_case")
    if len({(case.length_unit, case.size_unit, case.tolerance) for case in cases}) > 1:
        raise ValueError("cases must be of one unit and one tolerance")
    if any(case.policy != cases[0].policy for case in cases):
        raise ValueError("cases must be of one policy for empty masks")
    if len({case.lesions.rule for case in cases if case.lesions is not None}) > 1:
        raise ValueError("cases must be of one rule for lesions")
