"""What happens at the threshold: sensitivity, specificity, predictive values."""

from __future__ import annotations

import numpy as np

from samd_validate.checks._common import NoParams, findings_of, sample_of
from samd_validate.checks._stored_points import stored_points
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.stats.engine import decision_curve, estimate

MEASURES = (
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "lr_pos",
    "lr_neg",
    "net_benefit",
    "interventions_avoided",
)


@check(
    "operating_point",
    version=3,
    params=NoParams,
    measures=MEASURES,
    needs=("operating_point",),
    requirements=("REQ-PERF-OPERATING-POINT",),
)
def operating_point(step: str, inputs: Inputs, params: NoParams) -> CheckOutput:
    """Measure what an alarm at the operating point is worth.

    Purpose: tell a clinician how many events the alarm finds and how many alarms are false.
    Method: the threshold was fixed before the test labels were read (given in the protocol, or
    chosen on the tuning part) and is never tuned here. Counts are shown with every share; the
    net benefit weighs false alarms by the odds of the threshold, and the net interventions avoided
    are the same against treating everyone (Vickers & Elkin 2006, doi:10.1177/0272989X06295361).
    How to read it: sensitivity is the share of events that raise an alarm, PPV the share of alarms
    that are events; PPV and NPV move with the prevalence.
    Limits: one threshold is one trade-off; the decision curve and the stored operating points show
    others, without a verdict: to choose among them on these data would be to tune on the test.
    """
    del params
    findings: list[Finding] = []
    rows, figures = [], []
    for population in inputs.populations:
        sample = sample_of(population, inputs.threshold)
        measured = estimate(MEASURES, sample, inputs.intervals)
        findings += findings_of(step, population.name, measured)
        rows.append(_counts(population, float(inputs.threshold or 0)))
        if 0 < population.cohort.n_events < population.cohort.size:
            figures.append(_figure(step, inputs, population))
            name = f"{step}-points-{population.name}"
            figures.append(stored_points(name, population.name, sample, inputs.intervals))
    table = Table(
        id=f"{step}-counts",
        title=f"Counts at the operating point {inputs.threshold:.4g}",
        caption=f"A score of at least the threshold is an alarm. {inputs.threshold_origin}",
        columns=("population", "true alarms", "false alarms", "missed events", "true all-clears"),
        rows=tuple(rows),
    )
    return CheckOutput(findings=tuple(findings), figures=tuple(figures), tables=(table,))


def _counts(population: Population, threshold: float) -> tuple[object, ...]:
    alarm = population.score >= threshold
    event = population.cohort.label == 1
    cells = (alarm & event, alarm & ~event, ~alarm & event, ~alarm & ~event)
    return (population.name, *(int(np.count_nonzero(cell)) for cell in cells))


def _figure(step: str, inputs: Inputs, population: Population) -> Figure:
    curve = dict(decision_curve(sample_of(population), inputs.intervals))
    treat_all = curve.pop("treat_all")
    return Figure(
        id=f"{step}-decision-{population.name}",
        kind="decision_curve",
        title=f"Decision curve, {population.name}",
        caption="Net benefit of acting on the device's alarms at each threshold, against acting on "
        "everyone and on no one. The device helps where its curve is the highest.",
        alt=f"Decision curve on {population.name}.",
        content={"series": [{"name": "device", **curve}], "treat_all": treat_all},
    )
