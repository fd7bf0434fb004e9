"""Every case of a population measured against its reference, one image in memory at a time."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.core.images import marked
from samd_validate.core.inputs import Population
from samd_validate.stats.segmentation.case_table import CaseOverlap, measure_case
from samd_validate.stats.segmentation.lesions import (
    LesionRule,
    Lesions,
    components,
    lesions_of,
    match_instances,
)
from samd_validate.stats.segmentation.masks import Masks


def cases_of(
    population: Population,
    model: str,
    *,
    tolerance: float | None = None,
    rule: LesionRule | None = None,
    has_instances: bool = False,
) -> list[CaseOverlap]:
    """Return the measures of each case that has a reference, in the order of the cohort.

    Lesions are connected components; with ``has_instances`` each label of the reference is one
    lesion, whether it touches others or is of several parts, and the prediction's are components.

    Raises
    ------
    ValueError
        If the population has no images, or a case has no reference.
    """
    images = population.cohort.images
    if images is None:
        raise ValueError("cases are measured on images")
    segmentation, cases = population.segmentations[model], []
    for row in range(population.cohort.size):
        reference = images.reference(row)
        if reference is None:
            raise ValueError("every case needs a reference mask")
        masks = Masks(
            reference=np.asarray(reference > 0),
            prediction=marked(segmentation, row),
            spacing_mm=images.image(row).spacing_mm,
        )
        cases.append(
            measure_case(
                masks,
                case_id=str(population.cohort.unit_id[row]),
                patient_id=str(population.cohort.patient_id[row]),
                tolerance=tolerance,
                lesions=_lesions(reference if has_instances else None, masks, rule),
            )
        )
    return cases


def _lesions(instances: Column | None, masks: Masks, rule: LesionRule | None) -> Lesions | None:
    if rule is None or instances is None:
        return None if rule is None else lesions_of(masks, rule)
    return match_instances(instances, components(masks.prediction, rule.connectivity), rule)
