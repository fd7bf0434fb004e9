"""Scales on which an estimate is nearly normal: log-odds for shares, log for ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.special import expit, logit

from samd_validate.core.arrays import FloatArray


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A transform, its inverse, and its derivative, all element by element."""

    name: str
    to: Callable[[FloatArray], FloatArray]
    back: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    lowest: float
    highest: float

    def holds(self, value: float) -> bool:
        """Return whether a value lies strictly inside the range of the scale."""
        return self.lowest < value < self.highest


def _same(x: FloatArray) -> FloatArray:
    return x


def _one(x: FloatArray) -> FloatArray:
    return np.ones_like(x)


def _of_logit(x: FloatArray) -> FloatArray:
    return np.asarray(1 / (x * (1 - x)))


def _of_log(x: FloatArray) -> FloatArray:
    return np.asarray(1 / x)


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        one.name: one
        for one in (
            Scale(
                name="identity", to=_same, back=_same, slope=_one, lowest=-np.inf, highest=np.inf
            ),
            Scale(name="log", to=np.log, back=np.exp, slope=_of_log, lowest=0.0, highest=np.inf),
            Scale(name="log-odds", to=logit, back=expit, slope=_of_logit, lowest=0.0, highest=1.0),
        )
    }
)
