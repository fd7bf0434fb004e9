"""Intervals of many cases by patient: at the edges, by laws, against statsmodels and scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from overlap_tables import PLAN, estimate, with_values
from scipy.stats import bootstrap
from scipy.stats import t as student

from samd_validate.core.estimate import NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.proportions import clopper_pearson
from samd_validate.stats.segmentation.case_estimates import (
    METHODS,
    estimate_cases,
)
from samd_validate.stats.segmentation.patient_sums import (
    border_limits,
    median_replicates,
    patient_multiplicities,
    sums_by_patient,
    woodruff_limits,
)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_at_its_border_has_an_exact_limit_by_patient(value: float) -> None:
    found = estimate(with_values([value] * 5, "aabbc"), "dice", PLAN)
    reach = 0.025 ** (1 / 3)
    assert (found.low, found.high) == pytest.approx((reach, 1.0) if value else (0.0, 1 - reach))
    assert found.method == "exact, all patients at the border"
    one = sums_by_patient(np.full(3, value), np.ones(3), np.arange(3))
    assert border_limits(one, 0.95) == pytest.approx(clopper_pearson(3 * value, 3))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=3, max_size=30),
    st.sampled_from(["mean", "median"]),
    st.data(),
)
def test_an_interval_holds_its_value_and_stays_in_range(
    rows: list[tuple[float, int]], summary: Any, data: st.DataObject
) -> None:
    values, patients = zip(*rows, strict=True)
    method = data.draw(st.sampled_from(METHODS[summary]))
    found = estimate_cases(
        with_values(values, patients), "dice", PLAN, summary=summary, method=method
    )
    if isinstance(found, NotEstimable):
        assert found.code in ("one_patient", "no_spread")
        return
    wanted = np.mean(values) if summary == "mean" else np.median(values)
    assert found.value == pytest.approx(wanted, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (found.n, found.n_clusters) == (len(rows), len(set(patients)))


def test_order_of_cases_and_names_of_patients_change_nothing() -> None:
    generator = np.random.default_rng(1)
    values, patients = generator.random(40), generator.integers(0, 12, 40)
    order = generator.permutation(40)
    for summary in ("mean", "median"):
        one = estimate(with_values(values, patients), "dice", PLAN, summary=summary)
        other = estimate(
            with_values(values[order], 100 + patients[order]), "dice", PLAN, summary=summary
        )
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-12)


def test_error_by_patient_is_the_cluster_robust_one_of_statsmodels() -> None:
    generator = np.random.default_rng(2)
    patients = generator.integers(0, 12, 60)
    values = generator.beta(8, 2, 60)
    found = sums_by_patient(values, np.ones(60), patients)
    fit = sm.OLS(values, np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": patients, "use_correction": False}
    )
    m = found.n_patients
    assert found.standard_error == pytest.approx(fit.bse[0] * np.sqrt(m / (m - 1)), rel=1e-10)


def test_single_cases_give_students_interval_on_the_log_odds() -> None:
    values = np.random.default_rng(3).beta(8, 2, 25)
    found = estimate(with_values(values, range(25)), "dice", PLAN)
    mean, error = values.mean(), values.std(ddof=1) / 5
    half = student.ppf(0.975, 24) * error / (mean * (1 - mean))
    centre = np.log(mean / (1 - mean))
    wanted = 1 / (1 + np.exp([-centre + half, -centre - half]))
    assert (found.low, found.high) == pytest.approx(wanted, abs=1e-12)
    assert found.method == "cluster-robust Student's t over patients, log-odds"
    assert found.n_resamples == 0


@pytest.mark.parametrize(("method", "theirs"), [("percentile", "percentile"), ("bca", "BCa")])
def test_bootstrap_of_single_cases_is_near_that_of_scipy(method: str, theirs: str) -> None:
    values = np.random.default_rng(4).beta(5, 1.5, 40)
    plan = IntervalPlan(n_resamples=20_000, seed=1)
    found = estimate(with_values(values, range(40)), "dice", plan, method=method)
    other = bootstrap((values,), np.mean, n_resamples=20_000, method=theirs, rng=1)
    wanted = other.confidence_interval
    # a quantile of 20,000 draws has a standard error of about 2 % of the standard error
    assert (found.low, found.high) == pytest.approx(tuple(wanted), abs=0.1 * other.standard_error)
    assert found.n_resamples == 20_000


def test_resampled_medians_are_those_of_repeated_cases() -> None:
    generator = np.random.default_rng(6)
    values, patients = np.round(generator.random(30), 1), generator.integers(0, 7, 30)
    plan = IntervalPlan(n_resamples=50, seed=9)
    (weights,) = patient_multiplicities(np.unique(patients).size, plan)
    wanted = [np.median(np.repeat(values, one[patients].astype(int))) for one in weights]
    np.testing.assert_allclose(median_replicates(values, patients, plan), wanted, atol=1e-12)


def test_resamples_depend_on_the_seed_alone() -> None:
    one, again, other = (
        np.concatenate(list(patient_multiplicities(9, IntervalPlan(n_resamples=20, seed=seed))))
        for seed in (1, 1, 2)
    )
    assert (one == again).all()
    assert (one != other).any()
    assert (one.sum(axis=1) == 9).all()


def test_a_median_at_many_equal_values_keeps_them_inside() -> None:
    values = np.array([0.0, 0.2, 1.0, 1.0, 1.0, 1.0, 1.0])
    limits = woodruff_limits(values, np.arange(7), 0.95)
    assert limits is not None
    assert limits[0] < 1 == limits[1]


def test_repeating_each_case_of_a_patient_narrows_nothing() -> None:
    values = np.random.default_rng(7).beta(6, 2, 12)
    for summary in ("mean", "median"):
        once = estimate(with_values(values, range(12)), "dice", PLAN, summary=summary)
        twice = estimate(
            with_values(np.repeat(values, 5), np.repeat(range(12), 5)),
            "dice",
            PLAN,
            summary=summary,
        )
        assert twice.value == pytest.approx(once.value, abs=1e-12)
        assert (twice.n, twice.n_clusters) == (60, 12)
        assert twice.high - twice.low > 0.85 * (once.high - once.low)
