"""Reference models: inputs mark what is missing, fits repeat to the byte, parts add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from samd_validate.core.cohort import Cohort, Provenance, TimeSeries, Variable
from samd_validate.core.kinds import FitRequest, ReadRequest
from samd_validate.core.model import no_progress
from samd_validate.divide import divide
from samd_validate.models._ensemble import EnsembleModel
from samd_validate.models._hourly import hourly_channels, learn_scales
from samd_validate.models._recalibrate import learn_platt, log_odds
from samd_validate.models._static import learn_static
from samd_validate.models._summaries import summary_features
from samd_validate.models.logistic import LogisticParams, logistic_regression
from samd_validate.models.lstm import LstmParams, lstm
from samd_validate.protocol.schema import Split
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

VARIABLES = (
    Variable(name="heart_rate", unit="/min", low=0, high=300),
    Variable(name="lactate", unit="mmol/L", low=0, high=40),
)


def tiny() -> Cohort:
    """Two stays: one with four values, one with none."""
    series = TimeSeries(
        variables=VARIABLES,
        unit_index=[0, 0, 0, 0],
        time_hours=[0.2, 0.7, 3.0, 2.5],
        variable_index=[0, 0, 0, 1],
        value=[2, 4, 1, 2],
        window_hours=5,
    )
    return Cohort(
        name="tiny",
        unit_id=np.array(["a", "b"]),
        patient_id=np.array(["a", "b"]),
        site=np.array(["s", "s"]),
        label=np.array([1, 0]),
        series=series,
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f"),
    )


def test_value_mask_and_hours_since_last_of_an_irregular_series() -> None:
    cohort = tiny()
    assert cohort.series is not None
    grid = hourly_channels(cohort, learn_scales(cohort.series, ("heart_rate", "lactate")))
    assert grid.shape == (2, 5, 6)
    assert grid[0, :, 0].tolist() == [3, 3, 3, 1, 1]  # too few values to scale
    assert grid[0, :, 2].tolist() == [1, 0, 0, 1, 0]
    assert grid[0, :, 3].tolist() == [0, 0, 1, 0, 0]
    assert np.allclose(grid[0, :, 4] * 5, [0, 1, 2, 0, 1])
    assert np.allclose(grid[0, :, 5] * 5, [1, 2, 0, 1, 2])


def test_stay_without_measurements_has_empty_masks_and_growing_gaps() -> None:
    cohort = tiny()
    assert cohort.series is not None
    grid = hourly_channels(cohort, learn_scales(cohort.series, ("heart_rate", "lactate")))
    assert not grid[1, :, :4].any()
    assert np.allclose(grid[1, :, 4] * 5, [1, 2, 3, 4, 5])


def test_variable_that_a_site_does_not_have_is_never_observed() -> None:
    cohort = tiny()
    assert cohort.series is not None
    grid = hourly_channels(cohort, learn_scales(cohort.series, ("heart_rate", "troponin_t")))
    assert not grid[:, :, 3].any()


def test_summaries_of_a_variable_never_measured_are_missing_with_count_zero() -> None:
    features = summary_features(tiny(), ("heart_rate", "lactate"))
    assert features[0].tolist() == pytest.approx([2, 1, 1, 4, 7 / 3, 3, 2, 2, 2, 2, 2, 1])
    assert np.isnan(features[1, :5]).all()
    assert features[1, 5] == 0


@pytest.fixture(scope="module")
def request_() -> FitRequest:
    place = ReadRequest(dataset="d", place=None, seed=5, window_hours=24)
    cohort = simulated_icu.run(place, SimulatedIcuParams(site="riverside", stays=900))
    parts = divide(cohort, Split(test=0.3, tuning=0.2), 1)
    return FitRequest(
        name="m",
        development=parts.part("development"),
        tuning=parts.part("tuning"),
        variables=tuple(variable.name for variable in cohort.series.variables),
        seed=9,
    )


SMALL = LstmParams(hidden=8, members=3, max_epochs=2)


@pytest.fixture(scope="module")
def fitted(request_: FitRequest) -> EnsembleModel:
    model: EnsembleModel = lstm.run(request_, SMALL)
    return model


def test_second_fit_has_the_same_weights(fitted: EnsembleModel, request_: FitRequest) -> None:
    for _ in range(2):
        assert lstm.run(request_, SMALL).artefact() == fitted.artefact()


def test_another_seed_has_other_weights(fitted: EnsembleModel, request_: FitRequest) -> None:
    assert lstm.run(replace(request_, seed=10), SMALL).artefact() != fitted.artefact()


def test_prediction_of_a_stay_does_not_depend_on_its_company(
    fitted: EnsembleModel, request_: FitRequest
) -> None:
    together = fitted.predict(request_.tuning)
    alone = fitted.predict(request_.tuning.take(np.array([3])))
    assert alone[0] == pytest.approx(together[3], abs=1e-6)  # sums in single precision


def test_shapley_values_add_up_and_static_inputs_have_one_block(
    fitted: EnsembleModel, request_: FitRequest
) -> None:
    stays = request_.tuning.take(np.arange(4))
    found = fitted.attribute(stays, blocks=3, seed=1, progress=no_progress)
    assert found.values.shape == (4, len(found.inputs), 3)
    assert found.additivity_error < 1e-4  # single precision, some hundred summands
    age = found.inputs.index("age_years")
    assert not found.values[:, age, 1:].any()
    assert log_odds(fitted.predict(stays)) == pytest.approx(found.output, abs=1e-4)


def test_recalibration_makes_the_tuning_part_come_out_on_average(
    fitted: EnsembleModel, request_: FitRequest
) -> None:
    assert fitted.predict(request_.tuning).mean() == pytest.approx(
        request_.tuning.label.mean(), abs=1e-3
    )


def test_recalibration_never_turns_the_ranking_round() -> None:
    platt = learn_platt(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([1, 1, 0, 0]))
    assert platt.slope == 0


def test_logistic_comparator_ranks_better_than_chance(request_: FitRequest) -> None:
    from sklearn.metrics import roc_auc_score

    model = logistic_regression.run(request_, LogisticParams())
    assert roc_auc_score(request_.tuning.label, model.predict(request_.tuning)) > 0.7
    assert model.artefact() == logistic_regression.run(request_, LogisticParams()).artefact()


def test_columns_that_a_source_does_not_have_are_not_inputs(request_: FitRequest) -> None:
    coding = learn_static(request_.development, ("age_years", "height_cm"), ("sex", "icu_type"))
    assert coding.inputs == ("age_years", "sex")
    assert len(coding.owners) == coding.columns(request_.tuning).shape[1] == 4


def test_what_comes_after_the_window_moves_no_channel_and_no_summary() -> None:
    cohort = tiny()
    assert cohort.series is not None
    series = cohort.series
    late = replace(
        series,
        unit_index=np.append(series.unit_index, 1),
        time_hours=np.append(series.time_hours, 5.5),
        variable_index=np.append(series.variable_index, 0),
        value=np.append(series.value, 200),
    )
    scales = learn_scales(series, ("heart_rate", "lactate"))
    moved = replace(cohort, series=late)
    assert np.array_equal(hourly_channels(moved, scales), hourly_channels(cohort, scales))
    names = ("heart_rate", "lactate")
    assert np.array_equal(
        summary_features(moved, names), summary_features(cohort, names), equal_nan=True
    )


def test_value_that_was_stored_after_the_window_is_not_looked_at() -> None:
    cohort = tiny()
    assert cohort.series is not None
    stored = replace(cohort, series=replace(cohort.series, stored_hours=[1, 1, 4, 6]))
    assert np.isnan(summary_features(stored, ("lactate",))[0, :5]).all()


def test_scales_of_the_network_come_from_the_development_part(
    fitted: EnsembleModel, request_: FitRequest
) -> None:
    assert fitted.relearned(request_.development) == fitted.learned()
    assert fitted.relearned(request_.tuning) != fitted.learned()
