"""Attributions of the same stays by other devices, other methods, and from disturbed values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from samd_validate.checks.refits.short import ShortFits
from samd_validate.checks.sanity.changed import (
    fitted_again,
    fitted_to_permuted,
    noisy,
    not_asked,
)
from samd_validate.checks.sanity.likeness import Likeness, alike
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Measurement, NotEstimable
from samd_validate.core.inputs import Inputs, IntervalPlan
from samd_validate.core.model import (
    Explainable,
    GradientExplainable,
    Maskable,
    Model,
    Randomisable,
    no_progress,
)
from samd_validate.core.seeds import step_generator
from samd_validate.stats.segmentation.case_values import estimate_values

LOW, HIGH = "low", "high"


class AttributionSanityParams(ShortFits):
    """How many stays are explained, how much is disturbed, and which trainings are made."""

    patients: int = Field(default=60, ge=10, le=2000)
    noise: float = Field(default=0.1, gt=0, le=1, description="in standard deviations")
    steps: int = Field(default=8, ge=2, le=50, description="of the insertion and deletion curves")
    orders: int = Field(default=5, ge=1, le=100, description="random ones to compare with")
    permute_labels: bool = Field(default=False, description="fit to permuted labels: a training")
    train_again: bool = Field(default=False, description="fit from other weights: a training")


@dataclass(frozen=True, kw_only=True)
class Explained:
    """The stays that are looked at, and their contributions ``(n, inputs)`` by the device."""

    cohort: Cohort
    seed: int
    names: tuple[str, ...]
    values: FloatArray

    def by(
        self, model: object, *, seed: int | None = None, cohort: Cohort | None = None
    ) -> FloatArray:
        """Return the contributions of the same stays (or a changed copy) by a model."""
        if not isinstance(model, Explainable):
            raise TypeError("the model cannot break its predictions down to inputs")
        return _contributions(model, cohort or self.cohort, self.seed if seed is None else seed)


def _contributions(model: Explainable, cohort: Cohort, seed: int) -> FloatArray:
    whole = model.attribute(cohort, blocks=1, seed=seed, progress=no_progress)
    return np.asarray(whole.values.sum(axis=2))


def compared_with(
    inputs: Inputs,
    params: AttributionSanityParams,
    explained: Explained,
    disturbed: FloatArray,
) -> Iterator[Likeness]:
    """Yield every comparison, those that have no number too."""
    patient, plan, own = explained.cohort.patient_id, inputs.intervals, explained.values

    def one(subset: str, wish: str, other: FloatArray | NotEstimable) -> Likeness:
        return alike(subset, wish, own, other, patient, plan)

    yield one("weights=random", LOW, _randomised(inputs.model, explained))
    yield one("labels=permuted", LOW, _permuted(inputs, params, explained))
    yield one("training=repeated", HIGH, _again(inputs, params, explained))
    yield one("sampling=repeated", HIGH, explained.by(inputs.model, seed=explained.seed + 1))
    yield one(noise_words(params), HIGH, disturbed)
    yield one("method=integrated gradients", HIGH, _by_gradients(inputs.model, explained))
    yield one("method=occlusion", HIGH, _occluded(inputs.model, explained))


def noise_words(params: AttributionSanityParams) -> str:
    """Return the subset under which what noise does is found."""
    return f"noise={params.noise:g} SD"


def cannot(what: str, explained: Explained) -> NotEstimable:
    """Return that the device lacks what a test needs."""
    return NotEstimable(code="no_such_part", reason=what, n=explained.cohort.size)


def _randomised(model: object, explained: Explained) -> FloatArray | NotEstimable:
    if not isinstance(model, Randomisable):
        return cannot("the device has no weights that can be drawn anew", explained)
    return explained.by(model.randomised(len(model.stages), explained.seed))


def _permuted(
    inputs: Inputs, params: AttributionSanityParams, explained: Explained
) -> FloatArray | NotEstimable:
    if not params.permute_labels:
        return not_asked("permute_labels", explained.cohort.size)
    return _by_fit(fitted_to_permuted(inputs, params.shortened), explained)


def _again(
    inputs: Inputs, params: AttributionSanityParams, explained: Explained
) -> FloatArray | NotEstimable:
    if not params.train_again:
        return not_asked("train_again", explained.cohort.size)
    return _by_fit(fitted_again(inputs, params.shortened), explained)


def _by_fit(model: Model | NotEstimable, explained: Explained) -> FloatArray | NotEstimable:
    return model if isinstance(model, NotEstimable) else explained.by(model)


def under_noise(model: object, params: AttributionSanityParams, explained: Explained) -> FloatArray:
    """Return the contributions after noise on the values, ``(n, inputs)``."""
    generator = step_generator(explained.seed, "attribution/noise")
    return explained.by(model, cohort=noisy(explained.cohort, params.noise, generator))


def noise_change(disturbed: FloatArray, explained: Explained, plan: IntervalPlan) -> Measurement:
    """Return the mean change of contributions under noise, as a share of their own length."""
    length = np.linalg.norm(explained.values, axis=1)
    change = np.linalg.norm(disturbed - explained.values, axis=1)
    share = np.divide(change, length, out=np.zeros_like(change), where=length > 0)
    return estimate_values(share, explained.cohort.patient_id, plan, where="positive")


def _by_gradients(model: object, explained: Explained) -> FloatArray | NotEstimable:
    if not isinstance(model, GradientExplainable):
        return cannot("the device has no gradients", explained)
    return np.asarray(model.integrated_gradients(explained.cohort).values.sum(axis=2))


def _occluded(model: object, explained: Explained) -> FloatArray | NotEstimable:
    """Return by how much the output falls where one input is not known, ``(n, inputs)``."""
    if not isinstance(model, Maskable):
        return cannot("single inputs of the device cannot be left out", explained)
    n, k = explained.values.shape
    kept = np.ones((n, k), dtype=np.bool_)
    full = model.log_odds_with(explained.cohort, kept)
    found = np.zeros((n, k))
    for column in range(k):
        without = kept.copy()
        without[:, column] = False
        found[:, column] = full - model.log_odds_with(explained.cohort, without)
    return found
