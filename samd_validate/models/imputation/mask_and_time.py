"""The last value, whether the hour had one, and the time since: nothing filled without a mark."""

from __future__ import annotations

from samd_validate.core.kinds import Imputed, ImputeRequest, imputation
from samd_validate.models.imputation._common import ImputationParams


@imputation("mask_and_time", version=1, params=ImputationParams)
def mask_and_time(request: ImputeRequest, params: ImputationParams) -> Imputed:
    """Carry the last value forward, and mark which hours had one and how old it is.

    Ref. Che et al. 2018, doi:10.1038/s41598-018-24271-9.
    """
    del params
    hours = request.value.shape[1]
    return Imputed(value=request.carried, mask=request.observed, since=request.hours_since / hours)
