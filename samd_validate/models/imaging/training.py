"""The training loop of image networks: seeded, stopped early, resumed to the same weights.

Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.models._checkpoint import TrainingState, restore, save

Loss = Callable[[Tensor, Tensor], Tensor]


class Batches(Protocol):
    """The images of a part with their masks or targets, in batches of an epoch.

    ``waited`` and ``worked`` are seconds the network waited for batches, and worked on them.
    """

    waited: float
    worked: float

    def epoch(self, number: int, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of an epoch, in its own order."""
        ...


@dataclass(frozen=True, kw_only=True)
class Loop:
    """Hyper-parameters of the loop; ``patience`` counts epochs without a better tuning loss.

    ``warm_up_epochs`` are those in which the learning rate rises. With ``average`` above 0 what is
    tuned and kept is the exponential moving average of the weights, with that share of the last.
    """

    learning_rate: float
    weight_decay: float
    batch: int
    max_epochs: int
    patience: int
    warm_up_epochs: int = 0
    average: float = 0.0

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        if epoch < self.warm_up_epochs:
            return self.learning_rate * (epoch + 1) / (self.warm_up_epochs + 1)
        done = (epoch - self.warm_up_epochs) / max(1, self.max_epochs - self.warm_up_epochs)
        return self.learning_rate * (1 + math.cos(math.pi * done)) / 2


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a training: the network of the best epoch and the losses of both parts."""

    network: nn.Module
    development_loss: tuple[float, ...]
    tuning_loss: tuple[float, ...]
    best_epoch: int
    waited_share: float


def train(
    network: nn.Module,
    development: Batches,
    tuning_loss: Callable[[nn.Module], float],
    loss: Loss,
    loop: Loop,
    device: torch.device,
    progress: Callable[[float], None],
    checkpoint: Path | None = None,
) -> Trained:
    """Return the network of the epoch with the smallest tuning loss, on the processor.

    The learning rate falls along a cosine to zero over ``max_epochs``. With a ``checkpoint`` the
    state is written after every epoch, and training goes on from it where it exists.

    Raises
    ------
    CannotRun
        If a loss is not finite, or the checkpoint is damaged.
    """
    network.to(device)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=loop.learning_rate, weight_decay=loop.weight_decay
    )
    state = TrainingState(
        network=network,
        optimiser=optimiser,
        generator=torch.Generator(),
        average=_average(network, loop.average),
    )
    if checkpoint is not None and checkpoint.exists():
        restore(state, checkpoint)
    while not _is_over(state, loop):
        _epoch(state, development, loss, loop, device)
        state.note(tuning_loss(state.shown))
        _refuse_divergence(state)
        if checkpoint is not None:
            save(state, checkpoint)
        progress(state.epoch / loop.max_epochs)
    progress(1.0)
    network.load_state_dict(state.best)
    network.eval()
    spent = development.waited + development.worked
    return Trained(
        network=network.cpu(),
        development_loss=tuple(state.development_loss),
        tuning_loss=tuple(state.tuning_loss),
        best_epoch=state.best_epoch,
        waited_share=development.waited / spent if spent else 0.0,
    )


def _average(network: nn.Module, share: float) -> AveragedModel | None:
    if share == 0:
        return None
    averaging = get_ema_multi_avg_fn(share)  # type: ignore[no-untyped-call]  # torch leaves it so
    return AveragedModel(network, multi_avg_fn=averaging)


def _is_over(state: TrainingState, loop: Loop) -> bool:
    if state.epoch >= loop.max_epochs:
        return True
    return state.epoch > 0 and state.epoch - state.best_epoch >= loop.patience


def _epoch(
    state: TrainingState, development: Batches, loss: Loss, loop: Loop, device: torch.device
) -> None:
    state.network.train()
    for group in state.optimiser.param_groups:
        group["lr"] = loop.rate(state.epoch)
    total, count = 0.0, 0
    for image, mask in development.epoch(state.epoch, loop.batch):
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            output = state.network(image.to(device))
        value = loss(output, mask.to(device))
        state.optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
        state.optimiser.step()
        if state.average is not None:
            state.average.update_parameters(state.network)
        total += float(value.detach()) * image.shape[0]
        count += image.shape[0]
    state.development_loss.append(total / count)


def _refuse_divergence(state: TrainingState) -> None:
    losses = (state.development_loss[-1], state.tuning_loss[-1])
    if not all(math.isfinite(one) for one in losses):
        raise CannotRun(
            Problem(
                where="training",
                found=f"a loss that is not finite after epoch {state.epoch}",
                expected="finite losses",
                todo="lower learning_rate in the recipe, or look at the images",
            )
        )
