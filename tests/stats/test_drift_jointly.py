"""Tests of all variables at once, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.drift.classifier_two_sample import (
    FOLDS,
    classifier_two_sample,
    folds_of,
    out_of_fold,
    permuted_aurocs,
    ridge,
)
from samd_validate.stats.drift.groups import Groups, Shift
from samd_validate.stats.drift.mean_discrepancy import (
    gaussian_kernel,
    mean_discrepancy,
    median_distance,
    sums_of,
)
from samd_validate.stats.intervals.delong import delong

pytestmark = pytest.mark.requirement("REQ-MONITORING")


def drawn(seed: int, shift: float, patients: int = 20, most: int = 3) -> tuple[np.ndarray, Groups]:
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(2 * patients), generator.integers(1, most + 1, 2 * patients))
    is_other = patient >= patients
    features = generator.standard_normal((patient.size, 4)) + shift * is_other[:, None]
    return features, Groups(is_other=is_other, patient=patient)


def plain_discrepancy(features: np.ndarray, side: np.ndarray, bandwidth: float) -> float:
    """Return the unbiased squared discrepancy by three loops over pairs."""
    reference, other = features[~side], features[side]

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / (2 * bandwidth**2)))

    n, m = len(reference), len(other)
    within = [
        sum(kernel(a, b) for i, a in enumerate(one) for j, b in enumerate(one) if i != j)
        for one in (reference, other)
    ]
    across = sum(kernel(a, b) for a in reference for b in other)
    return within[0] / (n * (n - 1)) + within[1] / (m * (m - 1)) - 2 * across / (n * m)


def test_features_with_a_gap_are_refused() -> None:
    features, groups = drawn(1, 0)
    features[3, 1] = np.nan
    with pytest.raises(ValueError, match="finite"):
        mean_discrepancy(features, groups, groups.labels(9, 1))


def test_features_of_other_rows_are_refused() -> None:
    features, groups = drawn(1, 0)
    for refuse in (
        lambda: mean_discrepancy(features[1:], groups, groups.labels(9, 1)),
        lambda: classifier_two_sample(features[1:], groups, 1),
    ):
        with pytest.raises(ValueError, match="row for each row"):
            refuse()


def test_few_patients_with_many_rows_give_no_number() -> None:
    patient = np.repeat(np.arange(12), 20)
    groups = Groups(is_other=patient >= 6, patient=patient)
    features = np.random.default_rng(1).standard_normal((240, 2))
    for found in (
        mean_discrepancy(features, groups, groups.labels(9, 1)),
        classifier_two_sample(features, groups, 1),
    ):
        assert isinstance(found, NotEstimable)
        assert found.code == "too_few"


@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_discrepancy_and_its_permutations_are_those_of_a_plain_loop(shift: float) -> None:
    features, groups = drawn(2, shift, patients=15)
    labels = groups.labels(4, 7)
    bandwidth = median_distance(features)
    sums = sums_of(gaussian_kernel(features, bandwidth), labels[groups.patient])
    plain = [plain_discrepancy(features, labels[groups.patient, k], bandwidth) for k in range(5)]
    np.testing.assert_allclose(sums.discrepancy, plain, atol=2e-6)
    found = mean_discrepancy(features, groups, labels)
    assert isinstance(found, Shift)
    assert found.effect.value == pytest.approx(plain[0], abs=2e-6)
    assert found.effect.p_value == pytest.approx(np.mean(np.array(plain) >= plain[0]))


def test_patients_change_sides_as_a_whole() -> None:
    _, groups = drawn(3, 0)
    labels = groups.labels(50, 1)
    assert labels.shape == (40, 51)
    assert (labels.sum(axis=0) == 20).all()
    np.testing.assert_array_equal(labels[groups.patient, 0], groups.is_other)


def test_same_seed_gives_the_same_numbers() -> None:
    features, groups = drawn(4, 0.3)
    one, other = (
        (
            mean_discrepancy(features, groups, groups.labels(99, 3)),
            classifier_two_sample(features, groups, 3),
        )
        for _ in range(2)
    )
    assert one == other


def test_patient_is_in_one_fold_and_folds_hold_both_groups() -> None:
    _, groups = drawn(5, 0)
    fold = folds_of(groups, 1)
    for patient in range(40):
        assert np.unique(fold[groups.patient == patient]).size == 1
    for number in range(FOLDS):
        assert np.unique(groups.is_other[fold == number]).size == 2


def test_classifier_is_the_mean_over_folds_of_a_plain_auroc() -> None:
    features, groups = drawn(6, 0.5)
    out = out_of_fold(features, groups, 2, ridge)
    pairs, in_order = 0.0, 0.0
    for number in range(FOLDS):
        here = out.fold == number
        one = delong(groups.is_other[here].astype(int), out.score[here])
        pairs += one.m * one.k
        in_order += one.m * one.k * one.auroc
    found = classifier_two_sample(features, groups, 2)
    assert isinstance(found, Shift)
    assert found.effect.value == pytest.approx(in_order / pairs)
    permuted = permuted_aurocs(features, groups, 2, 20)
    assert permuted[0] == pytest.approx(in_order / pairs)


def test_groups_far_apart_are_told_apart_with_an_interval_below_1() -> None:
    features, groups = drawn(7, 30.0)
    found = classifier_two_sample(features, groups, 1)
    assert isinstance(found, Shift)
    assert found.effect.value == 1
    assert 0.7 < found.effect.low < 1
    assert found.effect.p_value == pytest.approx(1 / 200)


def test_ridge_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import Ridge

    features, groups = drawn(8, 0.5)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    oracle = Ridge(alpha=1.0).fit(scaled, groups.is_other.astype(float))
    said = ridge(features, groups.is_other)(features)
    np.testing.assert_allclose(said, scaled @ oracle.coef_, atol=1e-10)
