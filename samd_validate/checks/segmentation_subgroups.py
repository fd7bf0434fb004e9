"""For whom, and for how small a structure, the device marks worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from samd_validate.checks._common import Params, column_of, findings_of, subsets_of
from samd_validate.checks._forest import forest_row
from samd_validate.checks.marked.case_groups import Sizes, size_masks, sizes_of
from samd_validate.checks.marked.quality import dice_cases, is_marked, spacings_of
from samd_validate.core.arrays import BoolArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import ALL, CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.stats.comparison.multiplicity import adjusted
from samd_validate.stats.segmentation.case_estimates import estimate_cases
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.group_differences import difference_groups

TITLES = {"dice": "Dice", "iou": "IoU"}
SIZE = "size="
Found = dict[str, dict[str, Measurement]]
"""By subset, then by measure."""


class SegmentationSubgroupsParams(Params):
    """Which groups and measures, how sizes are parted, and how large a group must be."""

    groups: tuple[str, ...] = ()
    measures: tuple[Literal["dice", "iou"], ...] = Field(default=("dice",), min_length=1)
    sizes: Literal["tertiles", "none"] | tuple[float, ...] = Field(
        default="tertiles", description="limits between sizes of the reference: mm2, or pixels"
    )
    min_units: int = Field(default=10, ge=2, description="cases of a group, and of the rest")

    @field_validator("sizes")
    @classmethod
    def _rising(cls, sizes: str | tuple[float, ...]) -> str | tuple[float, ...]:
        if not isinstance(sizes, str) and (
            not sizes or min(sizes) <= 0 or list(sizes) != sorted(set(sizes))
        ):
            raise ValueError("limits of size must be above 0 and rise")
        return sizes


@check(
    "segmentation_subgroups",
    version=1,
    params=SegmentationSubgroupsParams,
    measures=("dice", "iou", "dice_difference", "iou_difference"),
    needs=("masks",),
    requirements=("REQ-FAIRNESS-SUBGROUPS", "REQ-PERF-SEGMENTATION"),
)
def segmentation_subgroups(
    step: str, inputs: Inputs, params: SegmentationSubgroupsParams
) -> CheckOutput:
    """Measure what the device marks in each group, and how much better or worse than elsewhere.

    Purpose: a good mean can hide a group of patients, a view, a scanner or small structures for
    which the device marks badly. Method: mean Dice over the cases of each level of each group, and
    of small, medium and large structures by the size of the reference (limits stated in the
    protocol, or the tertiles of the first population, used for all); and the difference, group less
    the rest, with an interval in which patients who have cases on both sides are seen as the same.
    P-values are two-sided and adjusted by Holm's method over all comparisons of a population.
    How to read it: a difference below 0 means that the device marks worse in the group than in the
    rest; for sizes the rest is the cases of other sizes. A group that is too small, or has no rest,
    stays as a row without a number and is not a pass.
    Limits: intervals are not adjusted; Dice falls with the size of a structure by itself, so groups
    with smaller lesions score lower; small groups have wide intervals, and that is no good result.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    notes: list[str] = []
    sizes: Sizes | None = None
    for number, population in enumerate(inputs.populations):
        cases = _cases(population)
        if cases is None:
            reason = "the device marks nothing, or images have no reference mask"
            none = NotEstimable(code="no_masks", reason=reason, n=population.cohort.size)
            findings += findings_of(step, population.name, dict.fromkeys(params.measures, none))
            continue
        sizes = _sizes(cases, params) if sizes is None else sizes
        if sizes is not None and not number:
            notes.append(f"Classes of {sizes.describe()}.")
        found = _found(population, cases, sizes, params, inputs.intervals)
        for subset, measured in found.items():
            findings += findings_of(step, population.name, measured, subset=subset)
        figures += [
            _forest(step, population, f"{name}{ending}", found)
            for name in params.measures
            for ending in ("", "_difference")
        ]
    return CheckOutput(findings=tuple(findings), figures=tuple(figures), notes=tuple(notes))


def _cases(population: Population) -> Sequence[CaseOverlap] | None:
    drawn = population.segmentations.get("device")
    if drawn is None or not is_marked(population.cohort):
        return None
    return dice_cases(population.cohort, drawn, spacings_of(population.cohort))


def _sizes(cases: Sequence[CaseOverlap], params: SegmentationSubgroupsParams) -> Sizes | None:
    if params.sizes == "none":
        return None
    return sizes_of(cases, None if isinstance(params.sizes, str) else params.sizes)


def _found(
    population: Population,
    cases: Sequence[CaseOverlap],
    sizes: Sizes | None,
    params: SegmentationSubgroupsParams,
    plan: IntervalPlan,
) -> Found:
    """Return mean and adjusted difference to the rest, by subset, everyone first."""
    masks = dict(subsets_of(population.cohort, params.groups))
    present = np.array([case.reference_size > 0 for case in cases])
    if sizes is not None and sizes.unit == cases[0].size_unit:
        masks |= size_masks(cases, sizes)
    found: Found = {ALL: {name: estimate_cases(cases, name, plan) for name in params.measures}}
    for subset, mask in masks.items():
        among = present if subset.startswith(SIZE) else np.ones(len(cases), dtype=np.bool_)
        found[subset] = _of_group(cases, mask, np.asarray(among & ~mask), params, plan)
    found |= _lacking(population, cases, sizes, params)
    for name in params.measures:
        _adjust(found, f"{name}_difference")
    return found


def _lacking(
    population: Population,
    cases: Sequence[CaseOverlap],
    sizes: Sizes | None,
    params: SegmentationSubgroupsParams,
) -> Found:
    """Return rows without a number for groups that nobody knows, and sizes in another unit."""
    n = len(cases)
    unknown = {
        group: NotEstimable(code="unknown_group", reason="not known of any case", n=n)
        for group in params.groups
        if not (column_of(population.cohort, group) != "").any()
    }
    if sizes is not None and sizes.unit != cases[0].size_unit:
        reason = f"sizes are in {cases[0].size_unit}, the limits in {sizes.unit}"
        none = NotEstimable(code="other_unit", reason=reason, n=n)
        unknown |= {f"{SIZE}{name}": none for name in sizes.names}
    return {subset: dict.fromkeys(params.measures, none) for subset, none in unknown.items()}


def _of_group(
    cases: Sequence[CaseOverlap],
    mask: BoolArray,
    rest: BoolArray,
    params: SegmentationSubgroupsParams,
    plan: IntervalPlan,
) -> dict[str, Measurement]:
    mine, others = ([cases[row] for row in np.flatnonzero(one).tolist()] for one in (mask, rest))
    found: dict[str, Measurement] = {}
    for name in params.measures:
        small = _too_small("the group has", len(mine), params.min_units)
        found[name] = small or estimate_cases(mine, name, plan)
        small = small or _too_small("the rest has", len(others), params.min_units)
        found[f"{name}_difference"] = small or difference_groups(mine, others, name, plan)
    return found


def _too_small(words: str, n: int, least: int) -> NotEstimable | None:
    if n >= least:
        return None
    reason = f"{words} {n} cases; the protocol asks for at least {least}"
    return NotEstimable(code="too_small", reason=reason, n=n)


def _adjust(found: Found, measure: str) -> None:
    """Put Holm's p-values in the place of the plain ones, which the note keeps.

    The two levels of a group that has no other are one hypothesis.
    """
    tested = {
        subset: one
        for subset, measured in found.items()
        if isinstance(one := measured.get(measure), Estimate) and one.p_value is not None
    }
    groups = [subset.partition("=")[0] for subset in found if "=" in subset]
    keys = {one: _hypothesis(one, groups) for one in tested}
    plain = {keys[subset]: float(one.p_value or 0) for subset, one in tested.items()}
    holm = dict(zip(plain, adjusted(list(plain.values()), "holm").tolist(), strict=True))
    for subset, one in tested.items():
        words = "comparison" if len(plain) == 1 else "comparisons"
        note = f"Holm over {len(plain)} {words}, before it p {one.p_value:.2g}"
        joined = f"{note}; {one.note}" if one.note else note
        found[subset][measure] = replace(one, p_value=holm[keys[subset]], note=joined)


def _hypothesis(subset: str, groups: Sequence[str]) -> str:
    group = subset.partition("=")[0]
    return group if groups.count(group) == 2 else subset  # noqa: PLR2004  # each is the other's rest


def _forest(
    step: str, population: Population, measure: str, found: Mapping[str, Mapping[str, Measurement]]
) -> Figure:
    name = measure.removesuffix("_difference")
    is_difference = name != measure
    whole = found[ALL].get(measure)
    title = f"{TITLES[name]}, group less the rest" if is_difference else f"Mean {TITLES[name]}"
    rows = [
        forest_row(_words(subset), measured[measure])
        for subset, measured in found.items()
        if measure in measured
    ]
    reference = whole.value if isinstance(whole, Estimate) else None
    return Figure(
        id=f"{step}-{measure}-{population.name}",
        kind="forest",
        title=f"{title} by group, {population.name}",
        caption=f"{title} with its interval. The vertical line is "
        + ("no difference." if is_difference else "the mean over all cases.")
        + " Rows without a mark could not be assessed.",
        alt=f"Forest plot of {title} by group on {population.name}.",
        content={
            "measure": title,
            "reference": 0.0 if is_difference else reference,
            "limits": None,
            "rows": rows,
        },
    )


def _words(subset: str) -> str:
    group, _, level = subset.partition("=")
    return f"{group.replace('_', ' ')}: {level}" if level else subset
