"""The simulated hospitals hold what their truth says, and the twin holds nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import ReadRequest
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu
from samd_validate.readers.simulation.drivers import drivers
from samd_validate.readers.simulation.measurements import BETWEEN, WITHIN, values_of
from samd_validate.readers.simulation.people import (
    ADMISSIONS,
    ON_ADMISSION,
    RIVERSIDE,
    SITES,
    draw_people,
)
from samd_validate.readers.simulation.variables import SIMULATED


def draw(site: str, stays: int = 4000, seed: int = 3, **options: Any) -> Cohort:
    request = ReadRequest(dataset="d", place=None, seed=seed, window_hours=48)
    params = SimulatedIcuParams(site=site, stays=stays, **options)  # type: ignore[arg-type]
    cohort: Cohort = simulated_icu.run(request, params)
    return cohort


def truth(cohort: Cohort) -> dict[str, Any]:
    planted = cohort.attachments["simulation_truth_d"]
    assert isinstance(planted, dict)
    return planted


@pytest.fixture(scope="module")
def riverside() -> Cohort:
    return draw("riverside", 5000)


@pytest.fixture(scope="module")
def hillcrest() -> Cohort:
    return draw("hillcrest", 5000)


@pytest.mark.parametrize(
    "options", [{"site": "elsewhere"}, {"site": "riverside", "stays": 5}, {"sit": 1}]
)
def test_parameters_that_make_no_hospital(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SimulatedIcuParams(**options)


def test_same_seed_gives_the_same_bytes_and_another_seed_another_hospital() -> None:
    prints = [draw("hillcrest", 300, seed).provenance.fingerprint for seed in (1, 1, 2)]
    assert prints[0] == prints[1] != prints[2]


def test_mortality_is_near_eleven_percent_at_home(riverside: Cohort) -> None:
    assert riverside.n_events / riverside.size == pytest.approx(0.11, abs=0.012)


def test_there_are_at_least_twenty_five_variables_with_units_and_values_in_limits(
    riverside: Cohort,
) -> None:
    assert riverside.series is not None
    assert len(riverside.series.variables) >= 25
    for index, variable in enumerate(riverside.series.variables):
        values = riverside.series.value[riverside.series.variable_index == index]
        assert variable.unit
        assert values.size > 500, variable.name
        assert values.min() >= np.float32(variable.low)
        assert values.max() <= np.float32(variable.high)


def test_true_risk_ranks_as_well_as_the_truth_says(riverside: Cohort) -> None:
    assert truth(riverside)["auroc_of_true_risk"] == pytest.approx(0.90, abs=0.02)


@pytest.mark.parametrize("name", ["lactate", "ph", "bilirubin"])
def test_being_measured_says_something_about_dying(riverside: Cohort, name: str) -> None:
    assert riverside.series is not None
    index = [variable.name for variable in riverside.series.variables].index(name)
    measured = np.zeros(riverside.size, dtype=bool)
    measured[riverside.series.unit_index[riverside.series.variable_index == index]] = True
    died = riverside.label == 1
    assert measured[died].mean() > measured[~died].mean() + 0.1


def test_vital_signs_follow_the_time_of_day() -> None:
    generator = np.random.default_rng(1)
    people = draw_people(RIVERSIDE, 2000, generator)
    unit = np.repeat(np.arange(2000), 24)
    hours = np.tile(np.arange(24.0), 2000)
    zero = np.zeros(2000)
    drawn = values_of(SIMULATED[0], people, unit, hours, zero[unit], zero, 48.0, generator)
    by_hour = drawn.reshape(2000, 24).mean(axis=0)
    assert by_hour[17] - by_hour[5] > 4


def test_patients_with_two_stays_are_one_cluster(riverside: Cohort) -> None:
    patients = np.unique(riverside.patient_id).size
    assert 1 - patients / riverside.size == pytest.approx(0.055, abs=0.01)
    again = {riverside.patient_id[row]: row for row in range(riverside.size)}
    for row in range(200):
        twin = again[riverside.patient_id[row]]
        assert riverside.groups["sex"][row] == riverside.groups["sex"][twin]


def test_errors_of_charting_are_treated_and_counted(riverside: Cohort) -> None:
    assert riverside.series is not None
    handled = {row.reason: row.count for row in riverside.flow if row.kind == "handled"}
    outside = handled["outside plausible limits, not used"]
    outside += handled["outside plausible limits after they were added up, not used"]
    assert outside / handled["used"] == pytest.approx(0.002, rel=0.2)


def test_second_hospital_differs_as_planted(riverside: Cohort, hillcrest: Cohort) -> None:
    assert hillcrest.numbers["age_years"].mean() > riverside.numbers["age_years"].mean() + 2
    assert riverside.series is not None
    assert hillcrest.series is not None
    assert hillcrest.series.value.size < 0.95 * riverside.series.value.size
    assert truth(riverside)["differs_from_riverside"] == {}


def test_more_die_in_the_planted_subgroup_than_measurements_tell(hillcrest: Cohort) -> None:
    planted = truth(hillcrest)["subgroup"]
    group = hillcrest.groups[planted["group"]] == planted["level"]
    assert planted["n"] == int(group.sum())
    assert planted["observed"] == int(hillcrest.label[group].sum())
    assert planted["observed"] / planted["expected_from_measurements"] > 1.5


@pytest.mark.parametrize("site", ["riverside", "hillcrest"])
def test_people_and_names_are_those_drawn_and_series_account_for_themselves(site: str) -> None:
    cohort = draw(site, 300, seed=8)
    people = draw_people(SITES[site], 300, np.random.Generator(np.random.Philox(8)))
    assert cohort.unit_id.tolist() == [f"{site}-stay-{one:06d}" for one in range(300)]
    assert cohort.patient_id.tolist() == [f"{site}-patient-{one:06d}" for one in people.patient]
    assert cohort.label.tolist() == people.label.tolist()
    assert {name: column.tolist() for name, column in cohort.groups.items()} == {
        name: column.tolist() for name, column in people.groups.items()
    }
    harmonised = cohort.attachments["harmonisation_d"]
    assert isinstance(harmonised, dict)
    assert harmonised["source"] == {"riverside": "mimic_iv", "hillcrest": "eicu_crd"}[site]
    assert {one["status"] for one in harmonised["variables"]} == {"found"}
    assert len(harmonised["variables"]) == len(SIMULATED)


def test_twin_differs_in_nothing() -> None:
    twin, home = draw("hillcrest", 500, planted=False), draw("riverside", 500)
    assert twin.series is not None
    assert home.series is not None
    assert np.array_equal(twin.series.value, home.series.value)
    assert np.array_equal(twin.numbers["age_years"], home.numbers["age_years"])
    assert truth(twin)["differs_from_riverside"] == {}
    assert truth(twin)["subgroup"] is None
    assert twin.provenance.is_simulated


def test_drivers_are_the_slopes_that_the_drawn_patients_show() -> None:
    people = draw_people(RIVERSIDE, 60_000, np.random.default_rng(4))
    told = drivers(RIVERSIDE)
    log_odds = np.log(people.told_risk) - np.log1p(-people.told_risk)
    generator = np.random.default_rng(5)
    for one in SIMULATED:
        other = np.hypot(BETWEEN, WITHIN) * generator.standard_normal(log_odds.size)
        value = one.loading * people.end[:, one.organ] + other
        slope = np.cov(value, log_odds)[0, 1] / value.std()
        assert told[one.name] == pytest.approx(slope, abs=0.03)
    ages = people.age_years
    assert told["age_years"] == pytest.approx(
        np.cov(ages, log_odds)[0, 1] / ages.std(), abs=0.03
    )  # ages are cut at 18 and 95
    effect = dict(zip(ADMISSIONS, ON_ADMISSION, strict=True))
    effects = np.array([effect[kind] for kind in people.groups["admission_type"].tolist()])
    assert told["admission_type"] == pytest.approx(effects.std(), abs=0.01)
