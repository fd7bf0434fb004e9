"""The risk-adjusted CUSUM chart: outcomes one after the other against what was expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import Column, FloatArray

MOST_STEPS = 200_000
BLOCK = 500


@dataclass(frozen=True, kw_only=True)
class Cusum:
    """A chart: its path ``(n,)``, the limit, and what both mean where nothing changes.

    In control the path passes ``limit`` within n units with a chance of ``false_alarm``;
    ``p_value`` is the chance of a maximum as large as the one seen. ``first`` is the unit at which
    the path passes the limit, None if it does not. ``run_length`` is the mean number of units, in
    control, until the limit is passed: from n units and the chance, as if it were constant.
    """

    path: FloatArray
    limit: float
    p_value: float
    first: int | None
    run_length: float
    false_alarm: float


def cusum(
    label: Column,
    expected: FloatArray,
    odds_ratio: float,
    seed: int,
    *,
    false_alarm: float = 0.05,
    n_simulations: int = 1000,
) -> Cusum:
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
    outcome, risk = np.asarray(label), np.asarray(expected, dtype=np.float64)
    if outcome.shape != risk.shape or outcome.ndim != 1 or not outcome.size:
        raise ValueError("label and expected must be of one length, and not empty")
    if not ((risk > 0) & (risk < 1)).all():
        raise ValueError("expected must lie between 0 and 1")
    if odds_ratio <= 0 or odds_ratio == 1:
        raise ValueError("odds_ratio must be above 0 and not 1")
    without = -np.log1p(risk * (odds_ratio - 1))
    gain = np.log(odds_ratio)
    path = _path(without + gain * outcome)
    maxima = _maxima(risk, without, gain, seed, n_simulations)
    limit = float(np.quantile(maxima, 1 - false_alarm, method="higher"))
    beyond = np.flatnonzero(path > limit)
    passed = float((maxima > limit).mean())
    chance = max(passed, 1 / (n_simulations + 1))
    return Cusum(
        path=path,
        limit=limit,
        p_value=float((1 + np.count_nonzero(maxima >= path.max())) / (n_simulations + 1)),
        first=int(beyond[0]) if beyond.size else None,
        run_length=float(-outcome.size / np.log1p(-chance)),
        false_alarm=false_alarm,
    )


def _path(weight: FloatArray) -> FloatArray:
    """Return the sum that starts anew at 0 whenever it would fall below."""
    total = np.cumsum(weight)
    return np.asarray(total - np.minimum(0, np.minimum.accumulate(total)))


def _maxima(
    risk: FloatArray, without: FloatArray, gain: float, seed: int, n_simulations: int
) -> FloatArray:
    """Return the maximum of each simulated path, blocks of paths at a time."""
    generator = np.random.default_rng([seed, risk.size])
    found = []
    step = max(1, min(BLOCK, MOST_STEPS * 50 // risk.size))
    for first in range(0, n_simulations, step):
        size = min(step, n_simulations - first)
        hits = generator.random((size, risk.size)) < risk
        total = np.cumsum(without + gain * hits, axis=1)
        lowest = np.minimum(0, np.minimum.accumulate(total, axis=1))
        found.append((total - lowest).max(axis=1))
    return np.concatenate(found)
