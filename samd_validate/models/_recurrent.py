"""The network: an LSTM over hourly channels, its states pooled over time, with static inputs.

Imports torch; only imported when a network is made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from samd_validate.models._noise import Noise
from samd_validate.models._pooled import PooledNetwork


class RecurrentNetwork(PooledNetwork):
    """Log-odds of the outcome from channels ``(n, hours, channels)`` and static ``(n, s)``.

    The last hidden state and the mean and maximum over time go through one hidden layer.
    """

    def __init__(self, channels: int, static: int, hidden: int, *, is_wide: bool = False) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, hidden, batch_first=True)
        self.add_head(hidden, static, channels // 3, is_wide=is_wide)
        for name, weight in self.lstm.named_parameters():
            if "weight_hh" in name:
                nn.init.orthogonal_(weight)
            elif "bias_ih" in name:
                with torch.no_grad():
                    weight[hidden : 2 * hidden] = 1.0

    def forward(self, series: Tensor, static: Tensor, noise: Noise | None = None) -> Tensor:
        """Return log-odds ``(n,)``; ``noise`` drops inputs and states while training."""
        states, _ = self.lstm(series if noise is None else noise.thin(series))
        return self.score(states, series, static, noise)
