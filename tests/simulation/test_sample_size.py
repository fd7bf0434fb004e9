"""At the computed size intervals are as short, and bounds kept as often, as promised."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit, ndtri

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import estimate
from samd_validate.stats.intervals.delong import delong, delong_interval
from samd_validate.stats.intervals.proportions import wilson
from samd_validate.stats.sample import Sample
from samd_validate.stats.sizes.linear_predictor import normal_predictor
from samd_validate.stats.sizes.planned_error import (
    auroc_difference_error,
    auroc_error,
    calibration_slope_error,
    observed_expected_error,
    proportion_error,
)
from samd_validate.stats.sizes.sample_size import (
    Bounds,
    SampleSize,
    size_for_half_width,
    size_to_keep,
)

MEAN, SD = -1.75, 1.47


def binormal(
    generator: np.random.Generator, n: int, prevalence: float, auroc: float
) -> tuple[np.ndarray, np.ndarray]:
    label = (generator.random(n) < prevalence).astype(int)
    return label, generator.normal(np.sqrt(2) * ndtri(auroc) * label, 1.0)


def calibrated(generator: np.random.Generator, n: int) -> Sample:
    score = expit(generator.normal(MEAN, SD, n))
    return Sample(label=(generator.random(n) < score).astype(int), score=score)


def n_of(size: object) -> int:
    assert isinstance(size, SampleSize)
    return size.n


@pytest.mark.requirement("REQ-SAMPLE-SIZE")
@pytest.mark.parametrize(("auroc", "prevalence"), [(0.7, 0.3), (0.8, 0.1), (0.9, 0.2)])
def test_half_width_of_auroc_is_reached_on_average(auroc: float, prevalence: float) -> None:
    generator = np.random.default_rng(3)
    n = n_of(size_for_half_width(auroc_error(auroc, prevalence), prevalence, 0.04))
    halves = []
    for _ in range(200):
        low, high = delong_interval(delong(*binormal(generator, n, prevalence, auroc)))
        halves.append((high - low) / 2)
    # Newcombe's formula is no binormal one; it may ask for somewhat too many patients
    assert 0.036 <= np.mean(halves) <= 0.0415


@pytest.mark.requirement("REQ-SAMPLE-SIZE")
def test_half_width_of_observed_expected_ratio_is_reached_on_average() -> None:
    generator = np.random.default_rng(4)
    prevalence = normal_predictor(MEAN, SD).prevalence
    n = n_of(size_for_half_width(observed_expected_error(prevalence), prevalence, 0.10))
    ratios, halves = [], []
    for number in range(60):
        one = calibrated(generator, n)
        plan = IntervalPlan(n_resamples=300, seed=number)
        found = estimate(("observed_expected_ratio",), one, plan)["observed_expected_ratio"]
        assert isinstance(found, Estimate)
        ratios.append(found.value)
        halves.append((found.high - found.low) / 2)
    # patients are resampled with their predicted risks, which the formula takes as known
    assert np.mean(ratios) == pytest.approx(1, abs=0.02)
    assert 0.07 <= np.mean(halves) <= 0.10


def test_half_width_of_observed_expected_ratio_with_known_expectation() -> None:
    generator = np.random.default_rng(5)
    n = n_of(size_for_half_width(observed_expected_error(0.2), 0.2, 0.10))
    ratio = generator.binomial(n, 0.2, 4000) / (n * 0.2)
    low, high = np.quantile(ratio, [0.025, 0.975])
    assert (high - low) / 2 == pytest.approx(0.10, rel=0.04)


@pytest.mark.requirement("REQ-SAMPLE-SIZE")
@pytest.mark.parametrize(
    ("auroc", "bound", "prevalence"), [(0.75, 0.65, 0.3), (0.8, 0.7, 0.15), (0.85, 0.8, 0.3)]
)
def test_auroc_bound_is_kept_with_the_stated_power(
    auroc: float, bound: float, prevalence: float
) -> None:
    generator = np.random.default_rng(6)
    planned = auroc_error(auroc, prevalence)
    n = n_of(size_to_keep(planned, prevalence, Bounds(at_least=bound), 0.8))
    kept = [
        delong_interval(delong(*binormal(generator, n, prevalence, auroc)))[0] >= bound
        for _ in range(500)
    ]
    assert 0.75 <= np.mean(kept) <= 0.86  # three standard errors of 500 data sets around 80 %


def test_obuchowski_power_against_a_null_value() -> None:
    generator = np.random.default_rng(7)
    planned = auroc_error(0.8, 0.3, "obuchowski")
    n = n_of(size_to_keep(planned, 0.3, Bounds(at_least=0.7), 0.8))
    kept = [
        delong_interval(delong(*binormal(generator, n, 0.3, 0.8)))[0] >= 0.7 for _ in range(500)
    ]
    assert 0.74 <= np.mean(kept) <= 0.90


def test_hanley_and_mcneil_is_exact_for_exponential_scores() -> None:
    generator = np.random.default_rng(8)
    auroc, m, k = 0.8, 20, 60
    rate = auroc / (1 - auroc)  # P(event > other) = rate / (1 + rate)
    label = np.repeat([1, 0], [m, k])
    found = [
        delong(label, generator.exponential(np.where(label == 1, rate, 1.0))).auroc
        for _ in range(3000)
    ]
    wanted = auroc_error(auroc, m / (m + k), "hanley-mcneil").error(m + k)
    assert np.std(found) == pytest.approx(wanted, rel=0.05)


def test_paired_difference_varies_as_planned() -> None:
    generator = np.random.default_rng(9)
    n, prevalence = 400, 0.3
    first, second = [], []
    for _ in range(400):
        label, shared = binormal(generator, n, prevalence, 0.75)
        first.append(delong(label, shared + generator.normal(0, 0.5, n)).auroc)
        second.append(delong(label, shared + generator.normal(0, 0.5, n)).auroc)
    correlation = float(np.corrcoef(first, second)[0, 1])
    truth = float(np.mean(first))
    planned = auroc_difference_error(truth, float(np.mean(second)), prevalence, correlation)
    assert 0.5 < correlation < 0.95
    assert np.std(np.subtract(first, second)) == pytest.approx(planned.error(n), rel=0.12)


def test_slope_varies_as_planned() -> None:
    generator = np.random.default_rng(10)
    predictor = normal_predictor(MEAN, SD)
    planned = calibration_slope_error(predictor)
    n = n_of(size_for_half_width(planned, predictor.prevalence, 0.2))
    slopes = []
    for _ in range(400):
        one = calibrated(generator, n)
        design = np.stack([np.ones(n), logit(one.score)], axis=1)
        fit = sm.GLM(one.label, design, family=sm.families.Binomial()).fit()
        slopes.append(float(fit.params[1]))
    assert 1.96 * np.std(slopes) == pytest.approx(0.2, rel=0.12)


def test_sensitivity_bound_is_kept_with_the_stated_power() -> None:
    generator = np.random.default_rng(11)
    n = n_of(size_to_keep(proportion_error(0.8, 0.15), 0.15, Bounds(at_least=0.7), 0.8))
    events = generator.binomial(n, 0.15, 1500)
    hits = generator.binomial(events, 0.8)
    kept = [wilson(int(h), int(e))[0] >= 0.7 for h, e in zip(hits, events, strict=True)]
    assert 0.75 <= np.mean(kept) <= 0.85
