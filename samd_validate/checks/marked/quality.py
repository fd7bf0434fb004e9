"""How good a device is on some images: Dice where it marks, AUROC where it scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement
from samd_validate.core.images import Segmentation, marked
from samd_validate.core.inputs import Inputs, IntervalPlan
from samd_validate.core.model import Model, Segmenting
from samd_validate.stats.engine import estimate, paired_difference
from samd_validate.stats.sample import Sample
from samd_validate.stats.segmentation.case_differences import difference_cases
from samd_validate.stats.segmentation.case_estimates import estimate_cases
from samd_validate.stats.segmentation.case_table import CaseOverlap, measure_shares
from samd_validate.stats.segmentation.masks import Masks

DICE, AUROC = "dice", "auroc"
QUALITY = (DICE, AUROC, f"{DICE}_difference", f"{AUROC}_difference")
TITLES = {DICE: "Dice", AUROC: "AUROC"}
Spacing: TypeAlias = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a device did on the units of a cohort: cases of Dice where it marks, else scores."""

    cohort: Cohort
    cases: tuple[CaseOverlap, ...] = ()
    score: FloatArray | None = None

    @property
    def measure(self) -> str:
        """Return the name of what is measured."""
        return DICE if self.score is None else AUROC

    def estimated(self, plan: IntervalPlan) -> Measurement:
        """Return the mean Dice or the AUROC with its interval, patients as units."""
        if self.score is None:
            return estimate_cases(self.cases, DICE, plan)
        return estimate((AUROC,), self._sample(self.score), plan)[AUROC]

    def less(self, other: Judged, plan: IntervalPlan) -> Measurement:
        """Return this less another on the same units, paired."""
        if self.score is None or other.score is None:
            return difference_cases(self.cases, other.cases, DICE, plan)
        return paired_difference(AUROC, self._sample(self.score), other.score, plan)

    def _sample(self, score: FloatArray) -> Sample:
        return Sample(label=self.cohort.label, score=score, cluster=self.cohort.patient_id)


def judged(model: Model, cohort: Cohort) -> Judged:
    """Return what a device does on a cohort, one image in memory at a time."""
    if isinstance(model, Segmenting) and is_marked(cohort):
        return Judged(cohort=cohort, cases=dice_cases(cohort, model.segmented(cohort)))
    return Judged(cohort=cohort, score=np.asarray(model.predict(cohort), dtype=np.float64))


def own(inputs: Inputs) -> Mapping[str, Judged]:
    """Return what the device itself did on each population, as it was scored already."""
    found = {}
    for one in inputs.populations:
        drawn = one.segmentations.get("device")
        if drawn is not None and is_marked(one.cohort):
            found[one.name] = Judged(cohort=one.cohort, cases=dice_cases(one.cohort, drawn))
        else:
            found[one.name] = Judged(cohort=one.cohort, score=np.asarray(one.score))
    return found


def measured_on(model: Model | None, cohort: Cohort) -> str:
    """Return the name of the measure of a device on a cohort."""
    return DICE if isinstance(model, Segmenting) and is_marked(cohort) else AUROC


def is_marked(cohort: Cohort) -> bool:
    """Return whether every image has a reference mask."""
    images = cohort.images
    if images is None:
        return False
    return all(images.reference(row) is not None for row in range(cohort.size))


def spacings_of(cohort: Cohort) -> list[Spacing] | None:
    """Return the spacing of every image in millimetres; None unless all are known."""
    if cohort.images is None:
        return None
    found = [cohort.images.image(row).spacing_mm for row in range(cohort.size)]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else None


def dice_cases(
    cohort: Cohort, drawn: Segmentation, spacings: Sequence[Spacing] | None = None
) -> tuple[CaseOverlap, ...]:
    """Return the Dice and IoU of each case; each needs a reference mask.

    Sizes are in square millimetres where spacings are given, else in pixels.
    """
    if cohort.images is None:
        raise ValueError("cases are measured on images")
    cases = []
    for row in range(cohort.size):
        reference = cohort.images.reference(row)
        if reference is None:
            raise ValueError("every case needs a reference mask")
        masks = Masks(
            reference=np.asarray(reference > 0),
            prediction=marked(drawn, row),
            spacing_mm=None if spacings is None else spacings[row],
        )
        unit, patient = str(cohort.unit_id[row]), str(cohort.patient_id[row])
        cases.append(measure_shares(masks, case_id=unit, patient_id=patient))
    return tuple(cases)


def cell(found: Measurement | None) -> str:
    """Return the words of a table's cell."""
    return "" if found is None else found.describe(digits=3)
