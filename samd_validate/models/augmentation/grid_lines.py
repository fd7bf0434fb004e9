"""The shadow of a scatter grid."""

from __future__ import annotations

import numpy as np
from pydantic import Field, model_validator

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted


class GridLinesParams(AugmentationParams):
    """How dark and how close the lines are."""

    probability: float = Field(default=0.2, ge=0, le=1, description="share of patches it acts on")
    amplitude: float = Field(default=0.05, ge=0, le=1, description="largest")
    closest_pixels: float = Field(default=2.5, ge=2)
    widest_pixels: float = Field(default=12, ge=2)

    @model_validator(mode="after")
    def _ordered(self) -> GridLinesParams:
        if self.closest_pixels > self.widest_pixels:
            raise ValueError("closest_pixels must not exceed widest_pixels")
        return self


@augmentation("grid_lines", version=1, params=GridLinesParams)
def grid_lines(request: AugmentRequest, params: GridLinesParams) -> Augmented:
    """Add a wave of lines along the rows or along the columns, as a scatter grid leaves it."""
    generator = request.generator
    amplitude = generator.uniform(0, params.amplitude)
    period = generator.uniform(params.closest_pixels, params.widest_pixels)
    phase = generator.uniform(0, 2 * np.pi)
    axis = int(generator.integers(1, 3))
    place = np.arange(request.pixels.shape[axis], dtype=np.float32)
    wave = np.asarray(amplitude * np.sin(2 * np.pi * place / period + phase), dtype=np.float32)
    shape = (1, -1, 1) if axis == 1 else (1, 1, -1)
    return repainted(request, request.pixels + wave.reshape(shape))
