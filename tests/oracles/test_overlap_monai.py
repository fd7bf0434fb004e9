"""Agreement with MONAI on random masks: the same boundary, the same distances, single precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.metrics import (
    compute_average_surface_distance,
    compute_dice,
    compute_hausdorff_distance,
    compute_iou,
    compute_surface_dice,
)
from scipy.ndimage import gaussian_filter

from samd_validate.core.arrays import BoolArray
from samd_validate.stats.segmentation.case_table import measure_case
from samd_validate.stats.segmentation.masks import Masks
from samd_validate.stats.segmentation.surface import (
    hausdorff_distance,
    surface_dice,
    surface_distances,
)

# MONAI calls itself with an argument that it has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*always_return_as_numpy:FutureWarning")

SINGLE = 1e-5  # MONAI works in single precision, in the position of a percentile too


def blobs(seed: int, shape: tuple[int, ...]) -> tuple[BoolArray, BoolArray]:
    """Return two smooth random masks that have much in common."""
    generator = np.random.default_rng(seed)
    shared, own, other = (gaussian_filter(generator.standard_normal(shape), 2) for _ in range(3))
    cut = float(np.quantile(shared, 0.7))
    return shared + 0.4 * own > cut, shared + 0.4 * other > cut


def batch(mask: BoolArray) -> torch.Tensor:
    return torch.from_numpy(mask)[None, None].float()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("shape", "spacing"),
    [
        ((40, 50), None),
        ((40, 50), (0.7, 1.3)),
        ((20, 24, 16), None),
        ((20, 24, 16), (0.85, 1.2, 3.0)),
    ],
)
@pytest.mark.requirement("SW-STAT-OVERLAP")
def test_measures_of_random_masks_are_those_of_monai(
    seed: int, shape: tuple[int, ...], spacing: tuple[float, ...] | None
) -> None:
    reference, prediction = blobs(seed, shape)
    y, y_pred = batch(reference), batch(prediction)
    where = {"include_background": True, "spacing": spacing}
    masks = Masks(reference=reference, prediction=prediction, spacing_mm=spacing)
    found = measure_case(masks, case_id="1", patient_id="1", tolerance=1.5).values
    wanted = {
        "dice": compute_dice(y_pred, y, include_background=True),
        "iou": compute_iou(y_pred, y, include_background=True),
        "hd95": compute_hausdorff_distance(y_pred, y, percentile=95, **where),
        "assd": compute_average_surface_distance(y_pred, y, symmetric=True, **where),
        "surface_dice": compute_surface_dice(y_pred, y, [1.5], **where),
    }
    for name, tensor in wanted.items():
        assert found[name] == pytest.approx(tensor.item(), rel=SINGLE), name
    largest = compute_hausdorff_distance(y_pred, y, **where).item()
    assert hausdorff_distance(surface_distances(masks), 100) == pytest.approx(largest, rel=SINGLE)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.85, 1.2, 0.9)])
def test_elements_weighted_by_area_give_another_surface_dice(
    spacing: tuple[float, float, float],
) -> None:
    axes = np.ogrid[:40, :40, :40]
    masks = [
        sum((axis * step - at) ** 2 for axis, step, at in zip(axes, spacing, centre, strict=True))
        <= 100
        for centre in ((14, 14, 14), (16, 14, 14))
    ]
    reference, prediction = masks
    where = {"include_background": True, "spacing": spacing}
    by_area, by_count = (
        compute_surface_dice(
            batch(prediction), batch(reference), [1.0], use_subvoxels=is_weighted, **where
        ).item()
        for is_weighted in (True, False)
    )
    one = Masks(reference=reference, prediction=prediction, spacing_mm=spacing)
    found = surface_dice(surface_distances(one), 1.0)
    assert found == pytest.approx(by_count, rel=SINGLE)
    assert by_area > found + 0.1  # corners of pixels lie nearer than centres


@pytest.mark.parametrize("is_reference", [True, False])
@pytest.mark.filterwarnings("ignore:the (ground truth|prediction) of class:UserWarning")
def test_a_missed_structure_counts_where_monai_gives_no_number(is_reference: bool) -> None:
    block, none = np.zeros((2, 6, 8), dtype=bool)
    block[2:4, 3:5] = True
    reference, prediction = (none, block) if is_reference else (block, none)
    largest, at_95 = (
        compute_hausdorff_distance(
            batch(prediction), batch(reference), include_background=True, percentile=percentile
        ).item()
        for percentile in (None, 95)
    )
    assert largest == np.inf
    assert np.isnan(at_95)  # MONAI's means leave such a case out
    masks = Masks(reference=reference, prediction=prediction)
    assert measure_case(masks, case_id="1", patient_id="1").values["hd95"] == 10.0
