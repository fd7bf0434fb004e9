"""Series as they would have been: draws left out, or monitors down for some hours."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.cohort import Cohort, TimeSeries


def thinned(series: TimeSeries, chosen: BoolArray, kept: float, chance: FloatArray) -> TimeSeries:
    """Return the series with a share ``kept`` of the draws of the chosen rows.

    A draw is all chosen values of a stay at one time: a sample of blood gives its values
    together. ``chance`` holds one number in [0, 1) per draw (see :func:`draws`); a draw is kept
    where it is below ``kept``, so that a smaller share is part of a larger one.
    """
    keep = np.ones(series.value.size, dtype=np.bool_)
    keep[chosen] = chance[draws(series, chosen)] < kept
    return series.only(keep)


def draws(series: TimeSeries, chosen: BoolArray) -> FloatArray:
    """Return the number of the draw of each chosen row, from 0."""
    pairs = np.stack([series.unit_index[chosen], series.time_hours[chosen]], axis=1)
    _, number = np.unique(pairs.astype(np.float64), axis=0, return_inverse=True)
    return np.asarray(number.ravel())


def interrupted(
    series: TimeSeries, chosen: BoolArray, down_hours: float, chance: FloatArray
) -> TimeSeries:
    """Return the series without the chosen rows of ``down_hours`` on end in each stay.

    ``chance`` holds one number in [0, 1) per stay, by which the middle of the gap is placed, so
    that a shorter gap is part of a longer one where both fit.
    """
    end = series.window_hours
    length = min(down_hours, end)
    start = np.clip(chance * end - length / 2, 0, end - length)[series.unit_index]
    time = series.time_hours
    is_down = chosen & (time >= start) & (time <= start + length)
    return series.only(~is_down)


def rows_of(cohort: Cohort, variables: tuple[str, ...]) -> BoolArray:
    """Return which rows of the series belong to the named variables."""
    series = cohort.series
    if series is None:
        return np.zeros(0, dtype=np.bool_)
    is_named = np.array([one.name in variables for one in series.variables], dtype=np.bool_)
    return np.asarray(is_named[series.variable_index])
