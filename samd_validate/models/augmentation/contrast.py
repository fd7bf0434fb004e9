"""Another width of the display window."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted


class ContrastParams(AugmentationParams):
    """How far the contrast changes."""

    range: float = Field(default=0.3, ge=0, lt=1, description="largest change of the factor")


@augmentation("contrast", version=1, params=ContrastParams)
def contrast(request: AugmentRequest, params: ContrastParams) -> Augmented:
    """Stretch pixels about their mean by a factor of 1, up to ``range`` more or less."""
    factor = np.float32(1 + request.generator.uniform(-params.range, params.range))
    mean = request.pixels.mean()
    return repainted(request, request.pixels + (factor - 1) * (request.pixels - mean))
