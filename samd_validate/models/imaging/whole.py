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
from torch.nn import functional

from samd_validate.core.arrays import FloatArray, IntArray
from samd_validate.core.images import ImageSource
from samd_validate.models.imaging.ahead import Ahead
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

    ``jitter`` is how far training shifts an image, as a share of its side, and by how much it
    changes contrast and brightness. ``waited`` and ``worked`` are seconds the network waited for
    images, and worked on them.
    """

    images: Squares
    targets: FloatArray
    jitter: float

    def epoch(self, number: int, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of an epoch, in its own order; the next ones are made meanwhile."""
        yield from self.batches(self.targets.shape[0], number, batch, self._batch)

    def _batch(self, chunk: IntArray, number: int) -> tuple[Tensor, Tensor]:
        images = [
            jittered(
                self.images.pixels(place),
                self.jitter,
                np.random.default_rng([self.seed, number, place]),
            )
            for place in chunk.tolist()
        ]
        return torch.stack(images), torch.tensor(self.targets[chunk], dtype=torch.float32)


def jittered(pixels: Tensor, most: float, generator: np.random.Generator) -> Tensor:
    """Return an image shifted, and its contrast and brightness changed, by up to ``most``."""
    if most == 0:
        return pixels
    reach = max(1, round(most * pixels.shape[1]))
    rows, columns = pixels.shape[1:]
    wide = functional.pad(pixels[None], (reach,) * 4, mode="replicate")[0]
    top, left = (int(generator.integers(2 * reach + 1)) for _ in range(2))
    contrast, brightness = generator.uniform(-most, most, 2)
    moved = wide[:, top : top + rows, left : left + columns]
    return (moved - 0.5) * (1 + float(contrast)) + 0.5 + float(brightness)
