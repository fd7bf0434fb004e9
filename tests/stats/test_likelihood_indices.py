"""Indices of the likelihood, and the Kolmogorov-Smirnov distance."""

from __future__ import annotations

import numpy as np
import pytest
from calibration_samples import sample

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.calibration.kolmogorov import kolmogorov_smirnov
from samd_validate.stats.calibration.likelihood_indices import LikelihoodIndices, likelihood_indices
from samd_validate.stats.sample import Sample


@pytest.mark.parametrize(
    ("label", "score", "code"),
    [
        (np.zeros(30), np.linspace(0.1, 0.9, 30), "one_class"),
        (np.arange(30) % 2, np.full(30, 0.4), "one_score"),
        (np.arange(30) >= 15, np.linspace(0.1, 0.9, 30), "separated"),
        (np.arange(30) < 15, np.linspace(0.1, 0.9, 30), "separated"),
        (np.arange(30) >= 15, np.repeat([0.2, 0.5, 0.5, 0.8], [10, 5, 5, 10]), "separated"),
    ],
)
def test_likelihood_without_a_maximum_says_why(
    label: np.ndarray, score: np.ndarray, code: str
) -> None:
    found = likelihood_indices(Sample(label=label, score=score))
    assert isinstance(found, NotEstimable)
    assert found.code == code


def test_likelihood_of_no_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        likelihood_indices(Sample(label=np.zeros(0), score=np.zeros(0)))


def test_recalibrated_risks_have_no_unreliability() -> None:
    one = sample(500, shift=0.7)
    first = likelihood_indices(one)
    assert isinstance(first, LikelihoodIndices)
    log_odds = np.log(one.score / (1 - one.score))
    risk = 1 / (1 + np.exp(-(first.intercept + first.slope * log_odds)))
    again = likelihood_indices(one.with_score(risk))
    assert isinstance(again, LikelihoodIndices)
    assert again.unreliability_chi2 == pytest.approx(0, abs=1e-6)
    assert (again.intercept, again.slope) == pytest.approx((0, 1), abs=1e-6)
    both = first.discrimination_chi2 + first.unreliability_chi2
    assert again.discrimination_chi2 == pytest.approx(both, abs=1e-6)


def test_scores_of_zero_and_one_keep_the_likelihood_finite() -> None:
    label, score = np.array([0, 1, 0, 1, 1, 0]), np.array([0.0, 1.0, 1.0, 0.0, 0.7, 0.2])
    found = likelihood_indices(Sample(label=label, score=score))
    assert isinstance(found, LikelihoodIndices)
    assert found.nagelkerke_r2 < 0  # far worse than the prevalence


@pytest.mark.parametrize("label", [np.zeros(5), np.ones(5), np.zeros(0)])
def test_kolmogorov_smirnov_needs_both_classes(label: np.ndarray) -> None:
    found = kolmogorov_smirnov(Sample(label=label, score=np.linspace(0, 1, label.size)))
    assert isinstance(found, NotEstimable)
    assert found.code == "one_class"


def test_kolmogorov_smirnov_is_the_largest_youden_index() -> None:
    one = sample(200, digits=2)
    found = kolmogorov_smirnov(one)
    assert not isinstance(found, NotEstimable)
    events, others = (one.score[one.label == k] for k in (1, 0))
    cuts = np.unique(one.score)
    index = [abs((events >= c).mean() - (others >= c).mean()) for c in cuts]
    assert found[0] == pytest.approx(max(index), abs=1e-12)
