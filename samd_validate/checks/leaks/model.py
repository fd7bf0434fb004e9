"""Whether predictions or preprocessing use what they must not: tried on the model itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samd_validate.checks._numbers import counted, not_run
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.estimate import Measurement
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.model import Model, Preprocessed
from samd_validate.core.seeds import step_generator

TOLERANCE = 1e-6
"""Sums in single precision of the same stays in the same order agree to this."""
RELATIVE, ABSOLUTE = 1e-6, 1e-9
PLANTED_HOURS = 24.0
MOST_NAMED = 5


def truncation(inputs: Inputs, population: Population, stays: int) -> Measurement:
    """Return for how many stays the prediction moves with what comes after the prediction time.

    Three predictions are compared for the same stays: on the series as read, on the series with
    everything after the prediction time removed, and on that with values planted in the 24 hours
    after it (one per variable and stay, drawn from values of other stays).
    """
    n = population.cohort.size
    if inputs.model is None:
        return not_run("no_model", "the device is known by its predictions and cannot be run", n)
    if population.cohort.series is None:
        return not_run("no_series", "no measurements over time", n)
    generator = step_generator(inputs.intervals.seed, f"truncation/{population.name}")
    rows = np.sort(generator.permutation(n)[: min(stays, n)])
    cohort = population.cohort.take(rows)
    assert cohort.series is not None  # noqa: S101  # for the type checker: taken from one with a series
    cut = cohort.series.only(cohort.series.known_at_prediction())
    planted = _planted(cut, cohort.size, generator)
    reference = inputs.model.predict(replace(cohort, series=cut))
    moved = _move(inputs.model, cohort, reference)
    moved = np.maximum(moved, _move(inputs.model, replace(cohort, series=planted), reference))
    removed = cohort.series.value.size - cut.value.size
    note = (
        f"{removed} rows removed, {planted.value.size - cut.value.size} planted; "
        f"largest move {moved.max():.2g}"
    )
    return counted(int((moved > TOLERANCE).sum()), cohort.size, note)


def _move(model: Model, cohort: Cohort, reference: FloatArray) -> FloatArray:
    return np.asarray(np.abs(model.predict(cohort) - reference))


def _planted(series: TimeSeries, n: int, generator: np.random.Generator) -> TimeSeries:
    """Return the series with one value per stay and variable in the day after the window."""
    unit, variable, value = [series.unit_index], [series.variable_index], [series.value]
    for index in range(len(series.variables)):
        seen = series.value[series.variable_index == index]
        if seen.size:
            unit.append(np.arange(n, dtype=np.int32))
            variable.append(np.full(n, index, dtype=np.int16))
            value.append(generator.choice(seen, size=n))
    late = n * (len(unit) - 1)
    after = series.window_hours + (1 - generator.random(late)) * PLANTED_HOURS
    time = np.concatenate([series.time_hours, after.astype(np.float32)])
    units, variables = np.concatenate(unit), np.concatenate(variable)
    order = np.lexsort((variables, time, units))
    return replace(
        series,
        unit_index=units[order],
        time_hours=time[order],
        variable_index=variables[order],
        value=np.concatenate(value)[order],
        stored_hours=None,
        until_hours=None,
    )


def preprocessing(inputs: Inputs) -> Measurement:
    """Return how many learned numbers differ from what the development part alone teaches."""
    model = inputs.model
    if model is None:
        return not_run("no_model", "the device is known by its predictions and cannot be run", 0)
    if inputs.development is None or not isinstance(model, Preprocessed):
        return not_run("not_shown", "the device does not show what its preprocessing learned", 0)
    learned, expected = model.learned(), model.relearned(inputs.development)
    if not learned:
        return not_run("nothing_learned", "the device shows no learned preprocessing", 0)
    strange = [name for name, value in learned.items() if not _agrees(value, expected.get(name))]
    more = ", ..." if len(strange) > MOST_NAMED else ""
    return counted(len(strange), len(learned), ", ".join(strange[:MOST_NAMED]) + more)


def _agrees(value: float, expected: float | None) -> bool:
    return expected is not None and bool(np.isclose(value, expected, rtol=RELATIVE, atol=ABSOLUTE))
