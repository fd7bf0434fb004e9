"""What becomes of the device when a part of the image is hidden, or a mark is added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks._forest import forest_row
from samd_validate.checks.marked.altered import (
    Box,
    Change,
    altered,
    marks,
    with_marker,
    without_box,
    without_structure,
)
from samd_validate.checks.marked.panels import plain, png
from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.core.finding import ALL, CheckOutput, Figure, Finding
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import Model
from samd_validate.stats.engine import estimate, paired_difference
from samd_validate.stats.sample import Sample
from samd_validate.stats.segmentation.case_values import estimate_values

MIDDLE = 0.5
BEYOND_MIRROR = "auroc_beyond_mirror"
MEASURES = ("auroc", "auroc_difference", BEYOND_MIRROR, "score_change")


def _ordered(box: Box) -> Box:
    top, left, bottom, right = box
    if not (0 <= top < bottom <= 1 and 0 <= left < right <= 1):
        raise ValueError("a region is [top, left, bottom, right] as shares of the image's sides")
    return box


Region = Annotated[Box, AfterValidator(_ordered)]


class MarkerParams(Params):
    """A patch of one brightness that is put into images."""

    region: Region
    brightness: float = Field(default=1.0, ge=0, le=1)


class ShortcutParams(Params):
    """Regions to hide, a mark to add, and what of the reference is the structure to hide."""

    regions: dict[str, Region] = Field(
        default_factory=lambda: {
            "upper left corner": (0.0, 0.0, 0.15, 0.3),
            "upper right corner": (0.0, 0.7, 0.15, 1.0),
        },
        description="name: [top, left, bottom, right] as shares of the image's sides",
    )
    marker: MarkerParams | None = None
    structure: tuple[int, ...] | None = Field(
        default=None, description="labels of the reference that are hidden; null: all"
    )
    hide: Literal["box", "mask"] = Field(
        default="box", description="box: around the structure too, whose outline tells of it"
    )
    shown: bool = Field(default=True, description="an example of each change in the report")


@dataclass(frozen=True, kw_only=True)
class _Alteration:
    """A change of images, on which units it is made, and on which it is measured.

    ``mirror`` is the same region on the other side, if it is another one.
    """

    subset: str
    change: Change
    on: BoolArray
    among: BoolArray
    mirror: Box | None = None


@check(
    "shortcut",
    version=2,
    params=ShortcutParams,
    measures=MEASURES,
    needs=("images", "model"),
    requirements=("REQ-ROBUSTNESS",),
)
def shortcut(step: str, inputs: Inputs, params: ShortcutParams) -> CheckOutput:
    """Measure the device on images in which a part is hidden, or a mark is added.

    Purpose: a device that reads letters in a corner, a tube or the edge of the field instead of the
    finding fails where these are others. Method: the device scores every image again with a region
    filled with the median of the image; with a mark added to all images, and to those without the
    finding alone; and with what the reference marks hidden, among the images that have such a mark.
    AUROC of each, and how much less it is than on the whole images of the same units, paired;
    and the mean change of the score. A region on one side is compared with its mirror image, too:
    by how much more it costs, paired.
    How to read it: hiding a corner should cost nothing beyond hiding its mirror image, since a
    filled region is itself unlike any image; what it costs beyond that came from there. A mark on
    images without the finding should change nothing: what it costs is what the mark is taken for.
    Without the structure the AUROC should fall towards 0.5: a device that still works has
    learned something else.
    Limits: a filled region has the brightness of the image's median; a shortcut on both sides costs
    nothing beyond its mirror image; a mark of another shape may act otherwise; only what is named
    here is looked for.
    """
    model = inputs.model
    if model is None:
        return CheckOutput(notes=("the device is known by its predictions: it cannot score anew",))
    findings: list[Finding] = []
    figures: list[Figure] = []
    for population in inputs.populations:
        alterations = _alterations(population, params)
        whole = _measured(population, population.score, _everyone(population), inputs.intervals)
        found = {ALL: whole}
        for one in alterations:
            found[one.subset] = _altered_measures(population, model, one, inputs.intervals)
        for subset, measured in found.items():
            findings += findings_of(step, population.name, measured, subset=subset)
        figures.append(_forest(step, population, found))
        figures += _examples(step, population, alterations) if params.shown else []
    return CheckOutput(findings=tuple(findings), figures=tuple(figures))


def _everyone(population: Population) -> BoolArray:
    return np.ones(population.cohort.size, dtype=np.bool_)


def _alterations(population: Population, params: ShortcutParams) -> list[_Alteration]:
    all_of_them = _everyone(population)
    made = [
        _Alteration(
            subset=f"hidden={name}",
            change=without_box(box),
            on=all_of_them,
            among=all_of_them,
            mirror=_mirrored(box),
        )
        for name, box in params.regions.items()
    ]
    if params.marker is not None:
        change = with_marker(params.marker.region, params.marker.brightness)
        without = np.asarray(population.cohort.label == 0)
        for words, on in (("all", all_of_them), ("those without the finding", without)):
            made.append(
                _Alteration(subset=f"marked={words}", change=change, on=on, among=all_of_them)
            )
    has_mark = _has_mark(population, params.structure)
    if has_mark.any():
        change = without_structure(params.structure, is_boxed=params.hide == "box")
        made.append(
            _Alteration(subset="hidden=structure", change=change, on=has_mark, among=has_mark)
        )
    return made


def _mirrored(box: Box) -> Box | None:
    """Return the region on the other side; None where it overlaps the region itself.

    >>> _mirrored((0.0, 0.0, 0.15, 0.25)), _mirrored((0.0, 0.4, 0.15, 0.9))
    ((0.0, 0.75, 0.15, 1.0), None)
    """
    top, left, bottom, right = box
    is_on_one_side = right <= MIDDLE or left >= MIDDLE
    return (top, 1 - right, bottom, 1 - left) if is_on_one_side else None


def _has_mark(population: Population, labels: tuple[int, ...] | None) -> BoolArray:
    images = population.cohort.images
    if images is None:
        raise ValueError("shortcuts are looked for in images")
    found = [
        marks(images.reference(row), labels) is not None for row in range(population.cohort.size)
    ]
    return np.array(found, dtype=np.bool_)


def _altered_measures(
    population: Population, model: Model, one: _Alteration, plan: IntervalPlan
) -> dict[str, Measurement]:
    cohort = altered(population.cohort, one.change, one.on).take(one.among)
    score = np.array(population.score)
    score[one.among] = model.predict(cohort)
    found = _measured(population, score, one.among, plan)
    whole = _sample(population, population.score, one.among)
    found["auroc_difference"] = paired_difference("auroc", whole, score[one.among], plan)
    if one.mirror is not None:
        other = model.predict(altered(population.cohort, without_box(one.mirror), one.on))
        mirrored = _sample(population, other, one.among)
        found[BEYOND_MIRROR] = paired_difference("auroc", mirrored, score[one.among], plan)
    moved = one.on & one.among
    found["score_change"] = estimate_values(
        (score - population.score)[moved], population.cohort.patient_id[moved], plan, where="line"
    )
    return found


def _measured(
    population: Population, score: FloatArray, among: BoolArray, plan: IntervalPlan
) -> dict[str, Measurement]:
    return dict(estimate(("auroc",), _sample(population, score, among), plan))


def _sample(population: Population, score: FloatArray, among: BoolArray) -> Sample:
    cohort = population.cohort
    return Sample(label=cohort.label[among], score=score[among], cluster=cohort.patient_id[among])


def _forest(
    step: str, population: Population, found: Mapping[str, Mapping[str, Measurement]]
) -> Figure:
    rows = [forest_row(_words(subset), measured["auroc"]) for subset, measured in found.items()]
    whole = found[ALL]["auroc"]
    return Figure(
        id=f"{step}-auroc-{population.name}",
        kind="forest",
        title=f"AUROC with a part hidden or a mark added, {population.name}",
        caption="The vertical line is the value on the whole images. Rows without a mark could not "
        "be assessed.",
        alt=f"Forest plot of AUROC with parts of the images hidden on {population.name}.",
        content={
            "measure": "AUROC",
            "reference": whole.value if isinstance(whole, Estimate) else None,
            "limits": None,
            "rows": rows,
        },
    )


def _words(subset: str) -> str:
    if subset == ALL:
        return "whole images"
    what, _, where = subset.partition("=")
    return f"{where} {what}" if what == "hidden" else f"mark on {where}"


def _examples(
    step: str, population: Population, alterations: Sequence[_Alteration]
) -> list[Figure]:
    """Return a figure of one image as it is and after each change."""
    images = population.cohort.images
    both = np.logical_and.reduce([one.among for one in alterations]) if alterations else None
    if images is None or both is None or not both.any():
        return []
    row = int(np.flatnonzero(both)[0])
    made = {one.subset: one.change for one in alterations}
    pictures = [("as it is", images.image(row).pixels)]
    for subset, change in made.items():
        if subset != "marked=those without the finding":
            changed = change(np.array(images.image(row).pixels), images.reference(row))
            pictures.append((_words(subset), changed))
    words = ", ".join(name for name, _ in pictures)
    return [
        Figure(
            id=f"{step}-examples-{population.name}",
            kind="panels",
            title=f"What was done to the images, {population.name}",
            caption=f"One image, from left to right: {words}.",
            alt=f"An image with parts hidden on {population.name}.",
            content={
                "rows": [
                    {
                        "label": f"image {row + 1}",
                        "pictures": [png(plain(pixels)) for _, pixels in pictures],
                    }
                ]
            },
        )
    ]
