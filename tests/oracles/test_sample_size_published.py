"""Sizes against published examples and against what other tools print, as constants.

pmvalsampsize: version 0.2.1 for Python (GPL; run beside the project, never a dependency). It
steps to the standard error of an O/E ratio and of a net benefit in small increments, and draws
the linear predictor a million times, so that its sizes are off by a few.
sampsizeval: the values of the tests of the R package of that name, version 1.0.0.0.
pROC: the values of the tests of pROC for ``power.roc.test``, on its data set aSAH.
"""

from __future__ import annotations

from math import log, sqrt

import pytest
from scipy.special import ndtri

from samd_validate.stats.sizes.linear_predictor import (
    LinearPredictor,
    beta_predictor,
    normal_predictor,
)
from samd_validate.stats.sizes.planned_error import (
    auroc_error,
    calibration_in_the_large_error,
    calibration_slope_error,
    observed_expected_error,
    proportion_error,
    standardised_net_benefit_error,
)
from samd_validate.stats.sizes.sample_size import (
    Bounds,
    SampleSize,
    power_to_keep,
    size_for_half_width,
    size_for_standard_error,
    size_to_keep,
)

DRAWN = 0.005  # a size from a million drawn linear predictors moves by less than this share


def n_of(size: object) -> int:
    assert isinstance(size, SampleSize)
    return size.n


@pytest.mark.parametrize(
    ("prevalence", "half_width", "n"), [(0.018, 0.5, 905), (0.43, 0.1, 510), (0.22, 0.11, 1127)]
)
def test_observed_expected_size_is_that_of_pmvalsampsize(
    prevalence: float, half_width: float, n: int
) -> None:
    planned = observed_expected_error(prevalence)
    found = n_of(size_for_half_width(planned, prevalence, half_width))
    assert found == pytest.approx(n, rel=0.004)  # a step of 0.0001 in a standard error of 0.05


@pytest.mark.parametrize(
    ("auroc", "prevalence", "n"), [(0.8, 0.018, 4252), (0.8, 0.43, 308), (0.82, 0.22, 400)]
)
@pytest.mark.requirement("SW-STAT-SIZE")
def test_auroc_size_is_that_of_riley_2021_and_pmvalsampsize(
    auroc: float, prevalence: float, n: int
) -> None:
    # 4252 patients is also the number of the example of Riley et al. 2021, doi:10.1002/sim.9025
    assert n_of(size_for_half_width(auroc_error(auroc, prevalence), prevalence, 0.05)) == n


@pytest.mark.parametrize(
    ("predictor", "prevalence", "half_width", "n"),
    [
        (normal_predictor(-5, 2.5), 0.018, 0.1, 4544),
        (beta_predictor(0.5, 0.5), 0.018, 0.1, 1644),
        (beta_predictor(1.33, 1.75), 0.43, 0.1, 2136),
        (normal_predictor(-1.75, 1.47), 0.22, 0.15, 1069),
    ],
)
def test_slope_size_is_that_of_pmvalsampsize(
    predictor: LinearPredictor, prevalence: float, half_width: float, n: int
) -> None:
    planned = calibration_slope_error(predictor)
    found = n_of(size_for_half_width(planned, prevalence, half_width))
    assert found == pytest.approx(n, rel=DRAWN)


def test_standardised_net_benefit_size_is_that_of_pmvalsampsize() -> None:
    planned = standardised_net_benefit_error(0.758, 0.662, 0.43, 0.4)
    assert n_of(size_for_half_width(planned, 0.43, 0.1)) == 422


@pytest.mark.parametrize(
    ("value", "share", "n"),
    [
        (0.662, 0.57, 604),  # specificity
        (0.758, 0.43, 657),  # sensitivity
        (0.6299, 0.43 * 0.758 / 0.6299, 693),  # PPV
        (0.783, 0.57 * 0.662 / 0.783, 543),  # NPV
    ],
)
def test_sizes_of_shares_are_those_of_pmvalsampsize(value: float, share: float, n: int) -> None:
    # it rounds the standard error to 0.0255
    found = n_of(size_for_half_width(proportion_error(value, share), 0.43, 0.05))
    assert abs(found - n) <= 1


def test_slope_and_calibration_in_the_large_are_those_of_sampsizeval() -> None:
    # prevalence 0.057, C 0.77, standard error 0.15; Pavlou 2021, doi:10.1177/09622802211007522
    p, separation = 0.057, sqrt(2) * float(ndtri(0.77))
    mean = 0.5 * (2 * p - 1) * separation**2 + log(p / (1 - p))
    sd = separation * sqrt(1 + p * (1 - p) * separation**2)
    predictor = normal_predictor(mean, sd)
    assert n_of(size_for_standard_error(calibration_slope_error(predictor), p, 0.15)) == 934
    large = calibration_in_the_large_error(predictor)
    assert n_of(size_for_standard_error(large, p, 0.15)) == 897


def test_power_against_chance_is_that_of_proc() -> None:
    planned = auroc_error(0.73, 41 / 113, "obuchowski")
    # pROC rounds the square root of 2 to 1.414
    assert power_to_keep(planned, 113, Bounds(at_least=0.5)) == pytest.approx(0.9897453, abs=1e-5)


def test_size_against_chance_is_that_of_proc() -> None:
    auroc, others_per_event = 0.7313686, 1.7  # S100B of aSAH
    prevalence = 1 / (1 + others_per_event)
    planned = auroc_error(auroc, prevalence, "obuchowski")
    size = size_to_keep(planned, prevalence, Bounds(at_least=0.5), power=0.95)
    assert n_of(size) == 80  # 29.29764 + 49.806 = 79.1


@pytest.mark.parametrize(
    ("others_per_event", "auroc", "cases", "controls"),
    [
        (0.25, 0.6, 334, 84),
        (0.25, 0.7, 80, 20),
        (0.5, 0.6, 202, 101),
        (0.5, 0.7, 49, 25),
        (1.0, 0.6, 135, 135),
        (1.0, 0.7, 33, 33),
        (1.0, 0.8, 14, 14),
        (2.0, 0.6, 102, 203),
        (2.0, 0.7, 25, 50),
        (2.0, 0.8, 11, 21),
        (4.0, 0.6, 85, 340),
        (4.0, 0.7, 21, 84),
    ],
)
def test_sizes_are_those_of_table_4_of_obuchowski_2004(
    others_per_event: float, auroc: float, cases: int, controls: int
) -> None:
    """Clin Chem 2004;50:1118, as in the tests of pROC; one-sided 5 %, power 90 %."""
    prevalence = 1 / (1 + others_per_event)
    planned = auroc_error(auroc, prevalence, "obuchowski")
    size = size_to_keep(planned, prevalence, Bounds(at_least=0.5, level=0.9), power=0.9)
    # the table rounds cases and controls up apart, here their sum is rounded
    assert cases + controls - 2 <= n_of(size) <= cases + controls
