"""Counts as measurements: what was looked at in full has no sampling uncertainty."""

from __future__ import annotations

from samd_validate.core.estimate import Estimate, NotEstimable

METHOD = "count of all, no sampling uncertainty"


def counted(count: int, n: int, note: str = "") -> Estimate:
    """Return a count among ``n`` that were all looked at.

    >>> counted(0, 40).describe(0)
    '0 (95% CI 0 to 0)'
    """
    return Estimate(value=count, low=count, high=count, level=0.95, method=METHOD, n=n, note=note)


def not_run(code: str, reason: str, n: int) -> NotEstimable:
    """Return that a part of the gate was not run, and why: never a pass."""
    return NotEstimable(code=code, reason=reason, n=n)
