"""Calibration of pixels: counts by level, and other ways to the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from samd_validate.core.arrays import BoolArray, FloatArray
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.inputs import IntervalPlan
from samd_validate.stats.segmentation.pixel_calibration import (
    MEASURES,
    estimate_pixels,
    histogram,
    joined_bins,
    reliability,
)
from samd_validate.stats.segmentation.pixel_table import (
    LEVEL_EDGES,
    PixelTable,
    count_pixels,
    pixel_table,
)

PLAN = IntervalPlan()


def case(
    generator: np.random.Generator, shift: float = 0.0, slope: float = 1.0, n: int = 400
) -> tuple[FloatArray, BoolArray]:
    """Return probabilities of an image and its reference, whose log-odds are shifted and bent."""
    p = expit(generator.normal(-1, 2, n)).reshape(20, -1)
    truth = generator.random(p.shape) < expit(shift + slope * logit(p))
    return p, truth


def table(
    n_patients: int,
    seed: int = 1,
    *,
    spread: float = 0.0,
    slope: float = 1.0,
    generator: np.random.Generator | None = None,
    n: int = 400,
) -> PixelTable:
    source = np.random.default_rng(seed) if generator is None else generator
    counts = [
        count_pixels(*case(source, float(source.normal(0, spread)), slope, n))
        for _ in range(n_patients)
    ]
    return pixel_table(counts, np.arange(n_patients))


def known(found: Measurement) -> Estimate:
    assert isinstance(found, Estimate)
    return found


@pytest.mark.parametrize("p", [1.2, -0.1, np.nan])
def test_probability_outside_its_range_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        count_pixels(np.full((2, 2), p), np.zeros((2, 2), bool))


def test_arrays_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        count_pixels(np.zeros((2, 2)), np.zeros((2, 3), bool))
    with pytest.raises(ValueError, match="one shape"):
        count_pixels(np.zeros((2, 2)), np.zeros((2, 2), bool), np.ones((3, 2), bool))
    with pytest.raises(ValueError, match="one length"):
        pixel_table([count_pixels(np.zeros((2, 2)), np.zeros((2, 2), bool))], np.arange(2))


@pytest.mark.parametrize(
    "one",
    [
        table(3),
        pixel_table([], np.arange(0)),
        pixel_table([count_pixels(np.full((4, 4), 0.3), np.zeros((4, 4), bool))] * 9, np.arange(9)),
    ],
    ids=["few patients", "no pixel", "one kind"],
)
def test_pixels_that_tell_nothing_give_no_number(one: PixelTable) -> None:
    found = estimate_pixels(one, PLAN)
    assert list(found) == list(MEASURES)
    assert all(isinstance(measured, NotEstimable) for measured in found.values())


def test_probabilities_that_part_the_pixels_have_no_slope() -> None:
    p = np.array([[0.1, 0.2, 0.8, 0.9]])
    counts = [count_pixels(p, p > 0.5)] * 8
    found = estimate_pixels(pixel_table(counts, np.arange(8)), PLAN)
    slope = found["calibration_slope"]
    assert isinstance(slope, NotEstimable) and slope.code == "separated"


def test_counts_hold_every_pixel_once_and_sums_are_exact() -> None:
    p, truth = case(np.random.default_rng(4))
    seen = count_pixels(p, truth)
    assert (seen.n.sum(), seen.events.sum()) == (p.size, truth.sum())
    assert seen.predicted.sum() == pytest.approx(p.sum())
    assert seen.squared == pytest.approx(((p - truth) ** 2).sum())
    among = p > 0.5
    part = count_pixels(p, truth, among)
    assert part.n.sum() == among.sum()
    assert part.n[: np.searchsorted(LEVEL_EDGES, 0.5)].sum() == 0


def test_slope_and_intercept_are_those_of_a_regression_robust_by_patient() -> None:
    import statsmodels.api as sm

    generator = np.random.default_rng(7)
    cases = [case(generator, float(generator.normal(0, 0.5)), 0.8) for _ in range(30)]
    patient = np.arange(30) // 2
    one = pixel_table([count_pixels(*each) for each in cases], patient)
    found = estimate_pixels(one, PLAN)
    p = np.concatenate([each[0].ravel() for each in cases])
    y = np.concatenate([each[1].ravel() for each in cases]).astype(float)
    fit = sm.GLM(y, sm.add_constant(logit(p)), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": np.repeat(patient, 400)}
    )
    from scipy.stats import t

    half = t.ppf(0.975, 14) * fit.bse
    for name, k in (("calibration_intercept", 0), ("calibration_slope", 1)):
        mine = known(found[name])
        assert mine.value == pytest.approx(fit.params[k], abs=2e-3)  # levels are 0.1 wide
        assert mine.high - mine.value == pytest.approx(half[k], rel=0.02)


def test_ratio_and_brier_are_ratios_of_sums_by_patient() -> None:
    one = table(40, spread=0.5)
    found = estimate_pixels(one, PLAN)
    ratio = one.events.sum() / one.predicted.sum()
    assert known(found["observed_expected_ratio"]).value == pytest.approx(ratio)
    assert known(found["brier"]).value == pytest.approx(one.squared.sum() / one.n.sum())
    assert known(found["brier"]).n == 40 * 400


def test_calibrated_pixels_have_an_error_near_nothing_and_bent_ones_do_not() -> None:
    right, bent = (estimate_pixels(table(60, slope=slope), PLAN) for slope in (1.0, 0.4))
    assert known(right["pixel_calibration_error"]).low == 0
    assert known(right["calibration_slope"]).low < 1 < known(right["calibration_slope"]).high
    assert known(bent["pixel_calibration_error"]).low > 0.1
    assert known(bent["calibration_slope"]).high < 0.5


def test_thin_bins_are_joined_to_the_next() -> None:
    p = np.tile([[0.02, 0.04, 0.62, 0.97]], (5, 1))
    truth = np.array([[0, 1, 1, 0]] + [[0, 0, 1, 1]] * 4, dtype=bool)
    rare = count_pixels(np.full((1, 2), 0.35), np.array([[True, False]]))
    one = pixel_table([count_pixels(p, truth)] * 6 + [rare], np.arange(7))
    bins = joined_bins(one)
    assert bins.max() == 2
    assert np.all(np.diff(bins) >= 0)
    shown = reliability(one, 0.95)
    assert [round(each["predicted"], 2) for each in shown] == [0.03, 0.6, 0.97]
    assert sum(each["n"] for each in shown) == one.n_pixels
    counted = histogram(one)
    assert sum(counted["negatives"]) + sum(counted["positives"]) == one.n_pixels


@pytest.mark.requirement("REQ-UNCERTAINTY")
@pytest.mark.parametrize("spread", [0.0, 0.8], ids=["alike", "patients differ"])
def test_intervals_by_patient_cover(spread: float) -> None:
    names = ("pixel_calibration_error", "calibration_slope", "observed_expected_ratio", "brier")
    generator, repeats = np.random.default_rng(2), 100
    whole = estimate_pixels(table(3000, spread=spread, generator=generator, n=400), PLAN)
    truth = {name: known(whole[name]).value for name in names}
    if spread == 0:
        truth |= {"pixel_calibration_error": 0.0, "calibration_slope": 1.0}
    held = dict.fromkeys(names, 0)
    for _ in range(repeats):
        found = estimate_pixels(table(40, spread=spread, generator=generator, n=200), PLAN)
        for name in names:
            one = known(found[name])
            held[name] += one.low <= truth[name] <= one.high
    for name in names:
        assert held[name] / repeats > 0.94 - 3 * np.sqrt(0.94 * 0.06 / repeats), name
