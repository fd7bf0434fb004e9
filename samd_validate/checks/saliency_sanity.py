"""Whether maps of where a device looked follow what it learned: tests that they can fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks.marked.panels import heated, plain, png
from samd_validate.checks.sanity import curves
from samd_validate.checks.sanity.changed import fitted_again, fitted_to_permuted, not_asked
from samd_validate.checks.sanity.likeness import Likeness, correlation_of, forest, table_of
from samd_validate.checks.sanity.tiles import HeldImages, blurred, by_tile, held, log_odds_seen
from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding
from samd_validate.core.images import Image
from samd_validate.core.inputs import Inputs, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import GradientLocalising, Localising, Model, Randomisable
from samd_validate.core.seeds import step_generator

LIKE = "saliency_correlation"
GAINS = tuple(f"{kind}_gain" for kind in curves.KINDS)
MEASURES = (LIKE, *GAINS)
LOW, HIGH = "low", "high"
SHOWN = 3
BLUR = 0.08
"""Of the shorter side of an image: what a hidden tile is out of focus by."""


class SaliencySanityParams(Params):
    """How many images are looked at, how much is disturbed, and which trainings are made."""

    images: int = Field(default=24, ge=2, le=1000, description="with an alarm")
    tiles: int = Field(default=8, ge=2, le=32, description="down and across, that maps are cut to")
    noise: float = Field(default=0.02, gt=0, le=1, description="spread, of the range of grey")
    depths: int = Field(default=3, ge=1, le=20, description="stages of the cascade that are shown")
    steps: int = Field(default=6, ge=2, le=50, description="of the insertion and deletion curves")
    orders: int = Field(default=3, ge=1, le=100, description="random ones to compare with")
    permute_labels: bool = Field(default=False, description="fit to permuted labels: a training")
    train_again: bool = Field(default=False, description="fit from other weights: a training")
    max_epochs: int | None = Field(default=None, ge=1, description="epochs of each fit")

    @property
    def shortened(self) -> dict[str, object]:
        """Return the hyper-parameters that make every fit cheaper."""
        return {} if self.max_epochs is None else {"max_epochs": self.max_epochs}


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """The images that are looked at, and the device's map of each by tile ``(n, tiles)``."""

    cohort: Cohort
    images: tuple[Image, ...]
    side: int
    maps: FloatArray

    def by(self, model: object, images: tuple[Image, ...] | None = None) -> FloatArray:
        """Return the maps of the same images (or changed ones) by a model."""
        if not isinstance(model, Localising):
            raise TypeError("the model cannot show where it looked")
        return _maps(model, images or self.images, self.side)


@check(
    "saliency_sanity",
    version=1,
    params=SaliencySanityParams,
    measures=MEASURES,
    needs=("images", "gradients", "operating_point"),
    requirements=("REQ-EXPLANATION",),
)
def saliency_sanity(step: str, inputs: Inputs, params: SaliencySanityParams) -> CheckOutput:
    """Put maps of where the device looked to tests that they can fail.

    Purpose: a map that would look the same for a device that has learned nothing explains nothing.
    Method: Grad-CAM of images with an alarm, averaged over tiles, is compared by rank correlation
    over the tiles of each image with that of the device whose weights are drawn anew, from the
    output down to deeper and deeper stages (Adebayo et al. 2018, arXiv:1810.03292), of a device
    fitted to permuted labels, and of one trained again; with that after a little noise; and with
    integrated gradients. Tiles are deleted and inserted in the order of the map and in random
    orders (Petsiuk et al. 2018, arXiv:1806.07421). Intervals take the patient as the unit.
    How to read it: low correlation with random weights and permuted labels, high correlation under
    noise and another training, and gains above 0 speak for the map. Whether it lies on the finding
    is measured by gradcam.
    Limits: a deleted tile is out of focus, and what is as large as the blur stays. Grad-CAM
    is coarse and integrated gradients are not: their correlation is moderate at best. Maps of
    images alike in shape stay correlated by that shape. Each training is made once.
    """
    model = inputs.model
    if not isinstance(model, Localising):
        return CheckOutput(notes=("the device cannot show where in an image it looked",))
    population = inputs.populations[-1]
    looked = _looked(inputs, population, model, params)
    if isinstance(looked, NotEstimable):
        findings = findings_of(step, population.name, dict.fromkeys(MEASURES, looked))
        return CheckOutput(findings=tuple(findings))
    patient, plan = looked.cohort.patient_id, inputs.intervals
    compared = list(_compared(inputs, params, looked))
    found: list[Finding] = []
    for one in compared:
        found += findings_of(step, population.name, one.found, subset=one.subset)
    followed = _followed(inputs, params, looked)
    found += findings_of(step, population.name, curves.gains(followed, patient, plan))
    figures = [
        *_pictures(step, inputs.model, looked, plan.seed),
        forest(step, compared, "Maps beside others of the same images"),
        curves.figure_of(step, followed, patient, plan, "tiles"),
    ]
    return CheckOutput(
        findings=tuple(found),
        figures=tuple(figures),
        tables=(
            table_of(step, compared, {LIKE: "rank correlation"}),
            curves.table_of(step, followed, "tiles"),
        ),
        notes=(f"means over {len(looked.images)} images with an alarm of {population.name}",),
    )


def _looked(
    inputs: Inputs, population: Population, model: Localising, params: SaliencySanityParams
) -> _Looked | NotEstimable:
    alarms = np.flatnonzero(population.score >= float(inputs.threshold or 0))
    generator = step_generator(inputs.intervals.seed, f"saliency/{population.name}")
    rows = np.sort(generator.permutation(alarms)[: params.images])
    source = population.cohort.images
    if source is None or not rows.size:
        reason = "no image with an alarm, so no map that is shown to anyone"
        return NotEstimable(code="no_alarm", reason=reason, n=population.cohort.size)
    images = held(source, rows)
    maps = _maps(model, images, params.tiles)
    return _Looked(cohort=population.cohort.take(rows), images=images, side=params.tiles, maps=maps)


def _maps(model: Localising, images: tuple[Image, ...], side: int) -> FloatArray:
    return np.stack([by_tile(model.saliency(image), side) for image in images])


def _compared(inputs: Inputs, params: SaliencySanityParams, looked: _Looked) -> Iterator[Likeness]:
    """Yield every comparison, those that have no number too."""
    patient, plan, model = looked.cohort.patient_id, inputs.intervals, inputs.model

    def one(subset: str, wish: str, other: FloatArray | NotEstimable) -> Likeness:
        if not isinstance(other, NotEstimable):
            found = correlation_of(looked.maps, other, patient, plan)
            return Likeness(subset=subset, wish=wish, found={LIKE: found})
        return Likeness(subset=subset, wish=wish, found={LIKE: other})

    for subset, maps in _cascade(model, params, looked, plan.seed):
        yield one(subset, LOW, maps)
    n = len(looked.images)
    permuted: Model | NotEstimable = not_asked("permute_labels", n)
    if params.permute_labels:
        permuted = fitted_to_permuted(inputs, params.shortened)
    yield one("labels=permuted", LOW, _by_fit(permuted, looked))
    again: Model | NotEstimable = not_asked("train_again", n)
    if params.train_again:
        again = fitted_again(inputs, params.shortened)
    yield one("training=repeated", HIGH, _by_fit(again, looked))
    yield one(f"noise={params.noise:g}", HIGH, looked.by(model, _noisy(looked, params, plan.seed)))
    yield one("method=integrated gradients", HIGH, _by_gradients(model, looked))


def _by_fit(model: Model | NotEstimable, looked: _Looked) -> FloatArray | NotEstimable:
    return model if isinstance(model, NotEstimable) else looked.by(model)


def _cascade(
    model: object, params: SaliencySanityParams, looked: _Looked, seed: int
) -> Iterator[tuple[str, FloatArray | NotEstimable]]:
    """Yield maps of the device with more and more stages at random; at last all of them."""
    if not isinstance(model, Randomisable):
        reason = "the device has no weights that can be drawn anew"
        n = len(looked.images)
        yield "weights=random", NotEstimable(code="no_such_part", reason=reason, n=n)
        return
    stages = model.stages
    depths = np.unique(np.round(np.linspace(1, len(stages), params.depths + 1)).astype(int))
    for depth in depths.tolist():
        last = depth == len(stages)
        subset = "weights=random" + ("" if last else f" down to {stages[depth - 1]}")
        yield subset, looked.by(model.randomised(depth, seed % 2**31))


def _noisy(looked: _Looked, params: SaliencySanityParams, seed: int) -> tuple[Image, ...]:
    generator = step_generator(seed, "saliency/noise")
    noisy = []
    for image in looked.images:
        noise = params.noise * generator.standard_normal(image.pixels.shape)
        pixels = np.clip(image.pixels + noise, 0, 1).astype(np.float32)
        noisy.append(Image(pixels=pixels, spacing_mm=image.spacing_mm))
    return tuple(noisy)


def _by_gradients(model: object, looked: _Looked) -> FloatArray | NotEstimable:
    if not isinstance(model, GradientLocalising):
        reason = "the device has no gradients at its pixels"
        return NotEstimable(code="no_such_part", reason=reason, n=len(looked.images))
    return np.stack([by_tile(model.pixel_gradients(image), looked.side) for image in looked.images])


def _followed(inputs: Inputs, params: SaliencySanityParams, looked: _Looked) -> curves.Curves:
    model = inputs.model
    if model is None:
        raise ValueError("a device that can be run is needed")

    unfocused = blurred(looked.images, BLUR)

    def output(kept: BoolArray) -> FloatArray:
        seen = HeldImages(images=looked.images, blurred=unfocused, kept=kept, side=looked.side)
        return log_odds_seen(model, looked.cohort, seen)

    generator = step_generator(inputs.intervals.seed, "saliency/orders")
    return curves.follow(looked.maps, output, params.steps, params.orders, generator)


def _pictures(step: str, model: object, looked: _Looked, seed: int) -> list[Figure]:
    """Return maps beside those of the device with random weights, of a few images."""
    if not isinstance(model, Randomisable) or not isinstance(model, Localising):
        return []
    other = model.randomised(len(model.stages), seed % 2**31)
    if not isinstance(other, Localising):
        return []
    rows: list[dict[str, object]] = []
    for number, image in enumerate(looked.images[:SHOWN], start=1):
        shown = [plain(image.pixels)]
        shown += [heated(image.pixels, one.saliency(image)) for one in (model, other)]
        rows.append({"label": f"image {number}", "pictures": [png(one) for one in shown]})
    return [
        Figure(
            id=f"{step}-random",
            kind="panels",
            title="Maps of the device, and of one that has learned nothing",
            caption="From left to right: image; map of the device; map of the same device with all "
            "weights at random, each scaled to its own maximum. A map that looks the same in both "
            "explains nothing.",
            alt="Images with maps of the device and of the device with random weights.",
            content={"rows": rows},
        )
    ]
