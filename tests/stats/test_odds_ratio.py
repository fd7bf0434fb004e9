"""The odds ratio: bad input, empty cells, patients with several rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.comparison.odds_ratio import odds_ratio

YES, NO = np.ones(10), np.zeros(10)
HALF = np.arange(10) % 2


@pytest.mark.parametrize(
    ("label", "exposed", "more", "words"),
    [
        (HALF + 1, HALF, {}, "label must be 0 or 1"),
        (HALF, HALF * np.nan, {}, "exposed must be 0 or 1"),
        (HALF, HALF[:5], {}, "one length"),
        (HALF, HALF, {"cluster": np.zeros(3)}, "one length"),
        (HALF, HALF, {"level": 1.0}, "level"),
    ],
)
def test_bad_input_is_refused(
    label: np.ndarray, exposed: np.ndarray, more: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        odds_ratio(label, exposed, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "exposed", "cluster", "code"),
    [
        (NO, HALF, None, "one_class"),
        (YES, HALF, None, "one_class"),
        (HALF, YES, None, "no_contrast"),
        (HALF, NO, None, "no_contrast"),
        (HALF, HALF, np.zeros(10), "too_few"),
        (HALF[:0], HALF[:0], None, "too_few"),
    ],
)
def test_no_ratio_without_both_outcomes_both_exposures_and_ten_patients(
    label: np.ndarray, exposed: np.ndarray, cluster: np.ndarray | None, code: str
) -> None:
    found = odds_ratio(label, exposed, cluster)
    assert isinstance(found, NotEstimable)
    assert found.code == code


def test_empty_cell_gives_a_finite_ratio_and_says_how() -> None:
    label, exposed = np.repeat([1, 0, 0], [5, 15, 20]), np.repeat([1, 0], [20, 20])
    found = odds_ratio(label, exposed)
    assert isinstance(found, Estimate)
    assert found.method == "wald, 0.5 added"
    assert found.value == pytest.approx(5.5 * 20.5 / (15.5 * 0.5))  # Haldane's formula by hand


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_logistic_regression_clustered_by_patient(seed: int) -> None:
    """Oracle: statsmodels Logit with the cluster sandwich and no small-sample factor."""
    from statsmodels.api import Logit

    generator = np.random.default_rng(seed)
    patient = np.sort(generator.integers(0, 120, 300))
    exposed = (generator.random(300) < 0.4).astype(int)
    frailty = generator.normal(size=120)[patient]
    label = (generator.random(300) < 1 / (1 + np.exp(1 - frailty - 0.7 * exposed))).astype(int)
    fit = Logit(label, np.column_stack([np.ones(300), exposed])).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": patient, "use_correction": False}
    )
    found = odds_ratio(label, exposed, patient)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(np.exp(fit.params[1]), rel=1e-6)
    assert (found.low, found.high) == pytest.approx(tuple(np.exp(fit.conf_int()[1])), rel=1e-6)
    assert found.p_value == pytest.approx(fit.pvalues[1], rel=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=10, max_size=60))
def test_swapping_exposed_and_others_inverts_the_ratio(pairs: list[tuple[bool, bool]]) -> None:
    label, exposed = np.array(pairs, dtype=int).T
    one, other = odds_ratio(label, exposed), odds_ratio(label, 1 - exposed)
    if isinstance(one, Estimate):
        assert isinstance(other, Estimate)
        assert one.value * other.value == pytest.approx(1)
        assert one.low * other.high == pytest.approx(1)
        assert one.p_value == pytest.approx(other.p_value)
        assert 0 < one.low <= one.value <= one.high
    else:
        assert isinstance(other, NotEstimable)


def test_size_of_the_test_when_patients_repeat_and_nothing_is_there() -> None:
    generator = np.random.default_rng(5)
    beyond = 0
    for _ in range(400):
        patient = np.repeat(np.arange(100), 3)
        frailty = generator.normal(size=100)[patient]
        exposed = np.repeat(generator.random(100) < 0.5, 3).astype(int)
        label = (generator.random(300) < 1 / (1 + np.exp(0.5 - 2 * frailty))).astype(int)
        found = odds_ratio(label, exposed, patient)
        assert isinstance(found, Estimate)
        beyond += found.p_value is not None and found.p_value < 0.05
    assert beyond / 400 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
