"""Tables of cases, rules and sums that cannot be used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from overlap_tables import ANOTHER, PLAN, PRESENT, RULE, case, with_values

from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.case_estimates import (
    estimate_cases,
    estimate_lesions,
)
from samd_validate.stats.segmentation.case_table import measure_case
from samd_validate.stats.segmentation.empty_masks import (
    DEFAULTS,
    IMAGE_DIAGONAL,
    EmptyPolicy,
    WhenEmpty,
)
from samd_validate.stats.segmentation.lesions import lesions_of
from samd_validate.stats.segmentation.masks import Masks
from samd_validate.stats.segmentation.patient_sums import (
    PatientSums,
    sums_by_patient,
)


@pytest.mark.parametrize("worth", [np.nan, np.inf, "diagonal", "", [1]])
def test_a_rule_must_be_a_number_the_diagonal_or_none(worth: Any) -> None:
    with pytest.raises(ValueError, match="reference must be a finite number"):
        WhenEmpty(both=None, reference=worth, prediction=0)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"dice": WhenEmpty(both=1.5, reference=0, prediction=0)}, "outside its range"),
        ({"hd95": WhenEmpty(both=-1, reference=0, prediction=0)}, "outside its range"),
        ({"dice": WhenEmpty(both=IMAGE_DIAGONAL, reference=0, prediction=0)}, "no distance"),
        ({"pixel_accuracy": WhenEmpty(both=1, reference=0, prediction=0)}, "no rule is needed"),
    ],
)
def test_a_rule_that_a_measure_cannot_follow_is_refused(
    rules: dict[str, WhenEmpty], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        EmptyPolicy().changed(**rules)


def test_a_policy_without_a_rule_for_each_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="each of dice, iou"):
        EmptyPolicy(rules={"dice": DEFAULTS["dice"]})


def test_a_negative_tolerance_is_refused_even_where_a_mask_is_empty() -> None:
    empty = np.zeros((2, 2), dtype=bool)
    masks = Masks(reference=empty, prediction=empty)
    with pytest.raises(ValueError, match="tolerance"):
        measure_case(masks, case_id="1", patient_id="1", tolerance=-1)


def test_lesions_of_other_masks_are_refused() -> None:
    full, empty = np.ones((2, 2), dtype=bool), np.zeros((2, 2), dtype=bool)
    lesions = lesions_of(Masks(reference=full, prediction=full), RULE)
    masks = Masks(reference=full, prediction=empty)
    with pytest.raises(ValueError, match="lesions must be those of the masks"):
        measure_case(masks, case_id="1", patient_id="1", lesions=lesions)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"measure": "dise"}, "measure must be one of dice"),
        ({"measure": "surface_dice"}, "not measured in every case: give tolerance"),
        ({"measure": "lesion_f1"}, "not measured in every case: give lesions"),
        ({"summary": "mode"}, "summary must be one of mean, median"),
        ({"method": "woodruff"}, "method must be one of auto, student"),
        ({"summary": "median", "method": "bca"}, "method must be one of auto, woodruff"),
        ({"plan": IntervalPlan(level=1.0)}, "level must lie between"),
        ({"cases": []}, "must not be empty"),
        ({"cases": [*with_values([0.5], "a"), *with_values([0.6], "b")]}, "case_id twice"),
        ({"cases": [case(1, "a"), *with_values([0.6], "b")]}, "one tolerance"),
        ({"cases": [case(1, "a"), case(2, "b", policy=PRESENT)]}, "one policy"),
        ({"cases": [case(1, "a"), case(2, "b", rule=ANOTHER)]}, "one rule for lesions"),
    ],
)
def test_a_table_that_cannot_be_summed_is_refused(options: dict[str, Any], words: str) -> None:
    table = with_values([0.5, 0.7, 0.9], "abc")
    given_options = {"cases": table, "measure": "dice", "plan": PLAN, **options}
    with pytest.raises(ValueError, match=words):
        estimate_cases(
            given_options.pop("cases"),
            given_options.pop("measure"),
            given_options.pop("plan"),
            **given_options,
        )


def test_pooled_lesions_need_a_measure_of_lesions() -> None:
    with pytest.raises(ValueError, match="measure must be one of lesion_sensitivity"):
        estimate_lesions([case(1, "a")], "dice", PLAN)


@pytest.mark.parametrize(
    ("numerator", "denominator", "words"),
    [([1.0], [1.0], "two patients"), ([1.0, 0.0], [1.0, 0.0], "above 0")],
)
def test_sums_without_a_spread_or_a_denominator_are_refused(
    numerator: list[float], denominator: list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        PatientSums(numerator=np.array(numerator), denominator=np.array(denominator))


@pytest.mark.parametrize(
    ("numerator", "patient", "words"),
    [
        ([1.0, 0.5], ["a"], "one length"),
        ([[1.0, 0.5]], ["a", "b"], "one length"),
        ([1.0, np.nan], ["a", "b"], "finite"),
    ],
)
def test_sums_of_other_lengths_or_of_no_number_are_refused(
    numerator: Any, patient: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sums_by_patient(np.array(numerator), np.ones(2), np.array(patient))


def test_a_case_with_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="dice must be finite, or None"):
        with_values([np.nan], "a")
