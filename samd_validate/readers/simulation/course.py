"""The simulated stays: when they begin and end, and where they are spent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.readers.simulation.people import People

BEFORE, IN_UNIT, AFTER = 14.0, 40.0, 90.0  # mean hours in hospital before, after the window, after
LONGEST_BEFORE, LONGEST = 240.0, 480.0
DIES_IN_UNIT = 0.6
FIRST_DAYS, SECOND_DAYS = (15, 120), (150, 180)
HOSPITALS = 12
LATER_YEARS = 90


@dataclass(frozen=True, kw_only=True)
class Course:
    """Columns ``(n,)`` of the stays; of a patient's two, the second is later in the same year.

    ``year`` counts from 0, ``day`` from the first of January; hours are those in hospital before
    the unit, in the unit, and in hospital after it. ``period``, ``hospital`` and ``ward`` are
    numbers of a place in a list that the shape of the folder has.
    """

    year: Column
    day: Column
    second: Column
    before_hours: FloatArray
    unit_hours: FloatArray
    after_hours: FloatArray
    is_second: BoolArray
    period: Column
    hospital: Column
    ward: Column
    score_noise: FloatArray


def draw_course(people: People, window_hours: float, generator: np.random.Generator) -> Course:
    """Draw when the stays begin and end; each lasts longer than the window."""
    n = people.label.size
    patient = people.patient
    of_patient = int(patient[-1]) + 1
    is_second = np.append(False, patient[1:] == patient[:-1])
    day = generator.integers(*FIRST_DAYS, of_patient)[patient]
    gap = generator.integers(*SECOND_DAYS, n)
    in_unit = (people.label == 1) & (generator.random(n) < DIES_IN_UNIT)
    after = np.clip(generator.exponential(AFTER, n), 1, LONGEST)
    return Course(
        year=generator.integers(0, LATER_YEARS, of_patient)[patient],
        day=day + np.where(is_second, gap, 0),
        second=generator.integers(0, 60, n),
        before_hours=np.clip(generator.exponential(BEFORE, n), 0.5, LONGEST_BEFORE),
        unit_hours=window_hours + np.clip(generator.exponential(IN_UNIT, n), 0.5, LONGEST),
        after_hours=np.where(in_unit, 0.0, after),
        is_second=is_second,
        period=generator.integers(0, 2**16, of_patient)[patient],
        hospital=generator.integers(0, HOSPITALS, of_patient)[patient],
        ward=generator.integers(0, 2**16, n),
        score_noise=generator.standard_normal(n),
    )
