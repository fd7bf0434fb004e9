"""The named fairness measures, with what each can and cannot mean in medicine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of, sample_of
from samd_validate.checks._forest import subset_label
from samd_validate.checks.groups.compared import Groups, largest_gap
from samd_validate.checks.groups.needed import LargeEnough, estimates_by_group
from samd_validate.checks.groups.subsets import Family, families
from samd_validate.core.arrays import BoolArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check

PARITY, OPPORTUNITY, ODDS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalised_odds_difference",
)
RATES = ("alarm_rate", "sensitivity", "specificity")
MEANING = {
    PARITY: (
        "the share of patients with an alarm",
        "Seldom a goal in medicine: groups differ in how ill they are, and alarms should follow "
        "illness. It shows who bears the work and the harm of alarms.",
    ),
    OPPORTUNITY: (
        "sensitivity",
        "Of patients who have the outcome, is any group missed oftener? The one that matters most "
        "where a missed case harms. It also moves with how severe cases are in a group.",
    ),
    ODDS: (
        "sensitivity or the false-alarm rate, whichever gap is larger",
        "Missed cases and false alarms alike. It cannot be 0 together with equal predictive "
        "values where groups differ in prevalence (Chouldechova 2017, doi:10.1089/big.2016.0047).",
    ),
}


class FairnessParams(Params):
    """By which columns groups are formed, and how large one must be."""

    groups: tuple[str, ...] = Field(min_length=1)
    min_units: int = Field(default=50, ge=2)
    min_events: int = Field(default=10, ge=1)


@check(
    "fairness",
    version=1,
    params=FairnessParams,
    measures=tuple(MEANING),
    requirements=("REQ-FAIRNESS-SUBGROUPS",),
    extra="fairlearn",
)
def fairness(step: str, inputs: Inputs, params: FairnessParams) -> CheckOutput:
    """Compare alarms, missed cases and false alarms between groups at the operating point.

    Purpose: give the fairness measures that are asked for by name, with what they mean here.
    Method: rates by group at the operating point (fairlearn's MetricFrame); the largest gap between
    two groups with limits that hold for all pairs at once, and a value that chance has not driven
    apart. Equalised odds is the larger of two gaps, each at half the error, so that its limits
    hold for both. Groups that are too small are not compared.
    How to read it: 0 means no gap. A lower limit of 0 means that no gap is shown, and the upper
    limit says how large it may still be.
    Limits: the measures exclude each other where prevalence differs, so that none is "fairness";
    which one matters is for clinicians and patients to say. A gap at one threshold says nothing
    of others, and calibration by group has to be looked at beside it.
    """
    findings: list[Finding] = []
    tables = []
    for population in inputs.populations:
        rows: list[tuple[object, ...]] = []
        for family in families(population.cohort, params.groups, ()):
            measured = _measured(inputs, population, family, params)
            findings += findings_of(step, population.name, measured, subset=family.name)
            rows += _rows(inputs, population, family)
        tables.append(_rates(step, population, rows))
    return CheckOutput(findings=tuple(findings), tables=(*tables, _meanings(step)))


def _measured(
    inputs: Inputs, population: Population, family: Family, params: FairnessParams
) -> dict[str, Measurement]:
    sample = sample_of(population, inputs.threshold)
    if inputs.threshold is None:
        reason = "the protocol has no operating point"
        return dict.fromkeys(MEANING, NotEstimable(code="no_threshold", reason=reason, n=sample.n))
    asked = LargeEnough(units=params.min_units, events=params.min_events)
    rates = estimates_by_group(sample, family.masks, RATES, asked, inputs.intervals)

    def gap(rate: str, plan: IntervalPlan) -> Measurement:
        groups = Groups(sample=sample, families=(family,), intervals=plan)
        return largest_gap(groups, family, rate, {name: one[rate] for name, one in rates.items()})

    plan = inputs.intervals
    halved = replace(plan, level=1 - (1 - plan.level) / 2)
    return {
        PARITY: gap("alarm_rate", plan),
        OPPORTUNITY: gap("sensitivity", plan),
        ODDS: _larger(gap("sensitivity", halved), gap("specificity", halved), plan.level),
    }


def _larger(one: Measurement, other: Measurement, level: float) -> Measurement:
    """Return the larger of two gaps; limits at 1 - (1 - level) / 2 each hold for both together."""
    for gap in (one, other):
        if isinstance(gap, NotEstimable):
            return gap
    first, second = (gap for gap in (one, other) if isinstance(gap, Estimate))
    larger = max(first, second, key=lambda gap: gap.value)
    p_value = min(1.0, 2 * min(gap.p_value or 1.0 for gap in (first, second)))
    which = "sensitivity" if larger is first else "false-alarm rate"
    return replace(
        larger,
        low=max(first.low, second.low),
        high=max(first.high, second.high),
        level=level,
        method=f"{larger.method}, the larger of two at half the error each",
        p_value=p_value,
        note=f"gap of the {which}; {larger.note}",
    )


def _rows(inputs: Inputs, population: Population, family: Family) -> list[tuple[object, ...]]:
    """Return the rates of each group and fairlearn's differences of the values as they are."""
    if inputs.threshold is None or not family.masks:
        return []
    from fairlearn.metrics import (
        MetricFrame,
        count,
        demographic_parity_difference,
        equal_opportunity_difference,
        equalized_odds_difference,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )

    known = np.logical_or.reduce(list(family.masks.values()))
    label = population.cohort.label[known]
    alarm = (population.score >= inputs.threshold)[known].astype(np.int8)
    group = _names(family.masks, known.size)[known]
    metrics = {
        "n": count,
        "alarms": selection_rate,
        "found": true_positive_rate,
        "false": false_positive_rate,
    }
    frame = MetricFrame(metrics=metrics, y_true=label, y_pred=alarm, sensitive_features=group)
    rows: list[tuple[object, ...]] = [
        (
            subset_label(str(name)),
            int(row["n"]),
            int(label[group == name].sum()),
            float(row["alarms"]),
            _rate(row["found"], label[group == name], 1),
            _rate(row["false"], label[group == name], 0),
        )
        for name, row in frame.by_group.iterrows()
    ]
    gaps = [
        float(of(label, alarm, sensitive_features=group))
        for of in (
            demographic_parity_difference,
            equal_opportunity_difference,
            equalized_odds_difference,
        )
    ]
    return [*rows, (f"{subset_label(family.name)}: gap as counted", None, None, *gaps)]


def _rate(value: float, label: BoolArray, outcome: int) -> float | None:
    """Return a rate, None where nobody in the group has the outcome it is a rate of."""
    return float(value) if (label == outcome).any() else None


def _names(masks: Mapping[str, BoolArray], size: int) -> np.ndarray:
    names = np.full(size, "", dtype=object)
    for name, mask in masks.items():
        names[mask] = name
    return names


def _rates(step: str, population: Population, rows: list[tuple[object, ...]]) -> Table:
    return Table(
        id=f"{step}-rates-{population.name}",
        title=f"Alarms by group at the operating point, {population.name}",
        caption="Shares as counted, small groups too: a gap between counts is above 0 by chance "
        "alone. The findings have the gaps with their limits, among groups that are large enough. "
        "A dash: nobody in the group has the outcome that the rate is of. A gap as counted "
        "stands under the rate it is of; under the last one that of equalised odds.",
        columns=(
            "Group",
            "n",
            "Events",
            "Share with an alarm",
            "Sensitivity",
            "False-alarm rate",
        ),
        rows=tuple(rows),
    )


def _meanings(step: str) -> Table:
    return Table(
        id=f"{step}-meanings",
        title="What the fairness measures can and cannot mean",
        caption="None of them is fairness; see the limits of this check.",
        columns=("Measure", "Gap of", "In medicine"),
        rows=tuple(
            (name.replace("_", " "), of, meaning) for name, (of, meaning) in MEANING.items()
        ),
    )
