"""Calibration errors, their curve and intervals: at the edges, against statsmodels, by laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.calibration_error import (
    ERRORS,
    CalibrationErrors,
    calibration_errors,
    errors_of_counts,
)
from samd_validate.stats.calibration.calibration_error_interval import (
    calibrated_errors,
    calibration_error_interval,
)
from samd_validate.stats.calibration.kolmogorov import kolmogorov_smirnov
from samd_validate.stats.calibration.likelihood_indices import LikelihoodIndices, likelihood_indices
from samd_validate.stats.calibration.lowess import smoothed
from samd_validate.stats.calibration.spline import fit_spline, spline_fit
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.sample import Sample

PLAN = IntervalPlan(seed=3)


def sample(n: int = 300, seed: int = 1, digits: int = 9, shift: float = 0.0, **more: Any) -> Sample:
    generator = np.random.default_rng(seed)
    risk = generator.beta(1, 3, n)
    odds = np.exp(shift) * risk / (1 - risk)
    label = (generator.random(n) < odds / (1 + odds)).astype(int)
    return Sample(label=label, score=np.round(risk, digits), **more)


def counted(one: Sample, times: np.ndarray) -> np.ndarray:
    """Return the four errors of rows that count several times."""
    score, inverse = np.unique(one.score, return_inverse=True)
    count = np.bincount(inverse, weights=times)
    events = np.bincount(inverse, weights=times * one.label)
    return errors_of_counts(score, count[None], events[None])[0]


def replicates(one: Sample, n: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    size = one.n_clusters
    times = generator.multinomial(size, np.full(size, 1 / size), size=n)[:, one.codes]
    return np.array([counted(one, row) for row in times])


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


@pytest.mark.parametrize(
    ("label", "score", "code"),
    [
        (np.zeros(30), np.linspace(0.1, 0.9, 30), "one_class"),
        (np.arange(30) % 2, np.full(30, 0.4), "one_score"),
        (np.arange(30) >= 15, np.linspace(0.1, 0.9, 30), "separated"),
        (np.arange(30) < 15, np.linspace(0.1, 0.9, 30), "separated"),
        (np.arange(30) >= 15, np.repeat([0.2, 0.5, 0.5, 0.8], [10, 5, 5, 10]), "separated"),
    ],
)
def test_likelihood_without_a_maximum_says_why(
    label: np.ndarray, score: np.ndarray, code: str
) -> None:
    found = likelihood_indices(Sample(label=label, score=score))
    assert isinstance(found, NotEstimable)
    assert found.code == code


def test_likelihood_of_no_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        likelihood_indices(Sample(label=np.zeros(0), score=np.zeros(0)))


def test_recalibrated_risks_have_no_unreliability() -> None:
    one = sample(500, shift=0.7)
    first = likelihood_indices(one)
    assert isinstance(first, LikelihoodIndices)
    log_odds = np.log(one.score / (1 - one.score))
    risk = 1 / (1 + np.exp(-(first.intercept + first.slope * log_odds)))
    again = likelihood_indices(one.with_score(risk))
    assert isinstance(again, LikelihoodIndices)
    assert again.unreliability_chi2 == pytest.approx(0, abs=1e-6)
    assert (again.intercept, again.slope) == pytest.approx((0, 1), abs=1e-6)
    both = first.discrimination_chi2 + first.unreliability_chi2
    assert again.discrimination_chi2 == pytest.approx(both, abs=1e-6)


def test_scores_of_zero_and_one_keep_the_likelihood_finite() -> None:
    label, score = np.array([0, 1, 0, 1, 1, 0]), np.array([0.0, 1.0, 1.0, 0.0, 0.7, 0.2])
    found = likelihood_indices(Sample(label=label, score=score))
    assert isinstance(found, LikelihoodIndices)
    assert found.nagelkerke_r2 < 0  # far worse than the prevalence


@pytest.mark.parametrize("label", [np.zeros(5), np.ones(5), np.zeros(0)])
def test_kolmogorov_smirnov_needs_both_classes(label: np.ndarray) -> None:
    found = kolmogorov_smirnov(Sample(label=label, score=np.linspace(0, 1, label.size)))
    assert isinstance(found, NotEstimable)
    assert found.code == "one_class"


def test_kolmogorov_smirnov_is_the_largest_youden_index() -> None:
    one = sample(200, digits=2)
    found = kolmogorov_smirnov(one)
    assert not isinstance(found, NotEstimable)
    events, others = (one.score[one.label == k] for k in (1, 0))
    cuts = np.unique(one.score)
    index = [abs((events >= c).mean() - (others >= c).mean()) for c in cuts]
    assert found[0] == pytest.approx(max(index), abs=1e-12)


def test_band_of_a_curve_that_nearly_separates_stays_finite() -> None:
    number = np.arange(400)
    label = (number % 5 == 0).astype(int)
    score = np.round((number * 37 % 100) / 200 + 0.4 * label, 3)
    one = Sample(label=label, score=score, cluster=number // 2)
    predicted, observed, low, high = spline_fit(one, 0.95)
    assert np.isfinite([predicted, observed, low, high]).all()
    assert (low <= observed).all()
    assert (observed <= high).all()
