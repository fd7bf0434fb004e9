"""Leakage through devices that read images alone: what does not apply says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from bright_squares import squares
from drawn_images import Scoring

from samd_validate.checks.model_leakage import ModelLeakageParams, model_leakage
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import Model, Preprocessed
from samd_validate.models.small_cnn import small_cnn


@dataclass(frozen=True, kw_only=True)
class Companions:
    """Scores an image by its brightness beside that of the others it came with."""

    name: str = "companions"
    card: Mapping[str, object] = field(default_factory=dict)

    def predict(self, cohort: Cohort) -> FloatArray:
        plain = Scoring().predict(cohort)
        return np.clip(0.5 + plain - plain.mean(), 0, 1)

    def artefact(self) -> bytes:
        return b""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Scores an image by the age beside it, and does not say so."""

    name: str = "columns"
    card: Mapping[str, object] = field(default_factory=dict)

    def predict(self, cohort: Cohort) -> FloatArray:
        age = cohort.numbers.get("age_years", np.zeros(cohort.size))
        return np.asarray(age / 100, dtype=np.float64)

    def artefact(self) -> bytes:
        return b""


def cohort() -> Cohort:
    one = squares(40, age_years=np.linspace(20, 90, 40))
    return replace(one, groups={"finding": np.where(one.label == 1, "Nodule", "none")})


def found(model: Model | None, one: Cohort | None = None) -> dict[str, Measurement]:
    there = cohort() if one is None else one
    score = np.full(there.size, 0.5) if model is None else model.predict(there)
    inputs = Inputs(
        populations=(Population(name="test", cohort=there, score=score),),
        intervals=IntervalPlan(n_resamples=200),
        development=there,
        model=model,
    )
    output = model_leakage.run("m", inputs, ModelLeakageParams(images=12))
    return {finding.measure: finding.measurement for finding in output.findings}


def code(measured: Measurement) -> str:
    assert isinstance(measured, NotEstimable)
    return measured.code


def test_what_an_image_has_not_is_said_and_is_no_number() -> None:
    rows = found(Scoring())
    assert code(rows["predictions_moved_by_truncation"]) == "no_series"
    assert code(rows["near_perfect_inputs"]) == "no_columns"  # though the group tells the label
    assert code(rows["strongest_single_auroc"]) == "no_columns"
    assert code(rows["preprocessing_beyond_development"]) == "not_shown"


@pytest.mark.requirement("REQ-DATA-INDEPENDENCE")
@pytest.mark.parametrize(
    ("model", "moved"),
    [(Scoring(), 0), (Companions(), 12), (Columns(), 12)],
    ids=["image", "companions", "columns"],
)
def test_score_that_is_not_of_its_image_alone_is_found(model: Model, moved: int) -> None:
    alone = found(model)["predictions_moved_alone"]
    assert isinstance(alone, Estimate)
    assert (alone.value, alone.n) == (moved, 12)


def test_device_known_by_its_predictions_is_not_run() -> None:
    assert code(found(None)["predictions_moved_by_truncation"]) == "no_model"


def test_reference_classifier_learned_no_preprocessing_and_scores_an_image_by_itself() -> None:
    there = cohort()
    request = FitRequest(name="cnn", development=there, tuning=there, variables=(), seed=1)
    params = small_cnn.params(size=32, max_epochs=1)
    model = small_cnn.run(request, params)
    assert isinstance(model, Preprocessed)
    rows = found(model, there)
    assert code(rows["preprocessing_beyond_development"]) == "nothing_learned"
    alone = rows["predictions_moved_alone"]
    assert isinstance(alone, Estimate) and alone.value == 0
