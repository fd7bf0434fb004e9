"""What recurrent networks have in common: states pooled over time, then one hidden layer.

Imports torch; only imported when a network is made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from samd_validate.models._noise import Noise, dropped

SUMMARIES = 7


class PooledNetwork(nn.Module):
    """The way from states ``(n, hours, hidden)`` to log-odds ``(n,)``.

    The last state and the mean and maximum over time, static inputs and, in a wide network
    (Cheng et al. 2016, doi:10.1145/2988450.2988454), summaries of the inputs themselves go
    through one hidden layer.
    """

    hidden: nn.Linear
    out: nn.Linear
    is_wide: bool

    def add_head(self, hidden: int, static: int, variables: int, *, is_wide: bool) -> None:
        """Make the layers after the states; last, so that first weights are drawn in order."""
        self.is_wide = is_wide
        wide = SUMMARIES * variables if is_wide else 0
        self.hidden = nn.Linear(3 * hidden + static + wide, hidden)
        self.out = nn.Linear(hidden, 1)

    def score(self, states: Tensor, series: Tensor, static: Tensor, noise: Noise | None) -> Tensor:
        """Return log-odds of pooled states."""
        parts = [states[:, -1], states.mean(1), states.amax(1), static]
        if self.is_wide:
            parts.append(summaries(series))
        inner = torch.relu(self.hidden(dropped(torch.cat(parts, dim=1), noise)))
        output: Tensor = self.out(dropped(inner, noise))[:, 0]
        return output


def summaries(series: Tensor) -> Tensor:
    """Return ``(n, 7 * variables)``: first, last, lowest, highest, mean, late mean, log(1 + count).

    Of hours with an observation, the late mean of the second half of the window; 0, the
    development mean, where there was none.
    """
    value, mask, _ = series.chunk(3, dim=2)
    is_seen = mask > 0
    far = torch.full_like(value, torch.finfo(value.dtype).max)
    first = torch.gather(value, 1, is_seen.to(torch.uint8).argmax(1)[:, None])[:, 0]
    lowest = torch.where(is_seen, value, far).amin(1)
    highest = torch.where(is_seen, value, -far).amax(1)
    half = value.shape[1] // 2
    means = (_mean(value, mask), _mean(value[:, half:], mask[:, half:]))
    found = torch.stack([first, value[:, -1], lowest, highest, *means], dim=1)
    found = torch.where(is_seen.any(1)[:, None], found, torch.zeros_like(found))
    return torch.cat([found, torch.log1p(mask.sum(1))[:, None]], dim=1).flatten(1)


def _mean(value: Tensor, mask: Tensor) -> Tensor:
    return (value * mask).sum(1) / mask.sum(1).clamp(min=1e-6)
