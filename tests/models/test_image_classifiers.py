"""Classifiers of images: bad parts, a finding that is learned, resuming, maps that point at it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bright_squares import SIDE, SQUARE, HeldImages, squares

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.images import Image
from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import Localising
from samd_validate.models._recalibrate import Platt
from samd_validate.models.densenet import DensenetParams, densenet
from samd_validate.models.imaging.classifier import ImageClassifier
from samd_validate.models.small_cnn import SmallCnnParams, small_cnn

PARAMS = SmallCnnParams(
    size=SIDE,
    normalise=False,
    channels=(8, 16),
    max_epochs=4,
    batch=8,
    learning_rate=0.01,
    augmentation=({"use": "exposure", "params": {"range": 0.05}},),  # type: ignore[arg-type]  # bound by the model
)


def fit(
    development: Cohort, tuning: Cohort, params: SmallCnnParams = PARAMS, **more: Any
) -> ImageClassifier:
    request = FitRequest(
        name="m", development=development, tuning=tuning, variables=(), seed=1, **more
    )
    return small_cnn.run(request, params)


def test_parts_without_images_or_with_one_outcome_are_refused_together() -> None:
    whole = squares()
    no_images = replace(whole, images=None)
    one_outcome = whole.take(whole.label == 1)
    with pytest.raises(CannotRun) as refused:
        fit(no_images, one_outcome)
    found = [problem.found for problem in refused.value.problems]
    assert found == ["no images", "30 images, 30 of them with the outcome"]


def test_unknown_augmentation_is_refused() -> None:
    with pytest.raises(ValueError, match="flip"):
        SmallCnnParams.model_validate({"augmentation": ["flipp"]})


def test_augmentation_changes_training_and_not_what_is_scored() -> None:
    whole = squares(40)
    brief = {"max_epochs": 1, "augmentation": ()}
    plain = fit(whole, whole, PARAMS.model_copy(update=brief))
    changed = fit(whole, whole, PARAMS.model_copy(update={"max_epochs": 1}))
    assert plain.artefact() != changed.artefact()
    same = replace(plain, params=PARAMS)
    np.testing.assert_array_equal(same.predict(whole), plain.predict(whole))


def test_share_of_waiting_is_no_part_of_the_record(fitted: ImageClassifier) -> None:
    assert 0 <= fitted.waited_share <= 1
    assert "waited" not in str(fitted.card)


def test_parts_with_other_targets_are_refused() -> None:
    more = squares(target_mass=np.zeros(60))
    with pytest.raises(CannotRun, match="other targets"):
        fit(more, squares())


def test_channels_must_be_named() -> None:
    with pytest.raises(ValueError, match="channels"):
        SmallCnnParams(channels=())


def test_target_that_is_known_of_nobody_counts_for_nothing() -> None:
    whole = squares(target_mass=np.full(60, np.nan))
    model = fit(whole, whole, PARAMS.model_copy(update={"max_epochs": 1}))
    assert np.isfinite(model.log_odds(whole)).all()


@pytest.fixture(scope="module")
def fitted() -> ImageClassifier:
    return fit(squares(90, seed=1), squares(40, seed=2))


def test_square_is_learned_and_scores_are_probabilities(fitted: ImageClassifier) -> None:
    fresh = squares(60, seed=3)
    score = fitted.predict(fresh)
    assert score[fresh.label == 1].min() > score[fresh.label == 0].max()
    assert ((score >= 0) & (score <= 1)).all()
    assert fitted.predict(fresh.take(np.zeros(60, dtype=np.bool_))).shape == (0,)


def test_two_fits_are_alike_to_the_byte_and_resume_to_the_same(
    fitted: ImageClassifier, tmp_path: Path
) -> None:
    again = fit(squares(90, seed=1), squares(40, seed=2))
    assert again.artefact() == fitted.artefact()
    place = {"checkpoint_place": str(tmp_path)}
    interrupted: list[float] = []

    def stop(what: str, share: float) -> None:
        interrupted.append(share)
        if len(interrupted) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(squares(90, seed=1), squares(40, seed=2), progress=stop, **place)
    resumed = fit(squares(90, seed=1), squares(40, seed=2), **place)
    assert len(list(tmp_path.iterdir())) == 1
    assert resumed.artefact() == fitted.artefact()


def test_checkpoint_of_other_labels_is_not_taken_up(tmp_path: Path) -> None:
    one = squares(40)
    other = replace(one, label=np.roll(np.asarray(one.label), 1))
    brief = PARAMS.model_copy(update={"max_epochs": 1})
    fit(one, one, brief, checkpoint_place=str(tmp_path))
    fit(other, other, brief, checkpoint_place=str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 2


def test_further_targets_have_outputs_of_their_own() -> None:
    bright = (np.arange(60) % 2 == 0).astype(float)  # the other way round than the label
    bright[:6] = np.nan
    whole = squares(target_clear=bright)
    model = fit(whole, whole)
    odds = model.log_odds(whole)
    assert odds.shape == (60, 2)
    assert model.card["further_targets"] == ["clear"]
    assert np.corrcoef(odds[:, 0], odds[:, 1])[0, 1] < -0.8


def test_tuning_ranked_worse_than_chance_keeps_the_scores_apart() -> None:
    whole = squares()
    turned = replace(squares(seed=2), label=1 - np.asarray(whole.label))
    slope = fit(whole, turned, PARAMS).platt.slope
    assert slope == pytest.approx(0.05)


def test_map_of_a_filter_that_sees_brightness_points_at_the_square() -> None:
    """The network is one filter that averages, less a half: its map is where it is bright."""
    import torch

    from samd_validate.models.imaging.small_network import SmallNetwork

    network = SmallNetwork(1, (1,), 1)
    network.features = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.ReLU())
    with torch.no_grad():
        network.features[0].weight.fill_(1.0)
        network.features[0].bias.fill_(-0.5)
        network.out.weight.fill_(1.0)
    model = ImageClassifier(
        name="known",
        params=SmallCnnParams(size=SIDE, normalise=False),
        network=network,
        platt=Platt(slope=1, intercept=0),
        layer="features",
        targets=(),
        card={},
    )
    pixels = np.zeros((SIDE, SIDE), dtype=np.float32)
    pixels[4:12, 20:28] = 1
    found = model.saliency(Image(pixels=pixels))
    expected = np.where(pixels > 0, 0.5, 0.0) / SIDE**2  # activation times its mean gradient
    assert isinstance(model, Localising)
    assert found == pytest.approx(expected, rel=1e-5)
    wide = np.pad(pixels, ((0, 0), (0, SIDE)))
    found = model.saliency(Image(pixels=wide))  # brought to half its size, between two edges
    assert found.shape == wide.shape
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert 4 <= row < 12
    assert 20 <= column < 28


def test_map_of_a_fitted_network_lies_on_the_square(fitted: ImageClassifier) -> None:
    fresh = squares(20, seed=5)
    images = fresh.images
    assert isinstance(images, HeldImages)
    shares = []
    for row in np.flatnonzero(fresh.label).tolist():
        found = fitted.saliency(images.image(row))
        shares.append(found[np.asarray(images.reference(row)) > 0].sum() / found.sum())
    assert np.mean(shares) > 4 * SQUARE**2 / SIDE**2


def test_densenet_trains_predicts_and_has_a_map() -> None:
    whole = squares(4)
    request = FitRequest(name="d", development=whole, tuning=whole, variables=(), seed=1)
    model = densenet.run(request, DensenetParams(size=32, max_epochs=1, batch=4))
    assert model.card["n_weights"] > 6_000_000
    assert model.predict(whole).shape == (4,)
    assert model.saliency(whole.images.image(1)).shape == (SIDE, SIDE)  # type: ignore[union-attr]
