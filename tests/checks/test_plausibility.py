"""Expected and learned directions: devices whose answer is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from ward import learned, ward

from samd_validate.checks.plausibility import PlausibilityParams, plausibility
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.model import Model
from samd_validate.report.figures import draw

EXPECTED = PlausibilityParams.model_validate(
    {"expected": {"potassium": "raises", "age_years": "raises"}}
)
TURNED = PlausibilityParams.model_validate(
    {"expected": {"potassium": "lowers", "age_years": "raises"}}
)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Log-odds are the last potassium times a slope, plus a hundredth of age squared times it."""

    slope: float
    bend: float = 0.0
    name: str = "linear"
    card: Mapping[str, object] = field(default_factory=dict)

    def predict(self, cohort: Cohort) -> FloatArray:
        assert cohort.series is not None
        last = cohort.series.value.reshape(cohort.size, 2, 3)[:, 1, 0].astype(np.float64)
        eta = self.slope * last + self.bend * (last + last**2)
        return np.asarray(1 / (1 + np.exp(-eta)))

    def artefact(self) -> bytes:
        return b""


def inputs_of(model: Model | None) -> Inputs:
    cohort = ward(3)
    score = np.full(cohort.size, 0.5) if model is None else model.predict(cohort)
    population = Population(name="test", cohort=cohort, score=score)
    return Inputs(populations=(population,), intervals=IntervalPlan(seed=2), model=model)


def by_key(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def number(output: CheckOutput, measure: str, subset: str = "all") -> Estimate:
    one = by_key(output)[measure, subset]
    assert isinstance(one, Estimate)
    return one


# ---- bad input first


@pytest.mark.parametrize(
    "wrong", [{"expected": {}}, {"expected": {"a": "up"}}, {"expected": {"a": "raises"}, "x": 1}]
)
def test_expectations_that_are_none_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        PlausibilityParams.model_validate(wrong)


def test_variable_that_the_data_lack_is_a_row_that_names_those_there_are() -> None:
    asked = PlausibilityParams.model_validate({"expected": {"lactat": "raises"}})
    output = plausibility.run("p", inputs_of(Linear(slope=1)), asked)
    one = by_key(output)["effect_of_one_sd", "variable=lactat"]
    assert isinstance(one, NotEstimable)
    assert "lactate" in one.reason
    assert isinstance(by_key(output)["directions_contradicted", "all"], NotEstimable)
    assert output.tables[0].rows[0][-1] == "not assessed"


def test_variable_that_never_differs_has_no_direction() -> None:
    given = inputs_of(Linear(slope=1))
    (population,) = given.populations
    assert population.cohort.series is not None
    flat = replace(population.cohort.series, value=np.ones(population.cohort.series.value.size))
    same = replace(population, cohort=replace(population.cohort, series=flat))
    output = plausibility.run("p", replace(given, populations=(same,)), EXPECTED)
    one = by_key(output)["effect_of_one_sd", "variable=potassium"]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_spread"


def test_predictions_alone_do_not_tell() -> None:
    output = plausibility.run("p", inputs_of(None), EXPECTED)
    assert output.notes == ("predictions alone do not tell what moves them",)


# ---- devices whose answer is known


def test_effect_of_a_linear_device_is_its_slope_times_the_spread() -> None:
    output = plausibility.run("p", inputs_of(Linear(slope=0.7)), EXPECTED)
    series = ward(3).series
    assert series is not None
    spread = series.value[series.variable_index == 0].std()
    found = number(output, "effect_of_one_sd", "variable=potassium")
    assert found.value == pytest.approx(0.7 * spread, rel=1e-3)  # limits cut nobody
    assert found.low <= found.value <= found.high
    age = number(output, "effect_of_one_sd", "variable=age_years")
    assert (age.value, age.low, age.high) == (0, 0, 0)  # it is not read at all
    assert [row[-1] for row in output.tables[0].rows] == ["as expected", "no effect to speak of"]
    assert number(output, "directions_contradicted").value == 0


@pytest.mark.requirement("REQ-EXPLANATION")
def test_device_that_turns_a_direction_around_is_a_finding() -> None:
    output = plausibility.run("p", inputs_of(Linear(slope=-0.7)), EXPECTED)
    assert number(output, "directions_contradicted").value == 1
    assert output.tables[0].rows[0][-1] == "contradicts the expectation"
    assert number(output, "effect_of_one_sd", "variable=potassium").high < 0


def test_wide_interval_is_told_from_a_direction() -> None:
    few = inputs_of(Linear(slope=-0.3, bend=0.5))
    asked = EXPECTED.model_copy(update={"patients": 10})
    output = plausibility.run("p", few, asked)
    assert output.tables[0].rows[0][-1] == "not told apart"
    assert number(output, "directions_contradicted").value == 0


@pytest.mark.requirement("REQ-EXPLANATION")
def test_network_that_has_learned_moves_as_the_ward_does() -> None:
    given = inputs_of(learned())
    right, wrong = (plausibility.run("p", given, asked) for asked in (EXPECTED, TURNED))
    assert [row[-1] for row in right.tables[0].rows] == ["as expected", "as expected"]
    assert number(wrong, "directions_contradicted").value == 1
    assert "<svg" in draw(right.figures[0])
    assert plausibility.run("p", given, EXPECTED) == right
