"""Images cut into tiles: maps by tile, and images of which only some tiles are seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray, IntArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.images import Image, ImageSource
from samd_validate.core.model import Model

EDGE = 1e-7


@dataclass(frozen=True, kw_only=True)
class HeldImages:
    """Images in memory, one per unit; of each only the tiles in ``kept (n, tiles)`` are seen.

    The others are filled with the median of the image, by channel.
    """

    images: tuple[Image, ...]
    kept: BoolArray
    side: int

    @property
    def channels(self) -> int:
        """Return the channels of the images."""
        pixels = self.images[0].pixels
        return 1 if pixels.ndim == 2 else int(pixels.shape[2])  # noqa: PLR2004  # rows by columns

    def image(self, row: int) -> Image:
        """Return one image with its hidden tiles filled."""
        image, kept = self.images[row], self.kept[row]
        if kept.all():
            return image
        pixels = np.array(image.pixels)
        hidden = ~kept[tile_of(pixels.shape, self.side)]
        pixels[hidden] = np.median(image.pixels, axis=(0, 1))
        return replace(image, pixels=pixels)

    def reference(self, row: int) -> None:
        """Return no reference."""
        del row

    def take(self, rows: IntArray) -> HeldImages:
        """Return the images of some rows, in their order."""
        images = tuple(self.images[row] for row in rows.tolist())
        return replace(self, images=images, kept=self.kept[rows])


def tile_of(shape: tuple[int, ...], side: int) -> IntArray:
    """Return the number of the tile of each pixel, ``side`` tiles down and ``side`` across."""
    rows, columns = (np.arange(n) * side // n for n in shape[:2])
    return np.asarray(rows[:, None] * side + columns[None, :])


def by_tile(saliency: FloatArray, side: int) -> FloatArray:
    """Return the mean of a map in each tile, ``(side * side,)``; 0 in a tile without a pixel."""
    tile = tile_of(saliency.shape, side).ravel()
    total = np.bincount(tile, weights=saliency.ravel(), minlength=side * side)
    return np.asarray(total / np.maximum(np.bincount(tile, minlength=side * side), 1))


def held(source: ImageSource, rows: IntArray) -> tuple[Image, ...]:
    """Return the images of some rows, read once."""
    return tuple(source.image(row) for row in rows.tolist())


def log_odds_seen(
    model: Model, cohort: Cohort, images: tuple[Image, ...], kept: BoolArray, side: int
) -> FloatArray:
    """Return the log-odds ``(n,)`` of images of which only the tiles in ``kept`` are seen."""
    source = HeldImages(images=images, kept=kept, side=side)
    score = np.clip(model.predict(replace(cohort, images=source)), EDGE, 1 - EDGE)
    return np.asarray(np.log(score) - np.log1p(-score))
