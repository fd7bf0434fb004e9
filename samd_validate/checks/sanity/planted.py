"""Whether an explanation finds what a simulation planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from samd_validate.core.arrays import Column, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.importance import from_draws, resampled_means

TRUTH = "simulation_truth_"
APART = 0.2
"""Drivers are told apart where their strengths differ by this share of the strongest."""


def planted_recovery(
    values: FloatArray, names: Sequence[str], cohort: Cohort, plan: IntervalPlan
) -> Measurement:
    """Return the share of pairs of inputs whose order by importance is that of the truth.

    A pair counts where the true strengths differ by a fifth of the strongest; 0.5 is chance. The
    interval is of resampled patients.
    """
    strength = _strengths(names, cohort)
    if strength is None:
        reason = "the data are not simulated: what drives the risk is not known"
        return NotEstimable(code="no_truth", reason=reason, n=cohort.size)
    sizes = np.abs(values)
    draws = resampled_means(sizes, cohort.patient_id, plan)
    difference = strength[:, None] - strength[None, :]
    pairs = np.argwhere(difference > APART * strength.max())
    if not pairs.size or draws is None:
        reason = "no two inputs of different strength, or one patient"
        return NotEstimable(code="too_few", reason=reason, n=cohort.size)
    counts = (cohort.size, int(np.unique(cohort.patient_id).size))
    value = float(_concordance(sizes.mean(axis=0)[None], pairs)[0])
    return from_draws(value, _concordance(draws, pairs), counts, plan)


def _concordance(means: FloatArray, pairs: Column) -> FloatArray:
    gap = means[:, pairs[:, 0]] - means[:, pairs[:, 1]]
    return np.asarray(((gap > 0) + 0.5 * (gap == 0)).mean(axis=1))


def _strengths(names: Sequence[str], cohort: Cohort) -> FloatArray | None:
    """Return the absolute strengths of inputs, 0 for those that drive nothing; None if unknown."""
    for key, told in cohort.attachments.items():
        drivers = told.get("drivers") if isinstance(told, Mapping) else None
        if key.startswith(TRUTH) and isinstance(drivers, Mapping):
            return np.array([abs(float(drivers.get(name, 0.0))) for name in names])
    return None
