"""Whether the device moves with each variable in the direction that clinicians expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._contributions import title_of
from samd_validate.checks.sanity.likeness import mean_of
from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.inputs import Inputs, IntervalPlan
from samd_validate.core.kinds import check
from samd_validate.core.model import Model
from samd_validate.core.seeds import step_generator

EFFECT, CONTRADICTED = "effect_of_one_sd", "directions_contradicted"
EDGE = 1e-7
Direction = Literal["raises", "lowers"]


class PlausibilityParams(Params):
    """What a high value of each variable is expected to do to the risk."""

    expected: dict[str, Direction] = Field(min_length=1)
    patients: int = Field(default=500, ge=10, le=20_000, description="most stays")
    margin: float = Field(default=0.05, ge=0, description="log-odds that are no effect to speak of")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What one standard deviation of a variable (in its own unit) does to the output."""

    name: str
    title: str
    expected: Direction
    spread: str
    effect: Measurement

    def verdict(self, margin: float) -> str:
        """Return how the effect stands to what was expected."""
        if isinstance(self.effect, NotEstimable):
            return "not assessed"
        side = 1 if self.expected == "raises" else -1
        low, high = sorted((side * self.effect.low, side * self.effect.high))
        if high < -margin:
            return "contradicts the expectation"
        if low > margin:
            return "as expected"
        return "no effect to speak of" if -margin <= low and high <= margin else "not told apart"


@check(
    "plausibility",
    version=1,
    params=PlausibilityParams,
    measures=(EFFECT, CONTRADICTED),
    needs=("model",),
    requirements=("REQ-EXPLANATION",),
)
def plausibility(step: str, inputs: Inputs, params: PlausibilityParams) -> CheckOutput:
    """Compare the direction in which each variable moves the output with what clinicians expect.

    Purpose: a device that lowers the risk where a value is worse has learned something about the
    data (who was measured, who was treated) that a clinician must know of.
    Method: the protocol says beforehand what a high value does to the risk. All values of one
    variable are moved up, and down, by one standard deviation within its limits, and the output is
    computed again; half of the difference in log-odds is averaged over the stays in which it was
    measured, with an interval by patient.
    How to read it: an interval wholly on the other side of 0, beyond the margin, contradicts the
    expectation: a finding for a clinician to judge, not a fault by itself. Within the margin the
    device hardly uses the variable's value.
    Limits: one variable is moved and what goes with it is not, so that moved stays can be unlike
    any patient. The mean can hide that a variable raises the risk at both ends. Intervals are of
    patients, and several variables are looked at without a correction.
    """
    if inputs.model is None:
        return CheckOutput(notes=("predictions alone do not tell what moves them",))
    population = inputs.populations[-1]
    generator = step_generator(inputs.intervals.seed, "plausibility/sample")
    n = min(params.patients, population.cohort.size)
    cohort = population.cohort.take(np.sort(generator.permutation(population.cohort.size)[:n]))
    moved = [
        _moved(inputs.model, cohort, name, expected, inputs.intervals)
        for name, expected in params.expected.items()
    ]
    findings: list[Finding] = []
    for one in moved:
        found = {EFFECT: one.effect}
        findings += findings_of(step, population.name, found, subset=f"variable={one.name}")
    count = {CONTRADICTED: _count(moved, params.margin, cohort.size, inputs.intervals)}
    return CheckOutput(
        findings=(*findings_of(step, population.name, count), *findings),
        figures=(_forest(step, population.name, moved),),
        tables=(_table(step, moved, params.margin),),
        notes=(f"means over the stays, of {n} of {population.name}, that have the variable",),
    )


def _moved(
    model: Model, cohort: Cohort, name: str, expected: Direction, plan: IntervalPlan
) -> Moved:
    title = title_of(name, cohort)
    pair = _pair(cohort, name)
    if isinstance(pair, NotEstimable):
        return Moved(name=name, title=title, expected=expected, spread="–", effect=pair)
    up, down, measured, spread = pair
    rows = np.flatnonzero(measured)
    change = _log_odds(model, up.take(rows)) - _log_odds(model, down.take(rows))
    effect = mean_of(change / 2, cohort.patient_id[rows], plan)
    return Moved(name=name, title=title, expected=expected, spread=spread, effect=effect)


def _pair(cohort: Cohort, name: str) -> tuple[Cohort, Cohort, BoolArray, str] | NotEstimable:
    """Return the cohort with a variable one SD up, and down; who has it; and the SD in words."""
    series = cohort.series
    names = [] if series is None else [variable.name for variable in series.variables]
    if series is not None and name in names:
        return _pair_of_series(cohort, series, names.index(name))
    if name not in cohort.numbers:
        known = ", ".join(sorted((*names, *cohort.numbers)))
        reason = f"the data have no variable of this name; they have {known}"
        return NotEstimable(code="no_such_variable", reason=reason, n=cohort.size)
    column = np.asarray(cohort.numbers[name], dtype=np.float64)
    known_rows = np.isfinite(column)
    spread = float(column[known_rows].std()) if known_rows.any() else 0.0
    if not spread:
        return _no_spread(cohort.size)
    up, down = (
        replace(cohort, numbers={**cohort.numbers, name: column + side * spread})
        for side in (1, -1)
    )
    return up, down, known_rows, f"{spread:.3g} {cohort.units.get(name, '')}".strip()


def _pair_of_series(
    cohort: Cohort, series: TimeSeries, index: int
) -> tuple[Cohort, Cohort, BoolArray, str] | NotEstimable:
    variable = series.variables[index]
    chosen = series.variable_index == index
    values = series.value[chosen].astype(np.float64)
    spread = float(values.std()) if values.size else 0.0
    if not spread:
        return _no_spread(cohort.size)
    measured = np.zeros(cohort.size, dtype=np.bool_)
    measured[series.unit_index[chosen]] = True

    def shifted(side: int) -> Cohort:
        value = series.value.astype(np.float64)
        value[chosen] = np.clip(values + side * spread, variable.low, variable.high)
        return replace(cohort, series=replace(series, value=value))

    return shifted(1), shifted(-1), measured, f"{spread:.3g} {variable.unit_text()}".strip()


def _no_spread(n: int) -> NotEstimable:
    return NotEstimable(code="no_spread", reason="no values, or values that do not differ", n=n)


def _log_odds(model: Model, cohort: Cohort) -> FloatArray:
    score = np.clip(np.asarray(model.predict(cohort), dtype=np.float64), EDGE, 1 - EDGE)
    return np.asarray(np.log(score) - np.log1p(-score))


def _count(moved: Sequence[Moved], margin: float, n: int, plan: IntervalPlan) -> Measurement:
    verdicts = [one.verdict(margin) for one in moved]
    assessed = len(verdicts) - verdicts.count("not assessed")
    if not assessed:
        return NotEstimable(code="no_such_variable", reason="no variable was assessed", n=n)
    value = float(verdicts.count("contradicts the expectation"))
    return Estimate(
        value=value,
        low=value,
        high=value,
        level=plan.level,
        method=f"count of all {assessed} variables whose interval lies beyond the margin",
        n=n,
    )


def _forest(step: str, population: str, moved: Sequence[Moved]) -> Figure:
    return Figure(
        id=f"{step}-effects",
        kind="forest",
        title=f"What one standard deviation of a variable does, {population}",
        caption="Change of the log-odds, with its interval, when all values of a variable rise by "
        "one standard deviation; the label says what was expected. Right of the line the risk "
        "rises.",
        alt="Forest plot of the change of the log-odds by variable.",
        content={
            "measure": "change of the log-odds",
            "reference": 0.0,
            "limits": None,
            "rows": [_row(one) for one in moved],
        },
    )


def _row(one: Moved) -> Mapping[str, object]:
    effect = one.effect
    row = {"label": f"{one.title} (expected: {one.expected})", "n": effect.n, "n_events": None}
    if isinstance(effect, Estimate):
        known = {"value": effect.value, "low": effect.low, "high": effect.high}
        return row | known | {"reason": ""}
    return row | {"value": None, "low": None, "high": None, "reason": effect.reason}


def _table(step: str, moved: Sequence[Moved], margin: float) -> Table:
    rows = [
        (one.title, one.expected, one.spread, one.effect.describe(3), one.verdict(margin))
        for one in moved
    ]
    return Table(
        id=f"{step}-directions",
        title="Expected and learned directions",
        caption="What a high value was expected to do to the risk, and what the device does: the "
        f"log-odds change so much with one standard deviation (SD). The margin is {margin:g}. A "
        "contradiction is for a clinician to judge.",
        columns=("variable", "a high value", "SD", "change of the log-odds", "the device"),
        rows=tuple(rows),
    )
