"""A chest radiograph as attenuation: body, lungs, ribs, heart and mediastinum, in float32.

Places are in shares of half the field of view: x from -1 (the patient's right, left in the
image) to 1, y from -1 (top) to 1. Attenuation runs from 0 (air) to about 1 (dense).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from samd_validate.core.arrays import BoolArray

Plane = npt.NDArray[np.floating[Any]]
FIELD_MM = 400.0
EDGE = 0.012
AP_HEART = 1.15


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """What belongs to a patient: sizes as factors of the usual, and where the ribs begin."""

    lung_width: float
    lung_height: float
    heart: float
    rib_pitch: float
    rib_phase: float
    build: float
    is_female: bool


@dataclass(frozen=True, kw_only=True)
class Chest:
    """A chest before the scanner: attenuation, how deep in a lung a pixel lies (below 0), and x."""

    attenuation: Plane
    lung_depth: Plane
    across: Plane

    @property
    def lungs(self) -> BoolArray:
        """Return which pixels are lung field."""
        return np.asarray(self.lung_depth < 0)


def draw_anatomy(generator: np.random.Generator, *, is_female: bool) -> Anatomy:
    """Draw the anatomy of a patient."""
    smaller = 0.95 if is_female else 1.0
    return Anatomy(
        lung_width=smaller * generator.normal(1, 0.05),
        lung_height=smaller * generator.normal(1, 0.05),
        heart=generator.normal(1, 0.08),
        rib_pitch=generator.normal(0.16, 0.008),
        rib_phase=generator.uniform(),
        build=generator.normal(1, 0.06),
        is_female=is_female,
    )


def draw_chest(anatomy: Anatomy, view: str, size: int, generator: np.random.Generator) -> Chest:
    """Draw a frontal chest of ``size`` by ``size`` pixels in a pose of its own; no lesions yet.

    In an AP view the heart is larger. Shift, turn and distance differ from image to image.
    """
    x, y = _posed(size, generator)
    heart = _heart(x, y, anatomy.heart * (AP_HEART if view == "AP" else 1.0))
    depth = _lung_depth(x, y, anatomy, heart)
    inside = soft(depth)
    attenuation = (
        _body(x, y, anatomy)
        - 0.36 * inside
        + 0.17 * soft(heart)
        + _bones(x, y, anatomy)
        + inside * _vessels(size, generator)
    )
    return Chest(attenuation=np.asarray(attenuation, dtype=np.float32), lung_depth=depth, across=x)


def soft(depth: Plane, edge: float = EDGE) -> Plane:
    """Return 1 inside (below 0), 0 outside, with a soft edge."""
    return np.asarray(1 / (1 + np.exp(np.clip(depth / edge, -30, 30))), dtype=np.float32)


def _posed(size: int, generator: np.random.Generator) -> tuple[Plane, Plane]:
    """Return x and y of each pixel in the frame of the patient."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    turn, scale = np.deg2rad(generator.normal(0, 2)), generator.normal(1, 0.03)
    right, down = generator.normal(0, 0.03, 2)
    cosine, sine = np.float32(np.cos(turn) / scale), np.float32(np.sin(turn) / scale)
    return (
        np.asarray(cosine * x + sine * y - right, dtype=np.float32),
        np.asarray(cosine * y - sine * x - down, dtype=np.float32),
    )


def _heart(x: Plane, y: Plane, factor: float) -> Plane:
    across, along = (x - 0.13) / (0.27 * factor), (y - 0.27) / (0.25 * factor)
    leaning = across - 0.35 * along
    return np.asarray(0.2 * (leaning**2 + along**2 - 1), dtype=np.float32)


def _lung_depth(x: Plane, y: Plane, anatomy: Anatomy, heart: Plane) -> Plane:
    """Return how far a pixel is outside the lung fields; below 0 inside, about in shares."""
    down = (y + 0.08) / (0.62 * anatomy.lung_height)
    apex = np.clip(-down, 0, 1)
    centre = 0.42 * anatomy.lung_width - 0.07 * apex
    width = 0.31 * anatomy.lung_width * (1 - 0.35 * apex**2)
    field = 0.25 * (np.abs((np.abs(x) - centre) / width) ** 2.4 + np.abs(down) ** 3 - 1)
    dome = np.where(x < 0, 0.38, 0.43) + 1.3 * (np.abs(x) - 0.36) ** 2
    return np.asarray(np.maximum(np.maximum(field, y - dome), -heart), dtype=np.float32)


def _body(x: Plane, y: Plane, anatomy: Anatomy) -> Plane:
    sloping = np.clip((-0.5 - y) / 0.5, 0, 1) ** 1.5
    width = 0.92 * anatomy.build - 0.6 * sloping
    thickness = np.clip(1 - (x / width) ** 2, 0, 1)
    soft_tissue = 0.52 + 0.1 * thickness + 0.12 * soft(0.5 - y, 0.06)
    middle = 0.16 * np.exp(-((x / 0.14) ** 4))
    return np.asarray(soft(np.abs(x) - width) * (soft_tissue + middle + _breasts(x, y, anatomy)))


def _breasts(x: Plane, y: Plane, anatomy: Anatomy) -> Plane | float:
    if not anatomy.is_female:
        return 0.0
    fold = ((np.abs(x) - 0.5) / 0.28) ** 2 + ((y - 0.22) / 0.22) ** 2 - 1
    return 0.05 * soft(np.asarray(fold, dtype=np.float32), 0.15)


def _bones(x: Plane, y: Plane, anatomy: Anatomy) -> Plane:
    side = np.abs(x)
    cage = soft(side - 0.8 * anatomy.build) * soft(y - 0.62, 0.05) * soft(-0.75 - y, 0.05)
    behind = _stripes(y - 0.55 * np.clip(side - 0.1, 0, None) ** 1.5, anatomy, 0.30)
    before = _stripes(y + 0.5 * side, anatomy, 0.22)
    collar = np.exp(-(((y + 0.62 + 0.12 * (side - 0.4)) / 0.03) ** 4))
    collar *= soft(side - 0.72) * soft(0.07 - side)
    spine = np.exp(-((x / 0.07) ** 4)) * (0.05 + 0.02 * np.cos(2 * np.pi * y / 0.11))
    ribs = cage * (0.075 * behind + 0.03 * before * soft(0.15 - side, 0.05))
    return np.asarray(ribs + 0.07 * collar + spine, dtype=np.float32)


def _stripes(height: Plane, anatomy: Anatomy, share: float) -> Plane:
    """Return ribs as stripes of equal distance, each so wide a share of it."""
    place = np.mod(height / anatomy.rib_pitch + anatomy.rib_phase, 1) - 0.5
    return np.asarray(np.exp(-((2 * place / share) ** 4)), dtype=np.float32)


def _vessels(size: int, generator: np.random.Generator) -> Plane:
    """Return the texture of a lung: clouds of two sizes, of standard deviation about 0.02."""
    white = generator.standard_normal((2, size, size), dtype=np.float32)
    fine, coarse = (
        gaussian_filter(one, size * share, truncate=2.5)
        for one, share in zip(white, (0.006, 0.03), strict=True)
    )
    return np.asarray(0.015 * fine / fine.std() + 0.012 * coarse / coarse.std(), dtype=np.float32)
