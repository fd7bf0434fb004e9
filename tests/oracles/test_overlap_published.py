"""Overlap, distances and lesion matching against values that other projects publish in their tests.

MONAI: tests/metrics/test_hausdorff_distance.py, test_surface_distance.py, test_surface_dice.py,
test_compute_meandice.py (Apache-2.0). MetricsReloaded: test/test_metrics/test_pairwise_measures.py,
test_pairwise_measures_neuropoly.py, test/test_utility/test_assignment_localization.py (Apache-2.0),
which take their examples from the figures of Reinke et al. 2024, doi:10.1038/s41592-023-02150-0.
surface-distance 0.1 (google-deepmind, Apache-2.0): surface_distance_test.py, and values that it
prints where its definition differs from ours.
"""

from __future__ import annotations

import numpy as np
import pytest

from samd_validate.core.arrays import BoolArray
from samd_validate.stats.segmentation.case_table import CaseOverlap, measure_case
from samd_validate.stats.segmentation.lesions import LesionRule, match_instances, pairwise_iou
from samd_validate.stats.segmentation.masks import Empty, Masks
from samd_validate.stats.segmentation.overlap import dice, pixel_counts, relative_size_difference
from samd_validate.stats.segmentation.surface import (
    SurfaceDistances,
    average_symmetric_surface_distance,
    hausdorff_distance,
    surface_dice,
    surface_distances,
)

SPACING = (0.85, 1.2, 0.9)


def sphere(
    radius: float,
    centre: tuple[float, float, float],
    spacing: tuple[float, float, float] = (1, 1, 1),
    n: int = 99,
) -> BoolArray:
    axes = np.ogrid[:n, :n, :n]
    away = [
        (axis * step - middle) ** 2
        for axis, step, middle in zip(axes, spacing, centre, strict=True)
    ]
    return np.asarray(sum(away) <= radius**2)


def distances(
    reference: BoolArray, prediction: BoolArray, spacing: tuple[float, ...] | None = None
) -> SurfaceDistances:
    masks = Masks(reference=reference, prediction=prediction, spacing_mm=spacing)
    return surface_distances(masks)


def case(reference: BoolArray, prediction: BoolArray, tolerance: float = 1) -> CaseOverlap:
    masks = Masks(reference=reference, prediction=prediction)
    return measure_case(masks, case_id="1", patient_id="1", tolerance=tolerance)


@pytest.mark.parametrize(
    ("prediction", "reference", "spacing", "percentile", "wanted"),
    [
        (sphere(20, (20, 20, 20)), sphere(20, (19, 19, 19)), None, 100, 1.7320508075688772),
        (sphere(33, (19, 33, 22)), sphere(33, (20, 33, 22)), None, 100, 1.0),
        (sphere(20, (20, 33, 22)), sphere(40, (20, 33, 22)), None, 100, 20.223748416156685),
        (sphere(20, (20, 33, 22)), sphere(40, (20, 33, 22)), None, 95, 20.09975124224178),
        (
            sphere(20, (20, 20, 20), SPACING),
            sphere(20, (19, 19, 19), SPACING),
            SPACING,
            100,
            2.2671568,
        ),
        (
            sphere(15, (20, 33, 22), SPACING),
            sphere(30, (20, 33, 22), SPACING),
            SPACING,
            100,
            15.62594,
        ),
    ],
    ids=["diagonal", "one axis", "inside", "inside, 95", "spacing", "spacing, inside"],
)
def test_hausdorff_distance_of_spheres_is_that_of_monais_tests(
    prediction: BoolArray,
    reference: BoolArray,
    spacing: tuple[float, ...] | None,
    percentile: float,
    wanted: float,
) -> None:
    found = hausdorff_distance(distances(reference, prediction, spacing), percentile)
    assert found == pytest.approx(wanted, rel=1e-6)  # the tolerance of MONAI's test


@pytest.mark.parametrize(
    ("prediction", "reference", "spacing", "wanted"),
    [
        (sphere(33, (19, 33, 22)), sphere(33, (20, 33, 22)), None, 0.350217),
        (sphere(20, (20, 33, 22)), sphere(40, (20, 33, 22)), None, 15.117741),
        (
            sphere(33, (42, 45, 52), SPACING),
            sphere(33, (43, 45, 52), SPACING),
            SPACING,
            0.4951,
        ),
    ],
    ids=["one axis", "inside", "spacing"],
)
def test_average_distance_of_spheres_is_that_of_monais_tests(
    prediction: BoolArray,
    reference: BoolArray,
    spacing: tuple[float, ...] | None,
    wanted: float,
) -> None:
    found = average_symmetric_surface_distance(distances(reference, prediction, spacing))
    assert found == pytest.approx(wanted, rel=1e-5)  # the tolerance of MONAI's test


def test_surface_dice_of_a_shifted_half_image_is_that_of_monais_tests() -> None:
    prediction, reference = np.zeros((2, 480, 640), dtype=bool)
    prediction[:, 50:] = True
    reference[:, 60:] = True
    of_structure = 1 - (478 + 480 + 9 * 2) / (480 * 4 + 588 * 2 + 578 * 2)
    of_background = 1 - (478 + 480 + 9 * 2) / (480 * 4 + 48 * 2 + 58 * 2)
    one, other = distances(reference, prediction), distances(~reference, ~prediction)
    assert surface_dice(one, 0) == pytest.approx(of_structure, abs=1e-12)
    assert surface_dice(other, 0) == pytest.approx(of_background, abs=1e-12)
    assert surface_dice(one, 0) < surface_dice(one, 9) < surface_dice(one, 10) == 1
    stretched = distances(reference, prediction, (0.85, 1.2))
    assert surface_dice(stretched, 11) < surface_dice(stretched, 12) == 1


def test_surface_dice_of_a_shifted_half_volume_is_that_of_monais_tests() -> None:
    prediction, reference = np.zeros((2, 200, 110, 80), dtype=bool)
    prediction[:, :, 20:] = True
    reference[:, :, 30:] = True
    off = 200 * 110 + 198 * 108 + 9 * 200 * 2 + 9 * 108 * 2
    whole = 200 * 110 * 4 + (58 + 48) * 200 * 2 + (58 + 48) * 108 * 2
    found = surface_dice(distances(reference, prediction), 0)
    assert found == pytest.approx(1 - off / whole, abs=1e-12)


def test_surface_dice_of_two_strokes_is_that_of_monais_tests() -> None:
    prediction, reference = np.zeros((2, 10, 10), dtype=bool)
    prediction[1:4, 1] = True
    reference[5:8, 6] = True
    one, other = distances(reference, prediction), distances(~reference, ~prediction)
    apart = [np.sqrt(25 + 4), np.sqrt(25 + 9), np.sqrt(25 + 16)]
    np.testing.assert_allclose(np.sort(one.from_reference), apart, atol=1e-12)
    assert [surface_dice(one, tolerance) for tolerance in (0, 5.5, 6)] == [0, 1 / 3, 2 / 3]
    whole = 36 * 2 + 8 + 4
    wanted = [1 - missed / whole for missed in (12, 3, 1)]
    found = [surface_dice(other, tolerance) for tolerance in (0, 2.8, 3)]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize(
    ("prediction", "reference", "wanted"),
    [
        ([[1, 0], [0, 1]], [[1, 0], [1, 1]], 0.8),
        ([[0, 0], [1, 1]], [[1, 0], [1, 0]], 0.5),
        ([[1, 0], [0, 0]], [[0, 1], [0, 0]], 0.0),
        ([[1, 0], [0, 0]], [[1, 1], [0, 0]], 2 / 3),
        ([[1, 1], [1, 0]], [[1, 1], [1, 1]], 0.857143),
    ],
)
@pytest.mark.requirement("SW-STAT-OVERLAP")
def test_dice_is_that_of_monais_tests(
    prediction: list[list[int]], reference: list[list[int]], wanted: float
) -> None:
    masks = Masks(reference=np.array(reference), prediction=np.array(prediction))
    assert dice(pixel_counts(masks)) == pytest.approx(wanted, abs=1e-6)


def test_square_with_a_cross_is_that_of_metricsreloaded() -> None:
    reference = np.zeros((11, 11), dtype=bool)
    reference[3:8, 3:8] = True
    prediction = reference.copy()
    prediction[5, 1:10] = prediction[1:10, 5] = True
    found = case(reference, prediction)
    assert found.values["dice"] == pytest.approx(0.862, abs=0.001)
    assert found.values["iou"] == pytest.approx(0.76, abs=0.01)
    assert found.values["assd"] == pytest.approx(0.44, abs=0.01)
    assert found.values["surface_dice"] == pytest.approx(0.89, abs=0.01)
    assert case(reference, prediction, tolerance=2).values["surface_dice"] == 1


def test_a_stray_pixel_moves_the_hausdorff_distance_as_in_metricsreloaded() -> None:
    reference = np.zeros((14, 14), dtype=bool)
    reference[9:12, 9:12] = True
    prediction = reference.copy()
    reference[1, 1] = True
    found = distances(reference, prediction)
    assert hausdorff_distance(found, 100) == pytest.approx(11.31, abs=0.01)
    assert hausdorff_distance(found) == pytest.approx(6.79, abs=0.01)


def test_a_pixel_lost_in_a_larger_structure_is_that_of_metricsreloaded() -> None:
    reference = np.zeros((11, 11), dtype=bool)
    reference[2:5, 2:9] = reference[5:9, 2:6] = True
    prediction = reference.copy()
    prediction[8, 2] = False
    assert case(reference, prediction).values["dice"] == pytest.approx(0.986, abs=0.001)


def test_partly_overlapping_blocks_are_those_of_metricsreloaded() -> None:
    reference, prediction = np.zeros((2, 10, 10, 10), dtype=bool)
    reference[4:5, 3:6] = True
    prediction[4:8, 2:5] = True
    found = case(reference, prediction)
    assert found.values["dice"] == pytest.approx(0.26666666666666666, abs=1e-12)
    assert found.values["surface_dice"] == pytest.approx(0.5373134328358209, abs=1e-12)
    assert found.values["relative_size_difference"] == pytest.approx(3.0, abs=1e-12)


@pytest.mark.parametrize(
    ("empty", "wanted"),
    [
        (Empty.BOTH, {"dice": 1, "surface_dice": None}),
        (Empty.REFERENCE, {"dice": 0, "surface_dice": 0, "recall": None, "precision": 0}),
        (
            Empty.PREDICTION,
            {
                "dice": 0,
                "surface_dice": 0,
                "recall": 0,
                "precision": 0,
                "relative_size_difference": -1,
            },
        ),
    ],
)
def test_empty_masks_count_as_in_metricsreloaded(
    empty: Empty, wanted: dict[str, float | None]
) -> None:
    block, none = np.zeros((2, 10, 10, 10), dtype=bool)
    block[5:7, 2:5] = True
    reference = none if empty in (Empty.REFERENCE, Empty.BOTH) else block
    prediction = none if empty in (Empty.PREDICTION, Empty.BOTH) else block
    found = case(reference, prediction)
    assert found.empty is empty
    assert {name: found.values[name] for name in wanted} == wanted


def labelled(boxes: list[tuple[int, int, int, int]], n: int = 20) -> np.ndarray:
    image = np.zeros((n, n), dtype=np.int64)
    for number, (top, left, bottom, right) in enumerate(boxes, start=1):
        image[top : bottom + 1, left : right + 1] = number
    return image


def test_boxes_are_matched_as_in_metricsreloaded() -> None:
    reference = labelled([(3, 2, 7, 5), (7, 9, 8, 11), (1, 16, 3, 18), (14, 14, 16, 18)])
    prediction = labelled(
        [(2, 3, 6, 6), (2, 15, 4, 17), (13, 13, 15, 17), (16, 7, 19, 10), (12, 2, 15, 4)]
    )
    _, _, ious = pairwise_iou(reference, prediction)
    wanted = np.zeros((4, 5))
    wanted[0, 0], wanted[2, 1], wanted[3, 2] = 0.42857143, 0.28571429, 0.36363636
    np.testing.assert_allclose(ious, wanted, atol=1e-8)
    for matching in ("optimal", "greedy"):
        found = match_instances(
            reference, prediction, LesionRule(iou_threshold=0.1, matching=matching)
        )
        assert (found.tp, found.fn, found.fp) == (3, 1, 2)


def test_elements_weighted_by_area_are_another_measure_than_counted_pixels() -> None:
    # surface-distance 0.1 prints 0.789 for the surface Dice at 1, and 0.726 for both mean distances
    one, other = sphere(10, (18, 18, 18), n=40), sphere(10, (20, 18, 18), n=40)
    found = distances(one, other)
    assert surface_dice(found, 1) == pytest.approx(0.5766871165644172, abs=1e-12)
    assert average_symmetric_surface_distance(found) == pytest.approx(0.99786, abs=1e-5)
    assert hausdorff_distance(found) == 2.0  # and so does surface-distance
    assert dice(pixel_counts(Masks(reference=one, prediction=other))) == pytest.approx(
        0.8508035500119933,
        abs=1e-12,  # and so does surface-distance
    )


def test_shifted_half_cubes_have_the_dice_and_the_distance_of_surface_distances_tests() -> None:
    reference, prediction = np.zeros((2, 100, 100, 100), dtype=bool)
    reference[:50] = True
    prediction[:51] = True
    masks = Masks(reference=reference, prediction=prediction, spacing_mm=(2, 1, 1))
    counts, found = pixel_counts(masks), surface_distances(masks)
    assert dice(counts) == pytest.approx(0.990, abs=5e-4)
    assert relative_size_difference(counts) == pytest.approx(0.02)
    assert (hausdorff_distance(found), hausdorff_distance(found, 100)) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("spacing", "pixels"),
    [((2, 1), ((50, 70), (50, 72))), ((3, 2, 1), ((50, 60, 70), (50, 60, 72)))],
    ids=["2-D", "3-D"],
)
def test_two_pixels_two_millimetres_apart_as_in_surface_distances_tests(
    spacing: tuple[float, ...], pixels: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    reference, prediction = np.zeros((2, *(128,) * len(spacing)), dtype=bool)
    reference[pixels[0]] = prediction[pixels[1]] = True
    found = distances(reference, prediction, spacing)
    assert hausdorff_distance(found) == hausdorff_distance(found, 100) == 2.0
