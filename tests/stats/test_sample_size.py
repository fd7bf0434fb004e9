"""Sizes: what cannot be is refused, what is at the edge is said, more precision needs more."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned import ASSUMED, SPREAD, sized
from scipy.stats import binom

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.intervals.proportions import wilson
from samd_validate.stats.sizes.design_effect import Clusters, design_effect
from samd_validate.stats.sizes.linear_predictor import (
    beta_predictor,
    binormal_predictor,
    normal_predictor,
    predictor_of_sample,
)
from samd_validate.stats.sizes.planned_error import (
    auroc_difference_error,
    auroc_error,
    calibration_in_the_large_error,
    calibration_slope_error,
    net_benefit_error,
    observed_expected_error,
    proportion_error,
    standardised_net_benefit_error,
)
from samd_validate.stats.sizes.planned_measure import planned_error_of
from samd_validate.stats.sizes.sample_size import (
    Bounds,
    half_width_of,
    largest,
    power_to_keep,
    size_for_half_width,
    size_for_standard_error,
    size_to_keep,
)
from samd_validate.stats.sizes.study_size import (
    still_needed,
)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: auroc_error(1.0, 0.2), "auroc must lie between"),
        (lambda: auroc_error(nan, 0.2), "auroc must lie between"),
        (lambda: auroc_error(0.8, 0.0), "prevalence must lie between"),
        (lambda: auroc_error(0.8, 0.2, "delong"), "formula: 'delong' is not one of newcombe"),
        (lambda: auroc_difference_error(0.8, 0.7, 0.2, 1.0), "correlation must lie"),
        (lambda: observed_expected_error(1.2), "prevalence must lie between"),
        (lambda: observed_expected_error(0.2, 0.0), "a ratio above 0"),
        (lambda: proportion_error(0.0), "value must lie between"),
        (lambda: proportion_error(0.5, 0.0), "share must lie"),
        (lambda: calibration_slope_error(SPREAD, nan), "value must be finite"),
        (lambda: calibration_in_the_large_error(SPREAD, inf), "value must be finite"),
        (lambda: net_benefit_error(1.2, 0.5, 0.2, 0.1), "sensitivity must lie"),
        (lambda: net_benefit_error(0.8, 0.5, 0.2, 1.0), "threshold must lie"),
        (lambda: standardised_net_benefit_error(1, 1, 0.2, 0.1), "something to vary"),
        (lambda: normal_predictor(nan, 1.0), "mean must be"),
        (lambda: normal_predictor(0.0, 0.0), "sd must be"),
        (lambda: beta_predictor(0.0, 1.0), "alpha and beta"),
        (lambda: binormal_predictor(0.0, 0.8), "prevalence must lie"),
        (lambda: binormal_predictor(0.2, 0.5), "auroc must lie"),
        (lambda: predictor_of_sample([]), "finite numbers"),
        (lambda: predictor_of_sample([1.0, nan]), "finite numbers"),
        (lambda: predictor_of_sample([1.0, 1.0]), "must differ"),
        (lambda: Clusters(mean_size=0.5, icc=0.1), "mean_size"),
        (lambda: Clusters(mean_size=5, icc=1.1), "icc"),
        (lambda: Clusters(mean_size=5, icc=0.1, size_cv=-1), "size_cv"),
        (Bounds, "at_least or at_most must be given"),
        (lambda: Bounds(at_least=nan), "and finite"),
        (lambda: Bounds(at_least=0.5, level=1.0), "level must lie"),
        (lambda: size_for_half_width(auroc_error(0.8, 0.2), 0.2, 0.0), "half_width"),
        (lambda: size_for_half_width(auroc_error(0.8, 0.2), 0.2, 0.1, 0.0), "level"),
        (lambda: size_for_half_width(auroc_error(0.8, 0.2), 1.0, 0.1), "prevalence"),
        (lambda: size_for_standard_error(auroc_error(0.8, 0.2), 0.2, nan), "standard_error"),
        (lambda: size_to_keep(proportion_error(0.8), 0.2, Bounds(at_least=0.7), 1.0), "power"),
        (lambda: largest({}), "at least one"),
        (lambda: still_needed("auroc", 0.8, n=5, n_events=6, target=0.1), "n_events between"),
        (lambda: still_needed("auroc", 1.0, n=50, n_events=6, target=0.1), "auroc must lie"),
        (lambda: planned_error_of("ppv", 0.1, ASSUMED), "more calls than patients"),
        (lambda: planned_error_of("net_benefit", 0.3, ASSUMED), "does not follow from"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("bounds", [Bounds(at_least=0.8), Bounds(at_most=0.8), Bounds(at_most=0.7)])
def test_expected_value_on_or_beyond_the_bound_has_no_size(bounds: Bounds) -> None:
    found = size_to_keep(auroc_error(0.8, 0.2), 0.2, bounds)
    assert isinstance(found, NotEstimable)
    assert found.code == "beyond_bound"


def test_size_beyond_all_patients_is_said_and_not_searched_for_ever() -> None:
    found = size_for_half_width(auroc_error(0.8, 0.2), 0.2, 1e-7)
    assert isinstance(found, NotEstimable)
    assert found.code == "out_of_reach"


def test_power_is_zero_and_not_negative_between_two_near_bounds() -> None:
    planned = observed_expected_error(0.1)
    assert power_to_keep(planned, 50, Bounds(at_least=0.99, at_most=1.01)) == 0


def test_bound_that_no_value_can_pass_costs_nothing() -> None:
    planned = proportion_error(0.9, 0.2)
    one = size_to_keep(planned, 0.2, Bounds(at_least=0.8))
    assert size_to_keep(planned, 0.2, Bounds(at_least=0.8, at_most=1.0)) == one


def test_point_needs_fewer_patients_than_interval() -> None:
    planned = auroc_error(0.8, 0.2)
    by_point = sized(size_to_keep(planned, 0.2, Bounds(at_least=0.75, level=None)))
    by_interval = sized(size_to_keep(planned, 0.2, Bounds(at_least=0.75)))
    assert by_point.n < by_interval.n / 4


def test_both_bounds_need_more_than_either() -> None:
    planned = observed_expected_error(0.2)
    low = sized(size_to_keep(planned, 0.2, Bounds(at_least=0.8)))
    high = sized(size_to_keep(planned, 0.2, Bounds(at_most=1.25)))
    both = sized(size_to_keep(planned, 0.2, Bounds(at_least=0.8, at_most=1.25)))
    assert low.n == high.n < both.n  # 0.8 and 1.25 are as far from 1 on the log scale


@settings(max_examples=60, deadline=None)
@given(
    auroc=st.floats(0.55, 0.97),
    prevalence=st.floats(0.02, 0.9),
    half_width=st.floats(0.01, 0.2),
    formula=st.sampled_from(["newcombe", "hanley-mcneil", "obuchowski"]),
)
def test_size_is_the_smallest_that_is_precise_enough(
    auroc: float, prevalence: float, half_width: float, formula: str
) -> None:
    planned = auroc_error(auroc, prevalence, formula)  # type: ignore[arg-type]
    size = sized(size_for_half_width(planned, prevalence, half_width))
    assert half_width_of(planned, size.n) <= half_width
    floor = 2 / min(prevalence, 1 - prevalence)
    assert size.n <= floor + 1 or half_width_of(planned, size.n - 1) > half_width
    tighter = sized(size_for_half_width(planned, prevalence, half_width / 2))
    assert tighter.n >= size.n


@settings(max_examples=60, deadline=None)
@given(
    value=st.floats(0.6, 0.98),
    gap=st.floats(0.03, 0.3),
    share=st.floats(0.05, 1.0),
    power=st.floats(0.5, 0.95),
)
def test_more_power_needs_more_patients_and_is_reached(
    value: float, gap: float, share: float, power: float
) -> None:
    planned, bounds = proportion_error(value, share), Bounds(at_least=value - gap)
    size = sized(size_to_keep(planned, 0.3, bounds, power))
    assert power_to_keep(planned, size.n, bounds) >= power
    assert sized(size_to_keep(planned, 0.3, bounds, power + 0.04)).n >= size.n


def test_wilson_interval_keeps_the_bound_about_as_often_as_planned() -> None:
    size = sized(size_to_keep(proportion_error(0.9), 0.5, Bounds(at_least=0.8), 0.8))
    hits = np.arange(size.n + 1)
    kept = [wilson(int(k), size.n)[0] >= 0.8 for k in hits]
    exact = float(binom.pmf(hits, size.n, 0.9)[kept].sum())
    assert 0.75 <= exact <= 0.88  # counts are whole, the formula is not


def test_clusters_enlarge_by_the_factors_of_eldridge() -> None:
    assert design_effect(Clusters(mean_size=1, icc=0.3)) == 1
    assert design_effect(Clusters(mean_size=20, icc=0.05)) == pytest.approx(1.95)
    # 1 + ((0.65^2 + 1) * 20 - 1) * 0.05, with the coefficient of variation of UK practices
    unequal = Clusters(mean_size=20, icc=0.05, size_cv=0.65)
    assert design_effect(unequal) == pytest.approx(2.3725)
    alone = sized(size_for_half_width(auroc_error(0.8, 0.2), 0.2, 0.05))
    together = alone.in_clusters(unequal)
    assert together.n == int(np.ceil(alone.n * 2.3725))
    assert together.n_clusters == int(np.ceil(together.n / 20))
    assert together.n_events == int(np.ceil(together.n * 0.2))
