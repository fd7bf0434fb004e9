"""GRU-D: a gated recurrent unit whose inputs and states decay with the time since measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models._ensemble import EnsembleModel, NetworkParams
from samd_validate.models._fit import InputShape, fit_ensemble

if TYPE_CHECKING:
    from torch import nn


class GruDParams(NetworkParams):
    """Hyper-parameters of GRU-D."""


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
