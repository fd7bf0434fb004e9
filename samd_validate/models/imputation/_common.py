"""What imputations share: parameters that are none, and values without a mark."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from samd_validate.core.kinds import Hourly, Imputed


class ImputationParams(BaseModel):
    """Parameters of an imputation: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def unmarked(value: Hourly) -> Imputed:
    """Return values of which none can be told from a measured one."""
    shape = value.shape
    return Imputed(value=value, mask=np.ones(shape, np.bool_), since=np.zeros(shape, np.float32))
