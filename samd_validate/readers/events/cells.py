"""Values added up in the cells of a grid, exactly and in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int64]
Numbers = TypeVar("Numbers", NDArray[np.int32], Whole)
NEVER = np.iinfo(np.int64).min
"""The time of a value of which no time of storage is known; NumPy reads it as "not a time"."""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """What the cells that hold a value hold, by ascending number; all of shape (n,)."""

    cell: Whole
    total: Whole
    count: Whole
    minute: NDArray[np.int32]
    stored: Whole


def add_up(cell: Whole, total: Whole, minute: NDArray[np.int32], stored: Whole) -> Cells:
    """Return sum, count, and the latest times by cell; memory goes by the largest number.

    Sums are of whole numbers, so the order of the values does not show.

    >>> added = add_up(*(np.array(one) for one in ([3, 1, 3], [5, 7, 6], [9, 2, 8], [4, 4, 5])))
    >>> added.cell.tolist(), added.total.tolist(), added.minute.tolist(), added.stored.tolist()
    ([1, 3], [7, 11], [2, 9], [4, 5])
    """
    count = np.bincount(cell)
    held = np.flatnonzero(count)
    return Cells(
        cell=held,
        total=_at(np.add, cell, total, 0, count.size)[held],
        count=count[held],
        minute=_at(np.maximum, cell, minute, -1, count.size)[held],
        stored=_at(np.maximum, cell, stored, NEVER, count.size)[held],
    )


def _at(join: np.ufunc, cell: Whole, values: Numbers, start: int, size: int) -> Numbers:
    cells = np.full(size, start, dtype=values.dtype)  # of one type: several times as fast
    join.at(cells, cell, values)
    return cells
