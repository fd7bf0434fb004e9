"""What networks make of images: the right layer, the mean over places, no hook left behind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bright_squares import squares
from drawn_images import cohort_of
from torch import nn

from samd_validate.core.model import Embedding
from samd_validate.models._recalibrate import Platt
from samd_validate.models.imaging.classifier import ImageClassifier
from samd_validate.models.imaging.embedding import pooled
from samd_validate.models.imaging.inference import MeanLogit, tiled
from samd_validate.models.imaging.segmentation_fit import new_unet
from samd_validate.models.imaging.small_network import SmallNetwork
from samd_validate.models.small_cnn import SmallCnnParams
from samd_validate.models.unet import UnetModel, UnetParams


def unet_of(**params: object) -> UnetModel:
    made = UnetParams.model_validate({"channels": (4, 8, 16), "patch": 16, **params})
    network = MeanLogit([new_unet(1, made, 1)]).eval()
    return UnetModel(name="m", params=made, network=network, card={})


def test_named_layer_is_averaged_over_its_places() -> None:
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 2, 3, padding=1))
    image = torch.rand(1, 1, 8, 8)
    found = pooled(network, [image], "0")
    with torch.no_grad():
        expected = network[0](image).mean(dim=(0, 2, 3)).numpy()
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)
    assert not network[0]._forward_hooks


def test_coarsest_output_is_taken_where_no_layer_is_named() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 2, stride=2), nn.Upsample(scale_factor=2))
    assert pooled(network, [torch.rand(1, 1, 8, 8)]).shape == (1, 2)


def test_windows_cover_an_image_and_repeat_its_edge() -> None:
    image = torch.arange(12.0).reshape(1, 3, 4)
    parts = tiled(image, 2)
    assert parts.shape == (4, 1, 2, 2)
    assert parts[0, 0].tolist() == [[0, 1], [4, 5]]
    assert parts[3, 0].tolist() == [[10, 11], [10, 11]]


@pytest.mark.parametrize(
    "params", [{"size": 32}, {"size": None}, {"size": 32, "deep_supervision": 1}]
)
def test_unet_shows_its_bottleneck_of_each_image(params: dict[str, object]) -> None:
    model, cohort = unet_of(**params), cohort_of("a", 3, bright=(0.9, 0.5))
    assert isinstance(model, Embedding)
    found = model.embed(cohort)
    assert found.shape[0] == 3
    assert found.shape[1] >= 16
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, model.embed(cohort))
    assert np.abs(found[0] - found[1]).max() > 1e-4


def test_classifier_shows_its_last_layer_with_places() -> None:
    network = SmallNetwork(1, (4, 8), 1, 0.0)
    model = ImageClassifier(
        name="m",
        params=SmallCnnParams(size=32, channels=(4, 8)),
        network=network,
        platt=Platt(slope=1.0, intercept=0.0),
        layer="features",
        targets=(),
        card={},
    )
    assert isinstance(model, Embedding)
    assert model.embed(squares(4)).shape == (4, 8)
