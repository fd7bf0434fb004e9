"""The debiased calibration error over bins: edges, laws, and coverage of its interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.binned_ece import binned_calibration_error, equal_count_bins
from samd_validate.stats.sample import Sample

PLAN = IntervalPlan(seed=2)


def sample(n: int, seed: int, slope: float = 1.0, a: float = 1.0, b: float = 3.0) -> Sample:
    """Draw beta risks; the true log-odds are ``slope`` times those of the score."""
    generator = np.random.default_rng([seed, n])
    score = np.clip(generator.beta(a, b, n), 1e-6, 1 - 1e-6)
    true = 1 / (1 + ((1 - score) / score) ** slope)
    return Sample(label=generator.random(n) < true, score=score)


def test_scores_that_are_no_risks_and_single_bins_are_refused() -> None:
    one = Sample(label=np.arange(200) % 2, score=np.linspace(0, 1.2, 200))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        binned_calibration_error(one, PLAN)
    with pytest.raises(ValueError, match="n_bins must be at least 2"):
        binned_calibration_error(sample(200, 1), PLAN, n_bins=1)


@pytest.mark.parametrize(
    ("label", "score", "cluster", "code"),
    [
        (np.zeros(0), np.zeros(0), None, "too_few"),
        (np.arange(99) % 2, np.linspace(0, 1, 99), None, "too_few"),
        (np.zeros(200), np.linspace(0, 1, 200), None, "one_class"),
        (np.arange(200) % 2, np.full(200, 0.3), None, "one_bin"),
        (np.arange(200) % 2, np.linspace(0, 1, 200), np.arange(200) // 20, "too_few"),
    ],
)
def test_sample_without_bins_says_why(
    label: np.ndarray, score: np.ndarray, cluster: np.ndarray | None, code: str
) -> None:
    found = binned_calibration_error(Sample(label=label, score=score, cluster=cluster), PLAN)
    assert isinstance(found, NotEstimable)
    assert found.code == code


@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(2, 20))
@settings(max_examples=40, deadline=None)
def test_ties_are_never_parted_and_bins_rise_with_the_score(
    seed: int, digits: int, n_bins: int
) -> None:
    score = np.round(np.random.default_rng(seed).random(200), digits)
    bins = equal_count_bins(score, n_bins)
    order = np.argsort(score, kind="stable")
    assert (np.diff(bins[order])[np.diff(score[order]) == 0] == 0).all()
    assert (np.diff(bins[order]) >= 0).all()
    assert np.unique(bins).tolist() == list(range(bins.max() + 1))
    assert bins.max() < n_bins


def test_bins_without_ties_have_equal_counts() -> None:
    assert np.bincount(equal_count_bins(np.linspace(0, 1, 103), 10)).tolist() == [
        10, 10, 10, 11, 10, 10, 11, 10, 10, 11,
    ]  # fmt: skip


def test_squared_error_has_no_bias_when_risks_are_calibrated() -> None:
    # the plain error over bins is far from 0 on the same samples
    from samd_validate.stats.calibration.binned_ece import _binned_or_lacking

    binned = [_binned_or_lacking(sample(300, seed), 10) for seed in range(300)]
    debiased = np.array([one.debiased_square for one in binned])
    raw = np.array([one.raw_square for one in binned])
    error = debiased.std() / np.sqrt(debiased.size)
    assert abs(debiased.mean()) < 4 * error
    assert raw.mean() > 20 * error


def test_error_below_chance_is_zero_and_says_so() -> None:
    score = np.repeat(np.linspace(0.05, 0.95, 10), 100)
    label = np.arange(1000) % 100 < np.round(100 * score)  # in each bin exactly as predicted
    found = binned_calibration_error(Sample(label=label, score=score), PLAN)
    assert isinstance(found, Estimate)
    assert (found.value, found.low) == (0.0, 0.0)
    assert 0 < found.high < 0.06
    assert "chance alone explains" in found.note


def test_interval_of_a_large_error_lies_above_zero() -> None:
    found = binned_calibration_error(sample(3000, 1, slope=0.3), PLAN)
    assert isinstance(found, Estimate)
    assert 0.05 < found.low < found.value < found.high


def test_bin_without_events_does_not_make_the_interval_certain() -> None:
    score = np.repeat([0.01, 0.5], 60)
    label = np.concatenate([np.zeros(60), np.arange(60) % 2])
    found = binned_calibration_error(Sample(label=label, score=score), PLAN, n_bins=2)
    assert isinstance(found, Estimate)
    assert found.low == 0
    assert found.high > 0.01


def test_rows_of_one_patient_widen_the_interval() -> None:
    one = sample(400, 3)
    five = np.repeat(np.arange(400), 5)
    rows = Sample(label=one.label[five], score=one.score[five])
    patients = Sample(label=rows.label, score=rows.score, cluster=five)
    single, by_row, by_patient = (
        binned_calibration_error(each, PLAN) for each in (one, rows, patients)
    )
    assert isinstance(single, Estimate)
    assert isinstance(by_row, Estimate)
    assert isinstance(by_patient, Estimate)
    assert by_patient.value == pytest.approx(single.value, abs=1e-9)
    assert by_patient.high == pytest.approx(single.high, abs=1e-9)
    assert by_row.low > by_patient.low


def test_interval_does_not_depend_on_the_order_of_rows() -> None:
    one = sample(500, 4, slope=0.6)
    mixed = np.random.default_rng(0).permutation(one.n)
    a, b = (
        binned_calibration_error(Sample(label=one.label[i], score=one.score[i]), PLAN)
        for i in (np.arange(one.n), mixed)
    )
    assert isinstance(a, Estimate)
    assert isinstance(b, Estimate)
    assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-9)
