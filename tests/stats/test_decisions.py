"""Claims against a margin: bad input, the three ways in, and that p-value and interval agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from samd_validate.core.estimate import Estimate, NotEstimable
from samd_validate.stats.comparison.decisions import (
    WORDS,
    Claim,
    Decision,
    decide,
    decide_normal,
    decide_replicates,
)
from samd_validate.stats.comparison.paired_proportions import tango_interval, tango_p, tango_z

NON_INFERIORITY = Claim(kind="non-inferiority", margin=0.05)
EQUIVALENCE = Claim(kind="equivalence", margin=0.05)

claims = st.builds(
    Claim,
    kind=st.sampled_from(list(WORDS)),
    margin=st.floats(0.01, 0.2),
    direction=st.sampled_from(["higher", "lower"]),
    alpha=st.floats(0.01, 0.2),
)


def interval(low: float, value: float, high: float, level: float = 0.95) -> Estimate:
    return Estimate(value=value, low=low, high=high, level=level, method="percentile", n=500)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "noninferiority"}, "kind: 'noninferiority' is not one of superiority"),
        ({"kind": "superiority", "direction": "up"}, "direction: 'up'"),
        ({"kind": "non-inferiority"}, "margin must be above 0 for non-inferiority"),
        ({"kind": "equivalence", "margin": 0.0}, "margin must be above 0"),
        ({"kind": "superiority", "margin": -0.1}, "not negative"),
        ({"kind": "superiority", "margin": float("nan")}, "finite"),
        ({"kind": "superiority", "alpha": 0.5}, "alpha"),
        ({"kind": "superiority", "alpha": 0.0}, "alpha"),
    ],
)
def test_claim_that_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Claim(**options)


def test_interval_of_another_level_than_the_claim_is_refused() -> None:
    with pytest.raises(ValueError, match=r"level 0\.95; equivalence with alpha 0\.05 needs.*0\.9"):
        decide(interval(-0.01, 0.0, 0.01), EQUIVALENCE)


@pytest.mark.parametrize("error", [0.0, -0.1, float("nan"), float("inf")])
def test_standard_error_that_is_none_is_refused(error: float) -> None:
    with pytest.raises(ValueError, match="standard_error"):
        decide_normal(0.0, error, NON_INFERIORITY, n=10)


def test_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="value"):
        decide_normal(float("nan"), 0.1, NON_INFERIORITY, n=10)
    with pytest.raises(ValueError, match="value"):
        decide_replicates(float("inf"), np.zeros(99), NON_INFERIORITY, n=10)


def test_too_few_replicates_for_alpha_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 39"):
        decide_replicates(0.0, np.linspace(-1, 1, 38), NON_INFERIORITY, n=10)
    found = decide_replicates(0.0, np.linspace(-1, 1, 39), NON_INFERIORITY, n=10)
    assert isinstance(found, Decision)
    assert (found.difference.low, found.difference.high) == (-1, 1)


def test_more_than_a_twentieth_undefined_replicates_give_no_decision() -> None:
    draws = np.linspace(-0.02, 0.02, 200)
    draws[:10] = np.nan
    found = decide_replicates(0.0, draws, NON_INFERIORITY, n=10)
    assert isinstance(found, Decision)
    assert found.difference.n_undefined == 10
    draws[:11] = np.nan
    none = decide_replicates(0.0, draws, NON_INFERIORITY, n=10)
    assert isinstance(none, NotEstimable)
    assert none.reason == "undefined in 11 of 200 resamples"
    empty = decide_replicates(0.0, np.full(200, np.nan), NON_INFERIORITY, n=10)
    assert isinstance(empty, NotEstimable)


@pytest.mark.parametrize(
    ("kind", "low", "high", "outcome"),
    [
        ("superiority", 0.06, 0.10, "superior"),
        ("superiority", 0.04, 0.10, "inconclusive"),
        ("superiority", -0.02, 0.04, "not superior"),
        ("non-inferiority", -0.04, 0.01, "non-inferior"),
        ("non-inferiority", -0.05, 0.01, "inconclusive"),
        ("non-inferiority", -0.09, -0.06, "inferior"),
        ("equivalence", -0.04, 0.04, "equivalent"),
        ("equivalence", -0.04, 0.05, "inconclusive"),
        ("equivalence", 0.05, 0.09, "not equivalent"),
        ("equivalence", -0.09, -0.06, "not equivalent"),
    ],
)
def test_outcome_follows_from_where_the_interval_lies(
    kind: str, low: float, high: float, outcome: str
) -> None:
    claim = Claim(kind=kind, margin=0.05, alpha=0.025)
    assert decide(interval(low, (low + high) / 2, high), claim).outcome == outcome
    mirrored = Claim(kind=kind, margin=0.05, alpha=0.025, direction="lower")
    found = decide(interval(-high, -(low + high) / 2, -low), mirrored)
    assert found.outcome == outcome
    assert found.is_shown == (outcome in {words[0] for words in WORDS.values()})


def test_an_interval_without_width_has_no_p_value() -> None:
    assert decide(interval(0.0, 0.0, 0.0), NON_INFERIORITY).p_value is None


def test_default_levels_are_95_percent_and_for_equivalence_90() -> None:
    assert (NON_INFERIORITY.level, EQUIVALENCE.level) == (0.95, 0.90)
    assert Claim(kind="superiority", alpha=0.05).level == 0.9


def test_normal_p_value_is_that_of_the_z_test() -> None:
    found = decide_normal(-0.01, 0.02, NON_INFERIORITY, n=900)
    assert found.p_value == pytest.approx(norm.sf(0.04 / 0.02), rel=1e-9)
    assert found.difference.low == pytest.approx(-0.01 - norm.ppf(0.975) * 0.02)
    both = decide_normal(0.01, 0.02, EQUIVALENCE, n=900)
    assert both.p_value == pytest.approx(max(norm.sf(3), norm.sf(2)), rel=1e-9)


def test_equivalence_p_value_is_that_of_statsmodels() -> None:
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    generator = np.random.default_rng(3)
    a, b = generator.normal(0.01, 0.2, 400), generator.normal(0, 0.25, 300)
    compared = CompareMeans(DescrStatsW(a), DescrStatsW(b))
    p_value, _, _ = compared.ztost_ind(-0.05, 0.05, usevar="unequal")
    error = np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
    found = decide_normal(a.mean() - b.mean(), error, EQUIVALENCE, n=700)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)


@settings(deadline=None)
@given(claims, st.floats(-0.3, 0.3), st.floats(0.001, 0.2))
def test_normal_p_value_is_below_alpha_exactly_where_the_claim_is_shown(
    claim: Claim, value: float, error: float
) -> None:
    found = decide_normal(value, error, claim, n=100)
    assert found.p_value is not None
    assume(abs(found.p_value - claim.one_sided) > 1e-9)
    assert found.is_shown == (found.p_value < claim.one_sided)


@settings(deadline=None)
@given(claims, st.integers(0, 10**6), st.floats(-0.3, 0.3), st.integers(100, 300))
def test_bootstrap_p_value_is_at_most_alpha_exactly_where_the_claim_is_shown(
    claim: Claim, seed: int, centre: float, size: int
) -> None:
    # rounded draws tie with each other and with round margins
    draws = np.round(np.random.default_rng(seed).normal(centre, 0.05, size), 2)
    found = decide_replicates(centre, draws, claim, n=100)
    assert isinstance(found, Decision)
    assert found.p_value is not None
    assert 0 < found.p_value <= 1
    assert found.is_shown == (found.p_value <= claim.one_sided + 1e-12)


@settings(deadline=None)
@given(claims, st.floats(-0.3, 0.3), st.floats(0.001, 0.2))
def test_lower_is_better_is_higher_is_better_mirrored(
    claim: Claim, value: float, error: float
) -> None:
    other = Claim(
        kind=claim.kind,
        margin=claim.margin,
        alpha=claim.alpha,
        direction="lower" if claim.direction == "higher" else "higher",
    )
    one, mirrored = decide_normal(value, error, claim, 9), decide_normal(-value, error, other, 9)
    assert one.outcome == mirrored.outcome
    assert one.p_value == pytest.approx(mirrored.p_value)


@pytest.mark.parametrize(
    ("only_new", "only_reference", "n"), [(-1, 2, 9), (2, -1, 9), (5, 5, 9), (0, 0, 0)]
)
def test_paired_counts_that_cannot_be_are_refused(
    only_new: int, only_reference: int, n: int
) -> None:
    with pytest.raises(ValueError, match="only_new and only_reference"):
        tango_z(only_new, only_reference, n, -0.1)
    with pytest.raises(ValueError, match="only_new and only_reference"):
        tango_interval(only_new, only_reference, n)


def test_score_has_no_value_without_a_discordant_patient_or_outside_the_range() -> None:
    with pytest.raises(ValueError, match="without a discordant patient"):
        tango_z(0, 0, 20, 0.0)
    with pytest.raises(ValueError, match="between -1 and 1"):
        tango_z(1, 2, 20, 1.0)
    with pytest.raises(ValueError, match="level"):
        tango_interval(1, 2, 20, level=1.0)


def test_score_interval_is_that_of_fagerland_and_others() -> None:
    # Fagerland, Lydersen & Laake 2014, doi:10.1002/sim.6148: 1, 1, 7, 12 of 21 children
    assert tango_interval(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)


@pytest.mark.parametrize(("only_new", "only_reference"), [(20, 0), (0, 20), (0, 0), (7, 0)])
def test_score_interval_at_its_edges_stays_in_range(only_new: int, only_reference: int) -> None:
    low, high = tango_interval(only_new, only_reference, 20)
    assert -1 <= low <= (only_new - only_reference) / 20 <= high <= 1
    assert low < high


def likelihood(cell: float, b: int, c: int, n: int, difference: float) -> float:
    """Return the negative log-likelihood of discordant cells ``cell + difference`` and ``cell``."""
    chances = np.array([cell + difference, cell, 1 - 2 * cell - difference])
    counts = np.array([b, c, n - b - c])
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(counts > 0, counts * np.log(chances), 0.0)
    return -float(parts.sum()) if (chances > -1e-12).all() else np.inf


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 60), st.floats(-0.3, 0.3))
def test_score_uses_the_cells_of_greatest_likelihood(
    b: int, c: int, rest: int, difference: float
) -> None:
    n = b + c + rest
    low, high = max(0.0, -difference), (1 - difference) / 2
    best = minimize_scalar(
        lambda cell: likelihood(cell, b, c, n, difference),
        bounds=(low + 1e-12, high - 1e-12),
        method="bounded",
        options={"xatol": 1e-12},
    ).x
    variance = n * (2 * best + difference - difference**2)
    wanted = (b - c - n * difference) / np.sqrt(variance)
    assert tango_z(b, c, n, difference) == pytest.approx(wanted, rel=1e-4, abs=1e-5)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60))
def test_score_at_zero_is_mcnemars_and_turns_with_the_tests(b: int, c: int, rest: int) -> None:
    assume(b + c > 0)
    n = b + c + rest
    assert tango_z(b, c, n, 0.0) == pytest.approx((b - c) / np.sqrt(b + c))
    assert tango_z(b, c, n, -0.1) == pytest.approx(-tango_z(c, b, n, 0.1))
    assert tango_p(b, c, n, -0.1) <= tango_p(b, c, n, 0.1)
