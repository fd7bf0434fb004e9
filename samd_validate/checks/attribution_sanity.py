"""Whether attributions to inputs follow what the device learned: tests that they can fail."""

from __future__ import annotations

import numpy as np

from samd_validate.checks._common import findings_of
from samd_validate.checks.sanity import curves
from samd_validate.checks.sanity.attributions import (
    AttributionSanityParams,
    Explained,
    cannot,
    compared_with,
    noise_change,
    noise_words,
    under_noise,
)
from samd_validate.checks.sanity.likeness import SIGNED, SIZES, forest, table_of
from samd_validate.checks.sanity.planted import planted_recovery
from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.estimate import Measurement
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan
from samd_validate.core.kinds import check
from samd_validate.core.model import Explainable, Maskable, no_progress
from samd_validate.core.seeds import step_generator

GAINS = tuple(f"{kind}_gain" for kind in curves.KINDS)
MEASURES = (SIGNED, SIZES, "noise_change", *GAINS, "planted_recovery")


@check(
    "attribution_sanity",
    version=1,
    params=AttributionSanityParams,
    measures=MEASURES,
    needs=("gradients", "series"),
    requirements=("REQ-EXPLANATION",),
)
def attribution_sanity(step: str, inputs: Inputs, params: AttributionSanityParams) -> CheckOutput:
    """Put the attributions to inputs to tests that they can fail.

    Purpose: an explanation that would look the same for another device explains nothing, and a
    misleading one is worse than none.
    Method: Shapley values of a sample of stays are compared, by rank correlation over the inputs
    of each stay, with those of the device with random weights (Adebayo et al. 2018,
    arXiv:1810.03292), of a device fitted to permuted labels, and of one trained again; with those
    after a little noise on the values; and with integrated gradients and occlusion. Inputs are
    deleted and inserted in the order of the explanation and in random orders (Samek et al. 2017,
    doi:10.1109/TNNLS.2016.2599820). In simulated data the order of importance is compared with the
    truth. Intervals take the patient as the unit.
    How to read it: low correlation with random weights and permuted labels, high correlation
    under noise, another method and another training, and gains above 0 speak for the explanation.
    Correlations of sizes with a destroyed device stay above 0 by themselves: an unusual value has
    a large contribution in any device.
    Limits: passing shows that the explanation depends on the device and that the device follows it,
    not that the device is right. Deleted inputs take the average of the development part, and such
    mixed stays do not occur. Each training is made once.
    """
    model = inputs.model
    if not isinstance(model, Explainable):
        return CheckOutput(notes=("the device cannot break its predictions down to inputs",))
    explained = _explained(inputs, model, params)
    name, plan = inputs.populations[-1].name, inputs.intervals
    disturbed = under_noise(model, params, explained)
    compared = list(compared_with(inputs, params, explained, disturbed))
    findings: list[Finding] = []
    for one in compared:
        findings += findings_of(step, name, one.found, subset=one.subset)
    noise = {"noise_change": noise_change(disturbed, explained, plan)}
    findings += findings_of(step, name, noise, subset=noise_words(params))
    recovery = planted_recovery(explained.values, explained.names, explained.cohort, plan)
    findings += findings_of(step, name, {"planted_recovery": recovery})
    gains, curve, steps = _followed(step, model, params, explained, plan)
    beside = forest(step, compared, "Attributions beside others of the same stays")
    return CheckOutput(
        findings=(*findings, *findings_of(step, name, gains)),
        figures=(beside, *curve),
        tables=(table_of(step, compared, {SIGNED: "signed", SIZES: "sizes alone"}), *steps),
        notes=_notes(params, explained.cohort.size, name),
    )


def _explained(inputs: Inputs, model: Explainable, params: AttributionSanityParams) -> Explained:
    population, seed = inputs.populations[-1], inputs.intervals.seed
    generator = step_generator(seed, "attribution/sample")
    n = min(params.patients, population.cohort.size)
    rows = np.sort(generator.permutation(population.cohort.size)[:n])
    cohort = population.cohort.take(rows)
    seed %= 2**31
    whole = model.attribute(cohort, blocks=1, seed=seed, progress=no_progress)
    values = whole.values.sum(axis=2)
    return Explained(cohort=cohort, seed=seed, names=whole.inputs, values=values)


def _followed(
    step: str,
    model: object,
    params: AttributionSanityParams,
    explained: Explained,
    plan: IntervalPlan,
) -> tuple[dict[str, Measurement], tuple[Figure, ...], tuple[Table, ...]]:
    """Return the gains over random orders with their figure and table."""
    if not isinstance(model, Maskable):
        return dict.fromkeys(GAINS, cannot("no input can be deleted", explained)), (), ()

    def output(kept: BoolArray) -> FloatArray:
        return model.log_odds_with(explained.cohort, kept)

    generator = step_generator(plan.seed, "attribution/orders")
    found = curves.follow(explained.values, output, params.steps, params.orders, generator)
    patient = explained.cohort.patient_id
    figure = curves.figure_of(step, found, patient, plan, "inputs")
    return curves.gains(found, patient, plan), (figure,), (curves.table_of(step, found, "inputs"),)


def _notes(params: AttributionSanityParams, n: int, population: str) -> tuple[str, ...]:
    notes = [f"means over {n} stays of {population}"]
    if params.shortened and (params.permute_labels or params.train_again):
        notes.append(f"fits for the tests were made with {params.cut}; the device itself was not")
    return tuple(notes)
