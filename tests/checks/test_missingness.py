"""Missingness: what was planted in who gets measured is found, where nothing was it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from leaky import hospital, study

from samd_validate.checks.missing.measured import measured
from samd_validate.checks.missingness import MissingnessParams, missingness
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs

pytestmark = pytest.mark.requirement("REQ-MISSING-DATA")
HOME, AWAY = hospital("riverside", 1, stays=1200), hospital("hillcrest", 2, stays=1200)
assert HOME.series is not None
NAMES = tuple(one.name for one in HOME.series.variables)


def looked_at(inputs: Inputs) -> CheckOutput:
    return missingness.run("m", inputs, MissingnessParams(variables=NAMES))


def numbers(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def without_reason(cohort: Cohort, seed: int) -> Cohort:
    """Return the cohort with series dealt out anew: who was measured tells nothing."""
    series = cohort.series
    assert series is not None
    order = np.random.default_rng(seed).permutation(cohort.size)
    dealt = series.rows_of(order, cohort.size)
    return replace(cohort, series=dealt)


def test_cohort_without_series_has_no_number_and_says_so() -> None:
    whole = study(HOME, AWAY)
    bare = replace(whole.populations[0], cohort=replace(AWAY, series=None))
    found = numbers(looked_at(replace(whole, populations=(bare,))))
    assert isinstance(found[("mask_auroc", "all")], NotEstimable)
    assert found[("mask_auroc", "all")].code == "no_series"  # type: ignore[union-attr]


def test_predictions_alone_have_no_part_to_learn_the_pattern_from() -> None:
    alone = replace(study(HOME, AWAY), development=None, model=None)
    found = numbers(looked_at(alone))
    pattern = found[("mask_auroc", "all")]
    assert isinstance(pattern, NotEstimable)
    assert pattern.code == "no_development"
    assert isinstance(found[("odds_ratio_measured", "variable=lactate")], Estimate)


@pytest.mark.parametrize("params", [{"adjust": "none"}, {"alpha": 0}, {"level": 0.9}])
def test_unknown_adjustments_and_levels_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        MissingnessParams.model_validate(params)


def test_variable_that_the_protocol_names_and_the_data_set_lacks_has_a_row() -> None:
    params = MissingnessParams(variables=("lactat",))
    found = numbers(missingness.run("m", study(HOME, AWAY), params))
    lacking = found[("odds_ratio_measured", "variable=lactat")]
    assert isinstance(lacking, NotEstimable)
    assert "did you mean 'lactate'" in lacking.reason


def test_variable_measured_in_every_stay_and_in_none_is_named_as_such() -> None:
    series = AWAY.series
    assert series is not None
    names = [one.name for one in series.variables]
    kept = series.only(series.variable_index != names.index("troponin_t"))
    found = numbers(looked_at(study(HOME, replace(AWAY, series=kept))))
    never = found[("odds_ratio_measured", "variable=troponin_t")]
    always = found[("odds_ratio_measured", "variable=heart_rate")]
    assert isinstance(never, NotEstimable)
    assert never.reason == "no stay has a value"
    assert isinstance(always, NotEstimable)
    assert always.reason == "every stay has a value"


def test_selective_orders_of_the_simulated_hospital_are_found_informative() -> None:
    found = numbers(looked_at(study(HOME, AWAY)))
    lactate = found[("odds_ratio_measured", "variable=lactate")]
    assert isinstance(lactate, Estimate)
    assert lactate.low > 1
    assert lactate.p_value is not None
    assert lactate.p_value < 0.001
    for measure in ("mask_auroc", "count_auroc"):
        pattern = found[(measure, "all")]
        assert isinstance(pattern, Estimate)
        assert pattern.low > 0.6


def test_series_dealt_out_at_random_tell_nothing() -> None:
    false_alarms, within = 0, 0
    for seed in range(5):
        found = numbers(looked_at(study(HOME, without_reason(AWAY, seed))))
        count, pattern = found[("informative_variables", "all")], found[("mask_auroc", "all")]
        assert isinstance(count, Estimate)
        assert isinstance(pattern, Estimate)
        false_alarms += count.value > 0
        within += pattern.low <= 0.5 <= pattern.high
    assert false_alarms <= 1  # Holm: any false one in at most 5 % of data sets
    assert within >= 4


def test_adjusted_p_values_are_never_smaller_and_say_over_how_many() -> None:
    output = looked_at(study(HOME, AWAY))
    (table,) = [one for one in output.tables if one.id == "m-variables-away"]
    assert len(table.rows) == len(AWAY.series.variables)  # type: ignore[union-attr]
    tested = [
        one.measurement
        for one in output.findings
        if one.measure == "odds_ratio_measured" and isinstance(one.measurement, Estimate)
    ]
    assert all(f"adjusted over {len(tested)} variables (holm)" in one.note for one in tested)


def test_counts_and_first_hours_by_hand() -> None:
    tiny = AWAY.take(np.arange(2))
    series = tiny.series
    assert series is not None
    made = replace(
        series,
        stored_hours=None,
        unit_index=np.array([0, 0, 1]),
        time_hours=np.array([2.0, 6.0, 99.0]),
        variable_index=np.array([1, 1, 1]),
        value=np.array([1.0, 1.0, 1.0]),
    )
    seen = measured(replace(tiny, series=made))
    assert seen is not None
    assert seen.count[:, 1].tolist() == [2, 0]  # what comes after the window does not count
    assert seen.per_day(1) == pytest.approx(1.0)
    assert seen.median_first_hour(1) == 2
    assert seen.median_first_hour(0) is None


def test_variable_that_a_site_does_not_have_is_never_measured_there() -> None:
    series = AWAY.series
    assert series is not None
    fewer = replace(series.only(series.variable_index < 20), variables=series.variables[:20])
    whole = study(HOME, AWAY)
    population = replace(whole.populations[0], cohort=replace(AWAY, series=fewer))
    output = looked_at(replace(whole, populations=(population,)))
    (figure,) = output.figures
    last = figure.content["values"][-1]  # type: ignore[index]
    assert last[2:] == [0.0, 0.0]


def test_shares_by_site_are_shown_where_a_data_set_has_several() -> None:
    sites = np.where(np.arange(AWAY.size) % 3 == 0, "north", "south")
    output = looked_at(study(HOME, replace(AWAY, site=sites)))
    (table,) = [one for one in output.tables if one.id == "m-sites"]
    assert table.columns == ("variable", "development: riverside", "away: south", "away: north")
