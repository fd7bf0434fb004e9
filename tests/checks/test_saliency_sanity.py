"""Maps put to the test: of a trained network, and of devices that look where they do not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from bright_squares import squares

from samd_validate.checks.saliency_sanity import SaliencySanityParams, saliency_sanity
from samd_validate.checks.sanity.tiles import HeldImages, by_tile, tile_of
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.images import Image
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import GradientLocalising, Model, Randomisable
from samd_validate.models.imaging.classifier import ImageClassifier
from samd_validate.models.small_cnn import SmallCnnParams, small_cnn
from samd_validate.report.figures import draw

PLAN = IntervalPlan(n_resamples=200, seed=4)
PARAMS = SaliencySanityParams(images=20, steps=4, orders=3)
LIKE = "saliency_correlation"


def even(pixels: np.ndarray) -> FloatArray:
    return np.ones(pixels.shape)


@dataclass(frozen=True, kw_only=True)
class Device:
    """Scores an image by its brightest tile, and looks where ``look`` says; random weights too."""

    look: Callable[[np.ndarray], FloatArray]
    look_at_random: Callable[[np.ndarray], FloatArray] = even
    stages: tuple[str, ...] = ("out", "first")
    name: str = "device"
    card: Mapping[str, object] = field(default_factory=dict)

    def predict(self, cohort: Cohort) -> FloatArray:
        images = cohort.images
        assert images is not None
        found = [by_tile(images.image(row).pixels, 8).max() for row in range(cohort.size)]
        return np.clip(np.array(found), 0.01, 0.99)

    def saliency(self, image: Image) -> FloatArray:
        return self.look(image.pixels.astype(np.float64))

    def randomised(self, stages: int, seed: int) -> Device:
        return replace(self, look=self.look_at_random) if stages else self

    def artefact(self) -> bytes:
        return b""


def inputs_of(model: Model, threshold: float = 0.4) -> Inputs:
    cohort = squares(80, seed=3)
    population = Population(name="test", cohort=cohort, score=model.predict(cohort))
    return Inputs(populations=(population,), intervals=PLAN, model=model, threshold=threshold)


def by_key(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def number(found: Mapping[tuple[str, str], Measurement], measure: str, subset: str) -> Estimate:
    one = found[measure, subset]
    assert isinstance(one, Estimate)
    return one


# ---- bad input first


@pytest.mark.parametrize("wrong", [{"tiles": 1}, {"noise": 0}, {"depths": 0}, {"images": 1}])
def test_parameters_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        SaliencySanityParams.model_validate(wrong)


def test_device_without_maps_is_told() -> None:
    class Closed:
        name, card = "closed", {}

        def predict(self, cohort: Cohort) -> FloatArray:
            return np.full(cohort.size, 0.5)

        def artefact(self) -> bytes:
            return b""

    output = saliency_sanity.run("s", inputs_of(Closed()), PARAMS)
    assert output.notes == ("the device cannot show where in an image it looked",)


def test_without_an_alarm_there_is_no_number() -> None:
    output = saliency_sanity.run("s", inputs_of(Device(look=even), threshold=2.0), PARAMS)
    one = by_key(output)[LIKE, "all"]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_alarm"


# ---- devices whose answer is known


def test_map_that_is_the_same_with_random_weights_is_found() -> None:
    device = Device(look=lambda pixels: pixels, look_at_random=lambda pixels: pixels)
    found = by_key(saliency_sanity.run("s", inputs_of(device), PARAMS))
    same = number(found, LIKE, "weights=random")
    assert (same.value, same.low, same.high) == (1, 1, 1)


def test_map_on_what_the_device_reads_gains_and_one_elsewhere_loses() -> None:
    right = Device(look=lambda pixels: pixels)
    wrong = Device(look=lambda pixels: pixels.max() - pixels)
    gains = {
        name: by_key(saliency_sanity.run("s", inputs_of(device), PARAMS))
        for name, device in (("right", right), ("wrong", wrong))
    }
    assert number(gains["right"], "insertion_gain", "all").low > 0
    assert number(gains["right"], "deletion_gain", "all").low > 0
    assert number(gains["wrong"], "deletion_gain", "all").high < 0
    silent = number(gains["right"], LIKE, "weights=random")
    assert silent.value == 0  # an even map has no order
    assert "20 cases without an order" in silent.note
    for subset in ("method=integrated gradients", "labels=permuted", "training=repeated"):
        assert isinstance(gains["right"][LIKE, subset], NotEstimable)


def test_hidden_tiles_take_the_median_and_nothing_else_moves() -> None:
    pixels = np.random.default_rng(1).random((6, 9)).astype(np.float32)
    kept = np.ones((1, 4), dtype=np.bool_)
    kept[0, 3] = False
    shown = HeldImages(images=(Image(pixels=pixels),), kept=kept, side=2).image(0).pixels
    hidden = tile_of(pixels.shape, 2) == 3
    assert (shown[hidden] == np.median(pixels)).all()
    assert (shown[~hidden] == pixels[~hidden]).all()
    assert by_tile(np.ones((6, 9)), 2).tolist() == [1, 1, 1, 1]


# ---- a network that has learned


@pytest.fixture(scope="module")
def classifier() -> ImageClassifier:
    request = FitRequest(
        name="c", development=squares(160), tuning=squares(60, seed=2), variables=(), seed=1
    )
    params = SmallCnnParams(size=32, channels=(8, 16), max_epochs=12, normalise=False)
    model: ImageClassifier = small_cnn.run(request, params)
    return model


@pytest.mark.requirement("REQ-EXPLANATION")
def test_grad_cam_of_a_trained_network_passes(classifier: ImageClassifier) -> None:
    given = inputs_of(classifier, threshold=0.5)

    def refit(
        changed: Mapping[str, object],
        *,
        development: Cohort | None = None,
        tuning: Cohort | None = None,
        repeat: int = 0,
    ) -> Model:
        del changed, repeat, development, tuning
        return classifier

    asked = PARAMS.model_copy(update={"train_again": True})
    output = saliency_sanity.run("s", replace(given, refit=refit), asked)
    found = by_key(output)
    assert number(found, LIKE, "weights=random").high < 0.8
    assert number(found, LIKE, "noise=0.02").low > 0.7
    assert number(found, LIKE, "training=repeated").value == 1
    assert number(found, "insertion_gain", "all").low > 0
    assert number(found, "deletion_gain", "all").low > 0
    assert [figure.kind for figure in output.figures] == ["panels", "forest", "dose_response"]
    for figure in output.figures:
        assert "<svg" in draw(figure)
    again = saliency_sanity.run("s", replace(given, refit=refit), asked)
    assert again == output


def test_classifier_can_do_all_that_its_maps_are_tested_by(classifier: ImageClassifier) -> None:
    assert isinstance(classifier, Randomisable)
    assert isinstance(classifier, GradientLocalising)
    assert classifier.stages[0] == "out"
    before = classifier.artefact()
    assert classifier.randomised(1, 3).artefact() != before == classifier.artefact()


def test_integrated_gradients_lie_on_the_square(classifier: ImageClassifier) -> None:
    cohort = squares(40, seed=5)
    images = cohort.images
    assert images is not None
    inside = []
    for row in np.flatnonzero(cohort.label).tolist():
        found, mask = classifier.pixel_gradients(images.image(row)), images.reference(row)
        assert mask is not None
        assert found.shape == mask.shape
        inside.append(found[mask > 0].sum() / found.sum())
    assert np.mean(inside) > 4 * 64 / 1024  # the square's share of the image is 1 in 16
