"""Locally weighted linear regression (lowess) of outcomes on scores, with rows that count.

Compiled, without locks on the interpreter, and without robustness iterations: an outcome of 0 or
1 has no outliers. Rows of one score are one point that counts as often as it was drawn, so that a
resample needs no copies.

Ref. Cleveland 1979, doi:10.1080/01621459.1979.10481038.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from samd_validate.core.arrays import FloatArray

SPAN = 2 / 3
SKIP = 0.01
LEAST_SPREAD = 1e-12


@njit(inline="always")
def _moved(x, count, at, window):  # type: ignore[no-untyped-def]
    """Move the window of nearest rows up to ``at``, as many rows at once as a tie allows.

    ``window`` holds the first point and how many of its rows are outside, the first point beyond
    and how many of its rows are inside.
    """
    left, outside, right, inside = window
    while right < x.size and at > (x[left] + x[right]) / 2.0:
        step = min(count[left] - outside, count[right] - inside)
        outside, inside = outside + step, inside + step
        if outside == count[left]:
            left, outside = left + 1, 0
        if inside == count[right]:
            right, inside = right + 1, 0
    return left, outside, right, inside


@njit(inline="always")
def _local(x, count, events, at, first, last):  # type: ignore[no-untyped-def]
    """Return the local line at ``at`` from the points ``first`` to ``last``, both included."""
    radius = max(at - x[first], x[last] - at)
    inverse = 1.0 / radius if radius > 0 else 0.0
    rows, moment, square, hits, cross = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(first, last + 1):
        offset = x[j] - at
        share = abs(offset) * inverse
        near = 1.0 - share * share * share
        weight = near * near * near
        rows += weight * count[j]
        moment += weight * count[j] * offset
        square += weight * count[j] * offset * offset
        hits += weight * events[j]
        cross += weight * events[j] * offset
    middle, height = moment / rows, hits / rows
    spread = max(square / rows - middle * middle, LEAST_SPREAD)
    return height - middle * (cross / rows - middle * height) / spread


@njit(inline="always")
def _next(x, count, done, skip):  # type: ignore[no-untyped-def]
    """Return the next point to fit: the last within ``skip``, and the last but one at the end."""
    beyond = done + 1
    while beyond < x.size and x[beyond] <= x[done] + skip:
        beyond += 1
    if beyond == x.size and count[x.size - 1] < 2:  # noqa: PLR2004  # the last is one row
        beyond -= 1
    return max(beyond - 1, done + 1)


@njit(nogil=True, cache=True)
def lowess_fit(x, count, events, fitted):  # type: ignore[no-untyped-def]
    """Fill ``fitted (points,)`` with the smoothed share of events at each point.

    ``x (points,)`` rises strictly, ``count`` says how many rows each point stands for (at least
    1), ``events`` how many of them have the event. The span is 2/3 of the rows; points closer
    than 1 % of the range to the last fit are interpolated.
    """
    rows = count.sum()
    near = min(max(int(SPAN * rows + 1e-10), 2), rows)
    skip = SKIP * (x[-1] - x[0])
    right, inside = 0, near
    while right < x.size and inside >= count[right]:
        inside -= count[right]
        right += 1
    window = (0, 0, right, inside)
    done, at = -1, 0
    while at < x.size:
        window = _moved(x, count, x[at], window)
        last = window[2] if window[3] > 0 else window[2] - 1
        fitted[at] = _local(x, count, events, x[at], window[0], last)
        for j in range(done + 1, at):
            share = (x[j] - x[done]) / (x[at] - x[done])
            fitted[j] = share * fitted[at] + (1.0 - share) * fitted[done]
        done, at = at, _next(x, count, at, skip)


def smoothed(score: FloatArray, count: FloatArray, events: FloatArray) -> FloatArray:
    """Return the smoothed share of events ``(points,)`` at strictly rising scores.

    ``count`` rows of each score, at least 1, of which ``events`` have the event. A window of one
    score only gives the share there; nothing keeps the curve inside [0, 1].

    Raises
    ------
    ValueError
        If there is no point, scores do not rise strictly, or counts are below 1.

    >>> smoothed(np.array([0.1, 0.2, 0.3]), np.array([50, 50, 50]), np.array([5, 10, 15])).round(3)
    array([0.1, 0.2, 0.3])
    """
    if score.size == 0 or score.shape != count.shape or score.shape != events.shape:
        raise ValueError("score, count and events must be of one length, at least 1")
    if (np.diff(score) <= 0).any():
        raise ValueError("score must rise strictly")
    if (count < 1).any():
        raise ValueError("count must be at least 1")
    fitted = np.empty(score.size)
    lowess_fit(score, count.astype(np.int64), events.astype(np.float64), fitted)
    return fitted
