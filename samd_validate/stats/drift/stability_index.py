"""The population stability index, with the distribution it has where nothing drifted."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from samd_validate.core.arrays import Column, FloatArray, IntArray
from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.drift.chi_square import counts_of, design_of
from samd_validate.stats.drift.groups import (
    Groups,
    Shift,
    ShiftFound,
    checked,
    estimate_of,
    harmonic,
)
from samd_validate.stats.drift.noncentral import detectable_noncentrality, noncentrality_limits

BINS = 10
ADDED = 0.5
"""Added to each count where one of them is 0."""


def stability_index(
    values: Column, groups: Groups, level: float = 0.95, bins: int = BINS
) -> ShiftFound:
    """Return the population stability index of a number, binned at the reference's quantiles.

    ``values (n,)``, NaN = missing, left out. The index is the sum over bins of (q - p) ln(q / p)
    of the shares in the reference group p and the other q. Without drift it is distributed as
    (1 / n + 1 / m) times chi-square with one degree of freedom less than bins (Yurdakul &
    Naranjo 2020, doi:10.21314/JRMV.2020.227): the usual limits 0.1 and 0.25 are exceeded by
    chance in small samples and never in large ones. The note says what chance alone stays below.
    The interval turns the non-central chi-square round; several rows a patient are allowed for
    by the correction of Rao & Scott 1981, doi:10.2307/2287815.

    Raises
    ------
    ValueError
        For values that are not one per row, or fewer than two bins.
    """
    column = checked(values, groups)
    if bins < 2:  # noqa: PLR2004
        raise ValueError("bins must be at least 2")
    known = np.isfinite(column)
    column, groups = column[known], groups.take(known)
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    inner = np.quantile(column[~groups.is_other], np.arange(1, bins) / bins)
    codes = np.searchsorted(np.unique(inner), column, side="left")
    return _of_codes(codes, groups, level)


def stability_of_categories(categories: Column, groups: Groups, level: float = 0.95) -> ShiftFound:
    """Return the population stability index of a category; empty text = unknown, left out."""
    column = checked(categories, groups, np.str_)
    known = column != ""
    column, groups = column[known], groups.take(known)
    lacking = groups.lacking()
    return lacking or _of_codes(np.unique(column, return_inverse=True)[1], groups, level)


def index_of(counts: FloatArray) -> float:
    """Return the index of counts ``(2, k)``; 0.5 is added to each where one is 0.

    >>> round(index_of(np.array([[50.0, 50.0], [60.0, 40.0]])), 4)
    0.0405
    """
    filled = counts + ADDED if (counts == 0).any() else counts
    p, q = filled / filled.sum(axis=1, keepdims=True)
    return float(((q - p) * np.log(q / p)).sum())


def _of_codes(codes: IntArray, groups: Groups, level: float) -> ShiftFound:
    codes = np.unique(codes, return_inverse=True)[1]
    size = int(codes.max()) + 1
    if size == 1:
        return NotEstimable(code="no_spread", reason="all values fall into one bin", n=groups.n)
    value = index_of(counts_of(codes, groups, size))
    design = design_of(codes, groups, size)
    together = harmonic(groups.effective(design.effect))
    low, high = noncentrality_limits(value * together, design.freedom, level)
    by_chance = float(chi2.ppf(level, design.freedom)) / together
    effect = estimate_of(
        value,
        (low / together, high / together),
        groups,
        level=level,
        method="non-central chi-square" + ("" if groups.are_rows else ", Rao-Scott"),
        p_value=float(chi2.sf(value * together, design.freedom)),
        note=f"chance alone stays below {by_chance:.3f}",
    )
    return Shift(effect=effect, detectable=detectable_noncentrality(design.freedom) / together)
