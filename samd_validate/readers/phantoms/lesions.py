"""Nodules and infiltrates, drawn into a chest and marked each with a number of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, label

from samd_validate.core.arrays import BoolArray
from samd_validate.readers.phantoms.chest import FIELD_MM, Chest, Plane

Labels = npt.NDArray[np.uint8]
NODULE_MM = (6.0, 16.0)
INFILTRATE_MM = (25.0, 50.0)
NODULE_DENSITY = (0.10, 0.22)
INFILTRATE_DENSITY = (0.09, 0.18)
DEEP = -0.04
"""A lesion is centred at least so deep in a lung (in the chest's own measure)."""


def draw_lesions(
    chest: Chest, n_nodules: int, n_infiltrates: int, generator: np.random.Generator
) -> tuple[Plane, Labels]:
    """Return the attenuation with lesions, and their numbers from 1; 0 is background.

    Lesions end where the lung ends. A later one does not overwrite the number of an earlier one;
    of an infiltrate the largest connected part is marked and drawn.
    """
    attenuation = chest.attenuation.copy()
    marked = np.zeros(attenuation.shape, dtype=np.uint8)
    shapes = [_infiltrate] * n_infiltrates + [_nodule] * n_nodules
    for draw in shapes:
        density, weight, mask = draw(chest, _centre(chest, marked, generator), generator)
        mask &= (marked == 0) & chest.lungs
        attenuation += density * weight * chest.lungs
        marked[mask] = marked.max() + 1 if mask.any() else 0
    return attenuation, marked


def _centre(chest: Chest, marked: Labels, generator: np.random.Generator) -> tuple[int, int]:
    """Return a pixel deep in a lung and outside the lesions so far."""
    free = np.flatnonzero((chest.lung_depth < DEEP) & (marked == 0))
    row, column = divmod(int(free[generator.integers(free.size)]), marked.shape[1])
    return row, column


def _nodule(
    chest: Chest, centre: tuple[int, int], generator: np.random.Generator
) -> tuple[float, Plane, BoolArray]:
    """Return density, profile (that of a sphere, not quite round) and mask of a nodule."""
    radius = generator.uniform(*NODULE_MM) * chest.lungs.shape[0] / FIELD_MM
    down, right = _offsets(chest, centre)
    angle = np.arctan2(down, right)
    edge = radius * (1 + 0.08 * np.cos(3 * angle + generator.uniform(0, 2 * np.pi)))
    inside = 1 - (down**2 + right**2) / edge**2
    profile = np.sqrt(np.clip(inside, 0, None)).astype(np.float32)
    return float(generator.uniform(*NODULE_DENSITY)), profile, np.asarray(inside > 0)


def _infiltrate(
    chest: Chest, centre: tuple[int, int], generator: np.random.Generator
) -> tuple[float, Plane, BoolArray]:
    """Return density, weight and mask of a cloud with a ragged edge."""
    size = chest.lungs.shape[0]
    radii = generator.uniform(*INFILTRATE_MM, 2) * size / FIELD_MM
    down, right = _offsets(chest, centre)
    cloud = gaussian_filter(
        generator.standard_normal((size, size), dtype=np.float32), size * 0.03, truncate=2.5
    )
    round_level = 1 - (down / radii[0]) ** 2 - (right / radii[1]) ** 2
    uneven = cloud / cloud.std()
    level = round_level + 0.5 * (uneven - uneven[(round_level > 0) & chest.lungs].mean())
    weight = 1 / (1 + np.exp(-np.clip(level / 0.15, -30, 30)))
    mask = _largest((weight > 0.5) & chest.lungs)  # noqa: PLR2004 (half its weight)
    near = gaussian_filter(mask.astype(np.float32), 1.0) > 0.01  # noqa: PLR2004 (its soft edge)
    return float(generator.uniform(*INFILTRATE_DENSITY)), (weight * near).astype(np.float32), mask


def _largest(mask: BoolArray) -> BoolArray:
    parts, count = label(mask)
    return mask if not count else np.asarray(parts == np.bincount(parts.ravel())[1:].argmax() + 1)


def _offsets(chest: Chest, centre: tuple[int, int]) -> tuple[Plane, Plane]:
    rows, columns = chest.lungs.shape
    down = np.arange(rows, dtype=np.float32)[:, None] - centre[0]
    right = np.arange(columns, dtype=np.float32)[None, :] - centre[1]
    return down, right
