"""The parts of fitting a classifier of images: first weights, batches, losses, scores.

Imports torch; only imported when a network is trained or run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import FitRequest
from samd_validate.core.seeds import step_seed
from samd_validate.models.imaging.augmenting import prepare_of, repaint_of
from samd_validate.models.imaging.classifier import BATCH, ClassifierParams, NewNetwork
from samd_validate.models.imaging.grid import Grid
from samd_validate.models.imaging.training import Loss
from samd_validate.models.imaging.whole import Squares, WholeImages

if TYPE_CHECKING:
    from samd_validate.core.images import ImageSource

HEAVIEST = 20.0
"""No event weighs more than so many others: a target of a handful of images stays one of many."""


def seeded(request: FitRequest, new: NewNetwork) -> nn.Module:
    """Return a network whose first weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(step_seed(request.seed, "weights"))
        return new(_images(request.development).channels, 1 + len(request.development.targets))


def targets_of(cohort: Cohort) -> FloatArray:
    """Return the label and the further targets ``(n, 1 + targets)``, NaN = not known."""
    columns = [cohort.label, *(cohort.numbers[name] for name in cohort.targets)]
    return np.stack([column.astype(np.float64) for column in columns], axis=1)


def positive_weights(targets: FloatArray) -> Tensor:
    """Return how much an event weighs in each target: as many as there are others to one event."""
    events = np.nansum(targets, axis=0)
    others = np.isfinite(targets).sum(axis=0) - events
    weight = np.clip(others / np.maximum(events, 1), 1 / HEAVIEST, HEAVIEST)
    return torch.tensor(weight, dtype=torch.float32)


def weighted_cross_entropy(weight: Tensor) -> Loss:
    """Return cross-entropy with weighted events; a target that is not known counts for nothing."""

    def of(output: Tensor, target: Tensor) -> Tensor:
        known = torch.isfinite(target)
        each = functional.binary_cross_entropy_with_logits(
            output.float(), torch.nan_to_num(target), pos_weight=weight, reduction="none"
        )
        return (each * known).sum() / known.sum().clamp(min=1)

    return of


def grid_of(params: ClassifierParams) -> Grid:
    """Return how images come to the network."""
    return Grid(
        size=params.size,
        is_normalised=params.normalise,
        prepare=prepare_of(params.augmentation),
    )


def squares_of(cohort: Cohort, params: ClassifierParams) -> Squares:
    """Return the images of a cohort on the network's grid."""
    return Squares(source=_images(cohort), grid=grid_of(params), side=params.size)


def batches_of(request: FitRequest, params: ClassifierParams) -> WholeImages:
    """Return the batches of the development part."""
    return WholeImages(
        images=squares_of(request.development, params),
        targets=targets_of(request.development),
        repaint=repaint_of(params.augmentation),
        seed=step_seed(request.seed, "images"),
    )


def loss_on(
    cohort: Cohort, params: ClassifierParams, weight: Tensor, device: torch.device
) -> Callable[[nn.Module], float]:
    """Return a function of a network: the weighted cross-entropy over a cohort."""
    squares = squares_of(cohort, params)
    targets = torch.tensor(targets_of(cohort), dtype=torch.float32)
    loss = weighted_cross_entropy(weight.cpu())

    def of(network: nn.Module) -> float:
        output = log_odds_of(network, squares, cohort.size, device)
        return float(loss(torch.tensor(output), targets))

    return of


def log_odds_of(
    network: nn.Module, squares: Squares, n: int, device: torch.device | None = None
) -> FloatArray:
    """Return the network's outputs ``(n, targets)``; images are read one at a time, in batches."""
    network.eval()
    parts = []
    with torch.no_grad():
        for start in range(0, n, BATCH):
            batch = squares.batch(list(range(start, min(start + BATCH, n))))
            parts.append(network(batch.to(device)).float().cpu().numpy())
    return np.concatenate(parts).astype(np.float64)


def _images(cohort: Cohort) -> ImageSource:
    if cohort.images is None:
        raise ValueError("a classifier of images needs images")
    return cohort.images
