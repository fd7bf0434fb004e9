"""An image that was stored small."""

from __future__ import annotations

from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, in_unit


class ResolutionParams(AugmentationParams):
    """How small."""

    coarsest: float = Field(default=0.25, gt=0, le=1, description="smallest side, as a share")


@augmentation("resolution", version=1, params=ResolutionParams)
def resolution(request: AugmentRequest, params: ResolutionParams) -> Augmented:
    """Make the image smaller, each side by a share down to ``coarsest``, and large again."""
    import torch
    from torch.nn.functional import interpolate

    share = float(request.generator.uniform(params.coarsest, 1))
    whole = torch.from_numpy(request.pixels)[None]
    sides = tuple(max(1, round(side * share)) for side in request.pixels.shape[1:])
    if sides == request.pixels.shape[1:]:
        return Augmented(pixels=request.pixels, mask=request.mask)
    small = interpolate(whole, size=sides, mode="area")
    large = interpolate(small, size=request.pixels.shape[1:], mode="bilinear", align_corners=False)
    return Augmented(pixels=in_unit(large[0].numpy()), mask=request.mask)
