"""Trend and season of the outcome given the score, by logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.drift.groups import Groups
from samd_validate.stats.drift.logistic_fit import Fitted, fit, risk
from samd_validate.stats.sample import Sample

CLIP = 1e-12
FEWEST = 20


@dataclass(frozen=True, kw_only=True)
class Course:
    """The trend in log-odds over the whole span of time, and the season; None without a period.

    ``season`` is the log-odds between best and worst time of the period, with the p-value of sine
    and cosine at once: its lower limit is 0 unless they differ from 0 together.
    ``expected (n,)`` are the risks after recalibration without time: what is expected of each
    unit if nothing changes over time.
    """

    trend: Estimate
    season: Estimate | None
    expected: FloatArray


def time_course(
    sample: Sample, time: Column, level: float = 0.95, period: float | None = None
) -> Course | NotEstimable:
    """Return how the log-odds of the outcome at the same score move over time ``(n,)``.

    logit P(event) = a + b logit(score) + c (time from 0 to 1 over the span), and with a
    ``period``, in the units of time, a sine and a cosine of it (Stolwijk et al. 1999,
    doi:10.1136/jech.53.4.235). Wald tests, with the covariance by patient where patients have
    several rows; the limits of the season by the delta method.

    Raises
    ------
    ValueError
        For times that do not fit or are not finite, or a period that is not above 0.
    """
    when = np.asarray(time, dtype=np.float64)
    if when.shape != sample.label.shape or not np.isfinite(when).all():
        raise ValueError("time must be finite, one per row")
    if period is not None and not period > 0:
        raise ValueError("period must be above 0")
    counts = {"n": sample.n, "n_events": sample.n_events}
    if min(sample.n_events, sample.n - sample.n_events) < FEWEST or np.ptp(when) == 0:
        reason = f"fewer than {FEWEST} events or non-events, or no time passes"
        return NotEstimable(code="too_few", reason=reason, **counts)
    chance = np.clip(sample.score, CLIP, 1 - CLIP)
    x = np.log(chance / (1 - chance))
    columns = [np.ones(sample.n), x, (when - when.min()) / np.ptp(when)]
    if period is not None:
        angle = 2 * np.pi * when / period
        columns += [np.sin(angle), np.cos(angle)]
    groups = Groups(is_other=np.zeros(sample.n, dtype=np.bool_), patient=sample.codes)
    outcome, nothing = sample.label.astype(np.float64), np.zeros(sample.n)
    found = fit(np.stack(columns, axis=1), outcome, nothing, groups)
    plain = fit(np.stack(columns[:2], axis=1), outcome, nothing, groups)
    if found is None or plain is None:
        reason = "the logistic regression has no finite solution"
        return NotEstimable(code="no_fit", reason=reason, **counts)
    return Course(
        trend=_trend(found, sample, level),
        season=None if period is None else _season(found, sample, level),
        expected=risk(np.stack(columns[:2], axis=1) @ plain.coefficient),
    )


def _trend(found: Fitted, sample: Sample, level: float) -> Estimate:
    value, error = float(found.coefficient[2]), float(found.covariance[2, 2] ** 0.5)
    half = float(norm.isf((1 - level) / 2)) * error
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        level=level,
        method="logistic regression given the score, Wald",
        n=sample.n,
        n_events=sample.n_events,
        n_clusters=sample.n_clusters,
        p_value=float(2 * norm.sf(abs(value) / error)),
    )


def _season(found: Fitted, sample: Sample, level: float) -> Estimate:
    """Return the range of sine and cosine together, and the p-value of both at once."""
    both, covariance = found.coefficient[3:5], found.covariance[3:5, 3:5]
    p_value = float(chi2.sf(float(both @ np.linalg.solve(covariance, both)), 2))
    value = float(2 * np.hypot(*both))
    slope = 4 * both / value if value else np.array([2.0, 2.0])
    half = float(norm.isf((1 - level) / 2) * np.sqrt(slope @ covariance @ slope))
    return Estimate(
        value=value,
        low=max(0.0, value - half) if p_value < 1 - level else 0.0,
        high=value + half,
        level=level,
        method="logistic regression given the score, delta method",
        n=sample.n,
        n_events=sample.n_events,
        n_clusters=sample.n_clusters,
        p_value=p_value,
    )
