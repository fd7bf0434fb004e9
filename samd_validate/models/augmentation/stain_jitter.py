"""Slides of other laboratories: more or less of each stain."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import AugmentationParams, repainted
from samd_validate.models.augmentation._stains import (
    CLEAR,
    LIGHT,
    absorbance,
    as_bytes,
    has_stains,
)


class StainJitterParams(AugmentationParams):
    """How far the stains change."""

    factor: float = Field(default=0.2, ge=0, lt=1, description="largest change of a stain's amount")
    shift: float = Field(default=0.05, ge=0, le=1, description="largest amount added everywhere")


@augmentation("stain_jitter", version=1, params=StainJitterParams, extra="monai")
def stain_jitter(request: AugmentRequest, params: StainJitterParams) -> Augmented:
    """Change how much of haematoxylin and of eosin each pixel holds, in the space of the stains.

    The stains are those of the patch (Macenko et al. 2009, doi:10.1109/ISBI.2009.5193250); each is
    multiplied by 1, up to ``factor`` more or less, and up to ``shift`` is added or taken (Tellez et
    al. 2019, doi:10.1016/j.media.2019.101544). What the two stains do not explain stays.

    Raises
    ------
    ValueError
        If the image is not in colour.
    """
    factor = request.generator.uniform(-params.factor, params.factor, size=(2, 1))
    shift = request.generator.uniform(-params.shift, params.shift, size=(2, 1))
    if not has_stains(request.pixels):
        return Augmented(pixels=request.pixels, mask=request.mask)
    from monai.apps.pathology.transforms.stain.array import ExtractHEStains

    stains = ExtractHEStains(tli=LIGHT, beta=CLEAR)(as_bytes(request.pixels)).astype(np.float64)
    amount = np.linalg.lstsq(stains, absorbance(request.pixels), rcond=None)[0]
    change = np.exp(-stains @ (factor * amount + shift)).reshape(request.pixels.shape)
    return repainted(request, request.pixels * change)
