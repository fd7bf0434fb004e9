"""The training loop: seeded, weighted for imbalance, stopped early on the tuning part.

Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from samd_validate.models._recurrent import Noise, RecurrentNetwork


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """Tensors of one part: channels, static columns, labels."""

    series: Tensor
    static: Tensor
    label: Tensor

    @property
    def size(self) -> int:
        """Return the number of units."""
        return int(self.label.shape[0])


@dataclass(frozen=True, kw_only=True)
class Hyper:
    """Hyper-parameters of the loop."""

    hidden: int
    dropout: float
    learning_rate: float
    weight_decay: float
    batch: int
    max_epochs: int
    patience: int
    positive_weight: float


@dataclass(frozen=True, kw_only=True)
class TrainedMember:
    """A trained network and the tuning loss after each epoch."""

    network: RecurrentNetwork
    tuning_loss: tuple[float, ...]
    best_epoch: int


def train_member(
    network: RecurrentNetwork,
    development: TrainingSet,
    tuning: TrainingSet,
    hyper: Hyper,
    seed: int,
    progress: Callable[[float], None],
) -> TrainedMember:
    """Return the network of the epoch with the smallest tuning loss."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=hyper.learning_rate, weight_decay=hyper.weight_decay
    )
    losses: list[float] = []
    best = {name: value.clone() for name, value in network.state_dict().items()}
    for epoch in range(hyper.max_epochs):
        _epoch(network, development, hyper, generator, optimiser)
        losses.append(_tuning_loss(network, tuning))
        if losses[-1] == min(losses):
            best = {name: value.clone() for name, value in network.state_dict().items()}
        progress((epoch + 1) / hyper.max_epochs)
        if epoch - int(np.argmin(losses)) >= hyper.patience:
            break
    network.load_state_dict(best)
    network.eval()
    return TrainedMember(
        network=network, tuning_loss=tuple(losses), best_epoch=int(np.argmin(losses)) + 1
    )


def _epoch(
    network: RecurrentNetwork,
    development: TrainingSet,
    hyper: Hyper,
    generator: torch.Generator,
    optimiser: torch.optim.Optimizer,
) -> None:
    network.train()
    noise = Noise(hyper.dropout, generator)
    weight = torch.tensor(hyper.positive_weight)
    order = torch.randperm(development.size, generator=generator)
    for rows in torch.split(order, hyper.batch):
        output = network(development.series[rows], development.static[rows], noise)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            output, development.label[rows], pos_weight=weight
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


def _tuning_loss(network: RecurrentNetwork, tuning: TrainingSet) -> float:
    """Return the log loss on the tuning part after the best shift of the intercept.

    The weighting of events moves all scores up; the shift takes that out of the comparison.
    """
    output = torch.from_numpy(predict_log_odds(network, tuning.series, tuning.static))
    target = tuning.label.mean()
    shift = torch.zeros(())
    for _ in range(20):
        probability = torch.sigmoid(output + shift)
        step = (target - probability.mean()) / (probability * (1 - probability)).mean()
        shift = shift + step.clamp(-1, 1)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(output + shift, tuning.label)
    return float(loss)


def predict_log_odds(
    network: RecurrentNetwork, series: Tensor, static: Tensor, batch: int = 1024
) -> npt.NDArray[np.float32]:
    """Return raw log-odds ``(n,)``."""
    network.eval()
    with torch.no_grad():
        parts = [
            network(series[start : start + batch], static[start : start + batch])
            for start in range(0, series.shape[0], batch)
        ]
    return np.asarray(torch.cat(parts).numpy()) if parts else np.zeros(0, dtype=np.float32)
