"""Whether predicted risks are right in size."""

from __future__ import annotations

from samd_validate.checks._common import NoParams, findings_of, sample_of, samples_of
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.stats.engine import calibration_curve, estimate

MEASURES = (
    "calibration_slope",
    "calibration_intercept",
    "calibration_in_the_large",
    "observed_expected_ratio",
    "mean_predicted",
    "prevalence",
    "brier",
    "scaled_brier",
    "log_loss",
    "ici",
    "e90",
)


@check(
    "calibration",
    version=2,
    params=NoParams,
    measures=MEASURES,
    requirements=("REQ-PERF-CALIBRATION",),
)
def calibration(step: str, inputs: Inputs, params: NoParams) -> CheckOutput:
    """Measure whether predicted risks agree with how often the event happened.

    Purpose: a risk of 20 % should mean that 20 of 100 such patients have the event.
    Method: logistic recalibration of the outcome on the log-odds of the score gives slope and
    intercept; calibration-in-the-large is the intercept with the slope held at 1; the ratio of
    observed to expected events, the Brier score and the log loss go with them; the curve is
    smoothed and has a band (Van Calster et al. 2016, doi:10.1016/j.jclinepi.2015.12.005). The
    integrated calibration index is the mean distance of predicted and smoothed observed risk, E90
    the distance that nine in ten patients do not exceed.
    How to read it: slope 1, intercept 0 and ratio 1 are perfect. A slope below 1 means risks that
    are too extreme; a ratio above 1 means that more patients had the event than predicted. An index
    of 0.02 means that risks miss by two percentage points on average; it is never quite 0.
    Limits: good calibration on average can hide poor calibration in a group: see the subgroups.
    """
    del params
    findings: list[Finding] = []
    figures: list[Figure] = []
    for population in inputs.populations:
        picture = f"{step}-curve-{population.name}"
        for model, sample in samples_of(population).items():
            measured = estimate(MEASURES, sample, inputs.intervals)
            findings += findings_of(
                step, population.name, measured, model=model, figures=(picture,)
            )
        if 0 < population.cohort.n_events < population.cohort.size:
            figures.append(_figure(picture, inputs, population))
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _figure(picture: str, inputs: Inputs, population: Population) -> Figure:
    curve = calibration_curve(sample_of(population), inputs.intervals)
    return Figure(
        id=picture,
        kind="calibration",
        title=f"Calibration of the device, {population.name}",
        caption="Observed share of events against predicted risk: smooth curve with band, ten "
        "groups of equal size with intervals, and below how often each risk was predicted. On "
        "the diagonal predictions are right; below it risks are overstated.",
        alt=f"Calibration curve on {population.name}.",
        content={"series": [{"name": "device", **curve}]},
    )
