"""GRU-D, Temporal Fusion Transformer and the training they share with the LSTM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import CannotRun
from samd_validate.core.kinds import FitRequest, ReadRequest
from samd_validate.core.model import Attentive, Explainable, no_progress
from samd_validate.divide import divide
from samd_validate.models._additive import basis, learn_additive
from samd_validate.models._ensemble import EnsembleModel, NetworkParams
from samd_validate.models._fusion import FusionNetwork
from samd_validate.models._gated_decay import GatedDecayNetwork
from samd_validate.models._pooled import summaries
from samd_validate.models._training import chosen_device
from samd_validate.models.gru_d import GruDParams, gru_d
from samd_validate.models.lstm import LstmParams, lstm
from samd_validate.models.tft import TftModel, TftParams, tft
from samd_validate.protocol.schema import Split
from samd_validate.readers.simulated_icu import SimulatedIcuParams, simulated_icu

SMALL = {"hidden": 8, "members": 2, "max_epochs": 2}
FAMILIES = [
    pytest.param(lstm, LstmParams(**SMALL), id="lstm"),
    pytest.param(gru_d, GruDParams(**SMALL, wide=True, additive_share=0.5), id="gru_d"),
    pytest.param(tft, TftParams(**SMALL, step_hours=6, wide=True), id="tft"),
]


@pytest.fixture(scope="module")
def request_() -> FitRequest:
    place = ReadRequest(dataset="d", place=None, seed=5, window_hours=24)
    cohort = simulated_icu.run(place, SimulatedIcuParams(site="riverside", stays=400))
    parts = divide(cohort, Split(test=0.3, tuning=0.3), 1)
    return FitRequest(
        name="m",
        development=parts.part("development"),
        tuning=parts.part("tuning"),
        variables=tuple(variable.name for variable in cohort.series.variables),
        seed=9,
    )


def of_one_outcome(cohort: Cohort) -> Cohort:
    return cohort.take(np.asarray(cohort.label) == 0)


def without_series(cohort: Cohort) -> Cohort:
    return replace(cohort, series=None)


@pytest.mark.parametrize(("family", "params"), FAMILIES)
@pytest.mark.parametrize("part", ["development", "tuning"])
@pytest.mark.parametrize("broken", [of_one_outcome, without_series])
def test_part_that_cannot_serve_is_named(
    family: object,
    params: NetworkParams,
    part: str,
    broken: Callable[[Cohort], Cohort],
    request_: FitRequest,
) -> None:
    bad = replace(request_, **{part: broken(getattr(request_, part))})
    with pytest.raises(CannotRun, match=f"{part} part"):
        family.run(bad, params)  # type: ignore[attr-defined]


def test_training_that_diverges_gives_no_model(request_: FitRequest) -> None:
    far = replace(
        request_.development, numbers={"age_years": np.full(request_.development.size, 60.0)}
    )
    params = LstmParams(**SMALL, learning_rate=0.99, weight_decay=1e38)
    with pytest.raises(CannotRun, match="a loss that is not finite after epoch 1"):
        lstm.run(replace(request_, development=far), params)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ValidationError, match="must divide hidden"):
        TftParams(hidden=16, heads=3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_gpu_that_is_not_there_is_refused_and_auto_takes_the_processor() -> None:
    with pytest.raises(CannotRun, match="torch sees no GPU"):
        chosen_device("cuda")
    assert chosen_device("auto").type == "cpu"


def test_summaries_are_of_observed_hours_alone() -> None:
    value = torch.tensor([[9.0, 2, 2, -1, -1], [0, 0, 0, 0, 0]])
    mask = torch.tensor([[0.0, 1, 0, 1, 0], [0, 0, 0, 0, 0]])
    found = summaries(torch.stack([value, mask, mask], dim=2))
    expected = [2, -1, -1, 2, 0.5, -1, np.log(3)]
    assert found[0].tolist() == pytest.approx(expected, abs=1e-6)
    assert found[1].tolist() == [0] * 7


def test_additive_part_is_the_ridge_regression_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    torch.manual_seed(2)
    series, static = torch.rand(300, 6, 6), torch.randn(300, 2)
    label = (static[:, 0] + series[:, -1, 0] > 0.5).float()
    mine = learn_additive(series, static, label)
    theirs = LogisticRegression(C=0.01, tol=1e-8, max_iter=5000)
    theirs.fit(basis(series, static).numpy(), label.numpy())
    expected = theirs.decision_function(basis(series, static).numpy())
    assert mine.log_odds(series, static).numpy() == pytest.approx(expected, abs=1e-2)


def test_tents_of_an_input_add_up_to_one() -> None:
    found = basis(4 * torch.rand(20, 5, 3), torch.zeros(20, 0))
    tents = found[:, 7:].reshape(20, 5, 7)
    assert torch.allclose(tents.sum(1), torch.ones(()), atol=1e-6)


def test_additive_share_of_one_leaves_the_additive_part_alone(request_: FitRequest) -> None:
    params = LstmParams(hidden=4, members=1, max_epochs=1, additive_share=1)
    one = lstm.run(request_, params)
    other = lstm.run(replace(request_, seed=10), params)
    assert one.predict(request_.tuning).tolist() == other.predict(request_.tuning).tolist()


def test_input_decays_from_its_last_value_to_the_mean() -> None:
    network = GatedDecayNetwork(3, 0, 4)
    hours = 24
    gap = torch.arange(hours) / hours
    mask = (gap == 0).float()
    series = torch.stack([torch.full((hours,), 2.0), mask, gap], dim=1)[None]
    decayed = network.decayed(series)[0, :, 0].detach().numpy()
    assert decayed == pytest.approx(2 * np.exp(-np.arange(hours) / 24), rel=1e-6)  # w = 1, b = 0


def test_gru_d_without_decay_is_the_gated_recurrent_unit_of_torch() -> None:
    torch.manual_seed(0)
    network = GatedDecayNetwork(6, 0, 5)
    unit = torch.nn.GRU(4, 5, batch_first=True)
    with torch.no_grad():
        network.input_rate.zero_()
        network.state_decay.weight.zero_()
        for mine, theirs in ((network.from_input, "ih"), (network.from_state, "hh")):
            for kind in ("weight", "bias"):
                update, reset, new = getattr(mine, kind).chunk(3)
                getattr(unit, f"{kind}_{theirs}_l0").copy_(torch.cat([reset, -update, new]))
        series = torch.rand(3, 7, 6)
        states = network._states(
            network.from_input(network.decayed(series)), network._state_factors(series)
        )
        expected, _ = unit(network.decayed(series))
    assert torch.allclose(states, expected, atol=1e-6)  # sums in single precision


def test_state_decays_by_the_time_since_the_observation_before_an_hour() -> None:
    network = GatedDecayNetwork(3, 0, 1)
    with torch.no_grad():
        network.state_decay.weight.fill_(1.0)
    gap = torch.tensor([1.0, 0, 1, 2, 0, 1]) / 24
    series = torch.zeros(1, 24, 3)
    series[0, :6, 2] = gap
    factors = network._state_factors(series)[0, :6, 0].detach().numpy()
    assert factors == pytest.approx(np.exp(-np.array([0, 2, 1, 2, 3, 1]) / 24), rel=1e-6)


@pytest.mark.parametrize("hours", [1, 5, 8])
@pytest.mark.parametrize("owners", [(), (0, 0, 1)])
def test_fusion_looks_at_every_step_of_any_window(hours: int, owners: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    network = FusionNetwork(6, owners, 8, heads=2, step_hours=3).eval()
    series, static = torch.rand(4, hours, 6), torch.rand(4, len(owners))
    output, seen = network.look(series, static)
    steps = -(-hours // 3)
    assert output.shape == (4,)
    assert seen.variables.shape == (4, steps, 2)
    assert seen.steps.shape == (4, steps)
    for weights in (seen.variables, seen.static, seen.steps):
        assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-6)


@pytest.fixture(scope="module")
def fitted(request_: FitRequest) -> dict[str, EnsembleModel]:
    return {one.id: one.values[0].run(request_, one.values[1]) for one in FAMILIES}


@pytest.mark.parametrize(("family", "params"), FAMILIES)
def test_interrupted_training_resumes_to_the_same_weights(
    family: object,
    params: NetworkParams,
    fitted: dict[str, EnsembleModel],
    request_: FitRequest,
    tmp_path: Path,
) -> None:
    def stop(what: str, share: float) -> None:
        raise KeyboardInterrupt(what, share)

    kept = replace(request_, checkpoint_place=str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        family.run(replace(kept, progress=stop), params)  # type: ignore[attr-defined]
    states = sorted(tmp_path.iterdir())
    assert {load_file(one)["tuning_loss"].numel() for one in states} == {1}
    shares: list[float] = []
    resumed = family.run(  # type: ignore[attr-defined]
        replace(kept, progress=lambda _, share: shares.append(share)), params
    )
    whole = fitted[family.name]  # type: ignore[attr-defined]
    assert resumed.artefact() == whole.artefact()
    assert resumed.card == whole.card
    assert len(shares) == 2 * params.members  # the second epoch and the end of each


def test_state_of_another_seed_or_recipe_is_never_taken_up(
    request_: FitRequest, tmp_path: Path
) -> None:
    kept = replace(request_, checkpoint_place=str(tmp_path))
    params = LstmParams(hidden=4, members=1, max_epochs=1)
    lstm.run(kept, params)
    lstm.run(replace(kept, seed=10), params)
    lstm.run(kept, params.model_copy(update={"dropout": 0.2}))
    lstm.run(replace(kept, variables=kept.variables[1:]), params)
    lstm.run(replace(kept, tuning=kept.tuning.take(np.arange(60))), params)
    assert len(list(tmp_path.iterdir())) == 5


def test_damaged_checkpoint_is_named(request_: FitRequest, tmp_path: Path) -> None:
    kept = replace(request_, checkpoint_place=str(tmp_path))
    params = LstmParams(hidden=4, members=1, max_epochs=1)
    lstm.run(kept, params)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (whole[:-7], whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:]):
        path.write_bytes(damaged)
        with pytest.raises(CannotRun, match="a checkpoint that cannot be taken up"):
            lstm.run(kept, params)
    path.write_bytes(whole)
    lstm.run(kept, params)


@pytest.mark.parametrize("name", ["gru_d", "tft"])
def test_prediction_of_a_stay_does_not_depend_on_its_company(
    name: str, fitted: dict[str, EnsembleModel], request_: FitRequest
) -> None:
    together = fitted[name].predict(request_.tuning)
    alone = fitted[name].predict(request_.tuning.take(np.array([3])))
    assert alone[0] == pytest.approx(together[3], abs=1e-6)  # sums in single precision


@pytest.mark.parametrize("name", ["gru_d", "tft"])
def test_shapley_values_of_every_family_add_up(
    name: str, fitted: dict[str, EnsembleModel], request_: FitRequest
) -> None:
    model = fitted[name]
    assert isinstance(model, Explainable)
    found = model.attribute(
        request_.tuning.take(np.arange(2)), blocks=1, seed=1, progress=no_progress
    )
    assert found.additivity_error < 1e-4  # single precision, some hundred summands


def test_only_the_transformer_says_what_it_looked_at(
    fitted: dict[str, EnsembleModel], request_: FitRequest
) -> None:
    assert not isinstance(fitted["lstm"], Attentive)
    model = fitted["tft"]
    assert isinstance(model, TftModel)
    assert isinstance(model, Attentive)
    seen = model.attend(request_.tuning)
    n = request_.tuning.size
    assert seen.variable_weights.shape == (n, 4, len(seen.variables))
    assert seen.static_weights.shape == (n, len(seen.static_inputs)) == (n, 2)
    assert seen.step_edges_hours == (0, 6, 12, 18, 24)
    for weights in (seen.variable_weights, seen.static_weights, seen.step_weights):
        assert weights.min() >= 0
        assert weights.sum(-1) == pytest.approx(1, abs=1e-6)


def test_lstm_predicts_what_it_did_before_the_families_shared_their_training() -> None:
    place = ReadRequest(dataset="d", place=None, seed=5, window_hours=24)
    cohort = simulated_icu.run(place, SimulatedIcuParams(site="riverside", stays=900))
    parts = divide(cohort, Split(test=0.3, tuning=0.2), 1)
    request = FitRequest(
        name="m",
        development=parts.part("development"),
        tuning=parts.part("tuning"),
        variables=tuple(variable.name for variable in cohort.series.variables),
        seed=9,
    )
    model = lstm.run(request, LstmParams(hidden=8, members=3, max_epochs=2))
    # printed for this cohort by the release that had no other family; processors may differ
    held = [0.05448064651049523, 0.05141076711572194, 0.013600056776825343, 0.040801530117963086]
    assert model.predict(request.tuning)[:4] == pytest.approx(held, rel=1e-4)


@pytest.mark.parametrize("name", ["lstm", "gru_d", "tft"])
def test_networks_compute_in_mixed_precision_close_to_full(
    name: str, fitted: dict[str, EnsembleModel], request_: FitRequest
) -> None:
    model = fitted[name]
    series, static = model.tensors(request_.tuning)
    network = model.networks[0]
    network.train()
    full = network(series, static)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = network(series, static)
    half.float().sum().backward()
    network.zero_grad()
    network.eval()
    assert half.float().detach().numpy() == pytest.approx(full.detach().numpy(), abs=0.1)
