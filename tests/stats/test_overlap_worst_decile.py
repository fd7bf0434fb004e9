"""The 10th percentile over cases: at the edges, by hand, and its coverage by patient."""

from __future__ import annotations

import numpy as np
import pytest
from overlap_tables import PLAN, case, with_values
from scipy.stats import beta, binom, norm

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.segmentation.worst_decile import estimate_worst_decile, order_limits


def test_a_distance_has_no_low_end_to_fear() -> None:
    with pytest.raises(ValueError, match="share"):
        estimate_worst_decile([case(1, "a"), case(2, "b")], "hd95", PLAN)


def test_one_patient_or_no_spread_gives_no_number() -> None:
    one = estimate_worst_decile(with_values([0.1, 0.9], "aa"), "dice", PLAN)
    same = estimate_worst_decile(with_values([0.9] * 4, "abcd"), "dice", PLAN)
    assert isinstance(one, NotEstimable)
    assert isinstance(same, NotEstimable)
    assert (one.code, same.code) == ("one_patient", "no_spread")


def test_few_patients_leave_it_unbounded_below_and_the_note_says_so() -> None:
    values = np.linspace(0.5, 0.99, 30)
    found = estimate_worst_decile(with_values(values, range(30)), "dice", PLAN)
    assert isinstance(found, Estimate)
    assert found.low == 0
    assert "too few" in found.note
    assert found.value == pytest.approx(np.quantile(values, 0.1))


@pytest.mark.parametrize(("n", "is_bounded"), [(35, False), (36, True)])
def test_thirty_six_cases_bound_it_at_the_usual_level(n: int, *, is_bounded: bool) -> None:
    values = np.linspace(0.5, 0.99, n)
    low, _ = order_limits(values, np.arange(n), 0.1, 0.95)
    assert (low > 0) == is_bounded
    assert (binom.cdf(0, n, 0.1) <= 0.025) == is_bounded


def test_limits_of_independent_cases_are_the_order_statistics_of_the_binomial() -> None:
    values = np.sort(np.random.default_rng(1).random(80))
    low, high = order_limits(values, np.arange(80), 0.1, 0.95)
    below = int((values <= low).sum())
    above = int((values <= high).sum())
    assert binom.cdf(below - 1, 80, 0.1) <= 0.025 < binom.cdf(below, 80, 0.1) + 1e-12
    assert binom.sf(above - 1, 80, 0.1) <= 0.025


def test_interval_of_many_cases_of_a_patient_is_wider() -> None:
    values = np.sort(np.random.default_rng(2).beta(9, 1, 120))
    alone = order_limits(values, np.arange(120), 0.1, 0.95)
    grouped = order_limits(values, np.repeat(np.arange(20), 6), 0.1, 0.95)
    assert grouped[0] <= alone[0]
    assert grouped[1] >= alone[1]


@pytest.mark.parametrize(("n_patients", "per_patient", "shared"), [(60, 1, 0.0), (60, 3, 0.6)])
def test_interval_holds_the_true_decile_as_often_as_it_says(
    n_patients: int, per_patient: int, shared: float
) -> None:
    generator = np.random.default_rng(3)
    truth = float(beta.ppf(0.1, 12, 1))
    patient = np.repeat(np.arange(n_patients), per_patient)
    held = 0
    for _ in range(300):
        own = generator.normal(size=n_patients)[patient]
        mixed = np.sqrt(shared) * own + np.sqrt(1 - shared) * generator.normal(size=patient.size)
        low, high = order_limits(beta.ppf(norm.cdf(mixed), 12, 1), patient, 0.1, 0.95)
        held += low <= truth <= high
    assert held / 300 > 0.93
