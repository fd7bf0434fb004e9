"""What control charts share: their columns, the series drawn in control, and what these tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray

MOST_CELLS = 10_000_000
"""Outcomes that are simulated at once."""
BLOCK = 500


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart: its path ``(n,)``, the limit, and what both mean where nothing changes.

    In control the path passes ``limit`` (of an EWMA on either side) within n units with a chance
    of ``false_alarm``; ``p_value`` is the chance of an extreme as large as the one seen. ``first``
    is the unit at which the limit is passed, None if it is not. ``run_length`` is the mean number
    of units, in control, until it is passed: from n units and the chance, as if it were constant.
    """

    path: FloatArray
    limit: float
    p_value: float
    first: int | None
    run_length: float
    false_alarm: float


def checked(label: Column, expected: FloatArray) -> tuple[Column, FloatArray]:
    """Return outcomes and their expected risks ``(n,)``.

    Raises
    ------
    ValueError
        For columns of differing length or without a unit, or risks outside (0, 1).
    """
    outcome, risk = np.asarray(label), np.asarray(expected, dtype=np.float64)
    if outcome.shape != risk.shape or outcome.ndim != 1 or not outcome.size:
        raise ValueError("label and expected must be of one length, and not empty")
    if not ((risk > 0) & (risk < 1)).all():
        raise ValueError("expected must lie between 0 and 1")
    return outcome, risk


def extremes_in_control(
    risk: FloatArray, seed: int, n_simulations: int, extreme: Callable[[BoolArray], FloatArray]
) -> FloatArray:
    """Return what ``extreme`` gives for series of outcomes ``(series, n)`` drawn from ``risk``."""
    generator = np.random.default_rng([seed, risk.size])
    step = max(1, min(BLOCK, MOST_CELLS // risk.size))
    sizes = (min(step, n_simulations - first) for first in range(0, n_simulations, step))
    return np.concatenate([extreme(generator.random((size, risk.size)) < risk) for size in sizes])


def chart_of(
    path: FloatArray, distance: FloatArray, extremes: FloatArray, false_alarm: float
) -> Chart:
    """Return a chart whose ``distance`` ``(n,)`` is held against the ``extremes`` in control."""
    limit = float(np.quantile(extremes, 1 - false_alarm, method="higher"))
    beyond = np.flatnonzero(distance > limit)
    chance = max(float((extremes > limit).mean()), 1 / (extremes.size + 1))
    as_far = np.count_nonzero(extremes >= distance.max())
    return Chart(
        path=path,
        limit=limit,
        p_value=float((1 + as_far) / (extremes.size + 1)),
        first=int(beyond[0]) if beyond.size else None,
        run_length=float(-path.size / np.log1p(-chance)),
        false_alarm=false_alarm,
    )
