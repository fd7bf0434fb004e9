"""Estimates against outside tools, at their edges, and with patients as the unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import (
    MEASURES,
    choose_threshold,
    difference,
    estimate,
    estimate_subsets,
    paired_difference,
    replicate_subsets,
)
from samd_validate.stats.resampling.layout import layout_of
from samd_validate.stats.resampling.resample import sums_of
from samd_validate.stats.resampling.weighted import sorted_rows
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import value_of

PLAN = IntervalPlan(n_resamples=300, seed=4)


def sample(n: int = 400, seed: int = 1, digits: int = 2, **options: Any) -> Sample:
    generator = np.random.default_rng(seed)
    x = generator.normal(-1.5, 1.2, n)
    score = np.clip(np.round(1 / (1 + np.exp(-x)), digits), 0.01, 0.99)
    label = (generator.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    return Sample(label=label, score=score, **options)


def value(measure: str, one: Sample) -> float:
    return value_of(measure, layout_of(one))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
@pytest.mark.requirement("SW-STAT-POINT")
def test_point_values_agree_with_scikit_learn(seed: int, digits: int) -> None:
    one = sample(200, seed, digits)
    if one.n_events in (0, one.n):
        return
    assert value("auroc", one) == pytest.approx(roc_auc_score(one.label, one.score), abs=1e-12)
    assert value("auprc", one) == pytest.approx(
        average_precision_score(one.label, one.score), abs=1e-12
    )
    assert value("brier", one) == pytest.approx(brier_score_loss(one.label, one.score), abs=1e-12)
    assert value("log_loss", one) == pytest.approx(log_loss(one.label, one.score), abs=1e-9)


def test_shares_at_the_threshold_agree_with_scikit_learn() -> None:
    from sklearn.metrics import f1_score, matthews_corrcoef

    one = sample(threshold=0.2)
    alarm = one.score >= 0.2
    assert value("f1", one) == pytest.approx(f1_score(one.label, alarm), abs=1e-12)
    assert value("mcc", one) == pytest.approx(matthews_corrcoef(one.label, alarm), abs=1e-12)
    chosen = choose_threshold("youden", one.label, one.score)
    assert value("youden_threshold", one) == pytest.approx(chosen)
    share = one.label.mean()
    assert value("scaled_brier", one) == pytest.approx(
        1 - value("brier", one) / (share * (1 - share)), abs=1e-12
    )


def test_recalibration_agrees_with_a_logistic_regression() -> None:
    import statsmodels.api as sm

    one = sample()
    x = np.log(one.score / (1 - one.score))
    free = sm.GLM(one.label, sm.add_constant(x), family=sm.families.Binomial()).fit()
    fixed = sm.GLM(one.label, np.ones(one.n), family=sm.families.Binomial(), offset=x).fit()
    assert value("calibration_intercept", one) == pytest.approx(free.params[0], abs=1e-7)
    assert value("calibration_slope", one) == pytest.approx(free.params[1], abs=1e-7)
    assert value("calibration_in_the_large", one) == pytest.approx(fixed.params[0], abs=1e-7)


def test_weights_are_repeated_rows() -> None:
    one = sample(60, threshold=0.2)
    times = np.random.default_rng(2).integers(0, 4, one.n)
    repeated = Sample(
        label=np.repeat(one.label, times), score=np.repeat(one.score, times), threshold=0.2
    )
    layout = layout_of(one)
    weight = times[layout.rows].astype(np.uint8)
    for measure, about in MEASURES.items():
        if about.is_from_sums:
            weighted = float(about.from_sums(sums_of(layout, about.wanted, weight))[0])
        elif about.weighted is not None:
            rows = sorted_rows(layout)
            weighted = float(about.weighted(rows, weight[rows.order][None].astype(float))[0])
        else:
            continue
        assert weighted == pytest.approx(value(measure, repeated), abs=1e-9), measure


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_ranking_does_not_change_under_a_monotone_transform(seed: int) -> None:
    one = sample(100, seed)
    if one.n_events in (0, one.n):
        return
    other = one.with_score(one.score**3)
    assert value("auroc", one) == pytest.approx(value("auroc", other), abs=1e-12)
    flipped = Sample(label=1 - one.label, score=-one.score)
    assert value("auroc", one) == pytest.approx(value("auroc", flipped), abs=1e-12)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": [0, 2], "score": [0.1, 0.2]}, "label must be 0 or 1"),
        ({"label": [0, 1], "score": [0.1, float("nan")]}, "score must be finite"),
        ({"label": [0, 1], "score": [0.1]}, "one length"),
        ({"label": [0, 1], "score": [0.1, 0.2], "cluster": [1]}, "one length"),
    ],
)
def test_sample_that_is_none(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sample(**{name: np.array(column) for name, column in fields.items()})


@pytest.mark.parametrize("label", [np.zeros(50), np.ones(50)])
@pytest.mark.requirement("SW-STAT-NO-NAN")
def test_one_class_has_no_auroc_and_says_so(label: np.ndarray) -> None:
    one = Sample(label=label, score=np.linspace(0, 1, 50))
    found = estimate(("auroc", "prevalence"), one, PLAN)
    assert isinstance(found["auroc"], NotEstimable)
    assert found["auroc"].code == "one_class"
    assert isinstance(found["prevalence"], Estimate)


@pytest.mark.requirement("SW-STAT-NO-NAN")
def test_empty_and_tiny_samples_have_no_estimates() -> None:
    empty = Sample(label=np.zeros(0), score=np.zeros(0))
    few = Sample(label=np.array([0, 1, 1]), score=np.array([0.1, 0.2, 0.3]))
    for one, code in ((empty, "empty"), (few, "too_few")):
        found = estimate(("prevalence",), one, PLAN)["prevalence"]
        assert isinstance(found, NotEstimable)
        assert found.code == code


def test_sensitivity_needs_an_operating_point() -> None:
    found = estimate(("sensitivity",), sample(), PLAN)["sensitivity"]
    assert isinstance(found, NotEstimable)
    assert found.code == "no_threshold"


def test_score_beyond_one_has_a_rank_but_no_calibration() -> None:
    one = sample().with_score(sample().score * 3)
    assert isinstance(estimate(("auroc",), one, PLAN)["auroc"], Estimate)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        estimate(("brier",), one, PLAN)


@pytest.mark.requirement("SW-STAT-CLUSTER")
def test_patients_and_not_rows_are_resampled() -> None:
    one = sample(200)
    twice = Sample(label=np.tile(one.label, 2), score=np.tile(one.score, 2))
    patients = Sample(label=twice.label, score=twice.score, cluster=np.tile(np.arange(200), 2))
    widths = []
    for each in (one, twice, patients):
        found = estimate(("auroc",), each, IntervalPlan(n_resamples=2000, seed=1))["auroc"]
        assert isinstance(found, Estimate)
        widths.append(found.high - found.low)
    assert widths[2] == pytest.approx(widths[0], rel=0.1)
    assert widths[1] < 0.8 * widths[0]


def test_same_seed_same_interval_and_measures_do_not_move_each_other() -> None:
    alone = estimate(("brier",), sample(), PLAN)["brier"]
    among = estimate(("auroc", "brier", "auprc"), sample(), PLAN)["brier"]
    assert alone == among


def test_paired_difference_to_itself_is_zero_without_width() -> None:
    one = sample()
    found = paired_difference("auroc", one, one.score, PLAN)
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_paired_interval_is_narrower_than_that_of_independent_samples() -> None:
    one = sample()
    other = np.clip(one.score + np.random.default_rng(3).normal(0, 0.03, one.n), 0, 1)
    paired = paired_difference("auroc", one, other, PLAN)
    apart = difference("auroc", one, one.with_score(other), PLAN)
    assert isinstance(paired, Estimate)
    assert isinstance(apart, Estimate)
    assert paired.high - paired.low < 0.5 * (apart.high - apart.low)
    assert paired.value == pytest.approx(apart.value)


def test_difference_to_a_sample_of_one_class_is_not_estimable() -> None:
    one = sample()
    none = Sample(label=np.zeros(50), score=np.linspace(0, 1, 50))
    assert isinstance(difference("auroc", one, none, PLAN), NotEstimable)


def test_subset_has_its_own_value_and_does_not_move_when_another_is_added() -> None:
    one = sample()
    mask = one.score > 0.15
    by_percentile = replace(PLAN, method="percentile")
    found = estimate_subsets(("brier",), one, {"high": mask}, by_percentile)
    alone = estimate(("brier",), one.take(mask), by_percentile)["brier"]
    among = estimate_subsets(("brier",), one, {"low": ~mask, "high": mask}, by_percentile)
    assert among[("high", "brier")] == found[("high", "brier")]
    here = found[("high", "brier")]
    assert isinstance(here, Estimate)
    assert isinstance(alone, Estimate)
    assert here.value == pytest.approx(alone.value, abs=1e-15)
    assert here.high - here.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_undefined_resamples_are_counted() -> None:
    label = np.zeros(40)
    label[:2] = 1
    one = Sample(label=label, score=np.linspace(0.9, 0.1, 40))
    draws = replicate_subsets("auroc", one, {"all": np.ones(40, bool)}, PLAN)
    share = np.isnan(draws).mean()
    assert 0.05 < share < 0.25  # both events are left out in about 13 %
    by_percentile = replace(PLAN, method="percentile")
    assert isinstance(estimate(("auroc",), one, by_percentile)["auroc"], NotEstimable)


@pytest.mark.parametrize(
    ("rule", "target", "expected"),
    [
        ("youden", None, 0.7),
        ("sensitivity", 1.0, 0.3),
        ("sensitivity", 0.5, 0.7),
        ("min_sensitivity_ppv", None, 0.7),
    ],
)
def test_threshold_by_each_rule(rule: str, target: float | None, expected: float) -> None:
    label = np.array([0, 0, 1, 0, 0, 1, 1])
    score = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9])
    assert choose_threshold(rule, label, score, target) == expected


def test_threshold_needs_both_classes_and_a_known_rule() -> None:
    with pytest.raises(ValueError, match="both classes"):
        choose_threshold("youden", np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="not known"):
        choose_threshold("best", np.array([0, 1]), np.array([0.1, 0.2]))


@pytest.mark.requirement("REQ-UNCERTAINTY")
def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    from scipy.stats import norm

    truth = float(norm.cdf(1 / np.sqrt(2)))
    for seed in range(200):
        generator = np.random.default_rng(seed)
        label = (generator.random(200) < 0.3).astype(int)
        one = Sample(label=label, score=generator.normal(label))
        found = estimate(("auroc",), one, IntervalPlan(n_resamples=400, seed=seed))["auroc"]
        assert isinstance(found, Estimate)
        covered += found.low <= truth <= found.high
    assert 0.90 <= covered / 200 <= 0.98  # three standard errors around 0.945
