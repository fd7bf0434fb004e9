"""Irregular measurements on an hourly grid: value, whether observed, hours since the last one.

What was not measured says something too (Che et al. 2018, doi:10.1038/s41598-018-24271-9), so
each variable has three channels; what they hold is the choice of an imputation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.kinds import ImputeRequest
from samd_validate.models.imputation._choice import DEFAULT, Choice, Impute

Channels = npt.NDArray[np.float32]
BLOCK_UNITS = 2048
SKEWED = 1.5
CLIP = 5.0
MIN_FOR_SCALE = 10


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How a variable is brought to zero mean and unit spread; learned on development data."""

    name: str
    is_log: bool
    shift: float
    mean: float
    sd: float

    def apply(self, value: npt.NDArray[Any]) -> Channels:
        """Return scaled values, clipped to ±5."""
        moved = np.log(np.maximum(value, 0) + self.shift) if self.is_log else value
        return np.clip((moved - self.mean) / self.sd, -CLIP, CLIP).astype(np.float32)


def learn_scales(series: TimeSeries, variables: tuple[str, ...]) -> tuple[Scale, ...]:
    """Return one scale per variable, from the values observed in the development part."""
    names = [variable.name for variable in series.variables]
    scales = []
    for name in variables:
        chosen = series.variable_index == (names.index(name) if name in names else -1)
        scales.append(learn_scale(name, series.value[chosen].astype(np.float64)))
    return tuple(scales)


def learn_scale(name: str, value: FloatArray) -> Scale:
    """Return the scale of one variable; a logarithm where values are positive and skewed."""
    if value.size < MIN_FOR_SCALE:
        return Scale(name=name, is_log=False, shift=0.0, mean=0.0, sd=1.0)
    centred = value - value.mean()
    sd = float(value.std()) or 1.0
    is_log = bool(value.min() >= 0 and (centred**3).mean() / sd**3 > SKEWED)
    shift = max(float(np.quantile(value, 0.05)), 1e-3 * float(value.mean())) if is_log else 0.0
    moved = np.log(value + shift) if is_log else value
    return Scale(
        name=name,
        is_log=is_log,
        shift=shift,
        mean=float(moved.mean()),
        sd=float(moved.std()) or 1.0,
    )


def hourly_channels(
    cohort: Cohort, scales: tuple[Scale, ...], imputation: Choice = DEFAULT
) -> Channels:
    """Return the grid ``(n, hours, 3 * variables)``: values, then masks, then hours since last.

    By default a value is the mean of its hour, carried forward until the next one (0, the
    development mean, before the first); the mask is 1 in hours with an observation; the third
    channel counts hours since the last observation as a share of the window. Another
    ``imputation`` fills the three in its own way. What was measured or stored after the window is
    not looked at.
    """
    series = cohort.series
    if series is None:
        raise ValueError("hourly channels need measurements over time")
    series = series.only(series.known_at_prediction())
    hours = int(np.ceil(series.window_hours))
    impute = imputation.bound()
    grid = np.zeros((cohort.size, hours, 3 * len(scales)), dtype=np.float32)
    edges = np.searchsorted(series.unit_index, np.arange(0, cohort.size + BLOCK_UNITS, BLOCK_UNITS))
    for number in range(len(edges) - 1):
        start = number * BLOCK_UNITS
        rows = slice(int(edges[number]), int(edges[number + 1]))
        _fill(grid[start : start + BLOCK_UNITS], series, rows, start, scales, impute)
    return grid


def _fill(
    grid: Channels,
    series: TimeSeries,
    rows: slice,
    start: int,
    scales: tuple[Scale, ...],
    impute: Impute,
) -> None:
    n, hours, _ = grid.shape
    position = _positions(series, scales)[series.variable_index[rows]]
    known = position >= 0
    hour = np.clip(series.time_hours[rows].astype(np.int64), 0, hours - 1)
    unit = series.unit_index[rows].astype(np.int64) - start
    cell = ((unit * hours + hour) * len(scales) + position)[known]
    size = n * hours * len(scales)
    count = np.bincount(cell, minlength=size)
    total = np.bincount(cell, weights=series.value[rows][known], minlength=size)
    shape = (n, hours, len(scales))
    mean = np.divide(total, count, out=np.zeros(size), where=count > 0).reshape(shape)
    seen = impute(_request(mean, (count > 0).reshape(shape), scales))
    v = len(scales)
    grid[:, :, :v] = seen.value
    grid[:, :, v : 2 * v] = seen.mask
    grid[:, :, 2 * v :] = seen.since


def _request(
    mean: FloatArray, observed: npt.NDArray[np.bool_], scales: tuple[Scale, ...]
) -> ImputeRequest:
    last = _hour_of_last(observed)
    value, carried = (np.zeros(mean.shape, dtype=np.float32) for _ in range(2))
    for index, scale in enumerate(scales):
        scaled = scale.apply(mean[:, :, index])
        found = np.take_along_axis(scaled, np.maximum(last[:, :, index], 0), axis=1)
        value[:, :, index] = np.where(observed[:, :, index], scaled, 0)
        carried[:, :, index] = np.where(last[:, :, index] >= 0, found, 0)
    hours = np.arange(mean.shape[1])[None, :, None]
    return ImputeRequest(value=value, observed=observed, carried=carried, hours_since=hours - last)


def _positions(series: TimeSeries, scales: tuple[Scale, ...]) -> npt.NDArray[np.int64]:
    order = {scale.name: index for index, scale in enumerate(scales)}
    return np.array([order.get(variable.name, -1) for variable in series.variables], dtype=np.int64)


def _hour_of_last(observed: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the hour of the latest observation up to each hour, -1 if there was none."""
    hours = np.arange(observed.shape[1])[None, :, None]
    return np.maximum.accumulate(np.where(observed, hours, -1), axis=1)
