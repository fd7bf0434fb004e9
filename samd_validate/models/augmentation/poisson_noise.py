"""Noise of too few quanta."""

from __future__ import annotations

from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted

LEAST = 1e-3
"""Noise below this is none: more than a million quanta a pixel."""


class PoissonNoiseParams(AugmentationParams):
    """How strong the noise is."""

    sd: float = Field(default=0.05, ge=0, le=1, description="largest, where pixels are 1")


@augmentation("poisson_noise", version=1, params=PoissonNoiseParams)
def poisson_noise(request: AugmentRequest, params: PoissonNoiseParams) -> Augmented:
    """Count quanta instead of brightness: the variance grows with the brightness.

    A pixel of 1 stands for ``1 / sd**2`` quanta, with ``sd`` up to the given one. In a radiograph
    shown bright on dark, fewest quanta arrive where it is bright, as the noise is most there.
    """
    sd = float(request.generator.uniform(0, params.sd))
    if sd < LEAST:
        return Augmented(pixels=request.pixels, mask=request.mask)
    return repainted(request, request.generator.poisson(request.pixels / sd**2) * sd**2)
