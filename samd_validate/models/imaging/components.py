"""What is known of the shape of a structure: how many parts it has, and that it has no holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How many of the largest connected parts are kept (None: all), and whether holes are filled.

    Pixels belong together across edges and corners; a hole is closed off across edges.
    """

    keep: int | None
    fills_holes: bool

    def applied(self, probability: FloatArray, threshold: float) -> FloatArray:
        """Return the map with the lesser parts at 0 and the holes at least at the threshold."""
        from scipy.ndimage import binary_fill_holes

        marked = probability >= threshold
        kept = marked if self.keep is None else largest(marked, self.keep)
        found = np.where(marked & ~kept, 0.0, probability)
        if self.fills_holes:
            holes = binary_fill_holes(kept) & ~kept
            found = np.where(holes, np.maximum(found, threshold), found)
        return found


def largest(marked: BoolArray, keep: int) -> BoolArray:
    """Return the ``keep`` largest connected parts of a mask; of equal ones the first in order."""
    from scipy.ndimage import label

    parts, _ = label(marked, structure=np.ones((3, 3)))
    size = np.bincount(parts.ravel())[1:]
    chosen = np.argsort(-size, kind="stable")[:keep] + 1
    return np.asarray(np.isin(parts, chosen))
