"""Between the augmentations of a recipe and what training and inference call.

Imports torch; only imported when a network is trained or run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from samd_validate.core.kinds import Plane
from samd_validate.models.augmentation._choice import Choice, applied, bound
from samd_validate.models.imaging.patches import Augment

Prepare = Callable[[Plane], Plane]
Repaint = Callable[[Tensor, np.random.Generator], Tensor]


def augment_of(choices: Sequence[Choice]) -> Augment | None:
    """Return what changes a patch and its mask in training; None if nothing does."""
    steps = bound(choices, is_preparation=False)
    if not steps:
        return None

    def augment(
        image: Tensor, mask: Tensor, generator: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        found = applied(steps, image.numpy(), mask.numpy(), generator)
        assert found.mask is not None  # noqa: S101  # a mask was given
        return torch.from_numpy(found.pixels), torch.from_numpy(found.mask)

    return augment


def repaint_of(choices: Sequence[Choice]) -> Repaint | None:
    """Return what changes a whole image without a mask in training; None if nothing does."""
    steps = bound(choices, is_preparation=False)
    if not steps:
        return None
    return lambda image, generator: torch.from_numpy(
        applied(steps, image.numpy(), None, generator).pixels
    )


def prepare_of(choices: Sequence[Choice]) -> Prepare | None:
    """Return what is done to every image before its contrast is set; None if nothing is."""
    steps = bound(choices, is_preparation=True)
    if not steps:
        return None
    unused = np.random.default_rng(0)
    return lambda pixels: applied(steps, pixels, None, unused).pixels
