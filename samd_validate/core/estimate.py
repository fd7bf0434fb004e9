"""A number with its uncertainty, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A finite value with its interval and all that is needed to judge it.

    ``level`` is the confidence level in (0, 1); ``method`` names the interval; ``n`` counts
    units, ``n_events`` those with label 1, ``n_clusters`` patients; ``n_resamples`` is 0 for
    closed-form intervals; ``p_value`` is two-sided where a test was made; ``unit`` is UCUM
    (``"1"`` for a dimensionless number).

    >>> Estimate(value=0.8, low=0.7, high=0.9, level=0.95, method="wilson", n=50).describe()
    '0.80 (95% CI 0.70 to 0.90)'
    """

    value: float
    low: float
    high: float
    level: float
    method: str
    n: int
    n_events: int | None = None
    n_clusters: int | None = None
    n_resamples: int = 0
    n_undefined: int = 0
    unit: str = "1"
    p_value: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "level"):
            number = getattr(self, name)
            if not math.isfinite(number):
                raise ValueError(f"{name} of an estimate must be finite")
            object.__setattr__(self, name, float(number))
        if not 0 < self.level < 1:
            raise ValueError("level must lie between 0 and 1")
        if self.low > self.high:
            raise ValueError("low must not exceed high")

    def describe(self, digits: int = 2) -> str:
        """Return the words of a journal: estimate (95% CI low to high)."""
        value, low, high = (
            f"{round(number, digits) + 0.0:.{digits}f}"  # + 0.0: no minus sign before a zero
            for number in (self.value, self.low, self.high)
        )
        return f"{value} ({100 * self.level:g}% CI {low} to {high})"


@dataclass(frozen=True, kw_only=True)
class NotEstimable:
    """No number, and why: a code for machines and words for people."""

    code: str
    reason: str
    n: int
    n_events: int | None = None

    def describe(self, digits: int = 2) -> str:
        """Return the words that stand where a number would."""
        del digits
        return f"not estimable: {self.reason}"


Measurement: TypeAlias = Estimate | NotEstimable
