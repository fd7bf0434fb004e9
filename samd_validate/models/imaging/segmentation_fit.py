"""The parts of fitting a segmentation network: first weights, patches, losses, checkpoint.

Imports torch; only imported when a network is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from samd_validate.core.cohort import Cohort
from samd_validate.core.images import ImageSource
from samd_validate.core.seeds import step_seed
from samd_validate.models.imaging.augmenting import augment_of
from samd_validate.models.imaging.grid import Grid
from samd_validate.models.imaging.inference import Windows, logits_of
from samd_validate.models.imaging.patches import Kept, Patches
from samd_validate.models.imaging.training import Loss

if TYPE_CHECKING:
    from samd_validate.models.unet import UnetParams

FLOOR = 1e-6


def new_unet(channels: int, params: UnetParams, seed: int) -> nn.Module:
    """Return a network for images of so many channels; its weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(step_seed(seed, "weights"))
        return _plain(channels, params) if not params.deep_supervision else _deep(channels, params)


def _plain(channels: int, params: UnetParams) -> nn.Module:
    from monai.networks.nets import UNet

    network: nn.Module = UNet(
        spatial_dims=2,
        in_channels=channels,
        out_channels=1,
        channels=params.channels,
        strides=(2,) * (len(params.channels) - 1),
        num_res_units=params.residual_units,
        dropout=params.dropout,
    )
    return network


def _deep(channels: int, params: UnetParams) -> nn.Module:
    """Return a U-Net that in training has an output at coarser levels too, stacked beside it."""
    from monai.networks.nets import DynUNet

    steps = (2,) * (len(params.channels) - 1)
    network: nn.Module = DynUNet(
        spatial_dims=2,
        in_channels=channels,
        out_channels=1,
        kernel_size=(3,) * len(params.channels),
        strides=(1, *steps),
        upsample_kernel_size=steps,
        filters=params.channels,
        dropout=params.dropout or None,
        deep_supervision=True,
        deep_supr_num=params.deep_supervision,
        res_block=params.residual_units > 0,
    )
    return network


def patches_of(cohort: Cohort, params: UnetParams, grid: Grid, seed: int) -> Patches:
    """Return the patches of the development part."""
    return Patches(
        images=Kept(source=_images(cohort), grid=grid, least=params.patch),
        n_images=cohort.size,
        patch=params.patch,
        per_image=params.patches_per_image,
        positive_share=params.positive_share,
        augment=augment_of(params.augmentation),
        seed=step_seed(seed, "patches"),
    )


def dice_and_cross_entropy() -> Loss:
    """Return the sum of soft Dice loss and cross-entropy over the pixels of a batch.

    Of a network with outputs at several levels, ``(n, levels, 1, rows, columns)``, the mean is
    taken with weights that halve from level to level.
    """
    from monai.losses import DiceCELoss

    loss = DiceCELoss(sigmoid=True, batch=True)

    def of(output: Tensor, mask: Tensor) -> Tensor:
        levels = output.unbind(1) if output.ndim > mask.ndim else (output,)
        weights = [0.5**level for level in range(len(levels))]
        parts = [w * loss(one.float(), mask) for w, one in zip(weights, levels, strict=True)]
        return torch.stack(parts).sum() / sum(weights)

    return of


def loss_on(
    cohort: Cohort, grid: Grid, windows: Windows, device: torch.device
) -> Callable[[nn.Module], float]:
    """Return a function of a network: 1 - mean soft Dice over the whole images of a cohort.

    Both are compared on the grid; images on it are kept as those of training are.
    """
    read = Kept(source=_images(cohort), grid=grid)

    def of(network: nn.Module) -> float:
        network.eval()
        losses = []
        for row in range(cohort.size):
            image, mask = read.pair(row)
            found = torch.sigmoid(logits_of(network, image, windows, device))
            shared = 2 * float((found * mask).sum()) + FLOOR
            losses.append(1 - shared / (float(found.sum()) + float(mask.sum()) + FLOOR))
        return sum(losses) / len(losses)

    return of


def _images(cohort: Cohort) -> ImageSource:
    assert cohort.images is not None  # noqa: S101  # refused before
    return cohort.images
