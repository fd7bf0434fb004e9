"""Mirror images, and quarter turns where up is nowhere."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Augmented, AugmentRequest, Plane, augmentation
from samd_validate.models.augmentation._common import AugmentationParams


class FlipParams(AugmentationParams):
    """Which mirrors; every combination of those chosen is equally likely."""

    probability: float = Field(default=1, ge=0, le=1, description="share of patches it acts on")
    is_horizontal: bool = Field(default=True, description="left and right change places")
    is_vertical: bool = Field(default=False, description="above and below change places")
    quarter_turns: bool = False


@augmentation("flip", version=1, params=FlipParams)
def flip(request: AugmentRequest, params: FlipParams) -> Augmented:
    """Mirror and turn image and mask alike; quarter turns only for square patches.

    A radiograph mirrored left to right has the heart on the other side: let it be where the label
    does not depend on the side.
    """
    mirrored = request.generator.random(2) < 0.5  # noqa: PLR2004  # an even chance
    turns = int(request.generator.integers(4))
    axes = [axis for axis, one in enumerate(_allowed(params)) if one and mirrored[axis]]
    is_square = request.pixels.shape[1] == request.pixels.shape[2]
    quarters = turns if params.quarter_turns and is_square else 0
    mask = None if request.mask is None else _turned(request.mask, axes, quarters)
    return Augmented(pixels=_turned(request.pixels, axes, quarters), mask=mask)


def _allowed(params: FlipParams) -> tuple[bool, bool]:
    return params.is_vertical, params.is_horizontal


def _turned(planes: Plane, axes: list[int], quarters: int) -> Plane:
    flipped = np.flip(planes, tuple(axis + 1 for axis in axes))
    return np.ascontiguousarray(np.rot90(flipped, quarters, axes=(1, 2)))
