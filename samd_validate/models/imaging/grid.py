"""Between an image as it is and the grid a network works on.

Imports torch; only imported when a network is trained or run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.images import Image
from samd_validate.core.kinds import Plane
from samd_validate.models.imaging.components import apart

LOW, HIGH = 0.01, 0.99


@dataclass(frozen=True, kw_only=True)
class Grid:
    """How images come to a network: longest side in pixels (None: as they are), and contrast.

    ``is_normalised`` brings the darkest and brightest percent of each image to 0 and 1, so that
    exposure and window settings of a scanner matter less; what lies beyond is cut. ``prepare``
    comes before that, and sees the image on the grid in [0, 1]. ``keeps_gaps`` leaves pixels
    between two structures that touch unmarked in masks.
    """

    size: int | None
    is_normalised: bool
    prepare: Callable[[Plane], Plane] | None = None
    keeps_gaps: bool = False

    def shape(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return rows and columns on the grid for an image of ``shape``."""
        rows, columns = shape[:2]
        if self.size is None:
            return rows, columns
        scale = self.size / max(rows, columns)
        return max(1, round(rows * scale)), max(1, round(columns * scale))

    def pixels(self, image: Image) -> Tensor:
        """Return the image as ``(channels, rows, columns)`` on the grid."""
        array = image.pixels if image.pixels.ndim > 2 else image.pixels[..., None]  # noqa: PLR2004
        tensor = torch.tensor(np.moveaxis(array, 2, 0), dtype=torch.float32)
        on_grid = _resized(tensor, self.shape(image.pixels.shape)).clamp(0, 1)
        if self.prepare is not None:
            on_grid = torch.from_numpy(self.prepare(on_grid.numpy()))
        return self._contrast(on_grid)

    def _contrast(self, tensor: Tensor) -> Tensor:
        if not self.is_normalised:
            return tensor
        flat = tensor.flatten()
        step = max(1, flat.numel() // 100_000)
        low, high = torch.quantile(flat[::step], torch.tensor([LOW, HIGH]))
        scaled: Tensor = (tensor - low) / (high - low).clamp(min=1e-6)
        return scaled.clamp(0, 1)

    def mask(self, reference: Column) -> Tensor:
        """Return where a reference marks anything, ``(1, rows, columns)`` of 0 and 1."""
        marked = apart(reference) if self.keeps_gaps else np.asarray(reference) > 0
        tensor = torch.tensor(marked, dtype=torch.float32)[None]
        return (_resized(tensor, self.shape(reference.shape)) >= 0.5).float()  # noqa: PLR2004

    @staticmethod
    def back(probability: Tensor, shape: tuple[int, ...]) -> FloatArray:
        """Return a map ``(1, rows, columns)`` on the image's own grid, as an array."""
        return np.asarray(_resized(probability, shape[:2])[0].numpy(), dtype=np.float64)


def _resized(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(tensor.shape[1:]) == tuple(shape):
        return tensor
    smaller = shape[0] < tensor.shape[1]
    return functional.interpolate(
        tensor[None], size=tuple(shape), mode="bilinear", antialias=smaller, align_corners=False
    )[0]


def padded(tensor: Tensor, least: int) -> Tensor:
    """Return the tensor with its sides at least so long, the edge repeated."""
    rows, columns = (max(0, least - side) for side in tensor.shape[1:])
    if not rows and not columns:
        return tensor
    before = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
    return functional.pad(tensor[None], before, mode="replicate")[0]
