"""The front door against R: `samd-validate metrics` prints what pROC, rms and epiR print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samd_validate.core.inputs import IntervalPlan
from samd_validate.metrics import Columns, Wanted, metric_records

Records = dict[str, dict[str, Any]]


def records(path: Path, method: str = "auto") -> Records:
    columns = Columns(label="y", score="p1", compare="p2")
    plan = IntervalPlan(n_resamples=200, seed=7, method=method)
    found = metric_records(path, columns, Wanted(intervals=plan, threshold=0.3))
    return {str(record["measure"]): dict(record) for record in found}


@pytest.fixture(scope="module", params=range(1, 7), ids=lambda seed: f"seed{seed}")
def case(request: pytest.FixtureRequest, shared: Path) -> tuple[Path, Records, dict[str, Any]]:
    folder = shared / "oracles"
    path = folder / f"{request.param}.csv"
    return path, records(path), json.loads((folder / f"{request.param}.json").read_text())


def test_values(case: Any) -> None:
    _, found, r = case
    rms, glm, exact = r["val_prob"], r["calibration_glm"], r["exact"]
    expected = {
        "auroc": (r["auc"], 1e-9),
        "partial_auroc": (r["partial_auc_specificity_0.9_1"], 1e-9),
        "auroc_difference": (r["auc"] - r["auc2"], 1e-9),
        "brier": (rms["Brier"], 1e-9),
        "calibration_slope": (glm["slope"], 1e-5),
        "calibration_intercept": (glm["slope_model_intercept"], 1e-5),
        "calibration_in_the_large": (glm["calibration_in_the_large"], 1e-5),
        "ici": (rms["Eavg"], 1e-5),
        "e90": (rms["E90"], 1e-5),
        "emax": (rms["Emax"], 1e-5),
        "net_benefit": (r["net_benefit"][3]["model"], 1e-9),
        **{name: (exact[name]["est"], 1e-9) for name in exact},
    }
    for name, (value, tolerance) in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=tolerance), name


def test_p_value_of_the_difference(case: Any) -> None:
    _, found, r = case
    assert found["auroc_difference"]["p_value"] == pytest.approx(r["delong_paired"]["p"], abs=1e-8)
    limits = found["auroc_difference"]["low"], found["auroc_difference"]["high"]
    assert limits == pytest.approx(r["delong_paired"]["ci95_difference"], abs=1e-9)


def test_limits_by_default(case: Any) -> None:
    _, found, r = case
    for name, limits in r["wilson"].items():
        ends = found[name]["low"], found[name]["high"]
        assert ends == pytest.approx((limits["lower"], limits["upper"]), abs=1e-8), name
    for name in ("lr_pos", "lr_neg"):
        ends = found[name]["low"], found[name]["high"]
        wanted = r["exact"][name]
        assert ends == pytest.approx((wanted["lower"], wanted["upper"]), abs=1e-6), name


def test_limits_by_a_named_method(case: Any) -> None:
    path, _, r = case
    auroc = records(path, "delong")["auroc"]
    assert (auroc["low"], auroc["high"]) == pytest.approx(r["auc_delong_ci95"], abs=1e-9)
    exact = records(path, "clopper-pearson")
    for name in ("sensitivity", "specificity", "ppv", "npv", "prevalence"):
        wanted = r["exact"][name]
        ends = exact[name]["low"], exact[name]["high"]
        assert ends == pytest.approx((wanted["lower"], wanted["upper"]), abs=1e-8), name
