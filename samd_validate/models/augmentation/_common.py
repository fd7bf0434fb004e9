"""What augmentations share: parameters, how often they act, and pixels in [0, 1]."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.kinds import Augmented, AugmentRequest, Plane


class PreparationParams(BaseModel):
    """Parameters of a step that is no chance: it acts in training and at inference alike."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    is_preparation: ClassVar[bool] = True
    probability: ClassVar[float] = 1.0


class AugmentationParams(BaseModel):
    """Parameters of an augmentation: it acts in training, on a share of the patches."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    is_preparation: ClassVar[bool] = False
    probability: float = Field(default=0.5, ge=0, le=1, description="share of patches it acts on")


def repainted(request: AugmentRequest, pixels: Any) -> Augmented:
    """Return the request with other pixels, cut to [0, 1]; the mask stays where it is."""
    return Augmented(pixels=in_unit(pixels), mask=request.mask)


def in_unit(pixels: Any) -> Plane:
    """Return pixels cut to [0, 1], as float32."""
    return np.asarray(np.clip(pixels, 0, 1), dtype=np.float32)


def binary(mask: Any) -> Plane:
    """Return a mask of 0 and 1 from shares of pixels."""
    return np.asarray(np.asarray(mask) >= 0.5, dtype=np.float32)  # noqa: PLR2004
