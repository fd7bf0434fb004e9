"""The EWMA chart: its path, its limits in control, and published run lengths."""

from __future__ import annotations

import numpy as np
import pytest

from samd_validate.stats.time_course.ewma import ewma, ewma_run_length

pytestmark = pytest.mark.requirement("REQ-MONITORING")
# Lucas & Saccucci 1990, doi:10.1080/00401706.1990.10484583: smoothing and limit, and the average
# run length at a shift of 0, 0.25, 0.5, 0.75 and 1 standard deviations
PUBLISHED = {
    (0.40, 3.054): (500, 224, 71.2, 28.4, 14.3),
    (0.25, 2.998): (500, 170, 48.2, 20.1, 11.1),
    (0.20, 2.962): (500, 150, 41.8, 18.2, 10.5),
    (0.10, 2.814): (500, 106, 31.3, 15.9, 10.3),
    (0.05, 2.615): (500, 84.1, 28.8, 16.4, 11.4),
}
# SAS/QC, documentation of EWMAARL, example 9.5 (after Crowder 1987), limit 3: shift and weight
DOCUMENTED = {
    (0.5, 0.25): 48.453, (0.5, 0.5): 75.354, (0.5, 0.75): 110.950, (0.5, 1.0): 155.224,
    (1.0, 0.25): 11.1543, (1.0, 0.5): 15.7378, (1.5, 0.25): 5.4697, (2.0, 1.0): 6.30296,
}  # fmt: skip


@pytest.mark.parametrize("smoothing", [0.0, -0.1, 1.1, float("nan")])
def test_smoothing_outside_its_range_is_refused(smoothing: float) -> None:
    with pytest.raises(ValueError, match="smoothing"):
        ewma(np.array([0, 1]), np.array([0.1, 0.2]), smoothing, 1)
    with pytest.raises(ValueError, match="smoothing"):
        ewma_run_length(smoothing, 3)


@pytest.mark.parametrize(("label", "expected", "words"), [
    ([0, 1], [0.1], "one length"), ([], [], "one length"), ([0, 1], [0.0, 0.2], "expected"),
    ([0, 1], [0.1, float("nan")], "expected"),
])  # fmt: skip
def test_columns_that_do_not_fit_are_refused(
    label: list[int], expected: list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        ewma(np.array(label), np.array(expected), 0.1, 1)


def test_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        ewma_run_length(0.1, 0)


@pytest.mark.parametrize("key", PUBLISHED)
def test_run_lengths_are_those_published(key: tuple[float, float]) -> None:
    found = [ewma_run_length(*key, shift) for shift in (0, 0.25, 0.5, 0.75, 1)]
    assert found == pytest.approx(PUBLISHED[key], rel=0.008)  # printed with three digits


@pytest.mark.parametrize("key", DOCUMENTED)
def test_run_lengths_are_those_of_other_software(key: tuple[float, float]) -> None:
    shift, smoothing = key
    assert ewma_run_length(smoothing, 3.0, shift) == pytest.approx(DOCUMENTED[key], rel=2e-5)


def test_path_is_the_running_mean_over_its_deviation() -> None:
    rng = np.random.default_rng(5)
    risk = rng.uniform(0.05, 0.4, 200)
    label = (rng.random(200) < risk).astype(int)
    found = ewma(label, risk, 0.05, seed=1, n_simulations=50)
    mean, variance, path = 0.0, float((risk * (1 - risk)).mean()) * 0.05 / 1.95, []
    for outcome, chance in zip(label, risk, strict=True):
        mean = 0.05 * (outcome - chance) + 0.95 * mean
        variance = 0.05**2 * chance * (1 - chance) + 0.95**2 * variance
        path.append(mean / variance**0.5)
    assert found.path == pytest.approx(path, abs=1e-10)


def test_chart_in_control_passes_its_limits_as_seldom_as_stated() -> None:
    rng = np.random.default_rng(6)
    risk = rng.uniform(0.05, 0.4, 400)
    passed = 0
    for seed in range(200):
        label = (rng.random(400) < risk).astype(int)
        passed += ewma(label, risk, 0.02, seed, n_simulations=200).first is not None
    assert passed <= 22  # 5 % of 200, and three standard errors
    assert passed >= 1


def test_run_length_in_control_is_near_that_of_normal_values() -> None:
    """Outcomes with a risk of a half are nearly normal once they are averaged."""
    found = ewma(np.tile([0, 1], 1500), np.full(3000, 0.5), 0.01, seed=3, false_alarm=0.2)
    assert found.run_length == pytest.approx(ewma_run_length(0.01, found.limit), rel=0.2)


def test_chart_has_no_side() -> None:
    rng = np.random.default_rng(7)
    risk = rng.uniform(0.3, 0.7, 300)
    label = (rng.random(300) < np.where(np.arange(300) < 150, risk, 0.95)).astype(int)
    more, fewer = ewma(label, risk, 0.05, 1), ewma(1 - label, 1 - risk, 0.05, 1)
    assert more.path == pytest.approx(-fewer.path)
    assert more.first is not None and more.first >= 150
    assert more.first == fewer.first
