"""Pooling over sites: bad input, sites that cannot be pooled, scales, and what must always hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit, ndtri

from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.stats.comparison.between_site import generalised_q, reml, tau2_interval
from samd_validate.stats.comparison.heterogeneity import Pooled, Pooling, pool, pool_estimates

TWO = [0.70, 0.80], [0.05, 0.05]


def site(
    value: float, low: float, high: float, n: int = 100, n_events: int | None = 20
) -> Estimate:
    return Estimate(
        value=value, low=low, high=high, level=0.95, method="DeLong", n=n, n_events=n_events
    )


def estimate(measured: Measurement) -> Estimate:
    assert isinstance(measured, Estimate)
    return measured


def pooled(found: Pooled | NotEstimable) -> Pooled:
    assert isinstance(found, Pooled)
    return found


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": "logit"}, "scale: 'logit' is not one of identity, log, log-odds"),
        ({"between": "dl"}, "between: 'dl' is not one of fixed, dersimonian-laird, reml"),
        ({"interval": "hk"}, "interval: 'hk'"),
        ({"prediction": "k"}, "prediction: 'k' is not one of k-2, k-1"),
        ({"level": 1.0}, "level"),
    ],
)
def test_a_way_of_pooling_that_is_not_known_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Pooling(**options)


@pytest.mark.parametrize(
    ("values", "errors", "scale", "words"),
    [
        ([0.5, 0.6], [0.1], "identity", "one length"),
        ([0.5, 0.6], [0.1, 0.0], "identity", "standard_errors"),
        ([0.5, 0.6], [0.1, float("nan")], "identity", "standard_errors"),
        ([0.5, float("nan")], [0.1, 0.1], "identity", "identity scale"),
        ([0.5, 1.0], [0.1, 0.1], "log-odds", "inside the range of the log-odds scale"),
        ([0.5, 0.0], [0.1, 0.1], "log", "inside the range of the log scale"),
    ],
)
def test_sites_that_cannot_be_pooled_are_refused(
    values: list[float], errors: list[float], scale: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        pool(values, errors, Pooling(scale=scale))


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_sites_are_not_pooled(count: int) -> None:
    found = pool([0.7] * count, [0.1] * count)
    assert isinstance(found, NotEstimable)
    assert (found.code, found.n) == ("few_sites", count)
    none = pool_estimates({})
    assert isinstance(none, NotEstimable)


def test_two_sites_have_a_mean_but_no_prediction_with_k_less_2() -> None:
    found = pooled(pool(*TWO))
    assert isinstance(found.prediction, NotEstimable)
    assert found.prediction.code == "few_sites"
    assert estimate(found.mean).value == pytest.approx(0.75)
    assert isinstance(pooled(pool(*TWO, Pooling(prediction="k-1"))).prediction, Estimate)


def test_sites_that_agree_exactly_have_no_untruncated_interval() -> None:
    found = pooled(pool([0.7] * 4, [0.1] * 4, Pooling(interval="hartung-knapp")))
    assert isinstance(found.mean, NotEstimable)
    assert isinstance(found.prediction, NotEstimable)
    assert found.mean.code == found.prediction.code == "no_spread"
    assert (found.tau2.value, found.tau2.low, found.tau2.high) == (0, 0, 0)
    truncated = estimate(pooled(pool([0.7] * 4, [0.1] * 4)).mean)
    assert truncated.low < 0.7 < truncated.high


def test_a_fixed_effect_predicts_no_site_yet_reports_heterogeneity() -> None:
    found = pooled(pool([0.5, 0.7, 0.9], [0.05] * 3, Pooling(between="fixed")))
    assert isinstance(found.prediction, NotEstimable)
    assert found.prediction.code == "fixed_effect"
    assert found.tau2.value > 0
    assert found.weights == pytest.approx([1 / 3] * 3)


def test_standard_errors_come_from_the_interval_on_the_scale() -> None:
    centres, error, z = logit([0.7, 0.8, 0.9]), 0.2, ndtri(0.975)
    sites = {
        str(i): site(*(float(expit(c + sign * z * error)) for sign in (0, -1, 1)))
        for i, c in enumerate(centres)
    }
    found = pooled(pool_estimates(sites, Pooling(scale="log-odds")))
    mean = estimate(found.mean)
    by_hand = pooled(pool(centres.tolist(), [error] * 3))
    assert mean.value == pytest.approx(expit(estimate(by_hand.mean).value))
    assert mean.low == pytest.approx(expit(estimate(by_hand.mean).low))
    assert found.tau2.value == pytest.approx(by_hand.tau2.value)
    assert (mean.n, mean.n_events, found.sites) == (300, 60, ("0", "1", "2"))


def test_a_limit_cut_at_the_border_leaves_the_other_half() -> None:
    low = float(expit(logit(0.95) - ndtri(0.975) * 0.5))
    sites = {
        "a": site(0.95, low, 1.0),
        "b": site(0.95, low, float(expit(2 * logit(0.95) - logit(low)))),
    }
    found = pooled(pool_estimates(sites, Pooling(scale="log-odds")))
    assert found.weights == pytest.approx([0.5, 0.5])


def test_sites_without_a_number_on_the_scale_are_left_out_by_name() -> None:
    sites: dict[str, Measurement] = {
        "a": site(0.7, 0.6, 0.8),
        "b": site(0.8, 0.7, 0.9, n_events=None),
        "perfect": site(1.0, 0.9, 1.0),
        "point": site(0.8, 0.8, 0.8),
        "small": NotEstimable(code="too_small", reason="7 stays", n=7),
    }
    found = pooled(pool_estimates(sites, Pooling(scale="log-odds")))
    assert found.sites == ("a", "b")
    assert set(found.left_out) == {"perfect", "point", "small"}
    note = estimate(found.mean).note
    assert note.startswith(
        "2 sites; left out perfect: a value of 1 is on the border of the log-odds"
    )
    assert note.endswith("left out small: 7 stays")
    assert (estimate(found.mean).n, estimate(found.mean).n_events) == (200, None)


sites_of = st.integers(2, 12).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(-2, 2), min_size=k, max_size=k),
        st.lists(st.floats(0.05, 1), min_size=k, max_size=k),
    )
)


@settings(deadline=None, max_examples=60)
@given(sites_of)
def test_reml_is_the_highest_point_of_the_restricted_likelihood(
    sites: tuple[list[float], list[float]],
) -> None:
    values, variances = np.array(sites[0]), np.array(sites[1]) ** 2

    def likelihood(tau2: float) -> float:
        total = variances + tau2
        q = generalised_q(values, variances, tau2)
        return float(-0.5 * (np.log(total).sum() + np.log((1 / total).sum()) + q))

    found = likelihood(reml(values, variances))
    elsewhere = np.append(0, np.geomspace(1e-6, 60, 400))
    assert max(likelihood(float(one)) for one in elsewhere) <= found + 1e-7


@settings(deadline=None, max_examples=60)
@given(sites_of, st.sampled_from(["fixed", "dersimonian-laird", "reml", "paule-mandel"]))
def test_what_always_holds_of_pooled_sites(
    sites: tuple[list[float], list[float]], between: str
) -> None:
    values, errors = sites
    found = pooled(pool(values, errors, Pooling(between=between)))
    mean = estimate(found.mean)
    wald = estimate(pooled(pool(values, errors, Pooling(between=between, interval="wald"))).mean)
    assert min(values) - 1e-9 <= mean.value <= max(values) + 1e-9
    assert mean.high - mean.low >= wald.high - wald.low - 1e-12
    assert found.weights.sum() == pytest.approx(1)
    assert 0 <= found.i2.low <= found.i2.high < 1
    assert 0 <= found.q_p_value <= 1
    if isinstance(found.prediction, Estimate):
        assert found.prediction.low <= mean.low
        assert found.prediction.high >= mean.high
    moved = pooled(pool([value + 3 for value in values], errors, Pooling(between=between)))
    assert estimate(moved.mean).value == pytest.approx(mean.value + 3, abs=1e-6)
    assert moved.tau2.value == pytest.approx(found.tau2.value, abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(sites_of)
def test_limits_of_the_variance_meet_the_quantiles_of_chi_squared(
    sites: tuple[list[float], list[float]],
) -> None:
    from scipy.stats import chi2

    values, variances = np.array(sites[0]), np.array(sites[1]) ** 2
    ends = tau2_interval(values, variances, 0.95)
    for end, share in zip(ends, (0.975, 0.025), strict=True):
        target = chi2.ppf(share, values.size - 1)
        if end > 0:
            assert generalised_q(values, variances, end) == pytest.approx(target, rel=1e-6)
        else:
            assert generalised_q(values, variances) <= target


def test_of_many_sites_left_out_the_note_names_a_few_and_counts_the_rest() -> None:
    sites: dict[str, Measurement] = {
        f"small {number}": NotEstimable(code="too_small", reason="3 units", n=3)
        for number in range(170)
    }
    for name, value in (("a", 0.8), ("b", 0.7), ("c", 0.75)):
        sites[name] = Estimate(
            value=value, low=value - 0.1, high=value + 0.1, level=0.95, method="delong", n=90
        )
    found = pool_estimates(sites)
    assert isinstance(found, Pooled)
    assert isinstance(found.mean, Estimate)
    assert found.mean.note.endswith("and 165 more sites")
    assert len(found.left_out) == 170
