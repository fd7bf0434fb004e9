"""A fast part of the simulated coverage of calibration errors; the whole takes half an hour."""

from __future__ import annotations

import pytest
from coverage_of_calibration_error import Cell, coverage, coverage_binned, coverage_of_band

REPEATS = 60


@pytest.mark.requirement("REQ-UNCERTAINTY")
@pytest.mark.parametrize("truth", ["calibrated", "shift 0.5"])
def test_intervals_of_calibration_errors_cover_near_their_level(truth: str) -> None:
    found = coverage(Cell(200, "beta", truth, 0.40), REPEATS)
    assert (found["chosen"] >= 0.86).all()  # three standard errors of 60 data sets below 95 %


def test_percentiles_never_hold_perfect_calibration() -> None:
    found = coverage(Cell(200, "binormal", "calibrated", 0.15), 10)
    assert (found["percentile"] == 0).all()
    assert (found["chosen"] > 0.5).all()


@pytest.mark.requirement("REQ-UNCERTAINTY")
@pytest.mark.parametrize("truth", ["calibrated", "slope 0.7"])
def test_interval_of_the_binned_error_covers_near_its_level(truth: str) -> None:
    assert coverage_binned(Cell(200, "beta", truth, 0.40), 150) >= 0.89


def test_band_of_the_spline_curve_holds_the_true_risk_at_most_points() -> None:
    assert 0.90 <= coverage_of_band(Cell(500, "binormal", "shift 0.5", 0.40), REPEATS) <= 0.99
