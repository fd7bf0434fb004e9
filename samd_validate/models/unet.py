"""A residual U-Net on patches: contracting and expanding path, sliding windows at inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import Problem, gather
from samd_validate.core.images import Image
from samd_validate.core.kinds import FitRequest, family
from samd_validate.core.model import Progress, no_progress
from samd_validate.core.seeds import step_seed
from samd_validate.models._threads import OF_IMAGES, threads
from samd_validate.models.augmentation._choice import Augmentations

if TYPE_CHECKING:
    from torch import nn

    from samd_validate.models.imaging.grid import Grid
    from samd_validate.models.imaging.inference import KeptMaps, Windows
    from samd_validate.models.imaging.training import Trained

DIVISOR = 2


class UnetParams(BaseModel):
    """Hyper-parameters of the U-Net and of its training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int | None = Field(default=256, ge=32, description="longest side; null: as they are")
    normalise: bool = Field(default=True, description="each image to its own percentiles")
    channels: Annotated[tuple[int, ...], Field(min_length=2)] = (16, 32, 64, 128)
    residual_units: int = Field(default=2, ge=0, le=4)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    deep_supervision: int = Field(default=0, ge=0, le=4, description="coarser levels with a loss")
    members: int = Field(default=1, ge=1, le=10, description="networks whose logits are averaged")
    augmentation: Augmentations = ()
    patch: int = Field(default=128, ge=16, description="side of a patch in pixels of the grid")
    patches_per_image: int = Field(default=2, ge=1)
    positive_share: float = Field(default=0.5, ge=0, le=1, description="patches on marked pixels")
    learning_rate: float = Field(default=2e-3, gt=0, lt=1)
    weight_decay: float = Field(default=1e-4, ge=0)
    batch: int = Field(default=8, ge=1, description="images of which patches are taken at once")
    warm_up_epochs: int = Field(default=0, ge=0)
    weight_average: float = Field(default=0.0, ge=0, lt=1, description="share kept at each step")
    max_epochs: int = Field(default=40, ge=1, le=2000)
    patience: int = Field(default=2000, ge=1)
    overlap: float = Field(default=0.5, ge=0, lt=1)
    flips: bool = Field(default=False, description="average with the mirror image at inference")
    keep_parts: int | None = Field(default=None, ge=1, description="largest connected parts")
    fill_holes: bool = False
    smallest_part: int = Field(default=1, ge=1, description="pixels; lesser parts are left out")
    gaps: bool = Field(default=False, description="train on labels that touch as kept apart")
    threshold: float = Field(default=0.5, gt=0, lt=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @model_validator(mode="after")
    def _whole_steps(self) -> UnetParams:
        steps: int = DIVISOR ** (len(self.channels) - 1)
        if self.patch % steps:
            raise ValueError(f"patch must be a multiple of {steps} with these channels")
        if self.deep_supervision > len(self.channels) - 2:
            raise ValueError("deep_supervision must be below the number of channels less one")
        return self


@family("unet", version=1, params=UnetParams, extra="torch", needs=("images",))
def unet(request: FitRequest, params: UnetParams) -> UnetModel:
    """Fit a residual U-Net on class-balanced patches, with Dice and cross-entropy as its loss.

    Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28; residual units as in Kerfoot et al.
    2019, doi:10.1007/978-3-030-12029-0_40. Training stops early on whole images of the tuning
    part. Images are read one at a time.

    Raises
    ------
    CannotRun
        If a part has no images or no reference masks, a loss is not finite, a checkpoint is
        damaged, or a GPU is asked for and there is none.
    """
    gather([*_unfit("development", request.development), *_unfit("tuning", request.tuning)])
    with threads(OF_IMAGES):
        members = [_trained(request, params, number) for number in range(params.members)]
    return UnetModel(
        name=request.name,
        params=params,
        network=_joined(members),
        card=_record(request, params, members),
        waited_share=max(one.waited_share for one in members),
    )


@dataclass(frozen=True, kw_only=True)
class UnetModel:
    """A trained U-Net; what it draws into an image is the probability of each pixel.

    ``waited_share`` is the share of training time spent waiting for patches; it is of this machine
    and enters no record.
    """

    name: str
    params: UnetParams
    network: nn.Module
    card: Mapping[str, object]
    waited_share: float = 0.0

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return the largest pixel probability of each image, shape ``(n,)``."""
        kept = self.segmented(cohort)
        return np.array([kept.probability(row).max() for row in range(cohort.size)])

    def segmented(self, cohort: Cohort, progress: Progress = no_progress) -> KeptMaps:
        """Return the probability maps of a cohort's images, made one after another."""
        from samd_validate.models.imaging.inference import KeptMaps

        if cohort.images is None:
            raise ValueError("a U-Net needs images")
        kept = KeptMaps(threshold=self.params.threshold)
        for row in range(cohort.size):
            kept.keep(row, self.probability(cohort.images.image(row)))
            progress(f"segmenting {cohort.name}", (row + 1) / cohort.size)
        return kept

    def probability(self, image: Image) -> FloatArray:
        """Return the probability of each pixel of one image."""
        import torch

        from samd_validate.models.imaging.components import Shape
        from samd_validate.models.imaging.inference import probability_of

        with threads(OF_IMAGES):
            grid, windows = _grid(self.params), _windows(self.params)
            found = probability_of(self.network, image, grid, windows, torch.device("cpu"))
        shape = Shape(
            keep=self.params.keep_parts,
            fills_holes=self.params.fill_holes,
            least=self.params.smallest_part,
        )
        return shape.applied(found, self.params.threshold)

    def embed(self, cohort: Cohort) -> FloatArray:
        """Return the bottleneck of the first network, averaged over places, ``(n, channels)``."""
        from samd_validate.models.imaging.embedding import pooled
        from samd_validate.models.imaging.inference import tiled

        source, grid, side = cohort.images, _grid(self.params), _windows(self.params).side
        if source is None:
            raise ValueError("a U-Net needs images")
        first = getattr(self.network, "members", [self.network])[0]
        with threads(OF_IMAGES):
            images = (tiled(grid.pixels(source.image(row)), side) for row in range(cohort.size))
            return pooled(first, images)

    def learned(self) -> Mapping[str, float]:
        """Return nothing: each image is prepared by its own pixels or by fixed numbers."""
        return {}

    def relearned(self, cohort: Cohort) -> Mapping[str, float]:
        """Return nothing, as ``learned``."""
        del cohort
        return {}

    def artefact(self) -> bytes:
        """Return the weights as safetensors."""
        from safetensors.torch import save

        weights = self.network.state_dict()
        return bytes(save({name: value.contiguous() for name, value in weights.items()}))


def _grid(params: UnetParams) -> Grid:
    from samd_validate.models.imaging.augmenting import prepare_of
    from samd_validate.models.imaging.grid import Grid

    return Grid(
        size=params.size,
        is_normalised=params.normalise,
        prepare=prepare_of(params.augmentation),
        keeps_gaps=params.gaps,
    )


def _windows(params: UnetParams) -> Windows:
    from samd_validate.models.imaging.inference import Windows

    side = params.patch if params.size is None else max(params.patch, _whole(params))
    return Windows(side=side, overlap=params.overlap, batch=4, flips=params.flips)


def _whole(params: UnetParams) -> int:
    """Return the side of a window that holds a whole resized image, in whole steps."""
    steps: int = DIVISOR ** (len(params.channels) - 1)
    return -(-(params.size or 0) // steps) * steps


def _unfit(part: str, cohort: Cohort) -> list[Problem]:
    faults = []
    if cohort.images is None:
        faults.append(("no images", "a cohort of images with reference masks"))
    elif any(cohort.images.reference(row) is None for row in range(cohort.size)):
        faults.append(("images without a reference mask", "a mask for each image"))
    return [
        Problem(where=f"{part} part", found=found, expected=expected, todo="use other data")
        for found, expected in faults
    ]


def _trained(request: FitRequest, params: UnetParams, member: int) -> Trained:
    from samd_validate.models._training import chosen_device
    from samd_validate.models.imaging.checkpoints import checkpoint_of
    from samd_validate.models.imaging.segmentation_fit import (
        dice_and_cross_entropy,
        loss_on,
        new_unet,
        patches_of,
    )
    from samd_validate.models.imaging.training import Loop, train

    device, grid = chosen_device(params.device), _grid(params)
    seed = step_seed(request.seed, f"member/{member}")
    return train(
        new_unet(_channels(request), params, seed),
        patches_of(request.development, params, grid, seed),
        loss_on(request.tuning, grid, _windows(params), device),
        dice_and_cross_entropy(),
        Loop(
            learning_rate=params.learning_rate,
            weight_decay=params.weight_decay,
            batch=params.batch,
            max_epochs=params.max_epochs,
            patience=params.patience,
            warm_up_epochs=params.warm_up_epochs,
            average=params.weight_average,
        ),
        device,
        lambda share: request.progress(
            f"training {request.name}", (member + share) / params.members
        ),
        checkpoint_of(request, params, seed),
    )


def _channels(request: FitRequest) -> int:
    assert request.development.images is not None  # noqa: S101  # refused before
    return request.development.images.channels


def _joined(members: Sequence[Trained]) -> nn.Module:
    from samd_validate.models.imaging.inference import MeanLogit

    return MeanLogit([one.network for one in members])


def _record(
    request: FitRequest, params: UnetParams, members: Sequence[Trained]
) -> dict[str, object]:
    return {
        "family": "unet",
        "hyper_parameters": params.model_dump(mode="json"),
        "n_development": request.development.size,
        "n_tuning": request.tuning.size,
        "n_weights": sum(p.numel() for one in members for p in one.network.parameters()),
        "best_epochs": [one.best_epoch for one in members],
        "development_loss": [list(one.development_loss) for one in members],
        "tuning_loss": [list(one.tuning_loss) for one in members],
    }
