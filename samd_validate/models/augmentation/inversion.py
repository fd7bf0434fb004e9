"""Bone black instead of white."""

from __future__ import annotations

from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted


class InversionParams(AugmentationParams):
    """How often."""

    probability: float = Field(default=0.1, ge=0, le=1, description="share of patches it acts on")


@augmentation("inversion", version=1, params=InversionParams)
def inversion(request: AugmentRequest, params: InversionParams) -> Augmented:
    """Swap bright and dark (the photometric interpretation of a radiograph, read wrongly)."""
    del params
    return repainted(request, 1 - request.pixels)
