"""Images of a cohort, read one at a time, and what a device drew into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray, read_only


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image: ``pixels`` ``(rows, columns)`` or ``(rows, columns, 3)`` in [0, 1], float32.

    ``spacing_mm`` is the distance between pixel centres down the rows and along the columns,
    None where the source does not tell.
    """

    pixels: Column
    spacing_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", read_only(self.pixels, np.float32))
        if self.pixels.ndim not in (2, 3) or 0 in self.pixels.shape:
            raise ValueError("pixels must be rows by columns, with three channels for colour")


@runtime_checkable
class ImageSource(Protocol):
    """The images of a cohort, one per unit in its order; nothing is kept in memory.

    ``reference`` is a label image ``(rows, columns)``: 0 is background, positive numbers are what
    the reference standard marks (structures or instances); None where there is none for a unit.
    """

    @property
    def channels(self) -> int:
        """Return 1 for grey images, 3 for colour."""
        ...

    def image(self, row: int) -> Image:
        """Read one image."""
        ...

    def reference(self, row: int) -> Column | None:
        """Read the reference mask of one image, on the same grid."""
        ...

    def take(self, rows: IntArray) -> ImageSource:
        """Return the images of some rows, in their order."""
        ...


@runtime_checkable
class Segmentation(Protocol):
    """What a device drew into the images of a cohort: computed once, read one at a time."""

    @property
    def threshold(self) -> float:
        """Return the probability from which a pixel counts as marked."""
        ...

    def probability(self, row: int) -> FloatArray:
        """Return the probability of each pixel, ``(rows, columns)`` as the image itself."""
        ...


def marked(segmentation: Segmentation, row: int) -> BoolArray:
    """Return which pixels of an image count as marked."""
    return np.asarray(segmentation.probability(row) >= segmentation.threshold)
