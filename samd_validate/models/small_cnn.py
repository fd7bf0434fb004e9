"""A small convolutional network for whole images: the classifier that a processor can train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from samd_validate.core.kinds import FitRequest, family
from samd_validate.models.imaging.classifier import (
    ClassifierParams,
    ImageClassifier,
    fit_classifier,
)

if TYPE_CHECKING:
    from torch import nn


class SmallCnnParams(ClassifierParams):
    """Hyper-parameters of the small network."""

    channels: Annotated[tuple[int, ...], Field(min_length=1, max_length=6)] = (16, 32, 64, 128)


@family("small_cnn", version=1, params=SmallCnnParams, extra="monai", needs=("images",))
def small_cnn(request: FitRequest, params: SmallCnnParams) -> ImageClassifier:
    """Fit blocks of convolution and batch normalisation with global average pooling.

    Each block halves the image but the last. Events are weighted by the odds; training stops
    early on the tuning part, on which the log-odds are then recalibrated (Platt). Of several
    findings each has an output. Ref. Ioffe & Szegedy 2015, arXiv:1502.03167; Lin et al. 2014,
    arXiv:1312.4400.

    Raises
    ------
    CannotRun
        As every classifier of images.
    """

    def network(channels: int, targets: int) -> nn.Module:
        from samd_validate.models.imaging.small_network import SmallNetwork

        return SmallNetwork(channels, params.channels, targets, params.dropout)

    return fit_classifier(request, params, "small_cnn", network, "features")
