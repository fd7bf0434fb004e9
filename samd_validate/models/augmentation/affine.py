"""A patient who stands turned, nearer, or beside the middle."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from samd_validate.core.arrays import FloatArray
from samd_validate.core.kinds import Augmented, AugmentRequest, Plane, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, binary, in_unit

BORDERS = {"black": "constant", "edge": "nearest"}


class AffineParams(AugmentationParams):
    """How far an image is turned, scaled and shifted."""

    rotation_degrees: float = Field(default=10, ge=0, le=180)
    scale: float = Field(default=0.15, ge=0, lt=1, description="largest change of the size")
    shift: float = Field(default=0.05, ge=0, lt=1, description="largest, as a share of a side")
    border: Literal["black", "edge"] = Field(default="black", description="what enters")


@augmentation("affine", version=1, params=AffineParams)
def affine(request: AugmentRequest, params: AffineParams) -> Augmented:
    """Rotate about the middle, scale and shift image and mask alike.

    What enters is black, or the edge repeated; in the mask it is never marked. Both are
    interpolated linearly on the same places; a pixel is marked where half of it is.
    """
    generator = request.generator
    angle = np.deg2rad(generator.uniform(-params.rotation_degrees, params.rotation_degrees))
    scale = 1 + generator.uniform(-params.scale, params.scale)
    shift = generator.uniform(-params.shift, params.shift, size=2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    middle = (np.array(request.pixels.shape[1:]) - 1) / 2
    offset = middle - turn @ (middle + shift * np.array(request.pixels.shape[1:]))
    mask = None if request.mask is None else binary(_moved(request.mask, turn, offset, "black"))
    moved = _moved(request.pixels, turn, offset, params.border)
    return Augmented(pixels=in_unit(moved), mask=mask)


def _moved(planes: Plane, turn: FloatArray, offset: FloatArray, border: str) -> Plane:
    from scipy.ndimage import affine_transform

    mode = BORDERS[border]
    return np.stack(
        [affine_transform(one, turn, offset=offset, order=1, mode=mode) for one in planes]
    )
