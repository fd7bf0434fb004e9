"""The state of a training after an epoch, kept in one safetensors file.

Weights, best weights, optimiser, generator and losses: all that the next epoch depends on.
Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from samd_validate.core.errors import CannotRun, Problem

LOSSES = ("development_loss", "tuning_loss")


@dataclass(kw_only=True)
class TrainingState:
    """A training between two epochs; ``best`` are the weights of the smallest tuning loss.

    With an ``average``, those weights are its own and not those of the network.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    development_loss: list[float] = field(default_factory=list)
    tuning_loss: list[float] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    average: AveragedModel | None = None

    @property
    def shown(self) -> nn.Module:
        """Return the network that is tuned and kept: the average where there is one."""
        return self.network if self.average is None else self.average.module

    @property
    def epoch(self) -> int:
        """Return the number of epochs done."""
        return len(self.tuning_loss)

    @property
    def best_epoch(self) -> int:
        """Return the epoch with the smallest tuning loss, counted from one."""
        return int(np.argmin(self.tuning_loss)) + 1

    def note(self, tuning_loss: float) -> None:
        """Take the tuning loss of an epoch, and its weights if there were none better."""
        self.tuning_loss.append(tuning_loss)
        if tuning_loss == min(self.tuning_loss) or not self.best:
            weights = self.shown.state_dict()
            self.best = {name: value.clone() for name, value in weights.items()}


def save(state: TrainingState, path: Path) -> None:
    """Write a state; the file is either the one before or whole."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    flat = _flat(state)
    save_file(flat, str(part), metadata={"sha256": _digest(flat)})
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def restore(state: TrainingState, path: Path) -> None:
    """Bring a fresh state to where the file's was.

    Raises
    ------
    CannotRun
        If the file is damaged or holds the state of another network.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            flat = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
            told = (file.metadata() or {}).get("sha256")
        if told != _digest(flat):
            raise ValueError("other bytes than were written")
        _take(state, flat)
    except (SafetensorError, KeyError, RuntimeError, ValueError, OSError) as error:
        raise CannotRun(
            Problem(
                where=path.name,
                found=f"a checkpoint that cannot be taken up ({type(error).__name__})",
                expected="a whole checkpoint of this very training",
                todo="delete the file; training then starts anew",
            )
        ) from None


def _digest(flat: dict[str, Tensor]) -> str:
    """Return the digest of all tensors: a flipped bit is not seen by their sizes alone."""
    mixed = hashlib.sha256()
    for name in sorted(flat):
        mixed.update(f"{name}/{flat[name].dtype}/{tuple(flat[name].shape)};".encode())
        mixed.update(flat[name].cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return mixed.hexdigest()


def _flat(state: TrainingState) -> dict[str, Tensor]:
    weights = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    best = {f"best.{name}": value for name, value in state.best.items()}
    moments = {
        f"optimiser.{number}.{name}": value
        for number, slots in state.optimiser.state_dict()["state"].items()
        for name, value in slots.items()
    }
    losses = {name: torch.tensor(getattr(state, name), dtype=torch.float64) for name in LOSSES}
    average = {} if state.average is None else state.average.state_dict()
    averaged = {f"average.{name}": value for name, value in average.items()}
    generator = {"generator": state.generator.get_state()}
    flat = {**weights, **averaged, **best, **moments, **losses, **generator}
    return {name: value.contiguous() for name, value in flat.items()}


def _take(state: TrainingState, flat: dict[str, Tensor]) -> None:
    losses = {name: flat[name].tolist() for name in LOSSES}
    if len({len(values) for values in losses.values()}) != 1:
        raise ValueError("as many losses of one part as of the other are needed")
    device = next(state.network.parameters()).device
    state.network.load_state_dict(_under("network.", flat))
    if state.average is not None:
        state.average.load_state_dict(_under("average.", flat))
    state.best = {name: value.to(device) for name, value in _under("best.", flat).items()}
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimiser.", flat).items():
        number, _, slot = name.partition(".")
        slots.setdefault(int(number), {})[slot] = value
    groups = state.optimiser.state_dict()["param_groups"]
    state.optimiser.load_state_dict({"state": slots, "param_groups": groups})
    state.generator.set_state(flat["generator"])
    for name, values in losses.items():
        setattr(state, name, values)


def _under(start: str, flat: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(start): v for name, v in flat.items() if name.startswith(start)}
