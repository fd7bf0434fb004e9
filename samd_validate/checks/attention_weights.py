"""What a model with attention looked at: variables, static inputs, and hours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params
from samd_validate.core.cohort import Cohort
from samd_validate.core.finding import CheckOutput, Figure, Table
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import AttentionWeights, Attentive
from samd_validate.core.seeds import step_generator

SHOWN = 15


class AttentionParams(Params):
    """How many stays are looked at."""

    stays: int = Field(default=500, ge=10, le=20_000)


@check(
    "attention_weights",
    version=1,
    params=AttentionParams,
    needs=("model", "series"),
    requirements=("REQ-EXPLANATION",),
)
def attention_weights(step: str, inputs: Inputs, params: AttentionParams) -> CheckOutput:
    """Show which variables and which hours the device looked at.

    Purpose: show whether the device attends to what a clinician would look at, and when.
    Method: the variable-selection weights of the Temporal Fusion Transformer (Lim et al. 2021,
    doi:10.1016/j.ijforecast.2021.03.012) by step and those of static inputs, and the attention
    paid to each step when the outcome was predicted, averaged over a sample of stays of the last
    population and over the members of the ensemble. The weights of a kind add up to one.
    How to read it: a weight well above one divided by the number of inputs (or of steps) is more
    than an even share.
    Limits: a weight has no direction, and a small one does not prove that an input is without
    effect; inputs that reach the output another way (summaries) pass the weights by.
    """
    model = inputs.model
    if not isinstance(model, Attentive):
        return CheckOutput(notes=("the device has no weights of variables or hours",))
    population = inputs.populations[-1]
    sample = _sampled(population, params.stays, inputs.intervals.seed)
    seen = model.attend(sample)
    figures = (_by_step(step, seen, sample), _over_time(step, seen, sample))
    notes = (f"means over {sample.size} stays of {population.name}",)
    return CheckOutput(figures=figures, tables=(_table(step, seen, sample),), notes=notes)


def _sampled(population: Population, wanted: int, seed: int) -> Cohort:
    generator = step_generator(seed, "attention/sample")
    n = min(wanted, population.cohort.size)
    return population.cohort.take(np.sort(generator.permutation(population.cohort.size)[:n]))


def _ranked(seen: AttentionWeights) -> list[int]:
    order = np.argsort(-seen.variable_weights.mean(axis=(0, 1)), kind="stable")
    return [int(index) for index in order]


def _steps(seen: AttentionWeights) -> list[str]:
    edges = seen.step_edges_hours
    return [f"{start:g}-{end:g} h" for start, end in pairwise(edges)]


def _by_step(step: str, seen: AttentionWeights, sample: Cohort) -> Figure:
    shown = _ranked(seen)[:SHOWN]
    weights = seen.variable_weights.mean(axis=0)
    return Figure(
        id=f"{step}-variables",
        kind="heatmap",
        title="Selection of variables over time",
        caption=f"Mean weight of the {len(shown)} variables with the largest ones over "
        f"{sample.size} stays; an even share is {1 / len(seen.variables):.3f}.",
        alt="Heat map of variable-selection weights by variable and step of time.",
        content={
            "rows": [_title(seen.variables[index], sample) for index in shown],
            "columns": _steps(seen),
            "values": [[float(value) for value in weights[:, index]] for index in shown],
            "label": "mean weight",
        },
    )


def _over_time(step: str, seen: AttentionWeights, sample: Cohort) -> Figure:
    means = seen.step_weights.mean(axis=0)
    rows = [
        {"label": label, "value": float(value), "unit": ""}
        for label, value in zip(_steps(seen), means, strict=True)
    ]
    return Figure(
        id=f"{step}-time",
        kind="bars",
        title="Attention over the observation window",
        caption=f"Mean attention over {sample.size} stays; an even share is {1 / len(rows):.3f}.",
        alt="Bars of the mean attention paid to each step of time.",
        content={"rows": rows, "x_label": "mean attention"},
    )


def _table(step: str, seen: AttentionWeights, sample: Cohort) -> Table:
    over_time = seen.variable_weights.mean(axis=(0, 1))
    rows = [
        ("over time", _title(seen.variables[index], sample), f"{over_time[index]:.4f}")
        for index in _ranked(seen)
    ]
    if seen.static_inputs:
        static = seen.static_weights.mean(axis=0)
        rows += [
            ("static", _title(seen.static_inputs[index], sample), f"{static[index]:.4f}")
            for index in np.argsort(-static, kind="stable").tolist()
        ]
    return Table(
        id=f"{step}-weights",
        title="Weights of inputs",
        caption=f"Means over {sample.size} stays; those of a kind add up to one.",
        columns=("kind", "input", "weight"),
        rows=tuple(rows),
    )


def _title(name: str, cohort: Cohort) -> str:
    variables = () if cohort.series is None else cohort.series.variables
    titles = {variable.name: variable.title() for variable in variables}
    return titles.get(name, name.replace("_", " "))
