"""Whether the outcome is as frequent elsewhere."""

from __future__ import annotations

import numpy as np

from samd_validate.checks.drift.compared import Compared
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import difference
from samd_validate.stats.sample import Sample


def prevalence_difference(compared: Compared, plan: IntervalPlan) -> Measurement:
    """Return the prevalence elsewhere minus that of the reference, patients as units."""
    here, there = (_sample(one) for one in (compared.reference, compared.other))
    return difference("prevalence", there, here, plan)


def _sample(cohort: Cohort) -> Sample:
    score = np.zeros(cohort.size)
    return Sample(label=cohort.label, score=score, cluster=cohort.patient_id)
