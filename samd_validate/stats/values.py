"""The value of a measure by name: of a sample, without each patient, and over resamples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.stats.calibration.calibration_error import (
    ERRORS,
    errors_of_counts,
    score_bins,
)
from samd_validate.stats.intervals.from_draws import LeftOut
from samd_validate.stats.measure_info import MeasureInfo
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.resampling.layout import Layout, Patients
from samd_validate.stats.resampling.leave_out import blocks_left_out, coefficients_left_out
from samd_validate.stats.resampling.resample import (
    Parts,
    Wanted,
    coefficients_of,
    sums_of,
    sums_one_by_one,
)
from samd_validate.stats.resampling.weighted import Weighted, sorted_rows

MOST_LEFT_OUT = 2_000
"""Patients up to whom a measure without a closed form is computed without each in turn."""


def value_of(measure: str, layout: Layout) -> float:
    """Return the value of a measure; NaN where it is undefined."""
    info = MEASURES[measure]
    if info.is_from_sums:
        return float(info.from_sums(sums_of(layout, info.wanted))[0])
    if info.coefficient:
        solved = coefficients_of(layout, is_free=_is_free(info))
        return float(_coefficient(info, solved[None])[0])
    return float(_weighted(info.weighted_form, layout, np.ones((1, layout.n)))[0])


def left_out(measure: str, layout: Layout, patients: Patients) -> LeftOut | None:
    """Return the values without each patient; None where they are undefined or too many."""
    info = MEASURES[measure]
    n_patients, n_with_event, unit = patients.of_rows(layout)
    if info.is_from_sums and not (info.wanted.partial or info.wanted.best):
        blocks = blocks_left_out(layout, unit, info.wanted)
        values = _in_one((info.from_sums(block) for block in blocks), n_patients)
    elif info.coefficient:
        values = _coefficient(info, coefficients_left_out(layout, unit, is_free=_is_free(info)))
    elif n_patients > MOST_LEFT_OUT:
        return None
    elif info.is_from_sums:
        values = info.from_sums(sums_one_by_one(layout, unit, info.wanted))
    else:
        owner = np.arange(layout.n) if unit is None else unit
        kept = np.array([owner != one for one in range(n_patients)], dtype=np.float64)
        values = _weighted(info.weighted_form, layout, kept)
    return LeftOut(values=values, n_with_event=n_with_event) if np.isfinite(values).all() else None


def _in_one(parts: Iterator[FloatArray], size: int) -> FloatArray:
    """Return parts behind one another; room is made once the first is there, which saves memory."""
    part = next(parts)
    whole = np.empty(size)
    whole[: part.size] = part
    done = part.size
    for part in parts:
        whole[done : done + part.size] = part
        done += part.size
    return whole


def replicates(
    measures: Iterable[str], layouts: Sequence[Layout], parts: Parts
) -> dict[str, list[FloatArray]]:
    """Return for each measure and part its values ``(resamples,)``, NaN where undefined.

    All measures and parts are made on the same resamples.
    """
    infos = [MEASURES[measure] for measure in dict.fromkeys(measures)]
    found: dict[str, list[FloatArray]] = {}
    of_sums = [info for info in infos if info.is_from_sums]
    if of_sums:
        sums = parts.sums(_joined([info.wanted for info in of_sums]))
        found |= {info.name: [info.from_sums(one) for one in sums] for info in of_sums}
    for is_free in (True, False):
        of_coefficients = [i for i in infos if i.coefficient and _is_free(i) == is_free]
        if of_coefficients:
            solved = parts.coefficients(is_free=is_free)
            found |= {i.name: [_coefficient(i, one) for one in solved] for i in of_coefficients}
    errors = [info.name for info in infos if info.name in ERRORS]
    if errors:
        smoothed = [_errors(number, one, parts) for number, one in enumerate(layouts)]
        found |= {name: [one[:, ERRORS.index(name)] for one in smoothed] for name in errors}
    return found


def _errors(part: int, layout: Layout, parts: Parts) -> FloatArray:
    """Return replicates of the calibration errors of a part ``(resamples, 4)``."""
    score, place = score_bins(layout.score)
    return parts.over_bins(
        part, place, score.size, lambda rows, events: errors_of_counts(score, rows, events)
    )


def _joined(wanted: Sequence[Wanted]) -> Wanted:
    return Wanted(
        area=any(one.area for one in wanted),
        precision=any(one.precision for one in wanted),
        counts=any(one.counts for one in wanted),
        partial=any(one.partial for one in wanted),
        best=any(one.best for one in wanted),
        columns=tuple(dict.fromkeys(name for one in wanted for name in one.columns)),
    )


def _is_free(info: MeasureInfo) -> bool:
    return info.coefficient != "in_the_large"


def _coefficient(info: MeasureInfo, solved: FloatArray) -> FloatArray:
    return solved[:, 1 if info.coefficient == "slope" else 0]


def _weighted(run: Weighted, layout: Layout, weight: Column) -> FloatArray:
    rows = sorted_rows(layout)
    return run(rows, np.asarray(weight[:, rows.order], dtype=np.float64))
