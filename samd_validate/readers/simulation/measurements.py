"""What is charted about the simulated patients, its errors included, before anyone treats it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.readers.simulation.people import People, Site
from samd_validate.readers.simulation.variables import PANELS, SIMULATED, Panel, SimulatedVariable

SKIPPED = 0.04
ARTEFACTS = 0.002
REPEATED = 0.003
BETWEEN, WITHIN = 0.6, 0.5
MORNING_HOUR = 5.0
DELAY_MINUTES = {True: 50.0, False: 12.0}  # medians, of laboratory values and of charted ones
DELAY_SPREAD = 0.5


@dataclass(frozen=True, kw_only=True)
class Charted:
    """Everything that was charted, one row per value.

    ``unit (m,)`` is the stay's row, ``minute`` counts from admission to the unit, ``variable``
    points into `SIMULATED`, ``value`` is in the variable's unit, ``stored_minute`` is when the
    value could first be read. ``admission_hour (n,)`` is the time of day of each admission.
    """

    unit: Column
    minute: Column
    variable: Column
    value: FloatArray
    stored_minute: Column
    admission_hour: FloatArray

    def measured(self, name: str) -> BoolArray:
        """Return whether a variable was ever charted, for each stay."""
        index = [one.name for one in SIMULATED].index(name)
        found = np.zeros(self.admission_hour.size, dtype=np.bool_)
        found[self.unit[self.variable == index]] = True
        return found


Rows = tuple[Column, Column, Column, FloatArray]


def draw_charted(
    site: Site,
    people: People,
    window_hours: float,
    generator: np.random.Generator,
) -> Charted:
    """Draw what is charted in the window: panels at their times, values, errors, delays."""
    admission_hour = generator.random(people.label.size) * 24
    offsets = BETWEEN * generator.standard_normal((people.label.size, len(SIMULATED)))
    parts: list[Rows] = []
    for panel in PANELS:
        unit, hours = _panel_times(panel, site, people, admission_hour, window_hours, generator)
        for index, simulated in enumerate(SIMULATED):
            if simulated.panel == panel.name:
                done = np.flatnonzero(generator.random(unit.size) >= SKIPPED)
                value = values_of(
                    simulated,
                    people,
                    unit[done],
                    hours[done],
                    offsets[unit[done], index],
                    admission_hour,
                    window_hours,
                    generator,
                )
                minute = np.floor(60 * hours[done]).astype(np.int64)
                parts.append((unit[done], minute, np.full(done.size, index), value))
    unit, minute, variable, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows = _with_errors(unit, minute, variable, value, generator)
    return Charted(
        unit=rows[0],
        minute=rows[1],
        variable=rows[2],
        value=rows[3],
        stored_minute=rows[1] + _delays(rows[2], generator),
        admission_hour=admission_hour,
    )


def _panel_times(
    panel: Panel,
    site: Site,
    people: People,
    admission_hour: FloatArray,
    window_hours: float,
    generator: np.random.Generator,
) -> tuple[Column, FloatArray]:
    """Return unit and hour of each time a panel was measured: oftener in the sick."""
    n = people.label.size
    habit = site.laboratory_rate if panel.is_laboratory else site.vitals_rate
    sickness = np.clip((people.start + people.end).mean(axis=1) / 2, -2.5, 2.5)
    rate = panel.per_hour * habit * np.exp(panel.sicker * sickness)
    ordered = np.ones(n, dtype=np.bool_)
    if panel.ordered is not None:
        shift = site.lactate_ordered_shift if panel.name == "lactate" else 0.0
        chance = 1 / (1 + np.exp(-(panel.ordered + shift + panel.suspicion * sickness)))
        ordered = generator.random(n) < chance
    count = np.where(ordered, generator.poisson(rate * window_hours), 0)
    unit = np.repeat(np.arange(n), count)
    hours = generator.random(unit.size) * window_hours
    morning = generator.random(unit.size) < panel.morning
    day = np.floor(hours / 24)
    clock = MORNING_HOUR + 0.7 * generator.standard_normal(unit.size)
    at_morning = (clock - admission_hour[unit]) % 24 + 24 * day
    hours = np.where(morning, at_morning, hours)
    kept = hours < window_hours
    return unit[kept], hours[kept]


def values_of(
    simulated: SimulatedVariable,
    people: People,
    unit: Column,
    hours: FloatArray,
    offset: FloatArray,
    admission_hour: FloatArray,
    window_hours: float,
    generator: np.random.Generator,
) -> FloatArray:
    """Return the values of a variable: usual level, patient, illness, time of day, noise."""
    start, end = people.start[unit, simulated.organ], people.end[unit, simulated.organ]
    illness = start + (end - start) * hours / window_hours
    clock = admission_hour[unit] + hours
    rhythm = simulated.diurnal * np.cos(2 * np.pi * (clock - 17) / 24)
    noise = WITHIN * generator.standard_normal(unit.size)
    move = simulated.spread * (simulated.loading * illness + offset + rhythm + noise)
    value = simulated.usual * np.exp(move) if simulated.is_log else simulated.usual + move
    inside = np.clip(value, *simulated.entry.limits)
    if simulated.name == "gcs":
        return np.asarray(np.round(inside))
    return np.asarray(np.round(inside, 3))


def _with_errors(
    unit: Column,
    minute: Column,
    variable: Column,
    value: FloatArray,
    generator: np.random.Generator,
) -> Rows:
    """Add what charts have: values that cannot be, and values charted twice in one minute."""
    wrong = generator.random(unit.size) < ARTEFACTS
    high = np.array([simulated.entry.limits[1] for simulated in SIMULATED])
    value = np.where(wrong, 10 * high[variable] + 1, value)
    again = np.flatnonzero(generator.random(unit.size) < REPEATED)
    columns = (unit, minute, variable, value)
    repeated = tuple(np.concatenate([column, column[again]]) for column in columns)
    return repeated[0], repeated[1], repeated[2], repeated[3]


def _delays(variable: Column, generator: np.random.Generator) -> Column:
    """Return how many minutes a value waits until it is stored: log-normal, at least one."""
    laboratory = {panel.name for panel in PANELS if panel.is_laboratory}
    median = np.array([DELAY_MINUTES[one.panel in laboratory] for one in SIMULATED])
    waited = median[variable] * np.exp(DELAY_SPREAD * generator.standard_normal(variable.size))
    return np.maximum(np.round(waited), 1).astype(np.int64)
