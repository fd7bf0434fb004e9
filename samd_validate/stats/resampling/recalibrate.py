"""Logistic recalibration, ``log-odds(label) = a + b * log-odds(score)``, compiled, for any weights.

Newton's method for two coefficients; with ``is_free`` false the slope is held at 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from samd_validate.stats.resampling.draw import BLOCK, draw

STEPS = 25
LONGEST_STEP = 2.0
LARGEST = 50.0
CONVERGED = 1e-10
FARTHEST = 40.0


@njit(inline="always")
def _moments(weight, n_events, x, a, b, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the score (2) and the information (3) of the likelihood at (a, b)."""
    g0, g1, h00, h01, h11 = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(weight.size):
        if weight[i] > 0:
            eta = min(max(a + b * x[i], -FARTHEST), FARTHEST)
            p = 1.0 / (1.0 + np.exp(-eta))
            w = np.float64(weight[i])
            residual = w * ((1.0 if i < n_events else 0.0) - p)
            curvature = w * p * (1.0 - p)
            g0 += residual
            g1 += residual * x[i]
            h00 += curvature
            h01 += curvature * x[i]
            h11 += curvature * x[i] * x[i]
    out[0], out[1], out[2], out[3], out[4] = g0, g1, h00, h01, h11


@njit(inline="always")
def _step(moments, is_free):  # type: ignore[no-untyped-def]
    """Return Newton's step; NaN where the information has no inverse."""
    g0, g1, h00, h01, h11 = moments[0], moments[1], moments[2], moments[3], moments[4]
    if not is_free:
        return (g0 / h00 if h00 > 0 else np.nan), 0.0
    determinant = h00 * h11 - h01 * h01
    if determinant <= 1e-12 * h00 * h11:
        return np.nan, np.nan
    return (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant


@njit(nogil=True, cache=True)
def solve(weight, n_events, x, is_free, start, moments, out):  # type: ignore[no-untyped-def]
    """Fill ``out (2,)`` with intercept and slope; NaN where there is no finite maximum."""
    a, b = start[0], start[1]
    out[:] = np.nan
    for _ in range(STEPS):
        _moments(weight, n_events, x, a, b, moments)
        step_a, step_b = _step(moments, is_free)
        if np.isnan(step_a):
            return
        a += min(max(step_a, -LONGEST_STEP), LONGEST_STEP)
        b += min(max(step_b, -LONGEST_STEP), LONGEST_STEP)
        if abs(step_a) + abs(step_b) < CONVERGED:
            break
    if abs(a) <= LARGEST and abs(b) <= LARGEST:
        out[0], out[1] = a, b


@njit(inline="always")
def _has_both_classes(weight, n_events):  # type: ignore[no-untyped-def]
    events, others = np.int64(0), np.int64(0)
    for i in range(weight.size):
        if i < n_events:
            events += np.int64(weight[i])
        else:
            others += np.int64(weight[i])
    return events > 0 and others > 0


@njit(nogil=True, cache=True)
def recalibrate_resamples(  # type: ignore[no-untyped-def]
    out, first, seed, bounds, unit, row_ends, n_events, x, is_free, starts, table, edges
):
    """Fill ``out (resamples, parts, 2)`` with intercepts and slopes from resample ``first`` on.

    Parts lie behind one another as in the sweep; ``starts (parts, 2)`` are the coefficients of
    the whole parts, from which Newton's method sets out.
    """
    words = np.empty(BLOCK // 2, np.uint64)
    halves = words.view(np.uint32)
    moments = np.empty(5)
    counts = np.empty(bounds[-1], np.uint8)
    weight = np.empty(np.max(np.diff(row_ends)), np.uint8)
    for row in range(out.shape[0]):
        draw(counts, bounds, seed, first + row, words, halves, table, edges)
        for part in range(row_ends.size - 1):
            begin, n = row_ends[part], row_ends[part + 1] - row_ends[part]
            for i in range(n):
                weight[i] = counts[unit[begin + i]]
            if _has_both_classes(weight[:n], n_events[part]):
                solve(
                    weight[:n],
                    n_events[part],
                    x[begin : begin + n],
                    is_free,
                    starts[part],
                    moments,
                    out[row, part],
                )
            else:
                out[row, part] = np.nan
