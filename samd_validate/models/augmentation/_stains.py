"""Haematoxylin and eosin: absorbance of light, and what MONAI finds of the two stains."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.kinds import Plane

LIGHT = 240.0
"""Light through clear glass, of 255."""
CLEAR = 0.15
LEAST_PIXELS = 100
"""With fewer pixels that absorb light in each colour, an image says nothing of its stains."""
COLOURS = 3


def absorbance(pixels: Plane) -> FloatArray:
    """Return the absorbance ``(3, pixels)`` of an image in colour."""
    light = np.clip(pixels.reshape(COLOURS, -1) * 255.0 + 1, 1, LIGHT)
    return np.asarray(-np.log(light / LIGHT), dtype=np.float64)


def has_stains(pixels: Plane) -> bool:
    """Return whether enough pixels absorb light.

    Raises
    ------
    ValueError
        If the image is not in colour.
    """
    if pixels.shape[0] != COLOURS:
        raise ValueError("stains need images in colour")
    return int((absorbance(pixels) > CLEAR).all(axis=0).sum()) >= LEAST_PIXELS


def as_bytes(pixels: Plane) -> FloatArray:
    """Return an image ``(rows, columns, 3)`` from 0 to 255, not rounded."""
    return np.moveaxis(pixels, 0, 2).astype(np.float64) * 255
