"""Tables of points as they are published: bands of a value, each worth some points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Band:
    """Points up to an edge; the edge itself belongs to the next band unless it is ``closed``."""

    edge: float
    points: int
    is_closed: bool = False


def below(edge: float, points: int) -> Band:
    """Return the band of values below an edge."""
    return Band(edge=edge, points=points)


def upto(edge: float, points: int) -> Band:
    """Return the band of values up to an edge, which is part of it."""
    return Band(edge=edge, points=points, is_closed=True)


def rest(points: int) -> Band:
    """Return the band of everything above."""
    return Band(edge=np.inf, points=points)


def points_of(value: FloatArray, bands: tuple[Band, ...]) -> IntArray:
    """Return the points of each value ``(m,)``; the last band is that of everything above.

    Values are compared in the single precision in which series hold them, so that 39.88 in a
    table is 39.88 in a record.

    >>> points_of(np.array([38.0, 40.0, 125.0, 126.0]), (below(40, 4), upto(125, 0), rest(6)))
    array([4, 0, 0, 6])
    """
    edges = np.array([_edge(band) for band in bands[:-1]], dtype=np.float32)
    worth = np.array([band.points for band in bands], dtype=np.int64)
    found: npt.NDArray[np.intp] = np.searchsorted(edges, value.astype(np.float32), side="right")
    return np.asarray(worth[found])


def _edge(band: Band) -> np.float32:
    edge = np.float32(band.edge)
    return np.nextafter(edge, np.float32(np.inf)) if band.is_closed else edge
