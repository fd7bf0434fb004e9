"""Sizes: what cannot be is refused, what is at the edge is said, more precision needs more."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.intervals.proportions import wilson
from samd_validate.stats.sizes.design_effect import Clusters, design_effect
from samd_validate.stats.sizes.linear_predictor import (
    LinearPredictor,
    beta_predictor,
    binormal_predictor,
    normal_predictor,
    predictor_of_sample,
)
from samd_validate.stats.sizes.planned_error import (
    PlannedError,
    auroc_difference_error,
    auroc_error,
    calibration_in_the_large_error,
    calibration_intercept_error,
    calibration_slope_error,
    net_benefit_error,
    observed_expected_error,
    proportion_error,
    standardised_net_benefit_error,
)
from samd_validate.stats.sizes.planned_measure import Assumed, Lacking, planned_error_of
from samd_validate.stats.sizes.sample_size import (
    Bounds,
    SampleSize,
    half_width_of,
    largest,
    power_to_keep,
    size_for_half_width,
    size_for_standard_error,
    size_to_keep,
)
from samd_validate.stats.sizes.study_size import (
    StillNeeded,
    external_validation_sizes,
    still_needed,
)

SPREAD = normal_predictor(-1.75, 1.47)
ASSUMED = Assumed(
    prevalence=0.2,
    auroc=0.8,
    sensitivity=0.8,
    specificity=0.7,
    threshold=0.2,
    linear_predictor=SPREAD,
    auroc_correlation=0.5,
)


def sized(size: SampleSize | NotEstimable) -> SampleSize:
    assert isinstance(size, SampleSize)
    return size


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


@pytest.mark.parametrize(
    "predictor",
    [
        SPREAD,
        beta_predictor(0.2, 3.0),
        beta_predictor(1.33, 1.75),
        binormal_predictor(0.05, 0.75),
        normal_predictor(-5, 2.5),
    ],
    ids=lambda one: one.words,
)
def test_integrals_are_those_of_a_large_sample(predictor: LinearPredictor) -> None:
    from scipy.special import expit

    shares = np.cumsum(predictor.weights)
    places = (np.arange(200_000) + 0.5) / 200_000
    points = predictor.points[np.searchsorted(shares, places).clip(max=shares.size - 1)]
    sample = predictor_of_sample(points)
    assert predictor.information() == pytest.approx(sample.information(), rel=0.01)
    assert predictor.prevalence == pytest.approx(float(expit(points).mean()), rel=0.01)


def test_binormal_predictor_has_the_prevalence_and_the_auroc_it_is_made_from() -> None:
    from scipy.special import expit

    predictor = binormal_predictor(0.12, 0.8)
    assert predictor.prevalence == pytest.approx(0.12, abs=1e-9)
    events = predictor.weights * expit(predictor.points)
    others = predictor.weights - events
    below = np.cumsum(others) - others / 2
    auroc = float(events @ below) / float(events.sum() * others.sum())
    assert auroc == pytest.approx(0.8, abs=1e-6)


def test_intercept_beside_a_slope_is_less_certain_than_in_the_large() -> None:
    joint, alone = calibration_intercept_error(SPREAD), calibration_in_the_large_error(SPREAD)
    assert joint.error(500) > alone.error(500)


def test_independent_samples_have_the_sum_of_the_variances() -> None:
    one, other = auroc_error(0.8, 0.2), auroc_error(0.75, 0.2)
    apart = auroc_difference_error(0.8, 0.75, 0.2, None)
    assert apart.value == pytest.approx(0.05)
    assert apart.error(400) ** 2 == pytest.approx(one.error(400) ** 2 + other.error(400) ** 2)
    assert auroc_difference_error(0.8, 0.75, 0.2, 0.6).error(400) < apart.error(400)


def test_net_benefit_is_that_of_counts() -> None:
    planned = net_benefit_error(0.8, 0.7, 0.2, 0.2)
    assert planned.value == pytest.approx(0.16 - 0.24 / 4)
    each = np.repeat([1.0, -0.25, 0.0], [160, 240, 600])  # of 1000 patients
    assert planned.error(1000) == pytest.approx(each.std() / np.sqrt(1000))
    standard = standardised_net_benefit_error(0.8, 0.7, 0.2, 0.2)
    assert standard.value == pytest.approx(planned.value / 0.2)


@pytest.mark.parametrize(
    ("measure", "value", "names"),
    [
        ("auroc", None, ("prevalence", "auroc")),
        ("auroc", 0.8, ("prevalence",)),
        ("auroc_difference", 0.1, ("prevalence", "auroc", "auroc_correlation")),
        ("observed_expected_ratio", None, ("prevalence", "expected")),
        ("calibration_slope", 1.0, ("linear_predictor",)),
        ("ppv", 0.5, ("sensitivity", "prevalence")),
        ("ppv", None, ("sensitivity", "prevalence", "specificity")),
        ("brier", 0.1, ()),
        ("aurco", None, ()),
    ],
)
def test_what_is_not_assumed_is_named_and_never_made_up(
    measure: str, value: float | None, names: tuple[str, ...]
) -> None:
    assert planned_error_of(measure, value, Assumed()) == Lacking(names=names)


@pytest.mark.parametrize(
    "measure",
    [
        "auroc",
        "prevalence",
        "sensitivity",
        "specificity",
        "ppv",
        "npv",
        "net_benefit",
        "standardised_net_benefit",
    ],
)
def test_value_that_follows_from_what_is_assumed_need_not_be_given(measure: str) -> None:
    planned = planned_error_of(measure, None, ASSUMED)
    assert isinstance(planned, PlannedError)
    again = planned_error_of(measure, planned.value, ASSUMED)
    assert isinstance(again, PlannedError)
    assert again.error(300) == pytest.approx(planned.error(300))


def test_external_validation_names_the_measure_that_needs_most() -> None:
    sizes = external_validation_sizes(ASSUMED)
    assert largest(sizes) == "calibration_slope"
    assert all(isinstance(size, SampleSize) for size in sizes.values())
    without = external_validation_sizes(Assumed(prevalence=0.2, auroc=0.8))
    assert largest(without) == "observed_expected_ratio"
    slope = without["calibration_slope"]
    assert isinstance(slope, NotEstimable)
    assert "linear_predictor" in slope.reason


def test_still_needed_is_what_is_missing_and_nothing_where_there_is_enough() -> None:
    few = still_needed("auroc", 0.8, n=60, n_events=9, target=0.05)
    assert isinstance(few, StillNeeded)
    assert few.size == size_for_half_width(auroc_error(0.8, 0.15), 0.15, 0.05)
    assert (few.n, few.n_events) == (few.size.n - 60, few.size.n_events - 9)
    many = still_needed("auroc", 0.8, n=6000, n_events=900, target=0.05)
    assert isinstance(many, StillNeeded)
    assert (many.n, many.n_events) == (0, 0)


def test_still_needed_to_keep_a_bound() -> None:
    found = still_needed("auroc", 0.8, n=60, n_events=9, target=Bounds(at_least=0.7))
    assert isinstance(found, StillNeeded)
    assert 0 < found.n < 300
    none = still_needed("auroc", 0.7, n=60, n_events=9, target=Bounds(at_least=0.7))
    assert isinstance(none, NotEstimable)


@pytest.mark.parametrize(
    ("measure", "n_events", "code"),
    [
        ("auroc", 0, "one_class"),
        ("auroc", 40, "one_class"),
        ("brier", 8, "no_formula"),
        ("calibration_slope", 8, "missing_assumption"),
    ],
)
def test_still_needed_says_why_there_is_no_number(measure: str, n_events: int, code: str) -> None:
    found = still_needed(measure, 0.8, n=40, n_events=n_events, target=0.05)
    assert isinstance(found, NotEstimable)
    assert found.code == code
