"""The check that lets the device see worse and worse images."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from drawn_images import Bright, Drawn, Scoring, cohort_of, without_images
from pydantic import ValidationError

from samd_validate.checks.corruption import (
    KINDS,
    CorruptionParams,
    corruption,
    severity_borne,
)
from samd_validate.checks.marked.corruptions import CORRUPTIONS, SEVERITIES, Corrupted
from samd_validate.core.cohort import Cohort
from samd_validate.core.estimate import Estimate, Measurement, NotEstimable
from samd_validate.core.finding import CheckOutput
from samd_validate.core.images import ImageSource
from samd_validate.core.inputs import Inputs, IntervalPlan, Population
from samd_validate.core.model import Model
from samd_validate.protocol.folders import ROOT
from samd_validate.report.figures import draw

pytestmark = pytest.mark.requirement("REQ-ROBUSTNESS")
PLAN = IntervalPlan(n_resamples=200, seed=3)


def inputs_of(cohort: Cohort, model: Model | None) -> Inputs:
    population = Population(name="test", cohort=cohort, score=np.zeros(cohort.size))
    return Inputs(populations=(population,), intervals=PLAN, model=model)


def seen(cohort: Cohort, model: Model | None, **params: object) -> CheckOutput:
    return corruption.run(
        "corruption", inputs_of(cohort, model), CorruptionParams.model_validate(params)
    )


def measured(output: CheckOutput) -> dict[tuple[str, str], Measurement]:
    return {(one.subset, one.measure): one.measurement for one in output.findings}


def corrupted(kind: str, severity: int, cohort: Cohort, seed: int = 1) -> Corrupted:
    assert isinstance(cohort.images, Drawn)
    rows = tuple(range(cohort.size))
    return Corrupted(source=cohort.images, kind=kind, severity=severity, seed=seed, rows=rows)


def estimate(value: float, half: float = 0.02) -> Estimate:
    return Estimate(
        value=value, low=value - half, high=value + half, level=0.95, method="m", n=9, n_clusters=9
    )


def test_kinds_that_are_none_are_refused() -> None:
    with pytest.raises(ValidationError):
        CorruptionParams.model_validate({"kinds": ["fog"]})


@pytest.mark.parametrize("severity", [0, 6])
def test_severity_outside_one_to_five_is_refused(severity: int) -> None:
    with pytest.raises(ValidationError):
        CorruptionParams.model_validate({"severities": [severity]})


def test_device_known_by_its_predictions_gives_no_number() -> None:
    found = measured(seen(cohort_of("a", 6), None))
    assert [one.code for one in found.values() if isinstance(one, NotEstimable)] == ["no_model"]


def test_data_set_without_images_gives_no_number() -> None:
    found = measured(seen(without_images(cohort_of("a", 6)), Scoring()))
    assert [one.code for one in found.values() if isinstance(one, NotEstimable)] == ["no_images"]


def test_every_kind_of_the_table_can_be_asked_for() -> None:
    assert set(CORRUPTIONS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_severity_0_is_the_image_as_it_is(kind: str) -> None:
    cohort = cohort_of("a", 2)
    source = corrupted(kind, 0, cohort)
    assert cohort.images is not None
    np.testing.assert_array_equal(source.image(1).pixels, cohort.images.image(1).pixels)
    np.testing.assert_array_equal(source.reference(1), cohort.images.reference(1))


@pytest.mark.parametrize("kind", KINDS)
def test_image_keeps_shape_range_and_spacing_and_changes(kind: str) -> None:
    cohort = cohort_of("a", 1)
    image = corrupted(kind, 5, cohort).image(0)
    assert cohort.images is not None
    whole = cohort.images.image(0)
    assert image.pixels.shape == whole.pixels.shape
    assert image.spacing_mm == whole.spacing_mm
    assert 0 <= image.pixels.min() <= image.pixels.max() <= 1
    assert (image.pixels != whole.pixels).any()


@pytest.mark.parametrize("kind", KINDS)
def test_images_in_colour_are_disturbed_too(kind: str) -> None:
    pixels = np.random.default_rng(1).random((20, 24, 3)).astype(np.float32)
    source: ImageSource = Corrupted(
        source=Drawn(pixels=(pixels,), references=(None,)), kind=kind, severity=5, seed=1, rows=(0,)
    )
    assert source.image(0).pixels.shape == (20, 24, 3)
    assert source.reference(0) is None
    assert source.channels == 3


@pytest.mark.parametrize("kind", ["noise", "blur", "contrast", "resolution", "jpeg"])
def test_higher_severity_is_farther_from_the_image(kind: str) -> None:
    cohort = cohort_of("a", 1)
    whole = corrupted(kind, 0, cohort).image(0).pixels
    away = [
        float(np.abs(corrupted(kind, one, cohort).image(0).pixels - whole).mean())
        for one in SEVERITIES
    ]
    assert all(later >= sooner - 1e-4 for sooner, later in pairwise(away))
    assert away[4] > away[0]


def test_rotation_turns_the_reference_alike() -> None:
    source = corrupted("rotation", 5, cohort_of("a", 1))
    reference = source.reference(0)
    assert reference is not None
    bright = source.image(0).pixels > 0.5
    overlap = 2 * (bright & (reference > 0)).sum() / (bright.sum() + (reference > 0).sum())
    assert overlap > 0.95


def test_what_is_clipped_away_is_not_in_the_reference() -> None:
    source = corrupted("clipped_field", 5, cohort_of("a", 1))
    reference = source.reference(0)
    assert reference is not None
    border = np.ones(reference.shape, bool)
    border[6:-6, 6:-6] = False
    assert not reference[border].any()
    assert not source.image(0).pixels[border].any()


def test_inverted_images_of_a_severity_are_inverted_at_every_higher_one() -> None:
    cohort = cohort_of("a", 30)
    by_severity = [
        [corrupted("inverted", one, cohort).image(row).pixels[0, 0] > 0.5 for row in range(30)]
        for one in SEVERITIES
    ]
    assert all(by_severity[4])
    assert 0 < sum(by_severity[0]) < 15
    for sooner, later in pairwise(by_severity):
        assert all(after or not before for before, after in zip(sooner, later, strict=True))


def test_rows_taken_keep_their_own_draws() -> None:
    source = corrupted("noise", 2, cohort_of("a", 4))
    taken = source.take(np.array([3]))
    np.testing.assert_array_equal(taken.image(0).pixels, source.image(3).pixels)


def test_dice_falls_where_the_device_does_not_bear_it_and_stays_where_it_does() -> None:
    output = seen(cohort_of("a", 12), Bright(), kinds=["inverted", "blur"], limit=0.7)
    found = measured(output)
    intact, inverted = found["inverted=0", "dice"], found["inverted=5", "dice"]
    assert isinstance(intact, Estimate)
    assert isinstance(inverted, Estimate)
    assert intact.value > 0.99
    assert inverted.value < 0.5
    lost = found["inverted=5", "dice_difference"]
    assert isinstance(lost, Estimate)
    assert lost.value == pytest.approx(intact.value - inverted.value)
    borne = found["all", "severity_borne_blur"]
    assert isinstance(borne, Estimate)
    assert borne.value == 5


def test_device_that_scores_is_measured_by_auroc() -> None:
    output = seen(cohort_of("a", 40, masks=False), Scoring(), kinds=["inverted"], severities=[5])
    found = measured(output)
    assert {measure for _, measure in found} == {"auroc", "auroc_difference"}
    turned = found["inverted=5", "auroc"]
    assert isinstance(turned, Estimate)
    assert turned.value == 0


def test_no_more_images_than_asked_for_are_tried_and_two_runs_are_alike() -> None:
    cohort = cohort_of("a", 20)
    one, again = (seen(cohort, Bright(), kinds=["noise"], units=7) for _ in range(2))
    assert {item.measurement.n for item in one.findings} == {7}
    assert one == again


@pytest.mark.parametrize(
    ("values", "borne"),
    [
        ([0.95, 0.94, 0.93, 0.92, 0.91, 0.90], (4, 5, 5)),
        ([0.95, 0.94, 0.70, 0.95, 0.95, 0.95], (1, 1, 1)),
        ([0.95, 0.88, 0.80, 0.70, 0.60, 0.50], (0, 0, 1)),
        ([0.50, 0.95, 0.95, 0.95, 0.95, 0.95], (0, 0, 0)),
    ],
)
def test_severity_borne_ends_at_the_first_failure(
    values: list[float], borne: tuple[int, int, int]
) -> None:
    found = severity_borne({n: estimate(one) for n, one in enumerate(values)}, 0.885)
    assert isinstance(found, Estimate)
    assert (found.low, found.value, found.high) == borne
    assert bool(found.note) == (values[0] < 0.885)


def test_severity_without_a_number_leaves_none_for_the_whole() -> None:
    reason = NotEstimable(code="one_class", reason="no events", n=3)
    assert severity_borne({0: estimate(0.9), 1: reason}, 0.5) is reason


def test_page_holds_the_doses_of_the_code() -> None:
    page = (ROOT / "docs" / "methods" / "corruption.md").read_text()
    for name, one in CORRUPTIONS.items():
        doses = " | ".join(f"{dose:g}" for dose in one.doses)
        line = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        assert line.endswith(f"| {doses} |")


def test_curves_can_be_drawn() -> None:
    output = seen(
        cohort_of("a", 6), Bright(), kinds=["noise", "blur"], severities=[1, 3], limit=0.9
    )
    assert [draw(figure) for figure in output.figures]
    assert len(output.tables[0].rows) == 6
