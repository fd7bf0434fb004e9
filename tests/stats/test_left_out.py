"""Values without each patient in closed form, against leaving each out for real; limits by them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.engine import MEASURES, estimate, paired_difference
from samd_validate.stats.intervals.from_draws import LeftOut, around, basic, bca, percentile
from samd_validate.stats.intervals.scales import SCALES
from samd_validate.stats.resampling.draw import EDGES, TABLE, draw_many
from samd_validate.stats.resampling.layout import layout_of, patients_of
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import left_out, value_of

ONE_STEP = ("calibration_slope", "calibration_intercept", "calibration_in_the_large")


def sample(rows: int, seed: int = 3, n: int = 120) -> Sample:
    generator = np.random.default_rng(seed)
    x = generator.normal(-0.5, 1.3, n)
    score = np.round(1 / (1 + np.exp(-x)), 2).clip(0.01, 0.99)
    label = (generator.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    patient = generator.permutation(np.arange(n) // rows)
    return Sample(label=label, score=score, cluster=patient, threshold=0.4)


def by_force(measure: str, one: Sample) -> np.ndarray:
    """Return the values without each patient, in the order in which patients are numbered."""
    patients = patients_of(one, layout_of(one))
    return np.array(
        [
            value_of(measure, layout_of(one.take(patients.unit != unit)))
            for unit in range(patients.n)
        ]
    )


def closed(measure: str, one: Sample) -> LeftOut:
    layout = layout_of(one)
    found = left_out(measure, layout, patients_of(one, layout))
    assert found is not None
    return found


@pytest.mark.parametrize("measure", MEASURES)
def test_every_row_a_patient(measure: str) -> None:
    one = sample(rows=1)
    found, expected = closed(measure, one), by_force(measure, one)
    if measure in ONE_STEP:
        agree_nearly(found, expected)
    else:
        assert found.values == pytest.approx(expected, abs=1e-12)


def agree_nearly(found: LeftOut, expected: np.ndarray) -> None:
    truth = LeftOut(values=expected, n_with_event=found.n_with_event)
    assert found.standard_error == pytest.approx(truth.standard_error, rel=0.05)
    assert found.acceleration == pytest.approx(truth.acceleration, abs=0.01)


@pytest.mark.parametrize("measure", MEASURES)
def test_patients_with_three_rows(measure: str) -> None:
    one = sample(rows=3)
    found, expected = closed(measure, one), by_force(measure, one)
    if measure in (*ONE_STEP, "auprc"):  # one step; the sum of the rows' effects
        agree_nearly(found, expected)
    else:
        assert found.values == pytest.approx(expected, abs=1e-12)


def test_measure_that_some_patient_alone_defines_has_no_left_out_values() -> None:
    label, score = np.tile([0, 1], 20), np.linspace(0, 0.5, 40)
    score[1] = 0.9  # the only alarm
    one = Sample(label=label, score=score, threshold=0.8)
    layout = layout_of(one)
    assert left_out("ppv", layout, patients_of(one, layout)) is None


def test_bca_is_that_of_scipy_on_the_same_replicates() -> None:
    x = np.random.default_rng(1).gamma(1.0, size=40)
    res = stats.bootstrap((x,), np.mean, n_resamples=999, method="BCa", rng=2)
    left = LeftOut(values=(x.sum() - x) / 39, n_with_event=0)
    found = bca(x.mean(), res.bootstrap_distribution, 0.95, left.acceleration)
    assert found == pytest.approx(tuple(res.confidence_interval), abs=1e-12)


@pytest.mark.parametrize(
    ("method", "expected"),
    [("basic", (23.77, 79.12)), ("percentile", (28.86, 84.21)), ("bca", (32.31, 91.43))],
)
def test_limits_of_r_boot_as_scipy_cites_them(method: str, expected: tuple[float, float]) -> None:
    # boot.ci of the mean of these 16 values, 1,000,000 resamples (tests of scipy.stats.bootstrap)
    x = np.array([10, 12, 12.5, 12.5, 13.9, 15, 21, 22, 23, 34, 50, 81, 89, 121, 134, 213])
    counts = np.empty((400_000, 16), np.uint8)
    draw_many(counts, np.array([0, 16]), np.uint64(1), 0, TABLE, EDGES)
    draws = counts @ x / 16
    left = LeftOut(values=(x.sum() - x) / 15, n_with_event=0)
    limits = {
        "basic": lambda: basic(x.mean(), draws, 0.95),
        "percentile": lambda: percentile(draws, 0.95),
        "bca": lambda: bca(x.mean(), draws, 0.95, left.acceleration),
    }[method]()
    assert limits == pytest.approx(expected, rel=0.01)


def test_bca_without_a_replicate_on_one_side_has_no_limits() -> None:
    assert np.isnan(bca(1.0, np.linspace(2, 3, 10), 0.95, 0.1)).all()


def test_jackknife_of_a_mean_is_students_interval() -> None:
    label = np.array([0, 1] * 30)
    one = Sample(label=label, score=np.random.default_rng(2).random(60))
    error = closed("brier", one).standard_error
    squares = (one.score - label) ** 2
    assert error == pytest.approx(squares.std(ddof=1) / np.sqrt(60), rel=1e-12)
    low, high = around(0.5, 0.1, 0.95, SCALES["identity"], 10.0)
    assert (low, high) == pytest.approx((0.5 - 2.228139 * 0.1, 0.5 + 2.228139 * 0.1), abs=1e-6)


@pytest.mark.parametrize("method", ["percentile", "basic", "bca", "studentised", "jackknife"])
@pytest.mark.parametrize("measure", [name for name in MEASURES if "auroc_mc" not in name])
def test_method_that_is_named_is_used_or_says_what_was_used(measure: str, method: str) -> None:
    plan = IntervalPlan(n_resamples=200, method=method)
    for rows in (1, 3):
        found = estimate((measure,), sample(rows, n=240), plan)[measure]
        assert isinstance(found, Estimate)
        assert found.low <= found.value <= found.high
        word = {"bca": "BCa"}.get(method, method)
        is_quotient = MEASURES[measure].parts is not None
        if method != "studentised" or is_quotient:
            assert word in found.method
        else:
            assert "percentile" in found.method


def likelihood_sample(hits: int, events: int, false_alarms: int, others: int) -> Sample:
    label = np.repeat([1, 0], [events, others])
    score = np.concatenate([np.arange(events) < hits, np.arange(others) < false_alarms]).astype(
        float
    )
    return Sample(label=label, score=score, threshold=0.5)


def test_likelihood_ratio_without_a_missed_event_has_an_upper_limit() -> None:
    found = estimate(("lr_neg",), likelihood_sample(20, 20, 15, 60), IntervalPlan())["lr_neg"]
    assert isinstance(found, Estimate)
    assert (found.value, found.low) == (0, 0)
    # Wilson's limit of 0 of 20 is 0.161; over a specificity of 0.75 that is about 0.21
    assert found.high == pytest.approx(0.161 / 0.75, rel=0.05)
    assert "MOVER" in found.method


def test_mover_and_the_log_scale_agree_on_many() -> None:
    one = likelihood_sample(800, 1000, 500, 4000)
    log, mover = (
        estimate(("lr_pos",), one, IntervalPlan(method=method))["lr_pos"]
        for method in ("log", "mover")
    )
    assert isinstance(log, Estimate)
    assert isinstance(mover, Estimate)
    assert (mover.low, mover.high) == pytest.approx((log.low, log.high), rel=0.005)


@pytest.mark.parametrize(("measure", "words"), [("auroc", "fewer than 10"), ("auprc", "50 events")])
def test_few_events_are_noted(measure: str, words: str) -> None:
    few = likelihood_sample(5, 8, 20, 60).with_score(np.linspace(0.9, 0.1, 68))
    found = estimate((measure,), few, IntervalPlan())[measure]
    assert isinstance(found, Estimate)
    assert words in found.note
    assert "of 100 simulated data sets" in found.note


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("measure", ["auprc", "brier", "observed_expected_ratio"])
def test_paired_difference_leaves_the_same_patient_out_of_both_scores(
    measure: str, rows: int
) -> None:
    one = sample(rows)
    generator = np.random.default_rng(8)
    other = one.with_score(np.clip(one.score + generator.normal(0, 0.2, one.n), 0.01, 0.99))
    codes = np.unique(np.asarray(one.cluster), return_inverse=True)[1]
    without = np.array(
        [
            value_of(measure, layout_of(one.take(codes != patient)))
            - value_of(measure, layout_of(other.take(codes != patient)))
            for patient in range(codes.max() + 1)
        ]
    )
    error = np.sqrt((without.size - 1) * without.var())
    found = paired_difference(measure, one, other.score, IntervalPlan())
    assert isinstance(found, Estimate)
    assert "jackknife" in found.method
    student = stats.t.ppf(0.975, np.arange(1, 2 * without.size))
    assert np.abs((found.high - found.low) / 2 / error - student).min() < 1e-3
