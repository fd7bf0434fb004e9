"""Values of pROC, rms, epiR and base R on six data sets, with and without heavy ties."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samd_validate.stats.calibration.spiegelhalter import spiegelhalter
from samd_validate.stats.comparison.multiplicity import adjusted, fixed_sequence
from samd_validate.stats.intervals.delong import delong, delong_interval, delong_test
from samd_validate.stats.intervals.proportions import clopper_pearson, mcnemar_exact, wilson
from samd_validate.stats.resampling.layout import layout_of
from samd_validate.stats.sample import Sample
from samd_validate.stats.values import value_of

EXACT, REGRESSION, LIMITS = 1e-9, 1e-5, 1e-8


@pytest.fixture(params=range(1, 7), ids=lambda seed: f"seed{seed}")
def case(request: pytest.FixtureRequest, shared: Path) -> tuple[np.ndarray, dict[str, Any]]:
    folder = shared / "oracles"
    with (folder / f"{request.param}.csv").open() as file:
        columns = np.array([[float(x) for x in row] for row in list(csv.reader(file))[1:]]).T
    return columns, json.loads((folder / f"{request.param}.json").read_text())


def value(
    measure: str, label: np.ndarray, score: np.ndarray, threshold: float | None = None
) -> float:
    one = Sample(label=label, score=score, threshold=threshold)
    return value_of(measure, layout_of(one))


@pytest.mark.requirement("SW-STAT-R")
def test_auroc_variance_and_interval_are_those_of_proc(case: Any) -> None:
    (label, p1, p2), r = case
    one, other = delong(label, p1), delong(label, p2)
    assert one.auroc == pytest.approx(r["auc"], abs=EXACT)
    assert other.auroc == pytest.approx(r["auc2"], abs=EXACT)
    assert value("auroc", label, p1) == pytest.approx(r["auc"], abs=EXACT)
    assert one.variance == pytest.approx(r["auc_delong_var"], abs=EXACT)
    assert delong_interval(one) == pytest.approx(r["auc_delong_ci95"], abs=EXACT)


def test_paired_test_is_that_of_proc(case: Any) -> None:
    (label, p1, p2), r = case
    found = delong_test(delong(label, p1), delong(label, p2), is_paired=True)
    wanted = r["delong_paired"]
    assert found.z == pytest.approx(wanted["z"], abs=1e-7)
    assert found.p_value == pytest.approx(wanted["p"], abs=1e-8)
    assert (found.low, found.high) == pytest.approx(wanted["ci95_difference"], abs=EXACT)


def test_partial_area_is_that_of_proc(case: Any) -> None:
    (label, p1, _), r = case
    assert value("partial_auroc", label, p1) == pytest.approx(
        r["partial_auc_specificity_0.9_1"], abs=EXACT
    )


@pytest.mark.requirement("SW-STAT-R")
def test_recalibration_is_that_of_glm(case: Any) -> None:
    (label, p1, _), r = case
    wanted = r["calibration_glm"]
    for measure, key in (
        ("calibration_slope", "slope"),
        ("calibration_intercept", "slope_model_intercept"),
        ("calibration_in_the_large", "calibration_in_the_large"),
    ):
        assert value(measure, label, p1) == pytest.approx(wanted[key], abs=REGRESSION)
    assert value("brier", label, p1) == pytest.approx(r["val_prob"]["Brier"], abs=EXACT)


def test_rms_reports_the_same_ranking_to_its_precision(case: Any) -> None:
    (label, p1, _), r = case
    # rms bins the linear predictor for its C
    assert value("auroc", label, p1) == pytest.approx(r["val_prob"]["C (ROC)"], abs=1e-4)


@pytest.mark.parametrize("measure", ["sensitivity", "specificity", "ppv", "npv"])
def test_shares_and_their_limits_are_those_of_epir(case: Any, measure: str) -> None:
    (label, p1, _), r = case
    tp, fp, fn, tn = r["confusion_tp_fp_fn_tn"]
    hits, n = {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
    }[measure]
    assert value(measure, label, p1, r["threshold"]) == pytest.approx(
        r["exact"][measure]["est"], abs=EXACT
    )
    for name, interval in (("exact", clopper_pearson), ("wilson", wilson)):
        wanted = r[name][measure]
        assert interval(hits, n) == pytest.approx((wanted["lower"], wanted["upper"]), abs=LIMITS)


def test_likelihood_ratios_are_those_of_epir(case: Any) -> None:
    (label, p1, _), r = case
    for measure in ("lr_pos", "lr_neg"):
        assert value(measure, label, p1, r["threshold"]) == pytest.approx(
            r["exact"][measure]["est"], abs=EXACT
        )


def test_net_benefit_at_each_threshold(case: Any) -> None:
    (label, p1, _), r = case
    for wanted in r["net_benefit"]:
        found = value("net_benefit", label, p1, wanted["threshold"])
        assert found == pytest.approx(wanted["model"], abs=EXACT)


def test_mcnemar_is_the_binomial_test(case: Any) -> None:
    _, r = case
    assert mcnemar_exact(*r["mcnemar_discordant"]) == pytest.approx(r["mcnemar_exact_p"], abs=1e-9)


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("bonferroni", "bonferroni"),
        ("holm", "holm"),
        ("hochberg", "hochberg"),
        ("benjamini-hochberg", "BH"),
    ],
)
def test_adjusted_p_values_are_those_of_r(case: Any, method: str, key: str) -> None:
    _, r = case
    assert adjusted(r["p_values"], method) == pytest.approx(r["p_adjust"][key], abs=EXACT)


def test_spiegelhalter_is_that_of_rms(case: Any) -> None:
    (label, p1, _), r = case
    z, p_value = spiegelhalter(label, p1)
    assert z == pytest.approx(r["val_prob"]["S:z"], abs=REGRESSION)
    assert p_value == pytest.approx(r["val_prob"]["S:p"], abs=REGRESSION)


def test_adjustment_refuses_what_is_no_p_value() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        adjusted([1.2], "holm")
    with pytest.raises(ValueError, match="not one of"):
        adjusted([0.2], "bonferoni")
    assert adjusted([], "holm").size == 0
    assert fixed_sequence([], 0.05) == []


def test_scores_without_spread_have_no_spiegelhalter() -> None:
    with pytest.raises(ValueError, match="a risk other than"):
        spiegelhalter(np.array([0, 1]), np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        spiegelhalter(np.array([0, 1]), np.array([0.5, 1.5]))
