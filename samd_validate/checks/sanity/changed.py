"""Inputs and devices changed on purpose: noise on values, labels in another order, another fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from samd_validate.checks.refits.again import model_or_reason
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import TARGET, Cohort, TimeSeries
from samd_validate.core.estimate import NotEstimable
from samd_validate.core.inputs import Inputs
from samd_validate.core.model import Model

REPEAT = 1


def noisy(cohort: Cohort, share: float, generator: np.random.Generator) -> Cohort:
    """Return the cohort with noise on its values: ``share`` of the spread of each input.

    Measured values stay within the limits of their variable; groups stay as they are.
    """
    numbers = {
        name: column if name.startswith(TARGET) else _moved(column, share, generator)
        for name, column in cohort.numbers.items()
    }
    series = None if cohort.series is None else _noisy_series(cohort.series, share, generator)
    return replace(cohort, numbers=numbers, series=series)


def _moved(column: FloatArray, share: float, generator: np.random.Generator) -> FloatArray:
    known = np.isfinite(column)
    spread = float(column[known].std()) if known.any() else 0.0
    return np.asarray(column + share * spread * generator.standard_normal(column.size))


def _noisy_series(series: TimeSeries, share: float, generator: np.random.Generator) -> TimeSeries:
    spread = spreads(series)
    low = np.array([variable.low for variable in series.variables])
    high = np.array([variable.high for variable in series.variables])
    index = series.variable_index
    noise = share * spread[index] * generator.standard_normal(series.value.size)
    return replace(series, value=np.clip(series.value + noise, low[index], high[index]))


def spreads(series: TimeSeries) -> FloatArray:
    """Return the standard deviation of the values of each variable, 0 where there are none."""
    found = np.zeros(len(series.variables))
    for number in range(found.size):
        values = series.value[series.variable_index == number]
        found[number] = float(values.std()) if values.size else 0.0
    return found


def fitted_to_permuted(inputs: Inputs, changed: Mapping[str, object]) -> Model | NotEstimable:
    """Return the device fitted to labels in a random order, or why there is none."""
    if inputs.development is None or inputs.tuning is None:
        return _closed(inputs)
    generator = np.random.default_rng(inputs.intervals.seed)
    development, tuning = (
        replace(part, label=generator.permutation(part.label))
        for part in (inputs.development, inputs.tuning.cohort)
    )
    return _fitted(inputs, changed, development=development, tuning=tuning)


def fitted_again(inputs: Inputs, changed: Mapping[str, object]) -> Model | NotEstimable:
    """Return the device fitted from other random weights, or why there is none."""
    return _fitted(inputs, changed, repeat=REPEAT)


def not_asked(what: str, n: int) -> NotEstimable:
    """Return that the protocol does not ask for a training."""
    reason = f"the protocol does not ask for it ({what}), as it costs a training"
    return NotEstimable(code="not_asked", reason=reason, n=n)


def _closed(inputs: Inputs) -> NotEstimable:
    n = inputs.populations[-1].cohort.size
    return NotEstimable(code="no_fit", reason="the device cannot be fitted again", n=n)


def _fitted(
    inputs: Inputs,
    changed: Mapping[str, object],
    *,
    development: Cohort | None = None,
    tuning: Cohort | None = None,
    repeat: int = 0,
) -> Model | NotEstimable:
    if inputs.refit is None:
        return _closed(inputs)
    n = inputs.populations[-1].cohort.size
    fit = partial(inputs.refit, changed, development=development, tuning=tuning, repeat=repeat)
    return model_or_reason(fit, n)
