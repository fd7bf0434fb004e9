"""A ward whose truth is known, and a small network that has learned from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from samd_validate.core.cohort import Cohort, Provenance, TimeSeries, Variable
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.kinds import FitRequest
from samd_validate.core.model import Model
from samd_validate.models._ensemble import EnsembleModel
from samd_validate.models.lstm import LstmParams, lstm

N = 240
HOURS = 8
UNITS = {"potassium": "mmol/L", "lactate": "mmol/L", "sbp": "mm[Hg]"}


def ward(seed: int = 1) -> Cohort:
    """Stays with two values of each of three variables; potassium and age raise the risk."""
    generator = np.random.default_rng(seed)
    value = generator.normal(size=(N, 2, 3)) * 0.6 + generator.normal(size=(N, 1, 3))
    age = generator.normal(60, 10, N)
    risk = 1.5 * value[:, -1, 0] + (age - 60) / 10
    label = (generator.logistic(size=N) < risk - 0.5).astype(np.int8)
    names = np.array([f"u{number:03d}" for number in range(N)])
    series = TimeSeries(
        variables=tuple(Variable(name=n, unit=u, low=-9, high=9) for n, u in UNITS.items()),
        unit_index=np.repeat(np.arange(N), 6),
        time_hours=np.tile(np.repeat([1.2, 6.4], 3), N),
        variable_index=np.tile([0, 1, 2], 2 * N),
        value=value.ravel(),
        window_hours=HOURS,
    )
    return Cohort(
        name="ward",
        unit_id=names,
        patient_id=names,
        site=np.full(N, "s"),
        label=label,
        groups={"sex": np.where(np.arange(N) % 2, "female", "male")},
        numbers={"age_years": age},
        units={"age_years": "a"},
        series=series,
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f"),
    )


def learned(
    development: Cohort | None = None,
    tuning: Cohort | None = None,
    seed: int = 4,
    **changed: object,
) -> EnsembleModel:
    """Return the network after it has learned from the ward."""
    request = FitRequest(
        name="m",
        development=development or ward(),
        tuning=tuning or ward(2),
        variables=tuple(UNITS),
        seed=seed,
    )
    chosen = {"hidden": 8, "members": 1, "max_epochs": 15, "learning_rate": 0.02, "batch": 32}
    model: EnsembleModel = lstm.run(request, LstmParams.model_validate(chosen | changed))
    return model


def with_truth(cohort: Cohort) -> Cohort:
    """Return the ward with what drives the risk in it, as a simulation tells it."""
    told = {"drivers": {"potassium": 1.5, "age_years": 1.0}}
    return replace(cohort, attachments={f"simulation_truth_{cohort.name}": told})


def inputs_of(model: Model, threshold: float | None = 0.5) -> Inputs:
    """Return the inputs of a check on further patients of the ward."""
    cohort = with_truth(ward(3))
    tuning = ward(2)

    def refit(
        changed: Mapping[str, object],
        *,
        development: Cohort | None = None,
        tuning: Cohort | None = None,
        repeat: int = 0,
    ) -> Model:
        return learned(development, tuning, seed=4 + repeat, **changed)

    return Inputs(
        populations=(Population(name="test", cohort=cohort, score=model.predict(cohort)),),
        intervals=IntervalPlan(n_resamples=200, seed=2),
        development=ward(),
        tuning=Population(name="tuning", cohort=tuning, score=model.predict(tuning)),
        model=model,
        threshold=threshold,
        refit=refit,
    )
