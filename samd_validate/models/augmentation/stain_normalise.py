"""Every slide as if it were stained in the same laboratory."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, augmentation
from samd_validate.models.augmentation._common import PreparationParams, repainted
from samd_validate.models.augmentation._stains import CLEAR, LIGHT, as_bytes, has_stains


class StainNormaliseParams(PreparationParams):
    """Which percentile of the angles is taken as a pure stain."""

    percentile: float = Field(default=1, gt=0, lt=50)


@augmentation("stain_normalise", version=1, params=StainNormaliseParams, extra="monai")
def stain_normalise(request: AugmentRequest, params: StainNormaliseParams) -> Augmented:
    """Bring haematoxylin and eosin of the whole image to reference stains, at inference too.

    Macenko et al. 2009, doi:10.1109/ISBI.2009.5193250, in MONAI's form with its reference stains.
    An image with hardly anything stained is left as it is.

    Raises
    ------
    ValueError
        If the image is not in colour.
    """
    if not has_stains(request.pixels):
        return Augmented(pixels=request.pixels, mask=request.mask)
    from monai.apps.pathology.transforms.stain.array import NormalizeHEStains

    transform = NormalizeHEStains(tli=LIGHT, alpha=params.percentile, beta=CLEAR)
    with np.errstate(all="ignore"):
        found = transform(as_bytes(request.pixels))
    return repainted(request, np.moveaxis(found, 2, 0) / np.float32(255))
