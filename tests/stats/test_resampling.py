"""The compiled resampling: exact sums, honest draws, and nothing that depends on threads."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_measures import REFERENCE, sorted_sample
from scipy.stats import chi2, poisson

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import MEASURES, estimate, paired_difference
from samd_validate.stats.resampling.draw import EDGES, TABLE, draw_many
from samd_validate.stats.resampling.layout import Layout, layout_of, patients_of
from samd_validate.stats.resampling.resample import Parts, sums_of
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import replicates

OF_SUMS = [name for name, about in MEASURES.items() if about.is_from_sums and name in REFERENCE]


def sample(n: int = 300, seed: int = 1, digits: int = 2, rows_per_patient: int = 1) -> Sample:
    generator = np.random.default_rng(seed)
    x = generator.normal(-1.2, 1.2, n)
    score = np.round(1 / (1 + np.exp(-x)), digits).clip(0.001, 0.999)
    label = (generator.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    patient = np.arange(n) // rows_per_patient
    return Sample(label=label, score=score, cluster=patient, threshold=0.25)


def counts(n: int, resamples: int, bounds: tuple[int, ...], seed: int = 5) -> np.ndarray:
    out = np.empty((resamples, n), np.uint8)
    draw_many(out, np.array(bounds), np.uint64(seed), 0, TABLE, EDGES)
    return out.astype(np.int64)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([1, 3]))
def test_compiled_sums_agree_with_plain_numpy(seed: int, digits: int, rows: int) -> None:
    one = sample(150, seed, digits, rows)
    layout = layout_of(one)
    weight = np.random.default_rng(seed).poisson(1, one.n)
    plain, order = sorted_sample(one.label, one.score, one.threshold)
    for measure in OF_SUMS:
        about = MEASURES[measure]
        sums = sums_of(layout, about.wanted, weight[layout.rows])
        expected = REFERENCE[measure](plain, weight[order][None].astype(float))[0]
        assert about.from_sums(sums)[0] == pytest.approx(expected, abs=1e-12, nan_ok=True), measure


@pytest.mark.parametrize("measure", [*OF_SUMS, "calibration_slope", "calibration_in_the_large"])
@pytest.mark.parametrize("rows", [1, 3])
def test_replicates_are_the_measure_of_the_drawn_rows(measure: str, rows: int) -> None:
    one = sample(rows_per_patient=rows)
    layout = layout_of(one)
    patients = patients_of(one, layout)
    parts = Parts([layout], patients, IntervalPlan(n_resamples=25, seed=9))
    found = replicates([measure], [layout], parts)[measure][0]
    drawn = np.concatenate(list(parts.weights(0)))
    weight = np.empty((25, one.n))
    weight[:, layout.rows] = drawn
    plain, order = sorted_sample(one.label, one.score, one.threshold)
    expected = REFERENCE[measure](plain, weight[:, order])
    assert found == pytest.approx(expected, abs=1e-7 if "calibration" in measure else 1e-12)


def test_every_resample_has_as_many_draws_as_patients_and_strata_keep_their_size() -> None:
    assert (counts(1237, 50, (0, 1237)).sum(axis=1) == 1237).all()
    strata = counts(1237, 50, (0, 200, 1237))
    assert (strata[:, :200].sum(axis=1) == 200).all()
    assert (strata[:, 200:].sum(axis=1) == 1037).all()


@pytest.mark.parametrize("bounds", [(0, 40), (0, 15, 40)])
def test_draws_have_the_moments_of_the_multinomial(bounds: tuple[int, ...]) -> None:
    resamples = 60_000
    drawn = counts(40, resamples, bounds)
    for first, last in pairwise(bounds):
        n = last - first
        part = drawn[:, first:last].astype(float)
        covariance = np.cov(part.T)
        spread = 5 / np.sqrt(resamples)
        assert part.mean(axis=0) == pytest.approx(np.ones(n), abs=spread)
        assert np.diag(covariance) == pytest.approx(np.full(n, 1 - 1 / n), abs=3 * spread)
        off = covariance[~np.eye(n, dtype=bool)]
        assert off == pytest.approx(np.full(off.size, -1 / n), abs=2 * spread)


def test_counts_are_distributed_as_drawing_with_replacement_says() -> None:
    from scipy.stats import binom

    n, resamples = 2000, 400
    seen = np.bincount(counts(n, resamples, (0, n)).ravel(), minlength=8)
    expected = binom.pmf(np.arange(8), n, 1 / n) * n * resamples
    pooled = np.append(seen[:6], seen[6:].sum()), np.append(expected[:6], expected[6:8].sum())
    statistic = ((pooled[0] - pooled[1]) ** 2 / pooled[1]).sum()
    assert statistic < chi2.ppf(0.9999, 6)
    assert seen[:3] == pytest.approx(poisson.pmf(np.arange(3), 1) * n * resamples, rel=0.01)


def test_resamples_do_not_depend_on_the_block_they_are_made_in() -> None:
    whole = counts(500, 40, (0, 500))
    late = np.empty((10, 500), np.uint8)
    draw_many(late, np.array([0, 500]), np.uint64(5), 30, TABLE, EDGES)
    assert (whole[30:] == late).all()


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_no_number_depends_on_the_number_of_threads(method: str) -> None:
    one = sample()
    names = ("auroc", "auprc", "brier", "calibration_slope", "sensitivity", "youden_threshold")
    plans = [
        IntervalPlan(n_resamples=203, seed=3, method=method, n_threads=threads)
        for threads in (1, 2, 3, 7)
    ]
    first, *others = (estimate(names, one, plan) for plan in plans)
    assert all(other == first for other in others)


def test_interval_does_not_depend_on_the_order_of_rows() -> None:
    one = sample(digits=1)
    shuffled = np.random.default_rng(8).permutation(one.n)
    other = Sample(label=one.label[shuffled], score=one.score[shuffled], threshold=one.threshold)
    plain = Sample(label=one.label, score=one.score, threshold=one.threshold)
    plan = IntervalPlan(n_resamples=200, method="bca")
    names = ("auroc", "auprc", "sensitivity")
    assert estimate(names, plain, plan) == estimate(names, other, plan)


def test_paired_difference_draws_the_same_patients_for_both_scores() -> None:
    one = sample(rows_per_patient=2)
    plan = IntervalPlan(n_resamples=200, method="percentile")
    same = paired_difference("auprc", one, one.score**3, plan)
    assert isinstance(same, Estimate)
    assert (same.low, same.value, same.high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_stratified_resamples_keep_the_prevalence() -> None:
    plan = IntervalPlan(n_resamples=200, method="percentile", is_stratified=True)
    found = estimate(("prevalence", "auroc"), sample(), plan)
    prevalence, auroc = found["prevalence"], found["auroc"]
    assert isinstance(prevalence, Estimate)
    assert isinstance(auroc, Estimate)
    assert prevalence.low == prevalence.high == prevalence.value
    assert auroc.method == "stratified percentile bootstrap, patients resampled"
    assert auroc.low < auroc.value < auroc.high


def test_seed_moves_the_interval_and_not_the_value() -> None:
    plan = IntervalPlan(n_resamples=200, method="percentile")
    one, other = (
        estimate(("auroc",), sample(), replace(plan, seed=seed))["auroc"] for seed in (1, 2)
    )
    assert isinstance(one, Estimate)
    assert isinstance(other, Estimate)
    assert one.value == other.value
    assert one.low != other.low


def test_layout_counts_what_scores_higher() -> None:
    one = Sample(label=np.array([1, 0, 1, 0]), score=np.array([0.5, 0.5, 0.9, 0.1]), threshold=0.5)
    layout = layout_of(one)
    assert isinstance(layout, Layout)
    assert layout.rows.tolist() == [2, 0, 1, 3]
    assert (layout.above.tolist(), layout.upto.tolist()) == ([0, 0], [0, 1])
    assert layout.tied.tolist() == [1, 2]
    assert layout.cuts == (2, 1)
