"""Performance in each demographic and clinical group."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of, sample_of, subsets_of
from samd_validate.core.arrays import BoolArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
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
    """Which groups and measures, and how large a group must be."""

    groups: tuple[str, ...] = Field(min_length=1)
    measures: tuple[str, ...] = ("auroc", "calibration_in_the_large")
    min_units: int = Field(default=50, ge=2)
    min_events: int = Field(default=10, ge=1)


@check(
    "subgroups",
    version=2,
    params=SubgroupParams,
    measures=ALLOWED,
    requirements=("REQ-FAIRNESS-SUBGROUPS",),
)
def subgroups(step: str, inputs: Inputs, params: SubgroupParams) -> CheckOutput:
    """Measure performance in each group by itself.

    Purpose: find groups for whom the device works worse than for the rest.
    Method: each measure is estimated in every level of every group, with an interval in which the
    patient is the unit. A group with too few patients or events, or with one outcome only, is
    listed as not assessed and never left out.
    How to read it: compare a row's interval with the line for all patients. Calibration-in-the-
    large above 0 means that the group has more events than predicted: its risk is understated.
    Limits: many groups give some extreme rows by chance; small groups have wide intervals, and
    a wide interval is not a good result.
    """
    findings: list[Finding] = []
    figures = []
    for population in inputs.populations:
        measured = _measured(inputs, population, params)
        for subset in dict.fromkeys(key[0] for key in measured):
            mine = {key[1]: value for key, value in measured.items() if key[0] == subset}
            findings += findings_of(step, population.name, mine, subset=subset)
        figures += [_forest(step, population, m, measured) for m in params.measures]
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _measured(
    inputs: Inputs, population: Population, params: SubgroupParams
) -> dict[tuple[str, str], Measurement]:
    cohort = population.cohort
    subsets = subsets_of(cohort, params.groups)
    everyone = {"all": np.ones(cohort.size, dtype=np.bool_)}
    reasons = {name: _too_small(cohort, mask, params) for name, mask in subsets.items()}
    large = {name: mask for name, mask in subsets.items() if reasons[name] is None}
    sample = sample_of(population, inputs.threshold)
    measured = estimate_subsets(params.measures, sample, {**everyone, **large}, inputs.intervals)
    return {
        (name, measure): reasons.get(name) or measured[(name, measure)]
        for name in ("all", *subsets)
        for measure in params.measures
    }


def _too_small(cohort: Cohort, mask: BoolArray, params: SubgroupParams) -> NotEstimable | None:
    n, events = int(mask.sum()), int(cohort.label[mask].sum())
    if n >= params.min_units and min(events, n - events) >= params.min_events:
        return None
    reason = (
        f"{n} stays with {events} events; the protocol asks for at least {params.min_units} "
        f"stays and {params.min_events} of each outcome"
    )
    return NotEstimable(code="too_small", reason=reason, n=n, n_events=events)


def _forest(
    step: str,
    population: Population,
    measure: str,
    measured: dict[tuple[str, str], Measurement],
) -> Figure:
    title = MEASURES[measure].title
    rows = [_row(subset, value) for (subset, name), value in measured.items() if name == measure]
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


def _row(subset: str, value: Measurement) -> dict[str, object]:
    row: dict[str, object] = {"label": _words(subset), "n": value.n, "n_events": value.n_events}
    if isinstance(value, Estimate):
        return {**row, "value": value.value, "low": value.low, "high": value.high, "reason": ""}
    return {**row, "value": None, "low": None, "high": None, "reason": value.reason}


def _words(subset: str) -> str:
    group, _, level = subset.partition("=")
    return f"{group.replace('_', ' ')}: {level}" if level else subset
