"""Another shape of the body."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.arrays import FloatArray
from samd_validate.core.kinds import Augmented, AugmentRequest, Plane, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, binary, in_unit


class ElasticParams(AugmentationParams):
    """How far and how smoothly pixels move."""

    probability: float = Field(default=0.2, ge=0, le=1, description="share of patches it acts on")
    magnitude_pixels: float = Field(default=4, ge=0, description="largest spread of a move")
    spacing_pixels: int = Field(default=32, ge=4, description="between points that move freely")


@augmentation("elastic", version=1, params=ElasticParams)
def elastic(request: AugmentRequest, params: ElasticParams) -> Augmented:
    """Move the knots of a grid at random, and image and mask smoothly with them.

    The standard deviation of a move is up to ``magnitude_pixels``; between knots moves are cubic
    splines. What enters is black. Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801.
    """
    spread = float(request.generator.uniform(0, params.magnitude_pixels))
    sides = request.pixels.shape[1:]
    knots = [max(2, round(side / params.spacing_pixels) + 1) for side in sides]
    moves = request.generator.standard_normal((2, *knots)) * spread
    if spread == 0:
        return Augmented(pixels=request.pixels, mask=request.mask)
    smooth = np.stack([_smooth(one, sides) for one in moves])
    places = np.asarray(np.indices(sides) + smooth, dtype=np.float64)
    mask = None if request.mask is None else binary(_moved(request.mask, places))
    return Augmented(pixels=in_unit(_moved(request.pixels, places)), mask=mask)


def _smooth(knots: FloatArray, sides: tuple[int, ...]) -> FloatArray:
    from scipy.ndimage import zoom

    ratio = [side / n for side, n in zip(sides, knots.shape, strict=True)]
    return np.asarray(zoom(knots, ratio, order=3, mode="nearest"), dtype=np.float64)


def _moved(planes: Plane, places: FloatArray) -> Plane:
    from scipy.ndimage import map_coordinates

    return np.stack([map_coordinates(one, places, order=1) for one in planes])
