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
from samd_validate.stats.resampling.of_sums import ratio

SPECIFICITY_FROM = 0.9


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


def _running(rows: Sorted, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return events and non-events at or above each distinct score ``(resamples, scores)``."""
    events = np.cumsum(weight * rows.label, axis=1)[:, rows.ends]
    others = np.cumsum(weight * (1 - rows.label), axis=1)[:, rows.ends]
    return events, others


def youden_threshold(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the score at which sensitivity + specificity is largest; the highest of equals."""
    tp, fp = _running(rows, weight)
    index = ratio(tp, tp[:, -1:]) - ratio(fp, fp[:, -1:])
    best = np.argmax(np.nan_to_num(index, nan=-np.inf), axis=1)
    undefined = ~np.isfinite(index).all(axis=1)
    return np.where(undefined, np.nan, rows.score[rows.ends[best]])


def partial_auroc(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the area under the ROC curve where specificity is at least 0.9, between 0 and 0.1."""
    tp, fp = _running(rows, weight)
    tpr, fpr = ratio(tp, tp[:, -1:]), ratio(fp, fp[:, -1:])
    start = np.zeros((tpr.shape[0], 1))
    x, y = np.hstack([start, fpr]), np.hstack([start, tpr])
    limit = 1 - SPECIFICITY_FROM
    left, right = np.minimum(x[:, :-1], limit), np.minimum(x[:, 1:], limit)
    slope = np.divide(np.diff(y), np.diff(x), out=np.zeros_like(tpr), where=np.diff(x) > 0)
    at_left = y[:, :-1]
    at_right = at_left + slope * (right - x[:, :-1])
    return np.asarray(((right - left) * (at_left + at_right) / 2).sum(axis=1))


def partial_auroc_mcclish(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the partial area rescaled to 0.5 for chance and 1 for perfect.

    Ref. McClish 1989, doi:10.1177/0272989X8900900307.
    """
    largest = 1 - SPECIFICITY_FROM
    chance = largest**2 / 2
    return 0.5 * (1 + (partial_auroc(rows, weight) - chance) / (largest - chance))
