"""How much oftener something is so in one group than in the other: missing values, outcomes."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from samd_validate.core.arrays import BoolArray
from samd_validate.stats.drift.groups import (
    ALPHA,
    POWER,
    Groups,
    Shift,
    ShiftFound,
    checked,
    design_effect,
    estimate_of,
    harmonic,
)
from samd_validate.stats.intervals.proportions import wilson

STEPS = 50


def share_difference(is_so: BoolArray, groups: Groups, level: float = 0.95) -> ShiftFound:
    """Return the share of rows of the other group in which it is so, less that of the reference.

    ``is_so (n,)``. The interval is Newcombe's of two Wilson intervals (1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I), the p-value that of
    the two-sided z test with the pooled share. Where patients have several rows, both are made
    with the rows counted down by a design effect. The detectable shift is that from the share
    of the reference group towards one half.

    Raises
    ------
    ValueError
        For values that are not one per row.
    """
    is_one = checked(is_so, groups)
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    sizes = groups.effective(design_effect(is_one[:, None], np.ones(1), groups))
    shares = (float(is_one[~groups.is_other].mean()), float(is_one[groups.is_other].mean()))
    value = shares[1] - shares[0]
    pooled = float(is_one.mean())
    spread = pooled * (1 - pooled) / harmonic(sizes)
    effect = estimate_of(
        value,
        _newcombe(shares, sizes, level),
        groups,
        level=level,
        method="Newcombe" + ("" if groups.are_rows else ", design effect"),
        p_value=float(2 * norm.sf(abs(value) / spread**0.5)) if spread > 0 else 1.0,
    )
    return Shift(effect=effect, detectable=_detectable(max(shares[0], 1 / groups.n), sizes))


def _detectable(share: float, sizes: tuple[float, float]) -> float:
    """Return the difference from a share, towards one half, that a z test finds in 80 %."""
    n, m = sizes
    way = 1 if share <= 0.5 else -1  # noqa: PLR2004
    found = 0.0
    for _ in range(STEPS):
        there = min(1.0, max(0.0, share + way * found))
        pooled = (n * share + m * there) / (n + m)
        by_chance = (pooled * (1 - pooled) / harmonic(sizes)) ** 0.5
        apart = (share * (1 - share) / n + there * (1 - there) / m) ** 0.5
        found = float(norm.isf(ALPHA / 2) * by_chance + norm.isf(1 - POWER) * apart)
    return min(1.0, found)


def _newcombe(
    shares: tuple[float, float], sizes: tuple[float, float], level: float
) -> tuple[float, float]:
    (low, high), (other_low, other_high) = (
        wilson(share * size, size, level) for share, size in zip(shares, sizes, strict=True)
    )
    reference, other = shares
    down = ((other - other_low) ** 2 + (high - reference) ** 2) ** 0.5
    up = ((other_high - other) ** 2 + (reference - low) ** 2) ** 0.5
    return max(-1.0, other - reference - down), min(1.0, other - reference + up)
