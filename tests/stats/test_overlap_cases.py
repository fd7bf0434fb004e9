"""Tables of cases: the policy for empty masks, and what many cases come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from overlap_tables import PLAN, case, estimate, with_values

from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.segmentation.case_estimates import (
    estimate_cases,
)
from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.stats.segmentation.case_table import count_empty, measure_case
from samd_validate.stats.segmentation.empty_masks import (
    DEFAULTS,
    EmptyPolicy,
    WhenEmpty,
)
from samd_validate.stats.segmentation.masks import Empty, Masks


def test_a_case_has_every_measure_once_with_its_unit() -> None:
    found = case(1, "a")
    assert tuple(found.values) == tuple(CASE_MEASURES)
    assert found.values["dice"] == found.values["recall"] == 0.75
    assert (found.values["hd95"], found.unit("hd95")) == (1.0, "mm")
    assert (found.reference_size, found.unit("size_difference")) == (16.0, "mm2")
    assert (found.values["lesion_f1"], found.values["lesion_fp"]) == (1.0, 0.0)
    assert found.empty is Empty.NEITHER


def test_measures_that_were_not_asked_for_are_absent_and_not_zero() -> None:
    masks = Masks(reference=np.eye(3, dtype=bool), prediction=np.eye(3, dtype=bool))
    found = measure_case(masks, case_id="1", patient_id="a")
    assert {"surface_dice", "lesion_f1", "lesion_fp"}.isdisjoint(found.values)


@pytest.mark.parametrize("empty", ["reference", "prediction", "both"])
def test_an_empty_mask_counts_as_the_policy_says(empty: str) -> None:
    found, diagonal = case(1, "a", empty=empty), 20.0  # 12 by 16 mm
    for measure, rule in DEFAULTS.items():
        assert found.values[measure] == rule.worth(Empty(empty), diagonal), measure
    assert found.values["hd95"] == (None if empty == "both" else diagonal)
    assert found.values["lesion_fp"] == (1.0 if empty == "reference" else 0.0)
    assert found.values["size_difference"] == {"reference": 16, "prediction": -16, "both": 0}[empty]


def test_a_changed_policy_is_printed_and_followed() -> None:
    policy = EmptyPolicy().changed(dice=WhenEmpty(both=None, reference=None, prediction=0.0))
    assert "dice: both empty left out, reference empty left out, prediction empty 0" in (
        policy.describe()
    )
    assert len(policy.describe().splitlines()) == len(DEFAULTS)
    nothing = np.zeros((2, 2), dtype=bool)
    masks = Masks(reference=nothing, prediction=nothing)
    kept, changed = (
        measure_case(masks, case_id="1", patient_id="a", policy=one).values["dice"]
        for one in (None, policy)
    )
    assert (kept, changed) == (1.0, None)


def test_cases_left_out_and_cases_counted_by_rule_are_in_the_note() -> None:
    table = [
        case(1, "a"),
        case(2, "b", shift=2),
        case(3, "c", empty="reference"),
        case(4, "c", empty="both"),
        case(5, "d", empty="both"),
    ]
    distance = estimate(table, "hd95", PLAN)
    assert distance.value == pytest.approx((1 + 2 + 20) / 3)
    assert (distance.n, distance.n_clusters, distance.unit) == (3, 3, "mm")
    assert distance.note.startswith(
        "of 5 cases, 1 with an empty reference counted as 20, 2 with both masks empty left out; "
        "fewer than 30 patients"
    )
    overlap = estimate(table, "dice", PLAN)
    assert (overlap.n, overlap.value) == (5, pytest.approx((0.75 + 0.5 + 0 + 1 + 1) / 5))
    assert "1 with an empty reference counted as 0, 2 with both masks empty counted as 1" in (
        overlap.note
    )
    everywhere = estimate(table, "size_difference", PLAN)
    assert (everywhere.n, everywhere.unit) == (5, "mm2")
    assert everywhere.note == "fewer than 30 patients: the interval may be too narrow"
    assert count_empty(table).describe() == (
        "5 cases: 2 with both masks, 1 with an empty reference, 0 with an empty prediction, "
        "2 with both empty"
    )


def test_nothing_but_left_out_cases_is_not_estimable() -> None:
    found = estimate_cases(with_values([None, None], "ab"), "dice", PLAN)
    assert isinstance(found, NotEstimable)
    assert (found.code, found.n) == ("no_case", 0)
    assert "leaves out all 2 cases" in found.reason


@pytest.mark.parametrize("summary", ["mean", "median"])
def test_cases_of_one_patient_are_not_estimable(summary: Any) -> None:
    found = estimate_cases(with_values([0.5, 0.7], "aa"), "dice", PLAN, summary=summary)
    assert isinstance(found, NotEstimable)
    assert found.code == "one_patient"


@pytest.mark.parametrize("summary", ["mean", "median"])
def test_equal_cases_inside_the_range_are_not_estimable(summary: Any) -> None:
    found = estimate_cases(with_values([0.7] * 3, "abc"), "dice", PLAN, summary=summary)
    assert isinstance(found, NotEstimable)
    assert found.code == "no_spread"
