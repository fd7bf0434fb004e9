"""How many lesions are found at how many false marks an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks.marked.quality import is_marked
from samd_validate.core.arrays import Column
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.images import Segmentation
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.stats.segmentation.froc import (
    RATES,
    Detections,
    estimate_froc,
    froc_draws,
    sensitivities,
)
from samd_validate.stats.segmentation.lesions import components
from samd_validate.stats.segmentation.marks import HitRule, detections_of

AT_RATES = ("froc_1_8", "froc_1_4", "froc_1_2", "froc_1", "froc_2", "froc_4", "froc_8")
MEAN = "froc_mean"
MEASURES = (*AT_RATES, MEAN)
GRID = tuple(np.geomspace(1 / 16, 16, 33).tolist())


class LesionDetectionParams(Params):
    """What a mark is, how it is scored, when it hits, and what one lesion is."""

    candidate: float = Field(default=0.1, gt=0, le=1, description="probability of a mark's pixels")
    score: Literal["max", "mean"] = "max"
    hit: Literal["iou", "centre"] = "iou"
    iou_threshold: float = Field(default=0.2, ge=0, le=1, description="of hit: iou; 0: any overlap")
    connectivity: Literal["corners", "faces"] = "corners"
    reference: Literal["components", "labels"] = Field(
        default="components", description="labels: each label of the reference is a lesion"
    )

    def rule(self) -> HitRule:
        """Return the rule of hits."""
        return HitRule(
            candidate=self.candidate,
            score=self.score,
            hit=self.hit,
            iou_threshold=self.iou_threshold,
            connectivity=self.connectivity,
        )

    def describe(self) -> str:
        """Return the rule in words."""
        hit = (
            f"the IoU is at least {self.iou_threshold:g} (above 0)"
            if self.hit == "iou"
            else "the middle of the mark lies in the lesion"
        )
        lesion = "label" if self.reference == "labels" else "connected part"
        return (
            f"A mark is a connected part of the pixels with a probability of {self.candidate:g} or "
            f"more, scored by its {self.score}; a lesion is each {lesion} of the reference. A mark "
            f"hits a lesion where {hit}; a second mark on a lesion is neither true nor false."
        )


@check(
    "lesion_detection",
    version=1,
    params=LesionDetectionParams,
    measures=MEASURES,
    needs=("masks",),
    requirements=("REQ-PERF-SEGMENTATION",),
)
def lesion_detection(step: str, inputs: Inputs, params: LesionDetectionParams) -> CheckOutput:
    """Measure how many lesions are found at how many false marks an image (FROC).

    Purpose: a device can find more lesions by marking more; one threshold hides what each costs.
    Method: connected marks above a low probability are scored, and each hits at most one lesion by
    the rule that is printed. For a rate of false marks an image, over all images, the lowest
    threshold that keeps to it gives the share of lesions found: at 1/8, 1/4, 1/2, 1, 2, 4 and 8,
    and their mean. Intervals are percentiles over resamples of patients, with thresholds found
    anew in each.
    How to read it: a curve further up and to the left is better. Where the device makes fewer false
    marks than a rate, the value there is all that it finds.
    Limits: marks that flow together at the low probability are one mark, which hits one lesion; the
    value at a rate is of a threshold chosen on these very images, which in use is not known.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    rows: list[tuple[object, ...]] = []
    for population in inputs.populations:
        found: dict[str, Sequence[Detections]] = {}
        for model, drawn in population.segmentations.items():
            if is_marked(population.cohort):
                found[model] = _cases(population, drawn, params)
        if "device" not in found:
            findings += findings_of(step, population.name, _none(population))
        for model, cases in found.items():
            measured = _measured(cases, inputs.intervals)
            findings += findings_of(step, population.name, measured, model=model)
            rows.append((population.name, model, *_counts(cases)))
        curves = {model: cases for model, cases in found.items() if _has_lesion(cases)}
        if curves:
            figures.append(_figure(step, population, curves, inputs.intervals))
    return CheckOutput(
        findings=tuple(findings),
        figures=tuple(figures),
        tables=(_table(step, rows),) if rows else (),
        notes=(params.describe(),),
    )


def _none(population: Population) -> dict[str, Measurement]:
    reason = "the device marks nothing, or images have no reference mask"
    none = NotEstimable(code="no_masks", reason=reason, n=population.cohort.size)
    return dict.fromkeys(MEASURES, none)


def _cases(
    population: Population, drawn: Segmentation, params: LesionDetectionParams
) -> list[Detections]:
    """Return what was found in each image, one image in memory at a time."""
    images, rule = population.cohort.images, params.rule()
    if images is None:
        raise ValueError("lesions are looked for in images")
    cases = []
    for row in range(population.cohort.size):
        reference = images.reference(row)
        if reference is None:
            raise ValueError("every case needs a reference mask")
        lesions = _lesions(reference, params)
        patient = str(population.cohort.patient_id[row])
        cases.append(detections_of(drawn.probability(row), lesions, rule, patient_id=patient))
    return cases


def _lesions(reference: Column, params: LesionDetectionParams) -> Column:
    if params.reference == "labels":
        return reference
    return components(np.asarray(reference > 0), params.connectivity)


def _measured(cases: Sequence[Detections], plan: IntervalPlan) -> dict[str, Measurement]:
    each, mean = estimate_froc(cases, RATES, plan)
    return {**dict(zip(AT_RATES, each, strict=True)), MEAN: mean}


def _has_lesion(cases: Sequence[Detections]) -> bool:
    return any(case.found.size for case in cases)


def _counts(cases: Sequence[Detections]) -> tuple[object, ...]:
    lesions = sum(case.found.size for case in cases)
    found = sum(int((case.found > 0).sum()) for case in cases)
    false = sum(case.false.size for case in cases)
    return len(cases), lesions, found, false, round(false / len(cases), 3)


def _table(step: str, rows: Sequence[tuple[object, ...]]) -> Table:
    return Table(
        id=f"{step}-counts",
        title="Marks and lesions at the low probability",
        caption="All marks counted, whatever their score: no threshold finds more lesions.",
        columns=("population", "model", "images", "lesions", "found", "false marks", "an image"),
        rows=tuple(rows),
    )


def _figure(
    step: str, population: Population, found: dict[str, Sequence[Detections]], plan: IntervalPlan
) -> Figure:
    tail = (1 - plan.level) / 2
    series = []
    for model, cases in found.items():
        draws = froc_draws(cases, GRID, plan)
        low, high = np.quantile(draws, (tail, 1 - tail), axis=0)
        series.append(
            {
                "name": model,
                "rate": list(GRID),
                "sensitivity": list(sensitivities(cases, GRID)),
                "low": low.tolist(),
                "high": high.tolist(),
            }
        )
    return Figure(
        id=f"{step}-froc-{population.name}",
        kind="froc",
        title=f"Lesions found against false marks an image, {population.name}",
        caption="Share of lesions found where at most so many false marks an image are made, with "
        "a pointwise band over resamples of patients. Dots are the rates of the findings.",
        alt=f"FROC curve on {population.name}.",
        content={"series": series, "rates": list(RATES)},
    )
