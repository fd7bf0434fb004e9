"""How the neural families are fitted: scales, tensors, members side by side, recalibration."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from samd_validate import __version__
from samd_validate.core.canonical import digest
from samd_validate.core.cohort import Cohort
from samd_validate.core.errors import Problem, gather
from samd_validate.core.kinds import FitRequest
from samd_validate.core.seeds import step_seed
from samd_validate.models._ensemble import EnsembleModel, NetworkParams
from samd_validate.models._hourly import Scale, hourly_channels, learn_scales
from samd_validate.models._recalibrate import Platt, learn_platt
from samd_validate.models._static import StaticCoding, learn_static
from samd_validate.models._threads import one_thread
from samd_validate.models.imputation._choice import Choice

if TYPE_CHECKING:
    from torch import nn

    from samd_validate.models._additive import Additive
    from samd_validate.models._training import Hyper, TrainedMember, TrainingSet

WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class InputShape:
    """What a network is made for: channels an hour, and the input behind each static column."""

    channels: int
    owners: tuple[int, ...]

    @property
    def static(self) -> int:
        """Return the number of static columns."""
        return len(self.owners)


NewNetwork: TypeAlias = "Callable[[InputShape], nn.Module]"


def fit_ensemble(
    request: FitRequest, params: NetworkParams, new_network: NewNetwork, family: str
) -> EnsembleModel:
    """Fit an ensemble of the networks that ``new_network`` makes, recalibrated on the tuning part.

    Raises
    ------
    CannotRun
        If a part lacks measurements over time or one of the two outcomes, a loss is not finite,
        a checkpoint is damaged, or a GPU is asked for and there is none.
    """
    gather(
        [
            *_unfit("development", request.development),
            *_unfit("tuning", request.tuning),
            *_without_variables(request),
        ]
    )
    series = request.development.series
    scales = () if series is None else learn_scales(series, request.variables)
    coding = learn_static(request.development, params.static_numbers, params.static_groups)
    with one_thread():
        development = _tensors(request.development, scales, coding, params.imputation)
        tuning = _tensors(request.tuning, scales, coding, params.imputation)
        shape = InputShape(channels=3 * len(scales), owners=coding.owners)
        networks = _networks(new_network, shape, params.members, request.seed)
        members = _train_all(networks, development, tuning, params, request)
        additive = _additive(development, params)
    model = EnsembleModel(
        name=request.name,
        scales=scales,
        coding=coding,
        members=members,
        platt=Platt(slope=1.0, intercept=0.0),
        reference_series=development.series.mean(0).numpy(),
        reference_static=development.static.mean(0).numpy(),
        card={},
        additive=additive,
        additive_share=params.additive_share,
        imputation=params.imputation,
    )
    platt = learn_platt(model.raw_log_odds(request.tuning), request.tuning.label)
    return replace(model, platt=platt, card=_training_record(request, params, model, platt, family))


def _unfit(part: str, cohort: Cohort) -> list[Problem]:
    """Return why a part cannot serve to train or tune a network."""
    events = cohort.n_events
    faults = []
    if cohort.series is None:
        faults.append(("no measurements over time", "a cohort with a time series"))
    if events in (0, cohort.size):
        found = f"{events} events in {cohort.size} units"
        faults.append((found, "units with the event and units without"))
    return [
        Problem(where=f"{part} part", found=found, expected=expected, todo="use other data")
        for found, expected in faults
    ]


def _without_variables(request: FitRequest) -> list[Problem]:
    """Return a problem where there is a series, and no variable in it to learn from."""
    if request.development.series is None or request.variables:
        return []
    return [
        Problem(
            where=f"recipe {request.name!r}",
            found="no variable over time",
            expected="at least one for a network of this family",
            todo="use logistic or gradient_boosting, or data with measurements over time",
        )
    ]


def _tensors(
    cohort: Cohort, scales: tuple[Scale, ...], coding: StaticCoding, imputation: Choice
) -> TrainingSet:
    import torch

    from samd_validate.models._training import TrainingSet

    return TrainingSet(
        series=torch.from_numpy(hourly_channels(cohort, scales, imputation)),
        static=torch.from_numpy(coding.columns(cohort)),
        label=torch.from_numpy(cohort.label.astype(np.float32)),
    )


def _networks(
    new_network: NewNetwork, shape: InputShape, members: int, seed: int
) -> list[nn.Module]:
    """Return networks whose first weights depend on the seed alone.

    torch draws first weights from its one global generator: one by one; its state is put back.
    """
    import torch

    networks = []
    for number in range(members):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_member_seed(seed, number))
            networks.append(new_network(shape))
    return networks


def _member_seed(seed: int, number: int) -> int:
    return step_seed(seed, f"member/{number}")


def _train_all(
    networks: list[nn.Module],
    development: TrainingSet,
    tuning: TrainingSet,
    params: NetworkParams,
    request: FitRequest,
) -> tuple[TrainedMember, ...]:
    """Train the members side by side; each has a seed of its own, so the order is no matter."""
    from samd_validate.models._training import chosen_device, train_member

    device = chosen_device(params.device)
    parts = (development.to(device), tuning.to(device))
    hyper = _hyper(params, float(development.label.mean()))
    shares = [0.0] * params.members
    files = _checkpoints(request, params)

    def train(number: int) -> TrainedMember:
        def note(share: float) -> None:
            shares[number] = share
            request.progress(f"training {request.name}", sum(shares) / params.members)

        seed = _member_seed(request.seed, number)
        network = networks[number]
        member = train_member(network, *parts, hyper, seed, note, checkpoint=files[number])
        note(1.0)
        return member

    with ThreadPoolExecutor(WORKERS) as pool:
        return tuple(pool.map(train, range(params.members)))


def _additive(development: TrainingSet, params: NetworkParams) -> Additive | None:
    from samd_validate.models._additive import learn_additive

    if not params.additive_share:
        return None
    return learn_additive(development.series, development.static, development.label)


def _hyper(params: NetworkParams, prevalence: float) -> Hyper:
    from samd_validate.models._training import Hyper

    return Hyper(
        dropout=params.dropout,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        batch=params.batch,
        max_epochs=params.max_epochs,
        patience=params.patience,
        positive_weight=((1 - prevalence) / prevalence) ** params.balance,
    )


def _checkpoints(request: FitRequest, params: NetworkParams) -> list[Path | None]:
    """Return where the states of members are kept; the name holds all that they depend on.

    So a changed recipe, cohort, seed or version never takes up another one's state.
    """
    if request.checkpoint_place is None:
        return [None] * params.members
    import torch

    parts = (request.development, request.tuning)
    identity = digest(
        {
            "versions": (__version__, str(torch.__version__)),
            "params": (type(params).__name__, params.model_dump(mode="json")),
            "variables": request.variables,
            "seed": str(request.seed),
            "cohorts": [part.provenance.fingerprint for part in parts],
            "units": [part.unit_id.tolist() for part in parts],
            "labels": [part.label.tolist() for part in parts],
        }
    )
    start = f"{request.name}-{identity.removeprefix('sha256:')[:16]}"
    folder = Path(request.checkpoint_place)
    return [folder / f"{start}-{number}.safetensors" for number in range(params.members)]


def _training_record(
    request: FitRequest, params: NetworkParams, model: EnsembleModel, platt: Platt, family: str
) -> dict[str, object]:
    return {
        "family": family,
        "hyper_parameters": params.model_dump(mode="json"),
        "variables": [scale.name for scale in model.scales],
        "static_inputs": list(model.coding.inputs),
        "n_development": request.development.size,
        "n_development_events": request.development.n_events,
        "n_tuning": request.tuning.size,
        "n_tuning_events": request.tuning.n_events,
        "n_weights": sum(p.numel() for net in model.networks for p in net.parameters()),
        "best_epochs": [member.best_epoch for member in model.members],
        "development_loss": [list(member.development_loss) for member in model.members],
        "tuning_loss": [list(member.tuning_loss) for member in model.members],
        "recalibration": {"slope": platt.slope, "intercept": platt.intercept},
        "scales": [vars(scale) for scale in model.scales],
    }
