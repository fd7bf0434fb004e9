"""GRU-D: a gated recurrent unit whose inputs and states decay with the time since measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models._ensemble import EnsembleModel, NetworkParams
from samd_validate.models._fit import InputShape, fit_ensemble
from samd_validate.models.imputation._choice import DEFAULT

if TYPE_CHECKING:
    from torch import nn


class GruDParams(NetworkParams):
    """Hyper-parameters of GRU-D, which fills in what was not measured by rates that it learns."""

    @model_validator(mode="after")
    def _fills_in_by_itself(self) -> GruDParams:
        if self.imputation.use != DEFAULT.use:
            raise ValueError(f"gru_d has an imputation of its own and takes {DEFAULT.use} only")
        return self


@family("gru_d", version=1, params=GruDParams, extra="torch")
def gru_d(request: FitRequest, params: GruDParams) -> EnsembleModel:
    """Fit an ensemble of GRU-D networks on hourly values, masks and times since measured.

    What is not observed decays from its last value to the development mean, and the state decays
    before every hour, at rates that are learned. Events are weighted by a power of the odds;
    training stops early on the tuning part, on which the averaged log-odds are then recalibrated
    (Platt). Ref. Che et al. 2018, doi:10.1038/s41598-018-24271-9.
    """

    def network(shape: InputShape) -> nn.Module:
        from samd_validate.models._gated_decay import GatedDecayNetwork

        return GatedDecayNetwork(shape.channels, shape.static, params.hidden, is_wide=params.wide)

    return fit_ensemble(request, params, network, "gru_d")
