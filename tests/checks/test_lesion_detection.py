"""FROC of a device on populations: rules, instances, comparators, rows without a number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_images import Drawn, Maps, cohort_of
from pydantic import ValidationError

from samd_validate.checks.lesion_detection import (
    MEASURES,
    LesionDetectionParams,
    lesion_detection,
)
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw

PLAN = IntervalPlan(n_resamples=200, seed=1)


def population(n: int = 20, missed: int = 4) -> Population:
    """Return squares of which a few are missed, and a weak false mark in every image."""
    cohort = cohort_of("test", n)
    return Population(
        name="test",
        cohort=cohort,
        score=np.ones(n),
        segmentations={"device": maps(cohort, missed), "other": maps(cohort, 0)},
    )


def maps(cohort: Cohort, missed: int) -> Maps:
    assert cohort.images is not None
    made = []
    for row in range(cohort.size):
        reference = cohort.images.reference(row)
        assert reference is not None
        seen = np.where((np.asarray(reference) > 0) & (row >= missed), 0.9, 0.0)
        seen[-3:-1, :2] = 0.3
        made.append(seen)
    return Maps(maps=tuple(made))


def run(one: Population, **params: object) -> CheckOutput:
    inputs = Inputs(populations=(one,), intervals=PLAN)
    chosen = LesionDetectionParams.model_validate(params)
    output: CheckOutput = lesion_detection.run("l", inputs, chosen)
    return output


@pytest.mark.parametrize(
    "params", [{"candidate": 0}, {"hit": "box"}, {"iou_threshold": 2}, {"score": "sum"}]
)
def test_rule_that_is_none_is_refused(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LesionDetectionParams.model_validate(params)


def test_device_without_marks_has_rows_without_numbers() -> None:
    output = run(replace(population(), segmentations={}))
    assert [one.measure for one in output.findings] == list(MEASURES)
    assert all(isinstance(one.measurement, NotEstimable) for one in output.findings)
    assert output.figures == ()


@pytest.mark.requirement("REQ-PERF-SEGMENTATION")
def test_share_of_squares_found_is_that_which_was_marked() -> None:
    output = run(population())
    found = {(one.model, one.measure): one.measurement for one in output.findings}
    for measure in MEASURES:
        device, other = found[("device", measure)], found[("other", measure)]
        assert isinstance(device, Estimate) and isinstance(other, Estimate)
        assert (device.value, other.value) == pytest.approx((0.8, 1.0))
        assert device.n_events == 20
    assert output.tables[0].rows[0] == ("test", "device", 20, 20, 16, 20, 1.0)


def test_low_probability_and_rule_of_hits_are_those_of_the_protocol() -> None:
    strict = run(population(), candidate=0.5)
    assert strict.tables[0].rows[0][5] == 0
    assert "0.5 or more, scored by its max" in strict.notes[0]
    assert "middle of the mark" in run(population(), hit="centre").notes[0]


def test_each_label_is_a_lesion_where_the_protocol_says_so() -> None:
    one = population()
    images = one.cohort.images
    assert isinstance(images, Drawn)
    halves = []
    for reference in images.references:
        assert reference is not None
        columns = np.flatnonzero(reference.any(axis=0))
        half = reference.copy()
        half[:, columns[6] :] *= 2
        halves.append(half)
    cohort = replace(one.cohort, images=replace(images, references=tuple(halves)))
    parted = replace(one, cohort=cohort)
    assert run(parted).tables[0].rows[0][3] == 20
    labelled = run(parted, reference="labels").tables[0].rows[0]
    assert labelled[3:5] == (40, 16)  # a mark over two lesions finds one of them


def test_figure_can_be_drawn_and_two_runs_are_the_same() -> None:
    one, other = run(population()), run(population())
    assert one == other
    assert draw(one.figures[0]).startswith("<svg")
