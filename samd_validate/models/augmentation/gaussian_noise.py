"""Noise of the electronics."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted


class GaussianNoiseParams(AugmentationParams):
    """How strong the noise is."""

    sd: float = Field(default=0.05, ge=0, le=1, description="largest standard deviation")


@augmentation("gaussian_noise", version=1, params=GaussianNoiseParams)
def gaussian_noise(request: AugmentRequest, params: GaussianNoiseParams) -> Augmented:
    """Add normal noise, the same spread in every pixel; spreads up to ``sd`` are equally likely."""
    sd = request.generator.uniform(0, params.sd)
    noise = request.generator.standard_normal(request.pixels.shape, dtype=np.float32)
    return repainted(request, request.pixels + np.float32(sd) * noise)
