"""The last value fading to the development mean, with a mask."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from samd_validate.core.kinds import Imputed, ImputeRequest, imputation
from samd_validate.models.imputation._common import ImputationParams


class DecayParams(ImputationParams):
    """How fast a value fades."""

    half_life_hours: float = Field(default=12, gt=0, description="hours after which half is left")


@imputation("decay", version=1, params=DecayParams)
def decay(request: ImputeRequest, params: DecayParams) -> Imputed:
    """Let the last value fade to the development mean with the hours since it, with a mask.

    One fixed half-life for all variables; ``gru_d`` learns a rate for each (Che et al. 2018,
    doi:10.1038/s41598-018-24271-9). Age of a value shows in its fading alone.
    """
    left = np.exp2(-request.hours_since / params.half_life_hours).astype(np.float32)
    return Imputed(
        value=request.carried * left, mask=request.observed, since=np.zeros_like(request.carried)
    )
