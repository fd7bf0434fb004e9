"""Distances between the boundaries of two masks: Hausdorff, ASSD, surface Dice.

**Boundary**: the pixels of a mask of which at least one neighbour by a face (4 in 2-D, 6 in 3-D) is
outside the mask or outside the image. **Distance**: from the centre of each boundary pixel of one
mask to the nearest centre of a boundary pixel of the other, Euclidean, by the exact transform of
``scipy.ndimage``. Every boundary pixel counts once, as in MONAI and MetricsReloaded; elements
weighted by their length or area (Nikolov et al. 2021, doi:10.2196/26151) are something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt, find_objects

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.stats.segmentation.masks import Empty, Masks

ROUNDING = 1e-6
"""Headers hold spacings in single precision: a distance this share above a tolerance meets it."""


@dataclass(frozen=True, kw_only=True)
class SurfaceDistances:
    """Distances from each boundary to the other, in ``unit``.

    ``from_reference`` has one per boundary pixel of the reference, ``from_prediction`` one per
    boundary pixel of the prediction.
    """

    from_reference: FloatArray
    from_prediction: FloatArray
    unit: str

    @property
    def both(self) -> FloatArray:
        """Return the distances of both directions."""
        return np.concatenate([self.from_reference, self.from_prediction])


def boundary(mask: BoolArray) -> BoolArray:
    """Return the boundary pixels of a mask, which belong to it; the image's edge is outside.

    >>> boundary(np.ones((3, 3), dtype=bool)).astype(int)
    array([[1, 1, 1],
           [1, 0, 1],
           [1, 1, 1]])
    """
    return np.asarray(mask & ~binary_erosion(mask))


def surface_distances(masks: Masks) -> SurfaceDistances:
    """Return the distances between the boundaries of a case.

    Raises
    ------
    ValueError
        If a mask is empty: there is no boundary, and no distance.
    """
    if masks.empty is not Empty.NEITHER:
        raise ValueError(
            "a mask is empty: distances do not exist; a policy for empty masks says more"
        )
    box = find_objects((masks.reference | masks.prediction).astype(np.int8))[0]
    reference, prediction = boundary(masks.reference[box]), boundary(masks.prediction[box])
    return SurfaceDistances(
        from_reference=distance_transform_edt(~prediction, sampling=masks.spacing)[reference],
        from_prediction=distance_transform_edt(~reference, sampling=masks.spacing)[prediction],
        unit=masks.length_unit,
    )


def hausdorff_distance(distances: SurfaceDistances, percentile: float = 95) -> float:
    """Return the larger of the two directions' percentiles (type 7), lower is better.

    With 100 it is the Hausdorff distance, which one stray pixel decides; 95 is customary. A
    percentile of both directions together is another number. Ref. Huttenlocher et al. 1993,
    doi:10.1109/34.232073.

    Raises
    ------
    ValueError
        For a percentile outside (0, 100].
    """
    if not 0 < percentile <= 100:  # noqa: PLR2004
        raise ValueError("percentile must lie above 0 and not above 100")
    ends = (distances.from_reference, distances.from_prediction)
    return max(float(np.quantile(one, percentile / 100)) for one in ends)


def average_symmetric_surface_distance(distances: SurfaceDistances) -> float:
    """Return the mean distance over the boundary pixels of both masks, lower is better (ASSD).

    The larger boundary weighs more; the mean of the two directions' means (MASD) is another number.
    """
    return float(distances.both.mean())


def surface_dice(distances: SurfaceDistances, tolerance: float) -> float:
    """Return the share of boundary pixels within a tolerance of the other boundary (NSD), 0 to 1.

    ``tolerance`` is in the unit of the distances, and a distance equal to it is within it. Choose
    it from how far human readers differ, before the results are seen.

    Raises
    ------
    ValueError
        For a tolerance that is negative or not finite.
    """
    check_tolerance(tolerance)
    return float((distances.both <= tolerance * (1 + ROUNDING)).mean())


def check_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that is negative or not finite."""
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise ValueError("tolerance must be 0 or more, and finite")
