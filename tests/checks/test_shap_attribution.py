"""Attributions of a small network: exact values, completeness, ranks, and stays in words."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import pytest
import torch
from ward import N, inputs_of, learned, ward

from samd_validate.checks._kinds_of_cases import chosen_cases
from samd_validate.checks.shap_attribution import ShapParams, shap_attribution
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate
from samd_validate.core.model import (
    Explainable,
    GradientExplainable,
    Maskable,
    Randomisable,
    no_progress,
)
from samd_validate.models._ensemble import EnsembleModel
from samd_validate.models._recalibrate import log_odds


@pytest.fixture(scope="module")
def model() -> EnsembleModel:
    return learned()


def exact(model: EnsembleModel, cohort: Cohort) -> np.ndarray:
    """Return Shapley values ``(n, inputs)`` by their definition, over all coalitions."""
    k = len(model.inputs)
    subsets = [set(chosen) for size in range(k + 1) for chosen in combinations(range(k), size)]
    output = {}
    for subset in subsets:
        kept = np.tile([index in subset for index in range(k)], (cohort.size, 1))
        output[frozenset(subset)] = model.log_odds_with(cohort, kept)
    values = np.zeros((cohort.size, k))
    for index in range(k):
        for subset in subsets:
            if index not in subset:
                weight = factorial(len(subset)) * factorial(k - len(subset) - 1) / factorial(k)
                gain = output[frozenset(subset | {index})] - output[frozenset(subset)]
                values[:, index] += weight * gain
    return values


# ---- bad input first


def test_kept_inputs_of_another_shape_are_refused(model: EnsembleModel) -> None:
    with pytest.raises(ValueError, match="kept"):
        model.log_odds_with(ward(), np.ones((N, 2), dtype=np.bool_))


@pytest.mark.parametrize("wrong", [{"kinds": ["worst"]}, {"local": 0}, {"blocks": 0}])
def test_parameters_that_are_none_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ShapParams.model_validate(wrong)


# ---- the method


@pytest.mark.requirement("REQ-EXPLANATION")
def test_sampled_shapley_values_are_the_exact_ones_within_sampling(model: EnsembleModel) -> None:
    stays = ward(5).take(np.arange(40))
    truth = exact(model, stays)
    found = model.attribute(stays, blocks=1, seed=1, progress=no_progress).values[:, :, 0]
    assert found.sum(axis=1) == pytest.approx(truth.sum(axis=1), abs=1e-5)  # single precision
    assert np.corrcoef(found.ravel(), truth.ravel())[0, 1] > 0.99
    assert np.abs(found - truth).max() < 0.15 * np.abs(truth).max()
    repeats = [
        model.attribute(stays, blocks=1, seed=seed, progress=no_progress).values[:, :, 0]
        for seed in range(2, 12)
    ]
    off = np.abs(np.mean(repeats, axis=0) - truth)
    assert off.max() < 0.06 * np.abs(truth).max()  # ten times the permutations


def test_exact_values_of_nothing_known_and_all_known_are_reference_and_prediction(
    model: EnsembleModel,
) -> None:
    stays = ward(5).take(np.arange(5))
    whole = np.ones((5, len(model.inputs)), dtype=np.bool_)
    assert model.log_odds_with(stays, whole) == pytest.approx(
        log_odds(model.predict(stays)), abs=1e-5
    )
    base = model.attribute(stays, blocks=1, seed=1, progress=no_progress).base
    assert model.log_odds_with(stays, ~whole) == pytest.approx([base] * 5, abs=1e-5)


def test_integrated_gradients_add_up_and_order_inputs_alike(model: EnsembleModel) -> None:
    stays = ward(5).take(np.arange(60))
    found = model.integrated_gradients(stays)
    assert found.additivity_error < 0.05  # 32 points of quadrature
    assert found.inputs == model.inputs
    sampled = model.attribute(stays, blocks=1, seed=1, progress=no_progress)
    assert np.corrcoef(found.values.ravel(), sampled.values.ravel())[0, 1] > 0.9


def test_model_can_do_all_that_its_explanation_is_tested_by(model: EnsembleModel) -> None:
    for able in (Explainable, GradientExplainable, Maskable, Randomisable):
        assert isinstance(model, able)


def test_weights_are_drawn_anew_from_the_output_down_and_the_model_stays(
    model: EnsembleModel,
) -> None:
    before = model.artefact()
    assert model.stages == ("out", "hidden", "lstm")
    one, again = (model.randomised(1, 7) for _ in range(2))
    assert one.artefact() == again.artefact() != before
    assert model.artefact() == before
    changed = dict(one.networks[0].named_parameters())
    kept = dict(model.networks[0].named_parameters())
    moved = {name.split(".")[0] for name in kept if not torch.equal(changed[name], kept[name])}
    assert moved == {"out"}
    assert model.randomised(0, 7).artefact() == before


# ---- the check


def test_chosen_stays_are_of_their_kind_and_none_is_shown_twice(model: EnsembleModel) -> None:
    given = inputs_of(model)
    population = given.populations[0]
    kinds = ShapParams().kinds
    chosen, lacking = chosen_cases(population, 0.5, kinds, 2)
    assert not lacking
    rows = [one.row for one in chosen]
    assert len(set(rows)) == len(rows) == 8
    score, label = population.score, population.cohort.label
    for one in chosen:
        if one.kind == "false_negative":
            assert (label[one.row], score[one.row] < 0.5) == (1, True)
        if one.kind == "false_positive":
            assert (label[one.row], score[one.row] >= 0.5) == (0, True)
    assert score[rows[0]] == score.max()
    nearest = np.abs(score - 0.5).min()
    assert abs(score[rows[6]] - 0.5) == pytest.approx(nearest)


def test_without_an_operating_point_only_the_highest_risk_is_shown(model: EnsembleModel) -> None:
    output = shap_attribution.run("s", inputs_of(model, None), ShapParams(patients=20))
    assert [figure.kind for figure in output.figures] == ["bars", "waterfall"]
    assert sum("no operating point" in note for note in output.notes) == 3


@pytest.mark.requirement("REQ-EXPLANATION")
def test_check_ranks_inputs_with_intervals_and_says_single_stays_in_words(
    model: EnsembleModel,
) -> None:
    output = shap_attribution.run("s", inputs_of(model), ShapParams(patients=80, blocks=4))
    found = {(one.measure, one.subset): one.measurement for one in output.findings}
    error = found["additivity_error", "all"]
    assert isinstance(error, Estimate)
    assert error.high < 1e-4
    potassium = found["importance_rank", "input=potassium"]
    assert isinstance(potassium, Estimate)
    assert (potassium.value, potassium.n_clusters) == (1, 80)
    assert len(found) == 1 + len(model.inputs)
    words = [str(row[2]) for row in output.tables[1].rows]
    assert any(line.startswith("potassium ") and "mmol/L at hour 6: " in line for line in words)
    assert {row[1] for row in output.tables[1].rows} == {
        "highest risk",
        "false negative",
        "false positive",
        "borderline",
    }
    again = shap_attribution.run("s", inputs_of(model), ShapParams(patients=80, blocks=4))
    assert again == output


def test_device_that_cannot_be_explained_is_told(model: EnsembleModel) -> None:
    class Closed:
        name, card = "closed", {}

        def predict(self, cohort: Cohort) -> np.ndarray:
            return np.full(cohort.size, 0.5)

        def artefact(self) -> bytes:
            return b""

    output = shap_attribution.run("s", replace(inputs_of(model), model=Closed()), ShapParams())
    assert output.notes == ("the device cannot break its predictions down to inputs",)
