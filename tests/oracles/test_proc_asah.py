"""What pROC's authors print of their data set aSAH (113 patients), to the digits they print.

Refs. Turck et al. 2010, doi:10.1007/s00134-009-1641-y; Robin et al. 2011,
doi:10.1186/1471-2105-12-77.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from asah import (
    AUROC,
    AUROC_TURNED,
    COVARIANCE,
    CURVES,
    INDEPENDENT,
    INTERVAL_NDKA,
    INTERVAL_S100B,
    IS_POOR,
    MARKERS,
    PAIRED,
    PARTIAL_AUROC,
    PARTIAL_AUROC_MCCLISH,
    VARIANCE,
    Step,
)

from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.delong import (
    Delong,
    covariance,
    delong,
    delong_interval,
    delong_test,
)
from samd_validate.stats.intervals.differences import difference, paired_difference
from samd_validate.stats.resampling.layout import layout_of
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import value_of

# fifteen significant digits are printed; sums over 113 patients in another order may move the last
PRINTED = 1e-14
OF_TWO = 1e-13  # a difference of two such numbers, or a quotient by one
N_POOR, N_GOOD = 41, 72


def sample(marker: str, threshold: float | None = None) -> Sample:
    return Sample(label=IS_POOR, score=MARKERS[marker], threshold=threshold)


def value(measure: str, marker: str, threshold: float | None = None) -> float:
    return value_of(measure, layout_of(sample(marker, threshold)))


def placed(marker: str) -> Delong:
    return delong(IS_POOR, MARKERS[marker])


def printed(number: float, relative: float = PRINTED) -> Any:
    return pytest.approx(number, rel=relative, abs=0)


def test_patients_are_those_of_the_data_set() -> None:
    assert (IS_POOR.size, IS_POOR.sum()) == (N_POOR + N_GOOD, N_POOR)
    assert {marker: score.size for marker, score in MARKERS.items()} == dict.fromkeys(MARKERS, 113)


@pytest.mark.parametrize("marker", MARKERS)
def test_thresholds_of_the_printed_curve_lie_between_all_neighbouring_scores(marker: str) -> None:
    scores = np.unique(MARKERS[marker])
    halfway = (scores[1:] + scores[:-1]) / 2
    assert [step.threshold for step in CURVES[marker]] == pytest.approx(halfway.tolist(), abs=1e-12)


@pytest.mark.parametrize(
    ("marker", "step"),
    [
        pytest.param(marker, step, id=f"{marker}-{step.threshold}")
        for marker, steps in CURVES.items()
        for step in steps
    ],
)
def test_curve_passes_through_every_printed_corner(marker: str, step: Step) -> None:
    poor_below, good_above = N_POOR - step.n_poor_above, N_GOOD - step.n_good_below
    for measure, share in (
        ("sensitivity", step.n_poor_above / N_POOR),
        ("specificity", step.n_good_below / N_GOOD),
        ("ppv", step.n_poor_above / (step.n_poor_above + good_above)),
        ("npv", step.n_good_below / (step.n_good_below + poor_below)),
    ):
        assert value(measure, marker, step.threshold) == printed(share)


@pytest.mark.parametrize(
    ("threshold", "npv", "ppv"),
    [
        (0.035, 0, 0.357142857142857),
        (0.105, 0.795454545454545, 0.463768115942029),
        (0.205, 0.794520547945205, 0.65),
        (0.485, 0.714285714285714, 0.866666666666667),
        (0.51, 0.712871287128713, 1),
    ],
)
def test_predictive_values_of_s100b(threshold: float, npv: float, ppv: float) -> None:
    assert value("npv", "s100b", threshold) == pytest.approx(npv, abs=5e-16)
    assert value("ppv", "s100b", threshold) == pytest.approx(ppv, abs=5e-16)


def test_best_threshold_of_s100b_is_that_of_optimal_cutpoints() -> None:
    # López-Ratón et al. 2014, doi:10.18637/jss.v061.i08, print seven digits
    assert value("youden_threshold", "s100b") == 0.22
    for measure, number in (
        ("sensitivity", 0.6341463),
        ("specificity", 0.8055556),
        ("ppv", 0.6500000),
        ("npv", 0.7945205),
        ("lr_pos", 3.2613240),
        ("lr_neg", 0.4541632),
    ):
        assert value(measure, "s100b", 0.22) == pytest.approx(number, abs=5e-8)


@pytest.mark.parametrize("marker", MARKERS)
def test_auroc(marker: str) -> None:
    assert placed(marker).auroc == printed(AUROC[marker])
    assert value("auroc", marker) == printed(AUROC[marker])


@pytest.mark.parametrize("marker", MARKERS)
def test_auroc_of_a_marker_turned_round(marker: str) -> None:
    turned = Sample(label=IS_POOR, score=-MARKERS[marker])
    assert value_of("auroc", layout_of(turned)) == printed(AUROC_TURNED[marker])


@pytest.mark.parametrize("marker", MARKERS)
def test_variance(marker: str) -> None:
    assert placed(marker).variance == printed(VARIANCE[marker])


@pytest.mark.parametrize(("one", "other"), COVARIANCE)
def test_covariance_of_two_markers(one: str, other: str) -> None:
    number = printed(COVARIANCE[one, other])
    assert covariance(placed(one), placed(other)) == number
    assert covariance(placed(other), placed(one)) == number


def test_interval_of_an_auroc() -> None:
    assert delong_interval(placed("ndka")) == printed(INTERVAL_NDKA, OF_TWO)
    assert delong_interval(placed("s100b")) == pytest.approx(INTERVAL_S100B, abs=5e-5)


@pytest.mark.parametrize(("one", "other"), PAIRED)
def test_paired_markers(one: str, other: str) -> None:
    wanted = PAIRED[one, other]
    found = delong_test(placed(one), placed(other), is_paired=True)
    assert found.z == printed(wanted.z, OF_TWO)
    assert found.p_value == printed(wanted.p_value, OF_TWO)
    assert (found.low, found.high) == printed((wanted.low, wanted.high), OF_TWO)
    other_way = delong_test(placed(other), placed(one), is_paired=True)
    assert (other_way.z, other_way.p_value) == (-found.z, found.p_value)


def test_paired_marker_with_itself() -> None:
    found = delong_test(placed("wfns"), placed("wfns"), is_paired=True)
    assert (found.z, found.p_value) == (0, 1)


@pytest.mark.parametrize(("one", "other"), INDEPENDENT)
def test_markers_as_if_of_independent_patients(one: str, other: str) -> None:
    wanted = INDEPENDENT[one, other]
    found = delong_test(placed(one), placed(other), is_paired=False)
    assert found.z == printed(wanted.z, OF_TWO)
    assert found.p_value == printed(wanted.p_value, OF_TWO)


@pytest.mark.parametrize(("one", "other"), PAIRED)
def test_measured_differences_are_the_tests(one: str, other: str) -> None:
    plan = IntervalPlan(method="delong")
    paired = paired_difference("auroc", sample(one), MARKERS[other], plan)
    apart = difference("auroc", sample(one), sample(other), plan)
    assert isinstance(paired, Estimate)
    assert isinstance(apart, Estimate)
    wanted = PAIRED[one, other]
    assert (paired.low, paired.high) == printed((wanted.low, wanted.high), OF_TWO)
    assert paired.p_value == printed(wanted.p_value, OF_TWO)
    assert apart.value == printed(AUROC[one] - AUROC[other], OF_TWO)
    assert (paired.n, apart.n) == (113, 226)


@pytest.mark.parametrize("marker", PARTIAL_AUROC)
def test_area_where_specificity_is_at_least_nine_tenths(marker: str) -> None:
    assert value("partial_auroc", marker) == printed(PARTIAL_AUROC[marker], OF_TWO)
    assert value("partial_auroc_mcclish", marker) == printed(PARTIAL_AUROC_MCCLISH[marker], OF_TWO)


def test_area_of_s100b_is_that_up_to_specificity_99_and_the_flat_rest() -> None:
    # 0.02983 is printed for specificities 0.9 to 0.99; beyond, the sensitivity is 12 of 41
    assert value("partial_auroc", "s100b") == pytest.approx(0.02983 + 0.01 * 12 / 41, abs=5e-6)
