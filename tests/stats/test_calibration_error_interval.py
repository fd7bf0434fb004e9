"""Intervals of calibration errors and the band of their curve."""

from __future__ import annotations

import numpy as np
import pytest
from calibration_samples import PLAN, counted, replicates, sample

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.calibration.calibration_error import (
    ERRORS,
)
from samd_validate.stats.calibration.calibration_error_interval import (
    calibrated_errors,
    calibration_error_interval,
)
from samd_validate.stats.calibration.spline import fit_spline, spline_fit
from samd_validate.stats.sample import Sample


def test_lower_end_is_zero_where_calibrated_outcomes_give_such_errors() -> None:
    one = sample(seed=5)
    draws = replicates(one, 200)
    for k, name in enumerate(ERRORS):
        value = float(counted(one, np.ones(one.n))[k])
        found = calibration_error_interval(name, value, draws[:, k], one, PLAN)
        assert isinstance(found, Estimate)
        assert found.low == 0 < found.value <= found.high
        assert found.p_value is not None
        assert found.p_value > 0.025
        assert "perfect calibration is not excluded" in found.note


def test_lower_end_is_above_zero_where_risks_are_far_off() -> None:
    one = sample(1000, shift=1.0)
    draws = replicates(one, 200)[:, 0]
    value = float(counted(one, np.ones(one.n))[0])
    found = calibration_error_interval("ici", value, draws, one, PLAN)
    assert isinstance(found, Estimate)
    assert 0 < found.low < value < found.high
    assert found.p_value == pytest.approx(0.001)
    assert "not excluded" not in found.note
    assert found.low < np.quantile(draws, 0.025)


def test_interval_is_the_same_for_the_same_seed_and_shared_sets() -> None:
    one, draws = sample(), np.linspace(0.01, 0.05, 100)
    alone = calibration_error_interval("ici", 0.02, draws, one, PLAN)
    shared = calibration_error_interval(
        "ici", 0.02, draws, one, PLAN, calibrated=calibrated_errors(one, PLAN)
    )
    assert alone == shared


def test_undefined_replicates_are_counted_and_too_many_are_refused() -> None:
    draws = np.linspace(0.01, 0.05, 100)
    few, many = draws.copy(), draws.copy()
    few[:5], many[:6] = np.nan, np.nan
    found = calibration_error_interval("ici", 0.02, few, sample(), PLAN)
    assert isinstance(found, Estimate)
    assert found.n_undefined == 5
    none = calibration_error_interval("ici", 0.02, many, sample(), PLAN)
    assert isinstance(none, NotEstimable)
    assert none.reason == "undefined in 6 of 100 resamples"


def test_rows_of_one_patient_weaken_the_test_of_calibration() -> None:
    one = sample(100)
    five = np.repeat(np.arange(100), 5)
    rows = Sample(label=one.label[five], score=one.score[five])
    patients = Sample(label=one.label[five], score=one.score[five], cluster=five)
    alone, by_row, by_patient = (
        float(np.quantile(calibrated_errors(s, PLAN)[:, 0], 0.975)) for s in (one, rows, patients)
    )
    assert by_row < 0.7 * alone
    assert by_patient == pytest.approx(alone, rel=0.15)


def test_band_of_the_curve_takes_patients_for_its_unit() -> None:
    one = sample(400)
    twice = np.tile(np.arange(400), 2)
    rows = Sample(label=one.label[twice], score=one.score[twice])
    patients = Sample(label=one.label[twice], score=one.score[twice], cluster=twice)
    at = np.array([0.1, 0.3, 0.5])
    widths = []
    for each in (one, rows, patients):
        low, high = fit_spline(each).band(at, 0.95)
        widths.append(high - low)
    assert widths[2] == pytest.approx(widths[0], rel=0.15)
    assert (widths[1] < 0.8 * widths[0]).all()


def test_band_of_a_curve_that_nearly_separates_stays_finite() -> None:
    number = np.arange(400)
    label = (number % 5 == 0).astype(int)
    score = np.round((number * 37 % 100) / 200 + 0.4 * label, 3)
    one = Sample(label=label, score=score, cluster=number // 2)
    predicted, observed, low, high = spline_fit(one, 0.95)
    assert np.isfinite([predicted, observed, low, high]).all()
    assert (low <= observed).all()
    assert (observed <= high).all()
