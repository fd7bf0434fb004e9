"""Slices that nobody named: searched in one half of the patients, confirmed in the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from found_slices import PARAMS, PLANTED, confirmed, patients
from grouped_patients import drawn
from scipy.special import logit

from samd_validate.checks.slices.describe import slices_of
from samd_validate.checks.subgroup_discovery import SubgroupDiscoveryParams, subgroup_discovery
from samd_validate.core.estimate import NotEstimable
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.stats.sample import Sample
from samd_validate.stats.slices.choose import halves
from samd_validate.stats.slices.miscalibration import shifts


def first_finding(population: Population, params: SubgroupDiscoveryParams) -> object:
    inputs = Inputs(populations=(population,), intervals=IntervalPlan())
    return subgroup_discovery.run("d", inputs, params).findings[0].measurement


def test_columns_that_a_cohort_has_not_give_a_reason_and_no_number() -> None:
    params = SubgroupDiscoveryParams(groups=("colour",), numbers=("height",))
    one = first_finding(drawn(1), params)
    assert isinstance(one, NotEstimable)
    assert one.code == "too_small"


def test_population_without_events_in_a_half_gives_a_reason() -> None:
    population = drawn(2)
    cohort = replace(population.cohort, label=np.zeros(population.cohort.size, dtype=np.int8))
    one = first_finding(
        replace(population, cohort=cohort), SubgroupDiscoveryParams(groups=("sex",))
    )
    assert isinstance(one, NotEstimable)


@pytest.mark.parametrize("score", [[0.2, 1.2], [-0.1, 0.5]])
def test_score_that_is_no_risk_is_refused(score: list[float]) -> None:
    with pytest.raises(ValueError, match="score must lie"):
        shifts(Sample(label=np.array([0, 1]), score=np.array(score)), np.ones((1, 2), dtype=bool))


def test_score_test_is_that_of_a_logistic_regression() -> None:
    rng = np.random.default_rng(4)
    score = rng.uniform(0.05, 0.6, 6000)
    group = rng.random(6000) < 0.25
    label = (rng.random(6000) < np.clip(score + 0.04 * group, 0, 1)).astype(int)
    found = shifts(Sample(label=label, score=score), group[None])
    design = sm.add_constant(group.astype(float))
    family = sm.families.Binomial()
    model = sm.GLM(label, design, family=family, offset=logit(score)).fit(cov_type="HC0")
    assert found.z[0] == pytest.approx(model.tvalues[1], rel=0.03)
    assert found.log_odds[0] == pytest.approx(model.params[1], rel=0.05)


def test_rows_repeated_within_patients_do_not_make_it_surer() -> None:
    rng = np.random.default_rng(5)
    score = rng.uniform(0.05, 0.6, 2000)
    label = (rng.random(2000) < score).astype(int)
    group = rng.random(2000) < 0.3
    once = shifts(Sample(label=label, score=score), group[None])
    three = [np.tile(one, 3) for one in (label, score, group, np.arange(2000))]
    again = shifts(Sample(label=three[0], score=three[1], cluster=three[3]), three[2][None])
    assert again.z[0] == pytest.approx(once.z[0], rel=1e-9)


def test_group_of_all_or_of_nobody_does_not_stand_out() -> None:
    sample = Sample(label=np.array([0, 1, 0, 1]), score=np.array([0.2, 0.4, 0.3, 0.6]))
    found = shifts(sample, np.array([[True] * 4, [False] * 4]))
    assert found.z.tolist() == [0, 0]


def test_patients_are_not_split_between_the_halves() -> None:
    codes = np.repeat(np.arange(50), 3)
    first = halves(codes, seed=2)
    assert all(len(set(first[codes == patient])) == 1 for patient in range(50))
    assert first.sum() == 75


def test_cut_points_come_from_the_first_half_alone() -> None:
    population = patients(3, 1.0)
    age = np.where(np.arange(3000) < 1500, 10.0, 1000.0) + np.arange(3000) % 100
    cohort = replace(population.cohort, numbers={"age_years": age})
    found = slices_of(cohort, (), ("age_years",), np.arange(3000) < 1500, 1)
    assert all(float(name.split()[-1]) < 200 for name in found.names)


def test_slices_cross_different_columns_only() -> None:
    population = patients(3, 1.0)
    first = np.ones(3000, dtype=bool)
    found = slices_of(population.cohort, PARAMS.groups, PARAMS.numbers, first, 2)
    crossed = [name.split("&") for name in found.names if "&" in name]
    assert crossed
    assert all(one.split("=")[0] != other.split("=")[0] for one, other in crossed)


@pytest.mark.requirement("REQ-FAIRNESS-SUBGROUPS")
def test_planted_group_is_confirmed_in_nine_of_ten_seeds_and_none_in_the_twin() -> None:
    seeds = range(20)
    planted = sum(any(PLANTED in name for name in confirmed(s, 3.0)) for s in seeds)
    false = sum(bool(confirmed(700 + s, 1.0)) for s in seeds)
    assert planted >= 18
    assert false <= 3
