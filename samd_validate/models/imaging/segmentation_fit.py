"""The parts of fitting a segmentation network: first weights, patches, losses, checkpoint.

Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from samd_validate import __version__
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import FitRequest
from samd_validate.core.seeds import step_seed
from samd_validate.models.imaging.grid import Grid
from samd_validate.models.imaging.inference import Windows, probability_of
from samd_validate.models.imaging.patches import Patches
from samd_validate.models.imaging.training import Loss

if TYPE_CHECKING:
    from samd_validate.models.unet import UnetParams

FLOOR = 1e-6


def new_unet(request: FitRequest, params: UnetParams) -> nn.Module:
    """Return a network whose first weights depend on the seed alone."""
    from monai.networks.nets import UNet

    assert request.development.images is not None  # noqa: S101  # refused before
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(step_seed(request.seed, "weights"))
        network: nn.Module = UNet(
            spatial_dims=2,
            in_channels=request.development.images.channels,
            out_channels=1,
            channels=params.channels,
            strides=(2,) * (len(params.channels) - 1),
            num_res_units=params.residual_units,
            dropout=params.dropout,
        )
    return network


def patches_of(request: FitRequest, params: UnetParams, grid: Grid) -> Patches:
    """Return the patches of the development part."""
    cohort = request.development
    assert cohort.images is not None  # noqa: S101  # refused before
    return Patches(
        source=cohort.images,
        rows=tuple(range(cohort.size)),
        grid=grid,
        patch=params.patch,
        per_image=params.patches_per_image,
        positive_share=params.positive_share,
        augment=None,
        seed=step_seed(request.seed, "patches"),
    )


def dice_and_cross_entropy() -> Loss:
    """Return the mean of soft Dice loss and cross-entropy over the pixels of a batch."""
    from monai.losses import DiceCELoss

    loss = DiceCELoss(sigmoid=True, batch=True)

    def of(output: Tensor, mask: Tensor) -> Tensor:
        found: Tensor = loss(output.float(), mask)
        return found

    return of


def loss_on(
    cohort: Cohort, grid: Grid, windows: Windows, device: torch.device
) -> Callable[[nn.Module], float]:
    """Return a function of a network: 1 - mean soft Dice over the whole images of a cohort."""

    def of(network: nn.Module) -> float:
        network.eval()
        assert cohort.images is not None  # noqa: S101  # refused before
        total = 0.0
        for row in range(cohort.size):
            reference = cohort.images.reference(row)
            assert reference is not None  # noqa: S101  # refused before
            found = probability_of(network, cohort.images.image(row), grid, windows, device)
            marks = reference > 0
            total += 1 - (2 * float(found[marks].sum()) + FLOOR) / (
                float(found.sum()) + float(marks.sum()) + FLOOR
            )
        return total / cohort.size

    return of


def checkpoint_of(request: FitRequest, params: UnetParams) -> Path | None:
    """Return where the state of training is kept; the name holds all that it depends on."""
    if request.checkpoint_place is None:
        return None
    parts = (request.development, request.tuning)
    identity = digest(
        {
            "versions": (__version__, str(torch.__version__)),
            "params": params.model_dump(mode="json"),
            "seed": str(request.seed),
            "cohorts": [part.provenance.fingerprint for part in parts],
            "units": [part.unit_id.tolist() for part in parts],
        }
    )
    name = f"{request.name}-{identity.removeprefix('sha256:')[:16]}.safetensors"
    return Path(request.checkpoint_place) / name
