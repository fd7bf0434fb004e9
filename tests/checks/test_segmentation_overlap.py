"""What a device marked, measured case by case: instances, worst cases, and their figures."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest
from pydantic import ValidationError

from samd_validate.checks.marked.cases import cases_of
from samd_validate.checks.segmentation_overlap import (
    SegmentationOverlapParams,
    segmentation_overlap,
)
from samd_validate.core.arrays import Column, FloatArray, IntArray
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.estimate import Estimate
from samd_validate.core.finding import CheckOutput
from samd_validate.core.images import Image
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw
from samd_validate.stats.segmentation.lesions import LesionRule

SIDE = 32


@dataclass(frozen=True)
class InMemory:
    """Images and references that were drawn for a test."""

    references: tuple[Column | None, ...]
    channels: int = 1

    def image(self, row: int) -> Image:
        return Image(pixels=np.full((SIDE, SIDE), 0.1 + 0.01 * row))

    def reference(self, row: int) -> Column | None:
        return self.references[row]

    def take(self, rows: IntArray) -> InMemory:
        return InMemory(tuple(self.references[row] for row in rows.tolist()))


@dataclass(frozen=True)
class Drawn:
    """Maps of a device, drawn for a test."""

    maps: tuple[FloatArray, ...]
    threshold: float = 0.5

    def probability(self, row: int) -> FloatArray:
        return self.maps[row]


def touching() -> Column:
    """Return two instances side by side that touch, and a third of two parts."""
    labels = np.zeros((SIDE, SIDE), dtype=np.uint16)
    labels[4:12, 4:10] = 1
    labels[4:12, 10:16] = 2
    labels[20:24, 4:8] = labels[20:24, 12:16] = 3
    return labels


def population(references: list[Column | None], maps: list[FloatArray]) -> Population:
    n = len(references)
    names = np.array([f"i{row}" for row in range(n)])
    cohort = Cohort(
        name="test",
        unit_id=names,
        patient_id=names,
        site=np.full(n, "s"),
        label=np.ones(n, dtype=int),
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f"),
        images=InMemory(tuple(references)),
    )
    score = np.array([one.max() for one in maps])
    drawn = {"device": Drawn(tuple(maps))}
    return Population(name="test", cohort=cohort, score=score, segmentations=drawn)


def run(one: Population, **params: object) -> CheckOutput:
    inputs = Inputs(populations=(one,), intervals=IntervalPlan(n_resamples=200, seed=1))
    chosen = SegmentationOverlapParams.model_validate(params)
    output: CheckOutput = segmentation_overlap.run("segmentation_overlap", inputs, chosen)
    return output


def value(output: CheckOutput, measure: str) -> float:
    found = next(one for one in output.findings if one.measure == measure)
    assert isinstance(found.measurement, Estimate)
    return found.measurement.value


def several(n: int) -> Population:
    maps = [(touching() > 0) * 1.0 for _ in range(n)]
    for row, one in enumerate(maps):
        one[4 : 4 + row, :16] = 0.0
    return population([touching()] * n, maps)


@pytest.mark.parametrize("lesions", [{"reference": "boxes"}, {"iou": 0.5}, {"iou_threshold": 2}])
def test_rule_of_lesions_that_is_none_is_refused(lesions: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SegmentationOverlapParams.model_validate({"lesions": lesions})


def test_case_without_a_reference_is_refused() -> None:
    one = population([None], [np.zeros((SIDE, SIDE))])
    with pytest.raises(ValueError, match="reference"):
        cases_of(one, "device")


@pytest.mark.parametrize(
    ("has_instances", "found", "false"),
    [
        (False, 1.0, 0.0),  # 3 components, each found
        (True, 0.0, 3.0),  # 3 instances, none of which is like a component
    ],
)
def test_instances_are_labels_of_the_reference_and_components_of_the_device(
    has_instances: bool, found: float, false: float
) -> None:
    reference = touching()
    one = population([reference], [(reference > 0) * 1.0])
    case = cases_of(one, "device", rule=LesionRule(iou_threshold=0.6), has_instances=has_instances)[
        0
    ]
    assert case.values["lesion_sensitivity"] == found
    assert case.values["lesion_fp"] == false
    assert case.values["dice"] == 1.0


def test_device_that_parts_touching_instances_finds_each() -> None:
    reference = touching()
    drawn = (reference > 0) * 1.0
    drawn[4:12, 9] = 0.0
    one = population([reference], [drawn])
    case = cases_of(one, "device", rule=LesionRule(iou_threshold=0.5), has_instances=True)[0]
    assert case.values["lesion_sensitivity"] == 1.0  # the third by one of its two parts
    assert case.values["lesion_fp"] == 1.0


@pytest.mark.parametrize(("reference", "expected"), [("components", 1.0), ("labels", 0.0)])
def test_parameter_says_what_one_lesion_of_the_reference_is(
    reference: str, expected: float
) -> None:
    one = population([touching()] * 4, [(touching() > 0) * 1.0] * 4)
    output = run(one, lesions={"iou_threshold": 0.6, "reference": reference})
    assert value(output, "lesion_sensitivity") == expected
    assert value(output, "dice") == 1.0


@pytest.mark.parametrize(("worst", "rows"), [(0, []), (4, [4]), (5, [5]), (7, [5, 2])])
def test_worst_cases_come_in_figures_of_five(worst: int, rows: list[int]) -> None:
    figures = [one for one in run(several(8), worst=worst).figures if one.kind == "panels"]
    assert [len(one.content["rows"]) for one in figures] == rows
    assert len({one.id for one in figures}) == len(rows)


def test_worst_case_is_the_first_of_its_figure() -> None:
    figure = next(one for one in run(several(8), worst=3).figures if one.kind == "panels")
    cases = [int(re.findall(r"case (\d+)", row["label"])[0]) for row in figure.content["rows"]]
    assert cases == [8, 7, 6]
    assert figure.title == "Cases of the lowest Dice, 1 to 3, test"


def test_figure_of_five_cases_fits_on_a_page() -> None:
    figure = next(one for one in run(several(8), worst=5).figures if one.kind == "panels")
    drawn = draw(figure)
    size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', drawn)
    assert size is not None
    width, height = (float(one) / 72 for one in size.groups())
    assert width <= 6.6
    assert height <= 8.2 + 0.01


def test_every_case_is_a_row_of_its_population_and_agrees_with_the_mean() -> None:
    output = run(several(8))
    (table,) = output.cases
    assert (table.id, table.population) == ("segmentation_overlap-test-device", "test")
    assert {len(column) for column in table.columns.values()} == {8}
    dice = [one for one in table.columns["dice"] if one is not None]
    assert dice[0] == 1.0
    assert np.mean(dice) == pytest.approx(value(output, "dice"), abs=1e-12)  # sums in other orders
