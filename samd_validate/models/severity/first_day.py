"""What was measured in the first 24 hours of each stay, by variable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray, IntArray
from samd_validate.core.cohort import Cohort, TimeSeries
from samd_validate.core.errors import CannotRun, Problem

HOURS = 24.0


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Values of one quantity: the stay, the hour and the value of each, ``(m,)``."""

    unit: IntArray
    hour: FloatArray
    value: FloatArray


@dataclass(frozen=True, kw_only=True)
class FirstDay:
    """A cohort and its measurements of the first 24 hours that were known by then."""

    cohort: Cohort
    series: TimeSeries

    @property
    def size(self) -> int:
        """Return the number of stays."""
        return self.cohort.size

    def has(self, name: str, unit: str) -> bool:
        """Return whether the data set has a variable, in the unit that is asked for."""
        return any((one.name, one.unit) == (name, unit) for one in self.series.variables)

    def rows(self, names: tuple[str, ...], unit: str) -> Rows:
        """Return the values of all named variables; one that is not there has none."""
        series = self.series
        is_named = [one.name in names and one.unit == unit for one in series.variables]
        chosen = np.asarray(np.array(is_named, dtype=np.bool_)[series.variable_index])
        return Rows(
            unit=series.unit_index[chosen].astype(np.int64),
            hour=series.time_hours[chosen].astype(np.float64),
            value=series.value[chosen].astype(np.float64),
        )

    def any_of(self, rows: Rows) -> BoolArray:
        """Return which stays have one of the rows, ``(n,)``."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[rows.unit] = True
        return found


def first_day(cohort: Cohort) -> FirstDay:
    """Return the first day of a cohort.

    Raises
    ------
    CannotRun
        Without measurements over time, or if the window is shorter than a day: points are defined
        on 24 hours.
    """
    series = cohort.series
    if series is None:
        raise CannotRun(_too_little("no measurements over time"))
    if series.window_hours < HOURS:
        raise CannotRun(_too_little(f"an observation window of {series.window_hours:g} h"))
    stored = series.stored_hours
    is_late = np.zeros(series.value.size, np.bool_) if stored is None else stored > HOURS
    return FirstDay(cohort=cohort, series=series.only((series.time_hours <= HOURS) & ~is_late))


def _too_little(found: str) -> Problem:
    return Problem(
        where="severity score",
        found=found,
        expected="measurements of the first 24 hours, on which its points are defined",
        todo="leave the score out of the comparators, or lengthen outcome.window_hours",
    )
