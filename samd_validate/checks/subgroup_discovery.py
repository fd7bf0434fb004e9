"""Groups that nobody named beforehand and for which the predicted risk is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, sample_of
from samd_validate.checks._forest import forest_row, subset_label
from samd_validate.checks._numbers import counted
from samd_validate.checks.slices.describe import Slices, slices_of
from samd_validate.core.arrays import BoolArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.stats.comparison.multiplicity import adjusted
from samd_validate.stats.engine import difference
from samd_validate.stats.sample import Sample
from samd_validate.stats.slices.choose import halves, strongest
from samd_validate.stats.slices.miscalibration import shifts

MEASURE = "calibration_in_the_large"
CONFIRMED, SHIFT = "slices_confirmed", f"{MEASURE}_difference_to_rest"
LARGEST_OVERLAP = 0.5


class SubgroupDiscoveryParams(Params):
    """Of which columns slices are made, how many conditions they have, and how large they are.

    Only columns that are known at the time of prediction make sense: no other is looked at.
    """

    groups: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    depth: int = Field(default=2, ge=1, le=3)
    candidates: int = Field(default=3, ge=1, le=20)
    min_units: int = Field(default=40, ge=10)
    min_events: int = Field(default=5, ge=2)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A slice that stood out in the first half, and its shift in log-odds in both halves."""

    name: str
    mask: BoolArray
    z: float
    first_shift: float
    second: Measurement
    p_value: float

    def is_confirmed(self, level: float) -> bool:
        """Return whether the other half shows the same shift, all candidates allowed for."""
        return (
            isinstance(self.second, Estimate)
            and self.p_value < 1 - level
            and self.second.value * self.z > 0
        )


@check(
    "subgroup_discovery",
    version=1,
    params=SubgroupDiscoveryParams,
    measures=(CONFIRMED, SHIFT),
    requirements=("REQ-FAIRNESS-SUBGROUPS", "REQ-FAILURE-ANALYSIS"),
)
def subgroup_discovery(step: str, inputs: Inputs, params: SubgroupDiscoveryParams) -> CheckOutput:
    """Search for describable groups whose risk is misjudged, and confirm them on other patients.

    Purpose: find failures in groups that nobody thought of beforehand.
    Method: the patients of a population are divided in two halves at random. In the first, every
    slice (levels of columns, thirds of numbers, and their combinations) is tested for more or
    fewer events than predicted, relative to the rest; the few that stand out most, and overlap
    least, are estimated in the second half alone, with p-values adjusted for their number (Holm).
    A slice is confirmed if the second half shows the same shift.
    How to read it: a confirmed slice is a finding, and its size is that of the second half. The
    estimates of the first half are exaggerated, because the largest were chosen.
    Limits: half the patients search and half confirm, so that small slices are seldom confirmed;
    that none is confirmed does not show that there is none. Errors of ranking that leave the
    mean risk right are not searched for.
    """
    findings: list[Finding] = []
    tables, figures = [], []
    for population in inputs.populations:
        found = _candidates(population, params, inputs.intervals)
        findings += _findings(step, population, found, inputs.intervals.level)
        if not isinstance(found, NotEstimable):
            tables.append(_table(step, population, found, inputs.intervals.level))
            figures.append(_forest(step, population, found))
    return CheckOutput(findings=tuple(findings), tables=tuple(tables), figures=tuple(figures))


def _candidates(
    population: Population, params: SubgroupDiscoveryParams, plan: IntervalPlan
) -> list[Candidate] | NotEstimable:
    sample = sample_of(population)
    first = halves(sample.codes, plan.seed)
    cohort = population.cohort
    here = sample.take(first)
    slices = slices_of(cohort, params.groups, params.numbers, first, params.depth)
    large = _large_enough(slices, sample, first, params)
    if here.n_events in (0, here.n) or not large.any():
        reason = "no slice has enough patients and events in half of the patients"
        return NotEstimable(code="too_small", reason=reason, n=sample.n, n_events=sample.n_events)
    masks = slices.masks[large]
    names = [name for name, is_large in zip(slices.names, large, strict=True) if is_large]
    shift = shifts(here, masks[:, first])
    chosen = strongest(shift.z, masks[:, first], params.candidates, LARGEST_OVERLAP)
    second = [_confirmation(sample, ~first, masks[one], plan) for one in chosen]
    p_values = adjusted([_p(one) for one in second], "holm")
    return [
        Candidate(
            name=names[one],
            mask=masks[one],
            z=float(shift.z[one]),
            first_shift=float(shift.log_odds[one]),
            second=measured,
            p_value=float(p_value),
        )
        for one, measured, p_value in zip(chosen, second, p_values, strict=True)
    ]


def _large_enough(
    slices: Slices, sample: Sample, first: BoolArray, params: SubgroupDiscoveryParams
) -> BoolArray:
    """Return which slices, and their complements, have enough units and events in a half."""
    here, event = slices.masks[:, first], sample.label[first] == 1
    n, events = here.sum(axis=1), (here & event).sum(axis=1)
    rest, other = first.sum() - n, event.sum() - events
    units = np.minimum(n, rest) >= params.min_units
    return np.asarray(units & (np.minimum(events, other) >= params.min_events))


def _confirmation(
    sample: Sample, second: BoolArray, mask: BoolArray, plan: IntervalPlan
) -> Measurement:
    return difference(MEASURE, sample.take(second & mask), sample.take(second & ~mask), plan)


def _p(measured: Measurement) -> float:
    if isinstance(measured, Estimate) and measured.p_value is not None:
        return measured.p_value
    return 1.0


def _findings(
    step: str, population: Population, found: Sequence[Candidate] | NotEstimable, level: float
) -> list[Finding]:
    if isinstance(found, NotEstimable):
        return [_finding(step, population, CONFIRMED, "all", found)]
    confirmed = sum(one.is_confirmed(level) for one in found)
    note = f"confirmed in the second half (Holm), of {len(found)} candidates from the first"
    count = replace(
        counted(confirmed, population.cohort.size, note), n_events=population.cohort.n_events
    )
    own = [_finding(step, population, SHIFT, one.name, one.second) for one in found]
    return [_finding(step, population, CONFIRMED, "all", count), *own]


def _finding(
    step: str, population: Population, measure: str, subset: str, measured: Measurement
) -> Finding:
    return Finding(
        check=step,
        measure=measure,
        population=population.name,
        subset=subset,
        measurement=measured,
    )


def _table(step: str, population: Population, found: Sequence[Candidate], level: float) -> Table:
    return Table(
        id=f"{step}-slices-{population.name}",
        title=f"Slices that stood out, {population.name}",
        caption="Shifts are log-odds of events against the prediction, relative to the rest: "
        "above 0 the risk of the slice is understated. The first half chose the slices.",
        columns=("Slice", "Shift, first half", "Shift, second half (CI)", "p (Holm)", "Confirmed"),
        rows=tuple(
            (
                subset_label(one.name),
                one.first_shift,
                one.second.describe(),
                one.p_value,
                one.is_confirmed(level),
            )
            for one in found
        ),
    )


def _forest(step: str, population: Population, found: Sequence[Candidate]) -> Figure:
    return Figure(
        id=f"{step}-forest-{population.name}",
        kind="forest",
        title=f"Slices that stood out, on other patients, {population.name}",
        caption="Shift of each slice against the rest in the half of the patients that did not "
        "choose it. The line is no shift.",
        alt=f"Forest plot of {len(found)} slices on {population.name}.",
        content={
            "measure": "Log-odds of events against the prediction, relative to the rest",
            "reference": 0.0,
            "limits": None,
            "rows": [forest_row(subset_label(one.name), one.second) for one in found],
        },
    )
