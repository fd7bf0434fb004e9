"""Small pictures of cases for a report: the image with the outlines drawn into it, as PNG."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import BoolArray, Column

LONGEST = 240
REFERENCE_COLOUR = (0, 158, 115)
PREDICTION_COLOUR = (213, 94, 0)
Drawn = npt.NDArray[np.uint8]


def plain(pixels: Column) -> Drawn:
    """Return an image as 8-bit colour, small enough for a page."""
    grey = pixels if pixels.ndim > 2 else np.repeat(pixels[..., None], 3, axis=2)  # noqa: PLR2004
    return np.asarray(np.clip(grey[:: step(pixels), :: step(pixels)] * 255, 0, 255), dtype=np.uint8)


def step(pixels: Column) -> int:
    """Return every how many pixels are kept of an image."""
    longest = int(max(pixels.shape[:2]))
    return max(1, -(-longest // LONGEST))


def outlined(pixels: Column, reference: BoolArray, prediction: BoolArray) -> Drawn:
    """Return the image with the outline of the reference in green and the prediction in orange."""
    drawn = plain(pixels).copy()
    every = step(pixels)
    for mask, colour in ((reference, REFERENCE_COLOUR), (prediction, PREDICTION_COLOUR)):
        drawn[_outline(mask[::every, ::every])] = colour
    return drawn


def _outline(mask: BoolArray) -> BoolArray:
    from scipy.ndimage import binary_erosion

    return np.asarray(mask & ~binary_erosion(mask))


def filled(mask: BoolArray) -> Drawn:
    """Return a mask as a white shape on black."""
    every = step(mask)
    shape = mask[::every, ::every, None].astype(np.uint8) * 255
    return np.repeat(shape, 3, axis=2)


def png(drawn: Drawn) -> str:
    """Return a picture as base64 of its PNG; the same picture always gives the same text."""
    from PIL import Image

    sink = io.BytesIO()
    Image.fromarray(drawn).save(sink, format="PNG", optimize=False)
    return base64.b64encode(sink.getvalue()).decode("ascii")


def heated(pixels: Column, saliency: Column) -> Drawn:
    """Return the image with a map over it: black-red-yellow-white, stronger where it is higher."""
    every, top = step(pixels), float(saliency.max())
    heat = (saliency[::every, ::every] / top if top > 0 else saliency[::every, ::every])[..., None]
    ramp = np.clip(3 * heat - np.array([0.0, 1.0, 2.0]), 0, 1) * 255
    share = 0.65 * np.sqrt(np.clip(heat, 0, 1))
    return np.asarray(plain(pixels) * (1 - share) + ramp * share, dtype=np.uint8)


def outlined_one(drawn: Drawn, reference: BoolArray) -> Drawn:
    """Return a picture with the outline of the reference in green."""
    every = step(reference)
    with_line = drawn.copy()
    with_line[_outline(reference[::every, ::every])] = REFERENCE_COLOUR
    return with_line
