"""A tile of tissue as amounts of two stains: stroma, gaps, and nuclei with a number each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from samd_validate.readers.phantoms.chest import Plane

Labels = npt.NDArray[np.uint16]
MICROMETRES_PER_PIXEL = 0.5
PER_MEGAPIXEL = {0: (600.0, 1000.0), 1: (900.0, 1500.0)}
RADIUS_PX = {0: (5.5, 8.0), 1: (7.0, 11.5)}
MOST_COVERED = 0.1
"""The share of a nucleus that may lie on others, or in a gap; with more it is not drawn."""


@dataclass(frozen=True, kw_only=True)
class Tissue:
    """Amounts of both stains (before any laboratory), and the number of each nucleus."""

    haematoxylin: Plane
    eosin: Plane
    nuclei: Labels


@dataclass(frozen=True, kw_only=True)
class _Nucleus:
    top: int
    left: int
    inside: Plane

    def window(self) -> tuple[slice, slice]:
        rows, columns = self.inside.shape
        return slice(self.top, self.top + rows), slice(self.left, self.left + columns)


def draw_tissue(size: int, label: int, generator: np.random.Generator) -> Tissue:
    """Draw a tile of ``size`` by ``size`` pixels at half a micrometre a pixel.

    With ``label`` 1 nuclei are larger, more, less round and darker, as in a tumour of high grade;
    nuclei touch, and where two would share a pixel the first keeps it.
    """
    eosin, gaps = _stroma(size, generator)
    haematoxylin = 0.06 * eosin
    nuclei = np.zeros((size, size), dtype=np.uint16)
    count = round(generator.uniform(*PER_MEGAPIXEL[label]) * size**2 / 1e6)
    for _ in range(count):
        nucleus = _nucleus(size, label, generator)
        amount = generator.normal(0.62 + 0.1 * label, 0.08)
        _put(nucleus, amount, haematoxylin, nuclei, gaps, generator)
    covered = (nuclei > 0).astype(np.float32)
    return Tissue(
        haematoxylin=np.asarray(np.clip(haematoxylin, 0, None), dtype=np.float32),
        eosin=np.asarray(eosin * (1 - 0.6 * covered), dtype=np.float32),
        nuclei=nuclei,
    )


def _stroma(size: int, generator: np.random.Generator) -> tuple[Plane, Plane]:
    """Return the amount of eosin, and where the slide is empty (1) or not (0)."""
    white = generator.standard_normal((3, size, size), dtype=np.float32)
    fibres = _clouds(white[0], (1.0, 6.0) if generator.random() < 0.5 else (6.0, 1.0))  # noqa: PLR2004 (either way)
    clouds, holes = _clouds(white[1], (12.0, 12.0)), _clouds(white[2], (14.0, 14.0))
    gaps = 1 / (1 + np.exp(-np.clip((holes - 1.6) / 0.08, -30, 30)))
    amount = np.clip(0.3 + 0.05 * fibres + 0.06 * clouds, 0.05, None) * (1 - 0.95 * gaps)
    return np.asarray(amount, dtype=np.float32), np.asarray(gaps, dtype=np.float32)


def _clouds(white: Plane, width: tuple[float, float]) -> Plane:
    clouds = gaussian_filter(white, width, truncate=2.5)
    return np.asarray(clouds / clouds.std(), dtype=np.float32)


def _nucleus(size: int, label: int, generator: np.random.Generator) -> _Nucleus:
    """Return an ellipse with a slightly uneven edge, somewhere; it may leave the tile."""
    radius = generator.uniform(*RADIUS_PX[label])
    long = generator.uniform(1.0, 1.35 + 0.25 * label)
    turn, phase = generator.uniform(0, np.pi), generator.uniform(0, 2 * np.pi)
    row, column = generator.uniform(0, size, 2)
    reach = int(np.ceil(radius * long * 1.15)) + 1
    top, left = max(0, int(row) - reach), max(0, int(column) - reach)
    down = np.arange(top, min(size, int(row) + reach + 1))[:, None] - row
    right = np.arange(left, min(size, int(column) + reach + 1))[None, :] - column
    along = (np.cos(turn) * right + np.sin(turn) * down) / (radius * long)
    across = (np.cos(turn) * down - np.sin(turn) * right) / (radius / np.sqrt(long))
    uneven = 1 + (0.04 + 0.05 * label) * np.cos(3 * np.arctan2(across, along) + phase)
    depth = radius * (uneven - np.hypot(along, across))
    inside = np.asarray(np.clip(depth + 0.5, 0, 1), dtype=np.float32)
    return _Nucleus(top=top, left=left, inside=inside)


def _put(
    nucleus: _Nucleus,
    amount: float,
    haematoxylin: Plane,
    nuclei: Labels,
    gaps: Plane,
    generator: np.random.Generator,
) -> None:
    """Draw a nucleus unless it lies on others or in a gap: rim darker, chromatin uneven."""
    window = nucleus.window()
    mask = nucleus.inside >= 0.5  # noqa: PLR2004 (half a pixel)
    taken = (nuclei[window] > 0) & mask
    if (
        not mask.any()
        or taken.sum() > MOST_COVERED * mask.sum()
        or gaps[window][mask].mean() > MOST_COVERED
    ):
        return
    chromatin = gaussian_filter(generator.standard_normal(mask.shape, dtype=np.float32), 1.2)
    free = nucleus.inside * (nuclei[window] == 0)
    haematoxylin[window] += free * amount * (1 + 0.5 * chromatin)
    nuclei[window][mask & ~taken] = nuclei.max() + 1
