"""Tests of one variable in two groups, against scipy and by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance
from scipy.stats.contingency import association

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.drift.chi_square import chi_square, counts_of, pearson
from samd_validate.stats.drift.groups import Groups, Shift, design_effect, groups_of
from samd_validate.stats.drift.kolmogorov_smirnov import kolmogorov_smirnov
from samd_validate.stats.drift.share_difference import share_difference
from samd_validate.stats.drift.stability_index import (
    index_of,
    stability_index,
    stability_of_categories,
)
from samd_validate.stats.drift.wasserstein import distance, wasserstein

pytestmark = pytest.mark.requirement("REQ-MONITORING")


def rows(n: int, m: int) -> Groups:
    return Groups(is_other=np.arange(n + m) >= n, patient=np.arange(n + m))


def normal(n: int, m: int, shift: float, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.concatenate([generator.standard_normal(n), shift + generator.standard_normal(m)])


def shift(found: Shift | NotEstimable) -> Shift:
    assert isinstance(found, Shift)
    return found


def test_patient_in_both_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="both groups"):
        Groups(is_other=np.array([False, True]), patient=np.array([1, 1]))


def test_same_ids_in_two_cohorts_are_two_patients() -> None:
    groups = groups_of(np.array(["a", "a", "b"]), np.array(["a", "c"]))
    assert groups.patients == (2, 2)
    assert groups.sizes == (3, 2)


@pytest.mark.parametrize(
    "test",
    [
        kolmogorov_smirnov,
        stability_index,
        share_difference,
        lambda values, groups: wasserstein(values, groups, groups.labels(9, 1)),
    ],
)
def test_values_of_another_length_are_refused(test: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="one length"):
        test(np.zeros(3), rows(20, 20))


def test_too_few_patients_with_a_value_give_no_number() -> None:
    values = normal(20, 20, 0)
    values[:15] = np.nan
    groups = rows(20, 20)
    for found in (
        kolmogorov_smirnov(values, groups),
        stability_index(values, groups),
        wasserstein(values, groups, groups.labels(9, 1)),
    ):
        assert isinstance(found, NotEstimable)
        assert found.code == "too_few"


def test_column_of_one_value_is_said_to_have_no_spread() -> None:
    groups = rows(20, 20)
    for found in (
        chi_square(np.full(40, "a"), groups),
        stability_index(np.zeros(40), groups),
        wasserstein(np.zeros(40), groups, groups.labels(9, 1)),
    ):
        assert isinstance(found, NotEstimable)
        assert found.code == "no_spread"


@pytest.mark.parametrize(("n", "m", "moved"), [(40, 60, 0.0), (200, 150, 0.5), (30, 30, 3.0)])
def test_ks_is_that_of_scipy(n: int, m: int, moved: float) -> None:
    values = normal(n, m, moved)
    oracle = ks_2samp(values[:n], values[n:], method="asymp")
    effect = shift(kolmogorov_smirnov(values, rows(n, m))).effect
    assert effect.value == pytest.approx(oracle.statistic, abs=1e-12)
    assert effect.p_value == pytest.approx(oracle.pvalue, rel=1e-9)


def test_missing_values_are_left_out_of_the_distance() -> None:
    values = normal(60, 60, 0.5)
    holed = np.insert(values, 0, [np.nan] * 5)
    is_other = np.insert(np.arange(120) >= 60, 0, [False] * 5)
    groups = Groups(is_other=is_other, patient=np.arange(125))
    whole = shift(kolmogorov_smirnov(values, rows(60, 60))).effect
    assert shift(kolmogorov_smirnov(holed, groups)).effect == whole


def test_chi_square_is_that_of_scipy() -> None:
    generator = np.random.default_rng(2)
    here, there = (
        generator.choice(list("abcd"), 150, p=p) for p in ([0.4, 0.3, 0.2, 0.1], [0.25] * 4)
    )
    groups = rows(150, 150)
    column = np.concatenate([here, there])
    codes = np.unique(column, return_inverse=True)[1]
    table = counts_of(codes, groups, 4)
    oracle = chi2_contingency(table, correction=False)
    effect = shift(chi_square(column, groups)).effect
    assert pearson(table) == pytest.approx(oracle.statistic)
    assert effect.p_value == pytest.approx(oracle.pvalue)
    raw = association(table.astype(int), method="cramer")
    assert effect.value == pytest.approx(np.sqrt(raw**2 - 3 / 300))


def test_stability_index_by_hand() -> None:
    counts = np.array([[10.0, 30.0, 60.0], [20.0, 30.0, 50.0]])
    by_hand = 0.1 * np.log(2) + (-0.1) * np.log(5 / 6)
    assert index_of(counts) == pytest.approx(by_hand)
    column = np.concatenate([np.repeat(list("abc"), one.astype(int)) for one in counts])
    effect = shift(stability_of_categories(column, rows(100, 100))).effect
    assert effect.value == pytest.approx(by_hand)


def test_stability_index_of_an_empty_bin_is_finite() -> None:
    values = np.concatenate([np.arange(100.0), np.full(100, 500.0)])
    effect = shift(stability_index(values, rows(100, 100))).effect
    assert np.isfinite(effect.value)
    assert effect.value > 3


def test_wasserstein_is_that_of_scipy() -> None:
    values = normal(120, 80, 0.7)
    assert distance(values[:120], values[120:]) == pytest.approx(
        wasserstein_distance(values[:120], values[120:])
    )


def test_permuted_distances_are_those_of_a_plain_loop() -> None:
    generator = np.random.default_rng(4)
    patient = np.repeat(np.arange(60), generator.integers(1, 4, 60))
    values = np.round(generator.standard_normal(patient.size), 1)
    groups = Groups(is_other=patient >= 25, patient=patient)
    labels = groups.labels(30, 5)
    plain = [distance(values[~labels[patient, k]], values[labels[patient, k]]) for k in range(31)]
    effect = shift(wasserstein(values, groups, labels)).effect
    assert effect.p_value == pytest.approx(np.mean(np.array(plain) >= plain[0] - 1e-9))
    spread = values[patient < 25].std(ddof=1)
    assert effect.high - effect.value == pytest.approx(np.quantile(plain[1:], 0.95) / spread)


def test_share_difference_is_newcombes_published_interval() -> None:
    # Newcombe 1998, table II, 56/70 less 48/80, method 10: 0.0524 to 0.3339
    is_so = np.concatenate([np.arange(80) < 48, np.arange(70) < 56])
    effect = shift(share_difference(is_so, rows(80, 70))).effect
    assert effect.value == pytest.approx(0.2)
    assert effect.low == pytest.approx(0.0524, abs=5e-5)
    assert effect.high == pytest.approx(0.3339, abs=5e-5)


def test_rows_that_repeat_their_patient_count_once() -> None:
    values, three = normal(60, 60, 0.4), np.repeat(np.arange(120), 3)
    groups, repeated = rows(60, 60), Groups(is_other=three >= 60, patient=three)
    assert design_effect(values[three, None], np.ones(1), repeated) == pytest.approx(3)
    once = shift(kolmogorov_smirnov(values, groups)).effect
    thrice = shift(kolmogorov_smirnov(values[three], repeated)).effect
    assert thrice.value == pytest.approx(once.value)
    assert thrice.p_value == pytest.approx(once.p_value)
    words = np.where(values > 0, "high", "low")
    assert shift(chi_square(words[three], repeated)).effect.p_value == pytest.approx(
        shift(chi_square(words, groups)).effect.p_value
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), moved=st.floats(0, 2), scale=st.floats(0.01, 100))
def test_effects_keep_their_range_and_bear_another_unit(
    seed: int, moved: float, scale: float
) -> None:
    values, groups = normal(30, 40, moved, seed), rows(30, 40)
    labels = groups.labels(19, seed)
    for test in (
        kolmogorov_smirnov,
        stability_index,
        lambda column, sides: wasserstein(column, sides, labels),
    ):
        one, other = (shift(test(column, groups)).effect for column in (values, scale * values))
        assert 0 <= one.low <= one.value <= one.high
        assert other.value == pytest.approx(one.value, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("test", [kolmogorov_smirnov, stability_index])
def test_more_patients_find_smaller_shifts(test: Callable[..., Shift]) -> None:
    found = [test(normal(n, n, 0), rows(n, n)).detectable for n in (50, 200, 800)]
    assert found == sorted(found, reverse=True)
    assert found[0] / found[2] > 3
