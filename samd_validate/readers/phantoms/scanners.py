"""Two scanners: noise, contrast, sharpness, and letters burned into a corner."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from samd_validate.core.arrays import BoolArray
from samd_validate.readers.phantoms.chest import FIELD_MM, Plane

GLYPHS = {
    "N": "10001 11001 10101 10011 10001 10001 10001",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "S": "01111 10000 10000 01110 00001 00001 11110",
    "H": "10001 10001 10001 11111 10001 10001 10001",
}
BRIGHTNESS = 0.97
PIXELS_PER_DOT = 128
"""A dot of a letter is one pixel for each so many pixels of the image's side."""


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """What a scanner makes of a chest, and how often it burns its letters in.

    ``noise`` is the standard deviation of a pixel in [0, 1], ``contrast`` the slope about middle
    grey, ``gamma`` the bend of the grey scale, ``blur_mm`` the standard deviation of its point
    spread. The marker's rates are by label: where they differ, it is a shortcut to the label.
    """

    name: str
    noise: float
    contrast: float
    gamma: float
    blur_mm: float
    letters: str
    marker_in_positives: float
    marker_in_negatives: float


SCANNERS = {
    "north": Scanner(
        name="north",
        noise=0.015,
        contrast=1.0,
        gamma=1.0,
        blur_mm=0.6,
        letters="NRT",
        marker_in_positives=0.9,
        marker_in_negatives=0.1,
    ),
    "south": Scanner(
        name="south",
        noise=0.045,
        contrast=0.7,
        gamma=1.25,
        blur_mm=2.0,
        letters="STH",
        marker_in_positives=0.5,
        marker_in_negatives=0.5,
    ),
}


def scanner_of(name: str, *, is_planted: bool) -> Scanner:
    """Return a scanner, or its twin: both are then that of the north, the marker no shortcut."""
    if is_planted:
        return SCANNERS[name]
    home = SCANNERS["north"]
    return replace(home, name=name, marker_in_positives=0.5, marker_in_negatives=0.5)


def exposed(attenuation: Plane, scanner: Scanner, generator: np.random.Generator) -> Plane:
    """Return the radiograph of an attenuation: blurred, bent, noisy, in [0, 1]; bone is bright."""
    sharp = gaussian_filter(attenuation, scanner.blur_mm * attenuation.shape[0] / FIELD_MM)
    grey = 0.5 + scanner.contrast * (np.clip(sharp, 0.0, 1.0) ** scanner.gamma - 0.5)
    noise = generator.standard_normal(attenuation.shape, dtype=np.float32)
    return np.asarray(np.clip(grey + scanner.noise * noise, 0, 1), dtype=np.float32)


def marker_of(letters: str, size: int) -> BoolArray:
    """Return the dots of some letters for images of so many pixels a side."""
    gap = np.zeros((7, 1), dtype=np.bool_)
    columns = [gap]
    for letter in letters:
        rows = [[dot == "1" for dot in row] for row in GLYPHS[letter].split()]
        columns += [np.array(rows, dtype=np.bool_), gap]
    dot = max(1, size // PIXELS_PER_DOT)
    return np.asarray(np.kron(np.hstack(columns), np.ones((dot, dot), dtype=np.bool_)))


def marker_box(letters: str, size: int) -> tuple[int, int, int, int]:
    """Return first and last row and column of the marker, the last ones exclusive."""
    rows, columns = marker_of(letters, size).shape
    edge = size // 32
    return edge, edge + rows, edge, edge + columns


def burned_in(pixels: Plane, letters: str) -> Plane:
    """Return the image with the letters in its upper left corner."""
    size = pixels.shape[0]
    top, bottom, left, right = marker_box(letters, size)
    drawn = pixels.copy()
    drawn[top:bottom, left:right][marker_of(letters, size)] = BRIGHTNESS
    return drawn
