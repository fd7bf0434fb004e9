"""Boxes around findings as reference masks: what a radiologist framed, not what is ill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, IntArray
from samd_validate.core.errors import gather
from samd_validate.core.images import Image
from samd_validate.readers._tables import TextTable
from samd_validate.readers.images.source import ImageFiles
from samd_validate.readers.nih.entries import ANY, FINDINGS, IMAGE

BOX_TABLES = ("BBox_List_2017.csv",)
GRID = 1024
"""Boxes are given in pixels of the images as released, 1,024 a side."""
LABEL = "Finding Label"
EDGES = ("Bbox [x", "y", "w", "h]")
SPELLED = {"Infiltrate": "Infiltration"}

Box = tuple[float, float, float, float]
"""Top, left, bottom, right, as shares of the image's sides."""


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """The boxes of each image by its file name, and the table they stand in."""

    table: TextTable
    of_image: Mapping[str, tuple[Box, ...]]


def read_boxes(path: Path, finding: str) -> Boxes:
    """Read the boxes of a finding (``any``: of all).

    Raises
    ------
    CannotRun
        For missing columns, unknown findings, and boxes that are none.
    """
    table = TextTable(path, (IMAGE, LABEL, *EDGES), is_trimmed=True)
    label = np.array([SPELLED.get(one, one) for one in table.text(LABEL).tolist()], dtype=np.str_)
    corners = np.stack([table.numbers(name) for name in EDGES], axis=1)
    problems = table.refuse(LABEL, ~np.isin(label, FINDINGS), "an unknown finding", "one of the 14")
    problems += table.refuse(EDGES[0], _is_none(corners), "a box that is none", "x, y, w, h")
    gather(problems)
    wanted = np.ones(table.size, dtype=np.bool_) if finding == ANY else label == finding
    of_image: dict[str, tuple[Box, ...]] = {}
    images = table.text(IMAGE).tolist()
    for row in np.flatnonzero(wanted).tolist():
        x, y, width, height = (corners[row] / GRID).tolist()
        box = (y, x, min(y + height, 1.0), min(x + width, 1.0))
        of_image[images[row]] = (*of_image.get(images[row], ()), box)
    return Boxes(table=table, of_image=of_image)


def _is_none(corners: Column) -> BoolArray:
    finite = np.isfinite(corners).all(axis=1)
    x, y, width, height = np.nan_to_num(corners, nan=-1).T
    inside = (x >= 0) & (y >= 0) & (x < GRID) & (y < GRID)
    return np.asarray(~(finite & inside & (width > 0) & (height > 0)))


def drawn(boxes: Sequence[Box], shape: tuple[int, ...]) -> Column:
    """Return a label image ``(rows, columns)``: 1 for the first box, 2 for the second, and so on.

    A box covers at least one pixel; of boxes that overlap the later one is on top.

    >>> drawn([(0.5, 0.0, 1.0, 0.5)], (2, 4)).tolist()
    [[0, 0, 0, 0], [1, 1, 0, 0]]
    """
    rows, columns = shape[:2]
    label = np.zeros((rows, columns), dtype=np.uint16)
    for number, (top, left, bottom, right) in enumerate(boxes, start=1):
        label[_span(top, bottom, rows), _span(left, right, columns)] = number
    return label


def _span(start: float, end: float, length: int) -> slice:
    first = min(round(start * length), length - 1)
    return slice(first, max(round(end * length), first + 1))


@dataclass(frozen=True, kw_only=True)
class BoxedImages:
    """Image files whose reference is a mask file where there is one, else the boxes drawn."""

    files: ImageFiles
    boxes: tuple[tuple[Box, ...], ...]

    @property
    def channels(self) -> int:
        """Return 1: radiographs are grey."""
        return self.files.channels

    def image(self, row: int) -> Image:
        """Read one image."""
        return self.files.image(row)

    def reference(self, row: int) -> Column | None:
        """Return the mask of one image, or its boxes drawn on its grid; None without either."""
        if self.files.masks[row] is not None:
            return self.files.reference(row)
        if not self.boxes[row]:
            return None
        return drawn(self.boxes[row], self.image(row).pixels.shape)

    def take(self, rows: IntArray) -> BoxedImages:
        """Return the images of some rows, in their order."""
        boxes = tuple(self.boxes[row] for row in rows.tolist())
        return BoxedImages(files=self.files.take(rows), boxes=boxes)
