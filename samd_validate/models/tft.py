"""Temporal Fusion Transformer for one outcome: what it looked at, and when, can be read off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from pydantic import Field, model_validator

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import FitRequest, family
from samd_validate.core.model import AttentionWeights
from samd_validate.models._ensemble import EnsembleModel, NetworkParams
from samd_validate.models._fit import InputShape, fit_ensemble
from samd_validate.models._threads import one_thread

if TYPE_CHECKING:
    from torch import nn

    from samd_validate.models._fusion import FusionNetwork


class TftParams(NetworkParams):
    """Hyper-parameters of the Temporal Fusion Transformer."""

    hidden: int = Field(default=16, ge=4, le=1024)
    heads: int = Field(default=4, ge=1, le=64, description="attention heads; they divide hidden")
    step_hours: int = Field(default=4, ge=1, description="hours averaged to one step")

    @model_validator(mode="after")
    def _heads_divide_hidden(self) -> TftParams:
        if self.hidden % self.heads:
            raise ValueError(f"heads ({self.heads}) must divide hidden ({self.hidden})")
        return self


@dataclass(frozen=True, kw_only=True)
class TftModel(EnsembleModel):
    """An ensemble of Temporal Fusion Transformers that says what it looked at."""

    def attend(self, cohort: Cohort) -> AttentionWeights:
        """Return the weights of variables, static inputs and hours, averaged over members."""
        from samd_validate.models._fusion import looked_at

        with one_thread():
            series, static = self.tensors(cohort)
            found = [looked_at(cast("FusionNetwork", one), series, static) for one in self.networks]
        variables, about, steps = (np.mean(parts, axis=0) for parts in zip(*found, strict=True))
        return AttentionWeights(
            variables=tuple(scale.name for scale in self.scales),
            variable_weights=variables,
            static_inputs=self.coding.inputs,
            static_weights=about[:, : len(self.coding.inputs)],
            step_weights=steps,
            step_edges_hours=_edges(series.shape[1], steps.shape[1]),
        )


@family("tft", version=1, params=TftParams, extra="torch")
def tft(request: FitRequest, params: TftParams) -> TftModel:
    """Fit an ensemble of Temporal Fusion Transformers on hourly values, masks and gaps.

    Static covariate encoders, variable selection networks, gated residual networks, an LSTM
    encoder and interpretable multi-head attention, with one query at the end of the window in
    place of a decoder. Events are weighted by a power of the odds; training stops early on the
    tuning part, on which the averaged log-odds are then recalibrated (Platt). Ref. Lim et al.
    2021, doi:10.1016/j.ijforecast.2021.03.012.
    """

    def network(shape: InputShape) -> nn.Module:
        from samd_validate.models._fusion import FusionNetwork

        return FusionNetwork(
            shape.channels,
            shape.owners,
            params.hidden,
            heads=params.heads,
            step_hours=params.step_hours,
            is_wide=params.wide,
        )

    return TftModel(**vars(fit_ensemble(request, params, network, "tft")))


def _edges(hours: int, steps: int) -> tuple[float, ...]:
    """Return the edges of steps in hours; the first step is cut where the window begins.

    >>> _edges(5, 3)
    (0.0, 1.0, 3.0, 5.0)
    """
    length = -(-hours // steps)
    return (0.0, *(float(hours - length * left) for left in range(steps - 1, -1, -1)))
