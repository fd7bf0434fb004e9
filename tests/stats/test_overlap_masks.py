"""Masks that are refused, and measures that count pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from samd_validate.stats.segmentation.masks import Empty, Masks
from samd_validate.stats.segmentation.overlap import (
    PixelCounts,
    dice,
    iou,
    pixel_accuracy,
    pixel_counts,
    precision,
    recall,
    relative_size_difference,
    size_difference,
)

ONE = np.ones((2, 3), dtype=bool)
SHAPES = array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"prediction": np.ones((3, 2), dtype=bool)}, "one shape"),
        ({"prediction": np.ones((2, 3, 1), dtype=bool)}, "one shape"),
        ({"reference": np.array([[0, 1, 2]])}, "reference must hold 0 and 1 only"),
        ({"prediction": np.array([[0, 255]])}, "prediction must hold 0 and 1 only"),
        ({"prediction": np.array([[-1, 0]])}, "prediction must hold 0 and 1 only"),
        ({"prediction": np.array([[0.2, 0.9]])}, "not float64: cut scores"),
        ({"reference": np.array([[0.0, 1.0]])}, "not float64"),
        ({"reference": np.array([[np.nan, 1.0]])}, "not float64"),
        ({"reference": np.array([["a", "b"]])}, "must be boolean"),
        ({"reference": np.array([[None, True]])}, "must be boolean"),
        ({"reference": np.ones(4, dtype=bool)}, "2-D or 3-D, not 1-D"),
        ({"reference": np.ones((1, 1, 2, 2), dtype=bool)}, "2-D or 3-D, not 4-D"),
        ({"reference": np.ones((0, 3), dtype=bool)}, "no pixel"),
        ({"spacing_mm": (1.0,)}, "2 numbers, one per axis"),
        ({"spacing_mm": (1.0, 1.0, 1.0)}, "2 numbers, one per axis"),
        ({"spacing_mm": 1.0}, "2 numbers, one per axis"),
        ({"spacing_mm": ()}, "2 numbers, one per axis"),
        ({"spacing_mm": (1.0, 0.0)}, "positive and finite"),
        ({"spacing_mm": (1.0, -1.0)}, "positive and finite"),
        ({"spacing_mm": (1.0, np.nan)}, "positive and finite"),
        ({"spacing_mm": (1.0, np.inf)}, "positive and finite"),
    ],
)
def test_masks_that_cannot_be_compared_are_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Masks(**{"reference": ONE, "prediction": ONE, **changed})


def test_masks_of_integers_are_those_of_booleans_and_cannot_be_written() -> None:
    given = np.array([[0, 1, 1]], dtype=np.uint8)
    masks = Masks(reference=given, prediction=given.astype(bool))
    assert (masks.reference == masks.prediction).all()
    with pytest.raises(ValueError, match="read-only"):
        masks.reference[0, 0] = True


def test_a_mask_does_not_change_with_the_array_it_came_from() -> None:
    given = np.array([[True, False]])
    masks = Masks(reference=given, prediction=given)
    given[0, 1] = True
    assert not masks.reference[0, 1]


@pytest.mark.parametrize(
    ("shape", "spacing", "units", "pixel_size", "diagonal"),
    [
        ((3, 4), None, ("{pixel}", "{pixel}"), 1.0, 5.0),
        ((3, 4), (2.0, 2.0), ("mm", "mm2"), 4.0, 10.0),
        ((2, 3, 6), (1.0, 1.0, 1.0), ("mm", "mm3"), 1.0, 7.0),
    ],
)
def test_units_say_whether_the_spacing_is_known(
    shape: tuple[int, ...],
    spacing: tuple[float, ...] | None,
    units: tuple[str, str],
    pixel_size: float,
    diagonal: float,
) -> None:
    one = np.ones(shape, dtype=bool)
    masks = Masks(reference=one, prediction=one, spacing_mm=spacing)
    assert (masks.length_unit, masks.size_unit) == units
    assert (masks.pixel_size, masks.diagonal) == (pixel_size, diagonal)


@pytest.mark.parametrize(
    ("reference", "prediction", "empty"),
    [
        (True, True, Empty.NEITHER),
        (False, True, Empty.REFERENCE),
        (True, False, Empty.PREDICTION),
        (False, False, Empty.BOTH),
    ],
)
def test_an_empty_mask_is_named(reference: bool, prediction: bool, empty: Empty) -> None:
    masks = Masks(reference=ONE & reference, prediction=ONE & prediction)
    assert masks.empty is empty


@pytest.mark.parametrize(
    ("measure", "counts"),
    [
        (dice, PixelCounts(tp=0, fp=0, fn=0, tn=9)),
        (iou, PixelCounts(tp=0, fp=0, fn=0, tn=9)),
        (precision, PixelCounts(tp=0, fp=0, fn=2, tn=9)),
        (recall, PixelCounts(tp=0, fp=2, fn=0, tn=9)),
        (relative_size_difference, PixelCounts(tp=0, fp=2, fn=0, tn=9)),
    ],
)
def test_a_measure_that_does_not_exist_is_refused(measure: Any, counts: PixelCounts) -> None:
    with pytest.raises(ValueError, match=r"empty.*does not exist"):
        measure(counts)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_overlap_lies_between_0_and_1_and_is_symmetric(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    one, other = (data.draw(arrays(bool, shape)) for _ in range(2))
    one.flat[0] = other.flat[-1] = True
    forth = pixel_counts(Masks(reference=one, prediction=other))
    back = pixel_counts(Masks(reference=other, prediction=one))
    assert forth.tp + forth.fp + forth.fn + forth.tn == one.size
    assert 0 <= iou(forth) <= dice(forth) <= 1
    assert dice(forth) == dice(back)
    assert dice(forth) == pytest.approx(2 * iou(forth) / (1 + iou(forth)), abs=1e-12)
    assert precision(forth) == recall(back)
    assert min(precision(forth), recall(forth)) <= dice(forth) + 1e-12
    assert dice(forth) <= max(precision(forth), recall(forth)) + 1e-12
    assert (dice(forth) == 1) == bool((one == other).all())
    assert size_difference(forth, 2.0) == -size_difference(back, 2.0)


def test_accuracy_of_nothing_is_high_and_rises_with_the_field_of_view() -> None:
    def of_nothing(n: int) -> PixelCounts:
        reference = np.zeros((n, n), dtype=bool)
        reference[:10, :10] = True
        return pixel_counts(Masks(reference=reference, prediction=np.zeros_like(reference)))

    assert [pixel_accuracy(of_nothing(n)) for n in (20, 100)] == [0.75, 0.99]
    assert [recall(of_nothing(n)) for n in (20, 100)] == [0, 0]


def test_masks_of_one_size_need_not_overlap() -> None:
    one = np.eye(4, dtype=bool)
    counts = pixel_counts(Masks(reference=one, prediction=one[::-1]))
    assert (size_difference(counts, 1.0), dice(counts)) == (0.0, 0.0)
