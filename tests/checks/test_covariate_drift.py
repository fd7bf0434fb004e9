"""The check of other patients: what it refuses, what it compares, what it finds and what not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from leaky import hospital

from samd_validate.checks.covariate_drift import CovariateDriftParams, covariate_drift
from samd_validate.checks.drift.columns import joint, pairs_of
from samd_validate.checks.drift.compared import comparisons
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw

pytestmark = pytest.mark.requirement("REQ-MONITORING")
PLAN = IntervalPlan(n_resamples=200, seed=3)
NOWHERE = Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f")


def ward(name: str, n: int, seed: int, *, older: float = 0.0, gaps: float = 0.1) -> Cohort:
    """Return patients with two stays each: age, an outcome that is no input, a gappy value, sex."""
    generator = np.random.default_rng(seed)
    age = np.repeat(generator.normal(60 + older, 10, n), 2)
    value = generator.standard_normal(2 * n)
    value[generator.random(2 * n) < gaps] = np.nan
    label = (np.arange(2 * n) % 4 == 0).astype(np.int8)
    return Cohort(
        name=name,
        unit_id=np.array([f"{name}{row}" for row in range(2 * n)]),
        patient_id=np.array([f"{name}-p{row // 2}" for row in range(2 * n)]),
        site=np.array([f"{name}-{'east' if row < n else 'west'}" for row in range(2 * n)]),
        label=label,
        provenance=NOWHERE,
        numbers={"age_years": age, "value": value, "outcome_hours": label * 99.0},
        groups={"sex": np.repeat(generator.choice(["f", "m", ""], n, p=[0.5, 0.45, 0.05]), 2)},
    )


def inputs_of(*others: Cohort, development: Cohort | None = None) -> Inputs:
    populations = tuple(
        Population(name=one.name, cohort=one, score=np.full(one.size, 0.1), is_external=True)
        for one in others
    )
    return Inputs(populations=populations, intervals=PLAN, development=development)


def seen(inputs: Inputs, **params: Any) -> CheckOutput:
    quick = {"permutations": 99, "classifier": "linear", **params}
    return covariate_drift.run("drift", inputs, CovariateDriftParams.model_validate(quick))


def measured(output: CheckOutput) -> dict[tuple[str, str, str], Measurement]:
    return {(one.population, one.subset, one.measure): one.measurement for one in output.findings}


def value(found: Measurement) -> float:
    assert isinstance(found, Estimate)
    return found.value


HOME = ward("home", 300, 1)


def test_unknown_reference_is_told_with_what_there_is() -> None:
    found = measured(seen(inputs_of(ward("a", 60, 2), development=HOME), reference="developmen"))
    (none,) = found.values()
    assert isinstance(none, NotEstimable)
    assert "did you mean 'development'" in none.reason


def test_one_population_of_one_site_has_nothing_to_be_compared_with() -> None:
    alone = HOME.take(HOME.site == "home-east")
    found = measured(seen(inputs_of(alone)))
    assert [one.code for one in found.values() if isinstance(one, NotEstimable)] == [
        "no_comparison"
    ]


def test_data_sets_without_a_common_column_give_no_number() -> None:
    found = measured(
        seen(inputs_of(ward("a", 60, 2), development=HOME), leave_out=["age_years", "value", "sex"])
    )
    none = found["a", "all", "n_shifted"]
    assert isinstance(none, NotEstimable)
    assert none.code == "no_columns"
    assert value(found["a", "all", "prevalence_difference"]) == pytest.approx(0)


def test_column_that_is_not_there_is_told_with_those_that_are() -> None:
    found = measured(seen(inputs_of(ward("a", 60, 2), development=HOME), variables=["ages"]))
    none = found["a", "variable=ages", "ks_distance"]
    assert isinstance(none, NotEstimable)
    assert "allowed: age_years, sex, value" in none.reason


def test_too_few_patients_are_not_assessed() -> None:
    found = measured(seen(inputs_of(ward("a", 6, 2), development=HOME)))
    assert {one.code for one in found.values() if isinstance(one, NotEstimable)} == {
        "none_tested",
        "too_few",
    }


def test_older_patients_with_other_gaps_are_found_and_named() -> None:
    there = ward("there", 250, 2, older=8, gaps=0.4)
    output = seen(inputs_of(there, development=HOME), variables=["age_years", "value", "sex"])
    found = measured(output)
    assert value(found["there", "all", "n_shifted"]) == 2
    assert value(found["there", "all", "n_shifted_relevant"]) == 2
    assert value(found["there", "all", "mmd_p_value"]) == pytest.approx(0.01)
    assert value(found["there", "all", "c2st_auroc"]) > 0.65
    age = found["there", "variable=age_years", "ks_distance"]
    assert isinstance(age, Estimate)
    assert age.low > 0.1
    assert "80% power from" in age.note
    assert value(found["there", "variable=age_years", "wasserstein"]) == pytest.approx(0.8, abs=0.2)
    gaps = value(found["there", "variable=value", "missing_difference"])
    assert gaps == pytest.approx(0.3, abs=0.06)
    assert value(found["there", "variable=sex", "cramers_v"]) < 0.1
    (table,) = output.tables
    assert {table.rows[0][0], table.rows[1][0]} == {"age years", "value"}
    for figure in output.figures:
        assert "<svg" in draw(figure)


def test_twins_are_not_told_apart() -> None:
    found = measured(seen(inputs_of(ward("twin", 250, 5), development=HOME)))
    assert value(found["twin", "all", "n_shifted"]) == 0
    assert value(found["twin", "all", "mmd_p_value"]) > 0.05
    apart = found["twin", "all", "c2st_auroc"]
    assert isinstance(apart, Estimate)
    assert apart.low < 0.5


def test_predictions_alone_are_compared_with_the_first_population() -> None:
    output = seen(inputs_of(HOME, ward("a", 60, 2), ward("b", 60, 3)))
    assert {one.population for one in output.findings} == {"a", "b"}


def test_single_population_is_compared_by_site() -> None:
    output = seen(inputs_of(HOME), variables=["age_years"])
    assert {one.subset for one in output.findings} == {
        "site=home-west",
        "site=home-west&variable=age_years",
    }


def test_patients_of_both_sides_are_counted_and_not_named() -> None:
    output = seen(inputs_of(ward("home", 60, 2), development=HOME))
    assert output.notes == ("home against development: 60 patients are in both and were taken for "
                            "different ones",)  # fmt: skip


def test_outcomes_are_no_covariates_and_rare_levels_are_one() -> None:
    (compared,), _ = comparisons(
        inputs_of(ward("a", 60, 2), development=HOME), None, with_internal=False
    )
    pairs = pairs_of(compared, ())
    assert [one.name for one in pairs] == ["age_years", "value", "sex"]
    features = joint(pairs)
    assert features.values.shape == (720, 5)
    assert np.isfinite(features.filled).all()
    assert features.filled.shape == (720, 6)
    np.testing.assert_allclose(features.filled.mean(axis=0), 0, atol=1e-12)


def test_series_count_as_mean_last_and_number_of_values() -> None:
    home, there = hospital("riverside", 1, stays=200), hospital("hillcrest", 2, stays=200)
    output = seen(
        inputs_of(there, development=home), classifier="boosting", variables=["heart_rate:count"]
    )
    found = measured(output)
    assert value(found[there.name, "variable=heart_rate:count", "ks_distance"]) > 0.1
    assert value(found[there.name, "all", "c2st_auroc"]) > 0.6
    shares = [row["value"] for row in output.figures[1].content["rows"]]  # type: ignore[index,attr-defined]
    assert shares == sorted(shares, reverse=True)
    assert "SHAP" in output.figures[1].caption


def test_two_runs_are_the_same() -> None:
    inputs = inputs_of(ward("a", 60, 2), development=HOME)
    assert seen(inputs, classifier="boosting") == seen(inputs, classifier="boosting")
