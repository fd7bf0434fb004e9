"""Which rows are in which group: levels of a column, and crossings of several columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from samd_validate.checks._common import column_of
from samd_validate.core.arrays import BoolArray
from samd_validate.core.cohort import Cohort

CROSS = "&"


@dataclass(frozen=True, kw_only=True)
class Family:
    """Groups that share no row: the levels of a column, or of several columns crossed.

    ``name`` is the column, or the columns joined by ``&``; ``masks`` go by subset
    (``sex=female``, ``sex=female&ethnicity=Black``). Rows with an unknown level are in none.
    """

    name: str
    masks: Mapping[str, BoolArray]

    def rest(self, subset: str) -> BoolArray:
        """Return the rows of all other groups of the family."""
        rest = np.zeros_like(self.masks[subset])
        for name, mask in self.masks.items():
            if name != subset:
                rest |= mask
        return rest


def families(
    cohort: Cohort, groups: Sequence[str], intersections: Sequence[Sequence[str]]
) -> tuple[Family, ...]:
    """Return the groups of each column, and those of each crossing of columns.

    Of a crossing all combinations of levels that the cohort knows are there, also empty ones: a
    combination that nobody is in is told, not left out.
    """
    crossings = [(name,) for name in groups] + [tuple(names) for names in intersections]
    return tuple(_family(cohort, names) for names in dict.fromkeys(crossings))


def _family(cohort: Cohort, names: Sequence[str]) -> Family:
    columns = [column_of(cohort, name) for name in names]
    levels = [[one for one in np.unique(column).tolist() if one != ""] for column in columns]
    masks = {
        CROSS.join(f"{name}={level}" for name, level in zip(names, combination, strict=True)): (
            np.logical_and.reduce(
                [column == level for column, level in zip(columns, combination, strict=True)]
            )
        )
        for combination in product(*levels)
    }
    return Family(name=CROSS.join(names), masks=masks)
