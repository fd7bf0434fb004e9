"""What happens when laboratory samples are drawn less often, or a monitor is down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of, sample_of
from samd_validate.checks.missing.thinning import draws, interrupted, rows_of, thinned
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.errors import did_you_mean
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import Model
from samd_validate.core.seeds import step_generator
from samd_validate.stats.engine import MEASURES, estimate, paired_difference

MEASURED = ("auroc", "auprc", "observed_expected_ratio")
DIFFERENCES = ("auroc", "auprc")
Share = Annotated[float, Field(ge=0, lt=1)]
Hours = Annotated[float, Field(gt=0)]


class StressParams(Params):
    """What is left out: shares of draws kept, and hours without a monitor."""

    laboratory: tuple[str, ...] = Field(default=(), description="variables drawn less often")
    kept: tuple[Share, ...] = (0.5, 0.25, 0.0)
    monitor: tuple[str, ...] = Field(default=(), description="variables lost with the monitor")
    down_hours: tuple[Hours, ...] = (12, 24)
    stays: int = Field(default=2000, ge=50, description="most stays per data set")


@dataclass(frozen=True, kw_only=True)
class Dose:
    """One disturbance: its scenario, how much of it, its words, and the series it leaves."""

    scenario: str
    amount: float
    subset: str
    series: TimeSeries


@check(
    "missingness_stress",
    version=2,
    params=StressParams,
    measures=(*MEASURED, *(f"{name}_difference" for name in DIFFERENCES)),
    needs=("model", "series"),
    requirements=("REQ-ROBUSTNESS", "REQ-MISSING-DATA"),
)
def missingness_stress(step: str, inputs: Inputs, params: StressParams) -> CheckOutput:
    """Predict again on series from which values were taken.

    Purpose: at the bedside tests are ordered less often than in the study, and monitors fail.
    Method: whole draws of the laboratory variables are left out at random until a share is kept;
    or the monitored variables are lost for some hours on end, at a random time of each stay. The
    device predicts again, and differences to its predictions on the whole series are paired.
    Draws are nested: what is left out at one dose is left out at every higher one.
    How to read it: a curve that falls slowly means that the device bears the loss. An
    observed/expected ratio that leaves 1 means that risks are misjudged where data are missing,
    even where the ranking holds.
    Limits: values are lost at random here; at the bedside they are lost for reasons. One draw of
    what is lost is tried, so that the interval is of patients and not of losses.
    """
    findings: list[Finding] = []
    figures: list[Figure] = []
    for population in inputs.populations:
        unknown = _unknown(population.cohort, params)
        if unknown is not None or inputs.model is None:
            reason = unknown or NotEstimable(
                code="no_model", reason="the device cannot be run", n=population.cohort.size
            )
            findings += findings_of(step, population.name, dict.fromkeys(MEASURED, reason))
            continue
        measured = _measured(inputs, inputs.model, population, params)
        for dose, found in measured:
            findings += findings_of(step, population.name, found, subset=dose.subset)
        figures += _figures(step, population, measured)
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _unknown(cohort: Cohort, params: StressParams) -> NotEstimable | None:
    """Return that the series, or a variable named in the parameters, is not there, if so."""
    if cohort.series is None:
        reason = "no measurements over time"
        return NotEstimable(code="no_series", reason=reason, n=cohort.size)
    known = [one.name for one in cohort.series.variables]
    for name in (*params.laboratory, *params.monitor):
        if name not in known:
            reason = f"the data set has no variable {name!r}: {did_you_mean(name, known)}"
            return NotEstimable(code="unknown_variable", reason=reason, n=cohort.size)
    if not params.laboratory and not params.monitor:
        reason = "the protocol names no variable to leave out (laboratory, monitor)"
        return NotEstimable(code="no_variables", reason=reason, n=cohort.size)
    return None


def _measured(
    inputs: Inputs, model: Model, population: Population, params: StressParams
) -> list[tuple[Dose, dict[str, Measurement]]]:
    generator = step_generator(inputs.intervals.seed, f"stress/{population.name}")
    size = population.cohort.size
    rows = np.sort(generator.permutation(size)[: min(params.stays, size)])
    cohort = population.cohort.take(rows)
    whole = model.predict(cohort)
    found = []
    for dose in _doses(cohort, params, generator):
        is_intact = dose.amount == 0
        score = whole if is_intact else model.predict(replace(cohort, series=dose.series))
        here = Population(name=population.name, cohort=cohort, score=score)
        found.append((dose, _numbers(here, whole, inputs.intervals, is_intact=is_intact)))
    return found


def _doses(cohort: Cohort, params: StressParams, generator: np.random.Generator) -> Iterator[Dose]:
    series = cohort.series
    if series is None:
        return
    taken, placed = generator.random(series.value.size), generator.random(cohort.size)
    if params.laboratory:
        chosen = rows_of(cohort, params.laboratory)
        chance = taken[: int(draws(series, chosen).max(initial=-1)) + 1]
        for kept in sorted({1.0, *params.kept}, reverse=True):
            yield Dose(
                scenario="laboratory draws left out (%)",
                amount=100 * (1 - kept),
                subset=f"laboratory draws kept={100 * kept:g}%",
                series=thinned(series, chosen, kept, chance),
            )
    if params.monitor:
        chosen = rows_of(cohort, params.monitor)
        for hours in sorted({0.0, *params.down_hours}):
            yield Dose(
                scenario="hours without monitor",
                amount=hours,
                subset=f"monitor down={hours:g} h",
                series=interrupted(series, chosen, hours, placed) if hours else series,
            )


def _numbers(
    here: Population, whole: FloatArray, plan: IntervalPlan, *, is_intact: bool
) -> dict[str, Measurement]:
    found = estimate(MEASURED, sample_of(here), plan)
    if is_intact:
        return found
    intact = sample_of(here, score=whole)
    return found | {
        f"{name}_difference": paired_difference(name, intact, here.score, plan)
        for name in DIFFERENCES
    }


def _figures(
    step: str, population: Population, measured: list[tuple[Dose, dict[str, Measurement]]]
) -> list[Figure]:
    """Return one dose-response curve per scenario and measure."""
    scenarios = dict.fromkeys(dose.scenario for dose, _ in measured)
    figures = []
    for number, scenario in enumerate(scenarios):
        mine = [(dose, found) for dose, found in measured if dose.scenario == scenario]
        panels = [_panel(name, mine) for name in MEASURED]
        figures.append(
            Figure(
                id=f"{step}-{number}-{population.name}",
                kind="dose_response",
                title=f"Performance by {scenario}, {population.name}",
                caption=f"Measures with their intervals over {scenario}. At 0 nothing is left out.",
                alt=f"Curves of {', '.join(MEASURED)} over {scenario} on {population.name}.",
                content={"x_label": scenario[:1].upper() + scenario[1:], "panels": panels},
            )
        )
    return figures


def _panel(name: str, measured: list[tuple[Dose, dict[str, Measurement]]]) -> Mapping[str, object]:
    points = []
    for dose, found in measured:
        one = found[name]
        is_number = isinstance(one, Estimate)
        points.append(
            {
                "x": dose.amount,
                "value": one.value if isinstance(one, Estimate) else None,
                "low": one.low if isinstance(one, Estimate) else None,
                "high": one.high if isinstance(one, Estimate) else None,
                "reason": "" if is_number else one.describe(),
            }
        )
    reference = 1.0 if name == "observed_expected_ratio" else None
    return {"measure": MEASURES[name].title, "reference": reference, "points": points}
