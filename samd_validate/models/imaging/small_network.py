"""Blocks of convolution, batch normalisation and pooling, and one weight for each at the end.

Imports torch; only imported when a network is trained or run.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class SmallNetwork(nn.Module):
    """From ``(n, channels, side, side)`` to log-odds ``(n, targets)``.

    Normalisation by statistics of the image itself would carry what is bright in one place to all
    others, and maps of where the network looked would be of no use.
    """

    def __init__(
        self, channels: int, widths: Sequence[int], targets: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for place, width in enumerate(widths):
            layers += [nn.MaxPool2d(2)] if place else []
            layers += [
                nn.Conv2d(channels, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            channels = width
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(channels, targets)

    def forward(self, image: Tensor) -> Tensor:
        """Return the log-odds of each target."""
        pooled = self.features(image).mean(dim=(2, 3))
        found: Tensor = self.out(self.dropout(pooled))
        return found
