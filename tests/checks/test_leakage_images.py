"""The leakage gate on images: the same picture under two patients' names, and no columns read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bright_squares import squares

from samd_validate.checks.leakage import LeakageParams, leakage
from samd_validate.core.cohort import Cohort, Split
from samd_validate.core.estimate import Estimate
from samd_validate.core.inputs import Inputs, IntervalPlan, Part
from samd_validate.gate import gate_inputs
from samd_validate.plan import make_plan
from samd_validate.protocol.folders import shipped
from samd_validate.protocol.load import load_protocol
from samd_validate.trace.requirements import load_requirements


def twins(development: Cohort, test: Cohort) -> Estimate:
    inputs = Inputs(
        populations=(),
        intervals=IntervalPlan(n_resamples=200),
        development=development,
        unscored=(Part(name="test", cohort=test),),
    )
    output = leakage.run("leakage", inputs, LeakageParams())
    found = {(one.measure, one.population): one.measurement for one in output.findings}
    measurement = found["duplicate_patients", "test"]
    assert isinstance(measurement, Estimate)
    return measurement


def test_images_of_one_patient_alone_are_no_twins() -> None:
    assert twins(squares(30, seed=1), squares(30, seed=2)).value == 0


def test_image_under_two_names_is_counted_though_ages_differ() -> None:
    development = squares(30, seed=1, age_years=np.full(30, 50.0))
    chosen = development.take(np.arange(4))
    renamed = replace(
        chosen,
        unit_id=np.array(["w", "x", "y", "z"]),
        patient_id=np.array(["A", "A", "B", "B"]),
        numbers={"age_years": np.full(4, 61.0)},
    )
    found = twins(development, renamed)
    assert (found.value, found.n) == (4, 4)


def test_device_that_sees_the_image_alone_declares_no_columns() -> None:
    source = shipped("protocols") / "chest_xray_nih.yaml"
    known = load_requirements(shipped("traceability"))
    plan = make_plan(load_protocol(source), known.requirements, known.hazards)
    cohort = squares(30)
    rows = np.arange(30)
    split = Split(cohort=cohort, development=rows[:12], tuning=rows[12:21], test=rows[21:])
    assert gate_inputs(plan, {"nih": cohort}, split).declared == frozenset()
