"""Values of a measure without each patient in turn, in closed form: one sort, no refit.

They give the jackknife's standard error and the acceleration of BCa intervals (Efron & Tibshirani
1993, doi:10.1201/9780429246593, ch. 11 and 14). Exact for sums and for the AUROC; for average
precision exact where every row is a patient, and the sum of its rows' effects where a patient has
several; for coefficients of recalibration one Newton step.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.stats.resampling.layout import Layout, Sums, columns_of, log_odds
from samd_validate.stats.resampling.resample import Wanted, coefficients_of, sums_of

BLOCK = 65_536
NOTHING: FloatArray = np.broadcast_to(np.zeros(1), (2**31,))
"""Zeros for a sum that is not asked for; it takes no memory."""


def summed(of_row: Column, unit: Column | None) -> Column:
    """Return the sums of a column by patient ``(patients,)``; the column if rows are patients."""
    if unit is None:
        return of_row
    return np.bincount(unit, weights=of_row).astype(np.float64)


def patient_sums(layout: Layout, unit: Column | None, wanted: Wanted) -> Sums:
    """Return the sums ``(patients,)`` over each patient's own rows.

    ``unit (n,)`` is the patient of each row of the layout, numbered from 0; None where every row
    is one. Area and precision are by how much the whole falls without the patient.
    """
    event = np.zeros(layout.n, np.int8)
    event[: layout.n_events] = 1
    columns = columns_of(layout, wanted.columns)

    def by_patient(of_row: Column) -> Column:
        return summed(of_row, unit)

    return Sums(
        events=by_patient(event),
        others=by_patient(1 - event),
        area=_areas(layout, unit) if wanted.area else NOTHING,
        precision=by_patient(_precisions(layout)) if wanted.precision else NOTHING,
        partial=NOTHING,
        best=NOTHING,
        tp=by_patient(event * _alarms(layout)) if wanted.counts else NOTHING,
        fp=by_patient((1 - event) * _alarms(layout)) if wanted.counts else NOTHING,
        columns={n: by_patient(c) for n, c in zip(wanted.columns, columns, strict=True)},
        threshold=layout.threshold,
    )


def _alarms(layout: Layout) -> Column:
    """Return whether a row scores at least the threshold: 0 or 1 ``(n,)``."""
    alarm = np.zeros(layout.n, np.int8)
    alarm[: layout.cuts[0]] = 1
    alarm[layout.n_events : layout.n_events + layout.cuts[1]] = 1
    return alarm


def blocks_left_out(layout: Layout, unit: Column | None, wanted: Wanted) -> Iterator[Sums]:
    """Yield the sums ``(block,)`` over the rows of all other patients, a block of patients a time.

    Blocks keep memory at a few bytes a row.
    """
    whole, own = sums_of(layout, wanted), patient_sums(layout, unit, wanted)
    for first in range(0, own.events.size, BLOCK):
        block = slice(first, first + BLOCK)
        yield Sums(
            events=whole.events - own.events[block],
            others=whole.others - own.others[block],
            area=whole.area - own.area[block],
            precision=whole.precision - own.precision[block],
            partial=whole.partial,
            best=whole.best,
            tp=whole.tp - own.tp[block],
            fp=whole.fp - own.fp[block],
            columns={name: whole.columns[name] - own.columns[name][block] for name in own.columns},
            threshold=layout.threshold,
        )


def _areas(layout: Layout, unit: Column | None) -> FloatArray:
    """Return twice the ordered pairs each patient has a part in; those within count once."""
    m = layout.n_events
    of_row = np.empty(layout.n)
    of_row[:m] = 2.0 * (layout.n - m) - layout.above - layout.upto
    rising, others = layout.score[:m][::-1], layout.score[m:]
    of_row[m:] = 2.0 * m
    of_row[m:] -= np.searchsorted(rising, others, "right")
    of_row[m:] -= np.searchsorted(rising, others, "left")
    areas = summed(of_row, unit)
    return areas if unit is None else areas - _areas_within(layout, unit)


def _areas_within(layout: Layout, unit: Column) -> FloatArray:
    """Return twice the ordered pairs inside each patient, from one sort by patient and score."""
    order = np.lexsort((-layout.score, unit))
    score, owner = layout.score[order], unit[order]
    event = layout.label[order]
    is_new = np.append(True, (score[1:] != score[:-1]) | (owner[1:] != owner[:-1]))
    group = np.cumsum(is_new) - 1
    events = np.bincount(group, weights=event)
    others = np.bincount(group, weights=1 - event)
    owner_of_group = owner[is_new]
    running = np.cumsum(events) - events
    first = np.searchsorted(owner_of_group, owner_of_group, side="left")
    return summed(others * (2 * (running - running[first]) + events), owner_of_group)


def _precisions(layout: Layout) -> FloatArray:
    """Return for each row by how much the sum of precisions falls when the row is left out."""
    m = layout.n_events
    tp, fp = layout.tied.astype(np.float64), layout.upto.astype(np.float64)
    fewer = np.maximum(tp + fp - 1, 1)
    here, one_less, one_more = tp / (tp + fp), (tp - 1) / fewer, tp / fewer
    events, others = layout.score[:m], layout.score[m:]
    first = m - np.searchsorted(events[::-1], events, side="right")
    effects = np.empty(layout.n)
    effects[:m] = _suffix(here - one_less)[first] + one_less
    at_most = np.searchsorted(events[::-1], others, side="right")
    np.take(_prefix(here - one_more), at_most, out=effects[m:], mode="clip")
    return effects


def _prefix(values: FloatArray) -> FloatArray:
    """Return for each number of last values their sum, 0 for none."""
    return _suffix(values)[::-1]


def _suffix(values: FloatArray) -> FloatArray:
    """Return the sums from each position to the end, and 0 behind it."""
    return np.append(np.cumsum(values[::-1])[::-1], 0.0)


def coefficients_left_out(layout: Layout, unit: Column | None, *, is_free: bool) -> FloatArray:
    """Return intercept and slope ``(patients, 2)`` of recalibration without each patient.

    One Newton step from the coefficients of all, with the information of the others.
    """
    a, b = coefficients_of(layout, is_free=is_free)
    x = log_odds(layout.score)
    p = expit(a + b * x)

    def by_patient(of_row: FloatArray) -> FloatArray:
        return summed(of_row, unit)

    residual, curvature = layout.label - p, p * (1 - p)
    g0, g1 = by_patient(residual), by_patient(residual * x)
    h00, h01, h11 = (
        curvature.sum() - by_patient(curvature),
        (curvature * x).sum() - by_patient(curvature * x),
        (curvature * x**2).sum() - by_patient(curvature * x**2),
    )
    if not is_free:
        return np.stack([a - g0 / h00, np.full(g0.size, b)], axis=1)
    determinant = h00 * h11 - h01**2
    determinant = np.where(determinant > 0, determinant, np.nan)
    step_a = (h11 * g0 - h01 * g1) / determinant
    step_b = (h00 * g1 - h01 * g0) / determinant
    return np.stack([a - step_a, b - step_b], axis=1)
