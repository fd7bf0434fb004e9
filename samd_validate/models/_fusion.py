"""The network of the Temporal Fusion Transformer, for one outcome at the end of the window.

Lim et al. 2021, doi:10.1016/j.ijforecast.2021.03.012. Imports torch; only imported when a network
is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from samd_validate.core.arrays import FloatArray
from samd_validate.models._gates import (
    Gate,
    GatedResidual,
    InterpretableAttention,
    VariableSelection,
)
from samd_validate.models._noise import Noise
from samd_validate.models._pooled import PooledNetwork

CHANNELS = 3
CONTEXTS = ("selection", "enrichment", "state", "cell")


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a pass looked at: weights of variables by step, of static inputs, of steps.

    ``variables`` is ``(n, steps, variables)``, ``static`` ``(n, inputs)`` and ``steps``
    ``(n, steps)``; each sums to one over its last axis.
    """

    variables: Tensor
    static: Tensor
    steps: Tensor


class FusionNetwork(PooledNetwork):
    """Log-odds of the outcome from channels ``(n, hours, 3 * variables)`` and static ``(n, s)``.

    ``owners`` gives for each static column the position of its input; ``step_hours`` hours are
    averaged to one step. Static covariate encoders give contexts to variable selection, to the
    encoder's first state, and to enrichment; an LSTM encodes the selected variables;
    interpretable attention looks back from the last step.
    """

    owners: Tensor

    def __init__(
        self,
        channels: int,
        owners: tuple[int, ...],
        hidden: int,
        *,
        heads: int,
        step_hours: int,
        is_wide: bool = False,
    ) -> None:
        super().__init__()
        self.variables = channels // CHANNELS
        self.step_hours = step_hours
        self.register_buffer("owners", torch.tensor(owners, dtype=torch.long), persistent=False)
        self.static_inputs = max(owners, default=-1) + 1
        self.embed = nn.Parameter(torch.empty(self.variables, CHANNELS, hidden).normal_(0, 0.5))
        self.embed_shift = nn.Parameter(torch.empty(self.variables, 1, hidden).normal_(0, 0.5))
        inputs = max(self.static_inputs, 1)
        self.embed_static = nn.Parameter(torch.empty(len(owners), hidden).normal_(0, 0.5))
        self.embed_static_shift = nn.Parameter(torch.empty(inputs, hidden).normal_(0, 0.5))
        self.select_static = VariableSelection(inputs, hidden)
        self.contexts = nn.ModuleDict(
            {name: GatedResidual(hidden, hidden, hidden) for name in CONTEXTS}
        )
        self.select = VariableSelection(self.variables, hidden, context=hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.after_lstm = Gate(hidden)
        self.enrich = GatedResidual(hidden, hidden, hidden, context=hidden)
        self.attention = InterpretableAttention(hidden, heads)
        self.after_attention = Gate(hidden)
        self.feed = GatedResidual(hidden, hidden, hidden)
        self.after_feed = Gate(hidden)
        self.add_head(hidden, hidden, self.variables, is_wide=is_wide)

    def forward(self, series: Tensor, static: Tensor, noise: Noise | None = None) -> Tensor:
        """Return log-odds ``(n,)``; ``noise`` drops inputs and states while training."""
        output, _ = self.look(series, static, noise)
        return output

    def look(
        self, series: Tensor, static: Tensor, noise: Noise | None = None
    ) -> tuple[Tensor, Looked]:
        """Return log-odds ``(n,)`` and what was looked at."""
        about, static_weights = self._static(static, noise)
        context = {name: network(about, None, noise) for name, network in self.contexts.items()}
        selected, weights = self._selected(self._steps(series), context["selection"], noise)
        first = (context["state"][None].contiguous(), context["cell"][None].contiguous())
        encoded, _ = self.lstm(selected, first)
        encoded = self.after_lstm(encoded, selected, noise)
        enriched = self.enrich(encoded, context["enrichment"][:, None], noise)
        seen, attention = self.attention(enriched)
        fused = self.feed(self.after_attention(seen, enriched[:, -1], noise), None, noise)
        last = self.after_feed(fused, encoded[:, -1], noise)
        states = torch.cat([encoded[:, :-1], last[:, None]], dim=1)
        output = self.score(states, series, about, noise)
        return output, Looked(variables=weights, static=static_weights, steps=attention)

    def _steps(self, series: Tensor) -> Tensor:
        """Return channels averaged over ``step_hours``, ``(n, steps, 3 * variables)``.

        The window is filled up at its beginning by its first hour, so that the last step is whole.
        """
        hours = series.shape[1]
        lead = -hours % self.step_hours
        padded = torch.cat([series[:, :1].expand(-1, lead, -1), series], dim=1)
        n, length, channels = padded.shape
        return padded.reshape(n, length // self.step_hours, self.step_hours, channels).mean(2)

    def _static(self, static: Tensor, noise: Noise | None) -> tuple[Tensor, Tensor]:
        """Return the static covariates as one vector ``(n, hidden)``, and their weights."""
        n = static.shape[0]
        embedded = self.embed_static_shift[:, None].expand(-1, n, -1)
        products = static.t()[:, :, None] * self.embed_static[:, None]
        coded = embedded.index_add(0, self.owners, products)
        about, weights = self.select_static(coded, None, noise)
        return about, weights

    def _selected(
        self, steps: Tensor, context: Tensor, noise: Noise | None
    ) -> tuple[Tensor, Tensor]:
        n, length, _ = steps.shape
        channels = steps.reshape(n * length, CHANNELS, self.variables).permute(2, 0, 1)
        embedded = torch.baddbmm(self.embed_shift, channels, self.embed)
        if noise is not None:
            kept = noise.kept_channels(n, self.variables).to(steps.device)
            rows = kept.expand(-1, length, -1).reshape(n * length, self.variables)
            embedded = embedded * rows.t()[:, :, None]
        spread = context[:, None].expand(-1, length, -1).reshape(n * length, -1)
        selected, weights = self.select(embedded, spread, noise)
        return selected.reshape(n, length, -1), weights.reshape(n, length, -1)


def looked_at(
    network: FusionNetwork, series: Tensor, static: Tensor, batch: int = 512
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the weights of variables by step, of static inputs, and of steps, as arrays."""
    network.eval()
    with torch.no_grad():
        pairs = zip(torch.split(series, batch), torch.split(static, batch), strict=True)
        found = [network.look(*pair)[1] for pair in pairs]
    return (
        torch.cat([one.variables for one in found]).double().numpy(),
        torch.cat([one.static for one in found]).double().numpy(),
        torch.cat([one.steps for one in found]).double().numpy(),
    )
