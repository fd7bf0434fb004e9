"""The training loop: seeded, weighted for imbalance, stopped early on the tuning part.

The state after every epoch can be kept, and taken up again to the same weights. Imports torch;
only imported when a network is trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from samd_validate.core.errors import CannotRun, Problem
from samd_validate.models._checkpoint import TrainingState, restore, save
from samd_validate.models._noise import Noise


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

    def to(self, device: torch.device) -> TrainingSet:
        """Return the same part on a device."""
        return TrainingSet(
            series=self.series.to(device),
            static=self.static.to(device),
            label=self.label.to(device),
        )


@dataclass(frozen=True, kw_only=True)
class Hyper:
    """Hyper-parameters of the loop."""

    dropout: float
    learning_rate: float
    weight_decay: float
    batch: int
    max_epochs: int
    patience: int
    positive_weight: float


@dataclass(frozen=True, kw_only=True)
class TrainedMember:
    """A trained network, and the losses of both parts after each epoch."""

    network: nn.Module
    development_loss: tuple[float, ...]
    tuning_loss: tuple[float, ...]
    best_epoch: int


def chosen_device(name: str) -> torch.device:
    """Return the device of a name; ``auto`` is a GPU where torch sees one.

    Raises
    ------
    CannotRun
        If a GPU is asked for and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise CannotRun(
            Problem(
                where="parameter device",
                found="cuda, and torch sees no GPU",
                expected="a GPU with its driver, or device: auto",
                todo="install the driver and a build of torch for it, or leave device out",
            )
        )
    return torch.device("cuda" if has_gpu and name != "cpu" else "cpu")


def train_member(
    network: nn.Module,
    development: TrainingSet,
    tuning: TrainingSet,
    hyper: Hyper,
    seed: int,
    progress: Callable[[float], None],
    *,
    checkpoint: Path | None = None,
) -> TrainedMember:
    """Return the network of the epoch with the smallest tuning loss, on the processor.

    The parts lie on the device on which to train. With a ``checkpoint`` the state is written to
    that file after every epoch, and training goes on from it where it exists.

    Raises
    ------
    CannotRun
        If a loss is not finite, or the checkpoint is damaged.
    """
    network.to(development.label.device)
    state = _first_state(network, hyper, seed)
    if checkpoint is not None and checkpoint.exists():
        restore(state, checkpoint)
    while not _is_over(state, hyper):
        _epoch(state, development, hyper)
        state.note(_tuning_loss(network, tuning))
        _refuse_divergence(state)
        if checkpoint is not None:
            save(state, checkpoint)
        progress(state.epoch / hyper.max_epochs)
    network.load_state_dict(state.best)
    network.eval()
    return TrainedMember(
        network=network.cpu(),
        development_loss=tuple(state.development_loss),
        tuning_loss=tuple(state.tuning_loss),
        best_epoch=state.best_epoch,
    )


def _first_state(network: nn.Module, hyper: Hyper, seed: int) -> TrainingState:
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=hyper.learning_rate, weight_decay=hyper.weight_decay
    )
    generator = torch.Generator().manual_seed(seed)
    return TrainingState(network=network, optimiser=optimiser, generator=generator)


def _is_over(state: TrainingState, hyper: Hyper) -> bool:
    if state.epoch >= hyper.max_epochs:
        return True
    return state.epoch > 0 and state.epoch - state.best_epoch >= hyper.patience


def _refuse_divergence(state: TrainingState) -> None:
    losses = (state.development_loss[-1], state.tuning_loss[-1])
    if not all(math.isfinite(loss) for loss in losses):
        raise CannotRun(
            Problem(
                where="training",
                found=f"a loss that is not finite after epoch {state.epoch}",
                expected="finite losses",
                todo="lower learning_rate in the recipe, or look at the inputs",
            )
        )


def _epoch(state: TrainingState, development: TrainingSet, hyper: Hyper) -> None:
    network, optimiser, device = state.network, state.optimiser, development.label.device
    network.train()
    noise = Noise(hyper.dropout, state.generator)
    weight = torch.tensor(hyper.positive_weight, device=device)
    order = torch.randperm(development.size, generator=state.generator)
    total = 0.0
    for rows in torch.split(order.to(device), hyper.batch):
        with _precision(device):
            output = network(development.series[rows], development.static[rows], noise)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            output.float(), development.label[rows], pos_weight=weight
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        total += float(loss.detach()) * rows.numel()
    state.development_loss.append(total / development.size)


def _precision(device: torch.device) -> AbstractContextManager[object]:
    """Return mixed precision on a GPU (bfloat16 needs no scaling of the loss), full elsewhere."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


def _tuning_loss(network: nn.Module, tuning: TrainingSet) -> float:
    """Return the log loss on the tuning part after the best shift of the intercept.

    The weighting of events moves all scores up; the shift takes that out of the comparison.
    """
    output = torch.from_numpy(predict_log_odds(network, tuning.series, tuning.static))
    label = tuning.label.cpu()
    target = label.mean()
    shift = torch.zeros(())
    for _ in range(20):
        probability = torch.sigmoid(output + shift)
        step = (target - probability.mean()) / (probability * (1 - probability)).mean()
        shift = shift + step.clamp(-1, 1)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(output + shift, label)
    return float(loss)


def predict_log_odds(
    network: nn.Module, series: Tensor, static: Tensor, batch: int = 1024
) -> npt.NDArray[np.float32]:
    """Return raw log-odds ``(n,)``."""
    network.eval()
    with torch.no_grad():
        parts = [
            network(series[start : start + batch], static[start : start + batch])
            for start in range(0, series.shape[0], batch)
        ]
    return np.asarray(torch.cat(parts).cpu().numpy()) if parts else np.zeros(0, dtype=np.float32)
