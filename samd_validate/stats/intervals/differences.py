"""Differences of a measure: of two scores on the same patients, or of two samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.choose import ALIASES, METHODS, RESAMPLING
from samd_validate.stats.intervals.closed_form import AUROC_METHODS
from samd_validate.stats.intervals.delong import delong, delong_test
from samd_validate.stats.intervals.from_draws import LeftOut, Limits, around, basic, bca, percentile
from samd_validate.stats.intervals.limits import WORDS
from samd_validate.stats.intervals.scales import SCALES
from samd_validate.stats.lacking import has_no_value, lacking, too_often_undefined
from samd_validate.stats.resampling.layout import Layout, Patients, layout_of, patients_of
from samd_validate.stats.resampling.resample import Parts
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import left_out, replicates, value_of

OTHER_STREAM = 0x5DEECE66D


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two things compared: its sample, layout, and the patients behind the rows."""

    sample: Sample
    layout: Layout
    patients: Patients


def paired_difference(
    measure: str, sample: Sample, other_score: Column, intervals: IntervalPlan
) -> Measurement:
    """Return the sample's measure minus that of another score on the same patients.

    Two-sided p-value: of DeLong's test, of Student's, or from the replicates, as the interval is.
    """
    other = sample.with_score(other_score)
    layout = layout_of(sample)
    patients = patients_of(sample, layout)
    sides = (
        Side(sample=sample, layout=layout, patients=patients),
        Side(sample=other, layout=layout_of(other), patients=patients),
    )
    return _difference(measure, sides, intervals, is_paired=True)


def difference(measure: str, a: Sample, b: Sample, intervals: IntervalPlan) -> Measurement:
    """Return the measure in ``a`` minus that in ``b``, two independent samples."""
    first, second = (_side(one) for one in (a, b))
    return _difference(measure, (first, second), intervals, is_paired=False)


def _side(sample: Sample) -> Side:
    layout = layout_of(sample)
    return Side(sample=sample, layout=layout, patients=patients_of(sample, layout))


def _difference(
    measure: str, sides: tuple[Side, Side], plan: IntervalPlan, *, is_paired: bool
) -> Measurement:
    for side in sides:
        reason = lacking(measure, side.sample)
        if reason is not None:
            return reason
    samples = (sides[0].sample,) if is_paired else (sides[0].sample, sides[1].sample)
    value = value_of(measure, sides[0].layout) - value_of(measure, sides[1].layout)
    if not np.isfinite(value):
        return has_no_value(measure, samples)
    method = _method(measure, plan.method)
    if method == "delong":
        return _by_delong(sides, samples, plan, is_paired=is_paired)
    left = _left_out(measure, sides, is_paired=is_paired)
    if method == "jackknife" and left is not None:
        return _by_jackknife(value, left, samples, plan)
    return _by_resampling(measure, value, sides, samples, plan, left, is_paired=is_paired)


def _method(measure: str, method: str) -> str:
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    method = ALIASES.get(method, method)
    if method in ("percentile", "basic", "bca"):
        return method
    if measure == "auroc" and method in ("auto", *AUROC_METHODS):
        return "delong"
    return "percentile" if method in RESAMPLING else "jackknife"


def _by_delong(
    sides: tuple[Side, Side], samples: tuple[Sample, ...], plan: IntervalPlan, *, is_paired: bool
) -> Measurement:
    one, other = (delong(s.sample.label, s.sample.score, s.sample.codes) for s in sides)
    test = delong_test(one, other, plan.level, is_paired=is_paired)
    words = f"DeLong, {'paired' if is_paired else 'independent'}"
    return _estimate(test.difference, (test.low, test.high), samples, plan, words, test.p_value)


def _left_out(measure: str, sides: tuple[Side, Side], *, is_paired: bool) -> LeftOut | None:
    """Return the difference without each patient, of either sample if there are two."""
    one, other = (left_out(measure, side.layout, side.patients) for side in sides)
    if one is None or other is None:
        return None
    if is_paired:
        return LeftOut(values=one.values - other.values, n_with_event=one.n_with_event)
    with_event = one.n_with_event, other.n_with_event
    mine, theirs = -one.deviations, other.deviations
    values = (mine[: with_event[0]], theirs[: with_event[1]], mine[with_event[0] :])
    joined = np.concatenate([*values, theirs[with_event[1] :]])
    return LeftOut(values=joined, n_with_event=sum(with_event))


def _by_jackknife(
    value: float, left: LeftOut, samples: tuple[Sample, ...], plan: IntervalPlan
) -> Measurement:
    error, freedom = left.standard_error, left.degrees_of_freedom
    limits = around(value, error, plan.level, SCALES["identity"], freedom)
    p_value = 1.0 if error == 0 else float(2 * student.cdf(-abs(value) / error, freedom))
    words = "jackknife over patients, Student's t"
    return _estimate(value, limits, samples, plan, words, p_value)


def _by_resampling(
    measure: str,
    value: float,
    sides: tuple[Side, Side],
    samples: tuple[Sample, ...],
    plan: IntervalPlan,
    left: LeftOut | None,
    *,
    is_paired: bool,
) -> Measurement:
    draws = _draws(measure, sides, plan, is_paired=is_paired)
    defined = draws[np.isfinite(draws)]
    n_undefined = int(draws.size - defined.size)
    reason = too_often_undefined(samples, n_undefined, draws.size)
    if reason is not None:
        return reason
    method = "percentile" if plan.method not in ("basic", "bca") else plan.method
    limits = percentile(defined, plan.level)
    if method == "basic":
        limits = basic(value, defined, plan.level)
    elif method == "bca" and left is not None:
        limits = bca(value, defined, plan.level, left.acceleration)
    if not np.isfinite(limits).all():
        method, limits = "percentile", percentile(defined, plan.level)
    beyond = min(np.count_nonzero(defined <= 0), np.count_nonzero(defined >= 0))
    p_value = min(1.0, 2 * (beyond + 1) / (defined.size + 1))
    words = f"{WORDS[method]}, patients resampled"
    found = _estimate(value, limits, samples, plan, words, p_value)
    return replace(found, n_resamples=int(draws.size), n_undefined=n_undefined)


def _draws(
    measure: str, sides: tuple[Side, Side], plan: IntervalPlan, *, is_paired: bool
) -> FloatArray:
    layouts = [side.layout for side in sides]
    if is_paired:
        parts = Parts(layouts, sides[0].patients, plan)
        one, other = replicates([measure], layouts, parts)[measure]
        return one - other
    plans = (plan, replace(plan, seed=plan.seed ^ OTHER_STREAM))
    one, other = (
        replicates([measure], [side.layout], Parts([side.layout], side.patients, own))[measure][0]
        for side, own in zip(sides, plans, strict=True)
    )
    return one - other


def _estimate(
    value: float,
    limits: Limits,
    samples: tuple[Sample, ...],
    plan: IntervalPlan,
    words: str,
    p_value: float,
) -> Estimate:
    return Estimate(
        value=value,
        low=min(limits[0], value),
        high=max(limits[1], value),
        level=plan.level,
        method=words,
        n=sum(one.n for one in samples),
        n_events=sum(one.n_events for one in samples),
        n_clusters=sum(one.n_clusters for one in samples),
        p_value=p_value,
    )
