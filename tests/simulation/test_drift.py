"""Tests of drift keep their level with and without several rows a patient, and find a shift."""

from __future__ import annotations

import pytest
from drift_planted import alarms, hospitals, seen
from drift_samples import TESTS, Cell
from drift_size_power import found, rejected
from scipy.stats import binom

pytestmark = pytest.mark.requirement("REQ-MONITORING")
REPEATS = 80
MOST = 100 * (binom.isf(0.0005, REPEATS, 0.05) + 1) / REPEATS


@pytest.mark.parametrize("icc", [0.0, 0.5])
def test_tests_reject_no_oftener_than_their_level_where_nothing_drifted(icc: float) -> None:
    results = found(Cell(60, icc), REPEATS, 11)
    assert {name: rejected(results, name) for name in TESTS.values()} == pytest.approx(
        dict.fromkeys(TESTS.values(), 0), abs=MOST
    )


def test_large_shift_is_found_by_every_test() -> None:
    results = found(Cell(60, 0.0, 1.0), 10, 12)
    assert min(rejected(results, name) for name in TESTS.values()) >= 80


def test_planted_shift_of_the_hospitals_is_found_and_their_twins_are_left_alone() -> None:
    assert all(alarms(seen(hospitals(1, planted=True, stays=400))).values())
    assert not any(alarms(seen(hospitals(1, planted=False, stays=400))).values())
