"""Sizes of a study: the measure that needs most, and what is still needed."""

from __future__ import annotations

import pytest
from planned import ASSUMED

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.sizes.planned_error import (
    auroc_error,
)
from samd_validate.stats.sizes.planned_measure import Assumed
from samd_validate.stats.sizes.sample_size import (
    Bounds,
    SampleSize,
    largest,
    size_for_half_width,
)
from samd_validate.stats.sizes.study_size import (
    StillNeeded,
    external_validation_sizes,
    still_needed,
)


def test_external_validation_names_the_measure_that_needs_most() -> None:
    sizes = external_validation_sizes(ASSUMED)
    assert largest(sizes) == "calibration_slope"
    assert all(isinstance(size, SampleSize) for size in sizes.values())
    without = external_validation_sizes(Assumed(prevalence=0.2, auroc=0.8))
    assert largest(without) == "observed_expected_ratio"
    slope = without["calibration_slope"]
    assert isinstance(slope, NotEstimable)
    assert "linear_predictor" in slope.reason


def test_still_needed_is_what_is_missing_and_nothing_where_there_is_enough() -> None:
    few = still_needed("auroc", 0.8, n=60, n_events=9, target=0.05)
    assert isinstance(few, StillNeeded)
    assert few.size == size_for_half_width(auroc_error(0.8, 0.15), 0.15, 0.05)
    assert (few.n, few.n_events) == (few.size.n - 60, few.size.n_events - 9)
    many = still_needed("auroc", 0.8, n=6000, n_events=900, target=0.05)
    assert isinstance(many, StillNeeded)
    assert (many.n, many.n_events) == (0, 0)


def test_still_needed_to_keep_a_bound() -> None:
    found = still_needed("auroc", 0.8, n=60, n_events=9, target=Bounds(at_least=0.7))
    assert isinstance(found, StillNeeded)
    assert 0 < found.n < 300
    none = still_needed("auroc", 0.7, n=60, n_events=9, target=Bounds(at_least=0.7))
    assert isinstance(none, NotEstimable)


@pytest.mark.parametrize(
    ("measure", "n_events", "code"),
    [
        ("auroc", 0, "one_class"),
        ("auroc", 40, "one_class"),
        ("brier", 8, "no_formula"),
        ("calibration_slope", 8, "missing_assumption"),
    ],
)
def test_still_needed_says_why_there_is_no_number(measure: str, n_events: int, code: str) -> None:
    found = still_needed(measure, 0.8, n=40, n_events=n_events, target=0.05)
    assert isinstance(found, NotEstimable)
    assert found.code == code
