"""Sets and deferral on populations: with a tuning part, without one, and where patients differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from grouped_patients import drawn

from samd_validate.checks.deferral import DeferralParams, deferral
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan

PARAMS = DeferralParams(groups=("sex",), at_least=0.8)


def inputs(seed: int, shift: float = 0.0) -> Inputs:
    population = drawn(seed, n=2500)
    if shift:
        label = (population.score + shift > np.random.default_rng(seed).random(2500)).astype(int)
        population = replace(population, cohort=replace(population.cohort, label=label))
    tuning = drawn(seed + 1000, n=1500)
    return Inputs(
        populations=(population,),
        intervals=IntervalPlan(n_resamples=200, seed=3),
        tuning=replace(tuning, name="tuning"),
        threshold=0.25,
    )


def by_key(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def number(output: CheckOutput, measure: str, subset: str = "all") -> Estimate:
    found = by_key(output)[(measure, subset)]
    assert isinstance(found, Estimate)
    return found


def test_without_a_tuning_part_there_is_no_number() -> None:
    output = deferral.run("d", replace(inputs(1), tuning=None), PARAMS)
    found = by_key(output)
    assert all(isinstance(one, NotEstimable) and one.code == "no_tuning" for one in found.values())
    assert ("sensitivity_kept", "all") in found


@pytest.mark.requirement("REQ-UNCERTAINTY")
def test_sets_hold_the_outcome_of_patients_like_those_of_the_tuning_part() -> None:
    low = [number(deferral.run("d", inputs(s), PARAMS), "set_coverage").value for s in range(8)]
    assert 0.885 < np.mean(low) < 0.93


def test_sets_that_do_not_hold_elsewhere_are_seen() -> None:
    output = deferral.run("d", inputs(2, shift=0.35), PARAMS)
    assert number(output, "set_coverage").high < 0.9


@pytest.mark.requirement("REQ-HUMAN-OVERSIGHT")
def test_who_is_deferred_is_told_by_group_and_the_kept_are_better() -> None:
    given = inputs(3)
    output = deferral.run("d", given, PARAMS)
    share = number(output, "share_deferred")
    women = number(output, "share_deferred", "sex=female")
    assert 0 < share.value < 0.9
    assert women.n == int((given.populations[0].cohort.groups["sex"] == "female").sum())
    (curve,) = output.figures
    points = curve.content["panels"][0]["points"]  # type: ignore[index]
    assert points[-1]["value"] > points[0]["value"]


def test_bound_that_cannot_be_kept_is_told() -> None:
    params = DeferralParams(measure="ppv", at_least=0.999)
    found = by_key(deferral.run("d", inputs(4), params))
    one = found[("share_deferred", "all")]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_share"
    assert isinstance(found[("set_coverage", "all")], Estimate)


def test_every_kind_of_set_is_a_row_of_the_table() -> None:
    output = deferral.run("d", inputs(5), PARAMS)
    (table,) = output.tables
    assert [row[1] for row in table.rows] == ["event", "no event", "both", "neither"]
    assert sum(row[3] for row in table.rows) == 2500  # type: ignore[misc]
