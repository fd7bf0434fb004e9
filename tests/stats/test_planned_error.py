"""Standard errors that are planned: against large samples, and from what is assumed."""

from __future__ import annotations

import numpy as np
import pytest
from planned import ASSUMED, SPREAD

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
    net_benefit_error,
    standardised_net_benefit_error,
)
from samd_validate.stats.sizes.planned_measure import Assumed, Lacking, planned_error_of


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
