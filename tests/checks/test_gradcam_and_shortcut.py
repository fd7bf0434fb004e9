"""Where a device looks and what it reads: devices whose answer is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from bright_squares import SIDE, squares

from samd_validate.checks.gradcam import GradcamParams, gradcam
from samd_validate.checks.marked.altered import without_box
from samd_validate.checks.shortcut import MarkerParams, ShortcutParams, shortcut
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.images import Image
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.stats.segmentation.case_values import estimate_values
from samd_validate.stats.segmentation.localisation import localise

PLAN = IntervalPlan(n_resamples=200, seed=4)
CORNER = (0.0, 0.0, 0.125, 0.125)
Pixels = np.ndarray


def inside(pixels: Pixels) -> float:
    return float(pixels[5:, 5:].max())


def corner(pixels: Pixels) -> float:
    return round(float(pixels[:4, :4].mean() - np.median(pixels)) + 0.3, 1)


@dataclass(frozen=True, kw_only=True)
class Device:
    """Scores an image by one number of its pixels, and looks where ``look`` says."""

    reads: Callable[[Pixels], float]
    look: Callable[[Pixels], FloatArray] = lambda pixels: np.maximum(pixels - 0.45, 0)
    name: str = "device"
    card: Mapping[str, object] = field(default_factory=dict)

    def predict(self, cohort: Cohort) -> FloatArray:
        assert cohort.images is not None
        return np.array(
            [min(1, self.reads(cohort.images.image(row).pixels)) for row in range(cohort.size)]
        )

    def saliency(self, image: Image) -> FloatArray:
        return np.asarray(self.look(image.pixels.astype(np.float64)))

    def artefact(self) -> bytes:
        return b""


def inputs_of(device: Device, cohort: Cohort, threshold: float = 0.45) -> Inputs:
    population = Population(name="test", cohort=cohort, score=device.predict(cohort))
    return Inputs(populations=(population,), intervals=PLAN, model=device, threshold=threshold)


def by_key(output: CheckOutput) -> dict[tuple[str, str], Estimate | NotEstimable]:
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def value(found: Estimate | NotEstimable) -> float:
    assert isinstance(found, Estimate)
    return found.value


# ---- bad input first


@pytest.mark.parametrize(
    ("saliency", "region", "words"),
    [
        (np.zeros((2, 3)), np.ones((2, 2), bool), "one shape"),
        (np.full((2, 2), np.nan), np.ones((2, 2), bool), "finite"),
        (np.full((2, 2), -1.0), np.ones((2, 2), bool), "0 or more"),
        (np.ones((2, 2)), np.zeros((2, 2), bool), "empty"),
    ],
)
def test_map_or_region_that_is_none_is_refused(
    saliency: FloatArray, region: np.ndarray, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        localise(saliency, region)


@pytest.mark.parametrize(
    ("values", "patient", "words"),
    [
        ([0.1], ["a", "b"], "length"),
        ([np.nan, 0], ["a", "b"], "finite"),
        ([2, 0], ["a", "b"], "lie"),
    ],
)
def test_values_that_are_no_shares_are_refused(
    values: list[float], patient: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        estimate_values(np.array(values), np.array(patient), PLAN)


@pytest.mark.parametrize(
    "region", [(0, 0, 0, 1), (0, 0.5, 1, 0.5), (0, 0, 1.1, 1), (-0.1, 0, 1, 1)]
)
def test_region_beyond_the_image_is_refused(region: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="region"):
        ShortcutParams.model_validate({"regions": {"odd": region}})


def test_one_patient_and_no_spread_have_no_interval() -> None:
    alone = estimate_values(np.array([0.2, 0.3]), np.array(["a", "a"]), PLAN)
    alike = estimate_values(np.array([0.2, 0.2]), np.array(["a", "b"]), PLAN)
    assert isinstance(alone, NotEstimable)
    assert alone.code == "too_few"
    assert isinstance(alike, NotEstimable)
    assert alike.code == "no_spread"


def test_device_without_maps_is_told() -> None:
    class Closed:
        name, card = "closed", {}

        def predict(self, cohort: Cohort) -> FloatArray:
            return np.zeros(cohort.size)

        def artefact(self) -> bytes:
            return b""

    given = replace(inputs_of(Device(reads=inside), squares()), model=Closed())
    output = gradcam.run("g", given, GradcamParams())
    assert output.notes == ("the device cannot show where in an image it looked",)


# ---- Grad-CAM against references


def test_device_that_looks_at_the_square_has_all_its_energy_there() -> None:
    found = by_key(gradcam.run("g", inputs_of(Device(reads=inside), squares()), GradcamParams()))
    true = "decision=true_positive"
    for measure in ("pointing_game", "energy_inside"):
        assert value(found[measure, true]) == 1
    beyond = found["energy_beyond_area", true]  # all but the square's share, 64 of 1,024 pixels
    assert "0.9375 in each of 20 patients" in getattr(beyond, "reason", "")
    assert value(found["iou_030", true]) > 0.5
    few = found["pointing_game", true]
    assert isinstance(few, Estimate)
    assert few.n == 30
    assert few.n_clusters == 20


def test_device_that_looks_at_the_corner_misses_the_square() -> None:
    def look(pixels: Pixels) -> FloatArray:
        there = np.zeros(pixels.shape)
        there[:4, :4] = 1
        return there

    output = gradcam.run(
        "g", inputs_of(Device(reads=inside, look=look), squares()), GradcamParams()
    )
    found = by_key(output)
    assert value(found["pointing_game", "decision=true_positive"]) == 0
    assert value(found["energy_inside", "decision=true_positive"]) == 0
    assert output.figures[0].kind == "panels"


def test_silent_map_counts_as_nothing_and_is_told() -> None:
    device = Device(reads=inside, look=lambda pixels: np.zeros(pixels.shape))
    output = gradcam.run("g", inputs_of(device, squares()), GradcamParams())
    one = by_key(output)["pointing_game", "decision=true_positive"]
    assert isinstance(one, Estimate)
    assert (one.value, one.low) == (0, 0)
    assert "30 silent maps" in one.note


def test_false_positives_have_no_finding_but_an_organ_where_there_is_a_mask() -> None:
    """Label 2 is the organ: the lower half; the map of a device that looks everywhere is even."""
    cohort = squares()
    masks = np.array(cohort.images.masks)  # type: ignore[union-attr]
    masks[:, SIDE // 2 :][masks[:, SIDE // 2 :] == 0] = 2
    with_organ = replace(cohort, images=replace(cohort.images, masks=masks))  # type: ignore[type-var]
    device = Device(reads=lambda pixels: 1.0, look=lambda pixels: np.ones(pixels.shape))
    params = GradcamParams(finding=(1,), region=(2,))
    found = by_key(gradcam.run("g", inputs_of(device, with_organ), params))
    false = found["energy_in_region", "decision=false_positive"]
    assert isinstance(false, NotEstimable)  # a half in every patient
    assert false.code == "no_spread"
    assert "0.5 in each" in false.reason
    assert ("pointing_game", "decision=false_positive") not in found
    without = by_key(gradcam.run("g", inputs_of(device, cohort), GradcamParams()))
    reason = without["energy_in_region", "decision=false_positive"]
    assert isinstance(reason, NotEstimable)
    assert reason.code == "no_reference"


def test_uniform_map_has_the_energy_of_the_area() -> None:
    region = np.zeros((4, 4), dtype=np.bool_)
    region[:2] = True
    found = localise(np.ones((4, 4)), region)
    assert (found.energy, found.area, found.pointing, found.iou) == (0.5, 0.5, 0.5, (0.5, 0.5))


# ---- shortcuts

ASKED = ShortcutParams(
    regions={"corner": CORNER, "other corner": (0.0, 0.875, 0.125, 1.0)},
    marker=MarkerParams(region=CORNER),
)


def test_device_that_reads_the_planted_marker_is_found() -> None:
    planted = squares(marker=0.3)
    found = by_key(shortcut.run("s", inputs_of(Device(reads=corner), planted), ASKED))
    assert value(found["auroc", "all"]) == 1
    loss = found["auroc_difference", "hidden=corner"]
    assert isinstance(loss, Estimate)
    assert loss.low > 0.2
    assert value(found["auroc_difference", "hidden=other corner"]) == 0
    beyond = found["auroc_beyond_mirror", "hidden=corner"]
    assert isinstance(beyond, Estimate)
    assert beyond.low > 0.2
    other = found["auroc_beyond_mirror", "hidden=other corner"]
    assert isinstance(other, Estimate)
    assert other.high < -0.2
    assert value(found["auroc", "marked=those without the finding"]) < 0.1
    assert value(found["score_change", "marked=all"]) > 0.3


def test_device_that_reads_the_finding_is_not_suspected() -> None:
    planted = squares(marker=0.3)
    found = by_key(shortcut.run("s", inputs_of(Device(reads=inside), planted), ASKED))
    for subset in ("hidden=corner", "hidden=other corner", "marked=those without the finding"):
        assert value(found["auroc_difference", subset]) == 0


def both_corners(pixels: Pixels) -> float:
    """Read whatever stands in the upper corners: filling either costs, and says nothing."""
    return float((pixels[:3, :3].mean() + pixels[:3, -3:].mean()) / 2)


def test_what_hiding_costs_on_either_side_is_no_shortcut() -> None:
    found = by_key(shortcut.run("s", inputs_of(Device(reads=both_corners), squares()), ASKED))
    one = found["auroc_beyond_mirror", "hidden=corner"]
    assert isinstance(one, Estimate)
    assert one.low <= 0 <= one.high


@pytest.mark.parametrize("region", [(0.999, 0.999, 1.0, 1.0), (0.5, 0.5, 0.501, 0.501)])
def test_region_thinner_than_a_pixel_hides_one(region: tuple[float, ...]) -> None:
    thin = without_box(region)  # type: ignore[arg-type]  # of four numbers
    pixels = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    assert (thin(pixels.copy(), None) != pixels).sum() == 1


def test_region_across_the_middle_has_no_mirror_image() -> None:
    across = ShortcutParams(regions={"middle": (0.2, 0.3, 0.8, 0.7)})
    found = by_key(shortcut.run("s", inputs_of(Device(reads=inside), squares()), across))
    assert ("auroc_difference", "hidden=middle") in found
    assert ("auroc_beyond_mirror", "hidden=middle") not in found


def test_hidden_structure_leaves_nothing_to_a_device_that_reads_it() -> None:
    """Each image has a mask; only those with label 1 are bright there, which the device reads."""
    cohort = squares()
    masks = np.array(cohort.images.masks)  # type: ignore[union-attr]
    masks[::2, 10:18, 10:18] = 1
    everywhere = replace(cohort, images=replace(cohort.images, masks=masks))  # type: ignore[type-var]
    output = shortcut.run("s", inputs_of(Device(reads=inside), everywhere), ASKED)
    found = by_key(output)
    assert value(found["auroc", "all"]) == 1
    low = found["auroc", "hidden=structure"]
    assert isinstance(low, Estimate)
    assert low.low < 0.5 < low.high
    assert {figure.kind for figure in output.figures} == {"forest", "panels"}


def test_structure_that_only_images_with_the_finding_have_gives_no_auroc() -> None:
    found = by_key(shortcut.run("s", inputs_of(Device(reads=inside), squares()), ASKED))
    one = found["auroc", "hidden=structure"]
    assert isinstance(one, NotEstimable)
    assert value(found["score_change", "hidden=structure"]) < -0.3
