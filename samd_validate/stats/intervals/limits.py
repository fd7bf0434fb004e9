"""From a value to an estimate: limits by a method, words for it, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samd_validate.core.arrays import FloatArray
from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.choose import note_on
from samd_validate.stats.intervals.closed_form import (
    AUROC_METHODS,
    SHARES,
    clustered,
    limits_by_jackknife,
    limits_by_mover,
    limits_of_auroc,
    limits_of_ratio,
    limits_of_share,
)
from samd_validate.stats.intervals.from_draws import Limits, basic, bca, percentile
from samd_validate.stats.resampling.layout import Layout, Patients
from samd_validate.stats.resampling.resample import Parts
from samd_validate.stats.resampling.studentise import limits_by_student
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import left_out

UNDEFINED = (float("nan"), float("nan"))
WORDS = {
    "percentile": "percentile bootstrap",
    "basic": "basic bootstrap",
    "bca": "BCa bootstrap",
    "studentised": "studentised bootstrap",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One measure of one sample: its layout, who is behind the rows, and its value."""

    measure: str
    sample: Sample
    layout: Layout
    patients: Patients
    value: float


def closed_limits(asked: Asked, method: str, level: float) -> tuple[Limits, str] | None:
    """Return limits without resampling and the words for them; None where there are none."""
    if method in AUROC_METHODS:
        return limits_of_auroc(asked.sample, method, level)
    if method in SHARES:
        return limits_of_share(asked.measure, asked.sample, method, level)
    if method == "log":
        limits = limits_of_ratio(asked.measure, asked.sample, level)
        return None if limits is None else (limits, "log-normal")
    if method == "mover":
        limits = limits_by_mover(asked.measure, asked.value, asked.sample, level)
        words = "MOVER from Wilson's limits" + clustered(asked.sample)
        return None if limits is None else (limits, words)
    left = left_out(asked.measure, asked.layout, asked.patients)
    return None if left is None else limits_by_jackknife(asked.measure, asked.value, left, level)


def resampled_limits(
    asked: Asked, method: str, draws: FloatArray, plan: IntervalPlan
) -> tuple[Limits, str]:
    """Return limits from the defined replicates ``(resamples,)``, and the words for the method.

    A method that has no limits here (BCa without left-out values, say) gives way to percentiles,
    and the words say so.
    """
    words = ("stratified " if plan.is_stratified else "") + WORDS[method] + ", patients resampled"
    limits = _limits(asked, method, draws, plan)
    if not np.isfinite(limits).all():
        return percentile(draws, plan.level), words.replace(WORDS[method], WORDS["percentile"])
    return limits, words


def _limits(asked: Asked, method: str, draws: FloatArray, plan: IntervalPlan) -> Limits:
    if method == "percentile":
        return percentile(draws, plan.level)
    if method == "basic":
        return basic(asked.value, draws, plan.level)
    if method == "studentised":
        parts = Parts([asked.layout], asked.patients, plan)
        found = limits_by_student(asked.measure, asked.layout, asked.patients, parts, plan.level)
        return found or UNDEFINED
    left = left_out(asked.measure, asked.layout, asked.patients)
    if left is None:
        return UNDEFINED
    return bca(asked.value, draws, plan.level, left.acceleration)


def with_limits(
    asked: Asked,
    found: tuple[Limits, str],
    plan: IntervalPlan,
    *,
    n_resamples: int = 0,
    n_undefined: int = 0,
) -> Estimate:
    """Return the estimate: its interval holds the value, its note says what speaks against it."""
    (low, high), words = found
    sample = asked.sample
    return Estimate(
        value=asked.value,
        low=min(low, asked.value),
        high=max(high, asked.value),
        level=plan.level,
        method=words,
        n=sample.n,
        n_events=sample.n_events,
        n_clusters=sample.n_clusters,
        n_resamples=n_resamples,
        n_undefined=n_undefined,
        note=note_on(asked.measure, sample),
    )
