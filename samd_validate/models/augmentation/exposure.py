"""Another level of the display window."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted


class ExposureParams(AugmentationParams):
    """How far the brightness changes."""

    range: float = Field(default=0.2, ge=0, le=1, description="largest change")


@augmentation("exposure", version=1, params=ExposureParams)
def exposure(request: AugmentRequest, params: ExposureParams) -> Augmented:
    """Add the same number, up to ``range`` above or below 0, to all pixels; what leaves is cut."""
    change = np.float32(request.generator.uniform(-params.range, params.range))
    return repainted(request, request.pixels + change)
