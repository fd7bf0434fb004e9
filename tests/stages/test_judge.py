"""Only a met bound passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import Finding
from samd_validate.core.verdict import Criterion, Outcome
from samd_validate.judge import all_pass, judge


def finding(measurement: Measurement) -> Finding:
    return Finding(
        check="d", measure="auroc", population="test", subset="all", measurement=measurement
    )


def estimate(low: float, high: float) -> Estimate:
    value = (low + high) / 2
    return Estimate(value=value, low=low, high=high, level=0.95, method="m", n=100)


def criterion(**bounds: object) -> Criterion:
    fields: dict[str, object] = {
        "id": "c",
        "finding": "d/auroc/test/all/device",
        "rationale": "because",
        "requirements": ("REQ-1",),
    }
    return Criterion(**{**fields, **bounds})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "bounds", "outcome"),
    [
        (0.81, 0.9, {"at_least": 0.8}, Outcome.PASS),
        (0.8, 0.9, {"at_least": 0.8}, Outcome.PASS),
        (0.79, 0.9, {"at_least": 0.8}, Outcome.INCONCLUSIVE),
        (0.7, 0.79, {"at_least": 0.8}, Outcome.FAIL),
        (-0.1, 0.1, {"at_least": 0.0}, Outcome.INCONCLUSIVE),
        (-0.2, -0.1, {"at_least": 0.0}, Outcome.FAIL),
        (-0.1, 0.0, {"at_most": 0.0}, Outcome.PASS),
        (0.9, 1.1, {"at_least": 0.8, "at_most": 1.2}, Outcome.PASS),
        (0.7, 1.3, {"at_least": 0.8, "at_most": 1.2}, Outcome.INCONCLUSIVE),
        (1.3, 1.4, {"at_least": 0.8, "at_most": 1.2}, Outcome.FAIL),
        (0.7, 0.91, {"at_least": 0.8, "reads": "point", "why_point": "w"}, Outcome.PASS),
    ],
)
@pytest.mark.requirement("SW-JUDGE-INTERVAL")
def test_outcome_follows_from_where_the_interval_lies(
    low: float, high: float, bounds: dict[str, object], outcome: Outcome
) -> None:
    (verdict,) = judge([criterion(**bounds)], [finding(estimate(low, high))])
    assert verdict.outcome is outcome


@pytest.mark.requirement("SW-JUDGE-NOTHING")
def test_no_number_is_not_assessed_and_says_why() -> None:
    none = NotEstimable(code="one_class", reason="no deaths", n=20)
    (verdict,) = judge([criterion(at_least=0.8)], [finding(none)])
    assert (verdict.outcome, verdict.because) == (Outcome.NOT_ASSESSED, "no deaths")


@pytest.mark.requirement("SW-JUDGE-NOTHING")
def test_absent_finding_is_not_assessed() -> None:
    (verdict,) = judge([criterion(at_least=0.8)], [])
    assert verdict.outcome is Outcome.NOT_ASSESSED


@pytest.mark.requirement("SW-JUDGE-NOTHING")
def test_nothing_judged_is_nothing_passed() -> None:
    assert not all_pass(judge([], [finding(estimate(0.9, 1.0))]))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"at_least": float("nan")},
        {"at_least": 0.5, "rationale": " "},
        {"at_least": 0.5, "requirements": ()},
        {"at_least": 0.5, "reads": "point"},
        {"at_least": 0.5, "reads": "middle"},
    ],
)
def test_criterion_that_promises_nothing_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="criterion"):
        criterion(**fields)


finite = st.floats(-10, 10)


@given(finite, finite, finite)
@pytest.mark.requirement("SW-JUDGE-INTERVAL")
def test_a_pass_means_that_the_whole_interval_keeps_the_bound(a: float, b: float, c: float) -> None:
    low, high = sorted((a, b))
    (verdict,) = judge([criterion(at_least=c)], [finding(estimate(low, high))])
    assert (verdict.outcome is Outcome.PASS) == (low >= c)
    assert (verdict.outcome is Outcome.FAIL) == (high < c)
