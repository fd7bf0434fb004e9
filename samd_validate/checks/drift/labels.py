"""Whether the outcome is as frequent elsewhere."""

from __future__ import annotations

import numpy as np

from samd_validate.checks.drift.compared import Compared
from samd_validate.checks.drift.one_by_one import told
from samd_validate.core.estimate import Measurement
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.drift.share_difference import share_difference


def prevalence_difference(compared: Compared, plan: IntervalPlan) -> Measurement:
    """Return the prevalence elsewhere minus that of the reference, patients as units."""
    label = np.concatenate([compared.reference.label, compared.other.label])
    return told(share_difference(label == 1, compared.groups, plan.level))
