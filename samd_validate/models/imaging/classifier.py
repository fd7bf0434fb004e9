"""What the classifiers of images share: hyper-parameters, fitting, the fitted model, its maps."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import TARGET, Cohort
from samd_validate.core.errors import Problem, gather
from samd_validate.core.images import Image
from samd_validate.core.kinds import FitRequest
from samd_validate.models._recalibrate import Platt, learn_platt
from samd_validate.models._threads import OF_IMAGES, threads
from samd_validate.models.augmentation._choice import Augmentations

if TYPE_CHECKING:
    from torch import Tensor, nn

    from samd_validate.models.imaging.training import Trained

BATCH = 16
LEAST_SLOPE = 0.05
"""A smaller slope would make all scores alike where the tuning part is ranked at chance."""
NewNetwork = Callable[[int, int], "nn.Module"]
"""Makes a network for so many channels and so many targets."""


class ClassifierParams(BaseModel):
    """Hyper-parameters that the classifiers of images share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(default=64, ge=16, le=2048, description="side of the square of pixels")
    normalise: bool = Field(default=True, description="each image to its own percentiles")
    augmentation: Augmentations = ()
    dropout: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)
    weight_decay: float = Field(default=1e-3, ge=0)
    batch: int = Field(default=32, ge=2)
    max_epochs: int = Field(default=30, ge=1, le=2000)
    patience: int = Field(default=10, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"


@dataclass(frozen=True, kw_only=True)
class ImageClassifier:
    """A trained classifier of images; the label's score is recalibrated, other targets' are not.

    ``layer`` is the name of the network's last layer with places, on which maps are made.
    """

    name: str
    params: ClassifierParams
    network: nn.Module
    platt: Platt
    layer: str
    targets: tuple[str, ...]
    card: Mapping[str, object]
    waited_share: float = 0.0

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return the recalibrated probability of label 1, shape ``(n,)``."""
        return self.platt.apply(self.log_odds(cohort)[:, 0])

    def log_odds(self, cohort: Cohort) -> FloatArray:
        """Return raw log-odds ``(n, 1 + targets)``: the label first, then each further target."""
        from samd_validate.models.imaging.classification_fit import log_odds_of, squares_of

        if cohort.size == 0:
            return np.zeros((0, 1 + len(self.targets)))
        with threads(OF_IMAGES):
            return log_odds_of(self.network, squares_of(cohort, self.params), cohort.size)

    def embed(self, cohort: Cohort) -> FloatArray:
        """Return the last layer with places, averaged over them, ``(n, channels)``."""
        from samd_validate.models.imaging.classification_fit import squares_of
        from samd_validate.models.imaging.embedding import pooled

        squares = squares_of(cohort, self.params)
        with threads(OF_IMAGES):
            images = (squares.batch([row]) for row in range(cohort.size))
            return pooled(self.network, images, self.layer)

    def saliency(self, image: Image) -> FloatArray:
        """Return the Grad-CAM of label 1 on the image's own grid, ``(rows, columns)``, 0 or more.

        Selvaraju et al. 2020, doi:10.1007/s11263-019-01228-7. All 0 where nothing in the last
        layer spoke for the label.
        """
        return self._map_of(image, lambda whole: self._grad_cam(whole, class_idx=0)[0])

    def pixel_gradients(self, image: Image) -> FloatArray:
        """Return integrated gradients of label 1 by pixel, what spoke for it; else 0.

        Sundararajan et al. 2017, arXiv:1703.01365, from an even image of the median; summed over
        channels.
        """
        from samd_validate.models.imaging.gradients import integrated

        return self._map_of(image, lambda whole: integrated(self.network, whole))

    def _map_of(self, image: Image, made: Callable[[Tensor], Tensor]) -> FloatArray:
        """Return on the image's own grid a map ``(1, side, side)`` made of the network's input."""
        from samd_validate.models.imaging.classification_fit import grid_of
        from samd_validate.models.imaging.grid import padded

        grid = grid_of(self.params)
        with threads(OF_IMAGES):
            pixels = grid.pixels(image)
            whole = padded(pixels, self.params.size)[None].requires_grad_()
            found = made(whole).detach()
        top, left = ((self.params.size - side) // 2 for side in pixels.shape[1:])
        rows, columns = pixels.shape[1:]
        inside = found[:, top : top + rows, left : left + columns]
        return np.maximum(grid.back(inside, image.pixels.shape), 0)

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the stages of the network from the output down."""
        from samd_validate.models._randomise import stages_of

        return stages_of(self.network)

    def randomised(self, stages: int, seed: int) -> Self:
        """Return the classifier with the weights of so many stages drawn at random."""
        from samd_validate.models._randomise import randomised

        return replace(self, network=randomised(self.network, stages, seed))

    @cached_property
    def _grad_cam(self) -> Any:
        """Return the maker of maps, on a copy of the network: it leaves hooks behind."""
        from monai.visualize import GradCAM

        return GradCAM(
            nn_module=copy.deepcopy(self.network),
            target_layers=self.layer,
            postprocessing=_as_it_is,
        )

    def learned(self) -> Mapping[str, float]:
        """Return nothing: each image is prepared by its own pixels or by fixed numbers."""
        return {}

    def relearned(self, cohort: Cohort) -> Mapping[str, float]:
        """Return nothing, as ``learned``."""
        del cohort
        return {}

    def artefact(self) -> bytes:
        """Return the weights and the recalibration as safetensors."""
        import torch
        from safetensors.torch import save

        weights = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        platt = torch.tensor([self.platt.slope, self.platt.intercept], dtype=torch.float64)
        return bytes(save({**weights, "platt": platt}))


def _as_it_is(found: Tensor) -> Tensor:
    return found


def fit_classifier(
    request: FitRequest, params: ClassifierParams, family: str, new: NewNetwork, layer: str
) -> ImageClassifier:
    """Fit a network on whole images: weighted cross-entropy, early stopping, Platt on tuning.

    Raises
    ------
    CannotRun
        If a part has no images or one outcome only, targets differ between the parts, a loss is
        not finite, a checkpoint is damaged, or a GPU is asked for and there is none.
    """
    gather(_faults(request))
    with threads(OF_IMAGES):
        trained = _trained(request, params, new)
    untuned = ImageClassifier(
        name=request.name,
        params=params,
        network=trained.network,
        platt=Platt(slope=1.0, intercept=0.0),
        layer=layer,
        targets=request.development.targets,
        card={},
    )
    raw = untuned.log_odds(request.tuning)[:, 0]
    learned = learn_platt(raw, request.tuning.label)
    platt = Platt(slope=max(learned.slope, LEAST_SLOPE), intercept=learned.intercept)
    return ImageClassifier(
        name=request.name,
        params=params,
        network=trained.network,
        platt=platt,
        layer=layer,
        targets=untuned.targets,
        card=_record(request, params, family, trained, platt),
        waited_share=trained.waited_share,
    )


def _faults(request: FitRequest) -> list[Problem]:
    problems = []
    for part, cohort in (("development", request.development), ("tuning", request.tuning)):
        if cohort.images is None:
            problems.append(_fault(part, "no images", "a cohort of images"))
        if not 0 < cohort.n_events < cohort.size:
            found = f"{cohort.size} images, {cohort.n_events} of them with the outcome"
            problems.append(_fault(part, found, "images with and without the outcome"))
    if request.development.targets != request.tuning.targets:
        problems.append(_fault("tuning", "other targets than in development", "the same"))
    return problems


def _fault(part: str, found: str, expected: str) -> Problem:
    return Problem(where=f"{part} part", found=found, expected=expected, todo="use other data")


def _trained(request: FitRequest, params: ClassifierParams, new: NewNetwork) -> Trained:
    from samd_validate.models._training import chosen_device
    from samd_validate.models.imaging import classification_fit as fit
    from samd_validate.models.imaging.checkpoints import checkpoint_of
    from samd_validate.models.imaging.training import Loop, train

    device = chosen_device(params.device)
    weight = fit.positive_weights(fit.targets_of(request.development)).to(device)
    return train(
        fit.seeded(request, new),
        fit.batches_of(request, params),
        fit.loss_on(request.tuning, params, weight, device),
        fit.weighted_cross_entropy(weight),
        Loop(
            learning_rate=params.learning_rate,
            weight_decay=params.weight_decay,
            batch=params.batch,
            max_epochs=params.max_epochs,
            patience=params.patience,
        ),
        device,
        lambda share: request.progress(f"training {request.name}", share),
        checkpoint_of(request, params, request.seed),
    )


def _record(
    request: FitRequest, params: ClassifierParams, family: str, trained: Trained, platt: Platt
) -> dict[str, object]:
    further = [name.removeprefix(TARGET) for name in request.development.targets]
    return {
        "family": family,
        "hyper_parameters": params.model_dump(mode="json"),
        "n_development": request.development.size,
        "n_tuning": request.tuning.size,
        "n_weights": sum(p.numel() for p in trained.network.parameters()),
        "further_targets": further,
        "best_epochs": [trained.best_epoch],
        "development_loss": [list(trained.development_loss)],
        "tuning_loss": [list(trained.tuning_loss)],
        "recalibration": {"slope": platt.slope, "intercept": platt.intercept},
    }
