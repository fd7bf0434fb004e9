"""Whether performance holds elsewhere: internal minus external."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from pydantic import Field

from samd_validate.checks._common import Params, findings_of, sample_of
from samd_validate.checks._forest import forest_row
from samd_validate.checks.marked.quality import dice_cases, is_marked
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.stats.engine import MEASURES, difference, estimate
from samd_validate.stats.segmentation.case_estimates import estimate_cases
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.group_differences import (
    difference_groups,
    difference_worst_decile,
)
from samd_validate.stats.segmentation.worst_decile import estimate_worst_decile

Scored: TypeAlias = Literal[
    "auroc", "auprc", "brier", "sensitivity", "specificity", "observed_expected_ratio"
]
Marked: TypeAlias = Literal["dice", "dice_present", "iou", "recall", "dice_worst_decile"]
MARKED = {
    "dice": "Mean Dice",
    "dice_present": "Mean Dice where there is a structure",
    "iou": "Mean IoU",
    "recall": "Mean recall of pixels",
    "dice_worst_decile": "Worst decile of Dice",
}
ALLOWED: tuple[str, ...] = (*get_args(Scored), *MARKED)

Cases = Mapping[str, Sequence[CaseOverlap] | None]
"""The cases by population; None where the device marks nothing or a reference is missing."""


class ExternalSiteParams(Params):
    """Which measures are compared."""

    measures: tuple[Scored | Marked, ...] = Field(default=("auroc", "brier"), min_length=1)


@check(
    "external_site",
    version=3,
    params=ExternalSiteParams,
    measures=(*ALLOWED, *(f"{name}_difference" for name in ALLOWED)),
    needs=("external", "development"),
    requirements=("REQ-GENERALISATION",),
)
def external_site(step: str, inputs: Inputs, params: ExternalSiteParams) -> CheckOutput:
    """Compare the internal test part with each external data set.

    Purpose: tell whether the device loses performance at a hospital it has not learned from.
    Method: the difference internal minus external of two independent samples of patients, with
    DeLong's interval for the AUROC and that of the jackknife over patients for other measures of
    scores. Where the device marks, mean Dice (over all cases, or those with a structure), IoU and
    recall, and the Dice that nine cases of ten reach: the limits of both populations, by patient,
    joined by squares that are added (MOVER).
    How to read it: for AUROC and for overlap a difference above 0 means that performance is lost
    elsewhere; an interval across 0 means that neither a loss nor its absence is shown.
    Limits: a difference can come from other patients (case mix), other habits of measuring, or
    other outcomes; calibration, the cohort table and subgroups help to tell which.
    """
    cases = _cases(inputs, params.measures)
    findings: list[Finding] = []
    for internal in inputs.internal:
        for external in inputs.external:
            found = {
                f"{measure}_difference": _difference(inputs, measure, internal, external, cases)
                for measure in params.measures
            }
            findings += findings_of(step, external.name, found)
    figures = tuple(_forest(step, inputs, measure, cases) for measure in params.measures)
    return CheckOutput(findings=tuple(findings), figures=figures)


def _cases(inputs: Inputs, measures: Sequence[str]) -> Cases:
    if not set(measures) & set(MARKED):
        return {}
    found: dict[str, Sequence[CaseOverlap] | None] = {}
    for one in inputs.populations:
        drawn = one.segmentations.get("device")
        if drawn is None or not is_marked(one.cohort):
            found[one.name] = None
        else:
            found[one.name] = dice_cases(one.cohort, drawn)
    return found


def _difference(
    inputs: Inputs, measure: str, internal: Population, external: Population, cases: Cases
) -> Measurement:
    if measure not in MARKED:
        here, there = (sample_of(p, inputs.threshold) for p in (internal, external))
        return difference(measure, here, there, inputs.intervals)
    ours, theirs = cases[internal.name], cases[external.name]
    if ours is None or theirs is None:
        return _unmarked(internal.cohort.size + external.cohort.size)
    if measure == "dice_worst_decile":
        return difference_worst_decile(ours, theirs, "dice", inputs.intervals)
    (mine, name), (others, _) = (_among(table, measure) for table in (ours, theirs))
    return difference_groups(mine, others, name, inputs.intervals)


def _among(cases: Sequence[CaseOverlap], measure: str) -> tuple[Sequence[CaseOverlap], str]:
    """Return the cases that a measure is of, and its name in their table."""
    if measure != "dice_present":
        return cases, measure
    return [case for case in cases if case.reference_size > 0], "dice"


def _unmarked(n: int) -> NotEstimable:
    reason = "the device marks nothing, or images have no reference mask"
    return NotEstimable(code="no_masks", reason=reason, n=n)


def _estimated(
    inputs: Inputs, measure: str, population: Population, cases: Cases, plan: IntervalPlan
) -> Measurement:
    if measure not in MARKED:
        return estimate((measure,), sample_of(population, inputs.threshold), plan)[measure]
    table = cases[population.name]
    if table is None:
        return _unmarked(population.cohort.size)
    if measure == "dice_worst_decile":
        return estimate_worst_decile(table, "dice", plan)
    among, name = _among(table, measure)
    if not among:
        return NotEstimable(code="no_case", reason="no case has a structure", n=len(table))
    return estimate_cases(among, name, plan)


def _forest(step: str, inputs: Inputs, measure: str, cases: Cases) -> Figure:
    rows = [
        forest_row(one.name, _estimated(inputs, measure, one, cases, inputs.intervals))
        for one in inputs.populations
    ]
    title = MARKED[measure] if measure in MARKED else MEASURES[measure].title
    return Figure(
        id=f"{step}-{measure}",
        kind="forest",
        title=f"{title} here and elsewhere",
        caption=f"{title} on the internal test part and on each external data set.",
        alt=f"Forest plot of {title} by data set.",
        content={"measure": title, "reference": None, "limits": None, "rows": rows},
    )
