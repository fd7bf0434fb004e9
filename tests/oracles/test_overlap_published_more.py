"""The rest of what MetricsReloaded publishes of our measures, and what surface-distance prints.

MetricsReloaded (Apache-2.0): test/test_metrics/test_pairwise_measures.py,
test_pairwise_measures_neuropoly.py, test/test_utility/test_assignment_localization.py; values with
their tolerances there. surface-distance 0.1 (google-deepmind, Apache-2.0): the cases of
surface_distance_test.py with the values given there, and values that it printed for other shapes.
Its boundary is made of elements between pixel corners, so Dice and Hausdorff distance agree and
mean distances and surface Dice do not: both numbers are written down, so that a change of our
definition shows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from samd_validate.core.arrays import BoolArray
from samd_validate.stats.segmentation.case_table import CaseOverlap, measure_case
from samd_validate.stats.segmentation.lesions import pairwise_iou
from samd_validate.stats.segmentation.marks import HitRule, detections_of
from samd_validate.stats.segmentation.masks import Masks
from samd_validate.stats.segmentation.overlap import PixelCounts, pixel_counts
from samd_validate.stats.segmentation.surface import hausdorff_distance, surface_distances


def case(reference: Any, prediction: Any, tolerance: float = 1) -> CaseOverlap:
    masks = Masks(
        reference=np.atleast_2d(reference).astype(bool),
        prediction=np.atleast_2d(prediction).astype(bool),
    )
    return measure_case(masks, case_id="1", patient_id="1", tolerance=tolerance)


def runs(*lengths: tuple[int, int]) -> np.ndarray:
    """Return runs of a value, one after another."""
    return np.concatenate([np.full(length, value) for value, length in lengths])


def test_rectangles_have_the_confusion_matrix_of_metricsreloaded() -> None:
    reference, prediction = np.zeros((2, 5, 6), dtype=bool)
    reference[0:5, 0:4] = True
    prediction[1:4, 1:6] = True
    found = pixel_counts(Masks(reference=reference, prediction=prediction))
    assert found == PixelCounts(tp=9, fp=6, fn=11, tn=4)


@pytest.mark.parametrize(
    ("measure", "reference", "prediction", "wanted", "within"),
    [
        ("recall", runs((1, 70), (0, 1)), runs((1, 40), (0, 30), (1, 1)), 0.57, 0.01),
        ("precision", runs((1, 50), (0, 50)), runs((1, 45), (0, 5), (1, 10), (0, 40)), 0.82, 0.01),
        ("precision", runs((1, 90), (0, 10)), runs((1, 81), (0, 9), (1, 2), (0, 8)), 0.98, 0.01),
        ("pixel_accuracy", runs((1, 30), (0, 75)), runs((1, 105)), 0.286, 0.001),
        (
            "pixel_accuracy",
            runs((1, 35), (0, 70)),
            runs((1, 20), (0, 15), (1, 60), (0, 10)),
            0.286,
            0.001,
        ),
    ],
    ids=["sensitivity", "PPV", "PPV, rare", "accuracy", "accuracy, other"],
)
def test_shares_of_pixels_are_those_of_metricsreloaded(
    measure: str, reference: np.ndarray, prediction: np.ndarray, wanted: float, within: float
) -> None:
    assert case(reference, prediction).values[measure] == pytest.approx(wanted, abs=within)


def test_square_moved_by_a_pixel_has_no_difference_in_size_as_in_metricsreloaded() -> None:
    reference, prediction = np.zeros((2, 14, 14))
    reference[2:4, 2:4] = 1
    prediction[3:5, 3:5] = 1
    assert case(reference, prediction).values["relative_size_difference"] == 0


def test_mean_of_the_two_directions_is_the_masd_of_metricsreloaded() -> None:
    reference = np.zeros((11, 11), dtype=bool)
    reference[3:8, 3:8] = True
    prediction = reference.copy()
    prediction[5, 1:10] = prediction[1:10, 5] = True
    found = surface_distances(Masks(reference=reference, prediction=prediction))
    masd = (found.from_reference.mean() + found.from_prediction.mean()) / 2
    assert masd == pytest.approx(0.425, abs=0.001)


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        (1, {"dice": 0.25, "surface_dice": 0.5, "relative_size_difference": 2.0}),
        (
            2,
            {
                "dice": 0.26666666666666666,
                "surface_dice": 0.5373134328358209,
                "relative_size_difference": 3.0,
            },
        ),
    ],
)
def test_each_label_of_two_is_that_of_metricsreloaded(label: int, wanted: dict[str, float]) -> None:
    reference, prediction = np.zeros((2, 10, 10, 10), dtype=int)
    reference[4:5, 3:10], reference[4:5, 3:6] = 1, 2
    prediction[4:8, 2:8], prediction[4:8, 2:5] = 1, 2
    found = case(reference == label, prediction == label).values
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, abs=1e-12)


def test_same_block_is_without_fault_as_in_metricsreloaded() -> None:
    block = np.zeros((10, 10, 10))
    block[4:8, 2:5] = 1
    found = case(block, block).values
    assert (found["dice"], found["surface_dice"], found["relative_size_difference"]) == (1, 1, 0)


def test_masks_of_boxes_overlap_as_in_metricsreloaded() -> None:
    reference, prediction = np.zeros((2, 14, 14), dtype=int)
    reference[2:5, 2:5], reference[4:8, 5:10] = 1, 2
    prediction[2:5, 2:5], prediction[9:11, 9:11] = 1, 2
    assert pairwise_iou(reference, prediction)[2].tolist() == [[1, 0], [0, 0]]


def test_points_in_masks_are_those_of_metricsreloaded() -> None:
    lesions, seen = np.zeros((14, 14), dtype=int), np.zeros((14, 14))
    lesions[2:5, 2:5], lesions[4:8, 5:10] = 1, 2
    seen[3, 4], seen[9, 10] = 0.9, 0.8  # its points, the first in the first mask
    found = detections_of(seen, lesions, HitRule(candidate=0.5, hit="centre"), patient_id="a")
    assert (found.found.tolist(), found.false.tolist()) == ([0.9, 0.0], [0.8])


def disk(radius: float, centre: tuple[float, float], spacing: tuple[float, float]) -> BoolArray:
    axes = np.ogrid[:64, :64]
    away = [(a * step - c) ** 2 for a, step, c in zip(axes, spacing, centre, strict=True)]
    return np.asarray(sum(away) <= radius**2)


def ball(column: float) -> BoolArray:
    axes = np.ogrid[:40, :40, :40]
    centre = (18, 18, column)
    return np.asarray(sum((a - c) ** 2 for a, c in zip(axes, centre, strict=True)) <= 10**2)


def squares() -> tuple[BoolArray, BoolArray]:
    reference, prediction = np.zeros((2, 6, 6), dtype=bool)
    reference[1:3, 1:3] = True
    prediction[1:4, 1:3] = True
    return reference, prediction


def cubes() -> tuple[BoolArray, BoolArray]:
    reference, prediction = np.zeros((2, 100, 100, 100), dtype=bool)
    reference[:50] = True
    prediction[:51] = True
    return reference, prediction


def pixels() -> tuple[BoolArray, BoolArray]:
    reference, prediction = np.zeros((2, 128, 128), dtype=bool)
    reference[50, 70] = prediction[50, 72] = True
    return reference, prediction


ONE, THIN = (1.0, 1.0), (0.6, 0.9)
SHAPES = {
    # name: masks, spacing, what surface-distance gives: Dice, Hausdorff, 95 %, surface Dice at 1
    "squares": (squares(), (2, 1), (0.8, 2.0, 2.0, 0.870)),
    "cubes": (cubes(), (2, 1, 1), (0.990, 2.0, 2.0, 0.836)),
    "pixels": (pixels(), (2, 1), (0.0, 2.0, 2.0, 0.5)),
    "disks": ((disk(15, (30, 30), ONE), disk(15, (30, 35), ONE)), ONE, (0.7927, 5.0, 5.0, 0.235)),
    "disk in disk": (
        (disk(20, (30, 30), ONE), disk(14, (30, 30), ONE)),
        ONE,
        (0.6556, 6.4031, 6.4031, 0.0),
    ),
    "disks, spacing": (
        (disk(12, (18, 25), THIN), disk(12, (18, 28.6), THIN)),
        THIN,
        (0.8127, 3.6, 3.6, 0.197),
    ),
    "balls": ((ball(18), ball(22)), (1, 1, 1), (0.7074, 4.0, 3.6056, 0.405)),
}
OURS_AT_1 = {
    "squares": 0.8,
    "cubes": 0.755,
    "pixels": 0.0,
    "disks": 0.238,
    "disk in disk": 0.0,
    "disks, spacing": 0.170,
    "balls": 0.348,
}


@pytest.mark.parametrize("name", list(SHAPES))
def test_dice_and_hausdorff_distance_are_those_of_surface_distance(name: str) -> None:
    (reference, prediction), spacing, (dice, hausdorff, percentile, _) = SHAPES[name]
    masks = Masks(reference=reference, prediction=prediction, spacing_mm=spacing)
    found = surface_distances(masks)
    counts = pixel_counts(masks)
    ours = 2 * counts.tp / (2 * counts.tp + counts.fp + counts.fn)
    assert ours == pytest.approx(dice, abs=5e-4)
    assert hausdorff_distance(found, 100) == pytest.approx(hausdorff, abs=1e-4)
    if name != "balls":  # its percentile weighs elements by area: 3.606 there, 4 here
        assert hausdorff_distance(found) == pytest.approx(percentile, abs=1e-4)
    else:
        assert hausdorff_distance(found) == 4.0


@pytest.mark.parametrize("name", list(SHAPES))
def test_surface_dice_is_ours_and_not_that_of_surface_distance(name: str) -> None:
    (reference, prediction), spacing, (*_, theirs) = SHAPES[name]
    masks = Masks(reference=reference, prediction=prediction, spacing_mm=spacing)
    found = measure_case(masks, case_id="1", patient_id="1", tolerance=1).values["surface_dice"]
    assert found == pytest.approx(OURS_AT_1[name], abs=5e-4)
    if theirs > 0:
        assert found != pytest.approx(theirs, abs=2e-3)
