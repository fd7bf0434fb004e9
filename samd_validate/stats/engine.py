"""The front of the statistics: samples in, estimates with intervals out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.estimate import Measurement
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.calibration_error_interval import (
    calibrated_errors,
    calibration_error_interval,
)
from samd_validate.stats.calibration.curves import (
    calibration_curve,
    decision_curve,
    pr_curve,
    roc_curve,
)
from samd_validate.stats.describe import standardised_difference
from samd_validate.stats.intervals.choose import RESAMPLING, TESTED, chosen
from samd_validate.stats.intervals.differences import difference, paired_difference
from samd_validate.stats.intervals.limits import Asked, closed_limits, resampled_limits, with_limits
from samd_validate.stats.lacking import has_no_value, lacking, too_often_undefined
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.resampling.layout import layout_of, patients_of
from samd_validate.stats.resampling.resample import Parts
from samd_validate.stats.sample import Sample
from samd_validate.stats.threshold import choose_threshold
from samd_validate.stats.values import replicates, value_of

__all__ = [
    "MEASURES",
    "calibration_curve",
    "choose_threshold",
    "decision_curve",
    "difference",
    "estimate",
    "estimate_subsets",
    "paired_difference",
    "pr_curve",
    "replicate_subsets",
    "roc_curve",
    "standardised_difference",
]

Key = tuple[str, str]


def estimate(
    measures: Sequence[str], sample: Sample, intervals: IntervalPlan
) -> dict[str, Measurement]:
    """Return each measure of a sample with its interval.

    Where patients have several rows, a patient's rows are kept together. A resample in which a
    measure is undefined is counted; beyond 5 % of them the measure is not estimable.
    """
    everyone = {"all": np.ones(sample.n, dtype=np.bool_)}
    found = estimate_subsets(measures, sample, everyone, intervals)
    return {measure: found[("all", measure)] for measure in measures}


def estimate_subsets(
    measures: Sequence[str],
    sample: Sample,
    subsets: Mapping[str, BoolArray],
    intervals: IntervalPlan,
) -> dict[Key, Measurement]:
    """Return each measure in each subset (a mask over rows), keyed by subset and measure.

    Resampling draws patients of the whole sample once for all subsets, so that what is drawn for
    one does not depend on which others are asked for.
    """
    found: dict[Key, Measurement] = {}
    waiting: dict[Key, tuple[Asked, str]] = {}
    whole = layout_of(sample)
    patients = patients_of(sample, whole)
    for name, mask in subsets.items():
        part = sample.take(mask)
        layout = whole if part is sample else layout_of(sample, mask)
        for measure in measures:
            reason = lacking(measure, part)
            if reason is not None:
                found[(name, measure)] = reason
                continue
            value = value_of(measure, layout)
            asked = Asked(
                measure=measure, sample=part, layout=layout, patients=patients, value=value
            )
            one = _without_resampling(asked, intervals)
            if isinstance(one, str):
                waiting[(name, measure)] = (asked, one)
            else:
                found[(name, measure)] = one
    found |= _resampled(waiting, intervals)
    return {(name, measure): found[(name, measure)] for name in subsets for measure in measures}


def _without_resampling(asked: Asked, plan: IntervalPlan) -> Measurement | str:
    """Return the measurement, or the name of the method of resampling that it needs."""
    if not np.isfinite(asked.value):
        return has_no_value(asked.measure, (asked.sample,))
    for method in chosen(asked.measure, asked.value, asked.sample, plan.method):
        if method in RESAMPLING:
            return method
        limits = closed_limits(asked, method, plan.level)
        if limits is not None:
            return with_limits(asked, limits, plan)
    raise ValueError(f"method: no way to an interval of {asked.measure}")


def _resampled(
    waiting: Mapping[Key, tuple[Asked, str]], plan: IntervalPlan
) -> dict[Key, Measurement]:
    """Return the measurements of all that waits for replicates, made in one pass."""
    if not waiting:
        return {}
    first = {name: asked for (name, _), (asked, _) in waiting.items()}
    layouts = [asked.layout for asked in first.values()]
    parts = Parts(layouts, next(iter(first.values())).patients, plan)
    draws = replicates([measure for _, measure in waiting], layouts, parts)
    place = {name: number for number, name in enumerate(first)}
    calibrated: dict[str, FloatArray] = {}
    found: dict[Key, Measurement] = {}
    for (name, measure), (asked, method) in waiting.items():
        mine = draws[measure][place[name]]
        if method != TESTED:
            found[(name, measure)] = _measured(asked, method, mine, plan)
            continue
        if name not in calibrated:
            calibrated[name] = calibrated_errors(asked.sample, plan)
        found[(name, measure)] = calibration_error_interval(
            measure, asked.value, mine, asked.sample, plan, calibrated[name]
        )
    return found


def _measured(asked: Asked, method: str, draws: FloatArray, plan: IntervalPlan) -> Measurement:
    defined = draws[np.isfinite(draws)]
    n_undefined = int(draws.size - defined.size)
    reason = too_often_undefined((asked.sample,), n_undefined, draws.size)
    if reason is not None:
        return reason
    limits = resampled_limits(asked, method, defined, plan)
    return with_limits(asked, limits, plan, n_resamples=int(draws.size), n_undefined=n_undefined)


def replicate_subsets(
    measure: str, sample: Sample, subsets: Mapping[str, BoolArray], intervals: IntervalPlan
) -> FloatArray:
    """Return replicates ``(resamples, subsets)`` of a measure on common resamples, NaN included."""
    layouts = [layout_of(sample, mask) for mask in subsets.values()]
    parts = Parts(layouts, patients_of(sample, layout_of(sample)), intervals)
    return np.stack(replicates([measure], layouts, parts)[measure], axis=1)
