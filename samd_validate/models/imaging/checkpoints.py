"""Where the state of a training on images is kept."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import BaseModel

from samd_validate import __version__
from samd_validate.core.canonical import digest
from samd_validate.core.kinds import FitRequest


def checkpoint_of(request: FitRequest, params: BaseModel, seed: int) -> Path | None:
    """Return the file of a training's state; its name holds all that the training depends on."""
    if request.checkpoint_place is None:
        return None
    parts = (request.development, request.tuning)
    identity = digest(
        {
            "versions": (__version__, str(torch.__version__)),
            "params": params.model_dump(mode="json"),
            "seed": str(seed),
            "cohorts": [part.provenance.fingerprint for part in parts],
            "units": [part.unit_id.tolist() for part in parts],
            "labels": [part.label.tolist() for part in parts],
            "targets": [
                [str(part.numbers[name].tolist()) for name in part.targets] for part in parts
            ],
        }
    )
    name = f"{request.name}-{identity.removeprefix('sha256:')[:16]}.safetensors"
    return Path(request.checkpoint_place) / name
