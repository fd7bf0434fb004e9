"""Samples for tests of calibration errors, and resamples of their rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.calibration.calibration_error import (
    errors_of_counts,
)
from samd_validate.stats.sample import Sample

PLAN = IntervalPlan(seed=3)


def sample(n: int = 300, seed: int = 1, digits: int = 9, shift: float = 0.0, **more: Any) -> Sample:
    generator = np.random.default_rng(seed)
    risk = generator.beta(1, 3, n)
    odds = np.exp(shift) * risk / (1 - risk)
    label = (generator.random(n) < odds / (1 + odds)).astype(int)
    return Sample(label=label, score=np.round(risk, digits), **more)


def counted(one: Sample, times: np.ndarray) -> np.ndarray:
    """Return the four errors of rows that count several times."""
    score, inverse = np.unique(one.score, return_inverse=True)
    count = np.bincount(inverse, weights=times)
    events = np.bincount(inverse, weights=times * one.label)
    return errors_of_counts(score, count[None], events[None])[0]


def replicates(one: Sample, n: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    size = one.n_clusters
    times = generator.multinomial(size, np.full(size, 1 / size), size=n)[:, one.codes]
    return np.array([counted(one, row) for row in times])
