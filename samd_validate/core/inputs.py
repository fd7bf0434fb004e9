"""What a check is given: scored populations, the model, and the plan of its intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from samd_validate.core.arrays import Column, frozen_columns, frozen_mapping, read_only
from samd_validate.core.cohort import Cohort
from samd_validate.core.images import Segmentation
from samd_validate.core.model import Model, Refit


@dataclass(frozen=True, kw_only=True)
class Population:
    """A cohort with the scores of the device and of comparators on it.

    ``name`` is ``tuning``, ``test`` or the id of an external data set. ``score`` is ``(n,)`` in
    [0, 1], higher is riskier; ``comparators`` are scores of other models on the same units.
    ``segmentations`` holds what the models drew into the images, by name (``device`` is the
    device's own).
    """

    name: str
    cohort: Cohort
    score: Column
    comparators: Mapping[str, Column] = field(default_factory=dict)
    segmentations: Mapping[str, Segmentation] = field(default_factory=dict)
    is_external: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "score", read_only(self.score, np.float64))
        object.__setattr__(self, "comparators", frozen_columns(self.comparators))
        object.__setattr__(self, "segmentations", frozen_mapping(self.segmentations))
        if self.score.shape != (self.cohort.size,):
            raise ValueError("one score per unit of the cohort is needed")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a study that nothing has scored yet: tuning, test, or an external data set."""

    name: str
    cohort: Cohort
    is_external: bool = False


@dataclass(frozen=True, kw_only=True)
class IntervalPlan:
    """How intervals are made: confidence level, number of resamples, and the seed of a step.

    ``method`` names an interval, or ``auto`` leaves the choice to the documented rule of the
    statistics; ``is_stratified`` resamples patients with and without the event apart;
    ``n_threads`` is 0 for all that this process may use, and changes no number.
    """

    level: float = 0.95
    n_resamples: int = 2000
    seed: int = 0
    method: str = "auto"
    is_stratified: bool = False
    n_threads: int = 0


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """All that a check may look at.

    ``populations`` are those whose labels may be read for assessment (test and external);
    ``tuning`` is the part on which the operating point was chosen, ``development`` the cohort
    the model learned from. ``threshold`` is the operating point, None if the protocol has none.
    At the gate before training nothing is scored: the parts stand in ``unscored``, and
    ``declared`` names the columns that the recipe will read (None: not known).
    ``refit`` fits the device again with other hyper-parameters, for checks of what a choice in its
    making does; None for a device that is known by its predictions.
    """

    populations: tuple[Population, ...]
    intervals: IntervalPlan
    development: Cohort | None = None
    tuning: Population | None = None
    model: Model | None = None
    threshold: float | None = None
    threshold_origin: str = ""
    unscored: tuple[Part, ...] = ()
    declared: frozenset[str] | None = None
    refit: Refit | None = None

    @property
    def internal(self) -> tuple[Population, ...]:
        """Return the populations from the development data set."""
        return tuple(p for p in self.populations if not p.is_external)

    @property
    def external(self) -> tuple[Population, ...]:
        """Return the populations from other data sets."""
        return tuple(p for p in self.populations if p.is_external)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return test and external parts, and tuning at the gate, scored or not."""
        scored = (
            Part(name=one.name, cohort=one.cohort, is_external=one.is_external)
            for one in self.populations
        )
        return (*scored, *self.unscored)
