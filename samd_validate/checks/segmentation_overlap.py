"""How well what the device marks agrees with the reference: overlap, distances, lesions, cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of, subsets_of
from samd_validate.checks.marked.cases import cases_of
from samd_validate.checks.marked.panels import filled, outlined, plain, png
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CaseTable, CheckOutput, Figure, Finding, Table
from samd_validate.core.images import marked
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.stats.segmentation.case_differences import difference_cases
from samd_validate.stats.segmentation.case_estimates import estimate_cases, estimate_lesions
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.empty_masks import EmptyPolicy
from samd_validate.stats.segmentation.lesions import LesionRule
from samd_validate.stats.segmentation.worst_decile import estimate_worst_decile

SHARES = ("dice", "iou", "precision", "recall", "pixel_accuracy")
DISTANCES = ("hd95", "assd")
LESIONS = ("lesion_sensitivity", "lesion_precision", "lesion_f1", "lesion_fp")
COMPARED = ("dice", "iou")
ROWS = 5
"""Cases in one figure: more do not fit on a page."""
MEASURES = (
    *SHARES,
    *DISTANCES,
    "surface_dice",
    *LESIONS,
    *(f"{name}_difference" for name in COMPARED),
    "dice_worst_decile",
)


class LesionParams(Params):
    """When a predicted lesion stands for a reference lesion."""

    iou_threshold: float = Field(default=0.5, ge=0, le=1)
    matching: Literal["optimal", "greedy"] = "optimal"
    connectivity: Literal["corners", "faces"] = "corners"
    reference: Literal["components", "labels"] = Field(
        default="components", description="labels: each label of the reference is a lesion"
    )

    def rule(self) -> LesionRule:
        """Return the rule of matching."""
        return LesionRule(
            iou_threshold=self.iou_threshold,
            matching=self.matching,
            connectivity=self.connectivity,
        )


class SegmentationOverlapParams(Params):
    """Tolerance of the surface Dice, rule of lesions (none: not counted), groups, worst cases."""

    tolerance: float | None = Field(default=None, gt=0, description="in mm, or pixels")
    lesions: LesionParams | None = None
    groups: tuple[str, ...] = ()
    min_units: int = Field(default=10, ge=2)
    worst: int = Field(default=10, ge=0, le=50)


@check(
    "segmentation_overlap",
    version=2,
    params=SegmentationOverlapParams,
    measures=MEASURES,
    needs=("masks",),
    requirements=("REQ-PERF-SEGMENTATION", "REQ-FAILURE-ANALYSIS"),
)
def segmentation_overlap(
    step: str, inputs: Inputs, params: SegmentationOverlapParams
) -> CheckOutput:
    """Measure how well what the device marks agrees with the reference, case by case.

    Purpose: a mask that is moved, too large, or torn leads to a wrong measurement or a missed
    finding. Method: Dice and IoU by case and their mean; the median of the 95th percentile of
    surface distances and of their mean, in millimetres where the spacing is known and in pixels
    elsewhere; lesions found and false ones, where the protocol says when two lesions match.
    Intervals take the patient as the unit. Differences to comparators are paired by case.
    How to read it: Dice and IoU of 1 are perfect. Pixel accuracy is printed to show how it
    misleads: where little is marked, marking nothing scores high.
    Limits: the reference was drawn by people and is not the truth; empty masks count by the policy
    that is printed.
    """
    findings: list[Finding] = []
    tables: list[Table] = []
    figures: list[Figure] = []
    every: list[CaseTable] = []
    for population in inputs.populations:
        cases = {name: _cases(population, name, params) for name in population.segmentations}
        for model, table in cases.items():
            found = _measured(table, params, inputs.intervals)
            findings += findings_of(step, population.name, found, model=model)
        every += [_every(step, population, name, table) for name, table in cases.items()]
        findings += _compared(step, population, cases, inputs.intervals)
        device = cases.get("device", [])
        if device:
            findings += _by_group(step, population, device, params, inputs.intervals)
            tables.append(_table(step, population, device))
            figures.append(_spread(step, population, cases))
            figures += _worst(step, population, device, params.worst)
    policy = EmptyPolicy().describe().splitlines()
    return CheckOutput(
        findings=tuple(findings),
        tables=tuple(tables),
        figures=tuple(figures),
        cases=tuple(every),
        notes=("Cases with an empty mask count so: " + "; ".join(policy) + ".",),
    )


def _cases(
    population: Population, model: str, params: SegmentationOverlapParams
) -> list[CaseOverlap]:
    lesions = params.lesions
    return cases_of(
        population,
        model,
        tolerance=params.tolerance,
        rule=None if lesions is None else lesions.rule(),
        has_instances=lesions is not None and lesions.reference == "labels",
    )


def _measured(
    cases: Sequence[CaseOverlap], params: SegmentationOverlapParams, plan: IntervalPlan
) -> dict[str, Measurement]:
    found = {name: estimate_cases(cases, name, plan) for name in SHARES}
    found["dice_worst_decile"] = estimate_worst_decile(cases, "dice", plan)
    for name in DISTANCES:
        found[name] = estimate_cases(cases, name, plan, summary="median")
    if params.tolerance is not None:
        found["surface_dice"] = estimate_cases(cases, "surface_dice", plan)
    if params.lesions is not None:
        found |= {name: estimate_lesions(cases, name, plan) for name in LESIONS}
    return found


def _compared(
    step: str,
    population: Population,
    cases: Mapping[str, Sequence[CaseOverlap]],
    plan: IntervalPlan,
) -> list[Finding]:
    """Return the device's mean less that of each comparator, on the same cases."""
    findings = []
    for model, table in cases.items():
        if model != "device":
            found = {
                f"{name}_difference": difference_cases(cases["device"], table, name, plan)
                for name in COMPARED
            }
            findings += findings_of(step, population.name, found, model=model)
    return findings


def _by_group(
    step: str,
    population: Population,
    cases: Sequence[CaseOverlap],
    params: SegmentationOverlapParams,
    plan: IntervalPlan,
) -> list[Finding]:
    findings = []
    for subset, mask in subsets_of(population.cohort, params.groups).items():
        chosen = [cases[row] for row in np.flatnonzero(mask).tolist()]
        found = {
            name: _too_small(len(chosen), params.min_units) or estimate_cases(chosen, name, plan)
            for name in COMPARED
        }
        findings += findings_of(step, population.name, found, subset=subset)
    return findings


def _too_small(n: int, least: int) -> NotEstimable | None:
    if n >= least:
        return None
    reason = f"{n} cases; the protocol asks for at least {least}"
    return NotEstimable(code="too_small", reason=reason, n=n)


def _every(
    step: str, population: Population, model: str, cases: Sequence[CaseOverlap]
) -> CaseTable:
    """Return every measure of every case, in the order of the population."""
    names = list(dict.fromkeys(name for case in cases for name in case.values))
    columns = {name: tuple(case.values.get(name) for case in cases) for name in names}
    return CaseTable(
        id=f"{step}-{population.name}-{model}",
        population=population.name,
        columns={
            **columns,
            "reference_size": tuple(case.reference_size for case in cases),
            "prediction_size": tuple(case.prediction_size for case in cases),
        },
    )


def _table(step: str, population: Population, cases: Sequence[CaseOverlap]) -> Table:
    names = [name for name in (*SHARES[:2], *DISTANCES, *LESIONS[:1]) if name in cases[0].values]
    order = sorted(range(len(cases)), key=lambda row: _dice(cases[row]))
    rows = [
        (row + 1, *(cases[row].values[name] for name in names), cases[row].reference_size)
        for row in order
    ]
    return Table(
        id=f"{step}-cases-{population.name}",
        title=f"Every case, worst first, {population.name}",
        caption="The number of a case is its row in the file of predictions. Sizes in "
        f"{cases[0].size_unit}, distances in {cases[0].length_unit}.",
        columns=("case", *names, "size of the reference"),
        rows=tuple(rows),
    )


def _dice(case: CaseOverlap) -> float:
    value = case.values["dice"]
    return 1.0 if value is None else value


def _spread(
    step: str, population: Population, cases: Mapping[str, Sequence[CaseOverlap]]
) -> Figure:
    edges = np.linspace(0, 1, 21)
    series = []
    for model, table in cases.items():
        known = [case.values["dice"] for case in table if case.values["dice"] is not None]
        counts = np.histogram(np.array(known, dtype=np.float64), edges)[0]
        series.append({"name": model, "counts": counts.tolist()})
    return Figure(
        id=f"{step}-dice-{population.name}",
        kind="histogram",
        title=f"Dice by case, {population.name}",
        caption="How many cases reached which Dice; a tail to the left is what a mean hides.",
        alt=f"Histogram of Dice on {population.name}.",
        content={"edges": edges.tolist(), "series": series, "x_label": "Dice"},
    )


def _worst(
    step: str, population: Population, cases: Sequence[CaseOverlap], most: int
) -> list[Figure]:
    """Return figures of the cases with the lowest Dice: image, outlines, both masks."""
    order = sorted(range(len(cases)), key=lambda row: _dice(cases[row]))[:most]
    return [
        Figure(
            id=f"{step}-worst-{population.name}-{first + 1}",
            kind="panels",
            title=_worst_title(first, min(first + ROWS, len(order)), population.name),
            caption="From left to right: image; outline of the reference (green) and of the "
            "device (orange); reference; device.",
            alt=f"Images, references and predictions of the worst cases on {population.name}.",
            content={
                "rows": [_panel(population, row, cases[row]) for row in order[first : first + ROWS]]
            },
        )
        for first in range(0, len(order), ROWS)
    ]


def _worst_title(first: int, end: int, name: str) -> str:
    places = f"{first + 1} to {end}" if end > first + 1 else f"{end}"
    return f"Cases of the lowest Dice, {places}, {name}"


def _panel(population: Population, row: int, case: CaseOverlap) -> dict[str, object]:
    images = population.cohort.images
    reference = None if images is None else images.reference(row)
    if images is None or reference is None:
        raise ValueError("a case that was measured has an image and a reference")
    pixels, found = images.image(row).pixels, marked(population.segmentations["device"], row)
    truth = np.asarray(reference > 0)
    pictures = (plain(pixels), outlined(pixels, truth, found), filled(truth), filled(found))
    dice = case.values["dice"]
    words = "empty masks" if dice is None else f"Dice {dice:.3f}"
    return {"label": f"case {row + 1}: {words}", "pictures": [png(one) for one in pictures]}
