"""Which inputs moved the predictions: globally, and for single patients."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import Attribution, Explainable, no_progress
from samd_validate.core.seeds import step_generator

SHOWN = 15
SHOWN_LOCAL = 12


class ShapParams(Params):
    """How many patients are explained, and in how many blocks of time."""

    patients: int = Field(default=80, ge=10, le=2000)
    local: int = Field(default=3, ge=1, le=10)
    blocks: int = Field(default=4, ge=1, le=48)


@check(
    "shap_attribution",
    version=1,
    params=ShapParams,
    measures=("additivity_error",),
    needs=("gradients", "series"),
    requirements=("REQ-EXPLANATION",),
)
def shap_attribution(step: str, inputs: Inputs, params: ShapParams) -> CheckOutput:
    """Break predictions down to what the device looked at.

    Purpose: show whether the device relies on what a clinician would expect.
    Method: Shapley values by input (all three channels of a variable together), relative to the
    average stay of the development part, in log-odds; globally the mean size over a sample of
    stays, and for single stays by block of time with the value that was measured then. Values
    add up to the prediction; the largest deviation is reported.
    How to read it: a bar to the right raised the predicted risk, a bar to the left lowered it.
    Limits: an attribution describes the device, not the disease; an input can matter because of
    how often it was measured and not because of its value. It does not show what would happen if
    a value were changed.
    """
    population = inputs.populations[-1]
    model = inputs.model
    if not isinstance(model, Explainable):
        return CheckOutput(notes=("the device cannot break its predictions down to inputs",))
    rows = _sampled(population, params, inputs.intervals.seed)
    sample = population.cohort.take(rows)
    seed = inputs.intervals.seed % 2**31
    whole = model.attribute(sample, blocks=1, seed=seed, progress=no_progress)
    chosen = _examples(population, rows, params.local)
    cases = population.cohort.take(chosen)
    local = model.attribute(cases, blocks=params.blocks, seed=seed, progress=no_progress)
    figures = [_global(step, population.name, whole, sample)]
    figures += [_waterfall(step, number, local, cases) for number in range(cases.size)]
    return CheckOutput(
        findings=(_additivity(step, population.name, whole),),
        figures=tuple(figures),
        tables=(_ranking(step, whole, sample),),
        notes=(f"{whole.method}; relative to {whole.reference}",),
    )


def _sampled(population: Population, params: ShapParams, seed: int) -> np.ndarray:
    generator = step_generator(seed, "attribution/sample")
    n = min(params.patients, population.cohort.size)
    return np.sort(generator.permutation(population.cohort.size)[:n])


def _examples(population: Population, rows: np.ndarray, wanted: int) -> np.ndarray:
    """Return the sampled stays at the highest, middle and lowest risks, evenly spaced in rank."""
    order = rows[np.argsort(-population.score[rows], kind="stable")]
    ranks = np.linspace(0, order.size - 1, num=min(wanted, order.size)).round().astype(np.int64)
    return np.asarray(order[ranks])


def _additivity(step: str, population: str, whole: Attribution) -> Finding:
    error = whole.additivity_error
    measurement = Estimate(
        value=error,
        low=error,
        high=error,
        level=0.95,
        method="largest deviation, no sampling uncertainty",
        n=int(whole.output.size),
    )
    return Finding(
        check=step,
        measure="additivity_error",
        population=population,
        subset="all",
        measurement=measurement,
    )


def _importance(whole: Attribution) -> list[tuple[str, float]]:
    size = np.abs(whole.values.sum(axis=2)).mean(axis=0)
    order = np.argsort(-size, kind="stable")
    return [(whole.inputs[index], float(size[index])) for index in order.tolist()]


def _global(step: str, population: str, whole: Attribution, sample: Cohort) -> Figure:
    rows = [
        {"label": _title(name, sample), "value": value, "unit": ""}
        for name, value in _importance(whole)[:SHOWN]
    ]
    return Figure(
        id=f"{step}-global",
        kind="bars",
        title=f"What moves the predictions, {population}",
        caption=f"Mean size of the contribution to the log-odds over {sample.size} stays. Longer "
        "bars moved predictions more, in either direction.",
        alt="Bar chart of inputs ranked by mean absolute Shapley value.",
        content={"rows": rows, "x_label": "mean |contribution| (log-odds)"},
    )


def _ranking(step: str, whole: Attribution, sample: Cohort) -> Table:
    total = sum(value for _, value in _importance(whole))
    rows = [
        (number, _title(name, sample), f"{value:.3f}", f"{100 * value / total:.1f}%")
        for number, (name, value) in enumerate(_importance(whole), start=1)
    ]
    return Table(
        id=f"{step}-ranking",
        title="Inputs by their contribution",
        caption=f"Mean absolute Shapley value in log-odds over {sample.size} stays, and its share.",
        columns=("rank", "input", "mean |contribution|", "share"),
        rows=tuple(rows),
    )


def _waterfall(step: str, number: int, local: Attribution, cases: Cohort) -> Figure:
    cells = _cells(number, local, cases)
    shown, rest = cells[:SHOWN_LOCAL], cells[SHOWN_LOCAL:]
    rest_value = sum(float(str(cell["value"])) for cell in rest)
    rows = [*shown, {"label": "all else", "value": rest_value, "detail": f"{len(rest)} cells"}]
    risk = 1 / (1 + np.exp(-float(local.output[number])))
    outcome = "with" if cases.label[number] else "without"
    return Figure(
        id=f"{step}-patient-{number + 1}",
        kind="waterfall",
        title=f"Example stay {number + 1}: predicted risk {100 * risk:.0f}%, {outcome} the event",
        caption="From the average stay (top) to this stay's prediction (bottom), in log-odds: what "
        "was measured, when, and how far it moved the risk. 'none' means that nothing was "
        "measured in that time.",
        alt=f"Waterfall of contributions for an example stay with predicted risk {risk:.2f}.",
        content={
            "base": local.base,
            "final": float(local.output[number]),
            "rows": rows,
            "x_label": "log-odds of the event",
        },
    )


def _cells(number: int, local: Attribution, cases: Cohort) -> list[dict[str, object]]:
    """Return the cells (input and block of time) of one stay, the largest contribution first."""
    cells = []
    for index, name in enumerate(local.inputs):
        for block in range(local.values.shape[2]):
            value = float(local.values[number, index, block])
            if value != 0:
                label, detail = _cell_words(name, block, number, local, cases)
                cells.append({"label": label, "value": value, "detail": detail})
    return sorted(cells, key=lambda cell: (-abs(float(str(cell["value"]))), str(cell["label"])))


def _cell_words(
    name: str, block: int, number: int, local: Attribution, cases: Cohort
) -> tuple[str, str]:
    title = _title(name, cases)
    if name in cases.numbers:
        value, unit = (
            float(cases.numbers[name][number]),
            cases.units.get(name, ""),
        )
        return title, f"{value:.0f} {unit}".strip() if np.isfinite(value) else "missing"
    if name in cases.groups:
        return title, str(cases.groups[name][number]) or "unknown"
    start, end = local.block_hours[block], local.block_hours[block + 1]
    return f"{title}, hours {start:.0f}-{end:.0f}", _observed(name, start, end, number, cases)


def _observed(name: str, start: float, end: float, number: int, cases: Cohort) -> str:
    series = cases.series
    names = [] if series is None else [variable.name for variable in series.variables]
    if series is None or name not in names:
        return ""
    chosen = (
        (series.unit_index == number)
        & (series.variable_index == names.index(name))
        & (series.time_hours >= start)
        & (series.time_hours < end)
    )
    if not chosen.any():
        return "none"
    unit = series.variables[names.index(name)].unit_text()
    mean = f"{np.mean(series.value[chosen]):.3g} {unit}".strip()
    return f"{mean} (n={int(chosen.sum())})"


def _title(name: str, cohort: Cohort) -> str:
    variables = () if cohort.series is None else cohort.series.variables
    titles = {variable.name: variable.title() for variable in variables}
    return titles.get(name, name.replace("_", " "))
