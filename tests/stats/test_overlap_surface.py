"""Distances between boundaries: refused input, edges of the image, and a slow way to the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.spatial.distance import cdist

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.stats.segmentation.masks import Masks
from samd_validate.stats.segmentation.surface import (
    average_symmetric_surface_distance,
    boundary,
    hausdorff_distance,
    surface_dice,
    surface_distances,
)

SHAPES = array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=6)
BLOCK = np.zeros((9, 9), dtype=bool)
BLOCK[3:6, 3:6] = True
STEPS = st.floats(0.2, 4)


def of(reference: BoolArray, prediction: BoolArray, *spacing: float) -> Masks:
    return Masks(reference=reference, prediction=prediction, spacing_mm=spacing or None)


@pytest.mark.parametrize("masks", [of(BLOCK, ~BLOCK & BLOCK), of(BLOCK & ~BLOCK, BLOCK)])
def test_distances_to_an_empty_mask_are_refused(masks: Masks) -> None:
    with pytest.raises(ValueError, match="a mask is empty"):
        surface_distances(masks)


@pytest.mark.parametrize("tolerance", [-1e-9, -1.0, np.nan, np.inf])
def test_a_tolerance_that_is_none_is_refused(tolerance: float) -> None:
    with pytest.raises(ValueError, match="tolerance must be 0 or more"):
        surface_dice(surface_distances(of(BLOCK, BLOCK)), tolerance)


@pytest.mark.parametrize("percentile", [0.0, -5.0, 100.1, np.nan])
def test_a_percentile_that_is_none_is_refused(percentile: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        hausdorff_distance(surface_distances(of(BLOCK, BLOCK)), percentile)


def slow_boundary(mask: BoolArray) -> BoolArray:
    """Return the pixels with a neighbour by a face outside, one by one."""
    padded = np.pad(mask, 1)
    inner = np.ones(mask.shape, dtype=bool)
    for axis in range(mask.ndim):
        for step in (-1, 1):
            moved = np.roll(padded, step, axis=axis)
            inner &= moved[(slice(1, -1),) * mask.ndim]
    return mask & ~inner


def slow_distances(masks: Masks) -> tuple[FloatArray, FloatArray]:
    points = [
        np.argwhere(slow_boundary(one)) * masks.spacing
        for one in (masks.reference, masks.prediction)
    ]
    away = cdist(*points)
    return away.min(axis=1), away.min(axis=0)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_distances_are_those_between_all_pairs_of_boundary_pixels(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    one, other = (data.draw(arrays(bool, shape)) for _ in range(2))
    one.flat[0] = other.flat[-1] = True
    masks = of(one, other, *(data.draw(STEPS) for _ in shape))
    np.testing.assert_array_equal(boundary(one), slow_boundary(one))
    found, (forth, back) = surface_distances(masks), slow_distances(masks)
    np.testing.assert_allclose(found.from_reference, forth, atol=1e-9)
    np.testing.assert_allclose(found.from_prediction, back, atol=1e-9)
    assert found.both.max() <= masks.diagonal
    assert average_symmetric_surface_distance(found) <= hausdorff_distance(found, 100) + 1e-12
    assert hausdorff_distance(found, 50) <= hausdorff_distance(found) <= found.both.max()


@settings(max_examples=30, deadline=None)
@given(arrays(bool, (5, 6)), arrays(bool, (5, 6)), st.floats(0, 6), st.floats(0.5, 3))
def test_surface_dice_grows_with_the_tolerance_and_scales_with_the_spacing(
    one: BoolArray, other: BoolArray, tolerance: float, factor: float
) -> None:
    one[0, 0] = other[4, 5] = True
    found = surface_distances(of(one, other, 1.0, 1.0))
    larger = surface_distances(of(one, other, factor, factor))
    shares = [surface_dice(found, tolerance * step) for step in (0, 0.5, 1, 2)]
    assert shares == sorted(shares)
    assert surface_dice(found, found.both.max()) == 1
    np.testing.assert_allclose(larger.both, factor * found.both, atol=1e-9)


def test_the_image_edge_is_outside_the_mask() -> None:
    full = np.ones((5, 5), dtype=bool)
    assert np.count_nonzero(boundary(full)) == 16
    assert hausdorff_distance(surface_distances(of(full, full)), 100) == 0


def test_a_shift_along_a_long_axis_counts_in_millimetres() -> None:
    wide = np.zeros((4, 12), dtype=bool)
    one, other = wide.copy(), wide.copy()
    one[1, 2] = other[1, 4] = True
    found = surface_distances(of(one, other, 1.0, 2.5))
    assert (hausdorff_distance(found), found.unit) == (5.0, "mm")
    in_pixels = surface_distances(of(one, other))
    assert (hausdorff_distance(in_pixels), in_pixels.unit) == (2.0, "{pixel}")


def test_a_distance_equal_to_the_tolerance_is_within_it_despite_rounding() -> None:
    one, other = np.zeros((2, 1, 8), dtype=bool)
    one[0, 1] = other[0, 4] = True
    tenth = float(np.float32(0.1))  # as a header gives it: three steps are a little above 0.3
    found = surface_distances(of(one, other, 1.0, tenth))
    assert found.both.max() > 0.3
    assert surface_dice(found, 0.3) == 1
    assert surface_dice(found, 0.2999) == 0


def test_far_away_pixels_cost_no_more_than_their_box() -> None:
    reference, prediction = np.zeros((2, 400, 400), dtype=bool)
    reference[200:203, 200:203] = prediction[201:204, 200:203] = True
    whole = surface_distances(of(reference, prediction))
    part = surface_distances(of(reference[195:210, 195:210], prediction[195:210, 195:210]))
    np.testing.assert_array_equal(whole.both, part.both)
