"""Measures as functions of sums, for one sample or for all resamples at once.

Each returns ``(resamples,)``, NaN where a resample leaves it undefined; NaN never leaves this
package. A measure that is one sum over another returns the two as its parts.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.stats.resampling.layout import Sums
from samd_validate.stats.resampling.resample import LARGEST_FPR


def ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return the quotient, NaN where the denominator is not above 0."""
    shape = np.broadcast_shapes(np.shape(top), np.shape(bottom))
    quotient = np.divide(top, bottom, out=np.full(shape, np.nan), where=np.asarray(bottom) > 0)
    return np.asarray(quotient, dtype=np.float64)


def auroc(s: Sums) -> FloatArray:
    """Return the probability that an event outranks a non-event, ties counting half."""
    return ratio(s.area, 2 * s.events * s.others)


def auprc(s: Sums) -> FloatArray:
    """Return average precision: the mean over events of the precision at their score."""
    return ratio(s.precision, s.events)


Parts: TypeAlias = tuple[FloatArray, FloatArray]


def prevalence(s: Sums) -> Parts:
    """Return events, of all rows."""
    return s.events, s.n


def mean_predicted(s: Sums) -> Parts:
    """Return the sum of scores, of all rows."""
    return s.columns["score"], s.n


def observed_expected_ratio(s: Sums) -> Parts:
    """Return observed events, of expected ones; undefined without events or expectation."""
    return np.where(s.events > 0, s.events, np.nan), s.columns["score"]


def brier(s: Sums) -> Parts:
    """Return squared differences of score and outcome, of all rows."""
    return s.columns["squared"], s.n


def log_loss(s: Sums) -> Parts:
    """Return negative log-likelihoods, of all rows; scores kept 1e-7 away from 0 and 1."""
    return s.columns["loss"], s.n


def sensitivity(s: Sums) -> Parts:
    """Return events at or above the threshold, of all events."""
    return s.tp, s.events


def specificity(s: Sums) -> Parts:
    """Return non-events below the threshold, of all non-events."""
    return s.others - s.fp, s.others


def ppv(s: Sums) -> Parts:
    """Return events among alarms, of all alarms."""
    return s.tp, s.tp + s.fp


def npv(s: Sums) -> Parts:
    """Return non-events among all-clears, of all all-clears."""
    return s.others - s.fp, s.n - s.tp - s.fp


def alarm_rate(s: Sums) -> Parts:
    """Return alarms, of all rows."""
    return s.tp + s.fp, s.n


def f1(s: Sums) -> Parts:
    """Return the parts of the harmonic mean of PPV and sensitivity."""
    return 2 * s.tp, s.tp + s.fp + s.events


def net_benefit(s: Sums) -> Parts:
    """Return true alarms less false alarms weighed by the odds of the threshold, of all rows."""
    if s.threshold is None or not 0 <= s.threshold < 1:
        return np.full(s.tp.shape, np.nan), s.n
    return s.tp - s.fp * s.threshold / (1 - s.threshold), s.n


def interventions_avoided(s: Sums) -> Parts:
    """Return the net number of patients spared an intervention against treating all, of all rows.

    Ref. Vickers & Elkin 2006, doi:10.1177/0272989X06295361: true all-clears less missed events
    weighed by the inverse odds of the threshold. Undefined at a threshold of 0.
    """
    if s.threshold is None or not 0 < s.threshold < 1:
        return np.full(s.tp.shape, np.nan), s.n
    missed = s.events - s.tp
    return s.others - s.fp - missed * (1 - s.threshold) / s.threshold, s.n


def scaled_brier(s: Sums) -> FloatArray:
    """Return 1 - Brier / Brier of the prevalence: 1 is perfect, 0 tells nothing."""
    share = ratio(*prevalence(s))
    return 1 - ratio(ratio(*brier(s)), share * (1 - share))


def lr_pos(s: Sums) -> FloatArray:
    """Return by how much an alarm multiplies the odds of the event."""
    return ratio(ratio(*sensitivity(s)), 1 - ratio(*specificity(s)))


def lr_neg(s: Sums) -> FloatArray:
    """Return by how much an all-clear multiplies the odds of the event."""
    return ratio(1 - ratio(*sensitivity(s)), ratio(*specificity(s)))


def partial_auroc(s: Sums) -> FloatArray:
    """Return the area under the ROC curve where specificity is at least 0.9, between 0 and 0.1.

    Tied scores are joined by straight lines.
    """
    return np.where(s.others > 0, ratio(s.partial, s.events), np.nan)


def partial_auroc_mcclish(s: Sums) -> FloatArray:
    """Return the partial area rescaled to 0.5 for chance and 1 for perfect.

    Ref. McClish 1989, doi:10.1177/0272989X8900900307.
    """
    chance = LARGEST_FPR**2 / 2
    return 0.5 * (1 + (partial_auroc(s) - chance) / (LARGEST_FPR - chance))


def youden_threshold(s: Sums) -> FloatArray:
    """Return the score at which sensitivity + specificity is largest; the highest of equals."""
    return np.where((s.events > 0) & (s.others > 0), s.best, np.nan)


def mcc(s: Sums) -> FloatArray:
    """Return Matthews' correlation of alarm and event (doi:10.1016/0005-2795(75)90109-9)."""
    fn, tn = s.events - s.tp, s.others - s.fp
    spread = np.sqrt(s.tp + s.fp) * np.sqrt(s.events) * np.sqrt(s.others) * np.sqrt(fn + tn)
    return ratio(s.tp * tn - s.fp * fn, spread)
