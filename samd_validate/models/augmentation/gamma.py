"""Another curve from dose to brightness."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted


class GammaParams(AugmentationParams):
    """How far the curve bends."""

    log_range: float = Field(default=0.4, ge=0, le=3, description="largest natural log of gamma")


@augmentation("gamma", version=1, params=GammaParams)
def gamma(request: AugmentRequest, params: GammaParams) -> Augmented:
    """Raise pixels to the power of gamma; its logarithm is uniform from ``-log_range`` up to it."""
    power = np.exp(request.generator.uniform(-params.log_range, params.log_range))
    return repainted(request, request.pixels ** np.float32(power))
