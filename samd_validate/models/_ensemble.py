"""An ensemble of networks on hourly channels: the model that the neural families share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.model import Attribution, Progress
from samd_validate.models._hourly import Channels, Scale, hourly_channels
from samd_validate.models._preprocessing import coding_from, scales_from, statistics_of
from samd_validate.models._recalibrate import Platt
from samd_validate.models._static import StaticCoding
from samd_validate.models._threads import one_thread
from samd_validate.models.imputation._choice import DEFAULT, Choice, Imputation

if TYPE_CHECKING:
    from torch import Tensor, nn

    from samd_validate.models._additive import Additive
    from samd_validate.models._training import TrainedMember


class NetworkParams(BaseModel):
    """Hyper-parameters that every neural family has."""

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
    wide: bool = Field(default=False, description="summaries of the inputs beside the states")
    additive_share: float = Field(
        default=0, ge=0, le=1, description="weight of an additive model of summaries in the average"
    )
    imputation: Imputation = Field(default=DEFAULT, description="what is seen where none was")
    static_numbers: tuple[str, ...] = ("age_years",)
    static_groups: tuple[str, ...] = ("sex",)
    device: Literal["auto", "cpu", "cuda"] = "auto"


@dataclass(frozen=True, kw_only=True)
class EnsembleModel:
    """An ensemble of networks with one recalibration; predicts on the processor.

    With an ``additive`` model its log-odds have the weight ``additive_share`` in the average.
    """

    name: str
    scales: tuple[Scale, ...]
    coding: StaticCoding
    members: tuple[TrainedMember, ...]
    platt: Platt
    reference_series: Channels
    reference_static: Channels
    card: Mapping[str, object]
    additive: Additive | None = None
    additive_share: float = 0.0
    imputation: Choice = DEFAULT

    def predict(self, cohort: Cohort) -> FloatArray:
        """Return recalibrated probabilities of the outcome, shape ``(n,)``."""
        return self.platt.apply(self.raw_log_odds(cohort))

    def raw_log_odds(self, cohort: Cohort) -> FloatArray:
        """Return the mean log-odds of the members before recalibration, shape ``(n,)``."""
        from samd_validate.models._training import predict_log_odds

        with one_thread():
            series, static = self.tensors(cohort)
            outputs = [predict_log_odds(network, series, static) for network in self.networks]
            if self.additive is None:
                return np.asarray(np.mean(outputs, axis=0), dtype=np.float64)
            beside = self.additive.log_odds(series, static).double().numpy()
        share = self.additive_share
        return np.asarray((1 - share) * np.mean(outputs, axis=0) + share * beside)

    def tensors(self, cohort: Cohort) -> tuple[Tensor, Tensor]:
        """Return the channels and the static columns of a cohort."""
        import torch

        series = torch.from_numpy(hourly_channels(cohort, self.scales, self.imputation))
        return series, torch.from_numpy(self.coding.columns(cohort))

    def learned(self) -> Mapping[str, float]:
        """Return means and spreads of the inputs, as learned."""
        return statistics_of((*self.scales, *self.coding.numbers))

    def relearned(self, cohort: Cohort) -> Mapping[str, float]:
        """Return means and spreads of the inputs, as ``cohort`` would have taught them."""
        coding = coding_from(cohort, self.coding)
        return statistics_of((*scales_from(cohort, self.scales), *coding.numbers))

    def artefact(self) -> bytes:
        """Return the weights of all members, and of the additive part, as safetensors."""
        import torch
        from safetensors.torch import save

        tensors = {
            f"{number}.{name}": value.contiguous()
            for number, network in enumerate(self.networks)
            for name, value in network.state_dict().items()
        }
        if self.additive is not None:
            tensors["additive.weight"] = self.additive.weight
            tensors["additive.intercept"] = torch.tensor(self.additive.intercept)
        return bytes(save(tensors))

    def attribute(
        self, cohort: Cohort, *, blocks: int, seed: int, progress: Progress
    ) -> Attribution:
        """Return Shapley values by input and block of time, in recalibrated log-odds."""
        from samd_validate.models._shapley import shapley_by_input

        with one_thread():
            return shapley_by_input(self, cohort, blocks=blocks, seed=seed, progress=progress)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the names of the inputs: variables over time, then those without time."""
        return (*(scale.name for scale in self.scales), *self.coding.inputs)

    def integrated_gradients(self, cohort: Cohort) -> Attribution:
        """Return integrated gradients by input, in recalibrated log-odds."""
        from samd_validate.models._shapley import gradients_by_input

        with one_thread():
            return gradients_by_input(self, cohort)

    def log_odds_with(self, cohort: Cohort, kept: BoolArray) -> FloatArray:
        """Return recalibrated log-odds with only the inputs in ``kept (n, inputs)`` known."""
        from samd_validate.models._shapley import log_odds_with

        with one_thread():
            return log_odds_with(self, cohort, kept)

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the stages of the networks from the output down; an additive part is the first."""
        from samd_validate.models._randomise import stages_of

        beside = () if self.additive is None else ("additive part",)
        return (*beside, *stages_of(self.networks[0]))

    def randomised(self, stages: int, seed: int) -> Self:
        """Return the model with the weights of so many stages drawn at random."""
        from samd_validate.models._randomise import randomised

        beside = self.additive
        if beside is not None:
            stages -= 1
            beside = beside.shuffled(seed) if stages >= 0 else beside
        members = tuple(
            replace(member, network=randomised(member.network, max(stages, 0), seed + number))
            for number, member in enumerate(self.members)
        )
        return replace(self, members=members, additive=beside)

    def log_odds_of(self, series: Tensor, static: Tensor) -> Tensor:
        """Return recalibrated log-odds of channels and static columns, as tensors."""
        outputs: list[Tensor] = [network(series, static) for network in self.networks]
        mean = sum(outputs[1:], outputs[0]) / len(outputs)
        if self.additive is not None:
            share = self.additive_share
            mean = (1 - share) * mean + share * self.additive.log_odds(series, static)
        return self.platt.slope * mean + self.platt.intercept

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """Return the networks."""
        return tuple(member.network for member in self.members)
