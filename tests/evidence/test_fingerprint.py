"""The digest of a check's inputs: every field is in it, so that no stale step is ever taken."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from plain_population import population

from samd_validate.core.cohort import Cohort, Provenance, TimeSeries, Variable
from samd_validate.core.fingerprint import cohort_digest, inputs_digest
from samd_validate.core.inputs import Inputs, IntervalPlan, Part, Population

pytestmark = pytest.mark.requirement("REQ-REPRODUCIBILITY")
VARIABLE = Variable(name="lactate", unit="mmol/L", low=0, high=30)
SERIES = TimeSeries(
    variables=(VARIABLE,),
    unit_index=np.array([0, 1]),
    time_hours=np.array([1.0, 2.0]),
    variable_index=np.array([0, 0]),
    value=np.array([1.5, 2.5]),
    window_hours=24.0,
    stored_hours=np.array([1.0, 2.0]),
    until_hours=np.array([1.0, 2.0]),
)
FOLLOWS = {"refit": "from the recipe, which is in the context of a step, and from the parts"}
NOT_READ = {"flow": "counts of how the cohort came about, of which the fingerprint is"}


def cohort() -> Cohort:
    return replace(
        population().cohort,
        groups={"sex": np.array(["f", "m", "f"])},
        numbers={"age_years": np.array([60.0, 70.0, np.nan])},
        scores={"sofa": np.array([0.1, 0.2, 0.3])},
        series=SERIES,
        units={"age_years": "a"},
        attachments={"truth": {"x": 1}},
    )


CHANGED_COHORT: dict[str, Any] = {
    "name": "elsewhere",
    "unit_id": np.array(["u0", "u1", "u9"]),
    "patient_id": np.array(["p0", "p1", "p9"]),
    "site": np.array(["s", "s", "t"]),
    "label": np.array([0, 1, 1]),
    "provenance": Provenance(source="s", title="t", licence="l", citation="c", fingerprint="z"),
    "groups": {"sex": np.array(["f", "m", "m"])},
    "numbers": {"age_years": np.array([60.0, 70.0, 80.0])},
    "scores": {"sofa": np.array([0.1, 0.2, 0.4])},
    "series": None,
    "images": SimpleNamespace(),
    "units": {"age_years": "mo"},
    "attachments": {"truth": {"x": 2}},
}
CHANGED_SERIES: dict[str, Any] = {
    "variables": (replace(VARIABLE, high=40),),
    "unit_index": np.array([0, 2]),
    "time_hours": np.array([1.0, 3.0]),
    "variable_index": np.array([0, 1]),
    "value": np.array([1.5, 2.6]),
    "window_hours": 48.0,
    "stored_hours": None,
    "until_hours": np.array([1.0, 3.0]),
}


def inputs() -> Inputs:
    return Inputs(
        populations=(population(),),
        intervals=IntervalPlan(),
        development=cohort(),
        tuning=population(),
        threshold=0.2,
        threshold_origin="given",
        unscored=(Part(name="a", cohort=cohort()),),
        declared=frozenset({"age_years"}),
        model=SimpleNamespace(artefact=lambda: b"weights"),  # type: ignore[arg-type]
    )


def other_population() -> Population:
    return replace(population(), score=np.array([0.5, 0.5, 0.6]))


CHANGED_INPUTS: dict[str, Any] = {
    "populations": (other_population(),),
    "intervals": IntervalPlan(n_resamples=500),
    "development": replace(cohort(), label=np.array([1, 1, 0])),
    "tuning": None,
    "model": SimpleNamespace(artefact=lambda: b"other weights"),
    "threshold": 0.3,
    "threshold_origin": "chosen",
    "unscored": (),
    "declared": None,
}


def test_every_field_is_in_the_digest_or_said_not_to_be() -> None:
    assert {f.name for f in fields(Inputs)} == CHANGED_INPUTS.keys() | FOLLOWS.keys()
    assert {f.name for f in fields(Cohort)} == CHANGED_COHORT.keys() | NOT_READ.keys()
    assert {f.name for f in fields(TimeSeries)} == CHANGED_SERIES.keys()


@pytest.mark.parametrize("name", CHANGED_COHORT)
def test_changed_field_of_a_cohort_moves_the_digest(name: str) -> None:
    changed = replace(cohort(), **{name: CHANGED_COHORT[name]})
    assert cohort_digest(changed) != cohort_digest(cohort()) == cohort_digest(cohort())


@pytest.mark.parametrize("name", CHANGED_SERIES)
def test_changed_field_of_a_series_moves_the_digest(name: str) -> None:
    changed = replace(cohort(), series=replace(SERIES, **{name: CHANGED_SERIES[name]}))
    assert cohort_digest(changed) != cohort_digest(cohort())


@pytest.mark.parametrize("name", CHANGED_INPUTS)
def test_changed_field_of_inputs_moves_the_digest(name: str) -> None:
    changed = replace(inputs(), **{name: CHANGED_INPUTS[name]})
    assert inputs_digest(changed) != inputs_digest(inputs()) == inputs_digest(inputs())


def test_threads_and_the_seed_of_the_step_do_not_move_it() -> None:
    changed = replace(inputs(), intervals=IntervalPlan(seed=9, n_threads=4))
    assert inputs_digest(changed) == inputs_digest(inputs())
