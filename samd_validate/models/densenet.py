"""DenseNet-121 on whole images, from seeded weights: the network of most chest-film classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models.imaging.classifier import (
    ClassifierParams,
    ImageClassifier,
    fit_classifier,
)

if TYPE_CHECKING:
    from torch import nn


class DensenetParams(ClassifierParams):
    """Hyper-parameters of DenseNet-121."""

    size: int = Field(default=224, ge=32, le=2048, description="side of the square of pixels")
    learning_rate: float = Field(default=3e-4, gt=0, lt=1)
    batch: int = Field(default=16, ge=2)


@family("densenet", version=1, params=DensenetParams, extra="monai", needs=("images",))
def densenet(request: FitRequest, params: DensenetParams) -> ImageClassifier:
    """Fit DenseNet-121 from seeded weights: none are loaded from elsewhere.

    Events are weighted by the odds; training stops early on the tuning part, on which the
    log-odds are then recalibrated (Platt). Of several findings each has an output. Ref. Huang et
    al. 2017, doi:10.1109/CVPR.2017.243.

    Raises
    ------
    CannotRun
        As every classifier of images.
    """

    def network(channels: int, targets: int) -> nn.Module:
        from monai.networks.nets import DenseNet121

        made: nn.Module = DenseNet121(
            spatial_dims=2, in_channels=channels, out_channels=targets, dropout_prob=params.dropout
        )
        return made

    return fit_classifier(request, params, "densenet", network, "class_layers.relu")
