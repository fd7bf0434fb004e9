"""What was measured of whom: counts of values by stay and variable, and the hour of the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray, IntArray
from samd_validate.core.cohort import Cohort

HOURS_PER_DAY = 24


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Counts and hours of the first value ``(n, variables)`` (infinite without one)."""

    variables: tuple[str, ...]
    titles: tuple[str, ...]
    count: IntArray
    first_hour: FloatArray
    window_hours: float

    @property
    def mask(self) -> BoolArray:
        """Return which stay has any value of which variable."""
        return np.asarray(self.count > 0)

    def per_day(self, variable: int) -> float:
        """Return the mean number of values per stay and day."""
        return float(self.count[:, variable].mean() * HOURS_PER_DAY / self.window_hours)

    def median_first_hour(self, variable: int) -> float | None:
        """Return the median hour of the first value over the stays that have one."""
        hours = self.first_hour[self.mask[:, variable], variable]
        return float(np.median(hours)) if hours.size else None

    def columns(self, variables: tuple[str, ...]) -> IntArray:
        """Return the counts of named variables; a variable that is not here was never measured."""
        place = {name: number for number, name in enumerate(self.variables)}
        empty = np.zeros(self.count.shape[0], dtype=np.int64)
        return np.stack(
            [self.count[:, place[name]] if name in place else empty for name in variables], axis=1
        )


def measured(cohort: Cohort) -> Measured | None:
    """Return what was measured before the prediction; None without measurements over time."""
    if cohort.series is None or not cohort.series.variables or not cohort.size:
        return None
    series = cohort.series.only(cohort.series.known_at_prediction())
    shape = (cohort.size, len(series.variables))
    cell = series.unit_index.astype(np.int64) * shape[1] + series.variable_index
    first = np.full(shape[0] * shape[1], np.inf)
    np.minimum.at(first, cell, series.time_hours.astype(np.float64))
    return Measured(
        variables=tuple(one.name for one in series.variables),
        titles=tuple(one.title() for one in series.variables),
        count=np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape),
        first_hour=first.reshape(shape),
        window_hours=float(series.window_hours),
    )
