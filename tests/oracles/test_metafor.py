"""Pooling held against R metafor and meta, as printed in their documentation and tests.

Sources: metafor's own tests (tests/testthat/test_misc_confint.r and
test_analysis_example_raudenbush2009.r) and its pages on dat.bcg; Harrer, Cuijpers, Furukawa & Ebert
2021, Doing Meta-Analysis with R, doi:10.1201/9781003107347, for the 18 trials of third-wave
psychotherapies; and five studies with the output of metafor 4.6-0 and meta 8.2-1 as published by
others to ten digits. metafor stops REML at a change of 1e-5 and roots at about 1e-4, so agreement
is to that.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from samd_validate.core.estimate import Estimate, Measurement
from samd_validate.stats.comparison.heterogeneity import Pooled, Pooling, pool


def numbers(text: str) -> np.ndarray:
    return np.array([float(word) for word in text.split()])


# Colditz et al. 1994, doi:10.1001/jama.1994.03510330076038: cases and others, vaccinated and not
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ]
)
A, B, C, D = BCG.T
RATIO = (A / (A + B)) / (C / (C + D))
LOG_ERROR = np.sqrt(1 / A - 1 / (A + B) + 1 / C - 1 / (C + D))

# Raudenbush 1984, doi:10.1037/0022-0663.76.1.85: teacher expectancy, differences and variances
TEACHERS = numbers(
    "0.03 0.12 -0.14 1.18 0.26 -0.06 -0.02 -0.32 0.27 0.80 0.54 0.18 -0.02 0.23 -0.18 "
    "-0.06 0.30 0.07 -0.07"
)
TEACHERS_VARIANCE = numbers(
    "0.0156 0.0216 0.0279 0.1391 0.1362 0.0106 0.0106 0.0484 0.0269 0.0630 0.0912 "
    "0.0497 0.0835 0.0841 0.0253 0.0279 0.0193 0.0088 0.0303"
)

THIRD_WAVE = numbers(
    "0.7091362 0.3548641 1.79117 0.1824552 0.4218509 0.63 0.7248838 0.5286638 0.284 "
    "1.2750682 0.1036082 0.3883906 0.5407398 0.4261593 0.5153969 1.479726 0.6125782 "
    "0.6"
)
THIRD_WAVE_ERROR = numbers(
    "0.2608202 0.1963624 0.3455692 0.1177874 0.1448128 0.196 0.2246641 0.2104609 "
    "0.168 0.3371997 0.1947275 0.2307689 0.2443133 0.2579379 0.3512737 0.3152817 "
    "0.2266834 0.249"
)

FIVE = np.array([0.5300713252, -0.4844875426, 0.6625891564, 0.4723959089, 0.6135719911])
FIVE_ERROR = np.array([0.4159957644, 0.3298722012, 0.3757300289, 0.2746608754, 0.4587564892])

PRINTED_4, STOPPED = 5.1e-5, 2e-6


def pooled(values: np.ndarray, errors: np.ndarray, **options: str) -> Pooled:
    found = pool(values.tolist(), errors.tolist(), Pooling(**options))
    assert isinstance(found, Pooled)
    return found


def limits(measured: Measurement) -> tuple[float, float, float]:
    assert isinstance(measured, Estimate)
    return measured.value, measured.low, measured.high


@pytest.mark.parametrize(
    ("between", "interval", "expected"),
    [
        ("fixed", "wald", (-0.4303, -0.5097, -0.3509)),
        ("dersimonian-laird", "wald", (-0.7141, -1.0644, -0.3638)),
        ("dersimonian-laird", "hartung-knapp", (-0.7141, -1.1078, -0.3204)),
        ("reml", "wald", (-0.7145, -1.0669, -0.3622)),
    ],
)
def test_mean_of_the_vaccine_trials(
    between: str, interval: str, expected: tuple[float, ...]
) -> None:
    found = pooled(np.log(RATIO), LOG_ERROR, between=between, interval=interval)
    assert limits(found.mean) == pytest.approx(expected, abs=PRINTED_4)


@pytest.mark.requirement("SW-STAT-SITES")
def test_heterogeneity_of_the_vaccine_trials() -> None:
    moments = pooled(np.log(RATIO), LOG_ERROR, between="dersimonian-laird")
    assert moments.q == pytest.approx(152.2330, abs=PRINTED_4)
    assert limits(moments.tau2) == pytest.approx((0.3088, 0.1197, 1.1115), abs=PRINTED_4)
    # metafor: 92.1173, 81.9177, 97.6781 %; its lower root is good to 1e-4
    assert limits(moments.i2) == pytest.approx((0.921173, 0.819177, 0.976781), abs=PRINTED_4)
    likelihood = pooled(np.log(RATIO), LOG_ERROR)
    assert likelihood.tau2.value == pytest.approx(0.3132, abs=PRINTED_4)
    assert likelihood.i2.value == pytest.approx(0.9222, abs=PRINTED_4)


def test_ratio_pooled_on_the_log_scale_is_back_transformed() -> None:
    found = pooled(RATIO, RATIO * LOG_ERROR, scale="log", interval="wald")
    assert limits(found.mean) == pytest.approx((0.4894, 0.3441, 0.6962), abs=PRINTED_4)
    # metafor takes the normal quantile for its prediction interval: 0.1546 to 1.5490
    value, low, high = limits(found.prediction)
    stretch = 1.959964 / 2.200985  # t with 11 degrees of freedom
    centre = math.log(value)
    assert math.exp(centre + stretch * (math.log(low) - centre)) == pytest.approx(0.1546, abs=6e-5)
    assert math.exp(centre + stretch * (math.log(high) - centre)) == pytest.approx(1.549, abs=6e-4)


@pytest.mark.parametrize(
    ("between", "interval", "expected"),
    [
        ("fixed", "wald", (0.060, -0.011, 0.132)),
        ("fixed", "hartung-knapp", (0.060, -0.048, 0.168)),
        ("reml", "wald", (0.084, -0.018, 0.185)),
        ("reml", "hartung-knapp", (0.084, -0.046, 0.213)),
        ("dersimonian-laird", "wald", (0.089, -0.020, 0.199)),
        ("dersimonian-laird", "hartung-knapp", (0.089, -0.044, 0.223)),
    ],
)
def test_teacher_expectancy(between: str, interval: str, expected: tuple[float, ...]) -> None:
    errors = np.sqrt(TEACHERS_VARIANCE)
    found = pooled(TEACHERS, errors, between=between, interval=interval)
    assert limits(found.mean) == pytest.approx(expected, abs=5.1e-4)
    assert found.q == pytest.approx(35.83, abs=5.1e-3)
    assert found.tau2.value == pytest.approx(0.019 if between == "reml" else 0.026, abs=5.1e-4)


def test_third_wave_psychotherapies() -> None:
    found = pooled(THIRD_WAVE, THIRD_WAVE_ERROR, interval="hartung-knapp")
    assert limits(found.mean) == pytest.approx((0.5771, 0.3782, 0.7760), abs=PRINTED_4)
    assert limits(found.tau2) == pytest.approx((0.0820, 0.0295, 0.3533), abs=PRINTED_4)
    assert (found.q, found.q_p_value) == pytest.approx((45.50, 0.0002), abs=5.1e-3)
    mandel = pooled(THIRD_WAVE, THIRD_WAVE_ERROR, between="paule-mandel")
    # to the tolerance of R's root
    assert mandel.tau2.value == pytest.approx(0.1104957, abs=2e-5)
    assert limits(mandel.mean)[0] == pytest.approx(0.5873544, abs=5e-6)


@pytest.mark.parametrize(
    ("between", "tau2", "mean"),
    [
        ("reml", 0.1250834209, (0.3296502955, -0.1158818414, 0.7751824324)),
        ("dersimonian-laird", 0.1212545615, (0.3292782347, -0.1128283004, 0.7713847698)),
        ("paule-mandel", 0.1085057664, (0.3279726969, -0.1025041438, 0.7584495376)),
    ],
)
def test_five_studies_by_each_estimator(between: str, tau2: float, mean: tuple[float, ...]) -> None:
    found = pooled(FIVE, FIVE_ERROR, between=between, interval="wald")
    assert found.tau2.value == pytest.approx(tau2, abs=STOPPED)
    assert limits(found.mean) == pytest.approx(mean, abs=STOPPED)
    assert (found.q, found.q_p_value) == pytest.approx((7.7485839265, 0.1012343546), abs=1e-9)
    assert (found.tau2.low, found.tau2.high) == pytest.approx((0, 1.7590172285), abs=1e-5)


@pytest.mark.parametrize(
    ("interval", "prediction", "mean", "site"),
    [
        ("wald", "k-2", None, (-1.0083260122, 1.6676266032)),
        ("wald", "k-1", None, (-0.8376334272, 1.4969340182)),
        ("hartung-knapp", "k-1", (-0.2795391301, 0.9388397211), (-0.8259169877, 1.4852175787)),
        ("hartung-knapp-truncated", "k-2", (-0.3014814653, 0.9607820563), None),
    ],
)
def test_five_studies_by_each_interval(
    interval: str,
    prediction: str,
    mean: tuple[float, float] | None,
    site: tuple[float, float] | None,
) -> None:
    found = pooled(FIVE, FIVE_ERROR, interval=interval, prediction=prediction)
    for measured, expected in ((found.mean, mean), (found.prediction, site)):
        if expected is not None:
            assert limits(measured)[1:] == pytest.approx(expected, abs=5 * STOPPED)


def test_sites_that_agree_have_no_variance_between_them() -> None:
    values, errors = np.array([0.2, 0.25, 0.22, 0.18]), np.sqrt([0.04, 0.05, 0.03, 0.045])
    found = pooled(values, errors, interval="wald")
    assert found.tau2.value == found.i2.value == 0
    expected = (0.2121546961, 0.0167004741, 0.4076089182)
    assert limits(found.mean) == pytest.approx(expected, abs=1e-9)
    assert limits(found.prediction)[1:] == pytest.approx((-0.2169203525, 0.6412297448), abs=1e-9)


def test_moments_and_intervals_are_those_of_statsmodels() -> None:
    from statsmodels.stats.meta_analysis import combine_effects

    generator = np.random.default_rng(8)
    for k in (2, 3, 7, 30):
        errors = generator.uniform(0.05, 0.2, k)
        values = np.linspace(0.3, 0.9, k) + generator.normal(0, errors)
        wanted = combine_effects(values, errors**2, method_re="dl", use_t=True)
        found = pooled(values, errors, between="dersimonian-laird", interval="hartung-knapp")
        assert found.tau2.value == pytest.approx(wanted.tau2, abs=1e-12)
        assert found.q == pytest.approx(wanted.q, rel=1e-9)
        assert limits(found.mean)[1:] == pytest.approx(tuple(wanted.conf_int()[3]), rel=1e-9)
        mandel = pooled(values, errors, between="paule-mandel")
        iterated = combine_effects(values, errors**2, method_re="iterated")
        assert mandel.tau2.value == pytest.approx(iterated.tau2, abs=1e-4)
