"""Lesions found against false marks an image (FROC), with patients as the unit.

Ref. Bandos et al. 2009, doi:10.1111/j.1541-0420.2008.01049.x; the rates and their mean as in
Setio et al. 2017, doi:10.1016/j.media.2017.06.015.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray, IntArray, read_only
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.from_draws import Limits, percentile
from samd_validate.stats.segmentation.patient_sums import (
    border_limits,
    patient_multiplicities,
    sums_by_patient,
)

RATES = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)
"""False marks an image at which sensitivity is read."""
SLACK = 1e-9
FEW_PATIENTS = 30


@dataclass(frozen=True, kw_only=True)
class Detections:
    """One image: the scores of its false marks, and for each lesion the best score that found it.

    ``false (k,)`` and ``found (lesions,)`` are scores above 0, higher is surer; a lesion that no
    mark found has 0.

    Raises
    ------
    ValueError
        For scores that are not finite, below 0, or a false mark of score 0.
    """

    patient_id: str
    false: FloatArray
    found: FloatArray

    def __post_init__(self) -> None:
        for name in ("false", "found"):
            scores = read_only(getattr(self, name), np.float64)
            if scores.ndim != 1 or not np.isfinite(scores).all() or (scores < 0).any():
                raise ValueError(f"{name} must be finite scores, 0 or more")
            object.__setattr__(self, name, scores)
        if (self.false == 0).any():
            raise ValueError("false marks must have scores above 0")


@dataclass(frozen=True, kw_only=True)
class _Events:
    """False marks and lesions of all images by falling score, and what each patient has."""

    false_score: FloatArray
    false_patient: IntArray
    lesion_score: FloatArray
    lesion_patient: IntArray
    images: FloatArray
    lesions: FloatArray

    def sensitivity(self, weight: FloatArray, rates: FloatArray) -> FloatArray:
        """Return the sensitivity ``(rates,)`` where each patient counts ``weight`` times."""
        allowed = rates * (weight @ self.images) + SLACK
        false = np.cumsum(weight[self.false_patient])
        first = np.searchsorted(false, allowed, side="right")
        above = np.append(self.false_score, 0.0)[first]
        found = np.append(0.0, np.cumsum(weight[self.lesion_patient]))
        counted = np.searchsorted(-self.lesion_score, -above, side="left")
        return np.asarray(found[counted] / found[-1], dtype=np.float64)


def sensitivities(cases: Sequence[Detections], rates: Sequence[float]) -> tuple[float, ...]:
    """Return the share of lesions found at each rate of false marks an image.

    At each rate the lowest threshold counts at which there are at most so many false marks an
    image, over all images; what is found at it is not interpolated.

    >>> one = Detections(patient_id="a", false=np.array([0.7]), found=np.array([0.9, 0.5, 0.0]))
    >>> [round(share, 2) for share in sensitivities([one], (0.5, 1))]
    [0.33, 0.67]

    Raises
    ------
    ValueError
        Without a case or a lesion, and for rates that are not above 0.
    """
    events = _events(cases, rates)
    weight = np.ones(events.images.size)
    return tuple(events.sensitivity(weight, np.asarray(rates, np.float64)).tolist())


def estimate_froc(
    cases: Sequence[Detections], rates: Sequence[float], plan: IntervalPlan
) -> tuple[tuple[Measurement, ...], Measurement]:
    """Return the sensitivity at each rate, and their mean, with patients as the unit.

    Limits are percentiles over resamples of patients, in each of which the thresholds are found
    anew; a share that is 0 or 1 in all of them has exact limits. ``n`` counts images, ``n_events``
    lesions. Not estimable without a lesion, or from one patient.

    Raises
    ------
    ValueError
        Without a case, and for rates that are not above 0.
    """
    refused = _refused(cases)
    if refused is not None:
        return (refused,) * len(rates), refused
    events, wanted = _events(cases, rates), np.asarray(rates, dtype=np.float64)
    value = events.sensitivity(np.ones(events.images.size), wanted)
    draws = froc_draws(cases, rates, plan)
    each = tuple(
        _estimate(float(value[k]), draws[:, k], cases, events, plan) for k in range(wanted.size)
    )
    return each, _estimate(float(value.mean()), draws.mean(axis=1), cases, events, plan)


def froc_draws(
    cases: Sequence[Detections], rates: Sequence[float], plan: IntervalPlan
) -> FloatArray:
    """Return the sensitivity ``(resamples, rates)``; resamples without a lesion are left out."""
    events, wanted = _events(cases, rates), np.asarray(rates, dtype=np.float64)
    rows = [
        events.sensitivity(weight, wanted)
        for block in patient_multiplicities(events.images.size, plan)
        for weight in block
        if weight @ events.lesions > 0
    ]
    return np.array(rows).reshape(-1, wanted.size)


def _refused(cases: Sequence[Detections]) -> NotEstimable | None:
    if not sum(case.found.size for case in cases):
        reason = f"none of {len(cases)} images has a lesion"
        return NotEstimable(code="no_lesion", reason=reason, n=len(cases))
    if len({case.patient_id for case in cases}) == 1:
        reason = "one patient alone does not say how patients differ"
        return NotEstimable(code="one_patient", reason=reason, n=len(cases))
    return None


def _events(cases: Sequence[Detections], rates: Sequence[float]) -> _Events:
    if not cases or not sum(case.found.size for case in cases):
        raise ValueError("cases must hold at least one lesion")
    if not len(rates) or not all(np.isfinite(rate) and rate > 0 for rate in rates):
        raise ValueError("rates must be above 0")
    names, code = np.unique([case.patient_id for case in cases], return_inverse=True)
    false_score, false_patient = _ordered([case.false for case in cases], code)
    lesion_score, lesion_patient = _ordered([case.found for case in cases], code)
    return _Events(
        false_score=false_score,
        false_patient=false_patient,
        lesion_score=lesion_score,
        lesion_patient=lesion_patient,
        images=np.bincount(code, minlength=names.size).astype(np.float64),
        lesions=np.bincount(lesion_patient, minlength=names.size).astype(np.float64),
    )


def _ordered(scores: Sequence[FloatArray], code: Column) -> tuple[FloatArray, IntArray]:
    """Return all scores, highest first, and the patient of each."""
    joined = np.concatenate(scores)
    patient = np.repeat(code, [one.size for one in scores])
    order = np.argsort(-joined, kind="stable")
    return joined[order], np.asarray(patient[order], dtype=np.int64)


def _estimate(
    value: float,
    draws: FloatArray,
    cases: Sequence[Detections],
    events: _Events,
    plan: IntervalPlan,
) -> Measurement:
    n_patients = int(events.images.size)
    found = _limits(value, draws, events, plan.level)
    if found is None:
        reason = f"{value:.3g} in every resample of patients: no spread to judge by"
        return NotEstimable(code="no_spread", reason=reason, n=len(cases))
    (low, high), words = found
    few = "" if n_patients >= FEW_PATIENTS else f"fewer than {FEW_PATIENTS} patients"
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=plan.level,
        method=words,
        n=len(cases),
        n_events=int(events.lesions.sum()),
        n_clusters=n_patients,
        n_resamples=draws.size,
        n_undefined=plan.n_resamples - draws.size,
        note=few,
    )


def _limits(
    value: float, draws: FloatArray, events: _Events, level: float
) -> tuple[Limits, str] | None:
    if draws.size and np.ptp(draws) > 0:
        return percentile(draws, level), "percentile bootstrap over patients"
    with_lesion = events.lesions[events.lesions > 0]
    if value not in (0.0, 1.0) or with_lesion.size < 2:  # noqa: PLR2004  # one patient has no spread
        return None
    sums = sums_by_patient(value * with_lesion, with_lesion, np.arange(with_lesion.size))
    return border_limits(sums, level), "exact, all patients at the border"
