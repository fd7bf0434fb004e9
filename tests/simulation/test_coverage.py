"""A fast part of the simulation of coverage; the whole is made by `make simulate`."""

from __future__ import annotations

import pytest
from coverage_of_auroc import Cell, covered

REPEATS = 300


@pytest.mark.requirement("REQ-UNCERTAINTY")
@pytest.mark.parametrize("method", ["delong", "delong-logit", "bootstrap by patient"])
def test_interval_covers_near_its_level_with_many_events(method: str) -> None:
    share, known = covered(Cell(200, 0.40), method, REPEATS)
    assert known == REPEATS
    assert 0.91 <= share <= 0.985  # three standard errors of 300 data sets around 95 %


def test_rows_taken_for_patients_cover_too_rarely() -> None:
    cell = Cell(200, 0.40, correlation=0.6)
    by_row, _ = covered(cell, "bootstrap by row", REPEATS)
    by_patient, _ = covered(cell, "bootstrap by patient", REPEATS)
    assert by_row < 0.91
    assert by_row < by_patient - 0.02
    assert by_patient > 0.90
