"""A fast part of the simulation of coverage; the whole is made by `make simulate`."""

from __future__ import annotations

import pytest
from held import BY_ROW, Cell, tallied

REPEATS = 300


@pytest.mark.requirement("REQ-UNCERTAINTY")
@pytest.mark.parametrize("measure", ["auroc", "brier", "sensitivity", "observed_expected_ratio"])
@pytest.mark.requirement("SW-STAT-COVERAGE")
def test_default_interval_covers_near_its_level_with_many_events(measure: str) -> None:
    tally = tallied(Cell(200, 0.40), (measure,), ("auto",), REPEATS)[(measure, "auto")]
    assert tally.known == REPEATS
    assert 0.91 <= tally.share <= 0.985  # three standard errors of 300 data sets around 95 %


def test_default_interval_of_the_auroc_covers_with_fifteen_events() -> None:
    tally = tallied(Cell(100, 0.15), ("auroc",), ("auto",), REPEATS)[("auroc", "auto")]
    assert 0.91 <= tally.share <= 0.985


@pytest.mark.requirement("SW-STAT-CLUSTER")
def test_rows_taken_for_patients_cover_too_rarely() -> None:
    cell = Cell(400, 0.40, icc=0.6)
    methods = ("percentile", "percentile" + BY_ROW)
    found = tallied(cell, ("auroc", "mean_predicted"), methods, REPEATS)
    for measure in ("auroc", "mean_predicted"):
        by_patient, by_row = (found[(measure, method)].share for method in methods)
        assert by_row < 0.91
        assert by_row < by_patient - 0.02
        assert by_patient > 0.90
