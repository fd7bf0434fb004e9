"""DICOM images of a cohort, each read when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from samd_validate.core.arrays import Column, IntArray
from samd_validate.core.images import Image
from samd_validate.readers.dicom.masks import Mask, Shape
from samd_validate.readers.dicom.pixels import Grey, pixels_of
from samd_validate.readers.dicom.read import whole
from samd_validate.readers.images.source import Spacing


@dataclass(frozen=True, kw_only=True)
class DicomImages:
    """One DICOM file per unit, its mask if it has one, its spacing if that is known."""

    grey: Grey
    paths: tuple[Path, ...]
    shapes: tuple[Shape, ...]
    masks: tuple[Mask | None, ...]
    spacings: tuple[Spacing, ...]

    @property
    def channels(self) -> int:
        """Return 1: radiographs are grey."""
        return 1

    def image(self, row: int) -> Image:
        """Read one image."""
        pixels = pixels_of(whole(self.paths[row].read_bytes()), self.grey)
        return Image(pixels=pixels, spacing_mm=self.spacings[row])

    def reference(self, row: int) -> Column | None:
        """Read the mask of one image."""
        mask = self.masks[row]
        return None if mask is None else mask.labels(self.shapes[row])

    def take(self, rows: IntArray) -> DicomImages:
        """Return the images of some rows, in their order."""
        chosen = rows.tolist()
        return replace(
            self,
            paths=tuple(self.paths[row] for row in chosen),
            shapes=tuple(self.shapes[row] for row in chosen),
            masks=tuple(self.masks[row] for row in chosen),
            spacings=tuple(self.spacings[row] for row in chosen),
        )
