"""Contours of an RTSTRUCT drawn into the grid of the image that they were drawn on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.readers.dicom.read import DataSet, carefully, several, text, value, whole_number
from samd_validate.readers.dicom.structures import Structures, chosen
from samd_validate.readers.images.pixels import Unreadable

POINT = 3
FEWEST = 3
CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
DAMAGED = "an RTSTRUCT that is damaged"


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Where an image lies: the centre of its first pixel, its axes, millimetres between pixels.

    An image without a position (most projection radiographs) lies at the origin, columns along x
    and rows along y.
    """

    origin: tuple[float, ...]
    along_row: tuple[float, ...]
    down_column: tuple[float, ...]
    spacing_mm: tuple[float, float] | None
    is_positioned: bool

    def indices(self, points: FloatArray) -> FloatArray:
        """Return rows and columns ``(n, 2)``, as fractions, of points ``(n, 3)`` in mm."""
        if self.spacing_mm is None:
            raise Unreadable("contours in millimetres on an image without pixel spacing")
        offset = points - np.array(self.origin)
        row = offset @ np.array(self.down_column) / self.spacing_mm[0]
        column = offset @ np.array(self.along_row) / self.spacing_mm[1]
        return np.stack([row, column], axis=1)


def plane_of(dataset: DataSet, spacing_mm: tuple[float, float] | None) -> Plane:
    """Return where an image lies."""
    origin, axes = (
        several(dataset, name) for name in ("ImagePositionPatient", "ImageOrientationPatient")
    )
    is_positioned = len(origin) == POINT and len(axes) == 2 * POINT
    if not is_positioned:
        origin, axes = [0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return Plane(
        origin=tuple(origin),
        along_row=tuple(axes[:POINT]),
        down_column=tuple(axes[POINT:]),
        spacing_mm=spacing_mm,
        is_positioned=is_positioned,
    )


def contoured_images(dataset: DataSet) -> set[str]:
    """Return the UIDs of the images that have a contour."""
    found: set[str] = set()
    with carefully(DAMAGED):
        for region in value(dataset, "ROIContourSequence") or ():
            for contour in value(region, "ContourSequence") or ():
                found |= _images(contour)
    return found


def _images(contour: DataSet) -> set[str]:
    referenced = value(contour, "ContourImageSequence") or ()
    return {text(one, "ReferencedSOPInstanceUID") for one in referenced}


def drawn_contours(
    path: Path, image: str, plane: Plane, structures: Structures | None, shape: tuple[int, int]
) -> Column:
    """Return the label image of an RTSTRUCT on one image; a later structure is on top.

    Of one structure, contours within contours are holes (even-odd rule), and a pixel belongs to
    it if its centre lies inside.
    """
    import pydicom

    with carefully(DAMAGED):
        dataset = pydicom.dcmread(path)
        names = _names(dataset)
        polygons = _polygons(dataset, image, plane)
    wanted = chosen(names, structures, "an RTSTRUCT")
    labels = np.zeros(shape, dtype=np.uint16)
    for number, label in wanted.items():
        if number in polygons:
            labels[inside(polygons[number], shape)] = label
    return labels


def _names(dataset: DataSet) -> dict[int, str]:
    regions = value(dataset, "StructureSetROISequence") or ()
    return {whole_number(one, "ROINumber") or 0: text(one, "ROIName") for one in regions}


def _polygons(dataset: DataSet, image: str, plane: Plane) -> dict[int, list[FloatArray]]:
    found: dict[int, list[FloatArray]] = defaultdict(list)
    for region in value(dataset, "ROIContourSequence") or ():
        number = whole_number(region, "ReferencedROINumber") or 0
        for contour in value(region, "ContourSequence") or ():
            if image in _images(contour):
                found[number].append(plane.indices(_points(contour)))
    return dict(found)


def _points(contour: DataSet) -> FloatArray:
    points = np.array(several(contour, "ContourData"))
    if text(contour, "ContourGeometricType") not in CLOSED:
        raise Unreadable("a contour that is not closed and planar")
    if points.size % POINT or points.size < FEWEST * POINT or not np.isfinite(points).all():
        raise Unreadable("a contour without three points of three numbers")
    return points.reshape(-1, POINT)


def inside(polygons: Sequence[FloatArray], shape: tuple[int, int]) -> BoolArray:
    """Return which pixel centres lie inside polygons of rows and columns, by the even-odd rule.

    >>> square = np.array([[0.5, 0.5], [0.5, 2.5], [2.5, 2.5], [2.5, 0.5]])
    >>> inside([square], (4, 4)).sum()
    np.int64(4)
    """
    start = np.concatenate(polygons)
    end = np.concatenate([np.roll(one, -1, axis=0) for one in polygons])
    is_odd = np.zeros(shape, dtype=np.bool_)
    columns = np.arange(shape[1])
    low, high = np.minimum(start[:, 0], end[:, 0]), np.maximum(start[:, 0], end[:, 0])
    top, bottom = max(0, int(np.ceil(low.min()))), min(shape[0] - 1, int(np.floor(high.max())))
    for row in range(top, bottom + 1):
        crossed = (low <= row) & (row < high)
        a, b = start[crossed], end[crossed]
        at = a[:, 1] + (row - a[:, 0]) / (b[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
        is_odd[row] = np.searchsorted(np.sort(at), columns, side="right") % 2 == 1
    return is_odd
