"""Groups, their crossings, and how they compare."""

from __future__ import annotations

import pytest
from grouped_patients import drawn
from pydantic import ValidationError
from statsmodels.stats.multitest import multipletests

from samd_validate.checks._common import sample_of
from samd_validate.checks.subgroups import SubgroupParams, subgroups
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.stats.engine import difference

PLAN = IntervalPlan(n_resamples=400, seed=3)
Found = dict[tuple[str, str], Measurement]


def found(population: Population, **params: object) -> Found:
    chosen = SubgroupParams.model_validate({"groups": ("sex", "region"), **params})
    inputs = Inputs(populations=(population,), intervals=PLAN)
    output = subgroups.run("s", inputs, chosen)
    return {(one.subset, one.measure): one.measurement for one in output.findings}


def test_reference_of_a_column_that_is_no_group_is_refused() -> None:
    with pytest.raises(ValidationError, match="reference of colour"):
        SubgroupParams(groups=("sex",), reference={"colour": "red"})


def test_every_crossing_is_a_row_also_where_nobody_is() -> None:
    population = drawn(1)
    cohort = population.cohort
    empty = (cohort.groups["sex"] == "male") & (cohort.groups["region"] == "west")
    kept = Population(name="test", cohort=cohort.take(~empty), score=population.score[~empty])
    rows = found(kept, intersections=[["sex", "region"]], measures=("auroc",))
    crossed = [name for name, measure in rows if "&" in name and measure == "auroc"]
    assert len(crossed) == 6
    nobody = rows[("sex=male&region=west", "auroc")]
    assert isinstance(nobody, NotEstimable)
    assert nobody.n == 0
    assert "more are needed" in nobody.reason


def test_a_group_that_is_too_small_is_told_how_many_more_it_needs() -> None:
    rows = found(drawn(2, n=1200), min_events=60, measures=("auroc",), half_width=0.05)
    west = rows[("region=west", "auroc")]
    assert isinstance(west, NotEstimable)
    assert west.code == "too_small"
    assert "asks for at least 50 and 60 of each outcome; about" in west.reason
    assert "for an interval of +/- 0.05 about" in west.reason
    assert rows[("region=west", "auroc_difference_to_rest")] == west


def test_difference_to_the_rest_is_that_of_two_samples_with_adjusted_p() -> None:
    population = drawn(3)
    rows = found(population, measures=("brier",))
    column = population.cohort.groups["region"]
    sample = sample_of(population)
    raw = {}
    for family, levels in (("sex", ("female", "male")), ("region", ("north", "south", "west"))):
        values = population.cohort.groups[family]
        for level in levels:
            rest = (values != level) & (values != "")
            raw[f"{family}={level}"] = difference(
                "brier", sample.take(values == level), sample.take(rest), PLAN
            )
    assert (column == "").any()
    holm = multipletests([one.p_value for one in raw.values()], method="holm")[1]
    for (name, expected), p_value in zip(raw.items(), holm, strict=True):
        own = rows[(name, "brier_difference_to_rest")]
        assert isinstance(own, Estimate)
        assert isinstance(expected, Estimate)
        assert (own.value, own.low, own.high) == (expected.value, expected.low, expected.high)
        assert own.p_value == pytest.approx(p_value, rel=1e-12)
        assert "adjusted for 5 comparisons" in own.note


def test_difference_to_a_reference_leaves_the_reference_out() -> None:
    rows = found(drawn(4), reference={"region": "north"}, measures=("auroc",))
    named = {name for name, measure in rows if measure == "auroc_difference_to_reference"}
    assert named == {"region=south", "region=west"}


def test_reference_that_nobody_is_in_is_a_reason() -> None:
    rows = found(drawn(4), reference={"region": "east"}, measures=("auroc",))
    one = rows[("region=south", "auroc_difference_to_reference")]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_reference"


def test_column_that_a_cohort_has_not_leaves_a_row_without_a_number() -> None:
    rows = found(drawn(5), groups=("sex", "ethnicity"), measures=("auroc",))
    gap = rows[("ethnicity", "auroc_largest_gap")]
    assert isinstance(gap, NotEstimable)
    assert gap.code == "few_groups"


def test_planted_crossing_is_found_and_widens_the_gap() -> None:
    rows = found(
        drawn(6, n=6000, shift=1.0),
        intersections=[["sex", "region"]],
        measures=("calibration_in_the_large",),
    )
    planted = rows[("sex=female&region=south", "calibration_in_the_large_difference_to_rest")]
    gap = rows[("sex&region", "calibration_in_the_large_largest_gap")]
    assert isinstance(planted, Estimate)
    assert isinstance(gap, Estimate)
    assert planted.low > 0.5
    assert planted.p_value is not None
    assert planted.p_value < 0.001
    assert gap.low > 0.4


def test_where_groups_are_alike_no_difference_shows_oftener_than_the_level() -> None:
    false = 0
    for seed in range(40):
        rows = found(drawn(100 + seed, n=800), measures=("calibration_in_the_large",))
        tested = [
            one.p_value
            for (_, measure), one in rows.items()
            if measure.endswith("to_rest") and isinstance(one, Estimate)
        ]
        false += min(p for p in tested if p is not None) < 0.05
    assert false <= 6
