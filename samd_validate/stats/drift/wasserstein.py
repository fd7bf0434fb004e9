"""How far the values of one group must be moved to be those of the other (Wasserstein)."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from samd_validate.core.arrays import Column, FloatArray, IntArray
from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.drift.groups import (
    POWER,
    Groups,
    Labels,
    Shift,
    ShiftFound,
    checked,
    design_effect,
    estimate_of,
    harmonic,
)

PLACES = 512
"""Permuted distances are taken on so many quantiles of all values."""


def wasserstein(values: Column, groups: Groups, labels: Labels, level: float = 0.95) -> ShiftFound:
    """Return the mean distance that values must move, in standard deviations of the reference.

    ``values (n,)``, NaN = missing, left out; ``labels`` are those of the groups
    (:meth:`Groups.labels`), made once for all variables. A distribution that is shifted as a whole
    by d standard deviations has distance d; a change of spread or of tails counts too. The p-value
    is by permutation of patients. The interval is the distance -/+ the ``level`` quantile of the
    permuted distances, cut at 0: by the triangle inequality it covers at least so often. Chance
    alone gives a distance above 0; the note says what it stays below.

    Raises
    ------
    ValueError
        For values or labels that do not fit the groups.
    """
    column = checked(values, groups)
    known = np.isfinite(column)
    column, groups = column[known], groups.take(known)
    lacking = groups.lacking()
    if lacking is not None:
        return lacking
    reference, other = column[~groups.is_other], column[groups.is_other]
    spread = float(reference.std(ddof=1))
    if spread == 0:
        reason = "the reference group has no spread"
        return NotEstimable(code="no_spread", reason=reason, n=groups.n)
    value = distance(reference, other) / spread
    permuted = _distances(column, groups, labels) / spread
    by_chance = float(np.quantile(permuted[1:], level))
    beyond = int(np.count_nonzero(permuted >= permuted[0] * (1 - 1e-9)))
    effect = estimate_of(
        value,
        (max(0.0, value - by_chance), value + by_chance),
        groups,
        level=level,
        method="permutation of patients",
        p_value=beyond / permuted.size,
        note=f"chance alone stays below {by_chance:.3f}",
        n_resamples=permuted.size - 1,
    )
    rows = groups.effective(design_effect(column[:, None], np.ones(1), groups))
    error = float(column.std() / spread) / harmonic(rows) ** 0.5
    slack = float(norm.isf(1 - POWER)) * error
    return Shift(effect=effect, detectable=by_chance + slack)


def distance(reference: FloatArray, other: FloatArray) -> float:
    """Return the area between two empirical distribution functions.

    >>> distance(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    2.0
    """
    at = np.sort(np.concatenate([reference, other]))
    below = [
        np.searchsorted(np.sort(one), at[:-1], side="right") / one.size
        for one in (reference, other)
    ]
    return float(np.abs(below[0] - below[1]) @ np.diff(at))


def _distances(column: FloatArray, groups: Groups, labels: Labels) -> FloatArray:
    """Return the distance for each column of labels, all in one pass over the sorted rows."""
    if labels.ndim != 2 or labels.shape[0] <= groups.patient.max():  # noqa: PLR2004
        raise ValueError("labels must have a row for each patient of the groups")
    edges = np.unique(column)
    if edges.size > PLACES:
        edges = np.unique(np.quantile(column, np.linspace(0, 1, PLACES)))
    place = np.minimum(np.searchsorted(edges, column, side="left"), edges.size - 1)
    order = np.argsort(place, kind="stable")
    starts: IntArray = np.searchsorted(place[order], np.arange(edges.size))
    sides = labels[groups.patient[order]].astype(np.float32)
    others = np.add.reduceat(sides, np.minimum(starts, column.size - 1), axis=0)
    count = np.diff(np.append(starts, column.size)).astype(np.float64)
    others = np.where(count[:, None] > 0, others, 0).astype(np.float64).cumsum(axis=0)
    everyone = count.cumsum()[:, None]
    n_other = others[-1]
    apart = others / n_other - (everyone - others) / (column.size - n_other)
    return np.asarray(np.diff(edges) @ np.abs(apart[:-1]))
