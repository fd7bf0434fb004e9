"""The images of a cohort as files, read when asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from samd_validate.core.arrays import Column, IntArray
from samd_validate.core.images import Image
from samd_validate.readers.images.held import HeldFolder
from samd_validate.readers.images.pixels import Colour, read_labels, read_pixels

Spacing = tuple[float, float] | None
Millimetres = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""A distance that a protocol gives."""


@dataclass(frozen=True, kw_only=True)
class ImageFiles:
    """One image file per unit, its mask file if it has one, and its spacing if that is known.

    ``held`` is a temporary folder in which the files lie, kept as long as they may be read.
    """

    colour: Colour
    paths: tuple[Path, ...]
    masks: tuple[Path | None, ...]
    spacings: tuple[Spacing, ...]
    held: HeldFolder | None = None

    @property
    def channels(self) -> int:
        """Return 1 for grey images, 3 for colour."""
        return 1 if self.colour == "grey" else 3

    def image(self, row: int) -> Image:
        """Read one image."""
        pixels = read_pixels(self.paths[row], self.colour)
        return Image(pixels=pixels, spacing_mm=self.spacings[row])

    def reference(self, row: int) -> Column | None:
        """Read the mask of one image."""
        path = self.masks[row]
        return None if path is None else read_labels(path)

    def take(self, rows: IntArray) -> ImageFiles:
        """Return the files of some rows, in their order."""
        chosen = rows.tolist()
        return replace(
            self,
            paths=tuple(self.paths[row] for row in chosen),
            masks=tuple(self.masks[row] for row in chosen),
            spacings=tuple(self.spacings[row] for row in chosen),
        )
