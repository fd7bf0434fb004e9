"""The network: an LSTM over hourly channels, its states pooled over time, with static inputs.

Imports torch; only imported when a network is made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RecurrentNetwork(nn.Module):
    """Log-odds of the outcome from channels ``(n, hours, channels)`` and static ``(n, s)``.

    The last hidden state and the mean and maximum over time go through one hidden layer.
    """

    def __init__(self, channels: int, static: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, hidden, batch_first=True)
        self.hidden = nn.Linear(3 * hidden + static, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, series: Tensor, static: Tensor, noise: Noise | None = None) -> Tensor:
        """Return log-odds ``(n,)``; ``noise`` drops inputs and states while training."""
        if noise is not None:
            series = noise.thin(series)
        states, _ = self.lstm(series)
        pooled = torch.cat([states[:, -1], states.mean(1), states.amax(1), static], dim=1)
        if noise is not None:
            pooled = noise.drop(pooled)
        inner = torch.relu(self.hidden(pooled))
        if noise is not None:
            inner = noise.drop(inner)
        output: Tensor = self.out(inner)[:, 0]
        return output


class Noise:
    """Dropout with a generator of its own, so that members can train side by side."""

    def __init__(self, rate: float, generator: torch.Generator) -> None:
        self.rate = rate
        self.generator = generator

    def drop(self, value: Tensor) -> Tensor:
        """Return ``value`` with a share of its entries set to zero and the rest scaled up."""
        keep = torch.rand(value.shape, generator=self.generator) >= self.rate
        return value * keep / (1 - self.rate)

    def thin(self, series: Tensor) -> Tensor:
        """Return the series with a share of its channels silenced for a whole stay."""
        shape = (series.shape[0], 1, series.shape[2])
        keep = torch.rand(shape, generator=self.generator) >= self.rate / 2
        return series * keep


def new_network(channels: int, static: int, hidden: int, seed: int) -> RecurrentNetwork:
    """Return a network whose first weights depend on the seed alone.

    torch draws first weights from its one global generator; that state is put back.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = RecurrentNetwork(channels, static, hidden)
        for name, weight in network.lstm.named_parameters():
            if "weight_hh" in name:
                nn.init.orthogonal_(weight)
            elif "bias_ih" in name:
                with torch.no_grad():
                    weight[hidden : 2 * hidden] = 1.0
    return network
