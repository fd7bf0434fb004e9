"""Whether probabilities of pixels are right in size, overall and near the outline."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks.marked.quality import is_marked
from samd_validate.core.arrays import BoolArray
from samd_validate.core.estimate import NotEstimable
from samd_validate.core.finding import ALL, CheckOutput, Figure, Finding
from samd_validate.core.images import Image, Segmentation
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.stats.segmentation.pixel_calibration import (
    MEASURES,
    estimate_pixels,
    histogram,
    reliability,
)
from samd_validate.stats.segmentation.pixel_table import PixelTable, count_pixels, pixel_table

NEAR = "pixels=near the outline"
TITLES = {ALL: "all pixels", NEAR: "near the outline"}


class PixelCalibrationParams(Params):
    """How wide the band around the device's outline is."""

    band: float = Field(
        default=5.0,
        gt=0,
        description="on either side of the outline: mm, or pixels without spacing",
    )


@check(
    "pixel_calibration",
    version=1,
    params=PixelCalibrationParams,
    measures=MEASURES,
    needs=("masks",),
    requirements=("REQ-PERF-CALIBRATION", "REQ-PERF-SEGMENTATION"),
)
def pixel_calibration(step: str, inputs: Inputs, params: PixelCalibrationParams) -> CheckOutput:
    """Measure whether a pixel's probability agrees with how often such pixels are of the structure.

    Purpose: where the probability of a pixel is shown, or cut at another threshold, 0.7 should mean
    that seven of ten such pixels lie in the structure. Method: all pixels of all images, counted
    image by image at fine levels of probability; the debiased root mean squared error over ten bins
    of equal width, slope and intercept of a logistic recalibration, the ratio of observed to
    expected pixels and the Brier score, over all pixels and over those near the device's own
    outline. Intervals take the patient as the unit: pixels of a patient are alike.
    How to read it: error 0, slope 1, intercept 0 and ratio 1 are perfect; a slope below 1 means
    probabilities that are too extreme. Over all pixels the background decides, of which nearly
    every one is right; the outline is where it matters.
    Limits: the band follows the device's outline, not the reference's, since pixels chosen by the
    truth look badly calibrated to any device; so a structure that was missed altogether counts only
    over all pixels. The reference's own outline is unsure, which no probability can show.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    for population in inputs.populations:
        drawn = population.segmentations.get("device")
        if drawn is None or not is_marked(population.cohort):
            reason = "the device marks nothing, or images have no reference mask"
            none = NotEstimable(code="no_masks", reason=reason, n=population.cohort.size)
            findings += findings_of(step, population.name, dict.fromkeys(MEASURES, none))
            continue
        picture = f"{step}-curve-{population.name}"
        tables = _tables(population, drawn, params.band)
        for subset, table in tables.items():
            found = estimate_pixels(table, inputs.intervals)
            findings += findings_of(step, population.name, found, subset=subset, figures=(picture,))
        figures.append(_figure(picture, population, tables, inputs.intervals.level))
    return CheckOutput(
        findings=tuple(findings),
        figures=tuple(figures),
        notes=(f"Near the outline: up to {params.band:g} mm (pixels without a spacing) from it.",),
    )


def _tables(population: Population, drawn: Segmentation, band: float) -> dict[str, PixelTable]:
    """Return the counts of all pixels and of those near the outline, one image at a time."""
    images = population.cohort.images
    if images is None:
        raise ValueError("pixels are counted in images")
    everywhere, near = [], []
    for row in range(population.cohort.size):
        reference = images.reference(row)
        if reference is None:
            raise ValueError("every case needs a reference mask")
        probability, truth = drawn.probability(row), np.asarray(reference > 0)
        among = _near(np.asarray(probability >= drawn.threshold), images.image(row), band)
        everywhere.append(count_pixels(probability, truth))
        near.append(count_pixels(probability, truth, among))
    patient = population.cohort.patient_id
    return {ALL: pixel_table(everywhere, patient), NEAR: pixel_table(near, patient)}


def _near(marked: BoolArray, image: Image, band: float) -> BoolArray:
    """Return the pixels within a band of the outline of what is marked; none if nothing is."""
    from scipy.ndimage import distance_transform_edt

    if not marked.any() or marked.all():
        return np.zeros(marked.shape, dtype=np.bool_)
    spacing = image.spacing_mm or (1.0, 1.0)
    outside = distance_transform_edt(~marked, sampling=spacing)
    inside = distance_transform_edt(marked, sampling=spacing)
    return np.asarray(np.maximum(outside, inside) <= band)


def _figure(
    picture: str, population: Population, tables: dict[str, PixelTable], level: float
) -> Figure:
    series = [
        {
            "name": TITLES[subset],
            "predicted": [],
            "observed": [],
            "groups": reliability(table, level),
            "histogram": histogram(table),
        }
        for subset, table in tables.items()
    ]
    return Figure(
        id=picture,
        kind="calibration",
        title=f"Calibration of pixels, {population.name}",
        caption="Observed share of pixels in the structure against their probability, in bins of "
        "equal width with intervals by patient, and below how many pixels had each probability. On "
        "the diagonal probabilities are right; below it they are too high.",
        alt=f"Reliability curve of pixels on {population.name}.",
        content={
            "series": series,
            "groups_label": "Bins of equal width",
            "x_label": "Probability of a pixel",
            "outcome_label": "structure",
        },
    )
