"""The last value carried forward, without a mark."""

from __future__ import annotations

from samd_validate.core.kinds import Imputed, ImputeRequest, imputation
from samd_validate.models.imputation._common import ImputationParams, unmarked


@imputation("forward_fill", version=1, params=ImputationParams)
def forward_fill(request: ImputeRequest, params: ImputationParams) -> Imputed:
    """Carry the last value forward (before the first the development mean), without a mark.

    The network cannot tell a value of this hour from one of yesterday.
    """
    del params
    return unmarked(request.carried)
