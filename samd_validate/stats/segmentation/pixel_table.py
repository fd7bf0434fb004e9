"""How often pixels of each probability are of the structure, counted case by case.

A case becomes counts at 170 levels of probability, so that millions of pixels of thousands of
images are held in little memory, and patients stay the unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from samd_validate.core.arrays import BoolArray, Column, FloatArray, IntArray

FARTHEST = 8.0
"""Log-odds beyond this, a probability of 0.0003, are taken as this."""
STEP = 0.1
BINS = 10
_FINE = expit(np.arange(-FARTHEST, FARTHEST + STEP / 2, STEP))
BIN_EDGES = np.arange(1, BINS) / BINS
LEVEL_EDGES = np.unique(np.append(_FINE, BIN_EDGES))
LEVELS = LEVEL_EDGES.size + 1
BIN_OF_LEVEL = np.searchsorted(BIN_EDGES, np.append(0.0, LEVEL_EDGES), side="right")
"""The bin of equal width in which each level lies."""


@dataclass(frozen=True, kw_only=True)
class PixelCounts:
    """Pixels of a case by level of probability: how many, of the structure, and sums.

    ``n``, ``events`` and ``predicted`` (the sum of probabilities) are ``(levels,)``; ``squared`` is
    the sum of squared differences of probability and reference.
    """

    n: IntArray
    events: IntArray
    predicted: FloatArray
    squared: float


def count_pixels(
    probability: FloatArray, reference: BoolArray, among: BoolArray | None = None
) -> PixelCounts:
    """Return the counts of an image, or of some of its pixels; all are of one shape.

    >>> seen = count_pixels(np.array([[0.1, 0.9]]), np.array([[False, True]]))
    >>> int(seen.n.sum()), int(seen.events.sum()), round(seen.squared, 2)
    (2, 1, 0.02)

    Raises
    ------
    ValueError
        For other shapes, and probabilities outside [0, 1].
    """
    if probability.shape != reference.shape or (
        among is not None and among.shape != probability.shape
    ):
        raise ValueError("probability, reference and among must have one shape")
    chosen = slice(None) if among is None else among
    p = np.asarray(probability[chosen], dtype=np.float64).ravel()
    y = np.asarray(reference[chosen], dtype=np.bool_).ravel()
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError("probability must lie in [0, 1]")
    level = np.searchsorted(LEVEL_EDGES, p, side="right")
    return PixelCounts(
        n=np.bincount(level, minlength=LEVELS),
        events=np.bincount(level[y], minlength=LEVELS),
        predicted=np.bincount(level, weights=p, minlength=LEVELS).astype(np.float64),
        squared=float(((p - y) ** 2).sum()),
    )


@dataclass(frozen=True, kw_only=True)
class PixelTable:
    """Counts summed by patient: ``n``, ``events`` and ``predicted`` are ``(patients, levels)``."""

    n: FloatArray
    events: FloatArray
    predicted: FloatArray
    squared: FloatArray
    n_cases: int

    @property
    def n_patients(self) -> int:
        """Return the number of patients with a pixel."""
        return int(self.n.shape[0])

    @property
    def n_pixels(self) -> int:
        """Return the number of pixels."""
        return int(self.n.sum())

    @property
    def n_events(self) -> int:
        """Return the number of pixels of the structure."""
        return int(self.events.sum())


def pixel_table(counts: Sequence[PixelCounts], patient: Column) -> PixelTable:
    """Return the counts of cases ``(cases,)`` summed by patient; cases without pixels add nothing.

    Raises
    ------
    ValueError
        If there is not one patient for each case.
    """
    if len(counts) != len(patient):
        raise ValueError("counts and patient must be of one length")
    kept = [(one, who) for one, who in zip(counts, patient, strict=True) if one.n.any()]
    names, code = np.unique([str(who) for _, who in kept], return_inverse=True)
    sums = np.zeros((3, names.size, LEVELS))
    squared = np.zeros(names.size)
    for (one, _), row in zip(kept, code, strict=True):
        sums[0, row] += one.n
        sums[1, row] += one.events
        sums[2, row] += one.predicted
        squared[row] += one.squared
    return PixelTable(
        n=sums[0], events=sums[1], predicted=sums[2], squared=squared, n_cases=len(kept)
    )
