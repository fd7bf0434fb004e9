"""The largest gap: bad input, groups that are left out, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.stats.comparison.maximum_gap import maximum_gap, pairwise_gaps


def group(value: float, n: int = 100) -> Estimate:
    return Estimate(value=value, low=value - 0.1, high=value + 0.1, level=0.95, method="any", n=n)


def groups_of(*values: float) -> dict[str, Measurement]:
    return {"abcdefghijkl"[number]: group(value) for number, value in enumerate(values)}


def draws_of(*values: float, error: float = 0.02, seed: int = 1, size: int = 999) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.normal(values, error, size=(size, len(values)))


def estimate(measured: Measurement) -> Estimate:
    assert isinstance(measured, Estimate)
    return measured


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        maximum_gap(groups_of(0.7, 0.8), draws_of(0.7, 0.8), level=level)


def test_replicates_of_a_wrong_shape_or_number_are_refused() -> None:
    with pytest.raises(ValueError, match="a column per group"):
        maximum_gap(groups_of(0.7, 0.8), draws_of(0.7, 0.8, 0.9))
    with pytest.raises(ValueError, match="a column per group"):
        maximum_gap(groups_of(0.7, 0.8), draws_of(0.7, 0.8)[:, 0])
    with pytest.raises(ValueError, match="at least 20 resamples"):
        maximum_gap(groups_of(0.7, 0.8), draws_of(0.7, 0.8, size=19))
    assert isinstance(maximum_gap(groups_of(0.7, 0.8), draws_of(0.7, 0.8, size=20)), Estimate)


def test_one_group_given_twice_is_refused() -> None:
    draws = draws_of(0.7, 0.8)
    draws[:, 1] = draws[:, 0]
    with pytest.raises(ValueError, match="replicates of a and b never differ"):
        maximum_gap(groups_of(0.7, 0.7), draws)


def test_a_reference_that_is_no_group_is_refused() -> None:
    with pytest.raises(ValueError, match="reference: 'z' is not one of a, b"):
        maximum_gap(groups_of(0.7, 0.8), draws_of(0.7, 0.8), reference="z")


def test_fewer_than_two_groups_have_no_gap() -> None:
    one = {**groups_of(0.7), "b": NotEstimable(code="too_small", reason="7 stays", n=7)}
    found = maximum_gap(one, draws_of(0.7, np.nan))
    assert isinstance(found, NotEstimable)
    assert found.reason == "a gap needs two groups with an estimate (left out b: 7 stays)"
    assert isinstance(maximum_gap({}, np.zeros((99, 0))), NotEstimable)


def test_groups_without_an_estimate_or_an_error_are_named_in_the_note() -> None:
    groups = {
        **groups_of(0.7, 0.8, 1.0),
        "small": NotEstimable(code="too_small", reason="7 stays", n=7),
    }
    draws = draws_of(0.7, 0.8, 1.0, np.nan)
    draws[:, 2] = 1.0
    found = estimate(maximum_gap(groups, draws))
    assert found.note == (
        "widest between a and b, uncorrected 0.1; left out c: its replicates never vary, so its "
        "error is unknown; left out small: 7 stays"
    )
    assert found.n == 200
    none = maximum_gap(groups, draws, reference="small")
    assert isinstance(none, NotEstimable)
    assert none.code == "no_reference"


def test_more_than_a_twentieth_undefined_resamples_give_no_gap() -> None:
    draws = draws_of(0.7, 0.8, size=200)
    draws[:10, 1] = np.nan
    assert estimate(maximum_gap(groups_of(0.7, 0.8), draws)).n_undefined == 10
    draws[:11, 1] = np.nan
    found = maximum_gap(groups_of(0.7, 0.8), draws)
    assert isinstance(found, NotEstimable)
    assert found.reason == "undefined in 11 of 200 resamples, most often in b"
    draws[:, 1] = np.nan
    assert isinstance(maximum_gap(groups_of(0.7, 0.8), draws), NotEstimable)
    assert isinstance(pairwise_gaps(groups_of(0.7, 0.8), draws), NotEstimable)


def test_alike_groups_have_a_gap_that_may_be_zero_where_a_percentile_interval_excludes_it() -> None:
    values = (0.80, 0.81, 0.79, 0.80)
    draws = draws_of(*values)
    found = estimate(maximum_gap(groups_of(*values), draws))
    assert found.value == found.low == 0
    assert np.quantile(np.ptp(draws, axis=1), 0.025) > 0
    assert found.p_value is not None
    assert found.p_value > 0.05


def test_two_groups_have_the_root_of_the_squared_difference_less_its_variance() -> None:
    draws = draws_of(0.70, 0.80, error=0.03)
    found = estimate(maximum_gap(groups_of(0.70, 0.80), draws))
    error = (draws[:, 1] - draws[:, 0]).std(ddof=1)
    assert found.value == pytest.approx(np.sqrt(0.1**2 - error**2), rel=1e-6)


def test_groups_far_apart_are_told_with_limits_of_a_plain_difference() -> None:
    draws = draws_of(0.5, 0.9, error=0.01, size=20000)
    found = estimate(maximum_gap(groups_of(0.5, 0.9), draws))
    assert (found.low, found.high) == pytest.approx((0.4 - 0.0277, 0.4 + 0.0277), abs=5e-4)
    assert found.p_value == pytest.approx(1 / 20001)


def test_what_groups_share_does_not_widen_the_gap() -> None:
    values = (0.70, 0.75, 0.80)
    own = draws_of(*values, error=0.01)
    shared = own + np.random.default_rng(2).normal(0, 0.1, size=(len(own), 1))
    alone, together = (estimate(maximum_gap(groups_of(*values), draws)) for draws in (own, shared))
    assert (together.value, together.low, together.high) == pytest.approx(
        (alone.value, alone.low, alone.high), rel=1e-6
    )


def test_the_gap_to_a_reference_uses_its_pairs_alone() -> None:
    values = (0.70, 0.78, 0.90)
    draws = draws_of(*values, error=0.01)
    widest = estimate(maximum_gap(groups_of(*values), draws))
    found = estimate(maximum_gap(groups_of(*values), draws, reference="b"))
    assert "widest between b and c" in found.note
    assert found.high < widest.low
    assert found.value == pytest.approx(0.12, abs=0.01)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(0.5, 0.9), min_size=2, max_size=8),
    st.integers(0, 10**6),
    st.floats(0.005, 0.1),
)
def test_what_always_holds_of_the_largest_gap(values: list[float], seed: int, error: float) -> None:
    draws = draws_of(*values, error=error, seed=seed, size=199)
    groups = groups_of(*values)
    found = estimate(maximum_gap(groups, draws))
    pairs = pairwise_gaps(groups, draws)
    assert not isinstance(pairs, NotEstimable)
    assert 0 <= found.low <= found.value <= found.high
    assert found.value <= np.ptp(values) + 1e-9
    assert found.p_value is not None
    assert (found.low > 0) == (found.p_value <= 0.05 + 1e-12)
    assert (found.low > 0) == any(pair.low > 0 or pair.high < 0 for pair in pairs.values())
    assert found.high == pytest.approx(
        max(max(abs(pair.low), abs(pair.high)) for pair in pairs.values())
    )
    backwards = estimate(maximum_gap(dict(reversed(groups.items())), draws[:, ::-1]))
    assert (backwards.low, backwards.high) == pytest.approx((found.low, found.high))
    wider = estimate(maximum_gap(groups, draws, level=0.99))
    assert wider.low <= found.low
    assert wider.high >= found.high
