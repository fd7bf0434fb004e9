"""The state of a training, taken up again: safetensors."""

from __future__ import annotations

from contextlib import suppress

from samd_validate.core.errors import CannotRun
from samd_validate.models._checkpoint import TrainingState, restore, save

from . import file_of


def state() -> TrainingState:
    import torch

    network = torch.nn.Linear(2, 1)
    return TrainingState(
        network=network,
        optimiser=torch.optim.Adam(network.parameters()),
        generator=torch.Generator().manual_seed(1),
    )


def read(content: bytes) -> None:
    with suppress(CannotRun), file_of(content, "x.safetensors") as path:
        restore(state(), path)


def seeds() -> tuple[bytes, ...]:
    with file_of(b"", "x.safetensors") as path:
        trained = state()
        trained.note(0.5)
        trained.development_loss.append(0.6)
        save(trained, path)
        return (path.read_bytes(),)
