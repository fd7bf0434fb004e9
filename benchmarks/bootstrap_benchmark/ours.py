"""The one place that calls the engine."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bootstrap_benchmark.cohort import Rows
from samd_validate.core.arrays import BoolArray, Column, FloatArray
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import estimate, estimate_subsets
from samd_validate.stats.sample import Sample

FIVE = ("auroc", "auprc", "brier", "sensitivity", "specificity")
PAIR = ("auroc", "auprc")
FOUR = ("auroc", "auprc", "brier", "sensitivity")


def plan(
    n_resamples: int, *, method: str = "percentile", threads: int = 1, is_stratified: bool = False
) -> IntervalPlan:
    """Return a plan of intervals with a fixed seed."""
    return IntervalPlan(
        n_resamples=n_resamples,
        seed=1,
        method=method,
        n_threads=threads,
        is_stratified=is_stratified,
    )


def intervals(
    rows: Rows, asked: IntervalPlan, measures: tuple[str, ...] = FIVE
) -> dict[str, Estimate]:
    """Return the measures with intervals, from raw arrays on, as a user calls it."""
    found = estimate(measures, _sample(rows), asked)
    _must_be_resampled(found.values(), asked)
    return {name: one for name, one in found.items() if isinstance(one, Estimate)}


def in_groups(rows: Rows, group: Column, asked: IntervalPlan) -> None:
    """Make intervals of four measures over all rows and in each group."""
    subsets: dict[str, BoolArray] = {str(one): group == one for one in np.unique(group)}
    subsets["everyone"] = np.ones(rows.n, np.bool_)
    found = estimate_subsets(FOUR, _sample(rows), subsets, asked)
    _must_be_resampled(found.values(), asked)


def limits(found: dict[str, Estimate]) -> FloatArray:
    """Return value, low and high ``(3, measures)``."""
    return np.array([(one.value, one.low, one.high) for one in found.values()]).T


def _sample(rows: Rows) -> Sample:
    return Sample(
        label=rows.label, score=rows.score, cluster=rows.cluster, threshold=rows.threshold
    )


def _must_be_resampled(found: Iterable[Measurement], asked: IntervalPlan) -> None:
    """Refuse a closed formula: it is fast too, but it is not what is timed."""
    for one in found:
        if not isinstance(one, Estimate) or one.n_resamples != asked.n_resamples:
            raise RuntimeError(f"no interval from {asked.n_resamples} resamples: {one}")
