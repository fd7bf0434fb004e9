"""Fairness measures by name: against fairlearn, with limits, and without an operating point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fairlearn.metrics import (
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from grouped_patients import drawn

from samd_validate.checks.fairness import ODDS, OPPORTUNITY, PARITY, FairnessParams, fairness
from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population

PLAN = IntervalPlan(n_resamples=500, seed=5)
THRESHOLD = 0.3


def output(population: Population, threshold: float | None = THRESHOLD) -> CheckOutput:
    inputs = Inputs(populations=(population,), intervals=PLAN, threshold=threshold)
    return fairness.run("f", inputs, FairnessParams(groups=("sex", "region")))


def found(population: Population, measure: str, group: str) -> Estimate:
    (one,) = (
        finding.measurement
        for finding in output(population).findings
        if (finding.measure, finding.subset) == (measure, group)
    )
    assert isinstance(one, Estimate)
    return one


def unfair(seed: int, n: int = 4000) -> Population:
    """Return patients of whom women who have the outcome are missed oftener."""
    population = drawn(seed, n=n)
    women = population.cohort.groups["sex"] == "female"
    hidden = women & (population.cohort.label == 1)
    return replace(population, score=np.where(hidden, population.score * 0.6, population.score))


def test_without_an_operating_point_there_is_no_number() -> None:
    (first, *_) = output(drawn(1), threshold=None).findings
    assert isinstance(first.measurement, NotEstimable)
    assert first.measurement.code == "no_threshold"


@pytest.mark.parametrize(
    ("measure", "of"),
    [
        (PARITY, demographic_parity_difference),
        (OPPORTUNITY, equal_opportunity_difference),
        (ODDS, equalized_odds_difference),
    ],
)
def test_gap_before_correction_is_that_of_fairlearn(measure: str, of: object) -> None:
    population = unfair(2)
    alarm = population.score >= THRESHOLD
    sex = population.cohort.groups["sex"]
    expected = of(population.cohort.label, alarm, sensitive_features=sex)  # type: ignore[operator]
    note = found(population, measure, "sex").note
    assert f"uncorrected {expected:.3g}" in note


def test_planted_gap_is_found_and_its_limits_hold_it() -> None:
    one = found(unfair(3), OPPORTUNITY, "sex")
    assert one.low > 0.1
    assert one.p_value is not None
    assert one.p_value < 0.01


def test_limits_of_equalised_odds_are_no_narrower_than_those_of_its_parts() -> None:
    population = unfair(4)
    odds, opportunity = (found(population, name, "sex") for name in (ODDS, OPPORTUNITY))
    assert odds.high >= opportunity.high
    assert odds.level == opportunity.level


def test_no_gap_is_shown_where_there_is_none_oftener_than_the_level() -> None:
    shown = sum(found(drawn(50 + seed, n=1500), ODDS, "sex").low > 0 for seed in range(20))
    assert shown <= 4


def test_table_has_every_group_and_what_each_measure_means() -> None:
    rates, meanings = output(drawn(5)).tables
    names = {row[0] for row in rates.rows}
    assert {"sex: female", "region: west"} <= names
    assert len(meanings.rows) == 3
