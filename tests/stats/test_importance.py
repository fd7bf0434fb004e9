"""Ranks of contributions: refusals, plain cases, intervals that widen where inputs are close."""

from __future__ import annotations

import numpy as np
import pytest

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.importance import importances, resampled_means

PLAN = IntervalPlan(n_resamples=400, seed=3)


@pytest.mark.parametrize(
    ("contributions", "patient", "words"),
    [
        (np.zeros((0, 2)), [], "rows by inputs"),
        (np.zeros(3), ["a", "b", "c"], "rows by inputs"),
        (np.zeros((2, 2)), ["a"], "rows by inputs"),
        (np.array([[np.nan, 1.0]]), ["a"], "finite"),
    ],
)
def test_contributions_that_are_none_are_refused(
    contributions: np.ndarray, patient: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        importances(contributions, np.array(patient), PLAN)


def test_one_patient_has_an_order_and_no_interval() -> None:
    found = importances(np.array([[0.1, -3.0], [0.1, 2.0]]), np.array(["a", "a"]), PLAN)
    assert [one.column for one in found] == [1, 0]
    assert isinstance(found[0].rank, NotEstimable)


def test_inputs_that_are_far_apart_have_one_rank_and_close_ones_change_places() -> None:
    generator = np.random.default_rng(1)
    sizes = np.array([5.0, 1.0, 1.02, 0.01])
    values = generator.normal(size=(60, 4)) * sizes
    found = importances(values, np.arange(60).astype(str), PLAN)
    first, second, third, last = (one.rank for one in found)
    for rank, place in ((first, 1), (last, 4)):
        assert isinstance(rank, Estimate)
        assert (rank.low, rank.value, rank.high) == (place, place, place)
    assert isinstance(second, Estimate)
    assert isinstance(third, Estimate)
    assert (second.low, second.high) == (third.low, third.high) == (2, 3)


def test_patients_are_drawn_with_all_their_rows() -> None:
    values = np.array([[1.0], [3.0], [10.0]])
    means = resampled_means(values, np.array(["a", "a", "b"]), PLAN)
    assert means is not None
    assert set(np.round(means[:, 0], 6)) == {2.0, round(14 / 3, 6), 10.0}


def test_same_seed_gives_the_same_interval_and_another_level_a_wider_one() -> None:
    values = np.random.default_rng(2).normal(size=(40, 3))
    patient = np.arange(40).astype(str)
    once, again = (importances(values, patient, PLAN)[0].size for _ in range(2))
    assert once == again
    wide = importances(values, patient, IntervalPlan(n_resamples=400, seed=3, level=0.99))[0].size
    assert isinstance(once, Estimate)
    assert isinstance(wide, Estimate)
    assert wide.low < once.low < once.value < once.high < wide.high
