"""Batches of whole images with their targets, made ready beside training.

An image depends on the seed, the epoch and its place alone, so that a resumed training sees the
same ones. Imports torch; only imported when a network is trained or run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from samd_validate.core.arrays import FloatArray, IntArray
from samd_validate.core.images import ImageSource
from samd_validate.models.imaging.ahead import Ahead
from samd_validate.models.imaging.augmenting import Repaint
from samd_validate.models.imaging.grid import Grid, padded
from samd_validate.models.imaging.patches import KEPT_BYTES


@dataclass(kw_only=True)
class Squares:
    """Images of a source on a square grid, in memory as far as there is room for them."""

    source: ImageSource
    grid: Grid
    side: int
    _kept: dict[int, Tensor] = field(default_factory=dict)
    _bytes: int = 0

    def pixels(self, row: int) -> Tensor:
        """Return an image ``(channels, side, side)``; what it lacks to a square is its edge."""
        if row in self._kept:
            return self._kept[row]
        pixels = padded(self.grid.pixels(self.source.image(row)), self.side)
        size = pixels.numel() * pixels.element_size()
        if self._bytes + size <= KEPT_BYTES:
            self._bytes += size
            self._kept[row] = pixels
        return pixels

    def batch(self, rows: list[int]) -> Tensor:
        """Return some images as one tensor."""
        return torch.stack([self.pixels(row) for row in rows])


@dataclass(kw_only=True)
class WholeImages(Ahead):
    """The images of a part in batches, with ``targets`` ``(n, targets)``, NaN = not known.

    ``repaint`` changes an image in training. ``waited`` and ``worked`` are seconds the network
    waited for images, and worked on them.
    """

    images: Squares
    targets: FloatArray
    repaint: Repaint | None

    def epoch(self, number: int, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of an epoch, in its own order; the next ones are made meanwhile."""
        yield from self.batches(self.targets.shape[0], number, batch, self._batch)

    def _batch(self, chunk: IntArray, number: int) -> tuple[Tensor, Tensor]:
        images = [self._of_image(place, number) for place in chunk.tolist()]
        return torch.stack(images), torch.tensor(self.targets[chunk], dtype=torch.float32)

    def _of_image(self, place: int, number: int) -> Tensor:
        pixels = self.images.pixels(place)
        if self.repaint is None:
            return pixels
        return self.repaint(pixels, np.random.default_rng([self.seed, number, place]))
