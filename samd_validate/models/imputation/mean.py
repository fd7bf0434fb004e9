"""The development mean wherever nothing was measured, without a mark."""

from __future__ import annotations

import numpy as np

from samd_validate.core.kinds import Imputed, ImputeRequest, imputation
from samd_validate.models.imputation._common import ImputationParams, unmarked


@imputation("mean", version=1, params=ImputationParams)
def mean(request: ImputeRequest, params: ImputationParams) -> Imputed:
    """Put the development mean into every hour without an observation, without a mark.

    The mean is that of the scale on which the variable enters (of the logarithm of a skewed one).
    """
    del params
    return unmarked(np.where(request.observed, request.value, np.float32(0)))
