"""Boosted trees: missing values, repeatable fits, and no look past the prediction."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from leaky import hospital
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import Preprocessed
from samd_validate.divide import divide
from samd_validate.models.gradient_boosting import (
    GradientBoostingModel,
    GradientBoostingParams,
    gradient_boosting,
)
from samd_validate.models.logistic import LogisticParams, logistic_regression
from samd_validate.protocol.schema import Split

SMALL = GradientBoostingParams(members=2, max_trees=40, patience=10, min_leaf=15)


@pytest.fixture(scope="module")
def request_() -> FitRequest:
    parts = divide(hospital("riverside", 5, stays=900), Split(test=0.2, tuning=0.25), 1)
    development = parts.part("development")
    assert development.series is not None
    return FitRequest(
        name="m",
        development=development,
        tuning=parts.part("tuning"),
        variables=tuple(one.name for one in development.series.variables),
        seed=9,
    )


@pytest.fixture(scope="module")
def fitted(request_: FitRequest) -> GradientBoostingModel:
    model: GradientBoostingModel = gradient_boosting.run(request_, SMALL)
    return model


def test_series_are_needed(request_: FitRequest) -> None:
    bare = replace(request_.development, series=None)
    with pytest.raises(ValueError, match="need measurements over time"):
        gradient_boosting.run(replace(request_, development=bare), SMALL)


@pytest.mark.parametrize("wrong", [{"members": 0}, {"feature_share": 0}, {"depth": 3}])
def test_parameters_out_of_range_or_unknown_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        GradientBoostingParams.model_validate(wrong)


def test_stay_without_any_measurement_has_a_prediction(
    fitted: GradientBoostingModel, request_: FitRequest
) -> None:
    stays = request_.tuning.take(np.arange(3))
    assert stays.series is not None
    empty = replace(stays, series=stays.series.only(np.zeros(0, dtype=np.int64)))
    risks = fitted.predict(empty)
    assert ((risks > 0) & (risks < 1)).all()


def test_second_fit_is_the_same_to_the_byte_on_one_thread_or_two(
    fitted: GradientBoostingModel, request_: FitRequest
) -> None:
    for threads in (1, 2):
        with threadpool_limits(threads):
            assert gradient_boosting.run(request_, SMALL).artefact() == fitted.artefact()
    assert gradient_boosting.run(replace(request_, seed=10), SMALL).artefact() != fitted.artefact()


def test_record_holds_no_patient_and_no_pickle(fitted: GradientBoostingModel) -> None:
    record = json.loads(fitted.artefact())
    assert set(record) == {
        "features",
        "hyper_parameters",
        "recalibration",
        "trees",
        "tuning_log_odds",
    }


def test_stays_are_ranked_better_than_chance_and_recalibrated(
    fitted: GradientBoostingModel, request_: FitRequest
) -> None:
    risks = fitted.predict(request_.tuning)
    assert roc_auc_score(request_.tuning.label, risks) > 0.7
    assert risks.mean() == pytest.approx(request_.tuning.label.mean(), abs=1e-3)


def test_preprocessing_of_reference_models_comes_from_the_development_part_alone(
    fitted: GradientBoostingModel, request_: FitRequest
) -> None:
    logistic = logistic_regression.run(request_, LogisticParams())
    for model in (fitted, logistic):
        assert isinstance(model, Preprocessed)
        learned = model.learned()
        assert learned
        assert model.relearned(request_.development) == learned
        assert model.relearned(request_.tuning) != learned
