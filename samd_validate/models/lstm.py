"""A recurrent network on hourly channels: value, mask, hours since the last observation."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.kinds import FitRequest, family
from samd_validate.core.model import Attribution, Progress
from samd_validate.core.seeds import step_seed
from samd_validate.models._hourly import Channels, Scale, hourly_channels, learn_scales
from samd_validate.models._preprocessing import coding_from, scales_from, statistics_of
from samd_validate.models._recalibrate import Platt, learn_platt
from samd_validate.models._static import StaticCoding, learn_static

if TYPE_CHECKING:
    from torch import Tensor

    from samd_validate.models._recurrent import RecurrentNetwork
    from samd_validate.models._training import TrainedMember, TrainingSet

WORKERS = 2


class LstmParams(BaseModel):
    """Hyper-parameters of the recurrent network."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden: int = Field(default=64, ge=4, le=1024)
    members: int = Field(default=3, ge=1, le=20, description="networks whose log-odds are averaged")
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    learning_rate: float = Field(default=2e-3, gt=0, lt=1)
    weight_decay: float = Field(default=1e-3, ge=0)
    batch: int = Field(default=128, ge=8)
    max_epochs: int = Field(default=20, ge=1, le=1000)
    patience: int = Field(default=4, ge=1)
    balance: float = Field(
        default=0.5, ge=0, le=1, description="exponent of the odds by which events are weighted"
    )
    static_numbers: tuple[str, ...] = ("age_years",)
    static_groups: tuple[str, ...] = ("sex",)


@dataclass(frozen=True, kw_only=True)
class LstmModel:
    """An ensemble of recurrent networks with one recalibration."""

    name: str
    scales: tuple[Scale, ...]
    coding: StaticCoding
    members: tuple[TrainedMember, ...]
    platt: Platt
    reference_series: Channels
    reference_static: Channels
    card: Mapping[str, object]

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return recalibrated probabilities of the outcome, shape ``(n,)``."""
        return self.platt.apply(self._raw(cohort))

    def _raw(self, cohort: Cohort) -> FloatArray:
        import torch

        from samd_validate.models._training import predict_log_odds

        with _one_thread():
            series = torch.from_numpy(hourly_channels(cohort, self.scales))
            static = torch.from_numpy(self.coding.columns(cohort))
            outputs = [predict_log_odds(one.network, series, static) for one in self.members]
        return np.asarray(np.mean(outputs, axis=0), dtype=np.float64)

    def artefact(self) -> bytes:
        """Return the weights of all members as safetensors."""
        from safetensors.torch import save

        tensors = {
            f"{number}.{name}": value.contiguous()
            for number, member in enumerate(self.members)
            for name, value in member.network.state_dict().items()
        }
        return bytes(save(tensors))

    def learned(self) -> Mapping[str, float]:
        """Return means and spreads of the inputs, as learned."""
        return statistics_of((*self.scales, *self.coding.numbers))

    def relearned(self, cohort: Cohort) -> Mapping[str, float]:
        """Return means and spreads of the inputs, as ``cohort`` would have taught them."""
        coding = coding_from(cohort, self.coding)
        return statistics_of((*scales_from(cohort, self.scales), *coding.numbers))

    def attribute(
        self, cohort: Cohort, *, blocks: int, seed: int, progress: Progress
    ) -> Attribution:
        """Return Shapley values by input and block of time, in recalibrated log-odds."""
        from samd_validate.models._shapley import shapley_by_input

        with _one_thread():
            return shapley_by_input(self, cohort, blocks=blocks, seed=seed, progress=progress)

    def log_odds_of(self, series: Tensor, static: Tensor) -> Tensor:
        """Return recalibrated log-odds of channels and static columns, as tensors."""
        outputs: list[Tensor] = [network(series, static) for network in self.networks]
        mean = sum(outputs[1:], outputs[0]) / len(outputs)
        return self.platt.slope * mean + self.platt.intercept

    @property
    def networks(self) -> tuple[RecurrentNetwork, ...]:
        """Return the networks."""
        return tuple(member.network for member in self.members)


@family("lstm", version=1, params=LstmParams, extra="torch")
def lstm(request: FitRequest, params: LstmParams) -> LstmModel:
    """Fit an ensemble of LSTMs on hourly value, mask and time-since-last channels.

    Events are weighted by a power of the odds; training stops early on the tuning part, on
    which the averaged log-odds are then recalibrated (Platt). Ref. Che et al. 2018,
    doi:10.1038/s41598-018-24271-9; Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735.
    """
    series = request.development.series
    if series is None:
        raise ValueError("the lstm family needs measurements over time")
    scales = learn_scales(series, request.variables)
    coding = learn_static(request.development, params.static_numbers, params.static_groups)
    with _one_thread():
        development = _tensors(request.development, scales, coding)
        tuning = _tensors(request.tuning, scales, coding)
        members = _train_all(development, tuning, params, request)
    model = LstmModel(
        name=request.name,
        scales=scales,
        coding=coding,
        members=members,
        platt=Platt(slope=1.0, intercept=0.0),
        reference_series=development.series.mean(0).numpy(),
        reference_static=development.static.mean(0).numpy(),
        card={},
    )
    platt = learn_platt(model._raw(request.tuning), request.tuning.label)
    return replace(model, platt=platt, card=_training_record(request, params, model, platt))


def _tensors(cohort: Cohort, scales: tuple[Scale, ...], coding: StaticCoding) -> TrainingSet:
    import torch

    from samd_validate.models._training import TrainingSet

    channels: Channels = hourly_channels(cohort, scales)
    return TrainingSet(
        series=torch.from_numpy(channels),
        static=torch.from_numpy(coding.columns(cohort)),
        label=torch.from_numpy(cohort.label.astype(np.float32)),
    )


def _train_all(
    development: TrainingSet, tuning: TrainingSet, params: LstmParams, request: FitRequest
) -> tuple[TrainedMember, ...]:
    """Train the members side by side; each has a seed of its own, so the order is no matter.

    First weights come from torch's one global generator, so networks are made one by one before.
    """
    from samd_validate.models._recurrent import new_network
    from samd_validate.models._training import Hyper, train_member

    prevalence = float(development.label.mean())
    hyper = Hyper(
        hidden=params.hidden,
        dropout=params.dropout,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        batch=params.batch,
        max_epochs=params.max_epochs,
        patience=params.patience,
        positive_weight=((1 - prevalence) / prevalence) ** params.balance,
    )
    shares = [0.0] * params.members
    shape = (development.series.shape[2], development.static.shape[1], params.hidden)
    seeds = [step_seed(request.seed, f"member/{number}") for number in range(params.members)]
    networks = [new_network(*shape, seed) for seed in seeds]

    def train(number: int) -> TrainedMember:
        def note(share: float) -> None:
            shares[number] = share
            request.progress(f"training {request.name}", sum(shares) / params.members)

        member = train_member(networks[number], development, tuning, hyper, seeds[number], note)
        note(1.0)
        return member

    with ThreadPoolExecutor(WORKERS) as pool:
        return tuple(pool.map(train, range(params.members)))


def _training_record(
    request: FitRequest, params: LstmParams, model: LstmModel, platt: Platt
) -> dict[str, object]:
    return {
        "family": "lstm",
        "hyper_parameters": params.model_dump(mode="json"),
        "variables": [scale.name for scale in model.scales],
        "static_inputs": list(model.coding.inputs),
        "n_development": request.development.size,
        "n_development_events": request.development.n_events,
        "n_tuning": request.tuning.size,
        "n_tuning_events": request.tuning.n_events,
        "n_weights": sum(p.numel() for net in model.networks for p in net.parameters()),
        "best_epochs": [member.best_epoch for member in model.members],
        "tuning_loss": [list(member.tuning_loss) for member in model.members],
        "recalibration": {"slope": platt.slope, "intercept": platt.intercept},
        "scales": [vars(scale) for scale in model.scales],
    }


class _one_thread:  # noqa: N801  # used as a statement: with _one_thread()
    """Compute with one thread inside an operation, so that sums come out the same everywhere."""

    def __enter__(self) -> None:
        import torch

        self._before = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        import torch

        torch.set_num_threads(self._before)
