"""The front of the statistics: samples in, estimates with intervals out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.curves import calibration_curve, decision_curve, pr_curve, roc_curve
from samd_validate.stats.describe import standardised_difference
from samd_validate.stats.measures import MEASURES
from samd_validate.stats.resample import replicates, sorted_rows
from samd_validate.stats.sample import Sample
from samd_validate.stats.threshold import choose_threshold
from samd_validate.stats.weighted import Measure

METHOD = "percentile bootstrap, patients resampled"
MOST_UNDEFINED = 0.05
FEWEST_CLUSTERS = 10

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
    "roc_curve",
    "standardised_difference",
]


def estimate(
    measures: Sequence[str], sample: Sample, intervals: IntervalPlan
) -> dict[str, Measurement]:
    """Return each measure of a sample with a percentile interval from resampled patients.

    Where patients have several rows, a patient's rows are drawn together. A resample in which a
    measure is undefined is counted; beyond 5 % of them the measure is not estimable.
    """
    lacking = {measure: _lacking(measure, sample) for measure in measures}
    wanted = [measure for measure in measures if lacking[measure] is None]
    draws = replicates([MEASURES[m].run for m in wanted], sample, intervals)
    return {
        measure: lacking[measure]
        or _estimate(
            _point(MEASURES[measure].run, sample), draws[wanted.index(measure)], sample, intervals
        )
        for measure in measures
    }


def estimate_subsets(
    measures: Sequence[str],
    sample: Sample,
    subsets: Mapping[str, BoolArray],
    intervals: IntervalPlan,
) -> dict[tuple[str, str], Measurement]:
    """Return each measure in each subset (a mask over rows), keyed by subset and measure."""
    return {
        (name, measure): value
        for name, mask in subsets.items()
        for measure, value in estimate(measures, sample.take(mask), intervals).items()
    }


def difference(measure: str, a: Sample, b: Sample, intervals: IntervalPlan) -> Measurement:
    """Return the measure in ``a`` minus that in ``b``, two independent samples."""
    for sample in (a, b):
        lacking = _lacking(measure, sample)
        if lacking is not None:
            return lacking
    run = MEASURES[measure].run
    other = IntervalPlan(
        level=intervals.level, n_resamples=intervals.n_resamples, seed=intervals.seed ^ 0x5DEECE66D
    )
    draws = replicates([run], a, intervals)[0] - replicates([run], b, other)[0]
    return _difference(_point(run, a) - _point(run, b), draws, (a, b), intervals)


def paired_difference(
    measure: str, sample: Sample, other_score: Column, intervals: IntervalPlan
) -> Measurement:
    """Return the sample's measure minus that of another score on the same patients.

    Both are made on the same resamples. The p-value is two-sided, from the share of resamples
    on the far side of zero.
    """
    other = sample.with_score(other_score)
    for one in (sample, other):
        lacking = _lacking(measure, one)
        if lacking is not None:
            return lacking
    run = MEASURES[measure].run
    draws = replicates([run], sample, intervals)[0] - replicates([run], other, intervals)[0]
    return _difference(_point(run, sample) - _point(run, other), draws, (sample,), intervals)


def _point(run: Measure, sample: Sample) -> float:
    rows, _ = sorted_rows(sample)
    return float(run(rows, np.ones((1, sample.n)))[0])


def _lacking(measure: str, sample: Sample) -> NotEstimable | None:
    """Return why a measure cannot be estimated from a sample, if so."""
    n, events = sample.n, sample.n_events
    if measure not in MEASURES:
        raise ValueError(f"measure: {measure!r} is not one of {', '.join(MEASURES)}")
    needs = MEASURES[measure]
    if needs.needs_probability and n and (sample.score.min() < 0 or sample.score.max() > 1):
        raise ValueError("score must lie in [0, 1] for this measure")
    if needs.needs_threshold and sample.threshold is None:
        reason = ("no_threshold", "no operating point was given")
    elif n == 0:
        reason = ("empty", "no patients")
    elif needs.needs_both_classes and events in (0, n):
        reason = ("one_class", "all have the event" if events else "nobody has the event")
    elif sample.n_clusters < FEWEST_CLUSTERS:
        reason = ("too_few", f"fewer than {FEWEST_CLUSTERS} patients")
    else:
        return None
    return NotEstimable(code=reason[0], reason=reason[1], n=n, n_events=events)


def _estimate(
    value: float, draws: FloatArray, sample: Sample, intervals: IntervalPlan
) -> Measurement:
    return _difference(value, draws, (sample,), intervals, with_test=False)


def _difference(
    value: float,
    draws: FloatArray,
    samples: tuple[Sample, ...],
    intervals: IntervalPlan,
    *,
    with_test: bool = True,
) -> Measurement:
    n, events = sum(s.n for s in samples), sum(s.n_events for s in samples)
    defined = draws[np.isfinite(draws)]
    undefined = draws.size - defined.size
    if not np.isfinite(value) or undefined > MOST_UNDEFINED * draws.size:
        reason = f"undefined in {undefined} of {draws.size} resamples"
        return NotEstimable(code="undefined", reason=reason, n=n, n_events=events)
    tail = (1 - intervals.level) / 2
    low, high = np.quantile(defined, (tail, 1 - tail))
    p_value = None
    if with_test:
        beyond = min(np.count_nonzero(defined <= 0), np.count_nonzero(defined >= 0))
        p_value = min(1.0, 2 * (beyond + 1) / (defined.size + 1))
    return Estimate(
        value=value,
        low=float(min(low, value)),
        high=float(max(high, value)),
        level=intervals.level,
        method=METHOD,
        n=n,
        n_events=events,
        n_clusters=sum(s.n_clusters for s in samples),
        n_resamples=int(draws.size),
        n_undefined=int(undefined),
        p_value=p_value,
    )
