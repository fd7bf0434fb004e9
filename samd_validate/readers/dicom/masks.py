"""The reference mask of an image: a picture beside it, segments, or contours drawn on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from samd_validate.core.arrays import Column
from samd_validate.readers.dicom.contours import Plane, drawn_contours
from samd_validate.readers.dicom.segments import drawn_segments
from samd_validate.readers.dicom.structures import Structures
from samd_validate.readers.images.pixels import read_labels

Shape = tuple[int, int]


class Mask(Protocol):
    """Where the labels of one image stand, and how they are read."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the files that the labels come from."""
        ...

    def labels(self, shape: Shape) -> Column:
        """Read the label image of an image of so many rows and columns."""
        ...


@dataclass(frozen=True, kw_only=True)
class PictureMask:
    """A mask in a file of pixels."""

    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """Return the one file."""
        return (self.path,)

    def labels(self, shape: Shape) -> Column:
        """Read the labels; whether their size is that of the image is for others to say."""
        del shape
        return read_labels(self.path)


@dataclass(frozen=True, kw_only=True)
class SegmentMask:
    """Segments of one or several DICOM-SEG files that refer to the image."""

    files: tuple[Path, ...]
    image: str
    structures: Structures | None

    def labels(self, shape: Shape) -> Column:
        """Read the labels; what a later file marks is on top."""
        read = [drawn_segments(path, self.image, self.structures, shape) for path in self.files]
        return _stacked(read)


@dataclass(frozen=True, kw_only=True)
class ContourMask:
    """Contours of one or several RTSTRUCT files that were drawn on the image."""

    files: tuple[Path, ...]
    image: str
    plane: Plane
    structures: Structures | None

    def labels(self, shape: Shape) -> Column:
        """Draw the labels; what a later file marks is on top."""
        return _stacked(
            [
                drawn_contours(one, self.image, self.plane, self.structures, shape)
                for one in self.files
            ]
        )


def _stacked(layers: list[Column]) -> Column:
    labels = layers[0]
    for layer in layers[1:]:
        labels = np.where(layer > 0, layer, labels)
    return labels
