"""The kinds of components of severity scores: each gives points, and says what it lacked.

What is missing is scored as normal, as the scores were published; so every component also says
which stays it knew, and which of its inputs the data set has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, IntArray
from samd_validate.models.severity.bands import Band, points_of
from samd_validate.models.severity.first_day import FirstDay, Rows

AVAILABLE, PARTLY, MISSING = "available", "partly", "missing"
VENTILATED = ("mechanical_ventilation", "{recorded}")


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Points ``(n,)`` of a component, the stays it knew ``(n,)``, and what the data set has.

    ``status`` is ``available``, ``partly`` (some of its inputs, or coarser than it asks for) or
    ``missing``; ``inputs`` names what it was computed from.
    """

    points: IntArray
    known: BoolArray
    status: str
    inputs: str


class Component(Protocol):
    """One line of a severity score."""

    @property
    def name(self) -> str:
        """Name of the component for readers."""
        ...

    def score(self, day: FirstDay) -> Scored:
        """Return the points of every stay."""
        ...


@dataclass(frozen=True, kw_only=True)
class Worst:
    """The value of the day that is worth most points, of one of several variables.

    ``factor`` brings a value to the unit of the table.
    """

    name: str
    variables: tuple[str, ...]
    unit: str
    bands: tuple[Band, ...]
    factor: float = 1.0

    def score(self, day: FirstDay) -> Scored:
        """Return the most points of any value of the day; 0 without one."""
        rows = day.rows(self.variables, self.unit)
        worth = points_of(rows.value * self.factor, self.bands)
        there = [name for name in self.variables if day.has(name, self.unit)]
        return Scored(
            points=_most(rows, worth, day.size),
            known=day.any_of(rows),
            status=AVAILABLE if there else MISSING,
            inputs=", ".join(there),
        )


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of a variable over the day."""

    name: str
    variable: str
    unit: str
    bands: tuple[Band, ...]

    def score(self, day: FirstDay) -> Scored:
        """Return the points of the sum; 0 for stays without a value."""
        rows = day.rows((self.variable,), self.unit)
        total = np.bincount(rows.unit, rows.value, day.size).astype(np.float64)
        known, is_there = day.any_of(rows), day.has(self.variable, self.unit)
        return Scored(
            points=np.where(known, points_of(total, self.bands), 0),
            known=known,
            status=AVAILABLE if is_there else MISSING,
            inputs=self.variable if is_there else "",
        )


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number that is known at admission, such as age."""

    name: str
    column: str
    bands: tuple[Band, ...]

    def score(self, day: FirstDay) -> Scored:
        """Return the points of the number; 0 where it is missing."""
        column = day.cohort.numbers.get(self.column, np.full(day.size, np.nan)).astype(np.float64)
        known = np.isfinite(column)
        worth = points_of(np.nan_to_num(column), self.bands)
        return _of_column(self.column, np.where(known, worth, 0), known)


@dataclass(frozen=True, kw_only=True)
class Level:
    """A category that is known at admission.

    ``points`` are those of levels that say what the table asks; ``assumed`` those of levels that
    say less, with the points that are certain.
    """

    name: str
    column: str
    points: Mapping[str, int]
    assumed: Mapping[str, int] = field(default_factory=dict)

    def score(self, day: FirstDay) -> Scored:
        """Return the points of the level; 0 where it is unknown."""
        column = day.cohort.groups.get(self.column, np.full(day.size, ""))
        worth = {**self.assumed, **self.points}
        known = np.isin(column, list(worth))
        points = np.array([worth.get(level, 0) for level in column.tolist()], dtype=np.int64)
        scored = _of_column(self.column, points, known)
        is_coarse = bool(np.isin(column, list(self.assumed)).any())
        status = PARTLY if is_coarse and scored.status == AVAILABLE else scored.status
        return Scored(points=points, known=known, status=status, inputs=scored.inputs)


@dataclass(frozen=True, kw_only=True)
class Ventilation:
    """Mechanical ventilation at any time of the day; where it is not recorded there was none."""

    name: str
    points: int

    def score(self, day: FirstDay) -> Scored:
        """Return the points of the ventilated."""
        known = ventilated(day)
        is_there = day.has(*VENTILATED)
        return Scored(
            points=np.where(known, self.points, 0),
            known=known,
            status=AVAILABLE if is_there else MISSING,
            inputs=VENTILATED[0] if is_there else "",
        )


@dataclass(frozen=True, kw_only=True)
class UnlessVentilated:
    """Points for being ventilated, and those of another component for everyone else."""

    name: str
    points: int
    otherwise: Worst

    def score(self, day: FirstDay) -> Scored:
        """Return the points of the ventilated, and of the worst value of the others."""
        machine = Ventilation(name=self.name, points=self.points).score(day)
        breathing = self.otherwise.score(day)
        return Scored(
            points=np.where(machine.known, machine.points, breathing.points),
            known=machine.known | breathing.known,
            status=_both(machine.status, breathing.status),
            inputs=", ".join(one for one in (machine.inputs, breathing.inputs) if one),
        )


@dataclass(frozen=True, kw_only=True)
class OxygenRatio:
    """The lowest ratio of arterial oxygen pressure to inspired fraction, of the ventilated."""

    name: str
    bands: tuple[Band, ...]

    def score(self, day: FirstDay) -> Scored:
        """Return the points of the lowest ratio; 0 for those who breathe by themselves.

        A pressure is divided by the last fraction recorded up to its hour.
        """
        ratio = _ratios(day.rows(("pao2",), "mm[Hg]"), day.rows(("fio2",), "1"))
        is_on = ventilated(day)
        worth = np.where(is_on[ratio.unit], points_of(ratio.value, self.bands), 0)
        needed = (("pao2", "mm[Hg]"), ("fio2", "1"), VENTILATED)
        there = [name for name, unit in needed if day.has(name, unit)]
        whole = MISSING if not there else PARTLY
        return Scored(
            points=_most(ratio, worth, day.size),
            known=day.any_of(ratio) & is_on,
            status=AVAILABLE if len(there) == len(needed) else whole,
            inputs=", ".join(there),
        )


def ventilated(day: FirstDay) -> BoolArray:
    """Return which stays have mechanical ventilation recorded in the day, ``(n,)``."""
    rows = day.rows((VENTILATED[0],), VENTILATED[1])
    return day.any_of(rows)


def _most(rows: Rows, worth: IntArray, size: int) -> IntArray:
    points = np.zeros(size, dtype=np.int64)
    np.maximum.at(points, rows.unit, worth)
    return points


def _of_column(column: str, points: Column, known: BoolArray) -> Scored:
    is_there = bool(known.any())
    return Scored(
        points=np.asarray(points, dtype=np.int64),
        known=known,
        status=AVAILABLE if is_there else MISSING,
        inputs=column if is_there else "",
    )


def _both(first: str, second: str) -> str:
    return first if first == second else PARTLY


def _ratios(pressure: Rows, fraction: Rows) -> Rows:
    """Return each pressure over the last fraction up to its hour in the same stay, if any."""
    span = 1000.0  # hours between stays on one line of time
    order = np.argsort(fraction.unit * span + fraction.hour, kind="stable")
    when = (fraction.unit * span + fraction.hour)[order]
    place = np.searchsorted(when, pressure.unit * span + pressure.hour, side="right") - 1
    found = np.flatnonzero(place >= 0)
    last = order[place[found]]
    mine = fraction.unit[last] == pressure.unit[found]
    kept, last = found[mine], last[mine]
    return Rows(
        unit=pressure.unit[kept],
        hour=pressure.hour[kept],
        value=pressure.value[kept] / fraction.value[last],
    )
