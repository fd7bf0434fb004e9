"""Groups of cases: the levels of group columns, and structures by their size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.stats.segmentation.case_table import CaseOverlap

TERTILES = (1 / 3, 2 / 3)
NAMES = ("small", "medium", "large")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The limits between sizes of the reference, rising, and a name for each class."""

    limits: tuple[float, ...]
    names: tuple[str, ...]
    unit: str

    def describe(self) -> str:
        """Return the classes in words."""
        ends = [f"{limit:,.4g}" for limit in self.limits]
        spans = [f"below {ends[0]}", *_between(ends), f"from {ends[-1]}"]
        pairs = zip(self.names, spans, strict=True)
        unit = "pixels" if self.unit == "{pixel}" else self.unit
        words = ", ".join(name if name == span else f"{name} {span}" for name, span in pairs)
        return f"size of the reference in {unit}: {words}"


def _between(ends: Sequence[str]) -> list[str]:
    return [f"{low} to {high}" for low, high in pairwise(ends)]


def sizes_of(cases: Sequence[CaseOverlap], limits: tuple[float, ...] | None) -> Sizes | None:
    """Return stated limits of size, or the tertiles of the cases that have a reference.

    None where fewer than three cases have one, or tertiles coincide.
    """
    unit = cases[0].size_unit if cases else "{pixel}"
    if limits is not None:
        ends = [f"{limit:g}" for limit in limits]
        names = (f"below {ends[0]}", *_between(ends), f"from {ends[-1]}")
        return Sizes(limits=limits, names=names, unit=unit)
    size = _present(cases)
    if size.size < len(NAMES):
        return None
    low, high = np.quantile(size, TERTILES).tolist()
    if not size.min() < low < high:
        return None
    return Sizes(limits=(low, high), names=NAMES, unit=unit)


def _present(cases: Sequence[CaseOverlap]) -> FloatArray:
    found = np.array([case.reference_size for case in cases], dtype=np.float64)
    return found[found > 0]


def size_masks(cases: Sequence[CaseOverlap], sizes: Sizes) -> dict[str, BoolArray]:
    """Return by name which cases have a reference of each size; no mask is of no size."""
    size = np.array([case.reference_size for case in cases])
    place = np.searchsorted(np.array(sizes.limits), size, side="right")
    return {
        f"size={name}": np.asarray((place == number) & (size > 0))
        for number, name in enumerate(sizes.names)
    }
