"""Calibration of a device's pixels: overall, near its outline, one case at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from drawn_images import Maps, cohort_of
from pydantic import ValidationError

from samd_validate.checks.pixel_calibration import (
    NEAR,
    PixelCalibrationParams,
    pixel_calibration,
)
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw

PLAN = IntervalPlan(seed=1)


def population(n: int = 24, edge: float = 0.5) -> Population:
    """Return squares with two columns of probability ``edge``, one of them in the square."""
    cohort = cohort_of("test", n)
    score = np.ones(n)
    drawn = {"device": Maps(maps=tuple(_maps(cohort, edge)))}
    return Population(name="test", cohort=cohort, score=score, segmentations=drawn)


def _maps(cohort: Cohort, edge: float) -> list[FloatArray]:
    assert cohort.images is not None
    made = []
    for row in range(cohort.size):
        reference = cohort.images.reference(row)
        assert reference is not None
        rows, columns = np.nonzero(reference)
        seen = np.where(np.asarray(reference) > 0, 0.98, 0.01)
        ends = slice(rows.min(), rows.max() + 1)
        seen[ends, columns.min() - 1 : columns.min() + 1] = edge
        made.append(seen)
    return made


def run(one: Population, **params: object) -> CheckOutput:
    inputs = Inputs(populations=(one,), intervals=PLAN)
    chosen = PixelCalibrationParams.model_validate(params)
    output: CheckOutput = pixel_calibration.run("p", inputs, chosen)
    return output


def rows(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.subset, one.measure): one.measurement for one in output.findings}


def test_band_of_no_width_is_refused() -> None:
    with pytest.raises(ValidationError):
        PixelCalibrationParams.model_validate({"band": 0})


def test_device_without_marks_has_rows_without_numbers() -> None:
    output = run(replace(population(), segmentations={}))
    assert {one.code for one in rows(output).values() if isinstance(one, NotEstimable)} == {
        "no_masks"
    }


@pytest.mark.requirement("REQ-PERF-CALIBRATION")
def test_edge_that_is_too_sure_shows_near_the_outline() -> None:
    right, sure = (rows(run(population(edge=edge), band=1)) for edge in (0.5, 0.9))
    for found, worst in ((right, False), (sure, True)):
        overall, near = (found[(s, "pixel_calibration_error")] for s in ("all", NEAR))
        assert isinstance(overall, Estimate) and isinstance(near, Estimate)
        assert near.n < 0.5 * overall.n
        assert overall.n == 24 * 32 * 32
        assert (near.low > 0.05) is worst
        if worst:
            assert near.value > 1.3 * overall.value


def test_image_in_which_nothing_is_marked_has_no_outline() -> None:
    blind = population(edge=0.4)
    maps = tuple(np.full((32, 32), 0.2) for _ in range(24))
    found = rows(run(replace(blind, segmentations={"device": Maps(maps=maps)})))
    assert isinstance(found[(NEAR, "brier")], NotEstimable)
    told = {
        measure: one.code
        for (subset, measure), one in found.items()
        if subset == "all" and isinstance(one, NotEstimable)
    }
    assert told == {
        "pixel_calibration_error": "one_bin",
        "calibration_slope": "one_probability",
        "calibration_intercept": "one_probability",
        "observed_expected_ratio": "no_spread",  # the squares are of one size
        "brier": "no_spread",
    }


@dataclass
class OneAtATime:
    """Maps of which one may be asked for at a time, in the order of the cases."""

    maps: tuple[FloatArray, ...]
    threshold: float = 0.5
    asked: int = 0

    def probability(self, row: int) -> FloatArray:
        assert row == self.asked
        self.asked += 1
        return self.maps[row]


def test_every_map_is_asked_for_once_and_in_order() -> None:
    one = population()
    maps = OneAtATime(maps=tuple(_maps(one.cohort, 0.5)))
    run(replace(one, segmentations={"device": maps}))
    assert maps.asked == 24


def test_band_is_in_millimetres_and_the_figure_can_be_drawn() -> None:
    narrow, wide = (rows(run(population(), band=band))[(NEAR, "brier")] for band in (0.6, 3.0))
    assert narrow.n < wide.n
    output = run(population())
    assert "near the outline" in draw(output.figures[0])
    assert output == run(population())
