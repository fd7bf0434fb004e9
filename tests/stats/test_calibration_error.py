"""Calibration errors and their curve: at the edges, against statsmodels, by laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from calibration_samples import PLAN, counted, sample
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.calibration.calibration_error import (
    ERRORS,
    CalibrationErrors,
    calibration_errors,
    errors_of_counts,
)
from samd_validate.stats.calibration.calibration_error_interval import (
    calibration_error_interval,
)
from samd_validate.stats.calibration.likelihood_indices import likelihood_indices
from samd_validate.stats.calibration.lowess import smoothed
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.sample import Sample


@pytest.mark.parametrize("score", [[0.2, 1.2], [-0.1, 0.5]])
def test_scores_that_are_no_risks_are_refused(score: list[float]) -> None:
    one = Sample(label=np.arange(20) % 2, score=np.repeat(score, 10))
    for call in (
        lambda: calibration_errors(one),
        lambda: calibration_error_interval("ici", 0.1, np.ones(9), one, PLAN),
        lambda: likelihood_indices(one),
    ):
        with pytest.raises(ValueError, match=r"score must lie in \[0, 1\]"):
            call()


def test_unknown_names_are_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="smoother: 'loes' is not one of lowess, spline"):
        calibration_errors(sample(), "loes")
    with pytest.raises(ValueError, match="measure: 'eci' is not one of ici, e50, e90, emax"):
        calibration_error_interval("eci", 0.1, np.ones(9), sample(), PLAN)
    with pytest.raises(ValueError, match="draws must hold"):
        calibration_error_interval("ici", 0.1, np.ones(0), sample(), PLAN)


@pytest.mark.parametrize(
    ("score", "count", "words"),
    [([], [], "at least 1"), ([0.2, 0.1], [1, 1], "rise"), ([0.1, 0.2], [1, 0], "at least 1")],
)
def test_points_that_are_none_have_no_curve(score: Any, count: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        smoothed(np.array(score, float), np.array(count, int), np.zeros(len(count)))


@pytest.mark.parametrize("smoother", ["lowess", "spline"])
@pytest.mark.parametrize(
    ("label", "score", "code"),
    [
        (np.zeros(30), np.linspace(0.1, 0.9, 30), "one_class"),
        (np.ones(30), np.linspace(0.1, 0.9, 30), "one_class"),
        (np.arange(30) % 2, np.full(30, 0.4), "one_score"),
        (np.arange(9) % 2, np.linspace(0.1, 0.9, 9), "too_few"),
        (np.zeros(0), np.zeros(0), "too_few"),
    ],
)
def test_sample_without_a_curve_says_why(
    label: np.ndarray, score: np.ndarray, code: str, smoother: str
) -> None:
    one = Sample(label=label, score=score)
    found = calibration_errors(one, smoother)
    assert isinstance(found, NotEstimable)
    assert found.code == code
    interval = calibration_error_interval("ici", 0.1, np.ones(9), one, PLAN)
    assert isinstance(interval, NotEstimable)
    assert interval.code == code


def test_separated_classes_have_a_lowess_but_no_logistic_curve() -> None:
    score = np.linspace(0.05, 0.95, 60)
    one = Sample(label=score > 0.5, score=score)
    assert isinstance(calibration_errors(one), CalibrationErrors)
    by_spline = calibration_errors(one, "spline")
    assert isinstance(by_spline, NotEstimable)
    assert by_spline.code == "separated"


def test_two_distinct_scores_give_the_shares_at_each() -> None:
    score = np.repeat([0.2, 0.6], 50)
    label = np.concatenate([np.arange(50) < 15, np.arange(50) < 20])
    found = calibration_errors(Sample(label=label, score=score))
    assert isinstance(found, CalibrationErrors)
    # the gaps are 0.3 - 0.2 and 0.4 - 0.6, half of the rows at each
    assert (found.ici, found.emax) == pytest.approx((0.15, 0.2), abs=1e-12)
    assert (found.e50, found.e90) == pytest.approx((0.15, 0.2), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(12, 300), st.sampled_from([2, 3, 12]))
def test_lowess_of_counted_rows_is_that_of_statsmodels(seed: int, n: int, digits: int) -> None:
    from statsmodels.nonparametric.smoothers_lowess import lowess

    generator = np.random.default_rng(seed)
    times = generator.integers(0, 4, n)
    x = np.repeat(np.round(generator.beta(1, 3, n), digits), times)
    score, inverse = np.unique(x, return_inverse=True)
    count = np.bincount(inverse)
    if score.size < 10 or count.max() > 0.2 * x.size:
        return  # a window of one score is our own definition
    y = (generator.random(x.size) < x).astype(float)
    found = smoothed(score, count, np.bincount(inverse, weights=y))[inverse]
    wanted = lowess(y, x, frac=2 / 3, it=0, delta=0.01 * np.ptp(x), return_sorted=False)
    assert np.abs(found - wanted).max() < 1e-10


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_weights_of_calibration_errors_are_repeated_rows(seed: int, digits: int) -> None:
    one = sample(80, seed, digits)
    times = np.random.default_rng(seed).integers(0, 4, one.n)
    repeated = Sample(label=np.repeat(one.label, times), score=np.repeat(one.score, times))
    found = calibration_errors(repeated)
    if isinstance(found, NotEstimable):
        return
    wanted = [getattr(found, name) for name in ERRORS]
    assert counted(one, times) == pytest.approx(wanted, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_errors_are_in_order_and_do_not_depend_on_the_order_of_rows(seed: int) -> None:
    one = sample(100, seed, 2)
    found = calibration_errors(one)
    if isinstance(found, NotEstimable):
        return
    assert 0 <= found.e50 <= found.e90 <= found.emax
    assert found.ici <= found.emax
    mixed = np.random.default_rng(seed).permutation(one.n)
    assert calibration_errors(Sample(label=one.label[mixed], score=one.score[mixed])) == found


def test_errors_do_not_change_when_event_and_no_event_are_exchanged() -> None:
    one = sample(200)
    other = Sample(label=1 - one.label, score=1 - one.score)
    for smoother in ("lowess", "spline"):
        a, b = calibration_errors(one, smoother), calibration_errors(other, smoother)
        assert isinstance(a, CalibrationErrors)
        assert isinstance(b, CalibrationErrors)
        for name in ERRORS:
            # the last row but one is fitted at one end only: a hair of interpolation
            assert getattr(a, name) == pytest.approx(getattr(b, name), abs=2e-3)


def test_both_smoothers_see_the_same_miscalibration_in_a_large_sample() -> None:
    one = sample(40_000, shift=0.8)
    risk = one.score
    odds = np.exp(0.8) * risk / (1 - risk)
    true = np.abs(odds / (1 + odds) - risk).mean()
    for smoother in ("lowess", "spline"):
        found = calibration_errors(one, smoother)
        assert isinstance(found, CalibrationErrors)
        assert found.ici == pytest.approx(true, abs=0.01)  # standard error 0.003


@pytest.mark.parametrize("name", ERRORS)
def test_calibration_error_by_name_is_that_of_the_sample(name: str) -> None:
    one = sample(digits=2)
    found = calibration_errors(one)
    assert isinstance(found, CalibrationErrors)
    assert counted(one, np.ones(one.n))[ERRORS.index(name)] == getattr(found, name)
    assert MEASURES[name].direction == "lower"
    assert MEASURES[name].needs_probability
    assert MEASURES[name].needs_both_classes


def test_resample_of_one_class_or_one_score_is_undefined() -> None:
    score = np.array([0.2, 0.4])
    count = np.array([[3, 2], [5, 0], [3, 2]])
    events = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 1.0]])
    found = errors_of_counts(score, count, events)
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2, [0, 3]]).all()


def test_resamples_shared_out_over_threads_are_the_same() -> None:
    from concurrent.futures import ThreadPoolExecutor

    generator = np.random.default_rng(0)
    score = np.sort(generator.random(300))
    count = generator.multinomial(300, np.full(300, 1 / 300), size=64)
    events = generator.binomial(count, score)

    def errors(rows: slice) -> np.ndarray:
        return errors_of_counts(score, count[rows], events[rows])

    parts = [slice(start, start + 8) for start in range(0, 64, 8)]
    with ThreadPoolExecutor(8) as pool:
        shared = np.concatenate(list(pool.map(errors, parts)))
    assert (shared == errors(slice(0, 64))).all()
