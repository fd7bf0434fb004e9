"""Which inputs moved the predictions: globally, and for single patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._contributions import contributions, title_of
from samd_validate.checks._kinds_of_cases import KINDS, WORDS, Chosen, Kind, chosen_cases
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import Attribution, Explainable, no_progress
from samd_validate.core.seeds import step_generator
from samd_validate.stats.importance import Importance, importances

SHOWN = 15
SHOWN_LOCAL = 12
IN_WORDS = 6


class ShapParams(Params):
    """How many patients are explained, which are shown, and in how many blocks of time."""

    patients: int = Field(default=80, ge=10, le=2000)
    kinds: tuple[Kind, ...] = Field(default=KINDS, description="of stays that are shown singly")
    local: int = Field(default=1, ge=1, le=10, description="stays of each kind")
    blocks: int = Field(default=8, ge=1, le=48)


@check(
    "shap_attribution",
    version=2,
    params=ShapParams,
    measures=("additivity_error", "importance_rank"),
    needs=("gradients", "series"),
    requirements=("REQ-EXPLANATION",),
)
def shap_attribution(step: str, inputs: Inputs, params: ShapParams) -> CheckOutput:
    """Break predictions down to what the device looked at.

    Purpose: show whether the device relies on what a clinician would expect.
    Method: Shapley values by input (all three channels of a variable together), relative to the
    average stay of the development part, in log-odds; globally the mean size over a sample of
    stays, with the interval of each rank from resampled patients; and for single stays of chosen
    kinds (highest risk, false negative, false positive, borderline) by block of time with what was
    measured then. Values add up to the prediction; the largest deviation is reported.
    How to read it: a bar to the right raised the predicted risk, a bar to the left lowered it. Two
    inputs whose ranks have intervals that overlap widely are not told apart by this sample.
    Limits: an attribution describes the device, not the disease; an input can matter because of
    how often it was measured and not because of its value. It does not show what would happen if
    a value were changed. The interval of a rank is of patients, for the device as it is; near ties
    it is too narrow.
    """
    population = inputs.populations[-1]
    model = inputs.model
    if not isinstance(model, Explainable):
        return CheckOutput(notes=("the device cannot break its predictions down to inputs",))
    rows = _sampled(population, params, inputs.intervals.seed)
    sample = population.cohort.take(rows)
    seed = inputs.intervals.seed % 2**31
    whole = model.attribute(sample, blocks=1, seed=seed, progress=no_progress)
    ranked = importances(whole.values.sum(axis=2), sample.patient_id, inputs.intervals)
    chosen, lacking = chosen_cases(population, inputs.threshold, params.kinds, params.local)
    cases = population.cohort.take(np.array([one.row for one in chosen], dtype=np.int64))
    figures, tables = [_global(step, population.name, ranked, whole, sample)], []
    if chosen:
        local = model.attribute(cases, blocks=params.blocks, seed=seed, progress=no_progress)
        figures += [_waterfall(step, i, one, local, cases) for i, one in enumerate(chosen)]
        tables.append(_in_words(step, chosen, local, cases))
    return CheckOutput(
        findings=(
            _additivity(step, population.name, whole),
            *_ranks(step, population.name, ranked, whole),
        ),
        figures=tuple(figures),
        tables=(_ranking(step, ranked, whole, sample), *tables),
        notes=(f"{whole.method}; relative to {whole.reference}", *lacking),
    )


def _sampled(population: Population, params: ShapParams, seed: int) -> np.ndarray:
    generator = step_generator(seed, "attribution/sample")
    n = min(params.patients, population.cohort.size)
    return np.sort(generator.permutation(population.cohort.size)[:n])


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
    return findings_of(step, population, {"additivity_error": measurement})[0]


def _ranks(
    step: str, population: str, ranked: Sequence[Importance], whole: Attribution
) -> list[Finding]:
    found: list[Finding] = []
    for one in ranked:
        subset = f"input={whole.inputs[one.column]}"
        found += findings_of(step, population, {"importance_rank": one.rank}, subset=subset)
    return found


def _sizes(ranked: Sequence[Importance], whole: Attribution) -> list[float]:
    sizes = np.abs(whole.values.sum(axis=2)).mean(axis=0)
    return [float(sizes[one.column]) for one in ranked]


def _global(
    step: str,
    population: str,
    ranked: Sequence[Importance],
    whole: Attribution,
    sample: Cohort,
) -> Figure:
    sizes = _sizes(ranked, whole)
    rows = [
        {"label": title_of(whole.inputs[one.column], sample), "value": size, "unit": ""}
        for one, size in zip(ranked[:SHOWN], sizes, strict=False)
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


def _ranking(step: str, ranked: Sequence[Importance], whole: Attribution, sample: Cohort) -> Table:
    sizes = _sizes(ranked, whole)
    total = sum(sizes)
    rows = [
        (
            number,
            _limits(one.rank, 0),
            title_of(whole.inputs[one.column], sample),
            f"{size:.3f}",
            _limits(one.size, 3),
            f"{100 * size / total:.1f}%" if total else "–",
        )
        for number, (one, size) in enumerate(zip(ranked, sizes, strict=True), start=1)
    ]
    return Table(
        id=f"{step}-ranking",
        title="Inputs by their contribution",
        caption=f"Mean absolute Shapley value in log-odds over {sample.size} stays with its "
        "interval, the interval of the rank, and the share of the sum.",
        columns=("rank", "its interval", "input", "mean |contribution|", "its interval", "share"),
        rows=tuple(rows),
    )


def _limits(found: Measurement, digits: int) -> str:
    if not isinstance(found, Estimate):
        return found.describe()
    return f"{found.low:.{digits}f} to {found.high:.{digits}f}"


def _waterfall(step: str, number: int, chosen: Chosen, local: Attribution, cases: Cohort) -> Figure:
    cells = contributions(number, local, cases)
    shown, rest = cells[:SHOWN_LOCAL], cells[SHOWN_LOCAL:]
    rows = [{"label": cell.words, "value": cell.value, "detail": ""} for cell in shown]
    rest_value = sum(cell.value for cell in rest)
    rows.append({"label": "all else", "value": rest_value, "detail": f"{len(rest)} cells"})
    kind = WORDS[chosen.kind]
    return Figure(
        id=f"{step}-patient-{number + 1}",
        kind="waterfall",
        title=f"Example stay {number + 1}, {kind}: {_prediction(number, local, cases)}",
        caption="From the average stay (top) to this stay's prediction (bottom), in log-odds: what "
        "was measured, when, and how far it moved the risk. That nothing was measured can move it "
        "too.",
        alt=f"Waterfall of contributions for an example stay ({kind}).",
        content={
            "base": local.base,
            "final": float(local.output[number]),
            "rows": rows,
            "x_label": "log-odds of the event",
        },
    )


def _prediction(number: int, local: Attribution, cases: Cohort) -> str:
    risk = 1 / (1 + np.exp(-float(local.output[number])))
    outcome = "with" if cases.label[number] else "without"
    return f"predicted risk {100 * risk:.0f}%, {outcome} the event"


def _in_words(step: str, chosen: Sequence[Chosen], local: Attribution, cases: Cohort) -> Table:
    rows = [
        (number + 1, one.kind.replace("_", " "), cell.sentence())
        for number, one in enumerate(chosen)
        for cell in contributions(number, local, cases)[:IN_WORDS]
    ]
    return Table(
        id=f"{step}-words",
        title="Single stays in words",
        caption=f"The {IN_WORDS} largest contributions of each stay that is shown, in log-odds: "
        "above 0 raised the predicted risk.",
        columns=("stay", "kind", "what moved the prediction"),
        rows=tuple(rows),
    )
