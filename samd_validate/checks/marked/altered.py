"""Images with a part hidden or something added, made when they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import BoolArray, Column, IntArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.images import Image, ImageSource

Pixels = npt.NDArray[np.float32]
Change = Callable[[Pixels, Column | None], Pixels]
"""From pixels and the reference mask (None without one) to other pixels of the same shape."""
Box = tuple[float, float, float, float]
"""Top, left, bottom, right, as shares of the image's sides."""


@dataclass(frozen=True, kw_only=True)
class AlteredImages:
    """The images of a source, those of some units changed; references stay as they are."""

    source: ImageSource
    change: Change
    is_changed: BoolArray

    @property
    def channels(self) -> int:
        """Return the channels of the source."""
        return self.source.channels

    def image(self, row: int) -> Image:
        """Read one image and change it if it is one of those."""
        image = self.source.image(row)
        if not self.is_changed[row]:
            return image
        pixels = self.change(np.array(image.pixels), self.source.reference(row))
        return replace(image, pixels=pixels)

    def reference(self, row: int) -> Column | None:
        """Read the reference of one image."""
        return self.source.reference(row)

    def take(self, rows: IntArray) -> AlteredImages:
        """Return the images of some rows, in their order."""
        return replace(self, source=self.source.take(rows), is_changed=self.is_changed[rows])


def altered(cohort: Cohort, change: Change, where: BoolArray | None = None) -> Cohort:
    """Return the cohort with its images, or those of the units in ``where``, changed."""
    if cohort.images is None:
        raise ValueError("only images can be changed")
    chosen = np.ones(cohort.size, dtype=np.bool_) if where is None else where
    images = AlteredImages(source=cohort.images, change=change, is_changed=chosen)
    return replace(cohort, images=images)


def without_box(box: Box) -> Change:
    """Return a change that fills a region with the median of the image."""

    def change(pixels: Pixels, reference: Column | None) -> Pixels:
        del reference
        pixels[_inside(box, pixels.shape)] = _median(pixels)
        return pixels

    return change


def with_marker(box: Box, brightness: float) -> Change:
    """Return a change that fills a region with one brightness in [0, 1]."""

    def change(pixels: Pixels, reference: Column | None) -> Pixels:
        del reference
        pixels[_inside(box, pixels.shape)] = brightness
        return pixels

    return change


def without_structure(labels: tuple[int, ...] | None, *, is_boxed: bool) -> Change:
    """Return a change that fills what the reference marks, or the box around it, with the median.

    An image without a mark stays as it is.
    """

    def change(pixels: Pixels, reference: Column | None) -> Pixels:
        where = marks(reference, labels)
        if where is not None:
            pixels[_framed(where) if is_boxed else where] = _median(pixels)
        return pixels

    return change


def marks(reference: Column | None, labels: tuple[int, ...] | None) -> BoolArray | None:
    """Return where a reference has the labels (None: any), or None where it has not."""
    if reference is None:
        return None
    where = np.asarray(reference > 0 if labels is None else np.isin(reference, labels))
    return where if where.any() else None


def _framed(where: BoolArray) -> BoolArray:
    box = np.zeros(where.shape, dtype=np.bool_)
    rows, columns = np.nonzero(where)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return box


def _inside(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the pixels of a region: at least one, however thin it is."""
    top, left, bottom, right = box
    return _span(top, bottom, shape[0]), _span(left, right, shape[1])


def _span(start: float, stop: float, side: int) -> slice:
    first = min(round(start * side), side - 1)
    return slice(first, max(round(stop * side), first + 1))


def _median(pixels: Pixels) -> Pixels:
    return np.asarray(np.median(pixels, axis=(0, 1)), dtype=np.float32)
