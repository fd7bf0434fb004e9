"""The five kinds of plug-ins and what each is called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from samd_validate.core.arrays import BoolArray
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


Hourly: TypeAlias = npt.NDArray[np.float32]
"""Numbers by stay, hour and variable, ``(n, hours, variables)``."""


@dataclass(frozen=True, kw_only=True)
class ImputeRequest:
    """What an imputation is told: hourly values in units in which the development mean is 0.

    All are ``(n, hours, variables)``. ``value`` is the mean of an hour where ``observed``, and
    nothing elsewhere; ``carried`` is the last value observed up to an hour, 0 before the first;
    ``hours_since`` counts hours since that observation, before the first from one hour before
    the window.
    """

    value: Hourly
    observed: BoolArray
    carried: Hourly
    hours_since: npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Imputed:
    """What a network sees of the hours: values, a mask, and time since measured.

    All are ``(n, hours, variables)``; ``since`` is a share of the window. An imputation without a
    mark gives a ``mask`` of ones and a ``since`` of zeros: everything looks measured just now.
    """

    value: Hourly
    mask: npt.NDArray[Any]
    since: npt.NDArray[Any]


Plane: TypeAlias = npt.NDArray[np.float32]
"""An image or a mask with its channels first, ``(channels, rows, columns)``."""


@dataclass(frozen=True, kw_only=True)
class AugmentRequest:
    """What an augmentation is told: an image, its mask, and where chance comes from.

    ``pixels`` is ``(channels, rows, columns)`` in [0, 1]; ``mask`` ``(1, rows, columns)`` of 0 and
    1, None where images have a label and no mask. Chance comes from ``generator`` and from nothing
    else.
    """

    pixels: Plane
    mask: Plane | None
    generator: np.random.Generator


@dataclass(frozen=True, kw_only=True)
class Augmented:
    """An image after an augmentation, and its mask moved alike; shapes and ranges as before."""

    pixels: Plane
    mask: Plane | None


RunReader: TypeAlias = Callable[[ReadRequest, Any], Cohort]
RunFit: TypeAlias = Callable[[FitRequest, Any], Model]
RunImputation: TypeAlias = Callable[[ImputeRequest, Any], Imputed]
RunAugmentation: TypeAlias = Callable[[AugmentRequest, Any], Augmented]
RunCheck: TypeAlias = Callable[[str, Inputs, Any], CheckOutput]
"""Called with the id of the step, the inputs, and the parameters."""

ReaderPlugin: TypeAlias = Plugin[RunReader]
FamilyPlugin: TypeAlias = Plugin[RunFit]
CheckPlugin: TypeAlias = Plugin[RunCheck]
ImputationPlugin: TypeAlias = Plugin[RunImputation]
AugmentationPlugin: TypeAlias = Plugin[RunAugmentation]


@dataclass(frozen=True, kw_only=True)
class PlannedCheck:
    """A step of a plan: a check bound to its parameters."""

    step: str
    check: CheckPlugin
    params: Any


reader = partial(plugin, "reader")
family = partial(plugin, "model")
check = partial(plugin, "check")
imputation = partial(plugin, "imputation")
augmentation = partial(plugin, "augmentation")
