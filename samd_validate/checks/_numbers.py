"""Numbers that no sampling made: counts of all, p-values as measures, and parts not run."""

from __future__ import annotations

from dataclasses import replace

from samd_validate.core.estimate import Estimate, NotEstimable

METHOD = "count of all, no sampling uncertainty"
SMALLEST_P = 0.001


def counted(count: int, n: int, note: str = "") -> Estimate:
    """Return a count among ``n`` that were all looked at.

    >>> counted(0, 40).describe(0)
    '0 (95% CI 0 to 0)'
    """
    return Estimate(value=count, low=count, high=count, level=0.95, method=METHOD, n=n, note=note)


def not_run(code: str, reason: str, n: int) -> NotEstimable:
    """Return that a part of a check was not run, and why: never a pass."""
    return NotEstimable(code=code, reason=reason, n=n)


def p_value_measure(p_value: float, like: Estimate, test: str) -> Estimate:
    """Return a p-value as a number that a criterion can read; it has no interval.

    Counts are those of ``like``; ``test`` says of what the p-value is.
    """
    return replace(
        like,
        value=p_value,
        low=p_value,
        high=p_value,
        p_value=None,
        method=f"p-value {test}",
        note="",
    )


def p_words(p_value: float | None) -> str:
    """Return a p-value for a table.

    >>> p_words(0.0004), p_words(0.0321), p_words(None)
    ('< 0.001', '0.032', '-')
    """
    if p_value is None:
        return "-"
    return f"< {SMALLEST_P}" if p_value < SMALLEST_P else f"{p_value:.3f}"
