"""Lesions found against false marks: hits, ties, duplicates, and a count of every threshold."""

from __future__ import annotations

import numpy as np
import pytest
from coverage_of_froc import held, truth
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.froc import (
    RATES,
    Detections,
    estimate_froc,
    froc_draws,
    sensitivities,
)
from samd_validate.stats.segmentation.marks import HitRule, detections_of

PLAN = IntervalPlan(n_resamples=300, seed=3)
NONE = np.zeros(0)


def image(patient: str, false: list[float], found: list[float]) -> Detections:
    return Detections(patient_id=patient, false=np.array(false), found=np.array(found))


def by_every_threshold(cases: list[Detections], rate: float) -> float:
    """Return the greatest share of lesions over all thresholds that keep to the rate."""
    scores = np.concatenate([np.append(case.false, case.found) for case in cases])
    lesions = sum(case.found.size for case in cases)
    best = 0.0
    for threshold in np.append(np.unique(scores[scores > 0]), 2.0):
        false = sum(int((case.false >= threshold).sum()) for case in cases)
        found = sum(int((case.found >= threshold).sum()) for case in cases)
        if false <= rate * len(cases):
            best = max(best, found / lesions)
    return best


@pytest.mark.parametrize(
    ("false", "found"),
    [([0.0], [0.5]), ([0.5], [-0.1]), ([np.nan], [0.5]), ([0.5], [np.inf]), ([[0.5]], [0.5])],
)
def test_scores_that_are_none_are_refused(false: list[float], found: list[float]) -> None:
    with pytest.raises(ValueError, match="must"):
        image("a", false, found)


@pytest.mark.parametrize("rates", [(), (0.0,), (-1.0,), (np.nan,)])
def test_rates_that_are_none_are_refused(rates: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rates"):
        sensitivities([image("a", [], [0.5])], rates)


@pytest.mark.parametrize("rule", [{"candidate": 0.0}, {"candidate": 0.1, "iou_threshold": 2.0}])
def test_rule_that_is_none_is_refused(rule: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        HitRule(**rule)  # type: ignore[arg-type]


def test_map_and_lesions_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        detections_of(
            np.zeros((3, 3)), np.zeros((3, 4), int), HitRule(candidate=0.5), patient_id="a"
        )


@pytest.mark.parametrize(
    ("cases", "code"),
    [
        ([image("a", [0.5], []), image("b", [], [])], "no_lesion"),
        ([image("a", [0.5], [0.9]), image("a", [], [0.2])], "one_patient"),
    ],
)
def test_images_that_tell_nothing_give_no_number(cases: list[Detections], code: str) -> None:
    each, mean = estimate_froc(cases, RATES, PLAN)
    assert [one.code for one in (*each, mean) if isinstance(one, NotEstimable)] == [code] * 8


def test_worked_example_of_four_images() -> None:
    cases = [
        image("a", [0.9], [0.95, 0.6]),
        image("b", [0.7, 0.3], [0.8]),
        image("c", [], [0.0]),
        image("d", [0.2], []),
    ]
    # no false mark: above 0.9 one lesion; one: above 0.7 two; two: above 0.3 three of four
    assert sensitivities(cases, (0.2, 0.25, 0.5, 1.0)) == (0.25, 0.5, 0.75, 0.75)


def test_lesion_as_sure_as_a_false_mark_is_found_only_with_it() -> None:
    cases = [image("a", [0.5, 0.5], [0.5]), image("b", [], [0.6])]
    assert sensitivities(cases, (0.5, 1.0)) == (0.5, 1.0)


scores = st.lists(st.integers(1, 6), max_size=6)
lesion_scores = st.lists(st.integers(0, 6), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    drawn=st.lists(st.tuples(scores, lesion_scores), min_size=1, max_size=8),
    rate=st.sampled_from([0.125, 0.25, 0.5, 1.0, 2.0, 8.0]),
)
def test_agrees_with_a_count_of_every_threshold(
    drawn: list[tuple[list[int], list[int]]], rate: float
) -> None:
    cases = [
        image(str(number), [one / 6 for one in false], [one / 6 for one in [*found, 3]])
        for number, (false, found) in enumerate(drawn)
    ]
    assert sensitivities(cases, (rate,))[0] == pytest.approx(by_every_threshold(cases, rate))
    assert np.all(np.diff(sensitivities(cases, RATES)) >= 0)


def test_each_resample_is_the_curve_of_its_patients_repeated() -> None:
    from samd_validate.stats.segmentation.patient_sums import patient_multiplicities

    generator = np.random.default_rng(5)
    cases = [
        image(f"p{n // 2}", generator.random(3).tolist(), generator.random(2).round(1).tolist())
        for n in range(12)
    ]
    plan = IntervalPlan(n_resamples=20, seed=9)
    weights = np.concatenate(list(patient_multiplicities(6, plan)))
    wanted = []
    for weight in weights.astype(int):
        drawn = [case for case in cases for _ in range(weight[int(case.patient_id[1:])])]
        wanted.append([by_every_threshold(drawn, rate) for rate in RATES])
    np.testing.assert_allclose(froc_draws(cases, RATES, plan), wanted, atol=1e-12)


def test_device_without_a_fault_has_exact_limits() -> None:
    cases = [image(str(number), [], [0.9]) for number in range(9)]
    each, mean = estimate_froc(cases, RATES, PLAN)
    assert isinstance(mean, Estimate) and isinstance(each[0], Estimate)
    assert (round(mean.low, 3), mean.value, mean.high) == (0.664, 1.0, 1.0)
    assert (mean.n, mean.n_events, mean.n_clusters) == (9, 9, 9)


def lesions() -> Column:
    """Return two lesions that touch and one apart."""
    found = np.zeros((12, 16), dtype=np.int64)
    found[2:6, 2:5], found[2:6, 5:8], found[8:11, 10:14] = 1, 2, 5
    return found


def seen(*boxes: tuple[slice, slice, float]) -> FloatArray:
    made = np.zeros((12, 16))
    for rows, columns, value in boxes:
        made[rows, columns] = value
    return made


ONE, APART, NOWHERE = (
    (slice(2, 6), slice(2, 5), 0.8),
    (slice(8, 11), slice(10, 12), 0.6),
    (slice(8, 11), slice(1, 4), 0.7),
)


@pytest.mark.parametrize("hit", ["iou", "centre"])
def test_marks_find_lesions_and_what_hits_none_is_false(hit: str) -> None:
    rule = HitRule(candidate=0.3, hit=hit, iou_threshold=0.4)  # type: ignore[arg-type]
    found = detections_of(seen(ONE, APART, NOWHERE), lesions(), rule, patient_id="a")
    assert (found.false.tolist(), found.found.tolist()) == ([0.7], [0.8, 0.0, 0.6])


def test_mark_over_two_lesions_finds_one_and_its_score_is_chosen() -> None:
    wide = seen((slice(2, 6), slice(2, 8), 0.4), (slice(2, 3), slice(2, 3), 0.9))
    for score, wanted in (("max", 0.9), ("mean", wide[2:6, 2:8].mean())):
        rule = HitRule(candidate=0.3, score=score)  # type: ignore[arg-type]
        found = detections_of(wide, lesions(), rule, patient_id="a")
        assert found.found == pytest.approx([wanted, 0, 0])
        assert found.false.size == 0


def test_second_mark_on_a_lesion_is_neither_true_nor_false() -> None:
    twice = seen((slice(8, 11), slice(10, 11), 0.5), (slice(8, 11), slice(12, 14), 0.9))
    found = detections_of(twice, lesions(), HitRule(candidate=0.3), patient_id="a")
    assert (found.false.size, found.found.tolist()) == (0, [0, 0, 0.9])


def test_too_small_an_overlap_is_a_false_mark() -> None:
    rule = HitRule(candidate=0.3, iou_threshold=0.6)
    found = detections_of(seen(APART), lesions(), rule, patient_id="a")
    assert (found.false.tolist(), found.found.max()) == ([0.6], 0)


def test_ring_is_hit_at_its_own_pixel_nearest_to_its_middle() -> None:
    ring = seen((slice(1, 8), slice(1, 8), 0.5), (slice(2, 7), slice(2, 7), 0.0))
    inner = np.zeros((12, 16), dtype=np.int64)
    inner[3:6, 3:6] = 1
    rule = HitRule(candidate=0.3, hit="centre")
    assert detections_of(ring, inner, rule, patient_id="a").false.size == 1


def test_image_without_marks_or_lesions() -> None:
    rule = HitRule(candidate=0.3)
    assert detections_of(np.zeros((12, 16)), lesions(), rule, patient_id="a").found.sum() == 0
    empty = detections_of(seen(ONE), np.zeros((12, 16), int), rule, patient_id="a")
    assert (empty.false.size, empty.found.size) == (1, 0)


@pytest.mark.requirement("REQ-UNCERTAINTY")
def test_percentiles_over_patients_cover_as_the_page_says() -> None:
    generator, repeats = np.random.default_rng(12), 150
    true = truth(generator)
    for share in held(50, repeats, generator, true):
        assert share > 0.94 - 3 * np.sqrt(0.94 * 0.06 / repeats)
