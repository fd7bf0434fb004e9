"""Lesion-wise detection: refused input, matching one to one, and both ways to match."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from samd_validate.stats.segmentation.lesions import (
    LesionRule,
    Match,
    components,
    lesions_of,
    match_instances,
    pairwise_iou,
)
from samd_validate.stats.segmentation.masks import Masks

HALF = LesionRule(iou_threshold=0.5)
ANY = LesionRule(iou_threshold=0)
LABELS = arrays(np.int64, (6, 6), elements=st.integers(0, 4))


@pytest.mark.parametrize(
    ("given_rule", "words"),
    [
        ({"iou_threshold": -0.1}, "between 0 and 1"),
        ({"iou_threshold": 1.1}, "between 0 and 1"),
        ({"iou_threshold": float("nan")}, "between 0 and 1"),
        ({"iou_threshold": 0.5, "matching": "best"}, "one of optimal, greedy"),
        ({"iou_threshold": 0.5, "connectivity": "8"}, "one of corners, faces"),
    ],
)
def test_a_rule_that_is_none_is_refused(given_rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LesionRule(**given_rule)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        (np.ones((2, 3)), "integer labels, not float64"),
        (np.ones((2, 3), dtype=bool), "integer labels, not bool"),
        (np.full((2, 3), -1), "negative labels"),
        (np.ones((3, 2), dtype=int), "one shape"),
        (np.ones(6, dtype=int), "2-D or 3-D"),
        (np.ones((0, 3), dtype=int), "no pixel"),
    ],
)
def test_labels_that_are_none_are_refused(reference: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        match_instances(reference, np.ones((2, 3), dtype=int), HALF)


def test_corners_join_what_faces_part() -> None:
    diagonal = np.eye(4, dtype=bool)
    masks = Masks(reference=diagonal, prediction=diagonal)
    by_faces = LesionRule(iou_threshold=0.5, connectivity="faces")
    assert (lesions_of(masks, HALF).tp, lesions_of(masks, by_faces).tp) == (1, 4)
    cube = np.zeros((2, 2, 2), dtype=bool)
    cube[0, 0, 0] = cube[1, 1, 1] = True
    assert (components(cube).max(), components(cube, "faces").max()) == (1, 2)


def test_two_predictions_on_one_lesion_are_a_hit_and_a_false_positive() -> None:
    reference = np.array([[7, 7, 7, 7, 7, 0]])
    prediction = np.array([[3, 3, 3, 0, 9, 0]])
    found = match_instances(reference, prediction, ANY)
    assert found.matches == (Match(reference=7, prediction=3, iou=0.6),)
    assert (found.tp, found.fp, found.fn) == (1, 1, 0)


def test_one_prediction_over_two_lesions_finds_one_of_them() -> None:
    reference = np.array([[1, 1, 0, 2, 2, 2]])
    prediction = np.array([[5, 5, 5, 5, 5, 5]])
    found = match_instances(reference, prediction, LesionRule(iou_threshold=0.5))
    assert found.matches == (Match(reference=2, prediction=5, iou=0.5),)
    assert (found.tp, found.fp, found.fn) == (1, 0, 1)


def test_the_threshold_itself_is_a_match_and_a_touch_without_overlap_is_none() -> None:
    reference = np.array([[1, 1, 0, 0]])
    assert match_instances(reference, np.array([[1, 0, 0, 0]]), HALF).tp == 1
    assert match_instances(reference, np.array([[0, 0, 1, 1]]), ANY).tp == 0


def test_the_greedy_way_can_lose_a_match_that_the_optimal_way_finds() -> None:
    # IoU of 1 with 1 is 4/9, of 1 with 2 is 1/3, of 2 with 1 is 3/8: greedy takes 4/9 and is done
    reference = np.array([[1] * 6 + [2] * 4])
    prediction = np.array([[2] * 2 + [1] * 7 + [0]])
    rule = {"iou_threshold": 0.1}
    optimal = match_instances(reference, prediction, LesionRule(**rule))
    greedy = match_instances(reference, prediction, LesionRule(**rule, matching="greedy"))
    assert [(one.reference, one.prediction) for one in optimal.matches] == [(1, 2), (2, 1)]
    assert [(one.reference, one.prediction) for one in greedy.matches] == [(1, 1)]


@settings(max_examples=60, deadline=None)
@given(LABELS, LABELS, st.floats(0, 1), st.sampled_from(["optimal", "greedy"]))
def test_no_lesion_is_matched_twice_and_all_matches_reach_the_threshold(
    reference: np.ndarray, prediction: np.ndarray, threshold: float, matching: Any
) -> None:
    found = match_instances(
        reference, prediction, LesionRule(iou_threshold=threshold, matching=matching)
    )
    assert len({one.reference for one in found.matches}) == found.tp
    assert len({one.prediction for one in found.matches}) == found.tp
    assert all(one.iou >= threshold and one.iou > 0 for one in found.matches)
    for one in found.matches:
        both = (reference == one.reference) & (prediction == one.prediction)
        either = (reference == one.reference) | (prediction == one.prediction)
        assert one.iou == pytest.approx(both.sum() / either.sum(), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(LABELS, LABELS)
def test_optimal_is_never_worse_and_above_a_half_the_same(
    reference: np.ndarray, prediction: np.ndarray
) -> None:
    def by(matching: Any, threshold: float) -> Any:
        rule = LesionRule(iou_threshold=threshold, matching=matching)
        return match_instances(reference, prediction, rule)

    optimal, greedy = by("optimal", 0.0), by("greedy", 0.0)
    assert sum(one.iou for one in optimal.matches) >= sum(one.iou for one in greedy.matches) - 1e-12
    assert by("optimal", 0.51).matches == by("greedy", 0.51).matches


@settings(max_examples=40, deadline=None)
@given(LABELS, st.permutations(range(1, 5)))
def test_the_names_of_labels_change_nothing(labels: np.ndarray, names: list[int]) -> None:
    renamed = np.array([0, *names])[labels]
    found = match_instances(labels, renamed, LesionRule(iou_threshold=1))
    n = np.unique(labels[labels > 0]).size
    assert (found.n_reference, found.n_prediction, found.tp) == (n, n, n)


def test_images_without_lesions_have_none() -> None:
    nothing, one = np.zeros((3, 3), dtype=int), np.ones((3, 3), dtype=int)
    for reference, prediction, wanted in (
        (nothing, nothing, (0, 0, 0)),
        (nothing, one, (0, 1, 0)),
        (one, nothing, (0, 0, 1)),
    ):
        for matching in ("optimal", "greedy"):
            found = match_instances(
                reference, prediction, LesionRule(iou_threshold=0, matching=matching)
            )
            assert (found.tp, found.fp, found.fn) == wanted
    assert pairwise_iou(nothing, one)[2].shape == (0, 1)
