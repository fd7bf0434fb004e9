"""Dropout with a generator of its own, so that members can train side by side.

Imports torch; only imported when a network is made.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Noise:
    """Draws what is dropped; on the processor, so that a seed means the same on every device."""

    def __init__(self, rate: float, generator: torch.Generator) -> None:
        self.rate = rate
        self.generator = generator

    def drop(self, value: Tensor) -> Tensor:
        """Return ``value`` with a share of its entries set to zero and the rest scaled up."""
        keep = torch.rand(value.shape, generator=self.generator) >= self.rate
        return value * keep.to(value.device) / (1 - self.rate)

    def thin(self, series: Tensor) -> Tensor:
        """Return the series with a share of its channels silenced for a whole stay."""
        return series * self.kept_channels(series.shape[0], series.shape[2]).to(series.device)

    def kept_channels(self, stays: int, channels: int) -> Tensor:
        """Return ``(stays, 1, channels)``: which channels of a stay are not silenced."""
        return torch.rand((stays, 1, channels), generator=self.generator) >= self.rate / 2


def dropped(value: Tensor, noise: Noise | None) -> Tensor:
    """Return ``value`` after dropout while training, and as it is otherwise."""
    return value if noise is None else noise.drop(value)
