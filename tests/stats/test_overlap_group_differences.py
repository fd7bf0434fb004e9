"""Two groups of cases: sites of their own patients, or subgroups that share patients."""

from __future__ import annotations

import numpy as np
import pytest
from coverage_of_group_differences import counted, drawn, within
from coverage_of_overlap import KINDS
from hypothesis import given, settings
from hypothesis import strategies as st
from overlap_tables import with_values

from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.case_estimates import estimate_cases
from samd_validate.stats.segmentation.case_table import CaseOverlap
from samd_validate.stats.segmentation.group_differences import (
    difference_groups,
    difference_worst_decile,
)

PLAN = IntervalPlan()


def site(values: list[float | None], name: str) -> list[CaseOverlap]:
    return with_values(values, [f"{name}{number}" for number in range(len(values))])


def known(found: Measurement) -> Estimate:
    assert isinstance(found, Estimate)
    return found


def beta(n: int, high: float, seed: int) -> list[float | None]:
    return np.random.default_rng(seed).beta(high, 2, n).tolist()  # type: ignore[no-any-return]


def test_case_in_both_groups_is_refused() -> None:
    cases = site(beta(5, 8, 1), "a")
    with pytest.raises(ValueError, match="both groups"):
        difference_groups(cases, cases[2:], "dice", PLAN)
    with pytest.raises(ValueError, match="no patient"):
        difference_worst_decile(cases, cases[2:], "dice", PLAN)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ([0.5, 0.7], [], "no_case"),
        ([], [0.5, 0.7], "no_case"),
        ([0.5], [0.5, 0.7], "one_patient"),
        ([None, None], [0.5, 0.7], "no_case"),
        ([0.6, 0.6], [0.5, 0.7], "no_spread"),
    ],
)
def test_group_without_a_mean_of_its_own_has_no_difference(
    first: list[float | None], second: list[float | None], code: str
) -> None:
    found = difference_groups(site(first, "a"), site(second, "b"), "dice", PLAN)
    assert isinstance(found, NotEstimable)
    assert found.code == code


def test_limits_are_newcombes_squares_of_both_intervals() -> None:
    one, other = site(beta(40, 9, 1), "a"), site(beta(25, 6, 2), "b")
    found = known(difference_groups(one, other, "dice", PLAN))
    a, b = (known(estimate_cases(cases, "dice", PLAN)) for cases in (one, other))
    assert found.value == pytest.approx(a.value - b.value)
    low = found.value - np.hypot(a.value - a.low, b.high - b.value)
    high = found.value + np.hypot(a.high - a.value, b.value - b.low)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.n, found.n_clusters) == (65, 65)


def test_large_groups_agree_with_welch() -> None:
    from scipy import stats

    one, other = beta(400, 9, 3), beta(300, 8, 4)
    found = known(difference_groups(site(one, "a"), site(other, "b"), "dice", PLAN))
    welch = stats.ttest_ind(one, other, equal_var=False)
    limits = welch.confidence_interval()
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high), abs=3e-4)
    assert found.p_value == pytest.approx(welch.pvalue, rel=0.05)


def test_interval_at_the_level_of_the_p_value_touches_zero() -> None:
    one, other = site(beta(30, 9, 5), "a"), site(beta(20, 7, 6), "b")
    found = known(difference_groups(one, other, "dice", PLAN))
    assert found.p_value is not None
    at = known(difference_groups(one, other, "dice", IntervalPlan(level=1 - found.p_value)))
    assert min(abs(at.low), abs(at.high)) == pytest.approx(0, abs=1e-6)


def test_patients_in_both_groups_narrow_the_interval() -> None:
    generator = np.random.default_rng(7)
    level = generator.normal(0, 0.1, 40)
    values = np.clip(0.7 + np.repeat(level, 2) + generator.normal(0, 0.02, 80), 0, 1)
    patients = np.repeat(np.arange(40), 2)
    cases = with_values(values.tolist(), patients.tolist())
    shared = known(difference_groups(cases[::2], cases[1::2], "dice", PLAN))
    apart = with_values(values.tolist(), range(80))
    alone = known(difference_groups(apart[::2], apart[1::2], "dice", PLAN))
    assert shared.high - shared.low < 0.4 * (alone.high - alone.low)
    assert shared.n_clusters == 40


def test_group_without_a_fault_keeps_its_exact_limits() -> None:
    found = known(difference_groups(site([1.0] * 12, "a"), site(beta(30, 9, 8), "b"), "dice", PLAN))
    exact = known(estimate_cases(site([1.0] * 12, "a"), "dice", PLAN))
    assert found.high > found.value  # from below, by what the other group may be
    assert found.low < found.value - (exact.value - exact.low)


def test_worst_deciles_are_subtracted_with_the_limits_of_both() -> None:
    found = known(
        difference_worst_decile(
            site(beta(200, 20, 1), "a"), site(beta(150, 4, 2), "b"), "dice", PLAN
        )
    )
    assert found.low > 0.1
    assert found.p_value is not None and found.p_value < 0.001


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(3, 30), m=st.integers(3, 30))
def test_groups_changed_over_change_the_sign(seed: int, n: int, m: int) -> None:
    one, other = site(beta(n, 6, seed), "a"), site(beta(m, 5, seed + 1), "b")
    first, second = (
        known(difference_groups(*pair, "dice", PLAN)) for pair in ((one, other), (other, one))
    )
    assert (first.low, first.high) == pytest.approx((-second.high, -second.low))
    assert first.p_value == pytest.approx(second.p_value)
    assert (first.p_value < 0.05) == (first.low > 0 or first.high < 0)


@pytest.mark.requirement("REQ-UNCERTAINTY")
def test_differences_cover_as_the_page_says() -> None:
    generator = np.random.default_rng(4)
    apart = [drawn(KINDS[0], 20, 20, True, generator) for _ in range(150)]
    shared = [within(KINDS[0], 50, 0.5, generator) for _ in range(100)]
    for tables in (apart, shared):
        held, alarms = counted(tables)
        assert held > 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(tables))
        assert alarms == pytest.approx(1 - held)
