"""Explanations put to the test: one that follows the device passes, and one that does not fails."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from ward import inputs_of, learned, ward

from samd_validate.checks.attribution_sanity import attribution_sanity
from samd_validate.checks.sanity.attributions import AttributionSanityParams
from samd_validate.checks.sanity.changed import noisy
from samd_validate.checks.sanity.curves import follow
from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.model import Attribution, Progress
from samd_validate.models._ensemble import EnsembleModel
from samd_validate.report.figures import draw
from samd_validate.stats.rank_correlation import rank_correlations

PARAMS = AttributionSanityParams(patients=60, steps=4, orders=4)
TRAINED = AttributionSanityParams(patients=60, steps=4, permute_labels=True, train_again=True)
Found = dict[tuple[str, str], Measurement]


@pytest.fixture(scope="module")
def model() -> EnsembleModel:
    return learned()


@pytest.fixture(scope="module")
def output(model: EnsembleModel) -> CheckOutput:
    return attribution_sanity.run("s", inputs_of(model), TRAINED)


def by_key(output: CheckOutput) -> Found:
    return {(one.measure, one.subset): one.measurement for one in output.findings}


def number(found: Found, measure: str, subset: str = "all") -> Estimate:
    one = found[measure, subset]
    assert isinstance(one, Estimate)
    return one


# ---- bad input first


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (np.zeros((2, 1)), np.zeros((2, 1)), "two columns"),
        (np.zeros((2, 3)), np.zeros((3, 3)), "one shape"),
        (np.array([[np.nan, 1.0]]), np.zeros((1, 2)), "finite"),
    ],
)
def test_contributions_without_an_order_are_refused(
    first: FloatArray, second: FloatArray, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        rank_correlations(first, second)


def test_rank_correlation_is_that_of_scipy() -> None:
    from scipy.stats import spearmanr

    generator = np.random.default_rng(1)
    first, second = generator.integers(0, 4, (2, 20, 6))
    values, none = rank_correlations(first, second)
    for row in np.flatnonzero(~none):
        assert values[row] == pytest.approx(spearmanr(first[row], second[row])[0])


@pytest.mark.parametrize("wrong", [{"noise": 0}, {"steps": 1}, {"orders": 0}, {"patients": 3}])
def test_parameters_that_are_none_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        AttributionSanityParams.model_validate(wrong)


def test_trainings_that_nobody_asked_for_are_rows_without_a_number(model: EnsembleModel) -> None:
    found = by_key(attribution_sanity.run("s", inputs_of(model), PARAMS))
    for subset in ("labels=permuted", "training=repeated"):
        one = found["attribution_correlation", subset]
        assert isinstance(one, NotEstimable)
        assert one.code == "not_asked"


def test_device_that_cannot_be_fitted_again_says_so(model: EnsembleModel) -> None:
    alone = replace(inputs_of(model), refit=None)
    found = by_key(attribution_sanity.run("s", alone, TRAINED))
    one = found["attribution_correlation", "labels=permuted"]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_fit"


def test_parameter_that_the_recipe_does_not_have_is_a_reason(model: EnsembleModel) -> None:
    wrong = TRAINED.model_copy(update={"members": 21})  # at most twenty
    found = by_key(attribution_sanity.run("s", inputs_of(model), wrong))
    one = found["attribution_correlation", "training=repeated"]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_such_choice"


def test_real_patients_have_no_truth_to_be_recovered(model: EnsembleModel) -> None:
    given = inputs_of(model)
    (population,) = given.populations
    real = replace(population, cohort=replace(population.cohort, attachments={}))
    found = by_key(attribution_sanity.run("s", replace(given, populations=(real,)), PARAMS))
    one = found["planted_recovery", "all"]
    assert isinstance(one, NotEstimable)
    assert one.code == "no_truth"


# ---- an explanation that follows the device


@pytest.mark.requirement("REQ-EXPLANATION")
def test_shapley_values_of_a_trained_network_pass(output: CheckOutput) -> None:
    found = by_key(output)
    correlation = "attribution_correlation"
    assert number(found, correlation, "weights=random").high < 0.5
    assert number(found, correlation, "labels=permuted").high < 0.7
    for subset in ("sampling=repeated", "noise=0.1 SD", "training=repeated", "method=occlusion"):
        assert number(found, correlation, subset).low > 0.7
    assert number(found, correlation, "method=integrated gradients").low > 0.7
    assert number(found, "deletion_gain").low > 0.1
    assert number(found, "insertion_gain").low > 0.1
    assert 0 < number(found, "noise_change", "noise=0.1 SD").value < 0.5
    assert number(found, "planted_recovery").value == 1


def test_every_figure_and_table_is_drawn(output: CheckOutput) -> None:
    assert [figure.kind for figure in output.figures] == ["forest", "dose_response"]
    for figure in output.figures:
        assert "<svg" in draw(figure)
    comparisons, curves = output.tables
    assert len(comparisons.rows) == 7
    assert len(curves.rows) == 2 * len({row[1] for row in curves.rows})


def test_second_run_gives_the_same_numbers(model: EnsembleModel) -> None:
    first, second = (attribution_sanity.run("s", inputs_of(model), PARAMS) for _ in range(2))
    assert first == second


# ---- explanations that do not


@dataclass(frozen=True, kw_only=True)
class Fixed(EnsembleModel):
    """A network that explains itself by the values of its inputs, whatever it has learned."""

    def attribute(
        self, cohort: Cohort, *, blocks: int, seed: int, progress: Progress
    ) -> Attribution:
        found = super().attribute(cohort, blocks=blocks, seed=seed, progress=progress)
        shown = np.random.default_rng(5).normal(size=(1, *found.values.shape[1:]))
        return replace(found, values=np.repeat(shown, cohort.size, axis=0))


@pytest.mark.requirement("REQ-EXPLANATION")
def test_explanation_that_is_the_same_whatever_the_weights_is_found(model: EnsembleModel) -> None:
    fixed = Fixed(**vars(model))
    found = by_key(attribution_sanity.run("s", inputs_of(fixed), PARAMS))
    same = number(found, "attribution_correlation", "weights=random")
    assert (same.value, same.low, same.high) == (1, 1, 1)
    assert number(found, "deletion_gain").low < 0.1
    assert number(found, "attribution_correlation", "method=occlusion").high < 0.5


def test_curves_of_an_additive_device_are_known() -> None:
    """Deleting what adds 3, 2, 1 in this order moves the output by 3, then by 5."""
    values = np.array([[1.0, 3.0, 2.0], [-1.0, -3.0, -2.0]])

    def output(kept: BoolArray) -> FloatArray:
        return np.asarray((values * kept).sum(axis=1))

    found = follow(values, output, 2, 200, np.random.default_rng(1))
    assert found.shares == pytest.approx((1 / 3, 2 / 3))
    for kind in ("deletion", "insertion"):
        assert found.explained[kind].tolist() == [[3, 5], [3, 5]]
        assert found.random[kind] == pytest.approx(np.array([[2, 4], [2, 4]]), abs=0.3)


def test_noise_stays_within_the_limits_of_a_variable_and_leaves_groups() -> None:
    cohort = ward()
    moved = noisy(cohort, 1.0, np.random.default_rng(2))
    assert moved.series is not None
    assert cohort.series is not None
    assert np.abs(moved.series.value).max() <= 9
    assert not np.array_equal(moved.series.value, cohort.series.value)
    assert moved.groups["sex"].tolist() == cohort.groups["sex"].tolist()
    assert not np.array_equal(moved.numbers["age_years"], cohort.numbers["age_years"])
