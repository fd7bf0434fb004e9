"""What is known of the shape of a structure: how many parts it has, and that it has no holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many of the largest connected parts are kept (None: all), and whether holes are filled.

    Of those, parts of fewer than ``least`` pixels are left out too. Pixels belong together across
    edges and corners; a hole is closed off across edges.
    """

    keep: int | None
    fills_holes: bool
    least: int = 1

    def applied(self, probability: FloatArray, threshold: float) -> FloatArray:
        """Return the map with the lesser parts at 0 and the holes at least at the threshold."""
        from scipy.ndimage import binary_fill_holes

        marked = probability >= threshold
        kept = marked if self.keep is None else largest(marked, self.keep)
        kept = kept if self.least == 1 else of_size(kept, self.least)
        found = np.where(marked & ~kept, 0.0, probability)
        if self.fills_holes:
            holes = binary_fill_holes(kept) & ~kept
            found = np.where(holes, np.maximum(found, threshold), found)
        return found


def largest(marked: BoolArray, keep: int) -> BoolArray:
    """Return the ``keep`` largest connected parts of a mask; of equal ones the first in order."""
    parts, size = _parts(marked)
    chosen = np.argsort(-size[1:], kind="stable")[:keep] + 1
    return np.asarray(np.isin(parts, chosen))


def of_size(marked: BoolArray, least: int) -> BoolArray:
    """Return the connected parts of a mask that have at least ``least`` pixels."""
    parts, size = _parts(marked)
    return np.asarray(marked & (size >= least)[parts])


def _parts(marked: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the number of each pixel's part (0: none), and how many pixels each number has."""
    from scipy.ndimage import label

    parts, _ = label(marked, structure=np.ones((3, 3)))
    return parts, np.bincount(parts.ravel())


def apart(reference: Column) -> BoolArray:
    """Return where a label image marks anything, without the pixels at which two labels touch.

    >>> apart(np.array([[0, 1, 1, 2, 2]])).astype(int).tolist()
    [[0, 1, 0, 0, 1]]
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    label = np.asarray(reference, dtype=np.int64)
    nearest = np.where(label > 0, label, label.max() + 1)
    is_alone = maximum_filter(label, 3) == minimum_filter(nearest, 3)
    return np.asarray((label > 0) & is_alone)
