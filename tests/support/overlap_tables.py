"""Cases of squares and empty masks, and tables of chosen values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.case_estimates import (
    estimate_cases,
)
from samd_validate.stats.segmentation.case_table import CaseOverlap, measure_case
from samd_validate.stats.segmentation.empty_masks import (
    EmptyPolicy,
    WhenEmpty,
)
from samd_validate.stats.segmentation.lesions import LesionRule, lesions_of
from samd_validate.stats.segmentation.masks import Empty, Masks

PLAN = IntervalPlan(n_resamples=400, seed=5)
RULE, ANOTHER = LesionRule(iou_threshold=0.2), LesionRule(iou_threshold=0.3)
PRESENT = EmptyPolicy().changed(dice=WhenEmpty(both=None, reference=0, prediction=0))


def case(
    number: int,
    patient: str,
    *,
    shift: int = 1,
    empty: str = "neither",
    policy: EmptyPolicy | None = None,
    rule: LesionRule = RULE,
) -> CaseOverlap:
    """Return a case of a square that was found shifted, or of an empty mask."""
    reference = np.zeros((12, 16), dtype=bool)
    prediction = reference.copy()
    if empty not in ("reference", "both"):
        reference[2:6, 2:6] = True
    if empty not in ("prediction", "both"):
        prediction[2 + shift : 6 + shift, 2:6] = True
    masks = Masks(reference=reference, prediction=prediction, spacing_mm=(1, 1))
    return measure_case(
        masks,
        case_id=str(number),
        patient_id=patient,
        tolerance=1,
        lesions=lesions_of(masks, rule),
        policy=policy,
    )


def with_values(values: Sequence[float | None], patients: Sequence[Any]) -> list[CaseOverlap]:
    """Return a table with a Dice of our choice."""
    return [
        CaseOverlap(
            case_id=str(number),
            patient_id=str(patient),
            empty=Empty.NEITHER if value is not None else Empty.BOTH,
            reference_size=1.0,
            prediction_size=1.0,
            values={"dice": value},
            length_unit="mm",
            size_unit="mm2",
        )
        for number, (value, patient) in enumerate(zip(values, patients, strict=True))
    ]


def estimate(*arguments: Any, **options: Any) -> Estimate:
    found = estimate_cases(*arguments, **options)
    assert isinstance(found, Estimate)
    return found
