"""The U-Net: what it refuses, that it repeats and resumes, windows, averages, shapes."""

from __future__ import annotations

import gc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_images import Drawn, cohort_of, without_images
from pydantic import ValidationError

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.images import Image, marked
from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import no_progress
from samd_validate.models.imaging.components import Shape, largest
from samd_validate.models.imaging.grid import Grid
from samd_validate.models.imaging.inference import (
    KeptMaps,
    MeanLogit,
    Windows,
    logits_of,
    probability_of,
)
from samd_validate.models.imaging.segmentation_fit import dice_and_cross_entropy, new_unet
from samd_validate.models.imaging.training import Loop
from samd_validate.models.unet import UnetModel, UnetParams, unet

SMALL = {
    "size": 32,
    "channels": (4, 8),
    "residual_units": 1,
    "patch": 32,
    "patches_per_image": 1,
    "batch": 4,
    "max_epochs": 3,
    "learning_rate": 0.02,
}
RICH = {
    **SMALL,
    "augmentation": ["flip", {"use": "affine"}, {"use": "gaussian_noise"}],
    "weight_average": 0.9,
    "warm_up_epochs": 1,
    "members": 2,
}
CPU = torch.device("cpu")


def request_of(place: Path | None = None, development: Cohort | None = None) -> FitRequest:
    return FitRequest(
        name="m",
        development=development or cohort_of("dev", 10),
        tuning=cohort_of("tune", 3),
        variables=(),
        seed=5,
        checkpoint_place=None if place is None else str(place),
    )


def fitted(request: FitRequest, **params: object) -> UnetModel:
    model = unet.run(request, UnetParams.model_validate(params))
    assert isinstance(model, UnetModel)
    return model


def test_part_without_images_or_masks_is_refused() -> None:
    with pytest.raises(CannotRun, match="no images"):
        fitted(request_of(development=without_images(cohort_of("dev", 4))), **SMALL)
    with pytest.raises(CannotRun, match="without a reference mask"):
        fitted(request_of(development=cohort_of("dev", 4, masks=False)), **SMALL)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"patch": 33}, "multiple of 2"),
        ({"deep_supervision": 1}, "deep_supervision"),
        ({"augmentation": ["blurr"]}, "did you mean 'blur'"),
        ({"weight_average": 1.0}, "less than 1"),
    ],
)
def test_wrong_hyper_parameters_are_refused(changed: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        UnetParams.model_validate({**SMALL, **changed})


def test_two_trainings_give_the_same_bytes_and_another_seed_others() -> None:
    one, again = (fitted(request_of(), **{**RICH, "members": 1}) for _ in range(2))
    assert one.artefact() == again.artefact()
    assert one.card == again.card
    other = fitted(request_of(), **{**RICH, "members": 1, "augmentation": ["flip"]})
    assert other.artefact() != one.artefact()


def test_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(what: str, share: float) -> None:
        if share > 0.6:  # in the second member
            raise Stopped

    whole = fitted(request_of(), **RICH)
    request = request_of(tmp_path)
    with pytest.raises(Stopped):
        unet.run(FitRequest(**{**vars(request), "progress": stop}), UnetParams.model_validate(RICH))
    resumed = fitted(request, **RICH)
    assert resumed.artefact() == whole.artefact()
    assert resumed.card == whole.card


def test_it_learns_squares() -> None:
    model = fitted(request_of(), **{**SMALL, "max_epochs": 25})
    away = cohort_of("away", 3)
    assert away.images is not None
    for row in range(3):
        found = model.probability(away.images.image(row)) >= 0.5
        truth = np.asarray(away.images.reference(row)) > 0
        assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.9


def test_record_holds_no_clock() -> None:
    model = fitted(request_of(), **{**SMALL, "max_epochs": 1})
    assert 0 <= model.waited_share <= 1
    assert "waited" not in str(model.card)


def test_deep_supervision_trains_on_several_levels_and_infers_on_one() -> None:
    params = UnetParams.model_validate({**SMALL, "channels": (4, 8, 8), "deep_supervision": 1})
    network = new_unet(1, params, 3)
    image = torch.rand(2, 1, 32, 32)
    levels = network(image)
    assert levels.shape == (2, 2, 1, 32, 32)
    loss, mask = dice_and_cross_entropy(), (image > 0.5).float()
    by_hand = (loss(levels[:, 0], mask) + 0.5 * loss(levels[:, 1], mask)) / 1.5
    torch.testing.assert_close(loss(levels, mask), by_hand)
    network.eval()
    assert network(image).shape == (2, 1, 32, 32)


def test_learning_rate_rises_and_then_falls_to_the_end() -> None:
    loop = Loop(
        learning_rate=1, weight_decay=0, batch=1, max_epochs=10, patience=9, warm_up_epochs=3
    )
    rates = [loop.rate(epoch) for epoch in range(10)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1]
    assert all(later < sooner for sooner, later in pairwise(rates[3:]))
    assert 0 < rates[-1] < 0.06


def test_members_are_joined_by_the_mean_of_their_logits() -> None:
    params = UnetParams.model_validate(SMALL)
    one, two = (new_unet(1, params, seed).eval() for seed in (1, 2))
    image = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        mean = (one(image) + two(image)) / 2
        torch.testing.assert_close(MeanLogit([one, two])(image), mean)


def test_one_window_over_the_image_is_the_network_on_the_whole_image() -> None:
    network = new_unet(1, UnetParams.model_validate(SMALL), 1).eval()
    image = torch.rand(1, 32, 32)
    windows = Windows(side=32, overlap=0.5, batch=2, flips=False)
    with torch.no_grad():
        whole = network(image[None])[0]
    torch.testing.assert_close(logits_of(network, image, windows, CPU), whole)


@pytest.mark.parametrize("shape", [(32, 32), (40, 57), (20, 9), (100, 33)])
def test_windows_of_what_looks_at_one_pixel_are_the_whole_image(shape: tuple[int, int]) -> None:
    network = torch.nn.Conv2d(1, 1, 1)
    image = torch.rand(1, *shape)
    windows = Windows(side=32, overlap=0.5, batch=2, flips=False)
    with torch.no_grad():
        whole = network(image[None])[0]
    torch.testing.assert_close(logits_of(network, image, windows, CPU), whole)


def test_map_of_an_image_and_of_its_mirror_image_mirror_each_other_with_flips() -> None:
    network = new_unet(1, UnetParams.model_validate(SMALL), 1).eval()
    pixels = np.random.default_rng(1).random((32, 32)).astype(np.float32)
    grid = Grid(size=32, is_normalised=True)
    windows = Windows(side=32, overlap=0.5, batch=2, flips=True)
    one, other = (
        probability_of(network, Image(pixels=each), grid, windows, CPU)
        for each in (pixels, pixels[:, ::-1].copy())
    )
    np.testing.assert_allclose(one, other[:, ::-1], atol=1e-6)


def test_exposure_and_contrast_of_a_scanner_do_not_matter_on_a_normalised_grid() -> None:
    pixels = np.random.default_rng(2).random((40, 32)).astype(np.float32)
    grid = Grid(size=20, is_normalised=True)
    one, other = (grid.pixels(Image(pixels=each)) for each in (pixels, 0.3 + 0.4 * pixels))
    torch.testing.assert_close(one, other, atol=1e-4, rtol=0)
    assert 0 <= float(one.min()) <= float(one.max()) <= 1


def test_preparation_sees_the_image_on_the_grid_in_training_and_at_inference() -> None:
    grid = Grid(size=16, is_normalised=False, prepare=lambda pixels: 1 - pixels)
    image = Image(pixels=np.full((32, 32), 0.25, np.float32))
    torch.testing.assert_close(grid.pixels(image), torch.full((1, 16, 16), 0.75))


def test_slides_in_colour_are_stain_normalised_on_the_way_in() -> None:
    pixels = np.random.default_rng(4).uniform(0.2, 0.9, (32, 32, 3)).astype(np.float32)
    mask = np.zeros((32, 32), np.uint16)
    mask[:16] = 1
    cohort = cohort_of("dev", 2)
    images = Drawn(pixels=(pixels, pixels), references=(mask, mask))
    coloured = Cohort(**{**vars(cohort), "images": images})
    request = FitRequest(
        name="m", development=coloured, tuning=coloured, variables=(), seed=1, progress=no_progress
    )
    params = {**SMALL, "max_epochs": 1, "normalise": False}
    plain = fitted(request, **params)
    stained = fitted(request, **{**params, "augmentation": ["stain_normalise"]})
    image = Image(pixels=pixels)
    assert (plain.probability(image) != stained.probability(image)).any()


def test_largest_parts_are_kept_and_holes_filled() -> None:
    probability = np.full((12, 20), 0.1)
    probability[1:8, 1:8] = 0.9
    probability[3:5, 3:5] = 0.2  # a hole
    probability[1:7, 10:15] = 0.8
    probability[10, 18] = 0.7  # a speck
    found = Shape(keep=2, fills_holes=True).applied(probability, 0.5)
    assert found[10, 18] == 0
    assert (found[3:5, 3:5] == 0.5).all()
    assert (found[1:7, 10:15] == 0.8).all()
    assert found[0, 0] == 0.1
    as_it_is = Shape(keep=None, fills_holes=False).applied(probability, 0.5)
    np.testing.assert_array_equal(as_it_is, probability)


def test_specks_are_left_out_and_what_is_large_enough_stays() -> None:
    probability = np.zeros((12, 12))
    probability[1:4, 1:4], probability[8, 8:10] = 0.9, 0.8
    found = Shape(keep=None, fills_holes=False, least=9).applied(probability, 0.5)
    assert found[1:4, 1:4].min() == 0.9
    assert found[8].max() == 0
    np.testing.assert_array_equal(
        Shape(keep=None, fills_holes=False, least=2).applied(probability, 0.5), probability
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
def test_labels_that_touch_are_trained_as_kept_apart(dtype: type) -> None:
    labels = np.zeros((6, 10), dtype=dtype)
    labels[1:5, 1:4], labels[1:5, 4:7], labels[1:5, 8] = 1, 255, 3
    mask = Grid(size=None, is_normalised=False, keeps_gaps=True).mask(labels)[0].numpy()
    assert mask[1].tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 1, 0]
    whole = Grid(size=None, is_normalised=False).mask(labels)[0].numpy()
    np.testing.assert_array_equal(whole, labels > 0)


def test_more_parts_than_there_are_keep_all_and_an_empty_mask_stays_empty() -> None:
    marked = np.eye(6, dtype=bool)
    np.testing.assert_array_equal(largest(marked, 3), marked)
    assert not largest(np.zeros((4, 4), bool), 2).any()


@pytest.mark.parametrize("threshold", [0.3, 0.35, 0.4, 0.5, 0.7])
def test_pixels_next_to_the_threshold_keep_their_side_on_disk(threshold: float) -> None:
    kept = KeptMaps(threshold=threshold)
    kept.keep(0, np.array([[np.nextafter(threshold, 0), threshold, np.nextafter(threshold, 1)]]))
    assert marked(kept, 0).tolist() == [[False, True, True]]
    np.testing.assert_allclose(kept.probability(0), threshold, atol=1 / 65535)


def test_maps_are_kept_to_a_step_of_16_bits_and_their_folder_goes_with_them() -> None:
    kept = KeptMaps(threshold=0.5)
    probability = np.random.default_rng(1).random((9, 11))
    kept.keep(3, probability)
    np.testing.assert_allclose(kept.probability(3), probability, atol=1 / 65535)
    folder = kept.folder
    assert folder.is_dir()
    del kept
    gc.collect()
    assert not folder.exists()
