"""A recurrent network on hourly channels: value, mask, hours since the last observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models._ensemble import EnsembleModel, NetworkParams
from samd_validate.models._fit import InputShape, fit_ensemble

if TYPE_CHECKING:
    from torch import nn


class LstmParams(NetworkParams):
    """Hyper-parameters of the recurrent network."""


@family("lstm", version=1, params=LstmParams, extra="torch")
def lstm(request: FitRequest, params: LstmParams) -> EnsembleModel:
    """Fit an ensemble of LSTMs on hourly value, mask and time-since-last channels.

    Events are weighted by a power of the odds; training stops early on the tuning part, on
    which the averaged log-odds are then recalibrated (Platt). Ref. Che et al. 2018,
    doi:10.1038/s41598-018-24271-9; Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735.
    """

    def network(shape: InputShape) -> nn.Module:
        from samd_validate.models._recurrent import RecurrentNetwork

        return RecurrentNetwork(shape.channels, shape.static, params.hidden, is_wide=params.wide)

    return fit_ensemble(request, params, network, "lstm")
