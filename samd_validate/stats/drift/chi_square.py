"""Whether categories are as frequent in two groups: Pearson's chi-square and Cramér's V."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from samd_validate.core.arrays import Column, FloatArray, IntArray
from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.drift.groups import (
    Groups,
    Shift,
    ShiftFound,
    centred_within,
    checked,
    estimate_of,
    sums_by_patient,
)
from samd_validate.stats.drift.noncentral import detectable_noncentrality, noncentrality_limits


def chi_square(categories: Column, groups: Groups, level: float = 0.95) -> ShiftFound:
    """Return Cramér's V of a category in two groups, with Pearson's test.

    ``categories (n,)`` are texts, empty = unknown, left out. V is 0 where the groups have the
    same shares and 1 where they have no category in common; what chance alone adds is taken off
    (the square is lowered by the degrees of freedom over n, as by Bergsma 2013,
    doi:10.1016/j.jkss.2012.10.002). The interval turns the non-central chi-square round. Where
    patients have several rows, the statistic has the second-order correction of Rao & Scott 1981,
    doi:10.2307/2287815.

    Raises
    ------
    ValueError
        For categories that are not one per row.
    """
    column = checked(categories, groups, np.str_)
    known = column != ""
    column, groups = column[known], groups.take(known)
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    levels, codes = np.unique(column, return_inverse=True)
    if levels.size == 1:
        return NotEstimable(code="no_spread", reason="all have the same category", n=groups.n)
    design = design_of(codes, groups, levels.size)
    statistic = pearson(counts_of(codes, groups, levels.size)) / design.effect
    rows = groups.n / design.effect
    low, high = noncentrality_limits(statistic, design.freedom, level)
    effect = estimate_of(
        _root(max(0.0, statistic - design.freedom) / rows),
        (_root(low / rows), _root(high / rows)),
        groups,
        level=level,
        method="non-central chi-square" + ("" if groups.are_rows else ", Rao-Scott"),
        p_value=float(chi2.sf(statistic, design.freedom)),
    )
    return Shift(effect=effect, detectable=_root(detectable_noncentrality(design.freedom) / rows))


def _root(square: float) -> float:
    return float(min(1.0, square**0.5))


def counts_of(codes: IntArray, groups: Groups, size: int) -> FloatArray:
    """Return how often each code is in the reference group and in the other, ``(2, size)``."""
    sides = (codes[~groups.is_other], codes[groups.is_other])
    return np.stack([np.bincount(one, minlength=size) for one in sides]).astype(np.float64)


def pearson(counts: FloatArray) -> float:
    """Return Pearson's statistic of a table ``(2, k)`` without an empty column.

    >>> pearson(np.array([[30.0, 10.0], [20.0, 20.0]])).__round__(3)
    5.333
    """
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return float(((counts - expected) ** 2 / expected).sum())


@dataclass(frozen=True, kw_only=True)
class Design:
    """By what a chi-square statistic is divided, and the degrees of freedom it then has."""

    effect: float
    freedom: float


def design_of(codes: IntArray, groups: Groups, size: int) -> Design:
    """Return the second-order correction of Rao & Scott 1981 for several rows a patient.

    From the eigenvalues of the covariance of the shares with patients as units over that with
    rows as units. It is 1 and ``size - 1`` where every row is a patient.
    """
    freedom = size - 1
    if groups.are_rows:
        return Design(effect=1.0, freedom=freedom)
    indicators = (codes[:, None] == np.arange(size)).astype(np.float64)
    centred = centred_within(indicators, groups)
    sums = sums_by_patient(centred, groups)
    ratio = np.linalg.pinv(centred.T @ centred) @ (sums.T @ sums)
    mean = float(np.trace(ratio)) / freedom
    if mean <= 1:
        return Design(effect=1.0, freedom=freedom)
    uneven = max(1.0, float(np.trace(ratio @ ratio)) / (freedom * mean**2))
    return Design(effect=mean * uneven, freedom=freedom / uneven)
