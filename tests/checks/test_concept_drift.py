"""The check of what a score means elsewhere: nothing to compare, planted shifts, a twin."""

from __future__ import annotations

import numpy as np
import pytest

from samd_validate.checks.concept_drift import CHANGES, ConceptDriftParams, concept_drift
from samd_validate.core.cohort import Cohort, Provenance
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.report.figures import draw

pytestmark = pytest.mark.requirement("REQ-MONITORING")


def population(name: str, seed: int, *, n: int = 900, shift: float = 0.0) -> Population:
    generator = np.random.default_rng(seed)
    eta = -1 + 1.3 * generator.standard_normal(n)
    ids = np.array([f"{name}{row}" for row in range(n)])
    cohort = Cohort(
        name=name,
        unit_id=ids,
        patient_id=ids,
        site=np.full(n, name),
        label=(generator.random(n) < 1 / (1 + np.exp(-eta - shift))).astype(np.int8),
        provenance=Provenance(source="s", title="t", licence="l", citation="c", fingerprint="f"),
    )
    score = 1 / (1 + np.exp(-eta))
    return Population(name=name, cohort=cohort, score=score, is_external=name != "test")


def seen(*populations: Population, reference: str | None = None) -> CheckOutput:
    inputs = Inputs(populations=populations, intervals=IntervalPlan(n_resamples=100, seed=2))
    return concept_drift.run("concept", inputs, ConceptDriftParams(reference=reference))


def measured(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.population, one.measure): one.measurement for one in output.findings}


def test_unknown_reference_is_told_with_what_there_is() -> None:
    found = measured(seen(population("test", 1), population("away", 2), reference="tset"))
    none = found["away", "auroc_change"]
    assert isinstance(none, NotEstimable)
    assert "did you mean 'test'" in none.reason


def test_one_population_has_nothing_to_be_compared_with() -> None:
    found = measured(seen(population("away", 2)))
    assert [one.code for one in found.values() if isinstance(one, NotEstimable)] == [
        "no_comparison"
    ]


def test_too_few_events_give_no_number() -> None:
    found = measured(seen(population("test", 1), population("away", 2, n=12)))
    assert all(isinstance(one, NotEstimable) for one in found.values())
    assert len(found) == 8


def test_higher_risk_at_the_same_score_is_found_and_drawn() -> None:
    output = seen(population("test", 1), population("away", 2, shift=0.8))
    found = measured(output)
    intercept = found["away", "intercept_drift"]
    assert isinstance(intercept, Estimate)
    assert intercept.low > 0.3
    for name in ("recalibration_p_value", "residual_p_value"):
        p_value = found["away", name]
        assert isinstance(p_value, Estimate)
        assert p_value.value < 0.001
    for figure in output.figures:
        assert "<svg" in draw(figure)
    assert len(output.tables[0].rows) == 6


def test_twin_is_left_alone() -> None:
    found = measured(seen(population("test", 3), population("away", 4)))
    for name in ("intercept_drift", *CHANGES.values()):
        one = found["away", name]
        assert isinstance(one, Estimate)
        assert one.low <= 0 <= one.high
