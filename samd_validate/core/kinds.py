"""The three kinds of plug-ins and what each is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from samd_validate.core.cohort import Cohort
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs
from samd_validate.core.model import Model, Progress, no_progress
from samd_validate.core.plugin import Plugin, plugin


@dataclass(frozen=True, kw_only=True)
class ReadRequest:
    """What a reader is told: which data set, where it lies, and the observation window.

    ``place`` is a path on this machine (None for a data set that needs none), ``seed`` serves
    simulations, ``window_hours`` counts from the index time (0 where images are read).
    """

    dataset: str
    place: str | None
    seed: int
    window_hours: float
    progress: Progress = no_progress


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """What a model family is told: whom to learn from, whom to tune on, and the seed.

    ``checkpoint_place`` is a folder on this machine in which a family keeps the state of its
    training after every epoch and from which it goes on; None keeps none.
    """

    name: str
    development: Cohort
    tuning: Cohort
    variables: tuple[str, ...]
    seed: int
    progress: Progress = no_progress
    checkpoint_place: str | None = None


RunReader: TypeAlias = Callable[[ReadRequest, Any], Cohort]
RunFit: TypeAlias = Callable[[FitRequest, Any], Model]
RunCheck: TypeAlias = Callable[[str, Inputs, Any], CheckOutput]
"""Called with the id of the step, the inputs, and the parameters."""

ReaderPlugin: TypeAlias = Plugin[RunReader]
FamilyPlugin: TypeAlias = Plugin[RunFit]
CheckPlugin: TypeAlias = Plugin[RunCheck]


@dataclass(frozen=True, kw_only=True)
class PlannedCheck:
    """A step of a plan: a check bound to its parameters."""

    step: str
    check: CheckPlugin
    params: Any


reader = partial(plugin, "reader")
family = partial(plugin, "model")
check = partial(plugin, "check")
