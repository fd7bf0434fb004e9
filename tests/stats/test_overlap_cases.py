"""Tables of cases: the policy for empty masks, refused input, and estimates by patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap
from scipy.stats import t as student

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.intervals.proportions import clopper_pearson
from samd_validate.stats.segmentation.case_estimates import (
    METHODS,
    estimate_cases,
    estimate_lesions,
)
from samd_validate.stats.segmentation.case_measures import CASE_MEASURES
from samd_validate.stats.segmentation.case_table import CaseOverlap, count_empty, measure_case
from samd_validate.stats.segmentation.empty_masks import (
    DEFAULTS,
    IMAGE_DIAGONAL,
    EmptyPolicy,
    WhenEmpty,
)
from samd_validate.stats.segmentation.lesions import LesionRule, lesions_of
from samd_validate.stats.segmentation.masks import Empty, Masks
from samd_validate.stats.segmentation.patient_sums import (
    PatientSums,
    border_limits,
    median_replicates,
    patient_multiplicities,
    sums_by_patient,
    woodruff_limits,
)

PLAN = IntervalPlan(n_resamples=400, seed=5)
RULE, ANOTHER = LesionRule(iou_threshold=0.2), LesionRule(iou_threshold=0.3)
PRESENT = EmptyPolicy().changed(dice=WhenEmpty(both=None, reference=0, prediction=0))


def case(
    number: int,
    patient: str,
    *,
    shift: int = 1,
    empty: str = "neither",
    policy: EmptyPolicy | None = None,
    rule: LesionRule = RULE,
) -> CaseOverlap:
    """Return a case of a square that was found shifted, or of an empty mask."""
    reference = np.zeros((12, 16), dtype=bool)
    prediction = reference.copy()
    if empty not in ("reference", "both"):
        reference[2:6, 2:6] = True
    if empty not in ("prediction", "both"):
        prediction[2 + shift : 6 + shift, 2:6] = True
    masks = Masks(reference=reference, prediction=prediction, spacing_mm=(1, 1))
    return measure_case(
        masks,
        case_id=str(number),
        patient_id=patient,
        tolerance=1,
        lesions=lesions_of(masks, rule),
        policy=policy,
    )


def with_values(values: Sequence[float | None], patients: Sequence[Any]) -> list[CaseOverlap]:
    """Return a table with a Dice of our choice."""
    return [
        CaseOverlap(
            case_id=str(number),
            patient_id=str(patient),
            empty=Empty.NEITHER if value is not None else Empty.BOTH,
            reference_size=1.0,
            prediction_size=1.0,
            values={"dice": value},
            length_unit="mm",
            size_unit="mm2",
        )
        for number, (value, patient) in enumerate(zip(values, patients, strict=True))
    ]


def estimate(*arguments: Any, **options: Any) -> Estimate:
    found = estimate_cases(*arguments, **options)
    assert isinstance(found, Estimate)
    return found


# bad input


@pytest.mark.parametrize("worth", [np.nan, np.inf, "diagonal", "", [1]])
def test_a_rule_must_be_a_number_the_diagonal_or_none(worth: Any) -> None:
    with pytest.raises(ValueError, match="reference must be a finite number"):
        WhenEmpty(both=None, reference=worth, prediction=0)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"dice": WhenEmpty(both=1.5, reference=0, prediction=0)}, "outside its range"),
        ({"hd95": WhenEmpty(both=-1, reference=0, prediction=0)}, "outside its range"),
        ({"dice": WhenEmpty(both=IMAGE_DIAGONAL, reference=0, prediction=0)}, "no distance"),
        ({"pixel_accuracy": WhenEmpty(both=1, reference=0, prediction=0)}, "no rule is needed"),
    ],
)
def test_a_rule_that_a_measure_cannot_follow_is_refused(
    rules: dict[str, WhenEmpty], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        EmptyPolicy().changed(**rules)


def test_a_policy_without_a_rule_for_each_measure_is_refused() -> None:
    with pytest.raises(ValueError, match="each of dice, iou"):
        EmptyPolicy(rules={"dice": DEFAULTS["dice"]})


def test_a_negative_tolerance_is_refused_even_where_a_mask_is_empty() -> None:
    empty = np.zeros((2, 2), dtype=bool)
    masks = Masks(reference=empty, prediction=empty)
    with pytest.raises(ValueError, match="tolerance"):
        measure_case(masks, case_id="1", patient_id="1", tolerance=-1)


def test_lesions_of_other_masks_are_refused() -> None:
    full, empty = np.ones((2, 2), dtype=bool), np.zeros((2, 2), dtype=bool)
    lesions = lesions_of(Masks(reference=full, prediction=full), RULE)
    masks = Masks(reference=full, prediction=empty)
    with pytest.raises(ValueError, match="lesions must be those of the masks"):
        measure_case(masks, case_id="1", patient_id="1", lesions=lesions)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"measure": "dise"}, "measure must be one of dice"),
        ({"measure": "surface_dice"}, "not measured in every case: give tolerance"),
        ({"measure": "lesion_f1"}, "not measured in every case: give lesions"),
        ({"summary": "mode"}, "summary must be one of mean, median"),
        ({"method": "woodruff"}, "method must be one of auto, student"),
        ({"summary": "median", "method": "bca"}, "method must be one of auto, woodruff"),
        ({"plan": IntervalPlan(level=1.0)}, "level must lie between"),
        ({"cases": []}, "must not be empty"),
        ({"cases": [*with_values([0.5], "a"), *with_values([0.6], "b")]}, "case_id twice"),
        ({"cases": [case(1, "a"), *with_values([0.6], "b")]}, "one tolerance"),
        ({"cases": [case(1, "a"), case(2, "b", policy=PRESENT)]}, "one policy"),
        ({"cases": [case(1, "a"), case(2, "b", rule=ANOTHER)]}, "one rule for lesions"),
    ],
)
def test_a_table_that_cannot_be_summed_is_refused(options: dict[str, Any], words: str) -> None:
    table = with_values([0.5, 0.7, 0.9], "abc")
    given_options = {"cases": table, "measure": "dice", "plan": PLAN, **options}
    with pytest.raises(ValueError, match=words):
        estimate_cases(
            given_options.pop("cases"),
            given_options.pop("measure"),
            given_options.pop("plan"),
            **given_options,
        )


def test_pooled_lesions_need_a_measure_of_lesions() -> None:
    with pytest.raises(ValueError, match="measure must be one of lesion_sensitivity"):
        estimate_lesions([case(1, "a")], "dice", PLAN)


@pytest.mark.parametrize(
    ("numerator", "denominator", "words"),
    [([1.0], [1.0], "two patients"), ([1.0, 0.0], [1.0, 0.0], "above 0")],
)
def test_sums_without_a_spread_or_a_denominator_are_refused(
    numerator: list[float], denominator: list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        PatientSums(numerator=np.array(numerator), denominator=np.array(denominator))


@pytest.mark.parametrize(
    ("numerator", "patient", "words"),
    [
        ([1.0, 0.5], ["a"], "one length"),
        ([[1.0, 0.5]], ["a", "b"], "one length"),
        ([1.0, np.nan], ["a", "b"], "finite"),
    ],
)
def test_sums_of_other_lengths_or_of_no_number_are_refused(
    numerator: Any, patient: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sums_by_patient(np.array(numerator), np.ones(2), np.array(patient))


def test_a_case_with_a_value_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="dice must be finite, or None"):
        with_values([np.nan], "a")


# one case


def test_a_case_has_every_measure_once_with_its_unit() -> None:
    found = case(1, "a")
    assert tuple(found.values) == tuple(CASE_MEASURES)
    assert found.values["dice"] == found.values["recall"] == 0.75
    assert (found.values["hd95"], found.unit("hd95")) == (1.0, "mm")
    assert (found.reference_size, found.unit("size_difference")) == (16.0, "mm2")
    assert (found.values["lesion_f1"], found.values["lesion_fp"]) == (1.0, 0.0)
    assert found.empty is Empty.NEITHER


def test_measures_that_were_not_asked_for_are_absent_and_not_zero() -> None:
    masks = Masks(reference=np.eye(3, dtype=bool), prediction=np.eye(3, dtype=bool))
    found = measure_case(masks, case_id="1", patient_id="a")
    assert {"surface_dice", "lesion_f1", "lesion_fp"}.isdisjoint(found.values)


@pytest.mark.parametrize("empty", ["reference", "prediction", "both"])
def test_an_empty_mask_counts_as_the_policy_says(empty: str) -> None:
    found, diagonal = case(1, "a", empty=empty), 20.0  # 12 by 16 mm
    for measure, rule in DEFAULTS.items():
        assert found.values[measure] == rule.worth(Empty(empty), diagonal), measure
    assert found.values["hd95"] == (None if empty == "both" else diagonal)
    assert found.values["lesion_fp"] == (1.0 if empty == "reference" else 0.0)
    assert found.values["size_difference"] == {"reference": 16, "prediction": -16, "both": 0}[empty]


def test_a_changed_policy_is_printed_and_followed() -> None:
    policy = EmptyPolicy().changed(dice=WhenEmpty(both=None, reference=None, prediction=0.0))
    assert "dice: both empty left out, reference empty left out, prediction empty 0" in (
        policy.describe()
    )
    assert len(policy.describe().splitlines()) == len(DEFAULTS)
    nothing = np.zeros((2, 2), dtype=bool)
    masks = Masks(reference=nothing, prediction=nothing)
    kept, changed = (
        measure_case(masks, case_id="1", patient_id="a", policy=one).values["dice"]
        for one in (None, policy)
    )
    assert (kept, changed) == (1.0, None)


# many cases


def test_cases_left_out_and_cases_counted_by_rule_are_in_the_note() -> None:
    table = [
        case(1, "a"),
        case(2, "b", shift=2),
        case(3, "c", empty="reference"),
        case(4, "c", empty="both"),
        case(5, "d", empty="both"),
    ]
    distance = estimate(table, "hd95", PLAN)
    assert distance.value == pytest.approx((1 + 2 + 20) / 3)
    assert (distance.n, distance.n_clusters, distance.unit) == (3, 3, "mm")
    assert distance.note.startswith(
        "of 5 cases, 1 with an empty reference counted as 20, 2 with both masks empty left out; "
        "fewer than 30 patients"
    )
    overlap = estimate(table, "dice", PLAN)
    assert (overlap.n, overlap.value) == (5, pytest.approx((0.75 + 0.5 + 0 + 1 + 1) / 5))
    assert "1 with an empty reference counted as 0, 2 with both masks empty counted as 1" in (
        overlap.note
    )
    everywhere = estimate(table, "size_difference", PLAN)
    assert (everywhere.n, everywhere.unit) == (5, "mm2")
    assert everywhere.note == "fewer than 30 patients: the interval may be too narrow"
    assert count_empty(table).describe() == (
        "5 cases: 2 with both masks, 1 with an empty reference, 0 with an empty prediction, "
        "2 with both empty"
    )


def test_nothing_but_left_out_cases_is_not_estimable() -> None:
    found = estimate_cases(with_values([None, None], "ab"), "dice", PLAN)
    assert isinstance(found, NotEstimable)
    assert (found.code, found.n) == ("no_case", 0)
    assert "leaves out all 2 cases" in found.reason


@pytest.mark.parametrize("summary", ["mean", "median"])
def test_cases_of_one_patient_are_not_estimable(summary: Any) -> None:
    found = estimate_cases(with_values([0.5, 0.7], "aa"), "dice", PLAN, summary=summary)
    assert isinstance(found, NotEstimable)
    assert found.code == "one_patient"


@pytest.mark.parametrize("summary", ["mean", "median"])
def test_equal_cases_inside_the_range_are_not_estimable(summary: Any) -> None:
    found = estimate_cases(with_values([0.7] * 3, "abc"), "dice", PLAN, summary=summary)
    assert isinstance(found, NotEstimable)
    assert found.code == "no_spread"


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_share_at_its_border_has_an_exact_limit_by_patient(value: float) -> None:
    found = estimate(with_values([value] * 5, "aabbc"), "dice", PLAN)
    reach = 0.025 ** (1 / 3)
    assert (found.low, found.high) == pytest.approx((reach, 1.0) if value else (0.0, 1 - reach))
    assert found.method == "exact, all patients at the border"
    one = sums_by_patient(np.full(3, value), np.ones(3), np.arange(3))
    assert border_limits(one, 0.95) == pytest.approx(clopper_pearson(3 * value, 3))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=3, max_size=30),
    st.sampled_from(["mean", "median"]),
    st.data(),
)
def test_an_interval_holds_its_value_and_stays_in_range(
    rows: list[tuple[float, int]], summary: Any, data: st.DataObject
) -> None:
    values, patients = zip(*rows, strict=True)
    method = data.draw(st.sampled_from(METHODS[summary]))
    found = estimate_cases(
        with_values(values, patients), "dice", PLAN, summary=summary, method=method
    )
    if isinstance(found, NotEstimable):
        assert found.code in ("one_patient", "no_spread")
        return
    wanted = np.mean(values) if summary == "mean" else np.median(values)
    assert found.value == pytest.approx(wanted, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (found.n, found.n_clusters) == (len(rows), len(set(patients)))


def test_order_of_cases_and_names_of_patients_change_nothing() -> None:
    generator = np.random.default_rng(1)
    values, patients = generator.random(40), generator.integers(0, 12, 40)
    order = generator.permutation(40)
    for summary in ("mean", "median"):
        one = estimate(with_values(values, patients), "dice", PLAN, summary=summary)
        other = estimate(
            with_values(values[order], 100 + patients[order]), "dice", PLAN, summary=summary
        )
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-12)


def test_error_by_patient_is_the_cluster_robust_one_of_statsmodels() -> None:
    generator = np.random.default_rng(2)
    patients = generator.integers(0, 12, 60)
    values = generator.beta(8, 2, 60)
    found = sums_by_patient(values, np.ones(60), patients)
    fit = sm.OLS(values, np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": patients, "use_correction": False}
    )
    m = found.n_patients
    assert found.standard_error == pytest.approx(fit.bse[0] * np.sqrt(m / (m - 1)), rel=1e-10)


def test_single_cases_give_students_interval_on_the_log_odds() -> None:
    values = np.random.default_rng(3).beta(8, 2, 25)
    found = estimate(with_values(values, range(25)), "dice", PLAN)
    mean, error = values.mean(), values.std(ddof=1) / 5
    half = student.ppf(0.975, 24) * error / (mean * (1 - mean))
    centre = np.log(mean / (1 - mean))
    wanted = 1 / (1 + np.exp([-centre + half, -centre - half]))
    assert (found.low, found.high) == pytest.approx(wanted, abs=1e-12)
    assert found.method == "cluster-robust Student's t over patients, log-odds"
    assert found.n_resamples == 0


@pytest.mark.parametrize(("method", "theirs"), [("percentile", "percentile"), ("bca", "BCa")])
def test_bootstrap_of_single_cases_is_near_that_of_scipy(method: str, theirs: str) -> None:
    values = np.random.default_rng(4).beta(5, 1.5, 40)
    plan = IntervalPlan(n_resamples=20_000, seed=1)
    found = estimate(with_values(values, range(40)), "dice", plan, method=method)
    other = bootstrap((values,), np.mean, n_resamples=20_000, method=theirs, rng=1)
    wanted = other.confidence_interval
    # a quantile of 20,000 draws has a standard error of about 2 % of the standard error
    assert (found.low, found.high) == pytest.approx(tuple(wanted), abs=0.1 * other.standard_error)
    assert found.n_resamples == 20_000


def test_resampled_medians_are_those_of_repeated_cases() -> None:
    generator = np.random.default_rng(6)
    values, patients = np.round(generator.random(30), 1), generator.integers(0, 7, 30)
    plan = IntervalPlan(n_resamples=50, seed=9)
    (weights,) = patient_multiplicities(np.unique(patients).size, plan)
    wanted = [np.median(np.repeat(values, one[patients].astype(int))) for one in weights]
    np.testing.assert_allclose(median_replicates(values, patients, plan), wanted, atol=1e-12)


def test_resamples_depend_on_the_seed_alone() -> None:
    one, again, other = (
        np.concatenate(list(patient_multiplicities(9, IntervalPlan(n_resamples=20, seed=seed))))
        for seed in (1, 1, 2)
    )
    assert (one == again).all()
    assert (one != other).any()
    assert (one.sum(axis=1) == 9).all()


def test_a_median_at_many_equal_values_keeps_them_inside() -> None:
    values = np.array([0.0, 0.2, 1.0, 1.0, 1.0, 1.0, 1.0])
    limits = woodruff_limits(values, np.arange(7), 0.95)
    assert limits is not None
    assert limits[0] < 1 == limits[1]


def test_repeating_each_case_of_a_patient_narrows_nothing() -> None:
    values = np.random.default_rng(7).beta(6, 2, 12)
    for summary in ("mean", "median"):
        once = estimate(with_values(values, range(12)), "dice", PLAN, summary=summary)
        twice = estimate(
            with_values(np.repeat(values, 5), np.repeat(range(12), 5)),
            "dice",
            PLAN,
            summary=summary,
        )
        assert twice.value == pytest.approx(once.value, abs=1e-12)
        assert (twice.n, twice.n_clusters) == (60, 12)
        assert twice.high - twice.low > 0.85 * (once.high - once.low)


# lesions of all cases


def test_pooled_lesions_count_each_lesion_once() -> None:
    table = [
        case(1, "a"),
        case(2, "b", empty="prediction"),
        case(3, "c", empty="reference"),
        case(4, "d"),
        case(5, "e", empty="both"),
    ]
    found = {
        name: estimate_lesions(table, name, PLAN)
        for name in ("lesion_sensitivity", "lesion_precision", "lesion_f1", "lesion_fp")
    }
    values = {name: one.value for name, one in found.items() if isinstance(one, Estimate)}
    assert values == pytest.approx(
        {
            "lesion_sensitivity": 2 / 3,
            "lesion_precision": 2 / 3,
            "lesion_f1": 4 / 6,
            "lesion_fp": 1 / 5,
        }
    )
    sensitivity = found["lesion_sensitivity"]
    assert isinstance(sensitivity, Estimate)
    assert (sensitivity.n, sensitivity.n_events, sensitivity.n_clusters) == (3, 3, 3)
    assert sensitivity.note.startswith("of 5 cases, 2 without a lesion to count; fewer than 30")


def test_pooled_lesions_without_a_lesion_are_not_estimable() -> None:
    table = [case(1, "a", empty="both"), case(2, "b", empty="both")]
    found = estimate_lesions(table, "lesion_sensitivity", PLAN)
    assert isinstance(found, NotEstimable)
    assert (found.code, found.reason) == ("no_case", "none of 2 cases has a lesion to count")
    of_none = estimate_lesions(table, "lesion_fp", PLAN)
    assert isinstance(of_none, NotEstimable)
    assert of_none.code == "no_spread"


def test_pooled_lesions_without_matching_are_refused() -> None:
    with pytest.raises(ValueError, match="give lesions"):
        estimate_lesions(with_values([0.5, 0.6], "ab"), "lesion_fp", PLAN)
