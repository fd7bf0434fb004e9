"""Integrated gradients of a network on an image.

Imports torch and captum; only imported when a model is explained.
"""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients
from torch import Tensor, nn

STEPS = 24
AT_ONCE = 8


def integrated(network: nn.Module, whole: Tensor) -> Tensor:
    """Return how much each pixel of ``(1, channels, side, side)`` spoke for label 1.

    ``(1, side, side)``: the sum over channels, 0 where it is below.
    """
    network.eval()
    flat = whole.detach().flatten(2)
    even = flat.median(dim=2).values[:, :, None, None].expand_as(whole)
    found = IntegratedGradients(network).attribute(
        whole, baselines=even, target=0, n_steps=STEPS, internal_batch_size=AT_ONCE
    )
    return torch.relu(found.sum(dim=1))
