"""What a device loses elsewhere: scores, and what it marks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_images import Bright, cohort_of, without_images
from pydantic import ValidationError

from samd_validate.checks.external_site import ExternalSiteParams, external_site
from samd_validate.checks.marked.quality import dice_cases
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw
from samd_validate.stats.segmentation.group_differences import (
    difference_groups,
    difference_worst_decile,
)

PLAN = IntervalPlan(n_resamples=200, seed=1)
MARKED = ("dice", "dice_present", "iou", "recall", "dice_worst_decile")


def population(cohort: Cohort, level: float = 0.75, *, external: bool = False) -> Population:
    drawn = {"device": Bright(level=level).segmented(cohort)}
    return Population(
        name="there" if external else "test",
        cohort=cohort,
        score=np.linspace(0, 1, cohort.size),
        segmentations=drawn,
        is_external=external,
    )


def run(here: Population, there: Population, measures: tuple[str, ...] = MARKED) -> CheckOutput:
    inputs = Inputs(populations=(here, there), intervals=PLAN)
    params = ExternalSiteParams.model_validate({"measures": measures})
    output: CheckOutput = external_site.run("e", inputs, params)
    return output


def rows(output: CheckOutput) -> dict[str, Measurement]:
    return {one.measure: one.measurement for one in output.findings}


@pytest.mark.parametrize("measures", [(), ("dise",), ("hd95",)])
def test_measure_that_no_site_can_lose_is_refused(measures: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        ExternalSiteParams.model_validate({"measures": measures})


def test_device_without_marks_has_rows_without_numbers() -> None:
    here, there = cohort_of("here", 20), cohort_of("there", 20, masks=False)
    for one in (
        population(there, external=True),
        Population(
            name="there", cohort=without_images(there), score=np.zeros(20), is_external=True
        ),
    ):
        found = rows(run(population(here), one, ("dice",)))["dice_difference"]
        assert isinstance(found, NotEstimable)
        assert found.code == "no_masks"


@pytest.mark.requirement("REQ-GENERALISATION")
def test_darker_images_elsewhere_lose_overlap_and_the_same_images_do_not() -> None:
    here, dark = cohort_of("here", 60), cohort_of("there", 60, bright=(0.8, 0.75, 0.76))
    alike = cohort_of("alike", 60)
    lost = rows(run(population(here), population(dark, external=True)))
    kept = rows(run(population(here), population(alike, external=True)))
    for measure in MARKED:
        one, other = lost[f"{measure}_difference"], kept[f"{measure}_difference"]
        assert isinstance(one, Estimate) and isinstance(other, Estimate)
        assert one.low > 0.02
        assert other.low <= 0 <= other.high


def test_findings_are_differences_of_the_tables_of_cases() -> None:
    here = population(cohort_of("here", 40, bright=(0.8, 0.77)))
    there = population(cohort_of("there", 30, bright=(0.78, 0.76)), external=True)
    ours, theirs = (dice_cases(p.cohort, p.segmentations["device"]) for p in (here, there))
    found = rows(run(here, there))
    assert found["iou_difference"] == difference_groups(ours, theirs, "iou", PLAN)
    assert found["recall_difference"] == difference_groups(ours, theirs, "recall", PLAN)
    worst = difference_worst_decile(ours, theirs, "dice", PLAN)
    assert found["dice_worst_decile_difference"] == worst


def test_dice_where_there_is_a_structure_leaves_out_empty_references() -> None:
    here = cohort_of("here", 30, bright=(0.8, 0.77))
    images = here.images
    assert images is not None
    empty = tuple(
        np.zeros_like(one) if row < 10 else one  # type: ignore[type-var]
        for row, one in enumerate(images.references)  # type: ignore[attr-defined]
    )
    emptied = replace(here, images=replace(images, references=empty))  # type: ignore[type-var]
    there = population(cohort_of("there", 30, bright=(0.78, 0.76)), external=True)
    found = rows(run(population(emptied), there))
    present = found["dice_present_difference"]
    assert isinstance(present, Estimate)
    assert present.n == 50
    assert present != found["dice_difference"]


def test_figures_show_every_population_and_can_be_drawn() -> None:
    here, there = cohort_of("here", 20), cohort_of("there", 20, bright=(0.8, 0.77))
    output = run(population(here), population(there, external=True))
    assert len(output.figures) == len(MARKED)
    for figure in output.figures:
        assert [row["label"] for row in figure.content["rows"]] == ["test", "there"]  # type: ignore[attr-defined]
        assert draw(figure)
