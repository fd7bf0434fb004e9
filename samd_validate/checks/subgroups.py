"""Performance in each demographic and clinical group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from samd_validate.checks._common import Params, findings_of, sample_of
from samd_validate.checks._forest import forest_row, subset_label
from samd_validate.checks.groups.compared import (
    GAP,
    REFERENCE,
    REST,
    Groups,
    largest_gaps,
    to_reference,
    to_rest,
)
from samd_validate.checks.groups.needed import LargeEnough, estimates_by_group, with_precision
from samd_validate.checks.groups.subsets import families
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.stats.engine import MEASURES, estimate_subsets

ALLOWED = (
    "auroc",
    "auprc",
    "prevalence",
    "brier",
    "calibration_slope",
    "calibration_intercept",
    "calibration_in_the_large",
    "observed_expected_ratio",
    "mean_predicted",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
)
REFERENCES = {"calibration_in_the_large": 0.0, "observed_expected_ratio": 1.0}


class SubgroupParams(Params):
    """Which groups and measures, and how large a group must be.

    ``intersections`` are columns to be crossed; ``reference`` names the level of a column that the
    others are compared with, beside the comparison with all others; ``multiplicity`` adjusts the
    p-values of one measure over all groups; ``half_width`` is the precision to which a group that
    is too small is told how many more patients it needs.
    """

    groups: tuple[str, ...] = Field(min_length=1)
    intersections: tuple[tuple[str, ...], ...] = ()
    measures: tuple[str, ...] = ("auroc", "calibration_in_the_large")
    reference: dict[str, str] = Field(default_factory=dict)
    multiplicity: Literal["holm", "hochberg", "bonferroni", "benjamini-hochberg"] = "holm"
    min_units: int = Field(default=50, ge=2)
    min_events: int = Field(default=10, ge=1)
    half_width: float = Field(default=0.1, gt=0, lt=1)

    @model_validator(mode="after")
    def _references_are_of_groups(self) -> Self:
        unknown = [name for name in self.reference if name not in self.groups]
        if unknown:
            raise ValueError(f"reference of {', '.join(unknown)}, which is not among the groups")
        return self


@check(
    "subgroups",
    version=3,
    params=SubgroupParams,
    measures=(*ALLOWED, *(f"{name}_{what}" for name in ALLOWED for what in (REST, REFERENCE, GAP))),
    requirements=("REQ-FAIRNESS-SUBGROUPS",),
)
def subgroups(step: str, inputs: Inputs, params: SubgroupParams) -> CheckOutput:
    """Measure performance in each group and crossing of groups, and compare groups.

    Purpose: find groups for whom the device works worse than for the rest.
    Method: each measure is estimated in every level of every group, with an interval in which the
    patient is the unit; then its difference to all others of known level (and to a reference
    level, if the protocol names one), with p-values adjusted over all groups, and the largest gap
    between two groups, with limits that hold for all pairs at once and a value that chance has not
    driven apart. A group with too few patients or events, or with one outcome only, is
    listed as not assessed, with how many more it needs, and never left out.
    How to read it: compare a row's interval with the line for all patients. Calibration-in-the-
    large above 0 means that the group has more events than predicted: its risk is understated. A
    largest gap whose lower limit is 0 does not show that groups differ, nor that they are alike.
    Limits: small groups have wide intervals, and a wide interval is not a good result. Groups are
    taken as independent: where a patient has stays in two, the interval of their difference is a
    little too wide. A difference may come from other patients in a group (case mix) as well as from
    the device.
    """
    findings: list[Finding] = []
    figures = []
    for population in inputs.populations:
        groups = Groups(
            sample=sample_of(population, inputs.threshold),
            families=families(population.cohort, params.groups, params.intersections),
            intervals=inputs.intervals,
        )
        measured = _measured(groups, params)
        for subset, by_measure in _by_subset(groups, measured, params).items():
            findings += findings_of(step, population.name, by_measure, subset=subset)
        figures += [_forest(step, population, m, measured) for m in params.measures]
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _measured(groups: Groups, params: SubgroupParams) -> dict[tuple[str, str], Measurement]:
    subsets = {name: mask for family in groups.families for name, mask in family.masks.items()}
    everyone = {"all": np.ones(groups.sample.n, dtype=np.bool_)}
    asked, plan = LargeEnough(units=params.min_units, events=params.min_events), groups.intervals
    found = estimates_by_group(groups.sample, subsets, params.measures, asked, plan)
    whole = estimate_subsets(params.measures, groups.sample, everyone, plan)
    told = {("all", measure): whole[("all", measure)] for measure in params.measures}
    for name, measured in found.items():
        for measure, one in measured.items():
            told[(name, measure)] = with_precision(
                one, measure, whole[("all", measure)], params.half_width, plan.level
            )
    return told


def _by_subset(
    groups: Groups, measured: Mapping[tuple[str, str], Measurement], params: SubgroupParams
) -> dict[str, dict[str, Measurement]]:
    """Return all measurements by subset: values and differences of a group, gaps of a family."""
    found: dict[str, dict[str, Measurement]] = {name: {} for name, _ in measured}
    for (subset, measure), value in measured.items():
        found[subset][measure] = value
    for measure in params.measures:
        values = {subset: value for (subset, name), value in measured.items() if name == measure}
        compared = {
            REST: to_rest(groups, measure, values, params.multiplicity),
            REFERENCE: to_reference(groups, measure, values, params.reference),
            GAP: largest_gaps(groups, measure, values),
        }
        for what, by in compared.items():
            for subset, value in by.items():
                found.setdefault(subset, {})[f"{measure}_{what}"] = value
    return found


def _forest(
    step: str,
    population: Population,
    measure: str,
    measured: dict[tuple[str, str], Measurement],
) -> Figure:
    title = MEASURES[measure].title
    rows = [
        forest_row(subset_label(subset), value)
        for (subset, name), value in measured.items()
        if name == measure
    ]
    whole = measured[("all", measure)]
    reference = REFERENCES.get(measure, whole.value if isinstance(whole, Estimate) else None)
    return Figure(
        id=f"{step}-{measure}-{population.name}",
        kind="forest",
        title=f"{title} by group, {population.name}",
        caption=f"{title} in each group with its interval. The vertical line is the value for "
        "all patients, or the perfect value where there is one. Rows without a mark could not be "
        "assessed.",
        alt=f"Forest plot of {title} by group on {population.name}.",
        content={"measure": title, "reference": reference, "limits": None, "rows": rows},
    )
