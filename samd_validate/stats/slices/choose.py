"""Which of many overlapping groups to carry over to the other half of the patients."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray


def halves(codes: FloatArray, seed: int) -> BoolArray:
    """Return which rows ``(n,)`` are in the first half; patients are not split.

    >>> halves(np.array([0, 0, 1, 2, 3]), seed=1)[:2].tolist() in ([True, True], [False, False])
    True
    """
    patients = np.unique(codes)
    generator = np.random.default_rng([seed, patients.size])
    first = generator.permutation(patients)[: (patients.size + 1) // 2]
    return np.isin(codes, first)


def strongest(z: FloatArray, masks: BoolArray, most: int, largest_overlap: float) -> list[int]:
    """Return the groups of the largest abs(z), each sharing little with those chosen before it.

    What two groups share is the number of rows in both by that in either (Jaccard), or the same of
    one group and all outside the other: a group and the rest tell the same.

    >>> masks = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 1]], dtype=bool)
    >>> strongest(np.array([3.0, -4.0, 1.0, 0.5]), masks, most=3, largest_overlap=0.5)
    [1, 3]
    """
    chosen: list[int] = []
    for one in np.argsort(-np.abs(z), kind="stable").tolist():
        if len(chosen) == most:
            break
        overlaps = [_overlap(masks[one], masks[other]) for other in chosen]
        if z[one] != 0 and all(overlap <= largest_overlap for overlap in overlaps):
            chosen.append(one)
    return chosen


def _overlap(one: BoolArray, other: BoolArray) -> float:
    return max(_jaccard(one, other), _jaccard(one, ~other))


def _jaccard(one: BoolArray, other: BoolArray) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))
