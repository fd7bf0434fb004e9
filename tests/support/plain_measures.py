"""The measures in plain NumPy, row by row: what the compiled sums are held against.

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

EDGE = 1e-7
NEWTON_STEPS = 25
LARGEST_SLOPE = 50.0
CONVERGED = 1e-10


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """A sample sorted by score, highest first; ``ends`` are the last rows of tie groups."""

    label: FloatArray
    score: FloatArray
    ends: Column
    threshold: float | None

    @property
    def log_odds(self) -> FloatArray:
        """Return the log-odds of the scores, kept finite at 0 and 1."""
        inside = np.clip(self.score, EDGE, 1 - EDGE)
        return np.asarray(np.log(inside) - np.log1p(-inside))


Measure: TypeAlias = Callable[[Sorted, FloatArray], FloatArray]


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    quotient = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return np.asarray(quotient, dtype=np.float64)


def auroc(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the probability that an event outranks a non-event, ties counting half."""
    starts = np.concatenate([[0], rows.ends[:-1] + 1])
    positives = np.add.reduceat(weight * rows.label, starts, axis=1)
    negatives = np.add.reduceat(weight * (1 - rows.label), starts, axis=1)
    before = np.cumsum(positives, axis=1) - positives / 2
    total = positives.sum(1) * negatives.sum(1)
    return _ratio((negatives * before).sum(1), total)


def auprc(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return average precision: the mean over events of the precision at their score."""
    starts = np.concatenate([[0], rows.ends[:-1] + 1])
    positives = np.add.reduceat(weight * rows.label, starts, axis=1)
    drawn = np.add.reduceat(weight, starts, axis=1)
    found, seen = np.cumsum(positives, axis=1), np.cumsum(drawn, axis=1)
    precision = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
    return _ratio((positives * precision).sum(1), found[:, -1])


def prevalence(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the share of events."""
    return _ratio(weight @ rows.label, weight.sum(1))


def mean_predicted(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the mean score."""
    return _ratio(weight @ rows.score, weight.sum(1))


def observed_expected_ratio(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return observed over expected events; undefined without events or expectation."""
    observed = weight @ rows.label
    return np.where(observed > 0, _ratio(observed, weight @ rows.score), np.nan)


def brier(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the mean squared difference of score and outcome."""
    return _ratio(weight @ (rows.score - rows.label) ** 2, weight.sum(1))


def log_loss(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the mean negative log-likelihood, scores kept 1e-7 away from 0 and 1."""
    eta = rows.log_odds
    return _ratio(weight @ (np.logaddexp(0, eta) - rows.label * eta), weight.sum(1))


def calibration_in_the_large(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the intercept of logistic recalibration with the slope held at 1."""
    return _recalibrated(rows, weight, free_slope=False)[0]


def calibration_intercept(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the intercept of logistic recalibration with a free slope."""
    return _recalibrated(rows, weight, free_slope=True)[0]


def calibration_slope(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the slope of logistic recalibration: 1 is perfect, below 1 is too extreme."""
    return _recalibrated(rows, weight, free_slope=True)[1]


def _recalibrated(
    rows: Sorted, weight: FloatArray, *, free_slope: bool
) -> tuple[FloatArray, FloatArray]:
    """Fit ``log-odds(label) = a + b * log-odds(score)`` by Newton, all resamples at once."""
    x = rows.log_odds
    a, b = np.zeros(weight.shape[0]), np.ones(weight.shape[0])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(a[:, None] + b[:, None] * x, -40, 40)))
        residual = weight * (rows.label - p)
        curvature = weight * p * (1 - p)
        g0, h00 = residual.sum(1), curvature.sum(1)
        if free_slope:
            g1, h01, h11 = residual @ x, curvature @ x, curvature @ x**2
            determinant = h00 * h11 - h01**2
            step_a = _ratio(h11 * g0 - h01 * g1, determinant)
            step_b = _ratio(h00 * g1 - h01 * g0, determinant)
        else:
            step_a, step_b = _ratio(g0, h00), np.zeros_like(b)
        a, b = a + np.clip(step_a, -2, 2), b + np.clip(step_b, -2, 2)
        if np.nanmax(np.abs(step_a), initial=0) + np.nanmax(np.abs(step_b), initial=0) < CONVERGED:
            break
    one_class = np.isin(prevalence(rows, weight), (0.0, 1.0))
    lost = one_class | (np.abs(b) > LARGEST_SLOPE) | (np.abs(a) > LARGEST_SLOPE)
    return np.where(lost, np.nan, a), np.where(lost, np.nan, b)


def _counts(rows: Sorted, weight: FloatArray) -> tuple[FloatArray, ...]:
    """Return true positives, false positives, missed events, true negatives."""
    if rows.threshold is None:
        raise ValueError("this measure needs a threshold")
    alarm = rows.score >= rows.threshold
    tp = weight @ (rows.label * alarm)
    fp = weight @ ((1 - rows.label) * alarm)
    return tp, fp, weight @ rows.label - tp, weight @ (1 - rows.label) - fp


def sensitivity(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the share of events at or above the threshold."""
    tp, _, fn, _ = _counts(rows, weight)
    return _ratio(tp, tp + fn)


def specificity(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the share of non-events below the threshold."""
    _, fp, _, tn = _counts(rows, weight)
    return _ratio(tn, tn + fp)


def ppv(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the share of alarms that are events."""
    tp, fp, _, _ = _counts(rows, weight)
    return _ratio(tp, tp + fp)


def npv(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the share of all-clears that are no events."""
    _, _, fn, tn = _counts(rows, weight)
    return _ratio(tn, tn + fn)


def lr_pos(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return by how much an alarm multiplies the odds of the event."""
    return _ratio(sensitivity(rows, weight), 1 - specificity(rows, weight))


def lr_neg(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return by how much an all-clear multiplies the odds of the event."""
    return _ratio(1 - sensitivity(rows, weight), specificity(rows, weight))


def net_benefit(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return true alarms less false alarms weighed by the odds of the threshold, per patient."""
    tp, fp, _, _ = _counts(rows, weight)
    threshold = float(rows.threshold or 0)
    if threshold >= 1:
        return np.full(tp.shape, np.nan)
    return _ratio(tp - fp * threshold / (1 - threshold), weight.sum(1))


def f1(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the harmonic mean of PPV and sensitivity."""
    tp, fp, fn, _ = _counts(rows, weight)
    return _ratio(2 * tp, 2 * tp + fp + fn)


def mcc(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return Matthews' correlation of alarm and event (doi:10.1016/0005-2795(75)90109-9)."""
    tp, fp, fn, tn = _counts(rows, weight)
    spread = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return _ratio(tp * tn - fp * fn, np.sqrt(spread))


def youden_threshold(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the score at which sensitivity + specificity is largest; the highest of equals."""
    tp = np.cumsum(weight * rows.label, axis=1)[:, rows.ends]
    fp = np.cumsum(weight * (1 - rows.label), axis=1)[:, rows.ends]
    index = _ratio(tp, tp[:, -1:] + 0 * tp) - _ratio(fp, fp[:, -1:] + 0 * fp)
    best = np.argmax(np.nan_to_num(index, nan=-np.inf), axis=1)
    undefined = ~np.isfinite(index).all(axis=1)
    return np.where(undefined, np.nan, rows.score[rows.ends[best]])


def scaled_brier(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return 1 - Brier / Brier of the prevalence: 1 is perfect, 0 tells nothing."""
    share = prevalence(rows, weight)
    return 1 - _ratio(brier(rows, weight), share * (1 - share))


def partial_auroc(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the area where specificity is at least 0.9, strip by strip under each curve."""
    areas = []
    for one in weight:
        tp = np.cumsum(one * rows.label)[rows.ends]
        fp = np.cumsum(one * (1 - rows.label))[rows.ends]
        x, y = np.append(0, fp / fp[-1]), np.append(0, tp / tp[-1])
        area = 0.0
        for left, right, low, high in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True):
            end = min(right, 0.1)
            if end > left:
                at_end = low + (high - low) * (end - left) / (right - left)
                area += (end - left) * (low + at_end) / 2
        areas.append(area)
    return np.array(areas)


def sorted_sample(
    label: Column, score: Column, threshold: float | None = None
) -> tuple[Sorted, Column]:
    """Return rows sorted by score, highest first, and their order."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    rows = Sorted(label=label[order].astype(float), score=ranked, ends=ends, threshold=threshold)
    return rows, order


REFERENCE = {
    name: globals()[name]
    for name in (
        "auroc",
        "auprc",
        "prevalence",
        "mean_predicted",
        "observed_expected_ratio",
        "brier",
        "log_loss",
        "calibration_in_the_large",
        "calibration_intercept",
        "calibration_slope",
        "sensitivity",
        "specificity",
        "ppv",
        "npv",
        "lr_pos",
        "lr_neg",
        "net_benefit",
        "f1",
        "mcc",
        "youden_threshold",
        "scaled_brier",
        "partial_auroc",
    )
}
