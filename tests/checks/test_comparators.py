"""Comparators that scored only some units: each number is of the units that both scored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from leaky import PLAN, hospital

from samd_validate.checks.calibration import calibration
from samd_validate.checks.discrimination import discrimination
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, Population

pytestmark = pytest.mark.requirement("REQ-PERF-DISCRIMINATION")
COHORT = hospital("riverside", 5, stays=400)


def scored(share: float) -> Population:
    generator = np.random.default_rng(1)
    device = np.clip(0.2 + 0.3 * COHORT.label + 0.3 * generator.random(COHORT.size), 0, 1)
    other = np.clip(device + 0.2 * generator.standard_normal(COHORT.size), 0.01, 0.99)
    other[generator.random(COHORT.size) >= share] = np.nan
    return Population(name="test", cohort=COHORT, score=device, comparators={"in_use": other})


def measured(output: CheckOutput) -> dict[tuple[str, str], Estimate]:
    return {
        (f.model, f.measure): f.measurement
        for f in output.findings
        if isinstance(f.measurement, Estimate)
    }


def whole(population: Population) -> Population:
    """Return the population of the units that have the comparator's score."""
    rows = np.flatnonzero(np.isfinite(population.comparators["in_use"]))
    return Population(
        name="test",
        cohort=population.cohort.take(rows),
        score=population.score[rows],
        comparators={"in_use": population.comparators["in_use"][rows]},
    )


def test_difference_to_a_score_that_some_lack_is_paired_on_those_who_have_it() -> None:
    some = scored(0.6)
    found = measured(discrimination.run("d", Inputs(populations=(some,), intervals=PLAN), None))
    expected = measured(
        discrimination.run("d", Inputs(populations=(whole(some),), intervals=PLAN), None)
    )
    for measure in ("auroc", "auprc", "auroc_difference", "auprc_difference"):
        assert found["in_use", measure] == expected["in_use", measure]
    assert found["in_use", "auroc"].n == whole(some).cohort.size < COHORT.size
    assert found["device", "auroc"].n == COHORT.size


def test_calibration_of_a_score_that_some_lack_is_that_of_those_who_have_it() -> None:
    some = scored(0.6)
    found = measured(calibration.run("c", Inputs(populations=(some,), intervals=PLAN), None))
    expected = measured(
        calibration.run("c", Inputs(populations=(whole(some),), intervals=PLAN), None)
    )
    name = ("in_use", "observed_expected_ratio")
    assert found[name] == expected[name]


def test_score_that_nobody_with_the_event_has_gives_no_number_and_a_reason() -> None:
    some = scored(1.0)
    other = np.where(COHORT.label == 1, np.nan, some.comparators["in_use"])
    inputs = Inputs(populations=(replace(some, comparators={"in_use": other}),), intervals=PLAN)
    found = {
        (f.model, f.measure): f.measurement for f in discrimination.run("d", inputs, None).findings
    }
    assert isinstance(found["in_use", "auroc"], NotEstimable)
    assert isinstance(found["device", "auroc"], Estimate)
