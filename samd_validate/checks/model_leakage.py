"""Leakage through the model: tried on the trained device itself, and on what it was given."""

from __future__ import annotations

from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._numbers import not_run
from samd_validate.checks.leaks.images import image_leaks, reads_images_alone
from samd_validate.checks.leaks.inputs import (
    SINGLE,
    single_measures,
    singles,
    strongest_table,
    used_inputs,
)
from samd_validate.checks.leaks.model import preprocessing, truncation
from samd_validate.core.estimate import Measurement
from samd_validate.core.finding import CheckOutput, Finding, Table
from samd_validate.core.inputs import Inputs
from samd_validate.core.kinds import check

MEASURES = (
    *SINGLE,
    "predictions_moved_by_truncation",
    "preprocessing_beyond_development",
    "predictions_moved_alone",
)


class ModelLeakageParams(Params):
    """How many stays are predicted again, and what counts as telling the outcome alone."""

    stays: int = Field(default=1000, ge=10, description="stays predicted again per data set")
    images: int = Field(default=50, ge=2, description="images predicted alone per data set")
    near_perfect: float = Field(default=0.95, gt=0.5, le=1)


@check(
    "model_leakage",
    version=2,
    params=ModelLeakageParams,
    measures=MEASURES,
    requirements=("REQ-DATA-INDEPENDENCE",),
)
def model_leakage(step: str, inputs: Inputs, params: ModelLeakageParams) -> CheckOutput:
    """Try on the trained device whether it uses what it must not know.

    Purpose: data without a leak can still meet a device that looks ahead, or preprocessing that
    learned from test patients. Method: predictions are made again with everything after the
    prediction time removed, and with values planted there; what the preprocessing learned is
    learned again on the development part alone; each input of the device is ranked against the
    outcome alone on each population. A device that reads images alone has no time to cut and no
    columns to rank: it is given single images, stripped of label, groups, names and companions.
    How to read it: every count should be 0. A row without a number was not run, for the reason
    given, and is not a pass. An input that ranks the outcome almost perfectly alone needs an
    explanation.
    Limits: a device that is known by its predictions cannot be run; an input can leak in part.
    """
    learned = preprocessing(inputs)
    findings: list[Finding] = []
    tables: list[Table] = []
    for population in inputs.populations:
        if reads_images_alone(inputs, population):
            found = image_leaks(inputs, population, params.images)
            findings += findings_of(step, population.name, found)
            continue
        ranked = singles(population.cohort, used_inputs(inputs))
        alone = single_measures(population.cohort, ranked, params.near_perfect, inputs.intervals)
        tried: dict[str, Measurement] = {
            **alone,
            "predictions_moved_by_truncation": truncation(inputs, population, params.stays),
            "preprocessing_beyond_development": learned,
            "predictions_moved_alone": not_run(
                "no_images", "tried on devices that read images alone", population.cohort.size
            ),
        }
        findings += findings_of(step, population.name, tried)
        table = strongest_table(step, population.name, population.cohort, ranked, inputs.intervals)
        tables.append(table)
    return CheckOutput(findings=tuple(findings), tables=tuple(tables))
