"""Inputs without time: numbers and categories known at admission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samd_validate.core.cohort import Cohort
from samd_validate.models._hourly import Scale, learn_scale


@dataclass(frozen=True, kw_only=True)
class StaticCoding:
    """How numbers and categories become columns; learned on development data.

    A number gives two columns, its scaled value (0 if missing) and whether it is missing; a
    category gives one column for each level seen in development.
    """

    numbers: tuple[Scale, ...]
    levels: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of the inputs behind the columns, in their order."""
        return (*(scale.name for scale in self.numbers), *(name for name, _ in self.levels))

    @property
    def owners(self) -> tuple[int, ...]:
        """Return for each column the position of its input."""
        owners = [index for index in range(len(self.numbers)) for _ in range(2)]
        for offset, (_, levels) in enumerate(self.levels):
            owners += [len(self.numbers) + offset] * len(levels)
        return tuple(owners)

    def columns(self, cohort: Cohort) -> npt.NDArray[np.float32]:
        """Return the coded columns ``(n, columns)``."""
        parts = []
        for scale in self.numbers:
            value = cohort.numbers.get(scale.name, np.full(cohort.size, np.nan))
            missing = ~np.isfinite(value)
            scaled = scale.apply(np.where(missing, 0.0, value))
            parts += [np.where(missing, 0.0, scaled), missing]
        for name, levels in self.levels:
            column = cohort.groups.get(name, np.full(cohort.size, ""))
            parts += [column == level for level in levels]
        if not parts:
            return np.zeros((cohort.size, 0), dtype=np.float32)
        return np.stack(parts, axis=1).astype(np.float32)


def learn_static(cohort: Cohort, numbers: tuple[str, ...], groups: tuple[str, ...]) -> StaticCoding:
    """Return the coding of those of the named columns that the development part has."""
    scales = []
    for name in numbers:
        if name in cohort.numbers:
            column = cohort.numbers[name].astype(np.float64)
            scales.append(learn_scale(name, column[np.isfinite(column)]))
    levels = tuple(
        (name, tuple(sorted(set(cohort.groups[name].tolist()) - {""})))
        for name in groups
        if name in cohort.groups
    )
    return StaticCoding(numbers=tuple(scales), levels=levels)
