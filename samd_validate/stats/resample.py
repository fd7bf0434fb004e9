"""Replicates of measures under resampling of patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.sample import Sample
from samd_validate.stats.weighted import Measure, Sorted

CELLS = 400_000
"""Rows times resamples held at once: it bounds memory and keeps the work in the cache."""


def sorted_rows(sample: Sample) -> tuple[Sorted, Column]:
    """Return the sample sorted by score, highest first, and the order of its rows."""
    order = np.argsort(-sample.score, kind="stable")
    score = sample.score[order]
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    rows = Sorted(
        label=sample.label[order].astype(np.float64),
        score=score,
        ends=ends,
        threshold=sample.threshold,
    )
    return rows, order


def weights(codes: Column, intervals: IntervalPlan) -> Iterator[FloatArray]:
    """Yield blocks ``(resamples, n)`` of how often each row is drawn: as often as its patient."""
    _, patient = np.unique(codes, return_inverse=True)
    n_patients = int(patient.max()) + 1
    generator = np.random.Generator(np.random.Philox(intervals.seed))
    block = max(1, CELLS // max(1, codes.size))
    for start in range(0, intervals.n_resamples, block):
        size = min(block, intervals.n_resamples - start)
        drawn = generator.integers(0, n_patients, size=(size, n_patients))
        offset = np.arange(size)[:, None] * n_patients
        counts = np.bincount((drawn + offset).ravel(), minlength=size * n_patients)
        yield counts.reshape(size, n_patients)[:, patient].astype(np.float64)


def replicates(
    measures: Sequence[Measure], sample: Sample, intervals: IntervalPlan
) -> list[FloatArray]:
    """Return for each measure its values ``(resamples,)``, all on the same resamples."""
    if not measures:
        return []
    rows, order = sorted_rows(sample)
    parts: list[list[FloatArray]] = [[] for _ in measures]
    for weight in weights(sample.codes, intervals):
        for number, measure in enumerate(measures):
            parts[number].append(measure(rows, weight[:, order]))
    return [np.concatenate(part) for part in parts]
