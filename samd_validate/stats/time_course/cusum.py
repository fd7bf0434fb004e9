"""The risk-adjusted CUSUM chart: outcomes one after the other against what was expected."""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.stats.time_course.in_control import (
    Chart,
    chart_of,
    checked,
    extremes_in_control,
)


def cusum(
    label: Column,
    expected: FloatArray,
    odds_ratio: float,
    seed: int,
    *,
    false_alarm: float = 0.05,
    n_simulations: int = 1000,
) -> Chart:
    """Return the CUSUM of outcomes in time order against their expected risks ``(n,)``.

    The weight of a unit is the log-likelihood ratio of odds multiplied by ``odds_ratio`` (above 1
    looks for more events than expected, below 1 for fewer), summed and never below 0 (Steiner,
    Cook, Farewell & Treasure 2000, doi:10.1093/biostatistics/1.4.441). Limit and p-value are from
    ``n_simulations`` series of outcomes drawn from the same expected risks.

    >>> expected = np.full(400, 0.2)
    >>> rng = np.random.default_rng(1)
    >>> late = (rng.random(400) < np.where(np.arange(400) < 200, 0.2, 0.45)).astype(int)
    >>> cusum(late, expected, 2.0, seed=1).p_value < 0.01
    True

    Raises
    ------
    ValueError
        For columns of differing length, risks outside (0, 1), or an odds ratio of 1 or below 0.
    """
    outcome, risk = checked(label, expected)
    if odds_ratio <= 0 or odds_ratio == 1:
        raise ValueError("odds_ratio must be above 0 and not 1")
    without = -np.log1p(risk * (odds_ratio - 1))
    gain = np.log(odds_ratio)
    path = _path(without + gain * outcome)

    def highest(hits: BoolArray) -> FloatArray:
        return np.asarray(_path(without + gain * hits).max(axis=1))

    highs = extremes_in_control(risk, seed, n_simulations, highest)
    return chart_of(path, path, highs, false_alarm)


def _path(weight: FloatArray) -> FloatArray:
    """Return the sum along the last axis that starts anew at 0 whenever it would fall below."""
    total = np.cumsum(weight, axis=-1)
    return np.asarray(total - np.minimum(0, np.minimum.accumulate(total, axis=-1)))
