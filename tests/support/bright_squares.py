"""Images in memory: noise, a bright square where there is a finding, a patch in a corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, IntArray, read_only
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.images import Image

SIDE = 32
SQUARE = 8
NOWHERE = Provenance(source="", title="", licence="", citation="", fingerprint="")


@dataclass(frozen=True, kw_only=True)
class HeldImages:
    """Images and their masks as arrays ``(n, rows, columns)``."""

    pixels: Column
    masks: Column | None
    channels: int = 1

    def image(self, row: int) -> Image:
        return Image(pixels=self.pixels[row], spacing_mm=(1.0, 1.0))

    def reference(self, row: int) -> Column | None:
        return None if self.masks is None else self.masks[row]

    def take(self, rows: IntArray) -> HeldImages:
        masks = None if self.masks is None else self.masks[rows]
        return HeldImages(pixels=self.pixels[rows], masks=masks)


def squares(
    n: int = 60, seed: int = 1, *, marker: float = 0.0, square: float = 0.5, **more: Column
) -> Cohort:
    """Return a cohort in which half the images have a square, and a corner tells of it.

    ``marker`` and ``square`` are how much brighter corner and square are in images with label 1.
    """
    generator = np.random.default_rng(seed)
    label = np.arange(n) % 2
    pixels = generator.uniform(0.0, 0.4, (n, SIDE, SIDE)).astype(np.float32)
    masks = np.zeros((n, SIDE, SIDE), dtype=np.uint16)
    for row in np.flatnonzero(label).tolist():
        top, left = generator.integers(8, SIDE - SQUARE - 4, 2).tolist()
        place = (row, slice(top, top + SQUARE), slice(left, left + SQUARE))
        pixels[place] += square
        masks[place] = 1
        pixels[row, :4, :4] += marker
    return Cohort(
        name="squares",
        unit_id=np.array([f"i{row}" for row in range(n)]),
        patient_id=np.array([f"p{row // 3}" for row in range(n)]),
        site=np.full(n, "here"),
        label=label,
        provenance=NOWHERE,
        numbers=more,
        images=HeldImages(pixels=read_only(pixels), masks=read_only(masks)),
    )
