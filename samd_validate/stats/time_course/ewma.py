"""The risk-adjusted EWMA chart: a running mean of outcomes less what was expected."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter
from scipy.stats import norm

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.stats.time_course.in_control import (
    Chart,
    chart_of,
    checked,
    extremes_in_control,
)

NODES = 160


def ewma(
    label: Column,
    expected: FloatArray,
    smoothing: float,
    seed: int,
    *,
    false_alarm: float = 0.05,
    n_simulations: int = 1000,
) -> Chart:
    """Return the EWMA of outcomes in time order less their expected risks ``(n,)``.

    z(i) = smoothing (outcome - risk) + (1 - smoothing) z(i - 1), from z(0) = 0, over its standard
    deviation given the risks before (Roberts 1959, doi:10.1080/00401706.1959.10489860; adjusted for
    risk as Grigg & Spiegelhalter 2007, doi:10.1198/016214506000001121, propose). The deviation
    starts at that of the long run, so that the first few units cannot pass a narrow limit. Limit
    and p-value are from ``n_simulations`` series of outcomes drawn from the same expected risks.

    >>> expected = np.full(400, 0.2)
    >>> rng = np.random.default_rng(1)
    >>> late = (rng.random(400) < np.where(np.arange(400) < 200, 0.2, 0.45)).astype(int)
    >>> ewma(late, expected, 0.05, seed=1).p_value < 0.01
    True

    Raises
    ------
    ValueError
        For columns of differing length, risks outside (0, 1), or a smoothing outside (0, 1].
    """
    outcome, risk = checked(label, expected)
    if not 0 < smoothing <= 1:
        raise ValueError("smoothing must lie above 0, and be 1 at most")
    spread = _spread(risk, smoothing)
    path = _smoothed(outcome - risk, smoothing) / spread

    def farthest(hits: BoolArray) -> FloatArray:
        return np.asarray((np.abs(_smoothed(hits - risk, smoothing)) / spread).max(axis=1))

    distances = extremes_in_control(risk, seed, n_simulations, farthest)
    return chart_of(path, np.abs(path), distances, false_alarm)


def ewma_run_length(smoothing: float, limit: float, shift: float = 0.0) -> float:
    """Return the mean number of normal observations until an EWMA passes its limits.

    Observations are independent, of standard deviation 1 and mean ``shift``; ``limit`` is in
    standard deviations of the chart in the long run, on both sides; the chart starts at 0. The
    integral equation of Crowder (1987, doi:10.1080/00401706.1987.10488267) by Gauss-Legendre.

    >>> round(ewma_run_length(0.1, 2.814))
    500

    Raises
    ------
    ValueError
        For a smoothing outside (0, 1] or a limit that is not above 0.
    """
    if not 0 < smoothing <= 1:
        raise ValueError("smoothing must lie above 0, and be 1 at most")
    if limit <= 0:
        raise ValueError("limit must be above 0")
    edge = limit * np.sqrt(smoothing / (2 - smoothing))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    place, weight = edge * nodes, edge * weights

    def kernel(start: FloatArray) -> FloatArray:
        moved = (place[None] - (1 - smoothing) * start[:, None]) / smoothing - shift
        return np.asarray(norm.pdf(moved) * weight / smoothing)

    lengths = np.linalg.solve(np.eye(NODES) - kernel(place), np.ones(NODES))
    return float(1 + (kernel(np.zeros(1)) @ lengths)[0])


def _smoothed(distance: FloatArray, smoothing: float) -> FloatArray:
    """Return the running mean along the last axis, from 0."""
    return np.asarray(lfilter([smoothing], [1, smoothing - 1], distance, axis=-1))


def _spread(risk: FloatArray, smoothing: float) -> FloatArray:
    """Return the standard deviation of the running mean, begun at that of the long run."""
    variance = risk * (1 - risk)
    keep = (1 - smoothing) ** 2
    begin = float(variance.mean()) * smoothing / (2 - smoothing)
    found, _ = lfilter([smoothing**2], [1, -keep], variance, zi=[keep * begin])
    return np.asarray(np.sqrt(found))
