"""Calibration errors: distances between predicted risks and smoothed observed risks.

The integrated calibration index (ICI) is the mean of the absolute differences over patients, E50
and E90 their median and 90th percentile, Emax the largest.

Ref. Austin & Steyerberg 2019, doi:10.1002/sim.8281; the lowess curve is that of R's
``rms::val.prob`` (Harrell 2015, doi:10.1007/978-3-319-19425-7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import NotEstimable
from samd_validate.stats.calibration.lowess import lowess_fit
from samd_validate.stats.resampling.weighted import Sorted
from samd_validate.stats.sample import Sample

ERRORS = ("ici", "e50", "e90", "emax")
SMOOTHERS = ("lowess", "spline")
FEWEST_ROWS = 10
ICI, E50, E90, EMAX = range(4)
MOST_POINTS = 1_024


@dataclass(frozen=True, kw_only=True)
class CalibrationErrors:
    """Distances of predicted from smoothed observed risk; 0 is perfect, on the scale of risk.

    ``ici`` is their mean over rows, ``e50`` the median, ``e90`` the 90th percentile (type 7) and
    ``emax`` the largest. ``smoother`` names the curve.
    """

    ici: float
    e50: float
    e90: float
    emax: float
    smoother: str
    n: int
    n_events: int


def calibration_errors(
    sample: Sample, smoother: str = "lowess"
) -> CalibrationErrors | NotEstimable:
    """Return the calibration errors of scores ``(n,)`` in [0, 1], higher is riskier.

    ``lowess``: local lines over 2/3 of the rows, no robustness iterations; nothing keeps the
    curve inside [0, 1]. ``spline``: logistic regression on a restricted cubic spline of the
    log-odds with four knots. Both errors are above 0 even for perfectly calibrated risks, the
    more so the fewer the patients. Not estimable from fewer than 10 rows, one class, one score,
    or by ``spline`` where the curve separates the classes.

    Raises
    ------
    ValueError
        If a score leaves [0, 1] or the smoother is unknown.

    >>> score = np.repeat([0.1, 0.2, 0.3, 0.4], 100)
    >>> label = np.arange(400) % 100 < 100 * score + 9.5
    >>> found = calibration_errors(Sample(label=label, score=score))
    >>> round(found.ici, 3), round(found.emax, 3)
    (0.1, 0.1)
    """
    if smoother not in SMOOTHERS:
        raise ValueError(f"smoother: {smoother!r} is not one of {', '.join(SMOOTHERS)}")
    lacking = lacking_for_curve(sample)
    if lacking is not None:
        return lacking
    error = _by_lowess(sample) if smoother == "lowess" else _by_spline(sample)
    if isinstance(error, NotEstimable):
        return error
    ici, e50, e90, emax = error
    return CalibrationErrors(
        ici=float(ici),
        e50=float(e50),
        e90=float(e90),
        emax=float(emax),
        smoother=smoother,
        n=sample.n,
        n_events=sample.n_events,
    )


def lacking_for_curve(sample: Sample) -> NotEstimable | None:
    """Return why a sample has no calibration curve, if so.

    Raises
    ------
    ValueError
        If a score leaves [0, 1].
    """
    if sample.n and (sample.score.min() < 0 or sample.score.max() > 1):
        raise ValueError("score must lie in [0, 1] for a calibration curve")
    if sample.n < FEWEST_ROWS:
        code, reason = "too_few", f"fewer than {FEWEST_ROWS} rows"
    elif sample.n_events in (0, sample.n):
        code, reason = (
            "one_class",
            "all have the event" if sample.n_events else "nobody has the event",
        )
    elif np.ptp(sample.score) == 0:
        code, reason = "one_score", "all scores are the same"
    else:
        return None
    return NotEstimable(code=code, reason=reason, n=sample.n, n_events=sample.n_events)


def _by_lowess(sample: Sample) -> FloatArray:
    score, place = np.unique(sample.score, return_inverse=True)
    count = np.bincount(place)
    events = np.bincount(place, weights=sample.label)
    found = errors_of_counts(score, count[None], events[None])
    return np.asarray(found[0])


def _by_spline(sample: Sample) -> FloatArray | NotEstimable:
    from samd_validate.stats.calibration.spline import fit_spline

    fit = fit_spline(sample)
    if fit.is_separated:
        reason = "the curve separates the classes"
        return NotEstimable(code="separated", reason=reason, n=sample.n, n_events=sample.n_events)
    error = np.abs(fit.risk(sample.score) - sample.score)
    return np.array([error.mean(), *np.quantile(error, (0.5, 0.9)), error.max()])


def score_bins(score: FloatArray) -> tuple[FloatArray, Column]:
    """Return the points at which rows are smoothed, rising, and the point of each row ``(n,)``.

    Points are the distinct scores, or, of more than 1,024, the means of that many runs of them: on
    a span of two thirds of the rows that moves an error by less than its rounding in a report.

    >>> score_bins(np.array([0.3, 0.1, 0.3]))[1].tolist()
    [1, 0, 1]
    """
    distinct, place = np.unique(score, return_inverse=True)
    if distinct.size <= MOST_POINTS:
        return distinct, place
    run = np.arange(distinct.size) * MOST_POINTS // distinct.size
    place = run[place]
    return np.bincount(place, weights=score) / np.bincount(place), place


def errors_of_counts(score: FloatArray, count: Column, events: Column) -> FloatArray:
    """Return ICI, E50, E90 and Emax ``(resamples, 4)`` of rows that count several times.

    ``score (points,)`` rises strictly; ``count`` and ``events (resamples, points)`` say how many
    rows each point stands for, 0 for none, and how many of them have the event. A resample of
    one score or one class is undefined: NaN.
    """
    out = np.full((count.shape[0], len(ERRORS)), np.nan)
    whole = np.ascontiguousarray(count, dtype=np.int64)
    hits = np.ascontiguousarray(events, dtype=np.float64)
    _fill_errors(np.ascontiguousarray(score), whole, hits, out)
    return out


def ici(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the mean distance of predicted and smoothed observed risk."""
    return _weighted(rows, weight, ICI)


def e50(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the median distance of predicted and smoothed observed risk."""
    return _weighted(rows, weight, E50)


def e90(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the 90th percentile of the distances of predicted and smoothed observed risk."""
    return _weighted(rows, weight, E90)


def emax(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return the largest distance of predicted and smoothed observed risk."""
    return _weighted(rows, weight, EMAX)


def _weighted(rows: Sorted, weight: FloatArray, which: int) -> FloatArray:
    return np.asarray(weighted_errors(rows, weight)[:, which])


def weighted_errors(rows: Sorted, weight: FloatArray) -> FloatArray:
    """Return all four errors ``(resamples, 4)`` of rows sorted by score, highest first."""
    starts = np.append(0, rows.ends[:-1] + 1)
    times = np.asarray(weight, dtype=np.float64)
    count = np.add.reduceat(times, starts, axis=1)[:, ::-1]
    events = np.add.reduceat(times * rows.label, starts, axis=1)[:, ::-1]
    score = rows.score[rows.ends][::-1]
    return errors_of_counts(score, count, events)


@njit(nogil=True, cache=True)
def _fill_errors(score, count, events, out):  # type: ignore[no-untyped-def]
    """Fill ``out (resamples, 4)``; a row of one score or one class stays as it is."""
    x, fitted = np.empty(score.size), np.empty(score.size)
    times, hits = np.empty(score.size, np.int64), np.empty(score.size)
    for row in range(count.shape[0]):
        n_points = 0
        for j in range(score.size):
            if count[row, j] > 0:
                x[n_points], times[n_points] = score[j], count[row, j]
                hits[n_points] = events[row, j]
                n_points += 1
        n, n_events = times[:n_points].sum(), hits[:n_points].sum()
        if n_points > 1 and 0 < n_events < n:
            lowess_fit(x[:n_points], times[:n_points], hits[:n_points], fitted[:n_points])
            error = np.abs(fitted[:n_points] - x[:n_points])
            out[row, ICI] = (times[:n_points] * error).sum() / n
            out[row, EMAX] = error.max()
            order = np.argsort(error)
            ends = np.cumsum(times[:n_points][order])
            out[row, E50] = _quantile(error[order], ends, 0.5)
            out[row, E90] = _quantile(error[order], ends, 0.9)


@njit(inline="always")
def _quantile(ordered, ends, share):  # type: ignore[no-untyped-def]
    """Return the quantile (type 7) of values in order, of which ``ends`` count the rows so far."""
    place = share * (ends[-1] - 1)
    below = int(np.floor(place))
    first = ordered[np.searchsorted(ends, below, side="right")]
    following = ordered[np.searchsorted(ends, min(below + 1, ends[-1] - 1), side="right")]
    return first + (place - below) * (following - first)
