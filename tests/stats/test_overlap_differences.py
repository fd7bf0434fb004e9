"""Two devices on the same cases: paired by case, with patients as the unit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.case_differences import difference_cases
from samd_validate.stats.segmentation.case_table import CaseOverlap, measure_case
from samd_validate.stats.segmentation.masks import Masks

PLAN = IntervalPlan(n_resamples=200, seed=1)


def cases(shift: int, patients: list[str], seed: int = 1) -> list[CaseOverlap]:
    """Return cases in which the prediction is the reference moved by some pixels."""
    made = []
    for number, patient in enumerate(patients):
        width = int(np.random.default_rng([seed, number]).integers(8, 20))
        reference = np.zeros((40, 40), dtype=bool)
        reference[5:25, 5 : 5 + width] = True
        prediction = np.roll(reference, shift, axis=1)
        masks = Masks(reference=reference, prediction=prediction)
        made.append(measure_case(masks, case_id=str(number), patient_id=patient))
    return made


def test_differing_cases_are_refused() -> None:
    few = cases(1, ["a", "b", "c"])
    with pytest.raises(ValueError, match="same cases in the same order"):
        difference_cases(few, few[::-1], "dice", PLAN)


def test_one_patient_alone_gives_no_interval() -> None:
    found = difference_cases(cases(1, ["a", "a"]), cases(2, ["a", "a"]), "dice", PLAN)
    assert isinstance(found, NotEstimable)


def test_device_against_itself_differs_by_nothing() -> None:
    same = cases(2, ["a", "b", "c"])
    found = difference_cases(same, same, "dice", PLAN)
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_one_case_a_patient_is_the_paired_t_interval() -> None:
    patients = [f"p{number}" for number in range(25)]
    near, far = cases(1, patients), cases(4, patients)
    found = difference_cases(near, far, "iou", PLAN)
    assert isinstance(found, Estimate)
    pairs = zip(near, far, strict=True)
    difference = np.array([a.values["iou"] - b.values["iou"] for a, b in pairs])  # type: ignore[operator]
    expected = stats.ttest_1samp(difference, 0).confidence_interval(0.95)
    assert found.value == pytest.approx(difference.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_cases_of_one_patient_stay_together() -> None:
    alone = [f"p{number}" for number in range(24)]
    together = [f"p{number // 4}" for number in range(24)]
    apart = difference_cases(cases(1, alone), cases(4, alone), "dice", PLAN)
    joint = difference_cases(cases(1, together), cases(4, together), "dice", PLAN)
    assert isinstance(apart, Estimate)
    assert isinstance(joint, Estimate)
    assert joint.value == pytest.approx(apart.value)
    assert (apart.n_clusters, joint.n_clusters) == (24, 6)
    assert joint.high - joint.low != pytest.approx(apart.high - apart.low)
