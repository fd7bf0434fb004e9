"""Where in the image the device looked, against where the finding is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from samd_validate.checks._common import Params, findings_of
from samd_validate.checks.marked.panels import heated, outlined_one, plain, png
from samd_validate.core.arrays import BoolArray, Column, IntArray
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput, Figure, Finding, Table
from samd_validate.core.images import ImageSource
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import check
from samd_validate.core.model import Localising
from samd_validate.core.seeds import step_generator
from samd_validate.stats.segmentation.case_values import estimate_values
from samd_validate.stats.segmentation.localisation import Localisation, localise

SHARES = ("pointing_game", "energy_inside", "reference_area", "iou_030", "iou_050")
MEASURES = (*SHARES, "energy_beyond_area", "energy_in_region")
TRUE, FALSE = "decision=true_positive", "decision=false_positive"


class GradcamParams(Params):
    """How many images are looked at, how many are shown, and what the labels of masks mean."""

    images: int = Field(default=300, ge=2, le=100_000, description="most of each kind")
    shown: int = Field(default=4, ge=0, le=5, description="of each kind, in figures")
    finding: tuple[int, ...] | None = Field(
        default=None, description="labels of the reference that are the finding; null: all"
    )
    region: tuple[int, ...] | None = Field(
        default=None, description="labels that are the organ, such as the lungs; null: none"
    )


@dataclass(frozen=True, kw_only=True)
class _Case:
    """An image that was looked at: where the finding and the organ are; None: not known."""

    row: int
    patient: str
    finding: Localisation | None
    region: Localisation | None


@check(
    "gradcam",
    version=1,
    params=GradcamParams,
    measures=MEASURES,
    needs=("images", "gradients", "operating_point"),
    requirements=("REQ-EXPLANATION",),
)
def gradcam(step: str, inputs: Inputs, params: GradcamParams) -> CheckOutput:
    """Show where in the image the device looked, and measure it against the reference.

    Purpose: a device that is right for a wrong reason looks elsewhere than at the finding.
    Method: Grad-CAM of the finding's output on the network's last layer with places, brought to the
    image; at the operating point, apart for true and for false positives. Against the reference
    (a mask, or boxes): whether the map's maximum lies inside (pointing game), the share of its sum
    that does (energy), and the IoU where it is cut at 0.3 and at 0.5 of its maximum. Intervals take
    the patient as the unit.
    How to read it: a map that is alike everywhere has as much energy inside as the reference has of
    the image's area; what exceeds that is what the map knows. A false positive has no finding: only
    the share of its energy inside the organ is measured, where a mask of it is given.
    Limits: a map is coarse and describes the last layer, not the device; a good map does not show
    that the device is right, and a box holds healthy tissue. See whether hiding the finding changes
    the output (shortcut).
    """
    model = inputs.model
    if not isinstance(model, Localising):
        return CheckOutput(notes=("the device cannot show where in an image it looked",))
    findings: list[Finding] = []
    figures: list[Figure] = []
    rows = []
    for population in inputs.populations:
        kinds = _kinds(population, float(inputs.threshold or 0), params, inputs.intervals.seed)
        cases = {kind: _cases(population, model, chosen, params) for kind, chosen in kinds.items()}
        found = {TRUE: _true(cases[TRUE], inputs.intervals), FALSE: {}}
        for kind, here in cases.items():
            found[kind]["energy_in_region"] = _in_region(here, inputs.intervals)
            findings += findings_of(step, population.name, found[kind], subset=kind)
            rows.append((population.name, _words(kind), *_counts(here)))
            figures += _figure(step, population, model, here, kind, params)
    table = Table(
        id=f"{step}-counts",
        title="Images that were looked at",
        caption=f"At the operating point {inputs.threshold:.4g}; at most {params.images} of a "
        "kind, drawn at random. A map is silent where nothing in the last layer spoke for the "
        "finding; it counts as 0.",
        columns=("population", "kind", "images", "with a reference", "silent maps"),
        rows=tuple(rows),
    )
    return CheckOutput(findings=tuple(findings), figures=tuple(figures), tables=(table,))


def _kinds(
    population: Population, threshold: float, params: GradcamParams, seed: int
) -> dict[str, IntArray]:
    """Return the rows of true and of false positives, a random choice where there are many."""
    alarm, event = population.score >= threshold, population.cohort.label == 1
    kinds = {}
    for kind, mask in ((TRUE, alarm & event), (FALSE, alarm & ~event)):
        rows = np.flatnonzero(mask)
        generator = step_generator(seed, f"gradcam/{population.name}/{kind}")
        kinds[kind] = np.sort(generator.permutation(rows)[: params.images])
    return kinds


def _cases(
    population: Population, model: Localising, rows: IntArray, params: GradcamParams
) -> list[_Case]:
    images = _images(population)
    cases = []
    for row in rows.tolist():
        reference = images.reference(row)
        saliency = model.saliency(images.image(row))
        finding = _where(reference, params.finding, params.region)
        region = None if params.region is None else _labelled(reference, params.region)
        is_event = population.cohort.label[row] == 1
        cases.append(
            _Case(
                row=row,
                patient=str(population.cohort.patient_id[row]),
                finding=localise(saliency, finding) if is_event and finding is not None else None,
                region=localise(saliency, region) if region is not None else None,
            )
        )
    return cases


def _images(population: Population) -> ImageSource:
    if population.cohort.images is None:
        raise ValueError("maps are made of images")
    return population.cohort.images


def _where(
    reference: Column | None, labels: tuple[int, ...] | None, region: tuple[int, ...] | None
) -> BoolArray | None:
    """Return where the finding is; None without a reference of it."""
    if labels is not None:
        return _labelled(reference, labels)
    if reference is None:
        return None
    other = () if region is None else region
    marked = np.asarray((reference > 0) & ~np.isin(reference, other))
    return marked if marked.any() else None


def _labelled(reference: Column | None, labels: tuple[int, ...]) -> BoolArray | None:
    if reference is None:
        return None
    marked = np.asarray(np.isin(reference, labels))
    return marked if marked.any() else None


def _true(cases: Sequence[_Case], plan: IntervalPlan) -> dict[str, Measurement]:
    known = [(one.patient, one.finding) for one in cases if one.finding is not None]
    if not known:
        reason = f"none of {len(cases)} true positives has a reference to compare with"
        none = NotEstimable(code="no_reference", reason=reason, n=len(cases))
        return dict.fromkeys(MEASURES[:-1], none)
    patient = np.array([who for who, _ in known])
    silent = sum(one.is_silent for _, one in known)
    note = f"{silent} silent maps count as 0" if silent else ""
    columns = np.array([_numbers(one) for _, one in known]).T
    found = {
        name: estimate_values(column, patient, plan, note=note)
        for name, column in zip(SHARES, columns, strict=True)
    }
    beyond = columns[1] - columns[2]
    found["energy_beyond_area"] = estimate_values(beyond, patient, plan, where="line", note=note)
    return found


def _numbers(one: Localisation) -> tuple[float, ...]:
    return (one.pointing, one.energy, one.area, *one.iou)


def _in_region(cases: Sequence[_Case], plan: IntervalPlan) -> Measurement:
    known = [(one.patient, one.region.energy) for one in cases if one.region is not None]
    if not known:
        reason = f"no mask of the organ for any of {len(cases)} images"
        return NotEstimable(code="no_reference", reason=reason, n=len(cases))
    patients, energy = zip(*known, strict=True)
    return estimate_values(np.array(energy), np.array(patients), plan)


def _counts(cases: Sequence[_Case]) -> tuple[int, int, int]:
    known = [one.finding or one.region for one in cases]
    silent = sum(one.is_silent for one in known if one is not None)
    return len(cases), sum(one is not None for one in known), silent


def _words(kind: str) -> str:
    return kind.partition("=")[2].replace("_", " ")


def _figure(
    step: str,
    population: Population,
    model: Localising,
    cases: Sequence[_Case],
    kind: str,
    params: GradcamParams,
) -> list[Figure]:
    """Return a figure of the images that the device was surest of, those with a reference first."""
    score = population.score
    order = sorted(cases, key=lambda one: (one.finding is None, -score[one.row], one.row))
    rows = [_panel(population, model, one, params) for one in order[: params.shown]]
    if not rows:
        return []
    return [
        Figure(
            id=f"{step}-{_words(kind).replace(' ', '-')}-{population.name}",
            kind="panels",
            title=f"Where the device looked: {_words(kind)}s, {population.name}",
            caption="From left to right: image; map, brighter where more spoke for the finding; "
            "the reference, if there is one, outlined on the map (green). Highest scores first; "
            "'inside' is the share of the map in the reference.",
            alt=f"Images of {_words(kind)}s on {population.name} with maps of where it looked.",
            content={"rows": rows},
        )
    ]


def _panel(
    population: Population, model: Localising, case: _Case, params: GradcamParams
) -> dict[str, object]:
    images = _images(population)
    image, reference = images.image(case.row), images.reference(case.row)
    heat = heated(image.pixels, model.saliency(image))
    region = params.region or ()
    where = _where(reference, params.finding, params.region) if case.finding else None
    shown = where if where is not None else _labelled(reference, region)
    last = heat if shown is None else outlined_one(heat, shown)
    words = f"{case.row + 1}: score {population.score[case.row]:.2f}"
    if case.finding is not None:
        words += f", {case.finding.energy:.2f} inside"
    return {"label": words, "pictures": [png(one) for one in (plain(image.pixels), heat, last)]}
