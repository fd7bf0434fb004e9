"""Batches of patches: drawn by where the reference marks, augmented, made ready beside training.

A patch depends on the seed, the epoch and its image alone, so that a resumed training sees the
same ones. Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from samd_validate.core.images import ImageSource
from samd_validate.models.imaging.ahead import Ahead
from samd_validate.models.imaging.grid import Grid, padded

Augment = Callable[[Tensor, Tensor, np.random.Generator], tuple[Tensor, Tensor]]
KEPT_BYTES = 1 << 30
"""Images on the grid are kept up to this size; beyond it they are read again each epoch."""


@dataclass(kw_only=True)
class Kept:
    """Images of a source and their masks on a grid, in memory as far as there is room for them.

    Sides are at least ``least``, the edge repeated.
    """

    source: ImageSource
    grid: Grid
    least: int = 1
    _pairs: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    _bytes: int = 0

    def pair(self, row: int) -> tuple[Tensor, Tensor]:
        """Return an image and its mask."""
        if row in self._pairs:
            return self._pairs[row]
        reference = self.source.reference(row)
        if reference is None:
            raise ValueError("training needs a reference mask for each image")
        pixels = padded(self.grid.pixels(self.source.image(row)), self.least)
        pair = pixels, padded(self.grid.mask(reference), self.least)
        size = sum(one.numel() * one.element_size() for one in pair)
        if self._bytes + size <= KEPT_BYTES:
            self._bytes += size
            self._pairs[row] = pair
        return pair


@dataclass(kw_only=True)
class Patches(Ahead):
    """The patches of a part: ``per_image`` of each image and epoch, on the side of ``patch``.

    A patch is centred on a marked pixel with the chance ``positive_share``. ``waited`` and
    ``worked`` are seconds the network waited for patches, and worked on them.
    """

    images: Kept
    n_images: int
    patch: int
    per_image: int
    positive_share: float
    augment: Augment | None

    def epoch(self, number: int, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of an epoch, in its own order; the next ones are made meanwhile."""
        yield from self.batches(self.n_images, number, batch, self._batch)

    def _batch(self, chunk: np.ndarray, number: int) -> tuple[Tensor, Tensor]:
        pairs = [pair for place in chunk.tolist() for pair in self._of_image(place, number)]
        images, masks = zip(*pairs, strict=True)
        return torch.stack(images), torch.stack(masks)

    def _of_image(self, place: int, number: int) -> list[tuple[Tensor, Tensor]]:
        generator = np.random.default_rng([self.seed, number, place])
        image, mask = self.images.pair(place)
        made = []
        for _ in range(self.per_image):
            crop = _crop(image, mask, self.patch, self.positive_share, generator)
            made.append(crop if self.augment is None else self.augment(*crop, generator))
        return made


def _crop(
    image: Tensor, mask: Tensor, side: int, positive_share: float, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Return a square patch; where the mask is empty, or by chance, it lies anywhere."""
    rows, columns = mask.shape[1:]
    marked = torch.nonzero(mask[0].flatten())[:, 0]
    if marked.numel() and generator.random() < positive_share:
        at = int(marked[int(generator.integers(marked.numel()))])
        centre = divmod(at, columns)
        top, left = (
            int(np.clip(one - side // 2, 0, end - side))
            for one, end in zip(centre, (rows, columns), strict=True)
        )
    else:
        top, left = (int(generator.integers(end - side + 1)) for end in (rows, columns))
    window = (slice(None), slice(top, top + side), slice(left, left + side))
    return image[window], mask[window]
