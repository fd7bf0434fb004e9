"""How often each patient is drawn in a resample: compiled, and the same for any number of threads.

A resample of ``n`` patients with replacement is a vector of ``n`` multinomial counts. Independent
Poisson(1) counts given their total are multinomial, so counts are drawn by table look-up, and their
total is then corrected to ``n``: missing draws are added to patients chosen uniformly, surplus
draws are taken away each with the same chance. The generator is SplitMix64 (Steele, Lea & Flood
2014, doi:10.1145/2660193.2660195): a counter that is mixed, keyed by (seed, resample), so that a
resample does not depend on who computes it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from samd_validate.core.arrays import Column, FloatArray

BLOCK = 1024
_U = np.uint64
_STEP, _FIRST, _SECOND = (
    _U(0x9E3779B97F4A7C15),
    _U(0xBF58476D1CE4E5B9),
    _U(0x94D049BB133111EB),
)
_S30, _S27, _S31, _S11 = _U(30), _U(27), _U(31), _U(11)
_TOP = np.uint32(20)
_UNRESOLVED = 255
_MOST = 12
_UNIT = 1.0 / 2**53
_WORD = 1.0 / 2**32

_cumulative = np.cumsum([math.exp(-1) / math.factorial(k) for k in range(_MOST)])


def _table() -> Column:
    """Return the count of each 12-bit bin of a uniform number, or that it must be looked at."""
    bins = np.arange(4096)
    below = np.searchsorted(_cumulative * 4096, bins, side="right")
    above = np.searchsorted(_cumulative * 4096, bins + 1, side="left")
    return np.where(below == above, below, _UNRESOLVED).astype(np.uint8)


TABLE: Column = _table()
EDGES: FloatArray = _cumulative


@njit(inline="always")
def mixed(z):  # type: ignore[no-untyped-def]
    """Return 64 well-mixed bits of a counter."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@njit(inline="always")
def key_of(seed, resample):  # type: ignore[no-untyped-def]
    """Return the starting counter of a resample."""
    return mixed(mixed(seed + _STEP) + _U(resample) * _STEP)


@njit(inline="always")
def _poisson_block(counts, words, halves, key, counter, table, edges):  # type: ignore[no-untyped-def]
    """Fill up to 1,024 counts and return their total."""
    for i in range(BLOCK // 2):
        words[i] = mixed(key + (counter + _U(i)) * _STEP)
    total = np.int64(0)
    for i in range(counts.size):
        bits = halves[i]
        count = table[bits >> _TOP]
        if count == _UNRESOLVED:
            share = np.float64(bits) * _WORD
            count = np.uint8(0)
            while count < _MOST and share >= edges[count]:
                count += np.uint8(1)
        counts[i] = count
        total += np.int64(count)
    return total


@njit(inline="always")
def _corrected(counts, surplus, key, counter):  # type: ignore[no-untyped-def]
    """Add or take away draws until the total is the number of patients."""
    n = counts.size
    while surplus < 0:
        share = np.float64(mixed(key + counter * _STEP) >> _S11) * _UNIT
        counter += _U(1)
        counts[np.int64(share * n)] += np.uint8(1)
        surplus += 1
    most = np.int64(counts.max()) if surplus > 0 else 1
    while surplus > 0:
        share = np.float64(mixed(key + counter * _STEP) >> _S11) * _UNIT * n
        counter += _U(1)
        chosen = np.int64(share)
        if np.int64((share - chosen) * most) < np.int64(counts[chosen]):
            counts[chosen] -= np.uint8(1)
            surplus -= 1
    return counter


@njit(nogil=True, cache=True)
def draw(counts, bounds, seed, resample, words, halves, table, edges):  # type: ignore[no-untyped-def]
    """Fill ``counts (n,)`` of uint8 for one resample.

    ``bounds`` are the ends of strata, ``[0, n]`` without: within each the total is its size.
    """
    key = key_of(seed, resample)
    counter = _U(0)
    for stratum in range(bounds.size - 1):
        first, last = bounds[stratum], bounds[stratum + 1]
        total = 0
        for start in range(first, last, BLOCK):
            part = counts[start : min(start + BLOCK, last)]
            total += _poisson_block(part, words, halves, key, counter, table, edges)
            counter += _U(BLOCK // 2)
        counter = _corrected(counts[first:last], total - (last - first), key, counter)


@njit(nogil=True, cache=True)
def draw_many(out, bounds, seed, first, table, edges):  # type: ignore[no-untyped-def]
    """Fill ``out (resamples, patients)`` of uint8, beginning with resample ``first``."""
    words = np.empty(BLOCK // 2, np.uint64)
    halves = words.view(np.uint32)
    for row in range(out.shape[0]):
        draw(out[row], bounds, seed, first + row, words, halves, table, edges)
