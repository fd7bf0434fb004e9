"""A fast part of the simulation of intervals over cases; the whole is made by `make simulate`."""

from __future__ import annotations

import numpy as np
import pytest
from coverage_of_overlap import KINDS, Kind, draw, limits_of_cases, patients_of

from samd_validate.stats.intervals.from_draws import Limits
from samd_validate.stats.segmentation.patient_sums import (
    student_limits,
    sums_by_patient,
    woodruff_limits,
)

REPEATS = 400
DICE, DICE_MISSED, _, DISTANCE = KINDS


def shares(kind: Kind, n: int, several: bool) -> dict[str, float]:
    """Return how often the offered intervals, and one that forgets patients, hold the truth."""
    generator = np.random.default_rng(3)
    held: dict[str, list[bool]] = {"mean": [], "median": [], "mean of cases": []}
    for _ in range(REPEATS):
        patient = patients_of(n, several, generator)
        values = draw(kind, patient, generator)
        sums = sums_by_patient(values, np.ones(values.size), patient)
        by_rank = woodruff_limits(values, patient, 0.95)
        assert by_rank is not None
        for name, limits, truth in (
            ("mean", student_limits(sums, 0.95, kind.where), kind.mean),
            ("median", by_rank, kind.median),
            ("mean of cases", limits_of_cases(values, kind), kind.mean),
        ):
            held[name].append(holds(limits, truth))
    return {name: float(np.mean(ones)) for name, ones in held.items()}


def holds(limits: Limits, truth: float) -> bool:
    return limits[0] <= truth <= limits[1]


@pytest.mark.requirement("REQ-UNCERTAINTY")
@pytest.mark.parametrize("several", [False, True], ids=["one case", "several cases"])
@pytest.mark.parametrize(
    ("kind", "mean"), [(DICE, 0.93), (DICE_MISSED, 0.92)], ids=["Dice", "Dice, 5 % missed"]
)
def test_intervals_of_50_patients_cover_as_the_page_says(
    kind: Kind, mean: float, several: bool
) -> None:
    found = shares(kind, 50, several)
    assert found["mean"] > mean - 3 * np.sqrt(mean * (1 - mean) / REPEATS)
    assert found["median"] > 0.945 - 3 * np.sqrt(0.945 * 0.055 / REPEATS)


def test_cases_taken_for_patients_are_covered_too_rarely() -> None:
    found = shares(DICE, 50, several=True)
    assert found["mean of cases"] < 0.85 < found["mean"] - 0.05


def test_a_mean_of_distances_with_missed_structures_fails_where_the_median_does_not() -> None:
    found = shares(DISTANCE, 20, several=False)
    assert found["mean"] < 0.8
    assert found["median"] > 0.917
