"""An image out of focus, or of a patient who moved."""

from __future__ import annotations

from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted


class BlurParams(AugmentationParams):
    """How wide the blur is."""

    sd_pixels: float = Field(default=1.5, ge=0, le=50, description="largest, on the grid")


@augmentation("blur", version=1, params=BlurParams)
def blur(request: AugmentRequest, params: BlurParams) -> Augmented:
    """Smooth with a Gaussian of a standard deviation up to ``sd_pixels``."""
    from scipy.ndimage import gaussian_filter

    sd = float(request.generator.uniform(0, params.sd_pixels))
    return repainted(request, gaussian_filter(request.pixels, (0, sd, sd), mode="nearest"))
