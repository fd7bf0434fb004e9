"""Every case of a population measured against its reference, one image in memory at a time."""

from __future__ import annotations

import numpy as np

from samd_validate.core.images import marked
from samd_validate.core.inputs import Population
from samd_validate.stats.segmentation.case_table import CaseOverlap, measure_case
from samd_validate.stats.segmentation.lesions import LesionRule, lesions_of
from samd_validate.stats.segmentation.masks import Masks


def cases_of(
    population: Population,
    model: str,
    *,
    tolerance: float | None = None,
    rule: LesionRule | None = None,
) -> list[CaseOverlap]:
    """Return the measures of each case that has a reference, in the order of the cohort.

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
                lesions=None if rule is None else lesions_of(masks, rule),
            )
        )
    return cases
