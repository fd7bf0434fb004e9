"""Performance over time: blocks, trend, season and control chart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from found_in_time import PARAMS, found, patients
from scipy.special import expit, logit

from samd_validate.checks._common import sample_of
from samd_validate.checks.temporal_drift import TemporalDriftParams, temporal_drift
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw
from samd_validate.stats.sample import Sample
from samd_validate.stats.time_course.cusum import cusum
from samd_validate.stats.time_course.terms import Course, time_course

SEASON = "season: odds x 1.6 and / 1.6"


def by_key(
    population: Population, params: TemporalDriftParams
) -> dict[tuple[str, str], Measurement]:
    inputs = Inputs(populations=(population,), intervals=IntervalPlan(n_resamples=50))
    output = temporal_drift.run("t", inputs, params)
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def test_column_that_is_not_there_gives_a_reason_with_those_that_are() -> None:
    one = by_key(patients(1, "nothing"), TemporalDriftParams(order_by="day"))[("time_trend", "all")]
    assert isinstance(one, NotEstimable)
    assert "there are: months" in one.reason


def test_times_that_are_all_alike_give_a_reason() -> None:
    population = patients(1, "nothing")
    months = np.full(population.cohort.size, 3.0)
    same = replace(population, cohort=replace(population.cohort, numbers={"months": months}))
    one = by_key(same, PARAMS)[("time_trend", "all")]
    assert isinstance(one, NotEstimable)
    assert one.code == "too_few"


def test_levels_in_time_make_blocks_and_no_chart() -> None:
    population = patients(2, "trend: odds x 2.2 at the end")
    years = (population.cohort.numbers["months"] // 12).astype(int) + 2014
    cohort = replace(population.cohort, groups={"year": years.astype(str)})
    rows = by_key(
        replace(population, cohort=cohort),
        TemporalDriftParams(order_by="year", measures=("auroc",)),
    )
    assert [subset for name, subset in rows if name == "auroc"] == [
        "year=2014", "year=2015", "year=2016",
    ]  # fmt: skip
    for name in ("cusum_more_p_value", "cusum_fewer_p_value", "ewma_p_value"):
        chart = rows[(name, "all")]
        assert isinstance(chart, NotEstimable)
        assert chart.code == "no_order"


def test_season_without_a_period_is_not_estimable() -> None:
    rows = by_key(patients(3, SEASON), TemporalDriftParams(order_by="months"))
    one = rows[("season_p_value", "all")]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_period"


@pytest.mark.parametrize("odds_ratio", [0.0, 1.0, -2.0])
def test_chart_for_no_change_is_refused(odds_ratio: float) -> None:
    with pytest.raises(ValueError, match="odds_ratio"):
        cusum(np.array([0, 1]), np.array([0.1, 0.2]), odds_ratio, 1)


def test_trend_is_that_of_statsmodels() -> None:
    population = patients(4, "trend: odds x 2.2 at the end")
    sample = Sample(label=population.cohort.label, score=population.score)
    months = population.cohort.numbers["months"]
    course = time_course(sample, months, period=12)
    assert isinstance(course, Course)
    span = (months - months.min()) / np.ptp(months)
    angle = 2 * np.pi * months / 12
    design = np.stack(
        [np.ones_like(span), logit(sample.score), span, np.sin(angle), np.cos(angle)], axis=1
    )
    model = sm.GLM(sample.label, design, family=sm.families.Binomial()).fit()
    assert course.trend.value == pytest.approx(model.params[2], rel=1e-6)
    assert (course.trend.high - course.trend.value) / 1.959964 == pytest.approx(
        model.bse[2], rel=1e-5
    )
    season = model.wald_test(np.eye(5)[3:], scalar=True)
    assert course.season is not None
    assert course.season.p_value == pytest.approx(float(season.pvalue), rel=1e-5)


def test_limits_of_the_season_hold_the_range_that_was_planted() -> None:
    rng, held = np.random.default_rng(9), 0
    for _ in range(200):
        score = rng.uniform(0.05, 0.5, 2500)
        months = rng.uniform(0, 36, 2500)
        risk = expit(logit(score) + 0.47 * np.sin(2 * np.pi * months / 12))
        label = (rng.random(2500) < risk).astype(int)
        course = time_course(Sample(label=label, score=score), months, period=12)
        assert isinstance(course, Course)
        assert course.season is not None
        held += course.season.low <= 0.94 <= course.season.high
    assert held >= 181  # 95 % of 200, less three standard errors


def test_where_there_is_no_season_its_lower_limit_is_nothing() -> None:
    rng = np.random.default_rng(10)
    score, months = rng.uniform(0.05, 0.5, 1500), rng.uniform(0, 36, 1500)
    label = (rng.random(1500) < score).astype(int)
    course = time_course(Sample(label=label, score=score), months, period=12)
    assert isinstance(course, Course)
    assert course.season is not None
    assert course.season.p_value is not None
    assert course.season.p_value > 0.05
    assert course.season.low == 0


def test_path_of_the_chart_is_the_sum_that_never_falls_below_nothing() -> None:
    rng = np.random.default_rng(5)
    risk = rng.uniform(0.05, 0.4, 300)
    label = (rng.random(300) < risk).astype(int)
    found = cusum(label, risk, 2.0, seed=1, n_simulations=50)
    total, path = 0.0, []
    for outcome, chance in zip(label, risk, strict=True):
        weight = outcome * np.log(2.0) - np.log(1 - chance + 2.0 * chance)
        total = max(0.0, total + weight)
        path.append(total)
    assert found.path == pytest.approx(path, abs=1e-10)


def test_chart_in_control_passes_its_limit_as_seldom_as_stated() -> None:
    rng = np.random.default_rng(6)
    risk = rng.uniform(0.05, 0.4, 400)
    passed = 0
    for seed in range(200):
        label = (rng.random(400) < risk).astype(int)
        passed += cusum(label, risk, 2.0, seed, n_simulations=200).first is not None
    assert passed <= 22  # 5 % of 200, and three standard errors


@pytest.mark.requirement("REQ-MONITORING")
def test_planted_season_is_found_and_nothing_where_nothing_changes() -> None:
    seeds = range(12)
    assert sum(found(seed, SEASON)["season"] for seed in seeds) >= 10
    quiet = [found(100 + seed, "nothing") for seed in seeds]
    assert sum(one["season"] for one in quiet) <= 3
    assert sum(one["trend"] for one in quiet) <= 3


def test_chart_can_be_drawn() -> None:
    inputs = Inputs(populations=(patients(7, SEASON),), intervals=IntervalPlan(n_resamples=50))
    output = temporal_drift.run("t", inputs, PARAMS)
    sums, mean = (one for one in output.figures if one.kind == "control_chart")
    assert draw(sums).count("more events than expected") >= 1
    assert draw(mean).count("observed less expected") >= 1


def test_order_of_the_rows_does_not_matter() -> None:
    population = patients(8, SEASON)
    rows = np.random.default_rng(1).permutation(population.cohort.size)
    mixed = replace(population, cohort=population.cohort.take(rows), score=population.score[rows])
    one, other = (by_key(p, PARAMS)[("time_trend", "all")] for p in (population, mixed))
    assert isinstance(one, Estimate)
    assert isinstance(other, Estimate)
    assert one.value == pytest.approx(other.value, rel=1e-9)
    assert sample_of(mixed).n == one.n
