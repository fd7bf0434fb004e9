"""Slices that can be described: a level of a column, a range of a number, and both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from samd_validate.checks._common import column_of
from samd_validate.checks.groups.subsets import CROSS
from samd_validate.core.arrays import BoolArray
from samd_validate.core.cohort import Cohort

THIRDS = (1 / 3, 2 / 3)


@dataclass(frozen=True, kw_only=True)
class Slices:
    """Slices by name, with their rows ``(slices, n)``."""

    names: tuple[str, ...]
    masks: BoolArray


def slices_of(
    cohort: Cohort, groups: Sequence[str], numbers: Sequence[str], first: BoolArray, depth: int
) -> Slices:
    """Return all conjunctions of up to ``depth`` conditions, of different columns.

    Cut points of numbers are thirds of the rows in ``first``, rounded to three digits.
    """
    single = [_levels(cohort, name) for name in groups]
    single += [_thirds(cohort, name, first) for name in numbers]
    names: list[str] = []
    masks: list[BoolArray] = []
    for size in range(1, depth + 1):
        for columns in combinations(single, size):
            for name, mask in _crossed(columns):
                names.append(name)
                masks.append(mask)
    empty = np.zeros((0, cohort.size), dtype=np.bool_)
    return Slices(names=tuple(names), masks=np.stack(masks) if masks else empty)


def _crossed(columns: Sequence[dict[str, BoolArray]]) -> list[tuple[str, BoolArray]]:
    found = [("", np.ones(0, dtype=np.bool_))]
    for column in columns:
        found = [
            (f"{name}{CROSS}{other}" if name else other, mask & rows if name else rows)
            for name, mask in found
            for other, rows in column.items()
        ]
    return found


def _levels(cohort: Cohort, name: str) -> dict[str, BoolArray]:
    column = column_of(cohort, name)
    levels = [level for level in np.unique(column).tolist() if level != ""]
    return {f"{name}={level}": column == level for level in levels} if len(levels) > 1 else {}


def _thirds(cohort: Cohort, name: str, first: BoolArray) -> dict[str, BoolArray]:
    column = cohort.numbers.get(name, np.full(cohort.size, np.nan))
    known = column[first & np.isfinite(column)]
    if not known.size:
        return {}
    low, high = (float(f"{cut:.3g}") for cut in np.quantile(known, THIRDS))
    found = {
        f"{name}=up to {low:g}": column <= low,
        f"{name}={low:g} to {high:g}": (column > low) & (column <= high),
        f"{name}=above {high:g}": column > high,
    }
    missing = np.isnan(column)
    if missing.any():
        found[f"{name}=not known"] = missing
    return {key: mask for key, mask in found.items() if mask.any() and not mask.all()}
