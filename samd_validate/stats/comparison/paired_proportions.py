"""A difference of two proportions on the same patients, by Tango's score."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri


def _check(only_new: int, only_reference: int, n: int) -> None:
    if min(only_new, only_reference) < 0 or n <= 0 or only_new + only_reference > n:
        raise ValueError("only_new and only_reference must not be negative nor exceed n together")


def tango_z(only_new: int, only_reference: int, n: int, difference: float) -> float:
    """Return the score z that the difference of paired proportions is larger than ``difference``.

    Of ``n`` patients (for a sensitivity: those with the event), ``only_new`` were right by the new
    test alone and ``only_reference`` by the reference alone; the observed difference is
    (only_new - only_reference) / n. Under the null the discordant cells are estimated with the
    difference held fixed. At a difference of 0 it is McNemar's z. It keeps its size where a Wald
    test does not (Tango 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B;
    Liu et al. 2002, doi:10.1002/sim.1012).

    >>> round(tango_z(10, 5, 100, -0.05), 3)
    2.414

    Raises
    ------
    ValueError
        For counts that cannot be, a difference outside (-1, 1), or no discordant patient at a
        difference of 0.
    """
    _check(only_new, only_reference, n)
    if not -1 < difference < 1:
        raise ValueError("difference must lie between -1 and 1")
    if only_new + only_reference == 0 and difference == 0:
        raise ValueError("difference: 0 cannot be tested without a discordant patient")
    middle = (2 * n - only_new + only_reference) * difference - only_new - only_reference
    end = -only_reference * difference * (1 - difference)
    cell = (np.sqrt(max(middle**2 - 8 * n * end, 0.0)) - middle) / (4 * n)
    variance = n * (2 * max(cell, 0.0, -difference) + difference * (1 - difference))
    return float((only_new - only_reference - n * difference) / np.sqrt(variance))


def tango_p(only_new: int, only_reference: int, n: int, difference: float) -> float:
    """Return the one-sided p-value of the null that the difference is ``difference`` or less.

    For a non-inferiority margin of 0.05 test at a ``difference`` of -0.05.
    """
    return float(ndtr(-tango_z(only_new, only_reference, n, difference)))


def tango_interval(
    only_new: int, only_reference: int, n: int, level: float = 0.95
) -> tuple[float, float]:
    """Return the differences that the score does not reject: it needs no discordant patient.

    >>> [round(limit, 3) for limit in tango_interval(1, 7, 21)]
    [-0.517, -0.026]
    """
    _check(only_new, only_reference, n)
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    z = float(ndtri((1 + level) / 2))
    value = (only_new - only_reference) / n
    return (
        _end(only_new, only_reference, n, z, value, -1.0),
        _end(only_new, only_reference, n, -z, value, 1.0),
    )


def _end(
    only_new: int, only_reference: int, n: int, z: float, value: float, border: float
) -> float:
    """Return where the score meets z between the observed difference and a border."""
    near, far = value + np.sign(border) * 1e-9, border * (1 - 1e-12)
    if abs(near) >= abs(border) and np.sign(value) == np.sign(border):
        return border

    def excess(difference: float) -> float:
        return tango_z(only_new, only_reference, n, difference) - z

    if excess(near) * excess(far) > 0:
        return border
    return float(brentq(excess, near, far, xtol=1e-13))
