"""Measures that are no function of sums: computed from weighted rows, many resamples at once.

Rows are sorted by score, highest first. ``weight`` is ``(resamples, n)``: how often each row was
drawn. A measure returns ``(resamples,)``, NaN where a resample leaves it undefined; NaN never
leaves this package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.stats.resampling.layout import Layout, log_odds


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """A sample sorted by score, highest first; ``ends`` are the last rows of tie groups.

    ``order`` are the positions of the rows in the layout.
    """

    order: Column
    label: FloatArray
    score: FloatArray
    ends: Column

    @property
    def log_odds(self) -> FloatArray:
        """Return the log-odds of the scores, kept finite at 0 and 1."""
        return log_odds(self.score)


Weighted: TypeAlias = Callable[[Sorted, FloatArray], FloatArray]


def sorted_rows(layout: Layout) -> Sorted:
    """Return the rows of a layout sorted by score, highest first."""
    order = np.argsort(-layout.score, kind="stable")
    score = layout.score[order]
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    return Sorted(order=order, label=layout.label[order], score=score, ends=ends)
