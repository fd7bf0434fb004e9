"""Calibration errors and likelihood indices against R's rms::val.prob and ks.test."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samd_validate.stats.calibration.calibration_error import CalibrationErrors, calibration_errors
from samd_validate.stats.calibration.kolmogorov import kolmogorov_smirnov
from samd_validate.stats.calibration.likelihood_indices import LikelihoodIndices, likelihood_indices
from samd_validate.stats.sample import Sample

REGRESSION, EXACT = 1e-5, 1e-9


@pytest.fixture(params=range(1, 7), ids=lambda seed: f"seed{seed}")
def case(request: pytest.FixtureRequest, shared: Path) -> tuple[Sample, dict[str, Any]]:
    folder = shared / "oracles"
    with (folder / f"{request.param}.csv").open() as file:
        rows = [[float(x) for x in row] for row in list(csv.reader(file))[1:]]
    label, score, _ = np.array(rows).T
    values = json.loads((folder / f"{request.param}.json").read_text())
    return Sample(label=label, score=score), values


def test_calibration_errors_are_those_of_val_prob(case: Any) -> None:
    sample, r = case
    found = calibration_errors(sample)
    assert isinstance(found, CalibrationErrors)
    wanted = r["val_prob"]
    assert found.ici == pytest.approx(wanted["Eavg"], abs=REGRESSION)
    assert found.e90 == pytest.approx(wanted["E90"], abs=REGRESSION)
    assert found.emax == pytest.approx(wanted["Emax"], abs=REGRESSION)


def test_likelihood_indices_are_those_of_val_prob(case: Any) -> None:
    sample, r = case
    found = likelihood_indices(sample)
    assert isinstance(found, LikelihoodIndices)
    names = {
        "R2": found.nagelkerke_r2,
        "D": found.discrimination,
        "D:Chi-sq": found.discrimination_chi2,
        "U": found.unreliability,
        "U:Chi-sq": found.unreliability_chi2,
        "U:p": found.unreliability_p,
        "Q": found.quality,
        "Dxy": found.somers_dxy,
        "Intercept": found.intercept,
        "Slope": found.slope,
        "Brier": found.brier,
    }
    wanted = {name: r["val_prob"][name] for name in names}
    assert names == pytest.approx(wanted, abs=REGRESSION)


def test_kolmogorov_smirnov_is_that_of_ks_test(case: Any) -> None:
    sample, r = case
    distance, p_value = kolmogorov_smirnov(sample)
    assert distance == pytest.approx(r["ks"]["D"], abs=EXACT)
    assert p_value == pytest.approx(r["ks"]["p_asymptotic"], abs=EXACT)
