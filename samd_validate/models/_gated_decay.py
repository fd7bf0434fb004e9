"""The network of GRU-D: inputs decay to the mean and states decay with the time since measured.

Che et al. 2018, doi:10.1038/s41598-018-24271-9. Imports torch; only imported when a network is
made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from samd_validate.models._noise import Noise
from samd_validate.models._pooled import PooledNetwork

HOURS_A_DAY = 24


class GatedDecayNetwork(PooledNetwork):
    """Log-odds of the outcome from channels ``(n, hours, 3 * variables)`` and static ``(n, s)``.

    The value channel is the last observation, in units in which the development mean is 0: an
    input that is not observed is that value times ``exp(-max(0, w * days + b))``, with one rate a
    variable; the state is multiplied by such a factor before every hour, with rates for all
    variables. Masks enter the gates.
    """

    def __init__(self, channels: int, static: int, hidden: int, *, is_wide: bool = False) -> None:
        super().__init__()
        variables = channels // 3
        self.input_rate = nn.Parameter(torch.ones(variables))
        self.input_shift = nn.Parameter(torch.zeros(variables))
        self.state_decay = nn.Linear(variables, hidden)
        self.from_input = nn.Linear(2 * variables, 3 * hidden)
        self.from_state = nn.Linear(hidden, 3 * hidden)
        self.add_head(hidden, static, variables, is_wide=is_wide)
        nn.init.uniform_(self.state_decay.weight, 0, 1 / variables)
        nn.init.zeros_(self.state_decay.bias)
        nn.init.orthogonal_(self.from_state.weight)

    def forward(self, series: Tensor, static: Tensor, noise: Noise | None = None) -> Tensor:
        """Return log-odds ``(n,)``; ``noise`` drops inputs and states while training."""
        inputs = self.decayed(series)
        if noise is not None:
            inputs = noise.thin(inputs)
        states = self._states(self.from_input(inputs), self._state_factors(series))
        return self.score(states, series, static, noise)

    def decayed(self, series: Tensor) -> Tensor:
        """Return ``(n, hours, 2 * variables)``: values decayed to the mean, then masks."""
        last, mask, gap = series.chunk(3, dim=2)
        days = gap * (series.shape[1] / HOURS_A_DAY)
        factor = torch.exp(-torch.relu(self.input_rate * days + self.input_shift))
        return torch.cat([mask * last + (1 - mask) * factor * last, mask], dim=2)

    def _state_factors(self, series: Tensor) -> Tensor:
        """Return ``(n, hours, hidden)`` from days since the observation before each hour."""
        hours = series.shape[1]
        gap = series.chunk(3, dim=2)[2]
        before = functional.pad(gap[:, :-1] + 1 / hours, (0, 0, 1, 0)) * (hours / HOURS_A_DAY)
        return torch.exp(-torch.relu(self.state_decay(before)))

    def _states(self, from_input: Tensor, factors: Tensor) -> Tensor:
        """Return all hidden states ``(n, hours, hidden)`` of the gated recurrent unit."""
        state = torch.zeros_like(factors[:, 0])
        states = []
        for inputs, factor in zip(from_input.unbind(1), factors.unbind(1), strict=True):
            state = state * factor
            update_in, reset_in, new_in = inputs.chunk(3, dim=1)
            update_state, reset_state, new_state = self.from_state(state).chunk(3, dim=1)
            update = torch.sigmoid(update_in + update_state)
            reset = torch.sigmoid(reset_in + reset_state)
            new = torch.tanh(new_in + reset * new_state)
            # in mixed precision the state keeps the precision of the decay factors
            state = torch.lerp(state, new.to(state.dtype), update.to(state.dtype))
            states.append(state)
        return torch.stack(states, dim=1)
