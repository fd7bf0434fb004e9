"""Black borders where the collimator kept the beam out."""

from __future__ import annotations

from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams


class CollimationParams(AugmentationParams):
    """How wide the borders are."""

    share: float = Field(default=0.15, ge=0, lt=0.5, description="widest border of a side")


@augmentation("collimation", version=1, params=CollimationParams)
def collimation(request: AugmentRequest, params: CollimationParams) -> Augmented:
    """Blacken a border at each of the four sides, each up to ``share`` of the side.

    What lies under a border cannot be seen, and is not marked any more.
    """
    rows, columns = request.pixels.shape[1:]
    width = request.generator.uniform(0, params.share, size=4)
    top, bottom = (round(one * rows) for one in width[:2])
    left, right = (round(one * columns) for one in width[2:])
    pixels = request.pixels.copy()
    mask = None if request.mask is None else request.mask.copy()
    for plane in (pixels,) if mask is None else (pixels, mask):
        plane[:, :top] = plane[:, rows - bottom :] = 0
        plane[:, :, :left] = plane[:, :, columns - right :] = 0
    return Augmented(pixels=pixels, mask=mask)
