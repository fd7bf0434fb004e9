"""Bootstrap-t: replicates of a quotient of sums, each with its own standard error.

The error of a replicate is that of a ratio of patient sums (linearised), computed from the drawn
patients; it needs no second level of resampling.
"""

from __future__ import annotations

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.stats.intervals.from_draws import Limits, studentised
from samd_validate.stats.intervals.scales import SCALES
from samd_validate.stats.measure_info import MeasureInfo
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.resampling.layout import Layout, Patients
from samd_validate.stats.resampling.leave_out import patient_sums
from samd_validate.stats.resampling.resample import Parts


def limits_by_student(
    measure: str, layout: Layout, patients: Patients, parts: Parts, level: float
) -> Limits | None:
    """Return bootstrap-t limits on the scale of the measure.

    None for a measure that is no quotient of sums, for a value on the border of its scale, and
    where more than 5 % of replicates lie there.
    """
    info = MEASURES[measure]
    if info.parts is None:
        return None
    columns = _columns(info, layout, patients)
    value, error = (float(one[0]) for one in _with_errors(columns.sum(axis=0, keepdims=True)))
    scale = SCALES[info.scale]
    if not scale.holds(value) or not error > 0:
        return None
    found = [_with_errors(block.astype(np.float64) @ columns) for block in parts.counts()]
    draws, errors = (np.concatenate(part) for part in zip(*found, strict=True))
    inside = (errors > 0) & (draws > scale.lowest) & (draws < scale.highest)
    if inside.mean() < 0.95:  # noqa: PLR2004  # the share that may be undefined anywhere
        return None
    return studentised(value, error, draws[inside], errors[inside], level, scale)


def _columns(info: MeasureInfo, layout: Layout, patients: Patients) -> FloatArray:
    """Return top, bottom, and their squares and product, by patient ``(patients, 5)``."""
    *_, unit = patients.of_rows(layout)
    own = patient_sums(layout, unit, info.wanted)
    top, bottom = info.parts(own) if info.parts is not None else (own.events, own.n)
    top = np.nan_to_num(top)
    return np.stack([top, bottom, top**2, top * bottom, bottom**2], axis=1)


def _with_errors(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return quotients and their standard errors ``(resamples,)`` from sums ``(resamples, 5)``."""
    top, bottom, tt, tb, bb = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        value = top / bottom
        spread = tt - 2 * value * tb + value**2 * bb
        error = np.sqrt(np.maximum(spread, 0)) / bottom
    return value, np.nan_to_num(error)
