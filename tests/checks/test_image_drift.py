"""The check of other images: statistics of acquisition by hand, shifts found, twins left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from drawn_images import Drawn, Scoring, cohort_of, without_images
from phantom_cohorts import chests, tiles

from samd_validate.checks.drift.acquisition import (
    described,
    noise_of,
    sharpness_of,
    spectrum_of,
    statistics_of,
)
from samd_validate.checks.image_drift import ImageDriftParams, image_drift
from samd_validate.core.arrays import FloatArray
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.images import Image
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.model import Model
from samd_validate.report.figures import draw

pytestmark = pytest.mark.requirement("REQ-MONITORING")
PLAN = IntervalPlan(n_resamples=200, seed=3)


@dataclass(frozen=True, kw_only=True)
class Seeing(Scoring):
    """A device whose network makes of an image its mean brightness and nothing else."""

    card: Mapping[str, object] = field(default_factory=dict)

    def embed(self, cohort: Cohort) -> FloatArray:
        return self.predict(cohort)[:, None]


def seen(home: Cohort, there: Cohort, model: Model | None = None, **params: Any) -> CheckOutput:
    population = Population(
        name="there", cohort=there, score=np.full(there.size, 0.1), is_external=True
    )
    inputs = Inputs(populations=(population,), intervals=PLAN, development=home, model=model)
    quick = {"permutations": 99, **params}
    return image_drift.run("image_drift", inputs, ImageDriftParams.model_validate(quick))


def measured(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.subset, one.measure): one.measurement for one in output.findings}


def value(found: Measurement) -> float:
    assert isinstance(found, Estimate)
    return found.value


def test_data_set_without_images_gives_no_number() -> None:
    found = measured(seen(cohort_of("a", 20), without_images(cohort_of("b", 20))))
    (none,) = found.values()
    assert isinstance(none, NotEstimable)
    assert none.code == "no_images"


def test_statistic_that_is_not_there_is_told_with_those_that_are() -> None:
    found = measured(seen(cohort_of("a", 20), cohort_of("b", 20), statistics=["noize"]))
    none = found["statistic=noize", "ks_distance"]
    assert isinstance(none, NotEstimable)
    assert "did you mean 'noise'" in none.reason


@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_noise_is_the_standard_deviation_that_was_added(sigma: float) -> None:
    generator = np.random.default_rng(1)
    ramp = np.linspace(0, 1, 128)[:, None] * np.ones(128)
    ramp[40:80, 30:90] += 0.4  # edges
    noisy = (ramp + generator.normal(0, sigma, ramp.shape)).astype(np.float32)
    assert noise_of(noisy) == pytest.approx(sigma, rel=0.05)


def test_blur_lowers_sharpness() -> None:
    from scipy.ndimage import gaussian_filter

    rough = np.random.default_rng(1).random((64, 64)).astype(np.float32)
    assert sharpness_of(gaussian_filter(rough, 2)) < sharpness_of(rough) - 1


def test_images_too_small_for_a_filter_are_missing_and_not_zero() -> None:
    found = statistics_of(Image(pixels=np.full((2, 2), 0.5, np.float32)))
    assert np.isnan([found["noise"], found["sharpness"], found["spacing_rows_mm"]]).all()
    assert found["grey_p50"] == 0.5


def test_flat_image_has_no_noise_and_a_finite_sharpness() -> None:
    found = statistics_of(Image(pixels=np.full((8, 8, 3), 0.5, np.float32), spacing_mm=(0.2, 0.3)))
    assert found["noise"] == 0
    assert np.isfinite(found["sharpness"])
    assert found["red_beyond_grey"] == pytest.approx(0, abs=1e-6)
    assert (found["spacing_rows_mm"], found["spacing_columns_mm"]) == (0.2, 0.3)


def test_spectrum_has_its_power_where_a_wave_is() -> None:
    wave = np.sin(2 * np.pi * 0.28 * np.arange(64))[:, None] * np.ones(64)
    assert int(np.argmax(spectrum_of(wave.astype(np.float32)))) == 4


def test_images_are_read_one_at_a_time_and_once() -> None:
    cohort = cohort_of("a", 5)
    assert isinstance(cohort.images, Drawn)
    read: list[int] = []

    @dataclass(frozen=True, kw_only=True)
    class Counting(Drawn):
        def image(self, row: int) -> Image:
            read.append(row)
            return super().image(row)

    images = Counting(pixels=cohort.images.pixels, references=cohort.images.references)
    described(replace(cohort, images=images))
    assert read == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("drawn", [chests, tiles])
def test_other_scanner_is_found_and_its_noise_named(drawn: Any) -> None:
    kind = {"images": 24} if drawn is chests else {"tiles": 60, "size": 64}
    home, there = drawn("north", 1, **kind), drawn("south", 2, **kind)
    output = seen(home, there, statistics=["noise"], leave_out=["age_years", "n_nuclei"])
    found = measured(output)
    assert value(found["all", "mmd_p_value"]) == pytest.approx(0.01)
    assert value(found["all", "c2st_auroc"]) > 0.9
    assert value(found["features=acquisition", "c2st_auroc"]) > 0.9
    assert value(found["statistic=noise", "ks_distance"]) > 0.9
    assert value(found["all", "n_shifted_relevant"]) >= 4
    for figure in output.figures:
        assert "<svg" in draw(figure)


def test_twin_scanner_raises_no_alarm() -> None:
    home, there = (
        chests(site, seed, images=24, planted=False) for site, seed in (("north", 1), ("south", 2))
    )
    found = measured(seen(home, there))
    assert value(found["all", "n_shifted"]) == 0
    assert value(found["all", "mmd_p_value"]) > 0.05
    assert value(found["features=acquisition", "mmd_p_value"]) > 0.05


def test_features_of_the_network_are_used_where_the_device_shows_them() -> None:
    home, there = cohort_of("a", 20), cohort_of("b", 20, bright=(0.6,))
    with_network, without = seen(home, there, Seeing()), seen(home, there, Scoring())
    assert (
        "what the network" in with_network.notes[-1] or "the network of" in with_network.notes[-1]
    )
    assert "shows no features" in without.notes[-1]
    assert value(measured(with_network)["all", "c2st_auroc"]) > 0.9
    changed = [key for key, one in measured(with_network).items() if one != measured(without)[key]]
    assert {subset for subset, _ in changed} == {"all"}


def test_numbers_that_came_with_the_images_are_compared_too() -> None:
    home, there = (
        replace(cohort_of(name, 20), numbers={"exposure_ms": np.arange(20.0) + more})
        for name, more in (("a", 0), ("b", 100))
    )
    (table,) = seen(home, there).tables
    assert table.rows[0][0] == "exposure ms"
